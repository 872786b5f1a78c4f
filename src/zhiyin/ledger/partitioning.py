"""For migrations: turn a plain table into one by months, with its rows, constraints and indexes."""

from datetime import UTC, datetime

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from zhiyin.ledger.months import HotTable, Month, months_between
from zhiyin.lib.ids import moment_of

START_AHEAD = 3


def by_month(editor: BaseDatabaseSchemaEditor, table: HotTable, *, key: tuple[str, ...]) -> None:
    """Rebuild ``table`` partitioned by the range of its column; ``key`` becomes its primary key. PostgreSQL only."""
    if editor.connection.vendor != "postgresql":
        return
    name, column, plain = table.name, table.column, f"{table.name}_plain"
    with editor.connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what earlier steps of the migration left pending
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND schemaname = current_schema() "
            "AND indexdef NOT LIKE 'CREATE UNIQUE %%'",
            [name],
        )
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype IN ('p', 'u')", [name]
        )
        for (constraint,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{name}" DROP CONSTRAINT "{constraint}"')
        for index, _definition in indexes:
            cursor.execute(f'DROP INDEX "{index}"')
        cursor.execute(f'ALTER TABLE "{name}" RENAME TO "{plain}"')
        cursor.execute(
            f'CREATE TABLE "{name}" (LIKE "{plain}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) '
            f'PARTITION BY RANGE ("{column}")'
        )
        columns = ", ".join(f'"{each}"' for each in key)
        cursor.execute(f'ALTER TABLE "{name}" ADD CONSTRAINT "{name}_pkey" PRIMARY KEY ({columns})')
        for _index, definition in indexes:
            cursor.execute(definition)
        cursor.execute(f'CREATE TABLE "{table.default}" PARTITION OF "{name}" DEFAULT')
        for month in _months(cursor, plain, column):
            values = f"FROM ({month.first_id}) TO ({month.plus(1).first_id})"
            cursor.execute(f'CREATE TABLE "{month.partition_of(table)}" PARTITION OF "{name}" FOR VALUES {values}')
        cursor.execute(f'INSERT INTO "{name}" SELECT * FROM "{plain}"')
        cursor.execute(f'DROP TABLE "{plain}"')


def _months(cursor: object, plain: str, column: str) -> list[Month]:
    """Those that there are rows of, and the next few."""
    cursor.execute(f'SELECT min("{column}"), max("{column}") FROM "{plain}"')  # type: ignore[attr-defined]
    lowest, highest = cursor.fetchone()  # type: ignore[attr-defined]
    today = datetime.now(UTC)  # noqa: TID251  (a migration has no caller who knows the time)
    first = min(moment_of(lowest), today) if lowest else today
    last = max(moment_of(highest), today) if highest else today
    return list(months_between(Month.of(first), Month.of(last).plus(START_AHEAD)))
