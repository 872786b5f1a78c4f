"""Rows as columns: every value comes back as it stands in the record, on either database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zhiyin.ledger.columns import columns_of
from zhiyin.ledger.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 2, 28, 16, 30, 0, 123456, tzinfo=UTC)
NASTY = ["", 'says "yes", twice', "two\nlines\r\n", "王女士 🙂", ",", '"', " "]


def event(number: int, **rest: Any) -> int:
    given = {"kind": "plain", "actor": "", "subject": "", "mark": b"", "at": AT, "data": {}, **rest}
    Event.objects.create(id=number, **given)
    return number


def test_texts_numbers_truths_and_moments_come_back_and_what_is_absent_is_absent() -> None:
    ids = [
        event(number, subject=text, sequence=number if number % 2 else None, at=AT + timedelta(seconds=number))
        for number, text in enumerate(NASTY)
    ]
    event(99, subject="not asked for")
    Event.objects.filter(pk=3).update(wants_delivery=True, at=AT.replace(microsecond=0))
    found = columns_of(Event, ("id", "subject", "sequence", "wants_delivery", "at"), among=ids).sort_by("id")
    assert found.column("subject").to_pylist() == NASTY
    assert found.column("sequence").to_pylist() == [None, 1, None, 3, None, 5, None]
    assert found.column("wants_delivery").to_pylist() == [number == 3 for number in ids]
    moments = [AT + timedelta(seconds=number) for number in ids]
    moments[3] = AT.replace(microsecond=0)
    assert found.column("at").to_pylist() == moments


def test_nothing_found_has_the_columns_all_the_same() -> None:
    assert columns_of(Event, ("id", "subject"), among=[7]).column_names == ["id", "subject"]
    assert columns_of(Event, ("id", "subject"), among=[]).num_rows == 0
