"""Hot tables cut into months. Ids are ordered by time, so a month is a range of ids (docs/decisions/0002), and letting
a month go is dropping one table: no row is looked at, nothing is left to clean up.

On PostgreSQL each hot table is partitioned by that range, with ``(id, customer_id)`` as its key, so that it can be
distributed by customer as it stands. A default partition takes what no month was made for: an insert never fails
because a duty was late. SQLite has no partitions; there old rows are deleted in portions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from zhiyin.lib.ids import EPOCH, first_id_at

PORTION = 5_000  # rows that SQLite deletes in one transaction
AHEAD = 3  # months that are made before they are needed


@dataclass(frozen=True, slots=True)
class HotTable:
    """A table by months: its name, and the time-ordered column that it is cut by."""

    name: str
    column: str = "id"

    @property
    def default(self) -> str:
        return f"{self.name}_other"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC, since ids are."""

    year: int
    number: int

    @staticmethod
    def of(moment: datetime) -> "Month":
        at = moment.astimezone(UTC)
        return Month(at.year, at.month)

    def plus(self, months: int) -> "Month":
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)

    @property
    def begins(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def first_id(self) -> int:
        return first_id_at(max(self.begins, EPOCH))

    def partition_of(self, table: HotTable) -> str:
        return f"{table.name}_{self.year}_{self.number:02}"


def months_between(first: Month, last: Month) -> Iterator[Month]:
    """Both included."""
    while first <= last:
        yield first
        first = first.plus(1)


def ensure_months(table: HotTable, *, first: datetime, last: datetime) -> list[str]:
    """Make the partitions for these months that are not there yet; returns their names. Nothing on SQLite.

    What the default partition holds of such a month moves into it. Safe in any number of workers: each month is one
    transaction that holds the table's lock.
    """
    if connection.vendor != "postgresql":
        return []
    made = []
    for month in months_between(Month.of(first), Month.of(last)):
        if not _exists(month.partition_of(table)) and _made(table, month):
            made.append(month.partition_of(table))
    return made


def months_ahead(table: HotTable, *, now: datetime) -> list[str]:
    """This month and the next few."""
    return ensure_months(table, first=now, last=Month.of(now).plus(AHEAD).begins)


def let_go(table: HotTable, *, before: datetime) -> int:
    """Drop what is older than the month of this moment. Returns how many partitions, or rows on SQLite."""
    month = Month.of(before)
    if connection.vendor != "postgresql":
        return _deleted(table, month)
    gone = [name for name in partitions(table) if name < month.partition_of(table) and name != table.default]
    for name in gone:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")  # a long report may go on; the next round comes
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table.default}" WHERE "{table.column}" < %s', [month.first_id])
    return len(gone)


def partitions(table: HotTable) -> list[str]:
    """The names of its partitions, by month; empty on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid "
            "WHERE inhparent = to_regclass(%s) ORDER BY c.relname",
            [table.name],
        )
        return [row[0] for row in cursor.fetchall()]


def _exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])


def _made(table: HotTable, month: Month) -> bool:
    name, low, high = month.partition_of(table), month.first_id, month.plus(1).first_id
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{table.name}" IN SHARE UPDATE EXCLUSIVE MODE')
        if _exists(name):
            return False  # another worker was quicker
        strays = f'FROM "{table.default}" WHERE "{table.column}" >= {low} AND "{table.column}" < {high}'
        cursor.execute(f"SELECT EXISTS (SELECT 1 {strays})")
        if not cursor.fetchone()[0]:
            cursor.execute(f'CREATE TABLE "{name}" PARTITION OF "{table.name}" FOR VALUES FROM ({low}) TO ({high})')
            return True
        # Whoever still writes into this month waits a moment: its rows move from the default partition.
        cursor.execute(f'LOCK TABLE "{table.name}" IN ACCESS EXCLUSIVE MODE')
        cursor.execute(f'CREATE TABLE "{name}" (LIKE "{table.name}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)')
        cursor.execute(f'WITH moved AS (DELETE {strays} RETURNING *) INSERT INTO "{name}" SELECT * FROM moved')
        cursor.execute(f'ALTER TABLE "{table.name}" ATTACH PARTITION "{name}" FOR VALUES FROM ({low}) TO ({high})')
    return True


def _deleted(table: HotTable, month: Month) -> int:
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'DELETE FROM "{table.name}" WHERE "{table.column}" IN (SELECT "{table.column}" FROM "{table.name}" '
                f'WHERE "{table.column}" < %s ORDER BY "{table.column}" LIMIT {PORTION})',
                [month.first_id],
            )
            done = int(cursor.rowcount)
        total += done
        if done < PORTION:
            return total
