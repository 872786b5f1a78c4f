"""An independent reading of the fatigue rules, as slow and plain as can be: it shares no line with the product."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GROUPS = ("staff", "unit", "brand", "segment")


@dataclass(frozen=True)
class Event:
    """One row of a rehearsal's file."""

    external_id: str
    customer: str
    scenario: str
    at: str
    touchpoint: str = ""
    staff: str = ""
    unit: str = ""
    brand: str = ""
    segment: str = ""
    kind: str = "survey"


@dataclass(frozen=True)
class Rule:
    """At most ``most`` within ``hours`` of what is equal; with ``is_gap`` none within them, their end included."""

    what: str  # customer, scenario, touchpoint, staff, unit, brand, segment
    most: int
    hours: float
    kinds: tuple[str, ...] = ("survey", "reminder", "care")
    is_gap: bool = False
    reason: str = ""

    @property
    def name(self) -> str:
        return self.reason or (f"{self.what}_gap" if self.is_gap else f"{self.what}_limit")


def oracle(events: list[Event], *, limits: Sequence[tuple[str, int, int] | Rule], gap_hours: int) -> list[str]:
    """The reason for each event, nothing for an invitation, ``completion`` for an answer.

    A limit is what must be equal, how many may be there, and within how many hours. The gap comes behind the limits.
    """
    rules = [each if isinstance(each, Rule) else Rule(*each) for each in limits]
    if gap_hours:
        rules.append(Rule("customer", 1, gap_hours, is_gap=True, reason="gap"))
    moments = [datetime.fromisoformat(event.at) for event in events]
    people: dict[str, list[tuple[datetime, Event]]] = {}
    groups: dict[tuple[str, str], list[tuple[datetime, Event]]] = {}
    reasons = [""] * len(events)
    for place in sorted(range(len(events)), key=lambda number: (moments[number], number)):
        event, now = events[place], moments[place]
        reason = "completion" if event.kind == "completion" else _reason(event, now, rules, people, groups)
        reasons[place] = reason
        if reason in ("", "completion"):
            people.setdefault(event.customer, []).append((now, event))
            for what in GROUPS:
                if key := getattr(event, what):
                    groups.setdefault((what, key), []).append((now, event))
    return reasons


def _reason(
    event: Event,
    now: datetime,
    rules: list[Rule],
    people: dict[str, list[tuple[datetime, Event]]],
    groups: dict[tuple[str, str], list[tuple[datetime, Event]]],
) -> str:
    for rule in rules:
        held = {*rule.kinds, *(("survey", "reminder") if "completion" in rule.kinds else ())}
        if event.kind not in held:
            continue
        key = getattr(event, rule.what)
        if rule.what in GROUPS:
            past = groups.get((rule.what, key), [])
        else:
            past = [row for row in people.get(event.customer, []) if getattr(row[1], rule.what) == key]
        count = 0
        for at, other in past:
            age = now - at
            inside = age <= timedelta(hours=rule.hours) if rule.is_gap else age < timedelta(hours=rule.hours)
            count += inside and other.kind in rule.kinds
        if count >= rule.most:
            return rule.name
    return ""
