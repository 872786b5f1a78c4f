"""The queue: who is to be dealt with next, sorted by what falls due first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhiyin.cases.access import visible_cases
from zhiyin.cases.models import Case
from zhiyin.cases.reading import Reckoned, reckoned
from zhiyin.cases.rules.clocks import Deadline, left_of, next_due
from zhiyin.cases.rules.steps import Action, next_action
from zhiyin.cases.words import reason_word
from zhiyin.journey.queries import journey_map
from zhiyin.lib.text import pick
from zhiyin.people.access import Viewer
from zhiyin.people.queries import customer_cards, staff_cards
from zhiyin.people.roles import Permission

TABS = ("todo", "callbacks", "team", "closed")
MOST = 200  # rows of a queue on the screen; the rest is counted
RECENT = timedelta(days=30)  # how long closed cases stay in their tab


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which part of the queue: a tab and its filters."""

    tab: str = "todo"
    touchpoint: str = ""
    owner: int | None = None  # 0: nobody's
    late: bool = False

    @property
    def is_filtered(self) -> bool:
        return bool(self.touchpoint or self.owner is not None or self.late)


@dataclass(frozen=True, kw_only=True)
class QueueCard:
    """One row of the queue. ``left`` is working time; below zero, overdue by so much."""

    id: int
    code: str
    title: str
    phone: str
    touchpoint: str
    owner_id: int | None
    owner: str
    headline: int | None
    is_urgent: bool
    state: str
    next: Action | None
    due_at: datetime | None
    left: timedelta | None
    is_paused: bool
    is_overdue: bool
    version: int


@dataclass(frozen=True)
class Queue:
    """The rows to show, and how many there are in all and overdue."""

    cards: Sequence[QueueCard]
    total: int
    overdue: int


def queue(wanted: Wanted, *, by: Viewer, now: datetime) -> Queue:
    """The part of the queue that was asked for, earliest deadline first. Eight queries, however long it is."""
    rows = reckoned(_filtered(_in_tab(wanted.tab, by=by, now=now), wanted))
    dues = [(at, next_due(at.deadlines)) for at in rows]
    late = [_is_overdue(due, now) for _, due in dues]
    chosen = [pair for pair, is_late in zip(dues, late, strict=True) if is_late or not wanted.late]
    order = _newest_first if wanted.tab == "closed" else _earliest_first
    shown = sorted(chosen, key=order)[:MOST]
    return Queue(_cards(shown, by=by, now=now), total=len(chosen), overdue=sum(late))


def tab_counts(*, by: Viewer, now: datetime) -> dict[str, int]:
    """How many cases each tab holds."""
    return {tab: _in_tab(tab, by=by, now=now).count() for tab in tabs_of(by)}


def tabs_of(by: Viewer) -> tuple[str, ...]:
    """The tabs of this viewer: only leads have the team's."""
    return tuple(tab for tab in TABS if tab != "team" or by.may(Permission.LEAD_CASES))


def waiting(*, by: Viewer) -> int:
    """How many cases wait for this viewer: the number beside the workbench in the navigation."""
    return _waiting(visible_cases(by=by), by).count()


def load(*, by: Viewer) -> dict[int, int]:
    """Owner → how many cases they have open, within what the viewer sees. Nobody's cases stand under 0."""
    rows = visible_cases(by=by).exclude(state=Case.State.CLOSED).values_list("owner_id").annotate(n=Count("pk"))
    return {owner or 0: count for owner, count in rows.order_by()}


def touchpoints_in(*, by: Viewer) -> list[tuple[str, str]]:
    """Key and name of the touchpoints that have open cases: what there is to filter by."""
    language = get_language() or "zh-hans"
    ids = set(visible_cases(by=by).exclude(state=Case.State.CLOSED).values_list("touchpoint_id", flat=True).distinct())
    return [(key, pick(card.name, language)) for key, card in journey_map().touchpoints.items() if card.id in ids]


def _in_tab(tab: str, *, by: Viewer, now: datetime) -> QuerySet[Case]:
    rows = visible_cases(by=by)
    if tab == "team":
        return rows.exclude(state=Case.State.CLOSED)
    if tab == "callbacks":
        due = rows.filter(state=Case.State.CLOSED, called_back_at=None)
        return due if by.may(Permission.LEAD_CASES) else due.filter(owner_id=by.staff_id)
    if tab == "closed":
        return rows.filter(state=Case.State.CLOSED, closed_at__gt=now - RECENT).exclude(called_back_at=None)
    return _waiting(rows, by)


def _waiting(rows: QuerySet[Case], by: Viewer) -> QuerySet[Case]:
    return rows.exclude(state=Case.State.CLOSED).filter(Q(owner_id=by.staff_id) | Q(owner=None))


def _filtered(rows: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    if wanted.touchpoint:
        card = journey_map().touchpoints.get(wanted.touchpoint)
        rows = rows.filter(touchpoint_id=card.id if card else -1)
    if wanted.owner is not None:
        rows = rows.filter(owner_id=wanted.owner) if wanted.owner else rows.filter(owner=None)
    return rows


def _cards(pairs: Sequence[tuple[Reckoned, Deadline | None]], *, by: Viewer, now: datetime) -> list[QueueCard]:
    cases = [at.case for at, _ in pairs]
    customers = customer_cards((case.customer_id for case in cases), by=by)
    owners = staff_cards(case.owner_id for case in cases)
    places = touchpoint_names(case.touchpoint_id for case in cases)
    return [
        QueueCard(
            id=at.case.pk,
            code=at.case.code,
            title=shown_title(at.case, places.get(at.case.touchpoint_id, "")),
            phone=customers[at.case.customer_id].phone if at.case.customer_id in customers else "",
            touchpoint=places.get(at.case.touchpoint_id, ""),
            owner_id=at.case.owner_id,
            owner=owners[at.case.owner_id].name if at.case.owner_id in owners else "",
            headline=at.case.headline,
            is_urgent=at.case.priority == "high",
            state=at.case.state,
            next=next_action(at.facts),
            due_at=_shown_due(at, due),
            left=_left(at, due, now),
            is_paused=at.case.state == Case.State.PAUSED,
            is_overdue=_is_overdue(due, now),
            version=at.case.version,
        )
        for at, due in pairs
    ]


def shown_title(case: Case, touchpoint: str) -> str:
    """The case's own title; for an answer without words, what happened and where."""
    if case.title:
        return case.title
    word = str(reason_word(case.reason))
    return _("%(reason)s: %(touchpoint)s") % {"reason": word, "touchpoint": touchpoint} if touchpoint else word


def touchpoint_names(ids: Iterable[int]) -> dict[int, str]:
    """Touchpoints by id, in the reader's language."""
    language, wanted = get_language() or "zh-hans", set(ids)
    return {card.id: pick(card.name, language) for card in journey_map().touchpoints.values() if card.id in wanted}


def _shown_due(at: Reckoned, due: Deadline | None) -> datetime | None:
    """A callback that was planned with the customer stands at that hour, as long as it is not past its window."""
    if due is None:
        return None
    planned = at.case.callback_planned_at
    if due.step is not None and due.step.value == "callback" and planned and due.due_at and planned <= due.due_at:
        return planned
    return due.due_at


def _left(at: Reckoned, due: Deadline | None, now: datetime) -> timedelta | None:
    if due is None or due.due_at is None or _shown_due(at, due) != due.due_at:
        return None
    return left_of(due, now=now, calendars=at.version.terms.calendars)


def _is_overdue(due: Deadline | None, now: datetime) -> bool:
    return due is not None and due.is_overdue(now)


def _earliest_first(pair: tuple[Reckoned, Deadline | None]) -> tuple[bool, datetime, int]:
    at, due = pair
    when = _shown_due(at, due)
    return when is None, when or at.case.opened_at, at.case.pk


def _newest_first(pair: tuple[Reckoned, Deadline | None]) -> tuple[float, int]:
    case = pair[0].case
    return -(case.closed_at or case.opened_at).timestamp(), -case.pk
