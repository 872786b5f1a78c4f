"""How much a table may hold, and the options with which it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class TableLimits:
    """``max_bytes`` of the file; ``max_unpacked`` bytes and ``max_cells`` of a workbook, which must fit into memory."""

    max_bytes: int = 200 * 1024 * 1024
    max_rows: int = 1_000_000
    max_columns: int = 256
    max_unpacked: int = 256 * 1024 * 1024
    max_cells: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """What only a person can know. ``mapping``: for a header of the file, the column it is, or None to leave it out.

    ``day_first``: whether 03/04/2026 is the third of April; None refuses such rows and asks.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    sheet: str | None = None
    day_first: bool | None = None
    encoding: str | None = None
    delimiter: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    limits: TableLimits = field(default_factory=TableLimits)
