"""Why was this customer not asked? The stored decision, told again: its reason, its counts, the policy of its day."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db import transaction

from zhiyin.journey.queries import InteractionCard, find_interaction, interaction_card, interactions_of
from zhiyin.ledger.record import record
from zhiyin.lib.errors import NotFound
from zhiyin.lib.phones import Phone, normalise
from zhiyin.messaging.queries import contacts
from zhiyin.outreach.events import WhyAsked
from zhiyin.outreach.gathering import answers_of
from zhiyin.outreach.judging import policy_version
from zhiyin.outreach.queries import DecisionCard, InvitationCard, decisions_of, invitation_card
from zhiyin.outreach.rules.explain import Explanation, Line, explain
from zhiyin.outreach.rules.facts import Cell, Facts, Kind
from zhiyin.outreach.rules.judge import Decision
from zhiyin.outreach.rules.retelling import Sent, retold
from zhiyin.outreach.rules.trace import Outcome
from zhiyin.people.access import Viewer
from zhiyin.people.identify import find_customer
from zhiyin.people.queries import CustomerCard, customer_cards, merged_ids, now_are
from zhiyin.people.roles import Permission

OTHERS = 5  # earlier interactions of the same customer, to go on asking about
LONGEST = 255
Finder = Callable[[str, Viewer], InteractionCard | None]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One decision with everything that explains it, within what the viewer may see."""

    customer: CustomerCard | None
    interaction: InteractionCard
    decision: DecisionCard
    explanation: Explanation
    invitation: InvitationCard | None
    others: Sequence[tuple[InteractionCard, DecisionCard]]


def look_up(typed: str, *, by: Viewer, now: datetime, tz: tzinfo) -> Answer | None:
    """The newest decision about whoever or whatever was typed; None when there is none in the viewer's units.

    A phone number, an interaction's number here or at its sender, the customer's own id, a case's code. Each look is
    recorded.
    """
    by.require(Permission.SEE_OUTREACH)
    # What pastes along unseen, and what a database cannot take, is no part of a number.
    kind, found = _found("".join(filter(str.isprintable, typed)).strip()[:LONGEST], by)
    return _recorded(kind, found, by=by, now=now, tz=tz)


def look_up_interaction(interaction_id: int, *, by: Viewer, now: datetime, tz: tzinfo) -> Answer | None:
    """The decision about one interaction. Raises NotFound where it is not there for this viewer."""
    by.require(Permission.SEE_OUTREACH)
    return _recorded("interaction", interaction_card(interaction_id, by=by), by=by, now=now, tz=tz)


def _recorded(kind: str, found: InteractionCard | None, *, by: Viewer, now: datetime, tz: tzinfo) -> Answer | None:
    with transaction.atomic():
        customer = found.customer_id if found else None
        fact = WhyAsked(kind=kind, customer_id=customer, interaction_id=found.id if found else None)
        record(fact, by=by, now=now, subject=f"customer:{customer}" if customer else "")
    return _answer(found, by=by, tz=tz) if found else None


def _found(typed: str, by: Viewer) -> tuple[str, InteractionCard | None]:
    for kind, find in FINDERS.items():
        if typed and (card := find(typed, by)):
            return kind, card
    return "", None


def _by_phone(typed: str, by: Viewer) -> InteractionCard | None:
    phone = normalise(typed)
    return _newest(find_customer("phone", phone.e164), by) if isinstance(phone, Phone) else None


def _by_id(typed: str, by: Viewer) -> InteractionCard | None:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 19):
        return None
    try:
        return interaction_card(int(typed), by=by)
    except NotFound:
        return None


def _by_external_id(typed: str, by: Viewer) -> InteractionCard | None:
    return find_interaction(typed, by=by)


def _by_customer(typed: str, by: Viewer) -> InteractionCard | None:
    return _newest(find_customer("external", typed), by)


# In this order: the first that finds something answers.
FINDERS: dict[str, Finder] = {
    "phone": _by_phone,
    "interaction": _by_id,
    "external": _by_external_id,
    "customer": _by_customer,
}


def add_finder(kind: str, find: Finder) -> None:
    """A room above knows another number that leads to an interaction: a case's code. It is asked last."""
    FINDERS[kind] = find


def _newest(customer_id: int | None, by: Viewer) -> InteractionCard | None:
    newest = _of_person(customer_id, by, 1) if customer_id else []
    return newest[0] if newest else None


def _of_person(customer_id: int, by: Viewer, limit: int) -> list[InteractionCard]:
    """A person's newest interactions, also those under former customer ids."""
    rows = [card for one in _ids(customer_id) for card in interactions_of(one, by=by, limit=limit)]
    return sorted(rows, key=lambda card: (card.ended_at, card.id), reverse=True)[:limit]


def _ids(customer_id: int) -> set[int]:
    person = now_are([customer_id]).get(customer_id, customer_id)
    return {person, *merged_ids([person])}


def _answer(card: InteractionCard, *, by: Viewer, tz: tzinfo) -> Answer | None:
    nearby = _of_person(card.customer_id, by, OTHERS + 1)
    decisions = decisions_of({card.id, *(one.id for one in nearby)})
    decision = decisions.get(card.id)
    if decision is None:
        return None
    person = now_are([card.customer_id]).get(card.customer_id, card.customer_id)
    invitation = decision.invitation_id
    return Answer(
        customer=customer_cards([person], by=by).get(person),
        interaction=card,
        decision=decision,
        explanation=explanations(decision, card, languages=(by.language,), tz=tz)[by.language],
        invitation=invitation_card(invitation, by=by) if invitation else None,
        others=[(one, decisions[one.id]) for one in nearby if one.id != card.id and one.id in decisions][:OTHERS],
    )


def explanations(
    decision: DecisionCard, card: InteractionCard, *, languages: Iterable[str], tz: tzinfo
) -> dict[str, Explanation]:
    """The decision in these languages, alike for console and API: sentence, next time, and every rule's arithmetic."""
    told = _retold(decision, card)
    return {language: explain(told, language=language, tz=tz) for language in languages}


def _retold(decision: DecisionCard, card: InteractionCard) -> Decision:
    policy = policy_version(decision.policy)
    rows = contacts(_ids(decision.customer_id), since=decision.at - policy.lookback)
    # What left in the very moment of the decision is its own invitation.
    sent = [
        Sent(row.at, row.scenario_id, row.touchpoint_id, Kind[row.category.upper()])
        for row in rows
        if row.at and row.at < decision.at
    ]
    if any(Kind.COMPLETION in rule.counts for rule in policy.counted_rules):
        answers = answers_of(_ids(decision.customer_id), since=decision.at - policy.lookback)
        given = (one for _, one in answers if one.at and one.at < decision.at)
        sent += [Sent(one.at, one.scenario, one.touchpoint, one.kind) for one in given if one.at]
    return retold(
        reason=decision.reason,
        counts=tuple(decision.counts),
        next_allowed_at=decision.next_allowed_at,
        facts=Facts(
            scenario=card.scenario_id,
            touchpoint=card.touchpoint_id,
            external_id=card.external_id,
            cells=tuple(Cell(*one) if one else None for one in decision.inputs.get("cells", ())),
        ),
        sent=sent,
        policy=policy,
        at=decision.at,
    )


def shortened(lines: Sequence[Line], *, passed: str, joined: str) -> Iterator[Line]:
    """The trace as a screen shows it: what passed before anything was counted in one line, what was not judged in one.

    ``passed`` is the first's title, ``joined`` what stands between the rules that a line sums up.
    """
    plain = [line for line in lines if line.outcome is Outcome.PASSED and not line.detail]
    rest = [line for line in lines if line.outcome is Outcome.NOT_JUDGED]
    if plain:
        yield Line(Outcome.PASSED, passed, joined.join(line.title for line in plain))
    yield from (line for line in lines if line not in plain and line not in rest)
    if rest:
        yield Line(Outcome.NOT_JUDGED, joined.join(line.title for line in rest), rest[0].detail)
