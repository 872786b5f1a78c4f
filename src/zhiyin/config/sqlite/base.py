"""The embedded record. Only the driver differs from Django's own backend."""

import sys
from datetime import UTC, datetime

try:
    import pysqlite3
    import pysqlite3.dbapi2
except ImportError:  # no wheel for this platform: the interpreter's own SQLite serves, only older
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

# Only now: the driver must be in place first.
from sqlite3 import dbapi2

from django.db.backends.sqlite3 import base


def _as_django_writes_it(moment: datetime) -> str:
    """UTC without an offset, so that moments from statements of our own compare with those from the ORM."""
    return str(moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment)


dbapi2.register_adapter(datetime, _as_django_writes_it)


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite in WAL mode with full sync: an acknowledged row survives a power cut."""
