"""Where pushes fall silent gateways are asked; unknown words, forged calls and empty accounts are told (G30, G51)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import count_since
from zhiyin.ledger.record import has_reactions
from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.channels import registry
from zhiyin.messaging.channels.callbacks import callback_path
from zhiyin.messaging.channels.email.returning import reference
from zhiyin.messaging.events import CallbacksRefused, ChannelPaused, DoubtsOld, PushesSilent, ReceiptsUnread
from zhiyin.messaging.receiving.closing import is_closed
from zhiyin.messaging.receiving.doubting import tell_of_old_doubts
from zhiyin.messaging.receiving.testing import delivery_reports
from zhiyin.messaging.rules.signals import Asked, Callback, Delivery, Receipt, Signal
from zhiyin.messaging.testing import channel_rows, message, messages
from zhiyin.messaging.tests.weixin_calls import WECHAT, asked, event, pushed, query_for
from zhiyin.messaging.ways import setup_of
from zhiyin.outreach.alarms import tell_administrators
from zhiyin.outreach.arrivals import answer_callback, ask_where_pushes_are_silent, listen
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world
from zhiyin.outreach.tests.gateway_calls import (
    KEY,
    SECRET,
    make_sent,
    number_of,
    receipt,
    says_and_works,
    sent,
    set_up,
    signed,
    works,
)
from zhiyin.people.actions import StaffGiven, put_staff
from zhiyin.people.testing import customers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


class Asks:
    """A gateway that knows what became of everything, if asked."""

    most_at_once = 10

    def __init__(self) -> None:
        self.asked: list[list[Asked]] = []

    def pull(self, asked: Sequence[Asked], *, now: datetime) -> list[Signal]:
        self.asked.append(list(asked))
        return [
            Receipt(provider_id=one.provider_id, message_id=one.message_id, delivery=Delivery.DELIVERED, at=now)
            for one in asked
        ]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Asks:
    asks = Asks()
    dialect = replace(registry.DIALECTS["webhook"], puller=lambda *_: asks)
    monkeypatch.setitem(registry.DIALECTS, "webhook", dialect)  # type: ignore[arg-type]
    set_up()
    return asks


def alarms() -> int:
    return count_since(NOW - timedelta(hours=9), kind="messaging.pushes_silent")


def test_g51_a_channel_that_sends_and_hears_nothing_is_asked_and_told(gateway: Asks) -> None:
    early, late = sent(2)
    messages(pk=late).update(sent_at=NOW + 29 * MINUTE)
    assert ask_where_pushes_are_silent(now=NOW + 29 * MINUTE) == 0
    assert (gateway.asked, alarms()) == ([], 0), "nothing can be late yet"
    now = NOW + 30 * MINUTE
    assert ask_where_pushes_are_silent(now=now) == 2
    works(now)
    assert (message(early).delivered_at, message(late).delivered_at) == (now, now)
    assert [one.to for one in gateway.asked[0]] == [number_of(early), number_of(late)]
    assert alarms() == 1


def test_it_is_asked_every_few_minutes_and_told_once_an_hour(gateway: Asks) -> None:
    early, late = sent(2)
    messages(pk=late).update(sent_at=NOW + 29 * MINUTE)
    for minute in range(30, 56):
        ask_where_pushes_are_silent(now=NOW + minute * MINUTE)
    assert (len(gateway.asked), alarms()) == (6, 1)


def test_a_channel_that_is_heard_is_not_asked(gateway: Asks) -> None:
    early, late = sent(2)
    messages(pk=late).update(sent_at=NOW + 29 * MINUTE)
    says_and_works(receipt(early), now=NOW + 10 * MINUTE)
    assert ask_where_pushes_are_silent(now=NOW + 35 * MINUTE) == 0
    assert gateway.asked == []


def test_what_is_in_doubt_is_asked_for_first(gateway: Asks) -> None:
    *rest, doubtful = sent(12)
    make_sent([doubtful], state="unknown")
    messages(pk=rest[0]).update(sent_at=NOW + 29 * MINUTE)
    ask_where_pushes_are_silent(now=NOW + 30 * MINUTE)
    assert gateway.asked[0][0].message_id == doubtful
    assert len(gateway.asked[0]) == 10
    works(NOW + 30 * MINUTE)
    assert message(doubtful).state == "sent"


def test_one_that_never_calls_is_listened_to(gateway: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listen(now=NOW) == 0
    monkeypatch.setitem(
        registry.DIALECTS,
        "webhook",
        replace(registry.DIALECTS["webhook"], listens=True),  # type: ignore[arg-type]
    )
    (pk,) = sent()
    said = Receipt(provider_id="", message_id=pk, delivery=Delivery.DELIVERED, at=NOW)
    monkeypatch.setattr(gateway, "pull", lambda asked, now: [said])
    assert listen(now=NOW) == 1
    assert listen(now=NOW) == 0, "said twice, taken once"
    works()
    assert message(pk).delivered_at == NOW


def test_g30_too_many_unknown_words_are_told() -> None:
    set_up()
    pks = sent(100)
    says_and_works(*[receipt(pk, "tachyon" if number < 1 else "delivered") for number, pk in enumerate(pks)])
    assert count_since(NOW - MINUTE, kind="messaging.receipts_unread") == 0
    says_and_works(receipt(pks[1], "tachyon"), receipt(pks[2], "tachyon"))
    assert count_since(NOW - MINUTE, kind="messaging.receipts_unread") == 1


def in_doubt(number: int, *, since: datetime) -> list[int]:
    pks = sent(number)
    messages(pk__in=pks).update(state="unknown", sent_at=since, delivered_at=None)
    return pks


def test_messages_long_in_doubt_are_told_of_once_and_once_more_for_others_a_day_later() -> None:
    set_up()
    told = [tell_of_old_doubts(by=SYSTEM, now=NOW)]
    old = in_doubt(2, since=NOW)
    told += [tell_of_old_doubts(by=SYSTEM, now=NOW + minutes * MINUTE) for minutes in (59, 60, 61, 300)]
    assert told == [0, 0, 1, 0, 0]
    in_doubt(1, since=NOW + 300 * MINUTE)
    day = 24 * 60
    told = [
        tell_of_old_doubts(by=SYSTEM, now=NOW + minutes * MINUTE) for minutes in (361, day + 59, day + 60, day + 61)
    ]
    assert told == [0, 0, 1, 0]
    assert tell_of_old_doubts(by=SYSTEM, now=NOW + 3 * day * MINUTE) == 0, "all of them have been told of"
    messages(state="unknown").update(state="sent")
    assert tell_of_old_doubts(by=SYSTEM, now=NOW + 3 * day * MINUTE) == 0
    messages(pk__in=old).update(state="unknown", sent_at=NOW + 3 * day * MINUTE)
    assert tell_of_old_doubts(by=SYSTEM, now=NOW + (3 * day + 60) * MINUTE) == 1, "it began anew"


def test_every_alarm_becomes_an_alert_to_each_administrator() -> None:
    make_world()
    given = StaffGiven(
        name="管理员", unit="HQ", role="administrator", email="a@example.com", password="correct horse 1"
    )
    put_staff(given, by=SYSTEM, now=NOW)
    alarms_of_all_kinds: tuple[Any, ...] = (
        CallbacksRefused(channel="gate", count=3, why="no signature"),
        ChannelPaused(key="gate", because="out of credit"),
        PushesSilent(channel="gate", heard_at="", asked=True),
        PushesSilent(channel="gate", heard_at="", asked=False),
        ReceiptsUnread(channel="gate", receipts=100, unread=2),
        DoubtsOld(channel="gate", count=3, since=NOW.isoformat()),
    )
    for alarm in alarms_of_all_kinds:
        (pk,) = tell_administrators(alarm, now=NOW)
        assert message(pk).category == "staff"
        assert "gate" in message(pk).body["subject"]
        assert has_reactions(alarm.fact_kind)


def test_the_worker_does_all_of_it(settings: Settings) -> None:
    names = {name for name, _, _ in import_module(settings.LOOP).DUTIES}
    assert names >= {
        "work_through_the_inbox",
        "listen_where_nobody_calls",
        "ask_where_pushes_are_silent",
        "tell_of_messages_long_in_doubt",
        "forget_what_gateways_said",
    }


def mail_channel() -> str:
    make_world()
    settings = {"host": "mail.example.com", "sender": "a@example.cn", "return_path": "bounce@example.cn"}
    set_up_channel(ChannelGiven(key="mail", kind="email", settings=settings), by=SYSTEM, now=NOW)
    row = channel_rows().get(key="mail")
    return callback_path("mail", setup_of(row)).rstrip("/").rpartition("/")[2]


def posted(body: str, secret: str) -> int:
    mail = body.encode()
    call = Callback(method="POST", query={}, headers={}, body=mail, remote="::1", now=NOW, secret=secret)
    return answer_callback("mail", call).status


def test_a_bounced_mail_was_not_delivered_and_a_complaint_opts_out() -> None:
    secret = mail_channel()
    (invited,) = make_invitations(1, channel="email")
    pk = messages(invitation_id=invited).get().pk
    make_sent([pk], key="mail")
    bounce = (
        f"To: bounce+{reference(pk)}@example.cn\nContent-Type: multipart/report; report-type=delivery-status; "
        "boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822; x@example.com\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    assert posted(bounce, "wrong") == posted(bounce, "") == 403
    assert posted(bounce, secret) == 200
    works()
    assert message(pk).state == "failed"
    assert delivery_reports().get().code == "5.1.1"
    complaint = (
        "To: fbl@example.cn\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n"
        f"--b\nContent-Type: message/rfc822\n\nX-Message-Reference: {reference(pk)}\nTo: x@example.com\n\nx\n--b--\n"
    )
    assert posted(complaint, secret) == 200
    assert customers().get(pk=message(pk).customer_id).opted_out_at == NOW


def test_wechat_may_repeat_a_call_whose_reply_it_missed_and_nobody_else_may() -> None:
    make_world()
    set_up_channel(ChannelGiven(key="wx", kind="wechat", settings=WECHAT), by=SYSTEM, now=NOW)
    call = pushed(event("unsubscribe"), WECHAT["app"])
    assert [answer_callback("wx", call).status for _ in range(3)] == [200, 200, 200]
    assert is_closed("wechat", "o-1")
    assert answer_callback("wx", replace(call, now=NOW + 2 * MINUTE)).status == 403
    other = pushed(event("subscribe"), WECHAT["app"], nonce=call.query["nonce"])
    assert answer_callback("wx", other).status == 403, "the same nonce for other words"
    assert is_closed("wechat", "o-1")
    (echo,) = [asked({**query_for(name="signature"), "echostr": "4711"})]
    assert answer_callback("wx", echo).body == "4711"
    assert answer_callback("wx", replace(echo, query={"echostr": "<script>"})).status == 403


def test_g09_g10_a_foreign_address_is_refused_whatever_header_it_brings(client: Client) -> None:
    set_up()
    row = channel_rows().get(key=KEY)
    given = {"url": "https://gate.example.com/", "secret": SECRET, "callback_from": ["198.51.100.0/24"]}
    set_up_channel(ChannelGiven(key=row.key, kind="webhook", settings=given), by=SYSTEM, now=NOW)
    body = b"[]"
    for more in ({}, {"HTTP_X_FORWARDED_FOR": "198.51.100.7"}):
        headers = signed(body, now=datetime.now(UTC))
        answer = client.post(f"/gateways/{KEY}/", body, "application/json", headers=headers, **more)
        assert answer.status_code == 403
    headers = signed(body, now=datetime.now(UTC))
    answer = client.post(f"/gateways/{KEY}/", body, "application/json", headers=headers, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 200
