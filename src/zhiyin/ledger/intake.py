"""What has come in already: the one place where "the same again" is decided, for every entrance and every kind."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from zhiyin.ledger import sending
from zhiyin.ledger.bulk import moment
from zhiyin.ledger.models import IntakeKey

_INSERT = (
    "INSERT INTO ledger_intakekey (key, target_id, body, at) SELECT *, %s FROM "
    "unnest(%s::uuid[], %s::bigint[], %s::uuid[]) ON CONFLICT DO NOTHING"
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
    return ours | _insert(list(ours.values()), now=now) if ours else {}


def _standing(keys: Sequence[bytes]) -> dict[bytes, Claim]:
    rows = IntakeKey.objects.filter(key__among=[UUID(bytes=key) for key in keys])
    found = rows.values_list("key", "target_id", "body")
    return {key.bytes: Claim(key.bytes, target, body.bytes) for key, target, body in found}


def find_targets(keys: Iterable[bytes]) -> dict[bytes, int]:
    return {key: one.target_id for key, one in _standing(sorted(set(keys))).items()}


def _insert(rows: Sequence[Claim], *, now: datetime) -> dict[bytes, Claim]:
    """Insert them; returns the claims that others had made before."""
    keys = [one.key for one in rows]
    with sending.cursor() as cursor:
        if connection.vendor == "postgresql":
            targets = "{" + ",".join([str(one.target_id) for one in rows]) + "}"
            cursor.execute(_INSERT, [now, _uuids(keys), targets, _uuids(one.body for one in rows)])
            if cursor.rowcount == len(rows):
                return {}
            there = _standing(keys)
            return {one.key: there[one.key] for one in rows if there.get(one.key, one).target_id != one.target_id}
        # The transaction holds the one write lock there is: nobody can come between these two statements.
        there = _standing(keys)
        at = moment(now)
        cursor.executemany(
            "INSERT INTO ledger_intakekey (key, target_id, body, at) VALUES (%s, %s, %s, %s)",
            [(one.key.hex(), one.target_id, one.body.hex(), at) for one in rows if one.key not in there],
        )
        return there


def _uuids(values: Iterable[bytes]) -> str:
    return "{" + ",".join([value.hex() for value in values]) + "}"
