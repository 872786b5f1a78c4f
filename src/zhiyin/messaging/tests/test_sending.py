"""Marked before the bytes leave, recorded after: and refused to whoever has lost the message meanwhile."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from zhiyin.ledger.models import Event
from zhiyin.messaging.actions import (
    Leased,
    Recorded,
    held,
    lease,
    mark_sending,
    record_outcomes,
    set_up_channel,
    still_ours,
)
from zhiyin.messaging.actions.sending import MARGIN
from zhiyin.messaging.actions.setting_up import ChannelGiven
from zhiyin.messaging.models import Attempt, Channel, Message
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.testing import BY, NOW, make_messages, message

pytestmark = pytest.mark.django_db
OK = Outcome(Result.ACCEPTED)
DOUBT = Outcome(Result.DOUBTFUL, "no answer in time")
NO = Outcome(Result.NOT_SENT, "not connected")


def take(limit: int = 100) -> list[Leased]:
    return lease(kind="sms", limit=limit, worker="one", now=NOW)


def mark(leased: Sequence[Leased], via: str = "outbox") -> None:
    with transaction.atomic():
        mark_sending(held(leased), via=via, place="here:1:0", patience=timedelta(seconds=10), now=NOW)


def record(pairs: Sequence[tuple[Leased, Outcome]], via: str = "outbox") -> Recorded:
    return record_outcomes(pairs, via=via, by=BY, now=NOW + timedelta(seconds=1))


def test_before_the_bytes_leave_the_row_says_so_and_an_attempt_stands() -> None:
    (identifier,) = make_messages()
    mark(take())
    row = message(identifier)
    assert (row.state, row.via, row.sent_at, row.attempts) == ("sending", "outbox", NOW, 1)
    assert row.leased_until == NOW + timedelta(seconds=10) + MARGIN
    attempt = Attempt.objects.get(message_id=identifier)
    assert (attempt.number, attempt.fencing, attempt.worker, attempt.place) == (1, 1, "one", "here:1:0")
    assert (attempt.started_at, attempt.finished_at, attempt.outcome) == (NOW, None, "")


def test_each_outcome_is_written_with_its_attempt_and_its_fact() -> None:
    sent, doubt, again, failed = make_messages(4)
    leased = take()
    mark(leased)
    outcomes = [Outcome(Result.ACCEPTED, provider_id="g-1", delivered=True), DOUBT, NO, Outcome(Result.REFUSED, "no")]
    recorded = record(list(zip(leased, outcomes, strict=True)))
    assert recorded == Recorded([sent], [sent], [doubt], [failed], [again], [])
    rows = {pk: message(pk) for pk in (sent, doubt, again, failed)}
    assert [rows[pk].state for pk in (sent, doubt, again, failed)] == ["sent", "unknown", "queued", "failed"]
    assert (rows[sent].provider_id, rows[sent].delivered_at) == ("g-1", NOW + timedelta(seconds=1))
    assert (rows[doubt].sent_at, rows[doubt].error, rows[doubt].delivered_at) == (NOW, "no answer in time", None)
    assert (rows[again].sent_at, rows[again].not_before) == (None, NOW + timedelta(seconds=31))
    assert (rows[failed].sent_at, rows[failed].leased_until) == (None, None)
    kept = dict(Attempt.objects.values_list("message_id", "outcome"))
    assert kept == {sent: "accepted", doubt: "doubtful", again: "not_sent", failed: "refused"}
    facts = {event.kind: event.data for event in Event.objects.filter(kind__startswith="messaging.")}
    assert facts["messaging.sent"] == {"ids": [sent], "channel": "outbox"}
    assert facts["messaging.in_doubt"]["message_id"] == doubt
    assert facts["messaging.failed"]["message_id"] == failed


def test_a_doubtful_alert_goes_again_under_the_same_id() -> None:
    (alert,) = make_messages(category="staff")
    leased = take()
    mark(leased)
    assert record([(leased[0], DOUBT)]).again == [alert]
    assert message(alert).state == "queued"


def test_a_batch_that_left_is_one_fact() -> None:
    ids = make_messages(5)
    leased = take()
    mark(leased)
    record([(one, OK) for one in leased])
    (event,) = Event.objects.filter(kind="messaging.sent")
    assert event.data["ids"] == ids


def test_a_zombies_late_writes_are_refused() -> None:
    """The row went through other hands, and once more into sending: state alone would not tell."""
    (identifier,) = make_messages()
    leased = take()
    mark(leased)
    Message.objects.filter(pk=identifier).update(fencing=F("fencing") + 1)
    assert still_ours(leased) == set()
    assert record([(leased[0], OK)]) == Recorded(not_ours=[identifier])
    row = message(identifier)
    assert (row.state, row.provider_id) == ("sending", "")
    assert Attempt.objects.get(message_id=identifier).finished_at is None
    assert not Event.objects.filter(kind="messaging.sent").exists()


def test_what_is_recorded_twice_is_refused_the_second_time() -> None:
    (identifier,) = make_messages()
    leased = take()
    mark(leased)
    record([(leased[0], OK)])
    assert record([(leased[0], DOUBT)]).not_ours == [identifier]
    assert message(identifier).state == "sent"


def test_a_channel_rests_after_five_failures_in_a_row_and_wakes_at_the_first_success() -> None:
    settings = {"url": "https://gateway.example.com/", "body": {"to": "{to}", "text": "{text}"}}
    set_up_channel(ChannelGiven(key="gateway", kind="sms", settings=settings), by=BY, now=NOW)
    make_messages(6)
    leased = take()
    mark(leased, via="gateway")
    for one in leased[:4]:
        record([(one, NO)], via="gateway")
    assert Channel.objects.get().rests_until is None
    record([(leased[4], DOUBT)], via="gateway")
    row = Channel.objects.get()
    assert (row.failures, row.rests_until) == (5, NOW + timedelta(seconds=31))
    assert row.trouble == "no answer in time"
    record([(leased[5], OK)], via="gateway")
    row = Channel.objects.get()
    assert (row.failures, row.rests_until, row.trouble) == (0, None, "")
    kinds = list(
        Event.objects.filter(kind__startswith="messaging.channel_").order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["messaging.channel_set_up", "messaging.channel_rests", "messaging.channel_back"]


def test_one_failure_is_forgotten_at_the_next_success() -> None:
    settings = {"url": "https://gateway.example.com/", "body": {"to": "{to}", "text": "{text}"}}
    set_up_channel(ChannelGiven(key="gateway", kind="sms", settings=settings), by=BY, now=NOW)
    make_messages(2)
    first, second = take()
    mark([first, second], via="gateway")
    record([(first, NO)], via="gateway")
    assert Channel.objects.get().failures == 1
    record([(second, OK)], via="gateway")
    assert Channel.objects.get().failures == 0
