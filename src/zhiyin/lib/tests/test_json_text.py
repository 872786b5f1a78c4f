"""The fast encoder says what the standard one says."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.json_text import encoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_it_spells_as_the_standard_library_does(value: object, sort_keys: bool) -> None:
    standard = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
    assert encoder(sort_keys=sort_keys)(value) == standard


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": float("-inf")}])
def test_what_json_has_no_word_for_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encoder()(value)


def test_unknown_values_are_spelled_by_the_caller_or_refused() -> None:
    with pytest.raises(TypeError):
        encoder()({"at": datetime(2026, 1, 1, tzinfo=UTC)})
    assert encoder(default=str)({"at": datetime(2026, 1, 1, tzinfo=UTC)}) == '{"at":"2026-01-01 00:00:00+00:00"}'
