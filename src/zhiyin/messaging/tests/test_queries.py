"""Questions about messages and channels."""

from datetime import timedelta

import pytest
from django.db import transaction

from zhiyin.messaging.actions import Alert, ChannelGiven, held, lease, mark_sending, queue_alert, set_up_channel
from zhiyin.messaging.models import Attempt, Channel, Message
from zhiyin.messaging.queries import (
    Contact,
    LastSeen,
    attempts_of,
    channels,
    contacts,
    doubtful_invitations,
    doubts,
    invitations_behind,
    last_seen,
    queue,
    queue_sizes,
    sent_to_numbers,
)
from zhiyin.messaging.testing import BY, NOW, Somebody, make_messages

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def put(state: str, **changes: object) -> int:
    """One message in this state, sent now if it may have left."""
    sent = changes.pop("sent_at", NOW if state in ("sending", "sent", "unknown") else None)
    delivered = changes.pop("delivered_at", None)
    via = changes.pop("via", "outbox")
    (identifier,) = make_messages(**changes)  # type: ignore[arg-type]  # the columns' values
    Message.objects.filter(pk=identifier).update(state=state, sent_at=sent, delivered_at=delivered, via=via)
    return identifier


@pytest.mark.parametrize(
    ("state", "counts_as"),
    [
        ("queued", "queued"),
        ("leased", "queued"),
        ("sending", "unknown"),
        ("sent", "sent"),
        ("unknown", "unknown"),
        ("failed", None),
        ("withdrawn", None),
    ],
)
def test_what_counts_as_a_contact_and_how(state: str, counts_as: str | None) -> None:
    put(state, customer_id=7, scenario_id=3, touchpoint_id=4, category="care")
    at = NOW if state in ("sending", "sent", "unknown") else None
    expected = [] if counts_as is None else [Contact(7, 3, 4, "care", at, counts_as)]
    assert contacts([7], since=NOW - DAY) == expected


def test_a_contact_as_old_as_the_window_is_outside_it() -> None:
    put("sent", customer_id=7, sent_at=NOW - DAY)
    put("sent", customer_id=7, sent_at=NOW - DAY + timedelta(microseconds=1))
    assert len(contacts([7], since=NOW - DAY)) == 1


def test_neither_alerts_nor_what_is_judged_again_nor_other_peoples_messages_count() -> None:
    put("sent", customer_id=8)
    put("sent", customer_id=7, category="staff", staff_id=1)
    again = put("leased", customer_id=7)
    assert contacts([7], since=NOW - DAY, leaving_out=[again]) == []
    assert len(contacts([7, 8], since=NOW - DAY)) == 2


def test_messages_to_a_number_today() -> None:
    put("sent", customer_id=7, identity_id=70)
    put("unknown", customer_id=7, identity_id=70)
    put("sent", customer_id=7, identity_id=70, sent_at=NOW - DAY)
    put("sent", customer_id=7, identity_id=71)
    assert sent_to_numbers([70, 72], customer_ids=[7], since=NOW - timedelta(hours=2)) == {70: 2}


def test_doubts_are_listed_with_their_age_the_oldest_first_and_only_of_ones_own_units() -> None:
    old = put("unknown", sent_at=NOW - DAY, unit_id=5)
    put("unknown", unit_id=6)
    put("sent", unit_id=5)
    assert [card.id for card in doubts(by=Somebody(), now=NOW)][0] == old
    (card,) = doubts(by=Somebody("staff:1", frozenset({5})), now=NOW)
    assert (card.id, card.age) == (old, DAY)


def test_invitations_in_doubt_name_their_newest_message() -> None:
    put("unknown", invitation_id=1)
    newest = put("unknown", invitation_id=1)
    assert doubtful_invitations() == {1: (newest, NOW)}


def test_attempts_in_their_order() -> None:
    (identifier,) = make_messages()
    leased = lease(kind="sms", limit=1, worker="one", now=NOW)
    with transaction.atomic():
        mark_sending(held(leased), via="outbox", place="", patience=DAY, now=NOW)
    (card,) = attempts_of([identifier])[identifier]
    assert (card.number, card.started_at, card.outcome) == (1, NOW, "")


def test_the_queue_and_how_long_the_oldest_has_been_due() -> None:
    make_messages(2, not_before=NOW - timedelta(minutes=5))
    make_messages(not_before=NOW + DAY)
    put("sending")
    card = queue(now=NOW)
    assert (card.due, card.later, card.on_its_way, card.oldest) == (2, 1, 1, timedelta(minutes=5))
    assert queue_sizes()["queued"] == 3


def test_the_queue_of_a_branch_is_its_customers_messages() -> None:
    make_messages(2, unit_id=5, not_before=NOW - timedelta(minutes=5))
    make_messages(not_before=NOW - timedelta(minutes=50))
    make_messages(unit_id=5, not_before=NOW + DAY)
    queue_alert([Alert(1, "新工单", "请派单", unit_id=5)], now=NOW - DAY)
    mine = queue(now=NOW, by=Somebody("staff:1", frozenset({5})))
    assert (mine.due, mine.later, mine.oldest, mine.next_at) == (2, 1, timedelta(minutes=5), NOW + DAY)
    assert queue(now=NOW, by=Somebody()).due == 3
    assert queue(now=NOW).due == 4


def test_an_empty_queue_is_not_late() -> None:
    card = queue(now=NOW)
    assert (card.due, card.later, card.oldest) == (0, 0, timedelta())


def test_what_waits_for_tomorrow_is_not_late() -> None:
    make_messages(not_before=NOW + DAY)
    assert queue(now=NOW).oldest == timedelta()


def test_the_outbox_is_a_channel_like_any_other() -> None:
    make_messages(2)
    put("sent", delivered_at=NOW, not_before=NOW - timedelta(seconds=4))
    put("sent", sent_at=NOW - timedelta(hours=2), not_before=NOW - timedelta(hours=2, seconds=10))
    put("unknown")
    (card,) = channels(now=NOW)
    assert (card.key, card.kind, card.state) == ("outbox", "outbox", "working")
    assert (card.waiting, card.sent_last_hour, card.sent_last_day, card.in_doubt) == (2, 1, 2, 1)
    assert card.delivery_rate == 0.5
    assert card.median_delay == timedelta(seconds=7)


def test_a_channel_that_sent_nothing_has_no_rate_and_no_delay() -> None:
    (card,) = channels(now=NOW)
    assert (card.delivery_rate, card.median_delay) == (None, None)


def test_how_channels_stand() -> None:
    settings = {"url": "https://gateway.example.com/", "body": {"to": "{to}", "text": "{text}"}}
    for key in ("off", "probing", "resting", "working"):
        set_up_channel(ChannelGiven(key=key, kind="sms", settings=settings), by=BY, now=NOW)
    Channel.objects.filter(key="off").update(is_active=False)
    Channel.objects.filter(key="probing").update(failures=5, rests_until=NOW)
    Channel.objects.filter(key="resting").update(failures=5, rests_until=NOW + DAY, trouble="no answer in time")
    make_messages(3)
    cards = {card.key: card for card in channels(now=NOW)}
    # The outbox stands there too: what asks for it by name still goes by it.
    assert {key: card.state for key, card in cards.items() if key != "outbox"} == {
        key: key for key in cards if key != "outbox"
    }
    assert cards["resting"].rests_until == NOW + DAY
    assert cards["resting"].trouble == "no answer in time"
    assert {key: card.waiting for key, card in cards.items()} == {
        "off": 0, "probing": 3, "resting": 0, "working": 0, "outbox": 0,
    }  # fmt: skip


def test_what_each_channel_carries() -> None:
    settings = {"url": "https://gateway.example.com/", "body": {"to": "{to}", "text": "{text}"}}
    for key, is_active in (("a", True), ("b", True), ("c", False)):
        set_up_channel(ChannelGiven(key=key, kind="sms", settings=settings, is_active=is_active), by=BY, now=NOW)
    cards = {card.key: card for card in channels(now=NOW)}
    assert {key: card.carries for key, card in cards.items()} == {
        "a": ("sms",),
        "b": (),
        "c": (),
        "outbox": ("outbox",),
    }
    assert [cards[key].is_active for key in "abc"] == [True, True, False]
    assert (cards["a"].updated_at, cards["outbox"].updated_at) == (NOW, None)


def ended(message_id: int, outcome: str, detail: str, *, minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    Attempt.objects.create(
        message_id=message_id,
        number=1,
        fencing=1,
        worker="w",
        started_at=at,
        finished_at=at,
        outcome=outcome,
        detail=detail,
    )


def test_when_a_channel_last_sent_and_last_failed() -> None:
    assert last_seen("gateway") == LastSeen()
    put("sent", via="gateway", sent_at=NOW - DAY)
    put("sent", via="gateway", sent_at=NOW)
    put("sent", via="other", sent_at=NOW + DAY)
    assert last_seen("gateway") == LastSeen(NOW)
    failed, doubtful, other = (
        put(state, via=via) for state, via in (("failed", "gateway"), ("unknown", "gateway"), ("failed", "other"))
    )
    Message.objects.filter(pk__in=[failed, doubtful, other]).update(error="no")
    ended(failed, "refused", "HTTP 400", minutes=2)
    ended(doubtful, "doubtful", "HTTP 500", minutes=1)
    ended(other, "refused", "HTTP 404", minutes=9)
    assert last_seen("gateway") == LastSeen(NOW, NOW + timedelta(minutes=2), "HTTP 400")


def test_the_invitations_behind_messages() -> None:
    one, two = put("sent", invitation_id=11), put("sent")
    assert invitations_behind([one, two]) == [11]
