"""What the outreach screen counts, and the rows behind each number: the same sets, so that they cannot disagree.

Counted in the record itself, within the viewer's units, and not in the mirror: a number here must be the length of the
list that it opens, and opening a link leaves no fact in the ledger for the mirror to follow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, F, Func, IntegerField, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from zhiyin.journey.queries import at_moment, complaints, of_interaction, served_by
from zhiyin.lib.ids import first_id_at
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.outreach.rules.reasons import REASONS, Loss
from zhiyin.people.access import Viewer, visible
from zhiyin.people.queries import in_group, of_customer

State = Invitation.State
EXCLUDED = tuple(key for key, reason in REASONS.items() if reason.loss is Loss.EXCLUDED)
UNREACHABLE = ("no_address", "no_mobile", "channel_refused")
MOST_HOURS = 24
IDS_AHEAD = timedelta(days=35)  # how far ids may run ahead of a clock that was put back: one more month is read

OPENED = Q(opened_at__isnull=False) | Q(answered_at__isnull=False)
ARRIVED = Q(delivered_at__isnull=False) | OPENED
SENT = Q(sent_at__isnull=False) | ARRIVED


def _complained() -> Q:
    return Q(interaction_id__isnull=False, interaction_id__in=complaints())


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which interactions: decided from ``since`` until before ``until``. ``units`` narrows what the viewer may see.

    ``also``: what the interaction or its customer says of itself, by one of ALSO.
    """

    since: datetime
    until: datetime
    units: frozenset[int] | None = None
    scenario_id: int | None = None
    touchpoint_id: int | None = None
    also: tuple[tuple[str, str], ...] = ()
    channel: str = ""  # of invitations: a decision has none yet


def decision_sets() -> dict[str, Q]:
    """The parts of all decisions: eligible = invited + suppressed, and eligible + excluded is everything."""
    excluded = Q(invited=False, reason__in=EXCLUDED)
    return {
        "all": Q(),
        "excluded": excluded,
        "eligible": ~excluded,
        "suppressed": Q(invited=False) & ~Q(reason__in=EXCLUDED),
        "invited": Q(invited=True),
        "unreachable": Q(invited=False, reason__in=UNREACHABLE),
    }


def invitation_sets(now: datetime) -> dict[str, Q]:
    """The parts of all invitations. Each step of the funnel is the next step and the losses between them."""
    dead = Q(dies_at__lte=now)
    return {
        "invited": Q(),
        "lost": Q(state=State.FAILED) & ~Q(reason="settled"),  # dead letters; what a person settled is settled
        "queued": ~SENT & ~Q(state__in=[State.WITHDRAWN, State.FAILED]),
        "withdrawn": ~SENT & Q(state=State.WITHDRAWN),
        "failed": ~SENT & Q(state=State.FAILED),
        "sent": SENT,
        "unknown": SENT & ~ARRIVED & Q(state=State.UNKNOWN),
        "unconfirmed": SENT & ~ARRIVED & ~Q(state=State.UNKNOWN),
        "delivered": ARRIVED,
        "unopened": ARRIVED & ~OPENED & dead,
        "not_yet_opened": ARRIVED & ~OPENED & ~dead,
        "opened": OPENED,
        "left": OPENED & Q(answered_at=None) & dead,
        "answering": OPENED & Q(answered_at=None) & ~dead,
        "answered": Q(answered_at__isnull=False),
    }


@dataclass(frozen=True)
class Tally:
    """The numbers of one window. ``reasons`` is by reason and policy number; a decision to invite has no reason."""

    reasons: Mapping[tuple[str, int], int]
    steps: Mapping[str, int]

    @property
    def decided(self) -> int:
        return sum(self.reasons.values())

    @property
    def excluded(self) -> int:
        return sum(count for (reason, _policy), count in self.reasons.items() if reason in EXCLUDED)

    @property
    def eligible(self) -> int:
        return self.decided - self.excluded

    @property
    def unreachable(self) -> int:
        return sum(count for (reason, _policy), count in self.reasons.items() if reason in UNREACHABLE)

    @property
    def suppressed(self) -> int:
        return self.eligible - sum(count for (reason, _policy), count in self.reasons.items() if not reason)


def tally(window: Window, *, by: Viewer, now: datetime) -> Tally:
    """Two statements, whatever the screen shows of them. Cut by channel there are no decisions, only invitations."""
    counted = _invitations(window, by).aggregate(**_parts(now))
    if window.channel:
        return Tally({}, counted)
    groups = _decisions(window, by).values("reason", "policy").annotate(n=Count("pk"))
    return Tally({(row["reason"], row["policy"]): row["n"] for row in groups.order_by()}, counted)


def _parts(now: datetime) -> dict[str, Count]:
    sets = invitation_sets(now).items()
    return {name: Count("pk", filter=which) if which else Count("pk") for name, which in sets}


@dataclass(frozen=True)
class CellTally:
    """One value of a cut. By channel nothing is known of decisions: both are None."""

    key: Any
    decided: int | None
    eligible: int | None
    steps: Mapping[str, int]


# By what the monitor may be cut. A channel is an invitation's; a decision is made before there is one.
CUTS = {"touchpoint": "touchpoint_id", "scenario": "scenario_id", "unit": "unit_id", "channel": "channel"}
OF_INTERACTION = {"staff": "staff_id", "moment": "moment", "complaint": "is_complaint"}
OF_CUSTOMER = ("brand", "segment")
ALSO: Mapping[str, Callable[[str], Q]] = {
    "staff": lambda value: Q(interaction_id__in=served_by(int(value)) if value.isdigit() else []),
    "moment": lambda value: Q(interaction_id__in=at_moment(value)),
    "complaint": lambda value: _complained() if value == "true" else ~_complained(),
    "brand": lambda value: Q(customer_id__in=in_group(brand=value)),
    "segment": lambda value: Q(customer_id__in=in_group(segment=value)),
}


def tally_by(cut: str, window: Window, *, by: Viewer, now: datetime) -> list[CellTally]:
    """The same numbers for each cell of one cut, the largest first; two statements, however many cells there are.

    ``cut``: one of CUTS, of OF_INTERACTION or of OF_CUSTOMER.
    """
    field = CUTS.get(cut, "cell")
    invitations = _with_cell(_invitations(window, by), cut).values(field)
    steps: dict[Any, dict[str, int]] = {row.pop(field): row for row in invitations.annotate(**_parts(now)).order_by()}
    none = dict.fromkeys(invitation_sets(now), 0)
    if window.channel or cut == "channel":
        found = [CellTally(key, None, None, counts) for key, counts in steps.items()]
    else:
        eligible = Count("pk", filter=decision_sets()["eligible"])
        decisions = _with_cell(_decisions(window, by), cut).values(field)
        rows = decisions.annotate(n=Count("pk"), eligible=eligible).order_by()
        found = [CellTally(row[field], row["n"], row["eligible"], steps.get(row[field], none)) for row in rows]
    return sorted(found, key=lambda cell: (-(cell.decided or 0), -cell.steps["invited"], str(cell.key)))


def _with_cell(rows: QuerySet[Any], cut: str) -> QuerySet[Any]:
    """What another room knows of the row stands in ``cell``."""
    if cut in OF_INTERACTION:
        rows = rows.annotate(cell=Subquery(of_interaction(OF_INTERACTION[cut])))
    if cut in OF_CUSTOMER:
        rows = rows.annotate(cell=Subquery(of_customer(cut)))
    return rows


@dataclass(frozen=True)
class Hours:
    """How many were opened and answered within each hour after sending; the last hour takes what came later too."""

    opened: tuple[int, ...]
    answered: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self.opened) and not any(self.answered)


def hours(window: Window, *, longest: float, by: Viewer) -> Hours:
    """``longest`` is the life of a link in hours, and so the number of hours shown (at most a day)."""
    places = max(1, min(ceil(longest), MOST_HOURS))
    rows = _invitations(window, by).filter(sent_at__isnull=False)
    opened = rows.filter(OPENED).annotate(hour=_HoursBetween(F("sent_at"), Coalesce("opened_at", "answered_at")))
    answered = rows.exclude(answered_at=None).annotate(hour=_HoursBetween(F("sent_at"), F("answered_at")))
    return Hours(_by_hour(opened, places), _by_hour(answered, places))


def _by_hour(rows: QuerySet[Any], places: int) -> tuple[int, ...]:
    found = [0] * places
    for hour, count in rows.values_list("hour").annotate(n=Count("pk")).order_by():
        found[min(max(hour, 0), places - 1)] += count
    return tuple(found)


class _HoursBetween(Func):
    """Whole hours from one moment to a later one, worked out where the rows are."""

    arity = 2
    output_field = IntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        return self._spelled("CAST(FLOOR(EXTRACT(EPOCH FROM ({last} - {first})) / 3600) AS integer)", compiler)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        seconds = "unixepoch({last}, 'subsec') - unixepoch({first}, 'subsec')"
        return self._spelled(f"CAST(({seconds}) / 3600 AS integer)", compiler)

    def _spelled(self, template: str, compiler: SQLCompiler) -> tuple[str, list[Any]]:
        (first, values), (last, more) = (compiler.compile(source) for source in self.get_source_expressions())
        return template.format(first=first, last=last), [*more, *values]


def decision_page(window: Window, which: Q, *, by: Viewer, before: int | None, limit: int) -> list[tuple[int, int]]:
    """(decision, interaction) of one part, newest first, one more than ``limit`` where there are more."""
    rows = _decisions(window, by).filter(which).order_by("-pk")
    return list(_from(rows, before).values_list("pk", "interaction_id")[: limit + 1])


def invitation_page(window: Window, which: Q, *, by: Viewer, before: int | None, limit: int) -> list[int]:
    """Invitations of one part, newest first, one more than ``limit`` where there are more."""
    rows = _invitations(window, by).filter(which).order_by("-pk")
    return list(_from(rows, before).values_list("pk", flat=True)[: limit + 1])


def _from(rows: QuerySet[Any], before: int | None) -> QuerySet[Any]:
    return rows if before is None else rows.filter(pk__lt=before)


def _decisions(window: Window, by: Viewer) -> QuerySet[Decision]:
    rows = visible(Decision.objects.filter(at__gte=window.since, at__lt=window.until), by=by)
    return _narrowed(rows, window)


def _invitations(window: Window, by: Viewer) -> QuerySet[Invitation]:
    """An invitation is made in the moment of its decision; those to closed cases and to staff have none."""
    rows = Invitation.objects.filter(purpose="service", created_at__gte=window.since, created_at__lt=window.until)
    if window.channel:
        rows = rows.filter(channel=window.channel)
    return _narrowed(visible(rows, by=by), window)


def _narrowed(rows: QuerySet[Any], window: Window) -> QuerySet[Any]:
    # A row is made with its id in one moment, so the ids bound the search (tables are cut into months by id, and only
    # those in question are read) and the moments decide.
    rows = rows.filter(pk__gte=first_id_at(window.since), pk__lt=first_id_at(window.until + IDS_AHEAD))
    if window.units is not None:
        rows = rows.filter(unit_id__in=window.units)
    if window.touchpoint_id is not None:
        rows = rows.filter(touchpoint_id=window.touchpoint_id)
    for name, value in window.also:
        rows = rows.filter(ALSO[name](value))
    return rows if window.scenario_id is None else rows.filter(scenario_id=window.scenario_id)
