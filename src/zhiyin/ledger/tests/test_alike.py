"""Rows as COPY reads them: whatever stands in a text, it comes back as it was."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest

from zhiyin.ledger.alike import Same, as_rows, as_text
from zhiyin.ledger.bulk import insert_rows
from zhiyin.ledger.models import Event
from zhiyin.ledger.testing import NOW


class Word(StrEnum):
    SMS = "sms"


NASTY = ["plain", "王芳", "\\", "\\N", "\\.", "a\tb", "a\nb", "a\r\nb", "'\"", "", "\\t", "{}"]


def test_each_kind_of_value_has_its_spelling():
    columns = [
        [1, 2],
        [True, False],
        [None, "a\tb"],
        [b"\x00\xff", b""],
        Same(Word.SMS),
        [Decimal("1.50"), None],
        [0.5, 1],
    ]
    assert as_text(columns, 2) == b"1\tt\t\\N\t\\\\x00ff\tsms\t1.50\t0.5\n2\tf\ta\\tb\t\\\\x\tsms\t\\N\t1\n"


def test_moments_and_ids():
    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert as_text([[at], [UUID(int=5)]], 1) == b"2026-11-22 10:00:00+00:00\t00000000-0000-0000-0000-000000000005\n"


def test_what_has_no_spelling_is_refused():
    with pytest.raises(TypeError, match="dict has no spelling"):
        as_text([[{}]], 1)


def test_columns_of_different_lengths_are_a_mistake():
    with pytest.raises(ValueError, match="shorter"):
        as_text([[1, 2], [1]], 2)
    with pytest.raises(ValueError, match="shorter"):
        list(as_rows([[1, 2], [1]], 2))


@pytest.mark.django_db
def test_nasty_texts_come_back_as_they_were():
    columns = ("id", "at", "kind", "actor", "subject", "unit_id", "data", "mark", "wants_delivery")
    texts = NASTY * 2  # enough to be worth copying
    insert_rows(
        Event,
        columns,
        [
            (place, NOW, "test", text, "", None, "{}", bytes([place]), False)
            for place, text in enumerate(texts, start=1)
        ],
    )
    found = dict(Event.objects.values_list("pk", "actor"))
    assert [found[place] for place in range(1, len(texts) + 1)] == texts
