"""What every kind of import shares: columns in, one outcome per row out, in chunks that are each their own transaction.

Safe to run again after it was cut short: what is there already is a duplicate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from zhiyin.lib.faults import Fault
from zhiyin.lib.tables import Columns, Row
from zhiyin.people.access import Viewer

CHUNK = 2000


@dataclass(slots=True)
class Outcome:
    """``done``: created, updated, duplicate or refused."""

    done: str
    faults: Sequence[Fault] = ()


@dataclass
class Totals:
    """``created + updated + duplicate + refused`` is the number of rows."""

    created: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: int = 0

    def add(self, done: str) -> None:
        setattr(self, done, getattr(self, done) + 1)

    def line(self) -> str:
        return (
            f"created={self.created} updated={self.updated} duplicate={self.duplicate} refused={self.refused} "
            f"total={self.created + self.updated + self.duplicate + self.refused}"
        )


@dataclass(frozen=True)
class Circumstances:
    """Who imports, when, and what the options say."""

    by: Viewer
    now: datetime
    source: str
    survey: str = ""


@dataclass
class OneByOne:
    """An importer whose rows are put one at a time, each in its own transaction: for the small tables.

    ``key`` is what a row is found by; the same key twice with different content is refused (I57).
    """

    columns: Columns
    put: Callable[[Row], str]
    key: Callable[[Row], object]
    refusals: tuple[type[Exception], ...] = field(default=())
    is_small: bool = True
    key_column: str = "code"

    def read(self, rows: Sequence[Row]) -> Sequence[Row]:
        return rows

    def take(self, rows: Sequence[Row]) -> list[Outcome]:
        outcomes = []
        for row in rows:
            try:
                outcomes.append(Outcome(self.put(row)))
            except self.refusals as refused:
                outcomes.append(Outcome("refused", [Fault("refused", "", str(refused), str(refused))]))
        return outcomes

    def identity(self, row: Row) -> tuple[object, object]:
        """(key, body): to see whether a file names one thing twice with different content."""
        return self.key(row), tuple(row.values.items())
