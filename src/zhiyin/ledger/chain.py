"""Tamper evidence. Each row carries a keyed mark from the moment it is written; behind the hot path the sealer puts
rows in order and chains them, in batches, and notes the chain's end under a mark of its own; anchors of that end also
go to a file outside the database.

What this finds: a changed, deleted, inserted, swapped or moved row, a cut tail, a chain rewritten without the key. What
it cannot find: a row deleted before it was sealed, in the second or so after it was written.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction

from zhiyin.ledger.models import Anchor, Event, Head
from zhiyin.lib.canonical import canonical

START = bytes(32)
BATCH = 2000
THE_HEAD = 1  # the key of its one row


@cache
def _key() -> bytes:
    # The oldest data key: it stays in the ring when keys are rotated.
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zhiyin ledger").derive(settings.DATA_KEYS[-1][1])


def mark(row: Event) -> bytes:
    """The keyed hash of one row's content."""
    content = [row.id, row.at, row.kind, row.actor, row.subject, row.unit_id, row.data]
    return hmac.digest(_key(), canonical(content), "sha256")


def seal_of(previous: bytes, sequence: int, row_mark: bytes) -> bytes:
    """The link of the chain: the previous seal, the place in the order and the row's mark."""
    return hmac.digest(_key(), previous + sequence.to_bytes(8, "big") + row_mark, "sha256")


def head_mark(sequence: int, seal: bytes) -> bytes:
    """The keyed hash of "the chain reaches this far"."""
    return hmac.digest(_key(), b"head" + sequence.to_bytes(8, "big") + seal, "sha256")


def seal_pending(*, limit: int = BATCH) -> int:
    """Put up to ``limit`` written rows in order and chain them; returns how many. Safe to run in any number of
    workers: the head's row is locked."""
    with transaction.atomic():
        Head.objects.get_or_create(pk=THE_HEAD, defaults={"sequence": 0, "seal": START, "mark": head_mark(0, START)})
        head = Head.objects.select_for_update().get(pk=THE_HEAD)
        rows = list(Event.objects.filter(sequence=None).order_by("id").values_list("id", "mark")[:limit])
        if not rows:
            return 0
        sequence, seal = head.sequence, bytes(head.seal)
        sealed: list[tuple[int, bytes, int]] = []
        for identifier, row_mark in rows:
            sequence += 1
            seal = seal_of(seal, sequence, bytes(row_mark))
            sealed.append((sequence, seal, identifier))
        _write_seals(sealed)
        head.sequence, head.seal, head.mark = sequence, seal, head_mark(sequence, seal)
        head.save(update_fields=["sequence", "seal", "mark"])
    return len(rows)


def seal_all() -> int:
    """Seal whatever waits, before a command ends that no worker stands behind. Returns how many rows."""
    done = 0
    while sealed := seal_pending():
        done += sealed
    return done


def _write_seals(values: list[tuple[int, bytes, int]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "UPDATE ledger_event e SET sequence = v.sequence, seal = v.seal FROM "
                "unnest(%s::bigint[], %s::bytea[], %s::bigint[]) AS v(sequence, seal, id) WHERE e.id = v.id",
                [list(column) for column in zip(*values, strict=True)],
            )
        else:
            cursor.executemany("UPDATE ledger_event SET sequence = %s, seal = %s WHERE id = %s", values)


def anchor(*, now: datetime) -> bool:
    """Note where the chain stands, in the database and in a file beside it. True when there was something new."""
    head = Head.objects.filter(pk=THE_HEAD, sequence__gt=0).first()
    if head is None or Anchor.objects.filter(sequence=head.sequence).exists():
        return False
    seal = bytes(head.seal)
    Anchor.objects.get_or_create(sequence=head.sequence, defaults={"at": now, "seal": seal})
    path = anchor_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"sequence": head.sequence, "at": now.isoformat(), "seal": seal.hex()}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return True


def anchor_file() -> Path:
    """Copy this file to another machine from time to time: it is what a cut tail is measured against by somebody who
    does not trust this database's own head."""
    return Path(settings.DATA_DIR) / "ledger-anchors.ndjson"


@dataclass(frozen=True)
class Verdict:
    """What verification saw. ``fault`` names the first bad row and what is wrong with it."""

    rows: int
    pending: int
    last_seal: str
    fault: str = ""

    @property
    def is_sound(self) -> bool:
        return not self.fault


def verify() -> Verdict:
    """Walk the whole chain. Finds edits, deletions, insertions, swaps, a cut tail and a chain made without the key.

    The head and the anchors are read first, so that a worker that seals meanwhile makes no false alarm.
    """
    sequence, seal, fault = 0, START, ""
    head = Head.objects.filter(pk=THE_HEAD).first()
    anchors, unreadable = _anchors()
    for row in _sealed_rows():
        fault = _fault_of(row, sequence=sequence, seal=seal) or _anchor_fault(anchors, row)
        if fault:
            break
        sequence, seal = row.sequence or 0, bytes(row.seal or b"")
    if not fault:
        fault = _head_fault(head, sequence) or _tail_fault(anchors, sequence) or unreadable
    pending = 0
    for row in Event.objects.filter(sequence=None).order_by("id").iterator():
        pending += 1
        if not fault and not hmac.compare_digest(mark(row), bytes(row.mark)):
            fault = f"event {row.id} (not yet sealed): its content does not fit its mark"
    return Verdict(rows=sequence, pending=pending, last_seal=seal.hex(), fault=fault)


def _sealed_rows() -> Iterator[Event]:
    return Event.objects.exclude(sequence=None).order_by("sequence").iterator(chunk_size=BATCH)


def _fault_of(row: Event, *, sequence: int, seal: bytes) -> str:
    expected, place = sequence + 1, row.sequence or 0
    if place < expected:
        return f"sequence {place} (event {row.id}): it stands before the beginning of the chain"
    if place > expected:
        return f"sequence {expected}: the row is missing, the next one there is {place}"
    if not hmac.compare_digest(mark(row), bytes(row.mark)):
        return f"sequence {place} (event {row.id}): its content was changed"
    if not hmac.compare_digest(seal_of(seal, place, bytes(row.mark)), bytes(row.seal or b"")):
        return f"sequence {place} (event {row.id}): it does not follow the row before it"
    return ""


def _head_fault(head: Head | None, sequence: int) -> str:
    """Whether the chain reaches as far as its head says. It may reach further: a worker goes on sealing."""
    if head is None:
        # The very first sealing may have come between our look at the head and our walk.
        gone = sequence and not Head.objects.filter(pk=THE_HEAD).exists()
        return f"sequence {sequence}: the head of the chain was removed" if gone else ""
    if not hmac.compare_digest(head_mark(head.sequence, bytes(head.seal)), bytes(head.mark)):
        return f"sequence {head.sequence}: the head of the chain was changed"
    if sequence < head.sequence:
        return f"sequence {sequence + 1}: the tail was cut, the chain reached {head.sequence}"
    return ""


def _anchors() -> tuple[dict[int, set[str]], str]:
    """The seals noted for each place, and what is wrong with the file if it cannot be read."""
    found: dict[int, set[str]] = {}
    for sequence, seal in Anchor.objects.values_list("sequence", "seal"):
        found.setdefault(sequence, set()).add(bytes(seal).hex())
    unreadable = ""
    lines = anchor_file().read_text("utf-8", "replace").splitlines() if anchor_file().exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            noted = json.loads(line)
            found.setdefault(int(noted["sequence"]), set()).add(str(noted["seal"]))
        except (ValueError, TypeError, KeyError):
            unreadable = unreadable or f"{anchor_file().name} line {number}: this is no anchor"
    return found, unreadable


def _anchor_fault(anchors: dict[int, set[str]], row: Event) -> str:
    noted = anchors.get(row.sequence or 0, set())
    if noted and noted != {bytes(row.seal or b"").hex()}:
        return f"sequence {row.sequence} (event {row.id}): the chain is not the one that was anchored here"
    return ""


def _tail_fault(anchors: dict[int, set[str]], sequence: int) -> str:
    beyond = [number for number in anchors if number > sequence]
    if beyond:
        return f"sequence {sequence + 1}: the tail was cut, the chain once reached {max(beyond)}"
    return ""
