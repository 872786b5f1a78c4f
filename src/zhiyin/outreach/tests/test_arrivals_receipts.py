"""Receipts: order-free, kept, parked where they fit nothing, and what they do to invitations (G30–G47, G71, G72)."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stories.tiers import sized
from zhiyin.ledger.ids import new_id
from zhiyin.messaging import queries
from zhiyin.messaging.receiving import settling
from zhiyin.messaging.receiving.testing import arrivals, delivery_reports, inbox_items
from zhiyin.messaging.rules.receipts import standing
from zhiyin.messaging.testing import channel_rows, message, messages
from zhiyin.outreach import arrivals as handling
from zhiyin.outreach.departing import let_links_live
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.testing import NOW, SYSTEM
from zhiyin.outreach.tests.gateway_calls import (
    invitation_of,
    make_sent,
    number_of,
    receipt,
    says,
    says_and_works,
    sent,
    set_up,
    works,
)
from zhiyin.people.actions import erase

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def channel() -> None:
    set_up()


def states(message_id: int) -> tuple[str, Any, str, Any]:
    row, invited = message(message_id), invitation_of(message_id)
    return row.state, row.delivered_at, invited.state, invited.delivered_at


def test_delivered_is_written_on_message_and_invitation() -> None:
    (pk,) = sent()
    assert says(receipt(pk, to=number_of(pk), at=LATER.isoformat()), now=LATER).status == 200
    assert states(pk) == ("sent", None, "sent", None), "the reply leaves before the work"
    assert works(LATER) == 1
    assert states(pk) == ("sent", LATER, "sent", LATER)
    assert arrivals().get().content_sealed is None, "what was said is forgotten once it has had its effect"


@pytest.mark.parametrize("status", ["accepted", "delivered"])
def test_a_receipt_settles_a_doubt_as_sent(status: str) -> None:
    (pk,) = sent()
    make_sent([pk], state="unknown")
    says_and_works(receipt(pk, status), now=LATER)
    assert (message(pk).state, invitation_of(pk).state) == ("sent", "sent")


def test_a_certain_failure_settles_a_doubt_as_failed() -> None:
    (pk,) = sent()
    make_sent([pk], state="unknown")
    says_and_works(receipt(pk, "failed", code="MK:0001"))
    assert states(pk) == ("failed", None, "failed", None)
    assert message(pk).error == "not delivered: MK:0001"
    assert invitation_of(pk).reason == "not_delivered"
    assert queries.contacts([message(pk).customer_id or 0], since=NOW - HOUR) == [], "it is no contact"


def test_g37_accepted_after_delivered_takes_nothing_back() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "delivered", at=LATER.isoformat()), now=LATER)
    says_and_works(receipt(pk, "accepted"), now=LATER + HOUR)
    assert states(pk) == ("sent", LATER, "sent", LATER)


def test_g38_failed_then_delivered_is_delivered_and_both_are_kept() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "failed"), now=LATER)
    assert invitation_of(pk).state == "failed"
    says_and_works(receipt(pk, "delivered", at=LATER.isoformat()), now=LATER)
    assert states(pk) == ("sent", LATER, "sent", LATER)
    assert invitation_of(pk).reason == ""
    assert set(delivery_reports().values_list("delivery", flat=True)) == {"failed", "delivered"}


def test_g36_the_same_receipt_ten_times_has_one_effect() -> None:
    (pk,) = sent()
    for minute in range(10):
        says_and_works(receipt(pk, at=LATER.isoformat()), now=LATER + timedelta(minutes=minute))
    assert delivery_reports().count() == arrivals().count() == 1


def test_what_a_receipt_says_is_charged_for_counts_under_the_channel_s_cap() -> None:
    first, second = sent(2)
    kind = message(first).channel
    assert queries.sent_by(kind, since=NOW) == (2, 2)
    says_and_works(receipt(first, segments=3), now=LATER)
    assert queries.sent_by(kind, since=NOW) == (2, 4)
    says_and_works(receipt(second, segments=1), now=LATER)
    assert (message(first).segments, message(second).segments) == (3, None)


def reminded(first: int) -> int:
    """A reminder of the same invitation, sent an hour after the first message."""
    row, at = message(first), NOW + HOUR
    row.pk, row.category, row.sent_at = new_id(now=at), "reminder", at
    row.save(force_insert=True)
    let_links_live([(row.invitation_id or 0, b"second", at + 8 * HOUR)], now=at, keeping_earlier=True)
    Invitation.objects.filter(pk=row.invitation_id).update(state="sent")
    return row.pk


def test_a_reminder_that_did_not_arrive_takes_nothing_from_what_did() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "delivered", at=LATER.isoformat()), now=LATER)
    reminder = reminded(pk)
    says_and_works(receipt(reminder, "failed"), now=NOW + 2 * HOUR)
    assert (message(reminder).state, message(pk).state) == ("failed", "sent")
    row = invitation_of(pk)
    assert (row.state, row.reason, row.delivered_at) == ("sent", "", LATER)
    assert bytes(row.token_hash or b"") == b"second", "gateways may be wrong: both links stay"
    assert row.earlier_sent_at == NOW


def test_what_it_reminds_of_may_fail_late_and_the_reminder_stays() -> None:
    (pk,) = sent()
    reminded(pk)
    says_and_works(receipt(pk, "failed"), now=NOW + 2 * HOUR)
    assert invitation_of(pk).state == "sent"


def test_a_reminder_that_goes_again_tomorrow_leaves_the_first_link_in_its_place() -> None:
    (pk,) = sent()
    first = bytes(invitation_of(pk).token_hash or b"")
    reminder = reminded(pk)
    says_and_works(receipt(reminder, "failed", reason="daily_cap"), now=NOW + 2 * HOUR)
    assert message(reminder).state == "queued"
    row = invitation_of(pk)
    assert (row.state, bytes(row.token_hash or b""), row.sent_at, row.earlier_sent_at) == ("sent", first, NOW, None)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"provider_id": "g-nobody"}, "no such message"),
        ({"message": 17}, "no such message"),
        ({"to": "+8613900000000"}, "another address than ours"),
    ],
)
def test_g31_to_g34_what_fits_nothing_is_parked_tried_for_a_day_and_then_listed(what: dict[str, Any], why: str) -> None:
    (pk,) = sent()
    item = receipt(pk)
    item["data"] |= what
    if "provider_id" in what:
        del item["data"]["message"]
    says_and_works(item)
    row = arrivals().get()
    assert (row.state, row.error) == ("parked", why)
    assert states(pk)[1] is None
    moment = NOW
    while row.state == "parked":
        moment = row.try_at
        works(moment)
        row.refresh_from_db()
    assert row.state == "listed"
    assert moment == NOW + 24 * HOUR
    assert row.tries > 40
    assert row.content_sealed is not None, "nothing unknown is thrown away"


def test_g33_the_id_of_another_channels_message_is_not_believed() -> None:
    set_up("other")
    (pk,) = sent(key="other")
    says_and_works(receipt(pk))
    assert arrivals().get().error == "the message went by another channel"
    assert states(pk)[1] is None


def test_g39_a_receipt_that_outran_our_commit_is_applied_later() -> None:
    (pk,) = sent()
    messages(pk=pk).update(state="sending", provider_id="")
    says_and_works(receipt(pk, provider_id=f"g-{pk}", at=NOW.isoformat()))
    assert arrivals().get().state == "parked"
    make_sent([pk])
    assert works(NOW + timedelta(seconds=4)) == 1
    assert states(pk) == ("sent", NOW, "sent", NOW)


def test_a_receipt_finds_its_message_by_the_gateways_own_id() -> None:
    one, other = sent(2)
    says_and_works(receipt(None, provider_id=f"g-{other}"))
    assert (message(one).delivered_at, message(other).delivered_at) == (None, NOW)


def test_g40_a_receipt_72_hours_late_is_applied() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, at=LATER.isoformat()), now=NOW + 72 * HOUR)
    assert states(pk)[1] == LATER


def test_g41_after_erasure_nothing_is_stored() -> None:
    (pk,) = sent()
    number = number_of(pk)
    erase(message(pk).customer_id or 0, by=SYSTEM, now=NOW)
    assert says_and_works(receipt(pk, to=number)).status == 200
    assert delivery_reports().count() == 0
    assert [row.content_sealed for row in inbox_items()] == [None]
    assert [row.content_sealed for row in arrivals()] == [None]


def test_g42_the_message_has_arrived_when_all_its_parts_have() -> None:
    (pk,) = sent()
    for part, expected in ((2, None), (1, None), (3, LATER + 2 * HOUR)):
        at = LATER + {1: HOUR, 2: 0 * HOUR, 3: 2 * HOUR}[part]
        says_and_works(receipt(pk, part=part, segments=3, at=at.isoformat()), now=NOW + 3 * HOUR)
        assert message(pk).delivered_at == expected
    assert message(pk).state == "sent"


def test_g43_what_it_cost_is_kept() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, segments=3))
    assert delivery_reports().get().segments == 3


def test_g30_an_unknown_status_is_kept_and_changes_nothing() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "tachyon"))
    assert states(pk) == ("sent", None, "sent", None)
    report = delivery_reports().get()
    assert (report.delivery, report.code) == ("unread", "tachyon")


@pytest.mark.parametrize("at", [(NOW + 24 * HOUR).isoformat(), "0000-00-00", "not a time", str(10**20)])
def test_g45_to_g47_a_time_that_cannot_be_is_not_believed(at: str) -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, at=at), now=LATER)
    assert states(pk)[1] == LATER
    assert delivery_reports().get().detail


def test_g44_a_time_without_a_zone_is_beijing_time() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, at="2026-11-20 10:00:30"), now=LATER)
    assert states(pk)[1] == NOW + timedelta(seconds=30)


def test_g71_an_empty_account_pauses_the_channel_and_loses_nothing() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "failed", reason="out_of_credit"))
    row, channel = message(pk), channel_rows().get()
    assert (row.state, row.not_before) == ("queued", NOW + HOUR)
    assert (channel.rests_until, channel.trouble, channel.is_active) == (NOW + HOUR, "out of credit", True)
    invited = invitation_of(pk)
    assert (invited.state, invited.sent_at, invited.token_hash) == ("queued", None, None)


def test_g72_the_carriers_cap_means_tomorrow_not_at_once() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "failed", reason="daily_cap", code="CAP"))
    row = message(pk)
    assert (row.state, row.not_before.isoformat()) == ("queued", "2026-11-20T16:00:00+00:00"), "midnight in Shanghai"
    assert invitation_of(pk).state == "queued"


def test_what_waits_to_go_again_and_has_arrived_after_all_does_not_go_again() -> None:
    (pk,) = sent()
    says_and_works(receipt(pk, "failed", reason="daily_cap"))
    says_and_works(receipt(pk, "delivered"), now=LATER)
    assert states(pk)[0] == "sent"
    assert invitation_of(pk).state == "sent"


def test_an_answered_invitation_stays_answered() -> None:
    (pk,) = sent()
    Invitation.objects.update(state="answered", answered_at=LATER)
    says_and_works(receipt(pk, "failed"), receipt(pk, "delivered"), now=LATER)
    assert states(pk) == ("sent", LATER, "answered", LATER)


def test_one_that_breaks_down_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = sent(2)
    real = handling.write_on_invitations

    def breaks(settled: Any) -> None:
        assert bad not in settled.delivered
        real(settled)

    monkeypatch.setattr(handling, "write_on_invitations", breaks)
    says(receipt(good), receipt(bad))
    works()
    assert (message(good).delivered_at, message(bad).delivered_at) == (NOW, None)
    for hour in range(1, 6):
        works(NOW + hour * HOUR)
    assert set(arrivals().values_list("state", flat=True)) == {"done", "listed"}


R5 = sized(c=50, n=2_000)  # messages, each with orders of its own


def in_any_order(number: int) -> int:
    """The whole way, over the inbox: receipts doubled, mixed, up to 72 hours late, some before our own commit. Returns
    of how many messages the rows do not end as the set of their receipts says."""
    dice = random.Random(7)
    pks = sent(number)
    orders: dict[int, list[tuple[str, int]]] = {}
    for pk in pks:
        said = [
            (dice.choice(["accepted", "failed", "delivered"]), dice.randint(0, 72)) for _ in range(dice.randint(1, 4))
        ]
        orders[pk] = [*said, *dice.choices(said, k=2)]
        dice.shuffle(orders[pk])
        if dice.random() < 0.4:
            messages(pk=pk).update(state="sending", provider_id="")  # the receipts outrun our commit
    late = NOW + 72 * HOUR
    for step in range(6):
        items = [
            receipt(pk, word, at=(NOW + hour * HOUR).isoformat())
            for pk in pks
            for word, hour in orders[pk][step : step + 1]
        ]
        dice.shuffle(items)
        says_and_works(*items, now=late + step * timedelta(seconds=1))
        if step == 3:
            make_sent(list(messages(state="sending").values_list("pk", flat=True)))
    for minute in range(1, 30):
        while works(late + minute * timedelta(minutes=1)):
            pass
    return sum(states(pk) != as_all_say_together(orders[pk]) for pk in pks)


def as_all_say_together(said: list[tuple[str, int]]) -> tuple[str, Any, str, Any]:
    arrived = [hour for word, hour in said if word == "delivered"]
    state = "sent" if arrived or "failed" not in {word for word, _ in said} else "failed"
    at = NOW + min(arrived) * HOUR if arrived else None
    return state, at, state, at


@pytest.mark.timeout(sized(c=60, n=1200))
def test_r5_any_order_of_calls_and_work_ends_in_the_same_rows() -> None:
    assert in_any_order(R5) == 0


def test_r5_negative_control_rows_in_which_the_last_word_wins_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "standing", lambda reports: standing(reports[-1:]))
    assert in_any_order(20) > 0


def statements_for(number: int, status: str, **more: Any) -> tuple[int, int]:
    """How many statements a callback with so many receipts takes, and the worker that lets them count."""
    ids = [0] * number if status == "of nothing" else sent(number)
    if status == "in doubt":
        make_sent(ids, state="unknown")
    word = {"of nothing": "delivered", "in doubt": "failed"}.get(status, status)
    items = [receipt(pk or 7_000_000_000 + place, word, **more) for place, pk in enumerate(ids)]
    with CaptureQueriesContext(connection) as called:
        says(*items)
    with CaptureQueriesContext(connection) as worked:
        works(NOW)
    return len(called), len(worked)


@pytest.mark.parametrize(
    ("status", "more"),
    [
        ("delivered", {"at": LATER.isoformat()}),
        ("failed", {"code": "MK:0001"}),
        ("failed", {"reason": "daily_cap"}),
        ("in doubt", {}),
        ("of nothing", {}),
    ],
)
def test_a_hundred_receipts_take_no_more_statements_than_five(status: str, more: dict[str, Any]) -> None:
    statements_for(2, status, **more)  # what is asked once per process
    few, many = statements_for(5, status, **more), statements_for(100, status, **more)
    assert many == few
