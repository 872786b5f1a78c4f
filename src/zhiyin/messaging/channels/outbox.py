"""The outbox: each message one JSON line in ``outbox/messages.ndjson`` in the data folder (CONTRACT section 6).

The file can be asked afterwards, so that a crash leaves nothing in doubt. Four things make its answer a proof:

- A batch is written with the file locked, in one ``write`` followed by ``fsync``; a killed writer loses the lock.
- Under the lock, just before the bytes, a writer asks whether the messages are still its own. A worker that was
  stopped past its lease therefore writes nothing, whenever it wakes.
- ``place`` names this very file (the folder's own id and the file's inode) and where its last whole line ended before
  the batch. On another machine, or after the file was moved away, the witness says that it cannot tell.
- A torn last line, left by a writer killed in the middle of it, is cut off by the next to hold the lock: that message
  never left.
"""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, timedelta
from pathlib import Path

from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Envelope, StillOurs, Witness
from zhiyin.messaging.rules.outcomes import Outcome, Result

PATIENCE = timedelta(seconds=3)  # for the lock; a writer that cannot have it by then sends nothing
_DELIVERED = Outcome(Result.ACCEPTED, delivered=True)  # in the file is where it was to go
# JSON lets them stand, and half the world's programs take them for the end of a line.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


class Outbox:
    """The file, for one worker."""

    at_once = 500
    patience = PATIENCE + timedelta(seconds=2)

    def __init__(self, key: str, folder: Path) -> None:
        self.key = key
        self.path = folder / "messages.ndjson"
        self._name = folder / "id"

    def place(self) -> str:
        with self._file() as file:
            return f"{self._folder_id()}:{os.fstat(file).st_ino}:{_last_line_end(file)}"

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        try:
            with self._locked(wait=PATIENCE) as file:
                ours = still_ours()
                going = [each for each in envelopes if each.message_id in ours]
                written = iter(_append(file, [_line(each) for each in going]))
        except BlockingIOError:
            return [Outcome(Result.NOT_SENT, "the outbox file is held by another process")] * len(envelopes)
        except OSError as fault:
            return [Outcome(Result.NOT_SENT, f"outbox: {fault.strerror}")] * len(envelopes)
        return [
            next(written) if each.message_id in ours else Outcome(Result.NOT_SENT, NO_LONGER_OURS) for each in envelopes
        ]

    @contextmanager
    def witness(self) -> Iterator[Witness | None]:
        try:
            with self._locked(wait=timedelta()) as file:
                _cut_torn_line(file)
                os.fsync(file)  # a killed writer may not have come to it, and what we say from here on must stay true
                yield _Tail(file, self._folder_id())
        except BlockingIOError:
            yield None

    def close(self) -> None:
        """Nothing is kept open between batches."""

    @contextmanager
    def _file(self) -> Iterator[int]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield file
        finally:
            os.close(file)

    @contextmanager
    def _locked(self, *, wait: timedelta) -> Iterator[int]:
        """The file, locked. Raises BlockingIOError if another process keeps it longer than ``wait``."""
        give_up = time.monotonic() + wait.total_seconds()
        while True:
            with self._file() as file:
                _lock(file, give_up)
                if _is_still_at(self.path, file):  # else it was moved away while we waited: lock the new one
                    yield file
                    return

    def _folder_id(self) -> str:
        """A random name of this folder, made once, so that no other machine's file is taken for this one."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._name.exists():
            draft = self._name.with_suffix(f".{secrets.token_hex(4)}")
            draft.write_text(secrets.token_hex(8))
            with suppress(FileExistsError):  # the first of several processes wins
                os.link(draft, self._name)  # whole or not at all
            draft.unlink()
        return self._name.read_text()


def _lock(file: int, give_up: float) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                raise
            time.sleep(0.002)


def _is_still_at(path: Path, file: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def _line(envelope: Envelope) -> bytes:
    fields: dict[str, str | None] = {
        "to": envelope.dialled,
        "text": envelope.text,
        "link": envelope.link,
        "invitation": str(envelope.invitation_id) if envelope.invitation_id else None,
        "sent_at": envelope.sent_at.astimezone(UTC).isoformat(),
    }
    if envelope.invitation_id is None:
        # An alert sent twice after a crash carries one id, so that whoever reads the file can tell.
        fields["message"] = str(envelope.message_id)
    line = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", line).encode("utf-8", "replace") + b"\n"


def _append(file: int, lines: Sequence[bytes]) -> list[Outcome]:
    """Write whole lines only. When the disk is full, those that fitted have left and the others certainly have not."""
    start = _cut_torn_line(file)
    data = b"".join(lines)
    fault = ""
    done = 0
    try:
        while done < len(data):
            done += os.write(file, data[done:] if done else data)
    except OSError as broken:
        fault = f"outbox: {broken.strerror}"
        _cut_torn_line(file)
    kept = os.fstat(file).st_size - start
    try:
        os.fsync(file)
    except OSError as broken:
        return [Outcome(Result.DOUBTFUL, f"outbox: {broken.strerror}")] * len(lines)
    outcomes = []
    for line in lines:
        kept -= len(line)
        outcomes.append(_DELIVERED if kept >= 0 else Outcome(Result.NOT_SENT, fault))
    return outcomes


def _last_line_end(file: int) -> int:
    """Where the last whole line ends. Never moves back: only what stands behind it is ever cut off."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - 65536)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _cut_torn_line(file: int) -> int:
    """Cut what stands behind the last whole line; returns the length then. Only with the lock held."""
    end = _last_line_end(file)
    if end != os.fstat(file).st_size:
        os.ftruncate(file, end)
    return end


class _Tail:
    """What was written behind a place, read once from the earliest place asked for."""

    def __init__(self, file: int, folder: str) -> None:
        self._file, self._folder = file, folder
        self._inode, self._length = os.fstat(file).st_ino, os.fstat(file).st_size
        self._read_from = self._length
        self._ends: dict[str, int] = {}  # key → where its last line ends

    def left(self, place: str, key: str) -> bool | None:
        folder, inode, start = place.split(":")
        if folder != self._folder or int(inode) != self._inode or int(start) > self._length:
            return None
        if int(start) < self._read_from:
            self._read(int(start))
        return self._ends.get(key, -1) > int(start)

    def _read(self, start: int) -> None:
        end = start
        with os.fdopen(os.dup(self._file), "rb") as lines:
            lines.seek(start)
            for line in lines:
                end += len(line)
                if end > self._read_from:  # from here on it was read before
                    break
                if key := _key_of(line):
                    self._ends[key] = max(end, self._ends.get(key, 0))
        self._read_from = start


def _key_of(line: bytes) -> str | None:
    try:
        fields = json.loads(line)
        return str(fields["invitation"] or fields["message"])
    except (ValueError, TypeError, KeyError):
        return None  # somebody else's line: none of ours is without its key
