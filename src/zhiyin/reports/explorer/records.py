"""The records behind a figure: found in the mirror by the very filters that the figure read, shown from the record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.cases.queries.cards import CaseFilter, case_cards
from zhiyin.journey.queries import interaction_cards, journey_map
from zhiyin.lib.text import pick
from zhiyin.metrics import engine, mirror
from zhiyin.metrics.asking import Asked, dimensions_of, question_of
from zhiyin.metrics.engine import Records, measures
from zhiyin.metrics.language import Question
from zhiyin.outreach.queries import decisions_of, invitation_cards
from zhiyin.outreach.words import CHANNELS, STATES, reason_label
from zhiyin.people.access import Viewer
from zhiyin.people.queries import unit_names
from zhiyin.people.roles import Permission
from zhiyin.people.tree import OrganisationTree
from zhiyin.reports.explorer.names import Names
from zhiyin.reports.explorer.question import EMPTY, Asking, Query, Wrong
from zhiyin.responses.queries import response_cards
from zhiyin.ui.period import Period

SHOWN = 50
At = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """One record: when, what, what of it, where it leads, and how many of the figure's answers it holds."""

    id: int
    at: datetime | None
    label: str
    what: str
    text: str = ""
    url: str = ""
    rows: int = 1


@dataclass(frozen=True)
class Kind:
    """What a fact's rows belong to, who may read such records, and how they are shown."""

    name: Promise
    permission: Permission
    show: Callable[[Sequence[int], Viewer, datetime], Mapping[int, Row]]
    heading: Promise


@dataclass(frozen=True)
class Page:
    """A page of the records behind one figure."""

    kind: Kind
    rows: Sequence[Row]
    n: int  # as the figure counts
    total: int  # records
    next: int | None
    gone: int  # no longer in the record, or not in the reader's units by now


def kind_of(measure: str) -> Kind | None:
    """What stands behind this measure; None where nothing can be listed: a composite has its parts, and they theirs."""
    fact = next((one for one in mirror.facts() if one.name == measures()[measure].fact), None)
    return KINDS.get(fact.owner) if fact else None


def places_of(query: Query, asking: Asking) -> tuple[At, tuple[Wrong, ...]]:
    """Where in the table the figure stood: ``at=touchpoint:hotline``, of any dimension that cuts the measure."""
    usable = {*dimensions_of(measures()[asking.measure])}
    found: list[tuple[str, str]] = []
    wrong: list[Wrong] = []
    for given in query.getlist("at")[:4]:
        key, colon, value = given.partition(":")
        if key in usable and colon and len(value) <= 120 and value.isprintable():
            found.append((key, "" if value == EMPTY else value))
        else:
            wrong.append(Wrong("at", given[:60], tuple(sorted(usable))))
    return tuple(found), tuple(wrong)


def page_of(
    asking: Asking, at: At, period: Period, *, by: Viewer, now: datetime, before: int | None = None
) -> Page | None:
    """The newest first. None where this measure has no records to list."""
    kind = kind_of(asking.measure)
    if kind is None:
        return None
    by.require(kind.permission)
    question = _question(asking, at, period, by=by)
    found: Records = engine.records(question, before=before, limit=SHOWN + 1)
    shown = found.owners[:SHOWN]
    ids = [owner for owner, _n in shown]
    cards = kind.show(ids, by, now)
    rows = [replace(cards[owner], rows=n) for owner, n in shown if owner in cards]
    # As the figure counts: with the cell's own dimensions, which may make a headline measure read each question.
    figure = engine.ask(question, floor=1).whole
    following = ids[-1] if len(found.owners) > SHOWN else None
    return Page(kind, rows, figure.n, found.total, following, len(shown) - len(rows))


def _question(asking: Asking, at: At, period: Period, *, by: Viewer) -> Question:
    """The figure's own question. A unit of a table's line is that unit alone, not all below it."""
    asked = Asked(measure=asking.measure, where=asking.where, since=period.since, until=period.until)
    whole = question_of(asked, by=by, tree=OrganisationTree())
    # A place in the table narrows a filter of the same dimension: its one value out of the alternatives.
    places = dict(at)
    kept = [pair for pair in whole.where if pair[0] not in places]
    return replace(whole, where=tuple(sorted([*kept, *at])))


def told(at: At, names: Names) -> list[tuple[str, str]]:
    """The places in words."""
    known = engine.dimensions()
    found = []
    for key, value in at:
        raw: Any = None if value == "~" else int(value) if key in ("unit", "staff") and value.isdigit() else value
        label = names.one(key, raw) if key not in ("unit", "staff") else ""
        found.append((pick(known[key].name, names.language), label))
    return found


# How each kind of record is shown


def _responses(ids: Sequence[int], by: Viewer, now: datetime) -> Mapping[int, Row]:
    cards = response_cards(ids, by=by)
    places = _Places(by, (card.unit_id for card in cards.values()))
    return {
        key: Row(
            id=key,
            at=card.answered_at,
            label="—" if card.headline is None else str(card.headline),
            what=places.at(card.touchpoint_id, card.unit_id),
            text=card.comment,
            url=reverse("responses:response", args=(key,)),
        )
        for key, card in cards.items()
    }


def _invitations(ids: Sequence[int], by: Viewer, now: datetime) -> Mapping[int, Row]:
    cards = {card.id: card for card in invitation_cards(by=by, limit=max(len(ids), 1), pk__in=list(ids))}
    places = _Places(by, (card.unit_id for card in cards.values()))
    return {
        key: Row(
            id=key,
            at=card.created_at,
            label=str(STATES.get(card.state, card.state)),
            what=places.at(card.touchpoint_id, card.unit_id),
            text=str(CHANNELS.get(card.channel, card.channel)),
            url=reverse("outreach:decision", args=(card.interaction_id,)) if card.interaction_id else "",
        )
        for key, card in cards.items()
    }


def _interactions(ids: Sequence[int], by: Viewer, now: datetime) -> Mapping[int, Row]:
    cards = interaction_cards(ids, by=by)
    decisions = decisions_of(cards)
    places = _Places(by, (card.unit_id for card in cards.values()))
    found = {}
    for key, card in cards.items():
        decision = decisions.get(key)
        word = _("invited") if decision is None or decision.invited else _("not invited")
        found[key] = Row(
            id=key,
            at=card.ended_at,
            label=str(word),
            what=places.at(card.touchpoint_id, card.unit_id),
            text=reason_label(decision.reason, [decision.policy], by.language)
            if decision and decision.reason
            else card.external_id,
            url=reverse("outreach:decision", args=(key,)),
        )
    return found


def _cases(ids: Sequence[int], by: Viewer, now: datetime) -> Mapping[int, Row]:
    cards = case_cards(CaseFilter(ids=tuple(ids)), by=by, now=now, limit=max(len(ids), 1))
    places = _Places(by, (card.unit_id for card in cards))
    return {
        card.id: Row(
            id=card.id,
            at=card.opened_at,
            label=card.code,
            what=places.at(card.touchpoint_id, card.unit_id),
            text=card.title,
            url=reverse("cases:case", args=(card.code,)),
        )
        for card in cards
    }


class _Places:
    """Touchpoint and unit by name."""

    def __init__(self, by: Viewer, units: Any) -> None:
        self._language, self._map = by.language, journey_map()
        self._units = unit_names(units, by.language)

    def at(self, touchpoint_id: int, unit_id: int) -> str:
        card = self._map.touchpoint(touchpoint_id)
        words = [pick(card.name, self._language) if card else "", self._units.get(unit_id, "")]
        return " · ".join(word for word in words if word)


KINDS: Mapping[str, Kind] = {
    "response_id": Kind(lazy("Responses"), Permission.SEE_VERBATIMS, _responses, lazy("Score")),
    "invitation_id": Kind(lazy("Invitations"), Permission.SEE_OUTREACH, _invitations, lazy("State")),
    "interaction_id": Kind(lazy("Interactions"), Permission.SEE_OUTREACH, _interactions, lazy("Decision")),
    "case_id": Kind(lazy("Cases"), Permission.LEAD_CASES, _cases, lazy("Case")),
}
