"""Moments and days from outside (RELIABILITY A40-A48): ISO 8601 with an offset in, UTC out, years 2000 to 2100."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.faults import Fault, fault

YEARS = (2000, 2100)
FIRST = datetime(YEARS[0], 1, 1, tzinfo=UTC)
END = datetime(YEARS[1] + 1, 1, 1, tzinfo=UTC)
LEEWAY = timedelta(minutes=10)  # by which another system's clock may be ahead of ours

# Exactly this much of ISO 8601: the standard parser would also take week dates, missing separators and comma fractions.
_LOCAL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_OFFSET = r"(Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
_SHAPE = re.compile(f"{_LOCAL}{_OFFSET}?")
WITH_OFFSET = re.compile(f"{_LOCAL}{_OFFSET}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def moment(value: object) -> datetime:
    """The moment in UTC. Raises Wrong: ``time_no_offset``, ``time_year``, ``time_invalid``."""
    if type(value) is not str:
        raise Wrong("time_invalid.number" if type(value) in (int, float) else "type.time")
    shape = _SHAPE.fullmatch(value)
    if shape is None:
        raise Wrong("time_no_offset" if _DAY.fullmatch(value) else "time_invalid")
    if shape[1] is None:
        raise Wrong("time_no_offset")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Wrong("time_invalid.calendar") from None
    return in_utc(found)


def in_utc(found: datetime) -> datetime:
    """The same moment in UTC. Raises Wrong outside the years that every store and screen can hold."""
    try:
        moved = found.astimezone(UTC)
    except OverflowError:  # the first and the last day that there is, seen from another zone
        raise Wrong("time_year", first=YEARS[0], last=YEARS[1]) from None
    if FIRST <= moved < END:
        return moved
    raise Wrong("time_year", first=YEARS[0], last=YEARS[1])


def day(value: object) -> date:
    """A calendar day, ``2026-11-22``. Raises Wrong: ``time_invalid``, ``time_year``."""
    if type(value) is not str:
        raise Wrong("type.date")
    if not _DAY.fullmatch(value):
        raise Wrong("time_invalid.day")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise Wrong("time_invalid.calendar") from None
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Wrong("time_year", first=YEARS[0], last=YEARS[1])
    return found


def future_fault(found: datetime, *, field: str, now: datetime, leeway: timedelta = LEEWAY) -> Fault | None:
    """``time_future`` when the moment lies further ahead than clocks go wrong (A48)."""
    if found <= now + leeway:
        return None
    return fault("time_future", field=field, minutes=int(leeway.total_seconds() // 60))


@dataclass(frozen=True, slots=True)
class InOrder:
    """A check for a record: one moment may not come before another (A46)."""

    first: str
    second: str

    def __call__(self, record: Mapping[str, Any]) -> Fault | None:
        start, end = record.get(self.first), record.get(self.second)
        if start is None or end is None or start <= end:
            return None
        return fault("time_order", field=self.second, first=self.first)
