"""A statement kept ready on a PostgreSQL connection, run through libpq itself.

psycopg's cursors spend some 150 µs of Python on a query for which the server needs 30; on the survey page that is
most of the cost. Values go and come as text, so each statement states its types by casts. It runs on Django's own
connection, inside whatever transaction that is in.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID
from weakref import WeakKeyDictionary
from zlib import crc32

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Connection, errors
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Value = str | int | bool | bytes | datetime | UUID | None
Row = tuple[str | None, ...]

_READY: "WeakKeyDictionary[Connection[object], set[bytes]]" = WeakKeyDictionary()
_FORGOTTEN = "26000"  # a pooler or DISCARD ALL took the prepared statement away
_THERE_ALREADY = "42P05"


class Statement:
    """One statement with ``$1``, ``$2`` … for its values."""

    def __init__(self, name: str, text: str) -> None:
        self.text = text.encode()
        # By what it says too: behind a pooler two releases meet on one connection, and each keeps its own.
        self.name = f"{name}_{crc32(self.text):08x}".encode()

    def run(self, values: Sequence[Value]) -> list[Row]:
        """The rows, every value as text. Raises Django's database errors."""
        connection = connections[DEFAULT_DB_ALIAS]  # looked up once: the proxy asks for the thread each time
        if connection.connection is None:
            connection.ensure_connection()
        with connection.wrap_database_errors:
            driver: Connection[object] = connection.connection
            given = [_spelled(value) for value in values]
            result = self._ran(driver, given)
            if _code(result) == _FORGOTTEN:
                _READY.pop(driver, None)
                result = self._ran(driver, given)
            if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                raise errors.error_from_result(result)
            return _rows(result)

    def _ran(self, driver: "Connection[object]", given: list[bytes | None]) -> PGresult:
        ready = _READY.setdefault(driver, set())
        server: PGconn = driver.pgconn
        if self.name not in ready:
            made = server.prepare(self.name, self.text)
            if made.status != ExecStatus.COMMAND_OK and _code(made) != _THERE_ALREADY:
                raise errors.error_from_result(made)
            ready.add(self.name)
        return server.exec_prepared(self.name, given)  # type: ignore[arg-type]  # psycopg's annotation leaves out NULL


def moment(text: str | None) -> datetime | None:
    """A moment as PostgreSQL spells it in a session that is in UTC, as Django's are."""
    return datetime.fromisoformat(text) if text is not None else None


def _code(result: PGresult) -> str:
    return (result.error_field(67) or b"").decode()  # PG_DIAG_SQLSTATE


def _spelled(value: Value) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().encode()
    if isinstance(value, bool):
        return b"t" if value else b"f"
    return str(value).encode()


def _rows(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [
        tuple(None if (value := result.get_value(row, column)) is None else value.decode() for column in columns)
        for row in range(result.ntuples)
    ]
