"""Time-ordered 63-bit ids: 42 bits of milliseconds since 2020, 12 bits of node, 9 bits of sequence.

Rows sort by the moment they were recorded, so a hot table can later be cut into months by id range alone, and an id
fits the eight bytes of a bigint. A node number is leased from the database once per process (``ledger.ids``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
NODE_BITS, SEQUENCE_BITS = 12, 9
_MILLISECOND = timedelta(milliseconds=1)
_STEP = 1 << SEQUENCE_BITS


@dataclass
class IdMaker:
    """Makes ids for one process. Two makers with different nodes never make the same id."""

    node: int
    _last: int = -1  # milliseconds and sequence together, so that one burst may borrow from the next millisecond
    _lock: Lock = field(default_factory=Lock)

    def take(self, count: int, *, now: datetime) -> Sequence[int]:
        """``count`` fresh ids, rising, none given before by this maker even when the clock steps back."""
        with self._lock:
            start = max(((now - EPOCH) // _MILLISECOND) << SEQUENCE_BITS, self._last + 1)
            self._last = start + count - 1
        low = self.node & ((1 << NODE_BITS) - 1)
        return [
            (tick >> SEQUENCE_BITS) << (NODE_BITS + SEQUENCE_BITS) | low << SEQUENCE_BITS | tick & (_STEP - 1)
            for tick in range(start, start + count)
        ]


def moment_of(identifier: int) -> datetime:
    """When the row with this id was recorded, to the millisecond."""
    return EPOCH + (identifier >> (NODE_BITS + SEQUENCE_BITS)) * _MILLISECOND


def first_id_at(moment: datetime) -> int:
    """The smallest id that a row recorded at or after ``moment`` can have: the border of a month's partition."""
    return ((moment - EPOCH) // _MILLISECOND) << (NODE_BITS + SEQUENCE_BITS)
