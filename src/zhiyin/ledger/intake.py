"""What has come in already: the one place where "the same again" is decided, for every entrance and every kind."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from zhiyin.ledger.bulk import moment
from zhiyin.ledger.models import IntakeKey

_INSERT = (
    "INSERT INTO ledger_intakekey (key, target_id, body, at) SELECT *, %s FROM "
    "unnest(%s::uuid[], %s::bigint[], %s::uuid[]) ON CONFLICT DO NOTHING "
    "RETURNING encode(uuid_send(key), 'hex')"
)


class Claim(NamedTuple):
    """A key that wants to be first. Both hashes are 16 bytes: bytes sort and compare at once, a batch has thousands.

    ``key``: of kind, source and external id. ``body``: of the cleaned body.
    """

    key: bytes
    target_id: int
    body: bytes


def claim(wanted: Iterable[Claim], *, now: datetime) -> dict[bytes, Claim]:
    """Insert the keys that are not there yet; returns, for each key, the claim that stands: ours, or the earlier one.

    Runs inside the caller's transaction. Sorted, so that racing batches wait for each other and never deadlock.
    """
    ours = {one.key: one for one in sorted(wanted)}
    lost = _insert(list(ours.values()), now=now)
    return ours | _standing(lost) if lost else ours


def _standing(keys: Sequence[bytes]) -> dict[bytes, Claim]:
    rows = IntakeKey.objects.filter(key__among=[UUID(bytes=key) for key in keys])
    found = rows.values_list("key", "target_id", "body") if keys else ()
    return {key.bytes: Claim(key.bytes, target, body.bytes) for key, target, body in found}


def find_targets(keys: Iterable[bytes]) -> dict[bytes, int]:
    return {key: one.target_id for key, one in _standing(sorted(set(keys))).items()}


def _insert(rows: Sequence[Claim], *, now: datetime) -> list[bytes]:
    """Insert them; returns the keys that others had claimed before."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                _INSERT,
                [
                    now,
                    _uuids(one.key for one in rows),
                    "{" + ",".join([str(one.target_id) for one in rows]) + "}",
                    _uuids(one.body for one in rows),
                ],
            )
            if cursor.rowcount == len(rows):
                return []
            won = {row[0] for row in cursor.fetchall()}
            return [one.key for one in rows if one.key.hex() not in won]
        # The transaction holds the one write lock there is: nobody can come between these two statements.
        there = set(_standing([one.key for one in rows]))
        at = moment(now)
        cursor.executemany(
            "INSERT INTO ledger_intakekey (key, target_id, body, at) VALUES (%s, %s, %s, %s)",
            [(one.key.hex(), one.target_id, one.body.hex(), at) for one in rows if one.key not in there],
        )
        return [one.key for one in rows if one.key in there]


def _uuids(values: Iterable[bytes]) -> str:
    return "{" + ",".join([value.hex() for value in values]) + "}"
