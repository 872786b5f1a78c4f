"""Answers that were not given on our page: by API or import, a batch in one transaction with a handful of statements.

The same source and external id again is the same answer; with another body it is a conflict. Nothing that the page
checks for a customer's sake (required questions, hidden branches) binds a system that asked in its own way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from zhiyin.journey.queries import InteractionCard, interaction_cards, journey_map
from zhiyin.journey.rules import intake_key
from zhiyin.ledger.bulk import as_json, insert_rows
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.intake import Claim, claim, find_targets
from zhiyin.ledger.record import record_all
from zhiyin.lib.faults import Fault
from zhiyin.people.access import Viewer
from zhiyin.people.handles import given_person
from zhiyin.people.identify import identify
from zhiyin.people.places import root_unit, unit_ids
from zhiyin.people.queries import staff_by_code
from zhiyin.responses.events import ResponseReceived
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.queries import ResponseCard, response_cards
from zhiyin.responses.rules import Arrival, Filled, fault_of, fill_record, read_arrival
from zhiyin.surveys.queries import VersionCard, current_versions, version_numbered

RESPONSE = (
    *("id", "customer_id", "interaction_id", "purpose", "survey_version_id", "source", "external_id", "scenario_id"),
    *("touchpoint_id", "unit_id", "served_by", "language", "headline", "comment", "wants_contact", "answered_at"),
    *("received_at", "attributes"),
)
ANSWER = ("id", "response_id", "customer_id", "question", "value", "raw")


@dataclass(slots=True)
class Result:
    """What became of one item. ``status``: created, replayed, conflict or invalid."""

    status: str
    response: int | None = None
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One answer on its way, everything that it names looked up; ``place`` is where it stood in the batch."""

    place: int
    arrival: Arrival
    version: VersionCard
    filled: Filled
    interaction: InteractionCard | None
    touchpoint_id: int
    scenario_id: int
    unit_id: int
    staff_id: int | None


def receive(items: Sequence[object], *, by: Viewer, now: datetime) -> list[Result]:
    """Take in a batch; the results stand in the order of the items, and one bad item never costs the others."""
    return receive_read([read_arrival(item, now=now) for item in items], by=by, now=now)


def receive_read(given: Sequence[Arrival | list[Fault]], *, by: Viewer, now: datetime) -> list[Result]:
    """The same for answers that were read already: what an import brings."""
    results = [Result("invalid", faults=[] if isinstance(read, Arrival) else read) for read in given]
    arrivals = [(place, read) for place, read in enumerate(given) if isinstance(read, Arrival)]
    items = list(_looked_up(arrivals, results, by=by))
    if items:
        with transaction.atomic():
            seen = _take_in(items, results, by=by, now=now)
        _answer_again(seen, results, by=by)
    return results


def _looked_up(arrivals: Sequence[tuple[int, Arrival]], results: list[Result], *, by: Viewer) -> Iterator[_Item]:
    """Turn keys into ids. What another branch owns is unknown here, in the same words."""
    book = _Book.of([arrival for _, arrival in arrivals], by=by)
    for place, arrival in arrivals:
        found = book.item(place, arrival)
        if isinstance(found, _Item):
            yield found
        else:
            results[place].faults = found


@dataclass(frozen=True, slots=True)
class _Book:
    """What a batch's keys name."""

    versions: dict[tuple[str, int], VersionCard]
    units: dict[str, int]
    home: int
    staff: dict[str, Any]
    interactions: dict[tuple[str, str], InteractionCard]

    @staticmethod
    def of(arrivals: Sequence[Arrival], *, by: Viewer) -> "_Book":
        current = current_versions()
        versions = {(key, 0): card for key, card in current.items()}
        for key, number in {(one.survey, one.version) for one in arrivals if one.version}:
            if card := version_numbered(key, number):
                versions[key, number] = card
        return _Book(
            versions=versions,
            units=unit_ids({one.unit for one in arrivals if one.unit}, by=by),
            home=by.unit_id or root_unit(),
            staff=staff_by_code({one.staff for one in arrivals if one.staff}, by=by),
            interactions=_interactions({one.interaction for one in arrivals if one.interaction}, by=by),
        )

    def item(self, place: int, one: Arrival) -> _Item | list[Fault]:
        version = self.versions.get((one.survey, one.version))
        touchpoint = journey_map().touchpoints.get(one.touchpoint)
        interaction = self.interactions.get(one.interaction) if one.interaction else None
        member = self.staff.get(one.staff)
        unknown = [
            *([_unknown("survey")] if version is None else []),
            *([_unknown("interaction")] if one.interaction and interaction is None else []),
            *([_unknown("touchpoint")] if one.touchpoint and touchpoint is None else []),
            *([_unknown("unit")] if one.unit and one.unit not in self.units else []),
            *([_unknown("staff")] if one.staff and member is None else []),
        ]
        if unknown or version is None:
            return unknown
        filled = fill_record(one.typed, version.questionnaire)
        if filled.faults:
            return [fault_of(wrong, under="answers") for wrong in filled.faults]
        unit = self.units.get(one.unit) or (member.unit_id if member else None)
        return _Item(
            place=place,
            arrival=one,
            version=version,
            filled=filled,
            interaction=interaction,
            touchpoint_id=touchpoint.id if touchpoint else interaction.touchpoint_id if interaction else 0,
            scenario_id=touchpoint.scenario_id if touchpoint else interaction.scenario_id if interaction else 0,
            unit_id=unit or (interaction.unit_id if interaction else self.home),
            staff_id=member.id if member else interaction.staff_id if interaction else None,
        )


def _interactions(named: set[tuple[str, str]], *, by: Viewer) -> dict[tuple[str, str], InteractionCard]:
    keys = {intake_key("interaction", source, external_id): (source, external_id) for source, external_id in named}
    targets = find_targets(keys)
    cards = interaction_cards(targets.values(), by=by)
    return {keys[key]: cards[target] for key, target in targets.items() if target in cards}


def _unknown(name: str) -> Fault:
    return Fault("unknown_key", name, "{field} names nothing that is here.", "「{field}」在这里不存在。")


def _conflict(name: str) -> Fault:
    return Fault(
        "conflict",
        name,
        "{field} differs from what is recorded under this id. Send corrections under a new id.",
        "「{field}」与这个编号已登记的内容不同。更正请换一个编号提交。",
    )


def _take_in(items: Sequence[_Item], results: list[Result], *, by: Viewer, now: datetime) -> list[tuple[_Item, Claim]]:
    """Write what is new; returns the items that were there before, each with the claim that stands."""
    first: dict[object, _Item] = {}
    for item in items:
        first.setdefault(item.arrival.key, item)
    ids = new_ids(len(first), now=now)
    wanted = [
        Claim(item.arrival.key, identifier, item.arrival.body)
        for identifier, item in zip(ids, first.values(), strict=True)
    ]
    standing = claim(wanted, now=now)
    ours = {one.key for one in wanted if standing[one.key] is one}
    fresh = [item for item in first.values() if item.arrival.key in ours]
    targets = [standing[item.arrival.key].target_id for item in fresh]
    if fresh:
        _write(fresh, targets, by=by, now=now)
    for item, target in zip(fresh, targets, strict=True):
        results[item.place] = Result("created", target)
    new = set(map(id, fresh))
    return [(item, standing[item.arrival.key]) for item in items if id(item) not in new]


def _write(fresh: Sequence[_Item], ids: Sequence[int], *, by: Viewer, now: datetime) -> None:
    customers = _customers(fresh, by=by, now=now)
    responses, answers = [], []
    for item, identifier, customer in zip(fresh, ids, customers, strict=True):
        one, filled = item.arrival, item.filled
        responses.append(
            (
                *(identifier, customer, item.interaction.id if item.interaction else None),
                *(item.version.questionnaire.purpose, item.version.id, one.source, one.external_id, item.scenario_id),
                *(item.touchpoint_id, item.unit_id, item.staff_id, one.language, filled.headline, filled.comment),
                *(filled.wants_contact, one.answered_at, now, as_json(one.attributes)),
            )
        )
        answers += [(identifier, customer, *answer) for answer in filled.answers]
    insert_rows(Response, RESPONSE, responses)
    insert_rows(Answer, ANSWER, [(key, *row) for key, row in zip(new_ids(len(answers), now=now), answers, strict=True)])
    facts = [
        (ResponseReceived(response_id=identifier), f"response:{identifier}", item.unit_id)
        for item, identifier in zip(fresh, ids, strict=True)
    ]
    record_all(facts, by=by, now=now)


def _customers(fresh: Sequence[_Item], *, by: Viewer, now: datetime) -> list[int | None]:
    """Who answered: the person named, else the one whom the interaction was with, else nobody knows."""
    found: list[int | None] = [item.interaction.customer_id if item.interaction else None for item in fresh]
    named = [(place, given_person(item.arrival.customer)) for place, item in enumerate(fresh) if item.arrival.customer]
    if named:
        known = identify([given for _, given in named], by=by, now=now)
        for (place, _), customer in zip(named, known, strict=True):
            found[place] = customer.id
    return found


def _answer_again(seen: Iterable[tuple[_Item, Claim]], results: list[Result], *, by: Viewer) -> None:
    """The same again gets its first answer; the same id with another body is a conflict that names the fields."""
    listed = list(seen)
    cards = response_cards([standing.target_id for _, standing in listed], by=by)
    for item, standing in listed:
        if standing.body == item.arrival.body:
            results[item.place] = Result("replayed", standing.target_id)
            continue
        card = cards.get(standing.target_id)
        names = _differing(item, card) if card else ["external_id"]
        results[item.place] = Result("conflict", faults=[_conflict(name) for name in names])


def _differing(item: _Item, card: ResponseCard) -> list[str]:
    """The fields in which the new body differs from what is recorded: their names, never their values (A61)."""
    one, filled = item.arrival, item.filled
    answers = (dict(filled.scores), filled.wants_contact, _ticked(filled))
    same = {
        "survey": item.version.id == card.survey_version_id,
        "touchpoint": item.touchpoint_id == card.touchpoint_id,
        "unit": item.unit_id == card.unit_id,
        "staff": item.staff_id == card.served_by,
        "language": one.language == card.language,
        "answered_at": one.answered_at == card.answered_at,
        "answers": answers == (dict(card.scores), card.wants_contact, {k: set(v) for k, v in card.ticked.items()}),
        "attributes": dict(one.attributes) == dict(card.attributes),
    }
    return [name for name, is_same in same.items() if not is_same] or ["answers"]


def _ticked(filled: Filled) -> dict[str, set[str]]:
    ticked: dict[str, set[str]] = {}
    for question, value, raw in filled.answers:
        if value is not None and question not in filled.scores:
            ticked.setdefault(question, set()).add(raw)
    return ticked
