"""What people decide about messages."""

import pytest
from django.db import transaction

from zhiyin.ledger.models import Event
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.messaging.actions import held, lease, resend, settle, settle_as_sent, withdraw
from zhiyin.messaging.actions.people import NotInDoubt
from zhiyin.messaging.models import Message
from zhiyin.messaging.testing import BY, NOW, Somebody, make_messages, message

pytestmark = pytest.mark.django_db


def doubtful(state: str = "unknown") -> int:
    (identifier,) = make_messages()
    Message.objects.filter(pk=identifier).update(state=state, sent_at=NOW, attempts=1, fencing=1, error="no answer")
    return identifier


@pytest.mark.parametrize("state", ["unknown", "failed"])
def test_sent_again_by_a_decision_that_is_kept(state: str) -> None:
    identifier = doubtful(state)
    resend(message_id=identifier, reason="客户说没收到", by=BY, now=NOW)
    row = message(identifier)
    assert (row.state, row.sent_at, row.attempts, row.fencing, row.error) == ("queued", None, 1, 2, "")
    (fact,) = Event.objects.filter(kind="messaging.sent_again")
    assert fact.data == {"message_id": identifier, "was": state, "reason": "客户说没收到"}
    assert fact.actor == BY.actor


def test_the_same_decision_twice_sends_once() -> None:
    identifier = doubtful()
    resend(message_id=identifier, reason="没收到", by=BY, now=NOW)
    with pytest.raises(NotInDoubt):
        resend(message_id=identifier, reason="没收到", by=BY, now=NOW)


@pytest.mark.parametrize("state", ["queued", "leased", "sending", "sent", "withdrawn"])
def test_only_what_is_in_doubt_or_failed_can_be_sent_again(state: str) -> None:
    identifier = doubtful(state)
    with pytest.raises(NotInDoubt):
        resend(message_id=identifier, reason="没收到", by=BY, now=NOW)
    assert message(identifier).state == state


def test_a_decision_needs_its_reason() -> None:
    identifier = doubtful()
    with pytest.raises(Refused) as refused:
        resend(message_id=identifier, reason="  ", by=BY, now=NOW)
    assert refused.value.code == "reason_missing"


def test_another_units_message_is_not_there() -> None:
    identifier = doubtful()
    outsider = Somebody("staff:9", frozenset({99}))
    with pytest.raises(NotFound):
        resend(message_id=identifier, reason="没收到", by=outsider, now=NOW)
    with pytest.raises(NotFound):
        settle(message_id=12345, sent=True, reason="查过", by=BY, now=NOW)


@pytest.mark.parametrize(("sent", "state", "moment"), [(True, "sent", NOW), (False, "failed", None)])
def test_a_doubt_is_settled_as_somebody_found_out(sent: bool, state: str, moment: object) -> None:
    identifier = doubtful()
    settle(message_id=identifier, sent=sent, reason="向运营商查过", by=BY, now=NOW)
    row = message(identifier)
    assert (row.state, row.sent_at) == (state, moment)
    (fact,) = Event.objects.filter(kind="messaging.settled")
    assert fact.data == {"ids": [identifier], "sent": sent, "because": "向运营商查过"}


def test_a_failed_message_is_nothing_to_settle() -> None:
    with pytest.raises(NotInDoubt):
        settle(message_id=doubtful("failed"), sent=True, reason="查过", by=BY, now=NOW)


def test_what_the_customer_opened_has_arrived() -> None:
    doubt, sent = doubtful(), doubtful("sent")
    assert settle_as_sent([doubt, sent], because="opened", by=BY, now=NOW) == [doubt]
    assert (message(doubt).state, message(doubt).delivered_at) == ("sent", NOW)
    assert settle_as_sent([doubt], because="opened", by=BY, now=NOW) == []
    assert Event.objects.filter(kind="messaging.settled").count() == 1


def test_opting_out_takes_back_what_has_not_left_and_says_what_may_still_arrive() -> None:
    queued, leased, on_its_way, sent = make_messages(4, customer_id=7, invitation_id=5)
    (others,) = make_messages(customer_id=8)
    Message.objects.filter(pk=on_its_way).update(state="sending", sent_at=NOW)
    Message.objects.filter(pk=sent).update(state="sent", sent_at=NOW)
    Message.objects.filter(pk=leased).update(state="leased", fencing=1)
    gone = withdraw(customer_ids=[7], reason="opted_out", by=BY, now=NOW)
    assert (gone.ids, gone.invitation_ids, gone.on_their_way) == ([queued, leased], [5, 5], [on_its_way])
    states = [message(pk).state for pk in (queued, leased, on_its_way, sent, others)]
    assert states == ["withdrawn", "withdrawn", "sending", "sent", "queued"]
    (fact,) = Event.objects.filter(kind="messaging.withdrawn")
    assert fact.data == {"ids": [queued, leased], "reason": "opted_out"}


def test_what_belongs_to_an_invitation_may_be_taken_back_alone() -> None:
    (asks,) = make_messages(customer_id=7, invitation_id=5)
    (other,) = make_messages(customer_id=7, invitation_id=6)
    gone = withdraw(customer_ids=[7], invitation_ids=[5], reason="case_reopened", by=BY, now=NOW)
    assert (gone.ids, gone.invitation_ids) == ([asks], [5])
    assert [message(pk).state for pk in (asks, other)] == ["withdrawn", "queued"]


def test_a_worker_that_had_it_leased_cannot_send_what_was_taken_back() -> None:
    make_messages(customer_id=7)
    leased = lease(kind="sms", limit=1, worker="one", now=NOW)
    withdraw(customer_ids=[7], reason="opted_out", by=BY, now=NOW)
    with transaction.atomic():
        assert held(leased) == []


def test_nothing_to_take_back_is_no_fact() -> None:
    assert withdraw(customer_ids=[7], reason="opted_out", by=BY, now=NOW).ids == []
    assert not Event.objects.exists()
