"""Days that must not go missing, and when a report goes out next. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
MOST_STEPS = 400  # points of a line; beyond, what is missing is not filled in


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
    """Every day, week or month of a period as the mirror spells it, so that missing ones can be shown as missing."""
    found: list[str] = []
    day = first_of(grain, days.since)
    while day <= days.until and len(found) <= MOST_STEPS:
        found.append(day.isoformat())
        day = _next(grain, day)
    return found if len(found) <= MOST_STEPS else []


def first_of(grain: str, day: date) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _next(grain: str, day: date) -> date:
    if grain == "week":
        return day + 7 * DAY
    return (day.replace(day=28) + 4 * DAY).replace(day=1) if grain == "month" else day + DAY


def step_ends(grain: str, day: date) -> date:
    """The last day of the day, week or month that begins here."""
    return _next(grain, day) - DAY


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
        last = _next("month", day.replace(day=1)) - DAY
        return day.day == min(rhythm.on_day, last.day)
    return True
