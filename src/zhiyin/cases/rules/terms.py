"""What was promised: the clocks, the calendars they run by, and what closing needs.

The content of a ``TermsVersion`` is three tables as a pack's files hold them: ``terms`` (terms.toml), ``causes``
(causes.toml) and ``steps`` (steps.toml). A case keeps its own copy of the clocks, so that a change of terms never
touches what was promised before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from zhiyin.cases.rules.facts import Step
from zhiyin.lib.business_time import DAYS, Calendar
from zhiyin.lib.holidays import NO_HOLIDAYS, chinese_holidays
from zhiyin.lib.text import Text

STARTS = ("opened", "dispatched", "connected", "committed", "completed", "problem_found", "returned")


class BadTerms(ValueError):
    """The terms cannot be used; the sentence names the place."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Done ``within`` so long of the moment ``starts``, and not before ``not_before`` of it."""

    key: str
    starts: str  # one of STARTS
    within: timedelta
    calendar: str
    step: Step | None = None  # None: a clock beside the five steps
    name: Text | None = None
    not_before: timedelta | None = None
    pauses: bool = True  # stands still while the customer is awaited
    instead_of: str = ""  # the clock that this one replaces where the owner was away (S1.7)


@dataclass(frozen=True, kw_only=True)
class Rung:
    """Of the escalation ladder: so long after a step fell overdue, this role is told."""

    key: str
    when: str  # overdue, reopened, regulator
    after: timedelta
    to: str
    text: Text


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The 3-5-3 terms of one version (S1.6)."""

    clocks: tuple[Clock, ...]
    calendars: Mapping[str, Calendar]
    ladder: tuple[Rung, ...]
    closing_needs: frozenset[str]


def terms_of(content: Mapping[str, Any], *, zone: str) -> Terms:
    """The terms from a version's content; ``zone`` is the organisation's. Raises BadTerms naming the place."""
    try:
        table = content["terms"]
        terms = Terms(
            clocks=clocks_of(table["clock"]),
            calendars={str(row["key"]): _calendar(row, zone=zone) for row in table["calendar"]},
            ladder=tuple(_rung(row) for row in table.get("escalation", ())),
            closing_needs=frozenset(str(row["key"]) for row in table["close_rule"]),
        )
    except KeyError as missing:
        raise BadTerms(f"The key {missing.args[0]!r} is missing from the terms.") from missing
    except (TypeError, AttributeError, ValueError) as wrong:
        raise BadTerms(f"The terms have not the shape of terms.toml: {wrong}") from wrong
    for clock in terms.clocks:
        if clock.calendar not in terms.calendars:
            raise BadTerms(f"The clock {clock.key!r} names the calendar {clock.calendar!r}, which is not there.")
    return terms


def clocks_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Clock, ...]:
    """Clocks as a version or a case keeps them. Raises BadTerms or KeyError for what cannot be read."""
    return tuple(_clock(row) for row in rows)


def frozen(clocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a case keeps of the clocks: the promise, without its explanations."""
    kept = ("key", "step", "starts", "within", "not_before", "calendar", "pauses", "instead_of")
    return [{name: row[name] for name in kept if row.get(name) is not None} for row in clocks]


def length(raw: Mapping[str, Any]) -> timedelta:
    """``{"minutes": 30}``, ``{"hours": 1}``, ``{"days": 2}``. Days are days of the calendar that the clock runs by."""
    if not raw or not set(raw) <= {"minutes", "hours", "days"}:
        raise BadTerms(f"A length is written as minutes, hours or days, not as {dict(raw)}.")
    return timedelta(**{unit: int(count) for unit, count in raw.items()})


def _clock(row: Mapping[str, Any]) -> Clock:
    if row["starts"] not in STARTS:
        raise BadTerms(f"The clock {row['key']!r} starts at {row['starts']!r}; use one of: {', '.join(STARTS)}.")
    return Clock(
        key=str(row["key"]),
        step=Step(row["step"]) if row.get("step") else None,
        name=row.get("name"),
        starts=str(row["starts"]),
        within=length(row["within"]),
        not_before=length(row["not_before"]) if row.get("not_before") else None,
        calendar=str(row["calendar"]),
        pauses=bool(row.get("pauses", True)),
        instead_of=str(row.get("instead_of") or ""),
    )


def _rung(row: Mapping[str, Any]) -> Rung:
    return Rung(
        key=str(row["key"]), when=str(row["when"]), after=length(row["after"]), to=str(row["to"]), text=row["text"]
    )


def _calendar(row: Mapping[str, Any], *, zone: str) -> Calendar:
    strangers = set(row["days"]) - set(DAYS)
    if strangers or row["holidays"] not in ("open", "closed"):
        raise BadTerms(f"The calendar {row['key']!r} needs days such as mon, and holidays open or closed.")
    hours = f"{row['from']}-{row['to']}"
    keeps_holidays = row["holidays"] == "closed"
    return Calendar.of(
        dict.fromkeys(row["days"], hours),
        zone=zone,
        holidays=chinese_holidays() if keeps_holidays else NO_HOLIDAYS,
        makeup=hours,
    )
