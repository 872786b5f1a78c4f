"""What the mirror holds, in one small file that is replaced by rename."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Manifest:
    """Up to which ledger sequence, as of when, in which files."""

    sequence: int
    as_of: datetime | None
    segments: Mapping[str, tuple[str, ...]]  # fact → file names, oldest first

    @property
    def stamp(self) -> tuple[int, int]:
        return self.sequence, sum(len(files) for files in self.segments.values())
