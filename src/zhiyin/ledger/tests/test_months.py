"""Hot tables by months: the arithmetic of borders, and on PostgreSQL what becomes of rows when months come and go."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from zhiyin.ledger.months import HotTable, Month, ensure_months, let_go, months_ahead, months_between, partitions
from zhiyin.lib.ids import EPOCH, first_id_at, moment_of

TABLE = HotTable("made_for_a_test")
MAY, JUNE = datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions.")


@pytest.mark.parametrize(
    ("month", "steps", "then"),
    [
        (Month(2026, 11), 1, Month(2026, 12)),
        (Month(2026, 11), 2, Month(2027, 1)),
        (Month(2026, 1), -1, Month(2025, 12)),
        (Month(2026, 11), -36, Month(2023, 11)),
        (Month(2026, 12), 0, Month(2026, 12)),
    ],
)
def test_months_are_counted_over_the_years(month: Month, steps: int, then: Month) -> None:
    assert month.plus(steps) == then


def test_a_month_is_the_one_in_utc() -> None:
    assert Month.of(datetime.fromisoformat("2026-12-01T07:59:59+08:00")) == Month(2026, 11)
    assert Month.of(datetime.fromisoformat("2026-12-01T08:00:00+08:00")) == Month(2026, 12)


def test_the_first_id_of_a_month_is_its_border() -> None:
    june = Month.of(JUNE)
    assert moment_of(june.first_id) == JUNE
    assert moment_of(june.first_id - 1) < JUNE
    assert Month(2019, 12).first_id == first_id_at(EPOCH)


def test_both_ends_are_between() -> None:
    assert list(months_between(Month(2026, 12), Month(2027, 2))) == [Month(2026, 12), Month(2027, 1), Month(2027, 2)]
    assert list(months_between(Month(2027, 2), Month(2027, 1))) == []


@pytest.fixture
def table(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE TABLE made_for_a_test (id bigint, customer_id bigint, word text, "
                "PRIMARY KEY (id, customer_id)) PARTITION BY RANGE (id)"
            )
            cursor.execute("CREATE TABLE made_for_a_test_other PARTITION OF made_for_a_test DEFAULT")
            cursor.execute("CREATE INDEX ON made_for_a_test (customer_id)")
        else:
            cursor.execute("CREATE TABLE made_for_a_test (id bigint PRIMARY KEY, customer_id bigint, word text)")
    return TABLE


def put(*moments: datetime) -> None:
    with connection.cursor() as cursor:
        for number, moment in enumerate(moments):
            cursor.execute("INSERT INTO made_for_a_test VALUES (%s, 1, 'x')", [first_id_at(moment) + number])


def rows(name: str = "made_for_a_test") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{name}"')
        return int(cursor.fetchone()[0])


def test_old_months_go_and_the_border_month_stays(table: HotTable) -> None:
    ensure_months(table, first=MAY, last=JUNE)
    put(MAY, JUNE - timedelta(milliseconds=1), JUNE, JUNE + timedelta(days=3))
    assert let_go(table, before=JUNE + timedelta(days=20)) == (1 if connection.vendor == "postgresql" else 2)
    assert rows() == 2
    assert let_go(table, before=JUNE) == 0


def test_rows_that_no_month_was_made_for_go_too(table: HotTable) -> None:
    put(MAY, JUNE)
    let_go(table, before=JUNE)
    assert rows() == 1


@on_postgresql
def test_this_month_and_three_more_are_made_once(table: HotTable) -> None:
    made = months_ahead(table, now=JUNE)
    assert made == [f"made_for_a_test_2031_0{month}" for month in (6, 7, 8, 9)]
    assert months_ahead(table, now=JUNE) == []
    assert partitions(table) == [*made, "made_for_a_test_other"]


@on_postgresql
def test_an_insert_never_fails_for_want_of_a_month_and_its_rows_move_when_it_is_made(table: HotTable) -> None:
    put(MAY, JUNE)
    assert rows("made_for_a_test_other") == 2
    ensure_months(table, first=JUNE, last=JUNE)
    assert (rows("made_for_a_test_other"), rows("made_for_a_test_2031_06"), rows()) == (1, 1, 2)


@on_postgresql
def test_a_month_is_found_without_looking_into_the_others(table: HotTable) -> None:
    ensure_months(table, first=MAY, last=JUNE)
    put(MAY, JUNE)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN SELECT * FROM made_for_a_test WHERE id = {first_id_at(MAY)}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "2031_05" in plan
    assert "2031_06" not in plan


@on_postgresql
@pytest.mark.parametrize(
    "name", ["journey_interaction", "outreach_decision", "outreach_invitation", "messaging_message"]
)
def test_the_hot_tables_carry_the_customer_in_their_key(db, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_index i "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            "WHERE i.indrelid = %s::regclass AND i.indisprimary",
            [name],
        )
        columns = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [name])
        assert cursor.fetchone()[0] == "p"
    assert "customer_id" in columns
    assert len(columns) == 2
