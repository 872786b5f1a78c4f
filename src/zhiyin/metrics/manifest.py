"""What the mirror holds, in one small file that is replaced by rename. A reader takes it and the files it names."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

NAME = "manifest.json"


@dataclass(frozen=True)
class Part:
    """One Parquet file: the rows that a stretch of the ledger brought, or a month of them. It is named by a hash of its
    content, so that a file never changes and the same content has the same name."""

    file: str
    first: int
    last: int
    since: date | None
    until: date | None  # the last day in it
    rows: int
    size: int
    least: int | None  # the range of its owners' ids; none in a roll-up
    most: int | None

    @property
    def stretch(self) -> tuple[int, int]:
        return self.first, self.last

    def touches(self, since: date | None, until: date | None) -> bool:
        """Whether it may hold rows of these days, both included."""
        if self.since is None or self.until is None:
            return True
        return (until is None or self.since <= until) and (since is None or self.until >= since)


@dataclass(frozen=True)
class Manifest:
    """Up to which ledger sequence, as of when, in which files. ``layout`` says by which definitions it was written."""

    sequence: int
    as_of: datetime | None
    tables: Mapping[str, tuple[Part, ...]]  # the oldest stretch first
    layout: str = ""

    def files(self, table: str, since: date | None = None, until: date | None = None) -> list[str]:
        return [part.file for part in self.tables.get(table, ()) if part.touches(since, until)]


_kept: dict[Path, tuple[tuple[int, int, int], Manifest]] = {}


def read(folder: Path) -> Manifest:
    """The mirror as it stands. An absent one is empty, and so is one that cannot be read: it is built anew."""
    path = folder / NAME
    try:
        looked = os.stat(path)
        stamp = looked.st_mtime_ns, looked.st_ino, looked.st_size
        kept = _kept.get(path)  # another thread may put a newer one in its place
        if kept and kept[0] == stamp:
            return kept[1]
        found = _read(json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Manifest(0, None, {})
    _kept[path] = stamp, found
    return found


def write(folder: Path, new: Manifest) -> None:
    """Replace it whole: whoever reads sees the old one or the new one."""
    tables = {
        name: [[_spelled(value) for value in astuple(part)] for part in parts] for name, parts in new.tables.items()
    }
    raw = {"layout": new.layout, "sequence": new.sequence, "as_of": _spelled(new.as_of), "tables": tables}
    unfinished = folder / f"{NAME}.part"
    unfinished.write_text(json.dumps(raw), "utf-8")
    unfinished.rename(folder / NAME)


def _read(raw: Mapping[str, Any]) -> Manifest:
    as_of = datetime.fromisoformat(raw["as_of"]) if raw["as_of"] else None
    tables = {name: tuple(_part(one) for one in parts) for name, parts in raw["tables"].items()}
    return Manifest(raw["sequence"], as_of, tables, raw["layout"])


def _part(raw: Sequence[Any]) -> Part:
    file, first, last, since, until, *rest = raw
    return Part(file, first, last, since and date.fromisoformat(since), until and date.fromisoformat(until), *rest)


def _spelled(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
