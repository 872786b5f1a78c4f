"""Statements that come again with every call: PostgreSQL reads and plans each once a connection, not every time.

How often one must have come before it is kept is ``prepare_threshold`` in the settings.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor


def cursor() -> CursorWrapper:
    """Like ``connection.cursor()``, for statements whose text is always the same. Close it as any other."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    planned: Any = Cursor(connection.connection)  # values travel beside the text; Django's own puts them into it
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
