"""Reads on the hot path, spelled once: for a handful of rows the ORM takes longer over its question than the database
over the answer."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Func
from django.db.models.sql.compiler import SQLCompiler

from zhiyin.ledger import sending
from zhiyin.ledger.bulk import array


def rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What a statement finds. Read moments by ``moment_in``."""
    with sending.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def moment_in(value: datetime | None) -> datetime | None:
    """A moment of such a row: SQLite keeps it without its zone, in UTC."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def any_of_ids(ids: Iterable[int]) -> tuple[str, str]:
    """``= ANY (…)`` over whole numbers and its value."""
    if connection.vendor == "postgresql":
        return "= ANY(%s::bigint[])", array(ids)
    return "IN (SELECT value FROM json_each(%s))", "[" + ",".join(map(str, ids)) + "]"


def any_of_hashes(hashes: Iterable[bytes]) -> tuple[str, str]:
    """The same over hashes."""
    if connection.vendor == "postgresql":
        return "= ANY(%s::bytea[])", array(hashes)
    return "IN (SELECT unhex(value) FROM json_each(%s))", "[" + ",".join(f'"{one.hex()}"' for one in hashes) + "]"


class Micros(Func):
    """A moment as microseconds since 1970 where the database can say so exactly; SQLite gives its own text."""

    arity = 1
    output_field = Field()  # as it comes

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000000 AS bigint)"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="%(expressions)s || ''")
