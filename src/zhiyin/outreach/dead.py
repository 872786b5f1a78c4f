"""Dead letters: messages that failed for good, each with what was said when it did, for somebody to send again."""

from dataclasses import dataclass
from datetime import datetime

from zhiyin.ledger.queries import events
from zhiyin.messaging.queries import carried_by_messages, channel_kinds
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.queries import InvitationCard, invitation_cards
from zhiyin.outreach.said import in_words
from zhiyin.outreach.words import channel_name, ending_label
from zhiyin.people.access import Viewer
from zhiyin.people.queries import CustomerCard, customer_cards, unit_names

SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class DeadRow:
    """One failed message with its invitation."""

    message_id: int
    failed_at: datetime
    channel: str
    said: str
    reason: str
    invitation: InvitationCard
    customer: CustomerCard | None
    unit: str


def dead_rows(*, by: Viewer, before: int | None = None) -> tuple[list[DeadRow], int | None]:
    """A page of messages that failed and still stand so, the newest first, and the cursor of the next one."""
    found = events(kind="messaging.failed", units=by.units, before=before, limit=SHOWN)
    shown = found[:SHOWN]
    behind = carried_by_messages(int(fact.data["message_id"]) for fact in shown)
    cards = {card.id: card for card in invitation_cards(by=by, limit=SHOWN, pk__in=list(behind.values()))}
    customers = customer_cards((card.customer_id for card in cards.values()), by=by)
    units = unit_names({card.unit_id for card in cards.values()}, by.language)
    kinds = channel_kinds()
    rows, seen = [], set()
    for fact in shown:
        message = int(fact.data["message_id"])
        card = cards.get(behind.get(message, 0))
        if card is None or card.state != Invitation.State.FAILED or message in seen:
            continue  # it went again meanwhile, or what failed was no invitation
        seen.add(message)
        rows.append(
            DeadRow(
                message_id=message,
                failed_at=fact.at,
                channel=channel_name(fact.data["channel"], kinds.get(fact.data["channel"], "")),
                said=fact.data["detail"],
                reason=ending_label(card.reason, card.policy, by.language) or in_words(fact.data["detail"]),
                invitation=card,
                customer=customers.get(card.customer_id or 0),
                unit=units.get(card.unit_id, ""),
            )
        )
    return rows, shown[-1].id if len(found) > SHOWN else None
