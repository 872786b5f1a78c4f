"""Which customers somebody may see: those whom something in their own units is about. The others are not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.cases.access import visible_cases
from zhiyin.journey.queries import interactions_of
from zhiyin.lib.errors import NotFound
from zhiyin.lib.phones import Phone, normalise
from zhiyin.outreach.queries import invitation_cards
from zhiyin.people.access import Viewer
from zhiyin.people.identify import find_customer
from zhiyin.people.queries import CustomerCard, customer_cards, whole_person
from zhiyin.people.roles import Permission

LARGEST_ID = 2**63 - 1
LONGEST = 254  # characters of what is looked up: an e-mail address


@dataclass(frozen=True)
class Person:
    """A customer as who they are now, with every id they had."""

    id: int
    ids: Sequence[int]
    card: CustomerCard


def visible_person(customer_id: int, *, by: Viewer) -> Person:
    """The customer. Raises NotFound, whether there is none or only another branch knows them."""
    if not may_work(by):
        by.require(Permission.SEE_OUTREACH)
    if 0 < customer_id <= LARGEST_ID:
        ids = whole_person(customer_id)
        card = customer_cards([ids[0]], by=by).get(ids[0])
        if card is not None and _is_visible(ids, by=by):
            return Person(ids[0], ids, card)
    raise NotFound(_("There is no such customer here."), next_step=_("Check the number, or look them up again."))


def may_work(by: Viewer) -> bool:
    """Whether they see customers at all because they work on cases."""
    return by.may(Permission.LEAD_CASES) or by.may(Permission.WORK_CASES)


def _is_visible(ids: Sequence[int], *, by: Viewer) -> bool:
    if by.may(Permission.SEE_OUTREACH) or by.may(Permission.LEAD_CASES):
        if by.units is None:
            return True
        for one in ids:
            if interactions_of(one, by=by, limit=1) or invitation_cards(by=by, limit=1, customer_id=one):
                return True
    return may_work(by) and visible_cases(by=by).filter(customer_id__in=ids).exists()


def look_up(typed: str, *, by: Viewer) -> Person | None:
    """Whoever has this phone, e-mail, number of their own, WeChat or WeCom id, or case; None where nobody does."""
    text = "".join(filter(str.isprintable, typed)).strip()[:LONGEST]
    if not text:
        return None
    for customer in _candidates(text, by=by):
        try:
            return visible_person(customer, by=by)
        except NotFound:
            continue
    return None


def _candidates(text: str, *, by: Viewer) -> list[int]:
    phone = normalise(text)
    handles = [("phone", phone.e164)] if isinstance(phone, Phone) else []
    handles += [("external", text), ("email", text.lower()), ("wechat", text), ("wecom", text)]
    found = [find_customer(kind, value) for kind, value in handles]
    if may_work(by):
        found += visible_cases(by=by).filter(code=text.upper()).values_list("customer_id", flat=True)
    return [customer for customer in found if customer]
