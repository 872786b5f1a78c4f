"""Both entrances lead here: an API batch and an import become interactions, decisions, invitations and messages, in
one transaction with every customer's row locked (ids sorted). A batch costs a handful of statements whatever its size.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from zhiyin.journey.actions import Placed, write_interactions
from zhiyin.journey.events import InteractionsReceived
from zhiyin.journey.queries import InteractionCard, interaction_cards, journey_map
from zhiyin.journey.rules import Arrival, read_arrivals
from zhiyin.ledger.bulk import Writing
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.intake import Claim, claim
from zhiyin.ledger.record import record
from zhiyin.lib.faults import Fault
from zhiyin.outreach.judging import Candidate, judge
from zhiyin.outreach.queries import decisions_of
from zhiyin.people.access import Viewer
from zhiyin.people.handles import given_person
from zhiyin.people.identify import identify
from zhiyin.people.places import root_unit, unit_ids
from zhiyin.people.queries import staff_by_code


@dataclass(slots=True)
class Result:
    """What became of one item. ``status``: created, replayed, conflict or invalid."""

    status: str
    interaction: int | None = None
    decision: str = ""
    reason: str = ""
    invitation: int | None = None
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """One item on its way; ``place`` is where it stood in the batch."""

    place: int
    key: bytes
    arrival: Arrival
    touchpoint_id: int
    scenario_id: int
    survey: str
    unit_id: int
    staff_id: int | None


def receive(items: Sequence[object], *, by: Viewer, now: datetime) -> list[Result]:
    """Take in a batch; the results stand in the order of the items, and one bad item never costs the others."""
    return receive_read(read_arrivals(items, now=now), by=by, now=now)


def receive_read(given: Sequence[Arrival | list[Fault]], *, by: Viewer, now: datetime) -> list[Result]:
    """The same for interactions that were read already: what an import brings."""
    results: list[Result] = [Result("invalid") for _ in given]
    arrivals: list[tuple[int, Arrival]] = []
    for place, read in enumerate(given):
        if isinstance(read, Arrival):
            arrivals.append((place, read))
        else:
            results[place].faults = read
    placed = list(_looked_up(arrivals, results, by=by))
    if placed:
        _take_in(placed, results, by=by, now=now)
    return results


def _looked_up(arrivals: list[tuple[int, Arrival]], results: list[Result], *, by: Viewer) -> Iterable[_Item]:
    """Turn keys into ids. What another branch owns is unknown here, in the same words."""
    known = journey_map()
    units = unit_ids({one.unit for _, one in arrivals if one.unit}, by=by)
    staff = staff_by_code({one.staff for _, one in arrivals if one.staff}, by=by)
    home = by.unit_id or root_unit()
    for place, one in arrivals:
        touchpoint = known.touchpoints.get(one.touchpoint)
        scenario = known.scenarios.get(one.scenario) if one.scenario else None
        member = staff.get(one.staff)
        unit = units.get(one.unit) if one.unit else member.unit_id if member else home
        if touchpoint is None or unit is None or (one.scenario and not scenario) or (one.staff and not member):
            is_missing = {
                "touchpoint": touchpoint is None,
                "scenario": one.scenario and scenario is None,
                "unit": unit is None,
                "staff": one.staff and member is None,
            }
            results[place].faults = [_unknown(name) for name, missing in is_missing.items() if missing]
            continue
        scenario_id = scenario.id if scenario else touchpoint.scenario_id
        staff_id = member.id if member else None
        yield _Item(place, one.key, one, touchpoint.id, scenario_id, touchpoint.survey, unit, staff_id)


def _unknown(name: str) -> Fault:
    return Fault("unknown_key", name, "{field} names nothing that is here.", "「{field}」在这里不存在。")


def _conflict(name: str) -> Fault:
    return Fault(
        "conflict",
        name,
        "{field} differs from what is recorded under this id. Send corrections under a new id.",
        "「{field}」与这个编号已登记的内容不同。更正请换一个编号提交。",
    )


def _take_in(items: list[_Item], results: list[Result], *, by: Viewer, now: datetime) -> None:
    try:
        seen, standing = _written(items, results, by=by, now=now)
    except IntegrityError:  # a racing batch brought one of the people a moment before us: again, and minding that
        seen, standing = _written(items, results, by=by, now=now, in_race=True)
    _answer_again(seen, standing, results, by=by)


@transaction.atomic
def _written(
    items: list[_Item], results: list[Result], *, by: Viewer, now: datetime, in_race: bool = False
) -> tuple[list[_Item], dict[bytes, Claim]]:
    """Write what is new; returns the items that came before, and the claim that stands for each key."""
    fresh, seen, standing = _claim(items, now=now)
    if fresh:
        _create(fresh, standing, results, by=by, now=now, in_race=in_race)
    return seen, standing


def _claim(items: list[_Item], *, now: datetime) -> tuple[list[_Item], list[_Item], dict[bytes, Claim]]:
    """Which items are new, which came before (earlier in this batch, too), and the claim that stands for each key."""
    first: dict[bytes, _Item] = {}
    for item in items:
        first.setdefault(item.key, item)
    ids = dict(zip(first, new_ids(len(first), now=now), strict=True))
    standing = claim((Claim(key, ids[key], one.arrival.body) for key, one in first.items()), now=now)
    fresh = [item for key, item in first.items() if standing[key].target_id == ids[key]]
    new = {id(item) for item in fresh}
    return fresh, [item for item in items if id(item) not in new], standing


def _create(
    fresh: list[_Item],
    standing: dict[bytes, Claim],
    results: list[Result],
    *,
    by: Viewer,
    now: datetime,
    in_race: bool,
) -> None:
    with Writing() as writing:
        people = [given_person(item.arrival.customer) for item in fresh]
        customers = identify(people, by=by, now=now, writing=writing, in_race=in_race)
        placed = [
            Placed(  # by position: a batch makes a thousand
                standing[item.key].target_id,
                customer.id,
                item.arrival,
                item.touchpoint_id,
                item.scenario_id,
                item.unit_id,
                item.staff_id,
                item.survey,
            )
            for item, customer in zip(fresh, customers, strict=True)
        ]
        candidates = [Candidate.of(one, customer) for one, customer in zip(placed, customers, strict=True)]
        judgement = judge(candidates, now=now)
        write_interactions(placed, writing, now=now)
        outcome = judgement.write(writing, now=now)
        fact = InteractionsReceived(
            ids=[one.id for one in placed],
            invited=[one.id for one, verdict in zip(placed, outcome.verdicts, strict=True) if verdict.invited],
            complaints=[one.id for one in placed if one.arrival.is_complaint],
            disputed=[one.id for one in placed if one.arrival.was_disputed],
            source=fresh[0].arrival.source,
            policy=outcome.policy,
        )
        for item, one, verdict in zip(fresh, placed, outcome.verdicts, strict=True):
            decision = "invite" if verdict.invited else "suppress"
            results[item.place] = Result("created", one.id, decision, verdict.reason, verdict.invitation_id)
        record(fact, by=by, now=now, subject=f"interaction:{placed[0].id}", writing=writing)


def _answer_again(seen: list[_Item], standing: dict[bytes, Claim], results: list[Result], *, by: Viewer) -> None:
    """The same again gets its first answer; the same id with another body is a conflict that names the fields. An id
    that another branch has used is taken, and that is all that is said about it."""
    if not seen:
        return
    ids = [standing[item.key].target_id for item in seen]
    decisions, cards = decisions_of(ids), interaction_cards(ids, by=by)
    for item in seen:
        known = standing[item.key]
        card = cards.get(known.target_id)
        if card is None:
            results[item.place] = Result("conflict", faults=[_conflict("external_id")])
            continue
        if known.body != item.arrival.body:
            results[item.place] = Result("conflict", faults=[_conflict(name) for name in _differing(item, card)])
            continue
        decision = decisions[known.target_id]
        results[item.place] = Result(
            "replayed",
            known.target_id,
            "invite" if decision.invited else "suppress",
            decision.reason,
            decision.invitation_id,
        )


def _differing(item: _Item, card: InteractionCard) -> list[str]:
    """The fields in which the new body differs from what is recorded: their names, never their values (A61)."""
    given = item.arrival
    compare: dict[str, Callable[[], bool]] = {
        "touchpoint": lambda: item.touchpoint_id == card.touchpoint_id,
        "scenario": lambda: item.scenario_id == card.scenario_id,
        "unit": lambda: item.unit_id == card.unit_id,
        "staff": lambda: item.staff_id == card.staff_id,
        "channel": lambda: given.channel == card.channel,
        "started_at": lambda: given.started_at == card.started_at,
        "ended_at": lambda: given.ended_at == card.ended_at,
        "attributes": lambda: dict(given.attributes) == card.attributes,
    }
    return [name for name, same in compare.items() if not same()] or ["customer"]


def as_json(result: Result) -> dict[str, Any]:
    """A created or replayed item as the API shows it."""
    return {
        "status": result.status,
        "interaction": str(result.interaction) if result.interaction else None,
        "decision": result.decision or None,
        "reason": result.reason or None,
        "invitation": str(result.invitation) if result.invitation else None,
    }
