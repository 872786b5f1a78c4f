"""Whoever opts out, or is erased, is asked nothing more: what waits never leaves, and what they hold stops working."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from zhiyin.ledger.deliver import deliver_pending
from zhiyin.messaging.testing import messages
from zhiyin.outreach.testing import NOW, SYSTEM, invitation_rows, make_invitations
from zhiyin.outreach.tokens import token_hash
from zhiyin.people.actions import erase, opt_out
from zhiyin.people.testing import customers, identities
from zhiyin.responses.testing import LOW, Browser, make_link, make_links

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
Goodbye = Callable[[int], object]
GOODBYES = [
    pytest.param(lambda pk: opt_out(pk, via="phone", by=SYSTEM, now=LATER), "opted_out", id="opted out"),
    pytest.param(lambda pk: erase(pk, by=SYSTEM, now=LATER), "erased", id="erased"),
]


def holder_of(token: str) -> int:
    return invitation_rows().get(token_hash=token_hash(token)).customer_id or 0


def statuses(*tokens: str) -> list[int]:
    """What these links answer a moment later, opened and answered."""
    phone = Browser(now=LATER + timedelta(seconds=1))
    return [status for token in tokens for status in (phone.get(f"/s/{token}").status, post(phone, token))]


def post(phone: Browser, token: str) -> int:
    return phone.post(f"/s/{token}", LOW).status


def react() -> None:
    while deliver_pending(now=LATER):
        pass


@pytest.mark.parametrize(("says_goodbye", "reason"), GOODBYES)
def test_their_open_link_stops_working_and_nobody_elses(says_goodbye: Goodbye, reason: str) -> None:
    theirs, others = make_links(2)
    says_goodbye(holder_of(theirs))
    react()
    assert statuses(theirs, others) == [404, 404, 200, 200]
    row = invitation_rows().get(token_hash=token_hash(theirs))
    assert (row.dies_at, row.answered_at) == (LATER, None)


@pytest.mark.parametrize(("says_goodbye", "reason"), GOODBYES)
def test_so_does_a_link_that_was_sent_to_who_they_were_before(says_goodbye: Goodbye, reason: str) -> None:
    """Two customers turned out to be one person."""
    now_is, was = make_links(2)
    kept, former = holder_of(now_is), holder_of(was)
    customers().filter(pk=former).update(merged_into=kept)
    identities().filter(customer_id=former).update(customer_id=kept)
    says_goodbye(kept)
    react()
    assert statuses(now_is, was) == [404] * 4


@pytest.mark.parametrize(("says_goodbye", "reason"), GOODBYES)
def test_what_waits_for_them_is_taken_back_at_once(says_goodbye: Goodbye, reason: str) -> None:
    theirs, others = make_invitations(2)
    says_goodbye(invitation_rows().get(pk=theirs).customer_id or 0)
    react()
    assert [messages().get(invitation_id=one).state for one in (theirs, others)] == ["withdrawn", "queued"]
    row = invitation_rows().get(pk=theirs)
    assert (row.state, row.reason) == ("withdrawn", reason)


def test_what_they_answered_before_stays_answered() -> None:
    token = make_link()
    customer = holder_of(token)
    assert post(Browser(now=NOW + timedelta(minutes=1)), token) == 200
    opt_out(customer, via="phone", by=SYSTEM, now=LATER)
    react()
    row = invitation_rows().get(token_hash=token_hash(token))
    assert (row.state, row.dies_at) == ("answered", NOW + timedelta(hours=8))
