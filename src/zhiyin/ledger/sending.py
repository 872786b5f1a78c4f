"""Statements of the hot path on PostgreSQL: values travel beside the text, and several go without waiting in between.

Nothing is prepared. A plan made for an empty table would read all of a full one (an import of 100,000 rows took eight
times as long), and the driver forgets what is prepared by ``DEALLOCATE ALL`` after a rollback, which takes the survey
page's own statements away in the middle of a transaction.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor


def cursor() -> CursorWrapper:
    """Like ``connection.cursor()``, where Django's own would put the values into the text. Close it as any other."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    beside: Any = Cursor(connection.connection)
    return connection.make_debug_cursor(beside) if connection.queries_logged else connection.make_cursor(beside)


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
