"""Decisions written as CSV."""

from typing import IO, Any

import numpy as np

from zhiyin.outreach.simulate.engine import Engine
from zhiyin.outreach.simulate.events import Events, Progress
from zhiyin.outreach.simulate.replaying import Replay

HEADER = b"external_id,decision,reason\n"
PART = 250_000  # rows


def write_decisions(file: IO[bytes], events: Events, replay: Replay, *, engine: Engine, progress: Progress) -> None:
    """One line for each event, in the order of the events; the id stands as it stood there."""
    file.write(HEADER)
    lines = [f",{_decision(reason)},{reason}\n".encode() for reason in replay.reasons]
    tails, tail_ends = _bytes(b"".join(lines)), np.cumsum([len(line) for line in lines])
    longest = max(len(line) for line in lines)
    for first in range(0, len(events), PART):
        last = min(first + PART, len(events))
        size = int((events.id_to[first:last] - events.id_from[first:last]).sum()) + (last - first) * longest
        out: Any = engine.room(size)
        length = engine.print_rows(
            events.data, events.id_from, events.id_to, replay.verdicts, first, last, tails, tail_ends, out
        )
        file.write(memoryview(out)[:length])
        progress(last - first)


def _decision(reason: str) -> str:
    if reason == "completion":  # an answer: nothing was asked, it only counts for what comes after
        return "noted"
    return "suppress" if reason else "invite"


def _bytes(text: bytes) -> Any:
    return np.frombuffer(text, np.uint8)
