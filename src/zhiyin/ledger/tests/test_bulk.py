"""A few rows of several tables wait for each other and go at once; nobody reads before they are there."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from zhiyin.ledger.alike import Same
from zhiyin.ledger.bulk import Writing
from zhiyin.ledger.models import IntakeKey
from zhiyin.ledger.reading import rows

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
COUNT = "SELECT count(*) FROM ledger_intakekey"


def write(writing: Writing, *numbers: int) -> None:
    keys: list[Any] = [UUID(int=number) for number in numbers]
    if connection.vendor != "postgresql":
        keys = [key.hex for key in keys]
    columns = {"key": keys, "target_id": list(numbers), "body": Same(keys[0]), "at": Same(str(NOW))}
    writing.insert(IntakeKey, columns)


def test_whoever_asks_meanwhile_finds_what_was_inserted():
    with transaction.atomic(), Writing() as writing:
        write(writing, 1)
        write(writing, 2, 3)
        assert rows(COUNT) == [(3,)]
        write(writing, 4)
        assert IntakeKey.objects.count() == 4
        write(writing, *range(10, 40))  # enough for COPY
        write(writing, 5)
    assert rows(COUNT) == [(35,)]


def test_each_is_a_statement_that_can_be_counted():
    with (
        CaptureQueriesContext(connection) as seen,
        transaction.atomic(),
        Writing() as writing,
    ):
        write(writing, 1)
        write(writing, 2)
    assert sum("INSERT INTO" in one["sql"] for one in seen.captured_queries) == 2


@pytest.mark.parametrize("first", [[1], [1, 2, 3], list(range(1, 30))])
def test_a_fault_is_raised_at_the_latest_at_the_end(first):
    def twice() -> None:
        with transaction.atomic(), Writing() as writing:
            write(writing, *first)
            write(writing, 50)
            write(writing, 1)

    with pytest.raises(IntegrityError):
        twice()
    assert rows(COUNT) == [(0,)]


def test_what_was_held_when_something_else_went_wrong_is_not_written():
    def stop() -> None:
        with transaction.atomic(), Writing() as writing:
            write(writing, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stop()
    assert rows(COUNT) == [(0,)]


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_nothing_is_prepared_so_that_a_rollback_takes_nothing_away_from_the_survey_page():
    for number in range(8):
        with transaction.atomic(), Writing() as writing:
            write(writing, 2 * number)
            write(writing, 2 * number + 1)
        rows(COUNT)
    kept = [text for (text,) in rows("SELECT statement FROM pg_prepared_statements")]
    assert not [text for text in kept if "ledger_intakekey" in text]
