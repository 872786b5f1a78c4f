"""Claiming what is due, and what may become of it before a byte leaves."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from zhiyin.ledger.models import Event
from zhiyin.messaging.actions import LEASE, Leased, could_not_prepare, give_up, held, lease, put_off, take_back
from zhiyin.messaging.models import Message
from zhiyin.messaging.testing import BY, NOW, make_messages, message

pytestmark = pytest.mark.django_db


def take(limit: int = 100, worker: str = "one", **changes: Any) -> list[Leased]:
    return lease(**{"kind": "sms", "limit": limit, "worker": worker, "now": NOW, **changes})


def test_what_is_due_is_claimed_once() -> None:
    ids = make_messages(3)
    assert [one.id for one in take(2)] == ids[:2]
    assert [one.id for one in take(2)] == ids[2:]
    assert take() == []
    row = message(ids[0])
    assert (row.state, row.leased_until, row.fencing, row.attempts) == ("leased", NOW + LEASE, 1, 0)


def test_what_is_due_at_this_very_moment_goes_and_a_moment_later_waits() -> None:
    (now,) = make_messages(not_before=NOW)
    make_messages(not_before=NOW + timedelta(microseconds=1))
    assert [one.id for one in take()] == [now]


def test_a_claim_carries_what_sending_needs() -> None:
    (identifier,) = make_messages(
        customer_id=7, identity_id=8, scenario_id=9, touchpoint_id=10, unit_id=11, invitation_id=12, body={"text": "好"}
    )
    assert take() == [
        Leased(identifier, 1, "survey", "sms", 7, None, 8, 9, 10, 11, 12, 0, {"text": "好"}, "one")  # type: ignore[arg-type]  # a StrEnum equals its text
    ]


def test_other_kinds_of_channel_are_left_alone() -> None:
    make_messages(channel="email")
    assert take() == []


def test_alerts_to_staff_overtake_whatever_waits() -> None:
    make_messages(50, now=NOW - timedelta(days=1))
    (alert,) = make_messages(category="staff")
    assert [one.id for one in take(1)] == [alert]


def test_only_alerts_go_while_outreach_is_paused() -> None:
    make_messages()
    (alert,) = make_messages(category="staff")
    assert [one.id for one in take(staff_only=True)] == [alert]


def test_messages_to_one_person_leave_in_their_order() -> None:
    first, second, third = make_messages(3, customer_id=7)
    assert [one.id for one in take()] == [first]
    assert take() == []  # the first is under way
    Message.objects.filter(pk=first).update(state="sent", sent_at=NOW)
    assert [one.id for one in take()] == [second]
    Message.objects.filter(pk=second).update(state="queued", not_before=NOW + timedelta(hours=1))
    assert [one.id for one in take()] == [third]  # who waits for an hour holds nobody up


def test_alerts_to_one_person_leave_in_their_order_too() -> None:
    first, second = make_messages(2, category="staff", staff_id=3)
    (other,) = make_messages(category="staff", staff_id=4)
    assert [one.id for one in take()] == [first, other]
    Message.objects.filter(pk=first).update(state="sent", sent_at=NOW)
    assert [one.id for one in take()] == [second]


def test_fencing_rises_at_each_change_of_hands() -> None:
    (identifier,) = make_messages()
    (first,) = take()
    with transaction.atomic():
        put_off([first], until=NOW)
    (second,) = take(worker="two")
    assert (first.fencing, second.fencing) == (1, 2)
    with transaction.atomic():
        assert held([first]) == []
        assert held([second]) == [second]
    assert message(identifier).state == "leased"


def test_put_off_and_withdrawn_and_given_up() -> None:
    waits, goes_back, fails = make_messages(3)
    one, two, three = take()
    later = NOW + timedelta(hours=11)
    with transaction.atomic():
        put_off([one], until=later)
        take_back([(two, "opted_out")], by=BY, now=NOW)
        give_up([(three, "no_channel")], by=BY, now=NOW)
    assert (message(waits).state, message(waits).not_before, message(waits).leased_until) == ("queued", later, None)
    assert (message(goes_back).state, message(goes_back).error) == ("withdrawn", "opted_out")
    assert (message(fails).state, message(fails).error) == ("failed", "no_channel")
    facts = {event.kind: event.data for event in Event.objects.filter(kind__startswith="messaging.")}
    assert facts["messaging.withdrawn"] == {"ids": [goes_back], "reason": "opted_out"}
    assert facts["messaging.failed"]["message_id"] == fails


def test_messages_withdrawn_for_one_reason_are_one_fact() -> None:
    make_messages(4)
    leased = take()
    with transaction.atomic():
        take_back([(one, "gap" if n % 2 else "opted_out") for n, one in enumerate(leased)], by=BY, now=NOW)
    reasons = [event.data["reason"] for event in Event.objects.filter(kind="messaging.withdrawn")]
    assert sorted(reasons) == ["gap", "opted_out"]


def test_what_cannot_be_prepared_is_parked_with_its_reason_after_five_tries() -> None:
    (identifier,) = make_messages()
    now = NOW
    for number in range(1, 6):
        (one,) = take(now=now)
        assert one.attempts == number - 1
        with transaction.atomic():
            could_not_prepare(one, "no survey version 3", by=BY, now=now)
        now = message(identifier).not_before
    row = message(identifier)
    assert (row.state, row.attempts, row.error) == ("failed", 4, "no survey version 3")
