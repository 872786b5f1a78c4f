"""Days that must not go missing, and when a report goes out next. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}  # days
MOST_STEPS = 2400  # points of a line: six years of days, a quarter of hours


@dataclass(frozen=True)
class Days:
    since: date
    until: date


def the_year_before(days: Days) -> Days:
    """The same days one year earlier; 29 February becomes the 28th."""
    return Days(_last_year(days.since), _last_year(days.until))


def _last_year(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def steps(grain: str, days: Days) -> list[str]:
    """Every hour, day … year of a period as the mirror spells it, so that missing ones can be shown as missing. None at
    all where there would be too many to draw."""
    found: list[str] = []
    at, end = _first_of(grain, _midnight(days.since)), _midnight(days.until + DAY)
    while at < end and len(found) <= MOST_STEPS:
        found.append(_spelled(grain, at))
        at = _next(grain, at)
    return found if len(found) <= MOST_STEPS else []


def with_gaps(grain: str, known: Iterable[str]) -> list[str]:
    """The steps that are known, with the first missing one of each gap between them: a line breaks there, however many
    steps the gap has."""
    found: list[str] = []
    for key in sorted(known):
        following = _spelled(grain, _next(grain, datetime.fromisoformat(found[-1]))) if found else key
        found += [key] if following == key else [following, key]
    return found


def step_at(grain: str, moment: datetime) -> str:
    """The step that a local moment belongs to."""
    return _spelled(grain, _first_of(grain, moment.replace(tzinfo=None)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def _first_of(grain: str, at: datetime) -> datetime:
    if grain == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    day = at.date()
    months = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    if grain in months:
        return _midnight(day.replace(month=months[grain], day=1))
    return _midnight(day - timedelta(days=day.weekday()) if grain == "week" else day)


def _next(grain: str, at: datetime) -> datetime:
    """The step after the one that begins here."""
    if grain == "hour":
        return at + timedelta(hours=1)
    return _first_of(grain, at + LONGEST[grain] * DAY)


def _spelled(grain: str, at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:00}" if grain == "hour" else at.date().isoformat()


@dataclass(frozen=True)
class Rhythm:
    """How often a report goes out, at which minute of the organisation's day. ``on_day``: 0 Monday to 6 of a week, or
    1 to 31 of a month, whose last day it is where there is no such day."""

    every: str
    at_minute: int
    on_day: int = 0


def next_due(rhythm: Rhythm, *, after: datetime, zone: tzinfo) -> datetime:
    """The first moment of this rhythm that is later than ``after``: of any number of missed ones only the next."""
    day = after.astimezone(zone).date()
    while True:
        at = datetime.combine(day, time(rhythm.at_minute // 60, rhythm.at_minute % 60), tzinfo=zone)
        if _falls_on(rhythm, day) and at > after:
            return at.astimezone(UTC)
        day += DAY


def _falls_on(rhythm: Rhythm, day: date) -> bool:
    if rhythm.every == "weekly":
        return day.weekday() == rhythm.on_day
    if rhythm.every == "monthly":
        last = _next("month", _midnight(day.replace(day=1))) - DAY
        return day.day == min(rhythm.on_day, last.day)
    return True
