"""The preference page behind every message: what a customer chose there, carried out before the reply leaves."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from django.db import transaction

from zhiyin.outreach.tokens import end_links
from zhiyin.people.actions import Proof, opt_out, record_consent
from zhiyin.people.queries import Preferences
from zhiyin.people.rules import Purpose
from zhiyin.responses.submission import CUSTOMER

SAVE, ON = "save", "on"  # fields of the page's form


class Done(Enum):
    """What the page says on top after a press of a button."""

    NOTHING = ""
    SAVED = "saved"
    STOPPED = "stopped"


def carry_out(
    fields: Iterable[tuple[str, str]], *, known: Preferences, link_customer: int, text_version: str, now: datetime
) -> Done:
    """Do what the form says. Without the purposes' own button it says: nothing at all any more.

    That is also what mail programs post for their users (``List-Unsubscribe=One-Click``). Safe to repeat.
    """
    given = list(fields)
    if not any(name == SAVE for name, _value in given):
        with transaction.atomic():
            opt_out(link_customer, via="link", by=CUSTOMER, now=now)
            end_links(known.customer_id, now=now)
        return Done.STOPPED
    ticked = {value for name, value in given if name == ON}
    off = [card.purpose for card in known.purposes if card.is_on and card.purpose not in ticked]
    fresh = [card.purpose for card in known.purposes if not card.is_on and card.purpose in ticked]
    with transaction.atomic():
        if off:
            opt_out(link_customer, purposes=off, via="link", by=CUSTOMER, now=now)
        if Purpose.SURVEY in off:
            end_links(known.customer_id, now=now)
        if fresh:
            proof = Proof(source="preference page", said_at=now, text_version=text_version)
            record_consent(link_customer, purposes=fresh, proof=proof, by=CUSTOMER, now=now)
    return Done.SAVED
