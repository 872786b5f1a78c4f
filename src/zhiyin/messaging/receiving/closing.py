"""Addresses that their owners closed to one kind of channel: keyed hashes, looked up before anything is sent there."""

from datetime import datetime

from django.db import connection

from zhiyin.messaging.models import ClosedAddress
from zhiyin.messaging.vault import vault


def close_address(kind: str, value: str, *, because: str, at: datetime) -> bool:
    """Nothing more to this address by this kind of channel. False where it was closed already.

    Signals come in any order: what is older than what is known changes nothing.
    """
    return _write(kind, value, because=because, at=at)


def open_address(kind: str, value: str, *, at: datetime) -> bool:
    """They came back. False where they had not left, or left later than this."""
    return _write(kind, value, because="", at=at)


def is_closed(kind: str, value: str) -> bool:
    """Whether its owner wants nothing by this kind of channel."""
    rows = ClosedAddress.objects.filter(kind=kind, value_hash=_hash(kind, value)).exclude(because="")
    return rows.exists()


def _write(kind: str, value: str, *, because: str, at: datetime) -> bool:
    """The newest word stands: one statement, whoever comes first."""
    changes = is_closed(kind, value) != bool(because)
    moment = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_closedaddress (kind, value_hash, closed_at, because) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (kind, value_hash) DO UPDATE SET closed_at = excluded.closed_at, because = excluded.because "
            "WHERE messaging_closedaddress.closed_at <= excluded.closed_at",
            [kind, _hash(kind, value), moment, because[:40]],
        )
        return bool(cursor.rowcount) and changes


def _hash(kind: str, value: str) -> bytes:
    return vault().find(f"closed {kind}", value)
