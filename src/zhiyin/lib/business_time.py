"""Working time: when is a desk open, when is a promise due, how long did somebody really wait.

The clock on the wall decides: a moment is open when the local time shown then lies in the day's opening hours. Lengths
are real elapsed time, so a day on which the clocks change has 23 or 25 hours, and no minute is lost at midnight.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from zhiyin.lib.holidays import NO_HOLIDAYS, Holidays

DAY = timedelta(days=1)
_ZERO = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)
_PATIENCE = 3_660  # days without a single open minute, after which no deadline is sought any longer
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class CalendarInvalid(ValueError):
    """The opening hours make no sense. ``key`` names the day or the part, the message says what to write."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key


class NeverOpen(Exception):
    """Ten years of this calendar hold not one open minute, so nothing can ever be due."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from ``start`` until ``end``, counted from midnight on the wall clock; ``end`` may be 24 hours."""

    start: timedelta
    end: timedelta

    @staticmethod
    def parse(text: str) -> "Span":
        """``09:00-12:00``. Raises CalendarInvalid; the end must come after the start, and 24:00 is midnight."""
        start, dash, end = text.partition("-")
        span = Span(_clock(start, text), _clock(end, text))
        if not dash or not _ZERO <= span.start < span.end <= DAY:
            raise CalendarInvalid(text, "write opening hours as 09:00-12:00; past midnight takes two days' entries")
        return span


Hours = tuple[Span, ...]
ALL_DAY: Hours = (Span(_ZERO, DAY),)
CLOSED: Hours = ()


def hours(text: str) -> Hours:
    """``09:00-12:00 13:30-18:00``; "" is closed. Raises CalendarInvalid, also where two spans overlap."""
    spans = tuple(sorted(Span.parse(part) for part in text.replace(",", " ").split()))
    if any(earlier.end > later.start for earlier, later in pairwise(spans)):
        raise CalendarInvalid(text, "two opening hours overlap")
    return spans


@dataclass(frozen=True, slots=True)
class CalendarYearUnknown:
    """A visible warning: in these years only the weekdays are known, not holidays and make-up workdays."""

    years: tuple[int, ...]


@dataclass(frozen=True)
class Calendar:
    """A week of opening hours in one time zone, Monday first, with the days that differ.

    ``special`` beats everything; then public holidays (closed) and make-up workdays 调休 (open for ``makeup``) where
    the calendar keeps ``holidays``. Raises CalendarInvalid for a week that is never open.
    """

    zone: ZoneInfo
    week: tuple[Hours, ...]
    holidays: Holidays = NO_HOLIDAYS
    makeup: Hours = CLOSED
    special: Mapping[date, Hours] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != len(DAYS):
            raise CalendarInvalid("week", "give opening hours for seven days")
        if not any(self.week):
            raise CalendarInvalid("week", "open at least once a week")

    @staticmethod
    def of(
        week: Mapping[str, str],
        *,
        zone: str = "Asia/Shanghai",
        holidays: Holidays = NO_HOLIDAYS,
        makeup: str | None = None,
        special: Mapping[date, str] | None = None,
    ) -> "Calendar":
        """From texts: ``{"mon": "09:00-12:00 13:30-18:00", ...}``; a day left out is closed.

        A make-up workday keeps the hours of the first open day of the week unless ``makeup`` says otherwise.
        """
        unknown = next((day for day in week if day not in DAYS), None)
        if unknown is not None:
            raise CalendarInvalid(unknown, f"name the days {', '.join(DAYS)}")
        days = tuple(hours(week.get(day, "")) for day in DAYS)
        ordinary = next((day for day in days if day), CLOSED)
        return Calendar(
            zone=ZoneInfo(zone),
            week=days,
            holidays=holidays,
            makeup=ordinary if makeup is None else hours(makeup),
            special={day: hours(text) for day, text in (special or {}).items()},
        )

    @staticmethod
    def always(zone: str = "Asia/Shanghai") -> "Calendar":
        """Open day and night, holidays too."""
        return Calendar(zone=ZoneInfo(zone), week=(ALL_DAY,) * len(DAYS))

    def hours_on(self, day: date) -> Hours:
        """The opening hours of one day."""
        if day in self.special:
            return self.special[day]
        # Make-up workdays (调休) beat the weekday rule: the service desk is open on them.
        if day in self.holidays.workdays:
            return self.makeup
        if day in self.holidays.closed:
            return CLOSED
        return self.week[day.weekday()]

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody is there at this moment; the closing minute itself is closed."""
        local = _aware(moment).astimezone(self.zone).replace(tzinfo=None)
        passed = local - datetime.combine(local.date(), time.min)
        return any(span.start <= passed < span.end for span in self.hours_on(local.date()))

    def years_unknown(self, start: datetime, end: datetime) -> CalendarYearUnknown | None:
        """The warning, where the holidays of a year between the two moments are not known."""
        first, last = (_aware(moment).astimezone(self.zone).year for moment in sorted((start, end)))
        years = tuple(year for year in range(first, last + 1) if not self.holidays.knows(year))
        return CalendarYearUnknown(years) if years else None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When it is due, and whether holidays on the way were unknown: then show the warning with the time."""

    at: datetime
    warning: CalendarYearUnknown | None


def deadline(start: datetime, length: timedelta, calendar: Calendar) -> Deadline:
    """``add_working`` with its warning."""
    at = add_working(start, length, calendar)
    return Deadline(at, calendar.years_unknown(start, at))


def add_working(start: datetime, length: timedelta, calendar: Calendar) -> datetime:
    """The first moment, in UTC, by which ``length`` of open time has passed since ``start``.

    A length that ends exactly at closing time is due at closing time, not next morning. With a length of 0 it is
    ``start`` itself, or the next opening. Raises ValueError for a negative length, NeverOpen after ten closed years.
    """
    if length < _ZERO:
        raise ValueError("a deadline lies ahead: the length cannot be negative")
    left, closed_days, days = length, 0, _days_from(start, calendar)
    while closed_days <= _PATIENCE:
        _, open_spans = next(days)
        for opens, closes in open_spans:
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        closed_days = 0 if open_spans else closed_days + 1
    raise NeverOpen(f"No opening hours within ten years of {start.isoformat()}.")


def working_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """The open time between two moments; negative when ``end`` comes first."""
    if _aware(end) < _aware(start):
        return -working_between(end, start, calendar)
    last, worked = end.astimezone(UTC), _ZERO
    for _, open_spans in takewhile(lambda day: day[0] < last, _days_from(start, calendar)):
        worked += sum((max(_ZERO, min(closes, last) - opens) for opens, closes in open_spans), _ZERO)
    return worked


OpenSpan = tuple[datetime, datetime]


def _days_from(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, list[OpenSpan]]]:
    """Day after day from ``start`` on, in UTC: when the day begins and when it is open.

    A day on which the clocks change comes in two parts, so that each part has one offset and plain arithmetic holds.
    """
    here = _aware(start).astimezone(UTC)
    while True:
        offset = _offset(here, calendar.zone)
        local = here.replace(tzinfo=None) + offset
        midnight = datetime.combine(local.date(), time.min)
        ends = _same_offset_until(here, here + (midnight + DAY - local), calendar.zone)
        clock, clock_ends = local - midnight, local - midnight + (ends - here)
        yield (
            here,
            [
                (here + (max(span.start, clock) - clock), here + (min(span.end, clock_ends) - clock))
                for span in calendar.hours_on(local.date())
                if span.end > clock and span.start < clock_ends
            ],
        )
        here = ends


def _same_offset_until(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """``end``, or the moment before it at which the clocks change."""
    offset = _offset(start, zone)
    if _offset(end - _MICROSECOND, zone) == offset:
        return end
    before, after = start, end - _MICROSECOND
    while after - before > _MICROSECOND:
        middle = before + (after - before) // 2
        before, after = (middle, after) if _offset(middle, zone) == offset else (before, middle)
    return after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or _ZERO


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone: a naive time means something else on every machine")
    return moment


def _clock(text: str, whole: str) -> timedelta:
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise CalendarInvalid(whole, "write opening hours as 09:00-12:00")
    return timedelta(hours=int(found[1]), minutes=int(found[2]))
