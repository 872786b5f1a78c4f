"""Cases as other programs see them: cards with every clock worked out, and lists of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhiyin.cases.access import no_such_case, visible_case, visible_case_by_code, visible_cases
from zhiyin.cases.models import Case, Entry, Trigger
from zhiyin.cases.reading import Reckoned, reckoned
from zhiyin.cases.rules.clocks import Deadline, next_due
from zhiyin.cases.rules.steps import next_action
from zhiyin.people.access import Viewer
from zhiyin.people.tree import OrganisationTree

LONGEST_ID = 19
CODE = re.compile(r"[A-Z]{2,8}-[0-9]{8}-[0-9]{4,9}")


@dataclass(frozen=True)
class EntryCard:
    """One line of a case's course."""

    at: datetime
    kind: str
    actor: str
    text: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CaseCard:
    """A case as of ``as_of``. ``entries`` only where a single case was asked for."""

    id: int
    code: str
    version: int
    state: str
    title: str
    priority: str
    reasons: tuple[str, ...]
    customer_id: int
    interaction_id: int | None
    response_id: int | None
    headline: int | None
    touchpoint_id: int
    unit_id: int
    owner_id: int | None
    about_id: int | None
    opened_at: datetime
    closed_at: datetime | None
    agreed_at: datetime | None
    cause: str
    gap: str
    next: str | None
    due_at: datetime | None
    is_overdue: bool
    deadlines: tuple[Deadline, ...]
    entries: tuple[EntryCard, ...]
    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """Which cases a list shows. ``is_free``: those that nobody has; ``unit``: a code, with all below it."""

    state: str = ""
    owner_id: int | None = None
    is_free: bool = False
    unit: str = ""
    customer_id: int | None = None
    interaction_id: int | None = None
    ids: tuple[int, ...] | None = None


def find_case(text: str, *, by: Viewer) -> int:
    """The case that an address names by id or by code. Raises NotFound for everything else."""
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID and int(text) < 2**63:
        return visible_case(int(text), by=by).pk
    if CODE.fullmatch(text):
        return visible_case_by_code(text, by=by).pk
    raise no_such_case()


def case_card(case_id: int, *, by: Viewer, now: datetime) -> CaseCard:
    """One case with its course. Raises NotFound, whether it is absent or another branch's."""
    row = visible_case(case_id, by=by)
    entries = tuple(
        EntryCard(entry.at, entry.kind, entry.actor, entry.text, entry.data)
        for entry in Entry.objects.filter(case_id=case_id)
    )
    return _cards([row], now=now, entries={case_id: entries})[0]


def case_cards(
    wanted: CaseFilter, *, by: Viewer, now: datetime, before: int | None = None, limit: int = 100
) -> list[CaseCard]:
    """The newest first, one more than ``limit`` where there are more. Five queries, however long the list is."""
    rows = visible_cases(by=by).order_by("-id")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.owner_id is not None:
        rows = rows.filter(owner_id=wanted.owner_id)
    if wanted.is_free:
        rows = rows.filter(owner=None)
    if wanted.unit:
        rows = rows.filter(unit_id__in=OrganisationTree().below(wanted.unit) or [])
    if wanted.customer_id is not None:
        rows = rows.filter(customer_id=wanted.customer_id)
    if wanted.interaction_id is not None:
        rows = rows.filter(interaction_id=wanted.interaction_id)
    if wanted.ids is not None:
        rows = rows.filter(pk__in=wanted.ids)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return _cards(rows[: limit + 1], now=now, entries={})


def _cards(rows: Iterable[Case], *, now: datetime, entries: Mapping[int, tuple[EntryCard, ...]]) -> list[CaseCard]:
    listed = reckoned(rows)
    reasons = _reasons([at.case.pk for at in listed])
    return [_card(at, reasons.get(at.case.pk, ()), entries.get(at.case.pk, ()), now) for at in listed]


def _card(at: Reckoned, reasons: Sequence[str], entries: tuple[EntryCard, ...], now: datetime) -> CaseCard:
    case, due, action = at.case, next_due(at.deadlines), next_action(at.facts)
    return CaseCard(
        id=case.pk,
        code=case.code,
        version=case.version,
        state=case.state,
        title=case.title,
        priority=case.priority,
        reasons=tuple(reasons),
        customer_id=case.customer_id,
        interaction_id=case.interaction_id,
        response_id=case.response_id,
        headline=case.headline,
        touchpoint_id=case.touchpoint_id,
        unit_id=case.unit_id,
        owner_id=case.owner_id,
        about_id=case.about_id,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        agreed_at=case.agreed_at,
        cause=case.cause,
        gap=case.gap,
        next=action.value if action else None,
        due_at=due.due_at if due else None,
        is_overdue=due is not None and due.is_overdue(now),
        deadlines=at.deadlines,
        entries=entries,
        as_of=now,
    )


def _reasons(case_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, dict[str, None]] = {}
    for case_id, reasons in (
        Trigger.objects.filter(case_id__in=case_ids).order_by("at").values_list("case_id", "reasons")
    ):
        found.setdefault(case_id, {}).update(dict.fromkeys(one["reason"] for one in reasons))
    return {case_id: tuple(keys) for case_id, keys in found.items()}
