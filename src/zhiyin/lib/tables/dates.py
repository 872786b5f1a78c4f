"""Moments as people and spreadsheets write them: 2026/3/5, 2026年3月5日 下午3:05, 46086.63 (RELIABILITY I41, I51)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zhiyin.lib.clean.times import in_utc, moment
from zhiyin.lib.clean.wrong import Wrong

_CLOCK = (
    r"(?:[T\s]*(?P<half>上午|下午|凌晨|早上|中午|晚上|[AP]M)?\s*(?P<hour>\d{1,2})"
    r"(?:[:时点]\s*(?P<minute>\d{1,2})?分?)?(?::?\s*(?P<second>\d{1,2})(?P<part>\.\d{1,9})?秒?)?\s*(?P<late>[AP]M)?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<a>\d{4})\s*[-/.年]\s*(?P<b>\d{1,2})\s*[-/.月]\s*(?P<c>\d{1,2})日?" + _CLOCK, re.ASCII | re.I
)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{4})" + _CLOCK, re.ASCII | re.I)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
ISO_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?", re.ASCII)
_ISO_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}|Z")
_AFTERNOON = frozenset({"下午", "晚上", "PM"})
_MORNING = frozenset({"上午", "凌晨", "早上", "AM"})

# Day 0 of the two calendars that spreadsheets count in. 1900 was no leap year, Excel says otherwise: hence the 30th.
# A spreadsheet's clock has no zone: UTC only carries the arithmetic, and ``_in_zone`` then says whose clock it was.
_EPOCH_1900 = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How a file counts time. ``day_first``: whether 03/04/2026 is the third of April; None refuses to guess."""

    zone: ZoneInfo
    day_first: bool | None = None
    since_1904: bool = False


def read_moment(cell: object, reckoning: Reckoning) -> datetime:
    """The moment in UTC. A time without an offset is local, a day without a time is its midnight. Raises Wrong."""
    if type(cell) is str:
        return in_utc(_from_text(cell, reckoning))
    if isinstance(cell, float | int) and type(cell) is not bool:
        return in_utc(_from_serial(float(cell), reckoning))
    if isinstance(cell, datetime):
        return in_utc(_in_zone(cell, reckoning))
    if isinstance(cell, date):
        return in_utc(datetime.combine(cell, time.min, tzinfo=reckoning.zone))
    raise Wrong("time_invalid.cell")


def read_day(cell: object, reckoning: Reckoning) -> date:
    """The calendar day that the cell names, in the file's own zone. Raises Wrong."""
    return read_moment(cell, reckoning).astimezone(reckoning.zone).date()


def _in_zone(wall: datetime, reckoning: Reckoning) -> datetime:
    return wall.replace(tzinfo=reckoning.zone)


def _from_text(cell: str, reckoning: Reckoning) -> datetime:
    """The moment with a zone: its own offset, or the file's."""
    try:
        if ISO_LOCAL.fullmatch(cell):
            return _in_zone(datetime.fromisoformat(cell), reckoning)
        text = unicodedata.normalize("NFKC", cell).strip().lstrip("'").strip()
        if match := _YEAR_FIRST.fullmatch(text):
            return _compose(int(match["a"]), int(match["b"]), int(match["c"]), match, reckoning)
        if match := _YEAR_LAST.fullmatch(text):
            month, day = _month_and_day(int(match["a"]), int(match["b"]), reckoning)
            return _compose(int(match["c"]), month, day, match, reckoning)
        if match := _COMPACT.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=reckoning.zone)
        if _SERIAL.fullmatch(text):
            return _from_serial(float(text), reckoning)
    except (ValueError, OverflowError):
        raise Wrong("time_invalid.calendar") from None
    if _ISO_OFFSET.search(text[10:]):
        return moment(text)
    raise Wrong("time_invalid.cell")


def _month_and_day(first: int, second: int, reckoning: Reckoning) -> tuple[int, int]:
    if first > 12 or first == second:
        return second, first
    if second > 12:
        return first, second
    if reckoning.day_first is None:
        raise Wrong("time_ambiguous")
    return (second, first) if reckoning.day_first else (first, second)


def _compose(year: int, month: int, day: int, match: re.Match[str], reckoning: Reckoning) -> datetime:
    """The local time that the parts make. Raises ValueError for a day or an hour that does not exist."""
    minute, second, part = int(match["minute"] or 0), int(match["second"] or 0), float(match["part"] or 0)
    return datetime(year, month, day, _hour(match), minute, second, round(part * 1_000_000) % 1_000_000, reckoning.zone)


def _hour(match: re.Match[str]) -> int:
    hour, half = int(match["hour"] or 0), (match["half"] or match["late"] or "").upper()
    if half and hour > 12:
        return hour if half in _AFTERNOON else 99  # 下午15点 is understood; 上午15点 is no time at all
    if half in _AFTERNOON:
        return hour if hour == 12 else hour + 12
    if half in _MORNING:
        return hour % 12
    return hour + 12 if half == "中午" and hour < 3 else hour


def _from_serial(days: float, reckoning: Reckoning) -> datetime:
    """Days since the spreadsheet's epoch, to the millisecond (no sheet counts finer); 20260305 is a day, too."""
    if 20_000_000 <= days < 30_000_000:
        return _from_text(f"{days:.0f}", reckoning)
    if not 20_000 <= days <= 80_000:
        raise Wrong("time_invalid.cell")
    epoch = _EPOCH_1904 if reckoning.since_1904 else _EPOCH_1900
    return _in_zone(epoch + timedelta(milliseconds=round(days * 86_400_000)), reckoning)
