"""What a dead or stopped worker had in its hands goes on, is parked, or is proven to have left."""

import fcntl
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from zhiyin.ledger.models import Event
from zhiyin.messaging.actions import (
    LEASE,
    ChannelGiven,
    Leased,
    Recovered,
    held,
    lease,
    mark_sending,
    recovering,
    set_up_channel,
    still_ours,
)
from zhiyin.messaging.actions import sending as sending_module
from zhiyin.messaging.channels.outbox import Outbox
from zhiyin.messaging.models import Attempt, Channel, Message
from zhiyin.messaging.testing import BY, NOW, make_envelope, make_messages, message

pytestmark = pytest.mark.django_db
PATIENCE = timedelta(seconds=10)
AFTER = NOW + PATIENCE + sending_module.MARGIN


@pytest.fixture
def outbox(settings: Settings, tmp_path: Path) -> Outbox:
    settings.DATA_DIR = tmp_path
    return Outbox("outbox", tmp_path / "outbox")


def sending(outbox: Outbox, via: str = "outbox", now: datetime = NOW) -> list[Leased]:
    """Take all that waits, up to the moment before the bytes leave."""
    leased = lease(kind="sms", limit=100, worker="dead", now=now)
    with transaction.atomic():
        place = outbox.place() if via == "outbox" else ""
        mark_sending(held(leased), via=via, place=place, patience=PATIENCE, now=now)
    return leased


def write(outbox: Outbox, leased: list[Leased]) -> None:
    envelopes = [make_envelope(message_id=one.id, invitation_id=one.invitation_id) for one in leased]
    outbox.send(envelopes, still_ours=lambda: still_ours(leased))


def recover(now: datetime = AFTER) -> Recovered:
    with recovering(by=BY, now=now) as recovered:
        pass
    return recovered


def test_nothing_is_touched_before_its_lease_is_over(outbox: Outbox) -> None:
    make_messages(2)
    sending(outbox)
    assert not recover(AFTER - timedelta(microseconds=1))


def test_what_was_only_leased_is_queued_again(outbox: Outbox) -> None:
    (identifier,) = make_messages()
    lease(kind="sms", limit=1, worker="dead", now=NOW)
    assert recover(NOW + LEASE).never_started == [identifier]
    row = message(identifier)
    assert (row.state, row.fencing, row.attempts, row.leased_until) == ("queued", 2, 0, None)


def test_the_outbox_tells_what_left_and_what_did_not(outbox: Outbox) -> None:
    left, stayed = make_messages(2)
    leased = sending(outbox)
    write(outbox, leased[:1])
    recovered = recover()
    assert [one.id for one in recovered.left] == [left]
    assert [one.id for one in recovered.had_not_left] == [stayed]
    assert (message(left).state, message(left).delivered_at, message(left).sent_at) == ("sent", NOW, NOW)
    assert (message(stayed).state, message(stayed).sent_at) == ("queued", None)
    assert dict(Attempt.objects.values_list("message_id", "outcome")) == {left: "accepted", stayed: "not_sent"}
    settled = Event.objects.filter(kind="messaging.settled").order_by("id")
    assert [(event.data["ids"], event.data["sent"]) for event in settled] == [([left], True), ([stayed], False)]


def test_a_worker_that_wakes_after_that_writes_nothing(outbox: Outbox) -> None:
    make_messages()
    leased = sending(outbox)
    recover()
    write(outbox, leased)
    assert not outbox.path.read_bytes()
    again = sending(outbox, now=AFTER)
    write(outbox, leased)  # the zombie, while another worker is sending the same message
    assert not outbox.path.read_bytes()
    write(outbox, again)
    assert outbox.path.read_bytes().count(b"\n") == 1


def test_negative_control_without_the_fencing_number_that_worker_sends_twice(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above must be able to fail: take the check out, and the double line is there."""
    monkeypatch.setattr(sending_module, "same_hands", lambda leased, fencing: fencing is not None)
    make_messages()
    leased = sending(outbox)
    recover()
    again = sending(outbox, now=AFTER)
    write(outbox, leased)
    write(outbox, again)
    assert outbox.path.read_bytes().count(b"\n") == 2


def test_while_a_writer_holds_the_file_nothing_is_decided(outbox: Outbox) -> None:
    (identifier,) = make_messages()
    sending(outbox)
    with outbox.path.open() as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        assert not recover()
    assert message(identifier).state == "sending"
    assert [one.id for one in recover().had_not_left] == [identifier]


def test_where_nobody_can_be_asked_a_customers_message_is_parked_and_an_alert_goes_again(outbox: Outbox) -> None:
    (survey,) = make_messages()
    (alert,) = make_messages(category="staff")
    sending(outbox, via="a channel that is gone")
    recovered = recover()
    assert [one.id for one in recovered.unknown] == [survey]
    assert [one.id for one in recovered.again] == [alert]
    assert (message(survey).state, message(survey).sent_at) == ("unknown", NOW)
    assert (message(alert).state, message(alert).not_before) == ("queued", AFTER)
    (fact,) = Event.objects.filter(kind="messaging.in_doubt")
    assert fact.data["message_id"] == survey
    assert not recover(AFTER + timedelta(days=1)), "what is parked stays parked"


def test_a_gateway_that_cannot_be_asked_leaves_a_doubt(outbox: Outbox) -> None:
    settings = {"url": "https://gateway.example.com/", "body": {"to": "{to}", "text": "{text}"}}
    set_up_channel(ChannelGiven(key="gateway", kind="sms", settings=settings), by=BY, now=NOW)
    (identifier,) = make_messages()
    sending(outbox, via="gateway")
    assert [one.id for one in recover().unknown] == [identifier]


def test_a_channel_whose_settings_cannot_be_read_leaves_a_doubt(outbox: Outbox) -> None:
    Channel.objects.create(key="broken", kind="sms", settings_sealed=b"\x02xx" + bytes(40), updated_at=NOW)
    (identifier,) = make_messages()
    sending(outbox, via="broken")
    assert [one.id for one in recover().unknown] == [identifier]


def test_a_moved_outbox_file_leaves_a_doubt(outbox: Outbox) -> None:
    (identifier,) = make_messages()
    sending(outbox)
    outbox.path.rename(outbox.path.with_suffix(".old"))
    assert [one.id for one in recover().unknown] == [identifier]


def test_a_lease_from_before_the_clock_stepped_back_is_no_lease_for_hours(outbox: Outbox) -> None:
    (identifier,) = make_messages()
    lease(kind="sms", limit=1, worker="dead", now=NOW)
    assert recover(NOW - timedelta(hours=3)).never_started == [identifier]


def test_when_the_callers_own_rows_fail_nothing_was_recovered(outbox: Outbox) -> None:
    (identifier,) = make_messages()
    sending(outbox)
    with pytest.raises(ZeroDivisionError), recovering(by=BY, now=AFTER):
        raise ZeroDivisionError
    assert Message.objects.get(pk=identifier).state == "sending"
