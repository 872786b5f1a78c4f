"""The list of replies that wait for a person, and of what gateways said that fits nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from zhiyin.lib.masking import scrub
from zhiyin.messaging.receiving.inbox import ListedCard, listed
from zhiyin.messaging.receiving.replies import ReplyCard, replies_waiting, settle_reply
from zhiyin.people.access import Viewer
from zhiyin.people.queries import CustomerCard, customer_cards, unit_names

__all__ = ["KINDS", "MEANINGS", "ReplyRow", "UnusableRow", "reply_rows", "settle_reply", "unusable"]
MEANINGS: Mapping[str, Promise] = {
    "opt_out": lazy("Wants no more messages"),
    "opt_out_and_more": lazy("Wants no more messages, and says more"),
    "complaint": lazy("Complains about being written to"),
    "score": lazy("A number"),
    "automatic": lazy("An automatic reply"),
    "other": lazy("Something else"),
}
KINDS: Mapping[str, Promise] = {
    "receipt": lazy("Receipt"),
    "uplink": lazy("Reply"),
    "left": lazy("Departure"),
    "broken": lazy("Unreadable"),
}

# Why a signal fits nothing, as ``messaging`` keeps it. What a dialect says of an unreadable piece stays as it is.
WHY: Mapping[str, Promise] = {
    "names no message": lazy("It names no message."),
    "no such message": lazy("There is no such message."),
    "fits several messages": lazy("It fits several messages."),
    "the message is still on its way": lazy("The message has not left yet."),
    "the message has not left yet": lazy("The message has not left yet."),
    "the message went by another channel": lazy("The message went by another channel."),
    "another address than ours": lazy("It names another address than the one written to."),
}


@dataclass(frozen=True)
class UnusableRow:
    """Something a gateway said that fits nothing, in words."""

    card: ListedCard
    kind: str
    why: str


@dataclass(frozen=True)
class ReplyRow:
    """One reply as the list shows it. ``text`` has numbers masked."""

    reply: ReplyCard
    text: str
    customer: CustomerCard | None
    unit: str
    meaning: str


def reply_rows(*, by: Viewer, limit: int) -> list[ReplyRow]:
    """Those of the viewer's units, the oldest first."""
    cards = replies_waiting(by=by, limit=limit)
    customers = customer_cards((card.customer_id for card in cards), by=by)
    units = unit_names({card.unit_id for card in cards}, by.language)
    return [
        ReplyRow(
            reply=card,
            text=scrub(card.text),
            customer=customers.get(card.customer_id or 0),
            unit=units.get(card.unit_id, ""),
            meaning=str(MEANINGS.get(card.meaning, card.meaning)),
        )
        for card in cards
    ]


def unusable(*, by: Viewer, limit: int) -> list[UnusableRow]:
    """What fits nothing: for who sees the whole organisation."""
    if by.units is not None:
        return []
    return [
        UnusableRow(card, str(KINDS.get(card.kind, card.kind)), str(WHY.get(card.error, card.error)))
        for card in listed(limit=limit)
    ]
