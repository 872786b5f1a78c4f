"""COPY in two steps on PostgreSQL: hand the rows over, and hear later what became of them.

The server writes rows and indexes only when it has them all, and the driver would sit and wait for that. In a batch of
a thousand interactions that is a sixth of the time, in which the next table's rows can be worked out.
"""

from collections.abc import Generator
from typing import Any

from psycopg import Cursor, errors
from psycopg.copy import LibpqWriter
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait


class Copying(LibpqWriter):
    """One COPY. Until ``settle`` has returned, the connection takes no other statement."""

    def __init__(self, cursor: Cursor[Any]) -> None:
        super().__init__(cursor)
        self._is_under_way = False

    @classmethod
    def start(cls, cursor: Cursor[Any], statement: str, text: bytes) -> "Copying":
        """Hand over all rows, as ``as_text`` spells them."""
        copying = cls(cursor)
        with cursor.copy(statement, writer=copying) as copy:
            copy.write(text)
        return copying

    def finish(self, exc: BaseException | None = None) -> None:
        """Called by the driver after the last row: the end is sent and its answer left for ``settle``."""
        if exc is not None:
            super().finish(exc)
            return
        self._is_under_way = True
        self.connection.wait(_ended(self.connection.pgconn))

    def settle(self) -> None:
        """Wait for the server's answer. Raises what the server found wrong with the rows."""
        if not self._is_under_way:
            return
        self._is_under_way = False
        for result in self.connection.wait(_answered(self.connection.pgconn)):
            if result.status == ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)


def _ended(pgconn: PGconn) -> Generator[Wait, Ready | int, None]:
    while pgconn.put_copy_end(None) == 0:
        yield Wait.W
    while pgconn.flush():
        yield Wait.W


def _answered(pgconn: PGconn) -> Generator[Wait, Ready | int, list[PGresult]]:
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return results
        results.append(result)
