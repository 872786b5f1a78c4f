"""The rows behind each number of the outreach screen, with customers masked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from zhiyin.journey.queries import JourneyMap, interaction_cards, journey_map
from zhiyin.lib.text import pick
from zhiyin.messaging.queries import AttemptCard, DoubtCard, attempts_of, channel_kinds, doubts
from zhiyin.messaging.rules.receipts import OLD_DOUBT
from zhiyin.outreach import monitor
from zhiyin.outreach.monitor import Window, decision_sets, invitation_sets
from zhiyin.outreach.queries import DecisionCard, InvitationCard, decisions_of, invitation_cards
from zhiyin.outreach.rules.policy_reader import REASON
from zhiyin.outreach.said import in_words
from zhiyin.outreach.words import CHANNELS, STATES, channel_name, ending_label, reason_label
from zhiyin.people.access import Viewer
from zhiyin.people.queries import CustomerCard, customer_cards, unit_names

SHOWN = 50  # rows of a page


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """One decided interaction. ``reason`` is empty for an invitation."""

    decision: DecisionCard
    customer: CustomerCard | None
    touchpoint: str
    scenario: str
    unit: str
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class InvitationRow:
    """One invitation and how far it got."""

    invitation: InvitationCard
    customer: CustomerCard | None
    touchpoint: str
    unit: str
    channel: str
    state: str
    ending: str


@dataclass(frozen=True, kw_only=True)
class DoubtRow:
    """A message of which nobody knows whether it arrived."""

    doubt: DoubtCard
    customer: CustomerCard | None
    unit: str
    channel: str
    said: str  # what happened, in words
    age: timedelta
    attempts: Sequence[AttemptCard]

    @property
    def is_old(self) -> bool:
        """Somebody has been told of it."""
        return self.age >= OLD_DOUBT


def which_decisions(query: Mapping[str, str]) -> tuple[str, Q]:
    """The part that the address names by ``reason`` or ``part``; nonsense reads as everything."""
    reason = query.get("reason", "")
    if REASON.fullmatch(reason):
        return reason, Q(invited=False, reason=reason)
    part = query.get("part", "")
    known = decision_sets()
    return (part, known[part]) if part in known else ("all", known["all"])


def which_invitations(query: Mapping[str, str], *, now: datetime) -> tuple[str, Q]:
    """The part that the address names by ``state``; nonsense reads as everything."""
    state = query.get("state", "")
    known = invitation_sets(now)
    return (state, known[state]) if state in known else ("invited", known["invited"])


def decision_rows(window: Window, which: Q, *, by: Viewer, before: int | None) -> tuple[list[DecisionRow], int | None]:
    """A page of decisions, newest first, and the cursor of the next one."""
    found = monitor.decision_page(window, which, by=by, before=before, limit=SHOWN)
    shown = found[:SHOWN]
    decisions = decisions_of([interaction for _pk, interaction in shown])
    cards = interaction_cards(decisions, by=by)
    customers = customer_cards((one.customer_id for one in decisions.values()), by=by)
    places, units = _Places(by.language), unit_names({card.unit_id for card in cards.values()}, by.language)
    rows = []
    for _pk, interaction in shown:
        decision, card = decisions[interaction], cards.get(interaction)
        rows.append(
            DecisionRow(
                decision=decision,
                customer=customers.get(decision.customer_id),
                touchpoint=places.touchpoint(card.touchpoint_id if card else 0),
                scenario=places.scenario(card.scenario_id if card else 0),
                unit=units.get(card.unit_id if card else 0, ""),
                ended_at=card.ended_at if card else None,
                reason=reason_label(decision.reason, [decision.policy], by.language) if decision.reason else "",
            )
        )
    return rows, shown[-1][0] if len(found) > SHOWN else None


def invitation_rows(
    window: Window, which: Q, *, by: Viewer, before: int | None
) -> tuple[list[InvitationRow], int | None]:
    """A page of invitations, newest first, and the cursor of the next one."""
    found = monitor.invitation_page(window, which, by=by, before=before, limit=SHOWN)
    shown = invitation_cards(by=by, limit=SHOWN, pk__in=found[:SHOWN])
    customers = customer_cards((card.customer_id for card in shown), by=by)
    places, units = _Places(by.language), unit_names({card.unit_id for card in shown}, by.language)
    rows = [
        InvitationRow(
            invitation=card,
            customer=customers.get(card.customer_id or 0),
            touchpoint=places.touchpoint(card.touchpoint_id),
            unit=units.get(card.unit_id, ""),
            channel=str(CHANNELS.get(card.channel, card.channel)),
            state=str(STATES.get(card.state, card.state)),
            ending=ending_label(card.reason, card.policy, by.language),
        )
        for card in shown
    ]
    return rows, found[SHOWN - 1] if len(found) > SHOWN else None


def doubt_rows(*, by: Viewer, now: datetime, limit: int = 200) -> list[DoubtRow]:
    """The parked messages of the viewer's units, the oldest first."""
    cards = doubts(by=by, now=now, limit=limit)
    customers = customer_cards((card.customer_id for card in cards), by=by)
    units = unit_names({card.unit_id for card in cards}, by.language)
    kinds = channel_kinds()
    tries = attempts_of(card.id for card in cards)
    return [
        DoubtRow(
            doubt=card,
            customer=customers.get(card.customer_id or 0),
            unit=units.get(card.unit_id, ""),
            channel=channel_name(card.channel, kinds.get(card.channel, "")),
            said=in_words(card.detail),
            age=card.age,
            attempts=tries.get(card.id, ()),
        )
        for card in cards
    ]


class _Places:
    """Names behind the ids of the map."""

    def __init__(self, language: str, known: JourneyMap | None = None) -> None:
        self._language, self._known = language, known or journey_map()

    def touchpoint(self, identifier: int) -> str:
        card = self._known.touchpoint(identifier)
        return pick(card.name, self._language) if card else ""

    def scenario(self, identifier: int) -> str:
        found: Iterable[str] = (
            pick(card.name, self._language) for card in self._known.scenarios.values() if card.id == identifier
        )
        return next(iter(found), "")
