"""What the rules are told about people and messages, read set-based: a batch costs the same few questions whatever its
size."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from zhiyin.journey.queries import journey_map
from zhiyin.lib.phones import PhoneKind
from zhiyin.messaging.queries import contacts
from zhiyin.outreach.cells import cells_of
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.rules.facts import Address, Cell, Contact, Facts, Kind, State
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.waiting import LONGEST_WAIT
from zhiyin.people.places import unit_path
from zhiyin.people.queries import Reach, merged_ids

if TYPE_CHECKING:
    from zhiyin.outreach.judging import Candidate

KINDS = {"survey": Kind.SURVEY, "reminder": Kind.REMINDER, "care": Kind.CARE}
_PHONES = {
    PhoneKind.MOBILE.value: Address.MOBILE,
    PhoneKind.LANDLINE.value: Address.LANDLINE,
    PhoneKind.FOREIGN.value: Address.FOREIGN,
}
# What each kind of channel writes to, and which addresses it takes; a channel that is not here takes what SMS takes.
_WRITES_TO: Mapping[str, str] = {"email": "email", "wechat": "wechat", "wecom": "wecom"}
_MOBILE, _OTHER = frozenset({Address.MOBILE}), frozenset({Address.OTHER})


def address_kind(channel: str) -> str:
    """The kind of handle that a channel writes to: phone, email, wechat, wecom."""
    return _WRITES_TO.get(channel, "phone")


def takes(channel: str) -> frozenset[Address]:
    return _OTHER if channel in _WRITES_TO else _MOBILE


def way_for(channel: str, ways: Iterable[Reach]) -> Reach | None:
    """The newest address that the channel takes; failing that any of its kind, so that the refusal can name it."""
    kind = address_kind(channel)
    same_kind = [way for way in ways if way.kind == kind]
    fitting = (way for way in same_kind if address_of(way) in takes(channel))
    return next(fitting, same_kind[0] if same_kind else None)


def address_of(way: Reach | None) -> Address:
    if way is None:
        return Address.NONE
    return _PHONES.get(way.reach, Address.FOREIGN) if way.kind == "phone" else Address.OTHER


class Telling:
    """Makes the facts of one candidate after the other, under one policy."""

    def __init__(self, policy: Policy, versions: Mapping[str, int], *, now: datetime) -> None:
        known = journey_map()
        self._policy, self._versions, self._now = policy, versions, now
        self._touchpoints = {card.id: key for key, card in known.touchpoints.items()}
        self._scenarios = {card.id: key for key, card in known.scenarios.items()}
        self._needs_path = needs_path(policy)

    def facts(self, one: "Candidate", way: Reach | None) -> Facts:
        customer = one.customer
        touchpoint, scenario = self._touchpoints.get(one.touchpoint_id, ""), self._scenarios.get(one.scenario_id, "")
        return Facts(  # by position: a batch makes a thousand
            one.scenario_id,
            one.touchpoint_id,
            one.survey in self._versions,
            one.ended_at,
            one.external_id,
            address_of(way),
            takes(one.channel),
            customer.opted_out,
            False,
            customer.is_internal,
            customer.is_minor,
            Kind.SURVEY,
            one.served_by,
            one.unit_id,
            customer.brand or None,
            customer.segment or None,
            unit_path(one.unit_id) if self._needs_path else (),
            one.channel,
            scenario,
            touchpoint,
            customer.has_open_legal_case,
            self._cells(one, touchpoint, scenario) if self._policy.targets else (),
        )

    def _cells(self, one: "Candidate", touchpoint: str, scenario: str) -> tuple[Cell | None, ...]:
        place = {"touchpoint": touchpoint, "scenario": scenario, "unit": one.unit_id, "staff": one.served_by}
        return cells_of(self._policy.targets, **place, now=self._now)  # type: ignore[arg-type]  # one of each kind


def needs_path(policy: Policy) -> bool:
    """Whether the policy asks where in the tree a unit stands."""
    named = (policy.eligible.units, policy.exclude.groups.units, *(row.unit for row in policy.shares))
    return bool(policy.hours) or any(named)


class Grounds(NamedTuple):
    """What a decision rested on beside the counts: nothing that names a person."""

    channel: str
    address: str
    survey_available: bool
    opted_out: bool
    internal: bool
    under_14: bool
    open_legal_case: bool
    do_not_contact: bool
    staff: object
    brand: object
    segment: object
    cells: tuple[Cell | None, ...]

    def shown(self) -> dict[str, object]:
        """As it is kept with the decision: what is usual is left out."""
        told = {name: value for name, value in self._asdict().items() if value not in (None, False, ())}
        told.pop("survey_available", None)
        if not self.survey_available:
            told["survey_available"] = False
        if self.cells:
            told["cells"] = [[cell.n, cell.half_width] if cell else None for cell in self.cells]
        return told


def rested_on(facts: Facts) -> Grounds:
    """The grounds of a decision, alike for most of a batch."""
    return Grounds(
        facts.channel,
        facts.address.value,
        facts.survey_available,
        facts.opted_out,
        facts.internal,
        facts.under_14,
        facts.open_legal_case,
        facts.do_not_contact,
        facts.staff,
        facts.brand,
        facts.segment,
        facts.cells,
    )


def histories(
    customer_ids: Sequence[int],
    *,
    policy: Policy,
    now: datetime,
    leaving_out: Sequence[int] = (),
    due_by: datetime | None = None,
) -> dict[int, list[Contact]]:
    """What each of these people was sent, under whichever of their former customer ids, within the policy's memory;
    and what they answered, where a rule counts that. ``due_by``: without what is planned for later than this; it is
    judged itself when its time has come, and takes no place from what leaves now."""
    if not customer_ids:
        return {}
    former = merged_ids(customer_ids)
    whole = {*customer_ids, *former}
    since = now - policy.lookback
    found: dict[int, list[Contact]] = {}
    rows = contacts(whole, since=since, leaving_out=leaving_out, queued_since=since - LONGEST_WAIT, due_by=due_by)
    for row in rows:
        person = former.get(row.customer_id, row.customer_id)
        contact = Contact(row.at, row.scenario_id, row.touchpoint_id, KINDS[row.category], State(row.state))
        found.setdefault(person, []).append(contact)
    if any(Kind.COMPLETION in rule.counts for rule in policy.counted_rules if not rule.per.is_group):
        for customer, contact in answers_of(whole, since=since):
            found.setdefault(former.get(customer, customer), []).append(contact)
    return found


def answers_of(customer_ids: Iterable[int], *, since: datetime) -> list[tuple[int, Contact]]:
    """Customer and answer, for each answer that they gave after ``since``."""
    rows = Invitation.objects.filter(customer_id__among=set(customer_ids), answered_at__gt=since)
    names = ("customer_id", "answered_at", "scenario_id", "touchpoint_id")
    return [
        (customer, Contact(at, scenario, touchpoint, Kind.COMPLETION))
        for customer, at, scenario, touchpoint in rows.values_list(*names)
    ]
