"""Many rows with one statement: COPY on PostgreSQL, one prepared INSERT on SQLite.

For the hot tables only. The ORM's own ``bulk_create`` costs some 15 µs a row in Python, more than the database does.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, nullcontext
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection, models

from zhiyin.ledger.copying import Copying
from zhiyin.lib.json_text import encoder

WORTH_COPYING = 12  # rows; below that one plain INSERT has fewer round trips
Rows = Iterable[Sequence[Any]]


class Writing:
    """Inserts into one table after the other; the database digests each while the caller works out the next rows.

        with Writing() as writing:
            writing.insert(Interaction, COLUMNS, rows)
            ...  # no statement here: the connection is busy
            writing.insert(Decision, COLUMNS, more)

    ``wait`` before a statement of another kind. A fault is raised where it is noticed: by the next insert, or the end.
    """

    def __init__(self) -> None:
        self._under_way = ExitStack()

    def __enter__(self) -> "Writing":
        return self

    def __exit__(self, *raised: Any) -> None:
        self._under_way.__exit__(*raised)

    def wait(self) -> None:
        """Until what was inserted is in the table."""
        self._under_way.close()

    def insert(self, model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
        """Insert tuples in the order of ``columns`` (database column names). JSON is given as text, moments as
        ``moments`` spell them or as they are."""
        listed = list(rows)
        self.wait()
        if not listed:
            return
        table = connection.ops.quote_name(model._meta.db_table)
        names = ", ".join(connection.ops.quote_name(column) for column in columns)
        marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
        with ExitStack() as stack:
            cursor = stack.enter_context(connection.cursor())
            if connection.vendor != "postgresql":
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES {marks}", listed)
            elif len(listed) < WORTH_COPYING:
                values = ", ".join([marks] * len(listed))
                cursor.execute(f"INSERT INTO {table} ({names}) VALUES {values}", list(chain.from_iterable(listed)))
            else:
                statement = f"COPY {table} ({names}) FROM STDIN"
                noted = cursor.debug_sql(statement) if connection.queries_logged else nullcontext()
                with noted, connection.wrap_database_errors:
                    copying = Copying.start(cursor.cursor, statement, listed)
                stack.callback(_settle, copying)
            self._under_way = stack.pop_all()


def _settle(copying: Copying) -> None:
    with connection.wrap_database_errors:  # a unique row that was there before is Django's IntegrityError here, too
        copying.settle()


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
    """The same for one table, and wait."""
    with Writing() as writing:
        writing.insert(model, columns, rows)


def array(values: Iterable[int | str | bytes | UUID]) -> str:
    """A parameter for ``%s::bigint[]``, ``text[]``, ``bytea[]`` or ``uuid[]`` on PostgreSQL, values of one kind.

    psycopg spells an array element by element in Python, which for a thousand hashes takes longer than the query.
    """
    return "{" + ",".join([_SPELLED[type(value)](value) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_SPELLED: dict[type, Callable[[Any], str]] = {
    int: str,
    str: _quoted,
    bytes: lambda value: '"\\\\x' + value.hex() + '"',
    UUID: lambda value: value.hex,
}


def as_json(value: object) -> str:
    """JSON text for a column of ``insert_rows``; Chinese stays Chinese."""
    return _encode(value)


_encode = encoder()


def moments() -> Callable[[datetime], str]:
    """What spells moments for ``insert_rows``, faster than the driver does."""
    return str if connection.vendor == "postgresql" else _for_sqlite


def _for_sqlite(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))


def moment(value: datetime) -> str:
    """One moment for ``insert_rows``, spelled once for a thousand rows."""
    return moments()(value)


def span(value: timedelta) -> str | int:
    """A length of time for ``insert_rows``, as the database at hand keeps it."""
    if connection.vendor == "postgresql":
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    return value // timedelta(microseconds=1)
