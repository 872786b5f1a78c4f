"""What may be said of figures beside each other. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from statistics import NormalDist

from zhiyin.lib.intervals import Difference, Verdict
from zhiyin.lib.signals import discoveries
from zhiyin.reports.rules import RELEVANT, Change, Sums, change

DAY = timedelta(days=1)
MOST_STEPS = 400  # points of a line; beyond, what is missing is not filled in
_Z = NormalDist().inv_cdf(0.975)


def changes(unit: str, pairs: Sequence[tuple[Sums, Sums]]) -> list[Change | None]:
    """How each figure moved, judged together: of many differences some look big by chance alone, so a significant one
    has to stand among them all (Benjamini–Hochberg at 5%)."""
    found = [change(unit, now, before) for now, before in pairs]
    judged = [one for one in found if one is not None and one.verdict is not Verdict.LOW_N]
    stands = iter(discoveries([_p_value(one.difference) for one in judged]))
    return [_corrected(one, unit, stands) if one is not None else None for one in found]


def _corrected(one: Change, unit: str, stands: Iterator[object]) -> Change:
    if one.verdict is Verdict.LOW_N:
        return one
    if getattr(next(stands), "found") or one.verdict not in (Verdict.SIGNIFICANT_UP, Verdict.SIGNIFICANT_DOWN):  # noqa: B009
        return one
    widest = max(abs(one.difference.low), abs(one.difference.high))
    word = Verdict.NOT_SIGNIFICANT if widest <= RELEVANT.get(unit, 0.0) else Verdict.INCONCLUSIVE
    return replace(one, verdict=word)


def _p_value(difference: Difference) -> float:
    """Two-sided, from the width of the 95% interval."""
    error = (difference.high - difference.low) / (2 * _Z)
    if error <= 0:
        return 1.0 if not difference.value else 0.0
    return 2 * (1 - NormalDist().cdf(abs(difference.value) / error))


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
