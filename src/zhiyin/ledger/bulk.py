"""Many rows with one statement: COPY on PostgreSQL, one prepared INSERT on SQLite.

For the hot tables only. The ORM's own ``bulk_create`` costs some 15 µs a row in Python, more than the database does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection, models

from zhiyin.ledger import sending
from zhiyin.ledger.alike import Column, Same, as_rows, as_text
from zhiyin.ledger.copying import Copying
from zhiyin.lib.json_text import encoder

WORTH_COPYING = 12  # rows; below that one plain INSERT has fewer round trips
Rows = Iterable[Sequence[Any]]


class Writing:
    """Inserts into one table after the other; the database digests each while the caller works out the next rows.

        with Writing() as writing:
            writing.insert(Interaction, {"id": ids, "channel": Same("sms"), ...})
            ...  # the rows are on their way
            writing.insert(Decision, ...)

    A few rows wait for those of the other tables, and all go at once. A statement of another kind waits by itself until
    they have arrived. A fault is raised where it is noticed: by the next insert, the next statement, or the end.
    """

    def __init__(self) -> None:
        self._under_way = ExitStack()
        self._guard = ExitStack()
        self._held: list[tuple[str, list[Any]]] = []

    def __enter__(self) -> "Writing":
        self._guard.enter_context(connection.execute_wrapper(self._after_all_is_written))
        return self

    def __exit__(self, *raised: Any) -> None:
        self._guard.close()
        if raised[0] is None:
            self._send_held()
        self._under_way.__exit__(*raised)

    def _after_all_is_written(
        self, execute: Callable[..., Any], statement: str, values: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        self.wait()
        return execute(statement, values, many, context)

    def wait(self) -> None:
        """Until what was inserted is in the table."""
        self._send_held()
        self._under_way.close()

    def insert(self, model: type[models.Model], columns: Mapping[str, Column]) -> None:
        """Insert the rows that these columns (by database name) make together, the first of them no ``Same``.

        JSON is given as text, moments as ``moments`` spell them or as they are.
        """
        count = len(next(iter(columns.values())))
        if not count:
            return
        into, marks = _spelled_once(model._meta.db_table, tuple(columns))
        if connection.vendor != "postgresql":
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {into} VALUES {marks}", list(as_rows(columns.values(), count)))
        elif count < WORTH_COPYING:
            values = list(chain.from_iterable(as_rows(columns.values(), count)))
            self._held.append((f"INSERT INTO {into} VALUES {', '.join([marks] * count)}", values))
        else:
            self.wait()
            self._copy(f"COPY {into} FROM STDIN", as_text(columns.values(), count))

    def _copy(self, statement: str, text: bytes) -> None:
        with ExitStack() as stack:
            cursor = stack.enter_context(connection.cursor())
            noted = cursor.debug_sql(statement) if connection.queries_logged else nullcontext()
            with noted, connection.wrap_database_errors:
                copying = Copying.start(cursor.cursor, statement, text)
            stack.callback(_settle, copying)
            self._under_way = stack.pop_all()

    def _send_held(self) -> None:
        held, self._held = self._held, []
        if held:
            self._under_way.close()
            sending.send(held)


@cache
def _spelled_once(table: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """Table and columns as a statement names them, and the marks of one row's values."""
    names = ", ".join(f'"{column}"' for column in columns)
    return f'"{table}" ({names})', "(" + ", ".join(["%s"] * len(columns)) + ")"


def _settle(copying: Copying) -> None:
    with connection.wrap_database_errors:  # a unique row that was there before is Django's IntegrityError here, too
        copying.settle()


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Rows, writing: Writing | None = None) -> None:
    """Tuples in the order of ``columns`` into one table, and wait unless ``writing`` does so."""
    if listed := list(rows):
        with Writing() if writing is None else nullcontext(writing) as into:
            into.insert(model, dict(zip(columns, zip(*listed, strict=True), strict=True)))


def insert_new(model: type[models.Model], columns: Mapping[str, Column]) -> int:
    """Insert the rows whose unique keys nobody has yet, pass over the others; returns how many were inserted.

    One statement, whatever their number. Columns are given as to ``Writing.insert``.
    """
    count = len(next(iter(columns.values())))
    if not count:
        return 0
    into, marks = _spelled_once(model._meta.db_table, tuple(columns))
    with sending.cursor() as cursor:
        if connection.vendor != "postgresql":
            statement = f"INSERT INTO {into} VALUES {marks} ON CONFLICT DO NOTHING"
            cursor.executemany(statement, list(as_rows(columns.values(), count)))
            return int(cursor.rowcount)
        kinds = {name: _kind_of(model, name) for name in columns}
        several = [name for name, column in columns.items() if not isinstance(column, Same)]
        taken = ", ".join(f'fresh."{name}"' if name in several else f"%s::{kinds[name]}" for name in columns)
        given = ", ".join(f"%s::{kinds[name]}[]" for name in several)
        named = ", ".join(f'"{name}"' for name in several)
        values = [column.value for column in columns.values() if isinstance(column, Same)]
        values += [array(columns[name]) for name in several]
        cursor.execute(
            f"INSERT INTO {into} SELECT {taken} FROM unnest({given}) AS fresh({named}) ON CONFLICT DO NOTHING", values
        )
        return int(cursor.rowcount)


def _kind_of(model: type[models.Model], column: str) -> str:
    """The type to read a parameter as: of texts without their limit, which a cast would cut them to in silence."""
    field = next(one for one in model._meta.concrete_fields if one.column == column)
    kind = field.db_type(connection) or ""
    return "text" if kind.startswith("varchar") else kind


def array(values: Iterable[int | str | bytes | bool | UUID | None]) -> str:
    """A parameter for ``%s::bigint[]`` or an array of another kind on PostgreSQL, all values of that kind or none.

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
    bool: str,
    type(None): lambda _value: "NULL",
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
