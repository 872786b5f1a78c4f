"""One spelling for one value, so that hashes of equal things are equal."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.canonical import canonical

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        ({"b": 1, "a": [True, None, 1.5]}, '{"a":[true,null,1.5],"b":1}'),
        ({"名": "王芳"}, '{"名":"王芳"}'),
        (datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=8))), '"2026-11-20T02:00:00.000000Z"'),
        (datetime(2026, 11, 20, 2, 0, 0, 1, tzinfo=UTC), '"2026-11-20T02:00:00.000001Z"'),
        (b"\x00\xff", '"00ff"'),
        (memoryview(b"\x00\xff"), '"00ff"'),
        (Decimal("1.50"), '"1.50"'),
        ((1, 2), "[1,2]"),
    ],
)
def test_a_value_has_one_spelling(value, spelling):
    assert canonical(value) == spelling.encode()


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_the_order_in_which_keys_were_given_does_not_show(value):
    assert canonical(value) == canonical(dict(reversed(list(value.items()))))


def test_the_same_moment_in_two_zones_is_one_moment():
    moment = datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert canonical(moment) == canonical(moment.astimezone(timezone(timedelta(hours=-8))))


@pytest.mark.parametrize("value", [{1, 2}, object(), 1j])
def test_what_has_no_spelling_is_refused(value):
    with pytest.raises(TypeError, match="has no canonical spelling"):
        canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match="Out of range float"):
        canonical(value)
