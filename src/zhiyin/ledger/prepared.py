"""Statements that come again with every call: PostgreSQL reads and plans an insert once a connection, not every time.

How often one must have come before it is kept is ``prepare_threshold`` in the settings. Values travel beside the text,
where Django's own cursor puts them into it.
"""

from collections.abc import Sequence
from typing import Any, Self

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.abc import Params


class _Asking(Cursor[Any]):
    """A cursor that keeps no plan: the best way to find rows changes as tables fill, and what was planned for an empty
    one would read all of a full one (an import of 100,000 rows took eight times as long)."""

    def execute(self, query: Any, params: Params | None = None, **how: Any) -> Self:
        return super().execute(query, params, **{**how, "prepare": False})


def cursor(*, asks: bool = False) -> CursorWrapper:
    """Like ``connection.cursor()``, for statements whose text is always the same. ``asks``: what it sends looks for
    rows, so it is planned each time. Close it as any other."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    planned: Any = (_Asking if asks else Cursor)(connection.connection)
    return connection.make_debug_cursor(planned) if connection.queries_logged else connection.make_cursor(planned)


def send(statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Carry these out in their order, on PostgreSQL without waiting for each answer before the next is sent. Raises
    what the first of them that fails raises."""
    with cursor() as sending:
        if connection.vendor != "postgresql" or len(statements) == 1:
            for text, values in statements:
                sending.execute(text, values)
            return
        with connection.wrap_database_errors, connection.connection.pipeline():
            for text, values in statements:
                sending.execute(text, values)
