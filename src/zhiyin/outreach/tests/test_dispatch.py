"""Sending what is due: judged again as it leaves, in its hours, once each, and recorded on message and invitation."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation
from pytest_django.fixtures import Settings

from zhiyin.ledger.ids import new_id
from zhiyin.messaging import actions
from zhiyin.messaging.actions import Alert, ChannelGiven, queue_alert, set_up_channel
from zhiyin.messaging.channels.outbox import Outbox
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.messaging.testing import Gateway, MailServer, attempts, channel_rows, messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import Sent, look_again, recover, send_due, take_back, take_back_about
from zhiyin.outreach.doubts import resend
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.testing import NOW, SURVEY, SYSTEM, invitations, make_invitations, make_staff, make_world
from zhiyin.outreach.tokens import token_hash
from zhiyin.people.actions import erase, opt_out, pause_outreach, resume_outreach
from zhiyin.people.testing import customers, identities
from zhiyin.surveys.actions import publish_file

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LIMIT = '[[limit]]\nper = "customer"\n'
NIGHT = NOW + 12 * HOUR  # 22:00 in Shanghai
MORNING = NOW + 22 * HOUR  # 08:00 the next day


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    settings.BASE_URL = "https://s.example.cn"
    return tmp_path


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    make_world()
    with Gateway() as running:
        set_up_channel(ChannelGiven(key="gateway", kind="sms", settings=running.setup()), by=SYSTEM, now=NOW)
        yield running


def send(now: datetime = NOW, **changes: Any) -> Sent:
    return send_due(worker="test", clock=lambda: now, **changes)


def lines(data_dir: Path) -> list[dict[str, Any]]:
    path = data_dir / "outbox" / "messages.ndjson"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def only(**counts: int) -> dict[str, int]:
    return {**asdict(Sent()), **counts}


def test_an_invitation_leaves_as_one_segment_with_a_link_that_leads_to_it(data_dir: Path) -> None:
    (invited,) = make_invitations(1)
    assert asdict(send()) == only(sent=1)
    (line,) = lines(data_dir)
    token = line["link"].removeprefix("https://s.example.cn/s/")
    assert line == {
        "to": line["to"],
        "text": f"【云桥】请评价刚才的服务，8小时内有效：https://s.example.cn/s/{token} 拒收请回复R",
        "link": f"https://s.example.cn/s/{token}",
        "invitation": str(invited),
        "sent_at": "2026-11-20T02:00:00+00:00",
    }
    assert line["to"].startswith("138")
    assert len(token) == 12
    assert len(line["text"]) <= 70
    (row,) = invitations([invited])
    assert bytes(row.token_hash or b"") == token_hash(token)
    assert (row.state, row.sent_at, row.dies_at, row.delivered_at) == ("sent", NOW, NOW + 8 * HOUR, NOW)
    message = messages().get()
    assert (message.state, message.sent_at, message.via, message.attempts) == ("sent", NOW, "outbox", 1)
    assert "138" not in json.dumps(message.body), "the address is forgotten once it was used"


def test_an_english_speaker_gets_english(data_dir: Path) -> None:
    make_invitations(1)
    Invitation.objects.update(language="en")
    with translation.override("zh-hans"):
        send()
    assert lines(data_dir)[0]["text"].startswith("[Cloudbridge] Please rate our service: https://")


def written(data_dir: Path, customer: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """The language of the invitation that this customer gets, and how its message begins."""
    item = {"source": "t", "external_id": "c-1", "touchpoint": "hotline", "ended_at": NOW.isoformat(), **changes}
    item["customer"] = {"external_id": "L1", "phone": "13800138000"} | customer
    (result,) = receive([item], by=SYSTEM, now=NOW)
    assert send().sent == 1
    (row,) = invitations([result.invitation or 0])
    return row.language, lines(data_dir)[-1]["text"][:8]


def test_a_customer_is_written_to_in_the_language_that_the_sender_names(data_dir: Path) -> None:
    make_world()
    assert written(data_dir, {"language": "en"}) == ("en", "[Cloudbr")


def test_who_has_named_none_is_written_to_in_the_organisations(data_dir: Path, settings: Settings) -> None:
    make_world()
    settings.LANGUAGE_CODE = "en"  # ZHIYIN_LANGUAGE
    assert written(data_dir, {}) == ("en", "[Cloudbr")
    settings.LANGUAGE_CODE = "zh-hans"
    assert written(data_dir, {"external_id": "L2", "phone": "13800138001"}, external_id="c-2")[0] == "zh-hans"


def test_a_survey_in_one_language_decides_itself(data_dir: Path) -> None:
    make_world()
    publish_file(SURVEY | {"languages": ["zh-hans"]}, by=SYSTEM, now=NOW)
    assert written(data_dir, {"language": "en"})[0] == "zh-hans"


def test_the_newest_interaction_that_names_a_language_counts_and_none_takes_it_back() -> None:
    make_world()
    languages = []
    for number, told in enumerate(({"language": "en"}, {}, {"language": "zh-hans"})):
        item = {"source": "t", "external_id": f"c-{number}", "touchpoint": "hotline", "ended_at": NOW.isoformat()}
        receive([item | {"customer": {"external_id": "L1", "phone": "13800138000"} | told}], by=SYSTEM, now=NOW)
        languages.append(customers().get().language)
    assert languages == ["en", "en", "zh-hans"]


def test_at_night_it_waits_for_the_morning(data_dir: Path) -> None:
    (invited,) = make_invitations(1, now=NIGHT)
    assert asdict(send(NIGHT)) == only(deferred=1)
    assert asdict(send(MORNING - timedelta(microseconds=1))) == only()
    (row,) = invitations([invited])
    assert (row.state, row.sent_at, row.token_hash) == ("queued", None, None)
    assert asdict(send(MORNING)) == only(sent=1)
    assert [line["sent_at"] for line in lines(data_dir)] == ["2026-11-21T00:00:00+00:00"]


def test_the_clock_is_read_again_for_every_portion(gateway: Gateway) -> None:
    """A slow gateway reaches closing time in the middle of a call: what comes after waits."""
    make_invitations(4, now=NOW)
    closing = NOW + 11 * HOUR  # 21:00
    done = send_due(
        worker="test",
        clock=lambda: closing if len(gateway.accepted) == 2 else closing - timedelta(seconds=1),
        longest=HOUR,
        kinds=["sms"],
    )
    assert (done.sent, done.deferred) == (2, 2)
    assert len(gateway.accepted) == 2


def test_a_slow_channel_ends_its_turn_and_what_it_held_is_free_at_once(gateway: Gateway) -> None:
    make_invitations(4)
    clock = lambda: NOW + len(gateway.accepted) * timedelta(seconds=1)  # noqa: E731  (each message takes a second)
    done = send_due(worker="test", clock=clock, longest=timedelta(seconds=2), kinds=["sms"])
    assert done.sent == 2
    assert Counter(messages().values_list("state", flat=True)) == {"sent": 2, "queued": 2}
    assert send_due(worker="test", clock=clock, longest=timedelta(seconds=2), kinds=["sms"]).sent == 2


def customer_of(invited: int) -> int:
    return Invitation.objects.values_list("customer_id", flat=True).get(pk=invited) or 0


def merge(former: int, *, into: int) -> None:
    """The two turn out to be one person."""
    customers().filter(pk=former).update(merged_into=into)
    identities().filter(customer_id=former).update(customer_id=into)


@pytest.mark.parametrize(
    "change", [lambda pk: opt_out(pk, via="sms", by=SYSTEM, now=NOW), lambda pk: erase(pk, by=SYSTEM, now=NOW)]
)
def test_who_opted_out_or_was_erased_while_it_waited_is_not_written_to(
    data_dir: Path, change: Callable[[int], object]
) -> None:
    stays, goes = make_invitations(2)
    change(customer_of(stays))
    assert asdict(send()) == only(sent=1, withdrawn=1)
    assert [line["invitation"] for line in lines(data_dir)] == [str(goes)]
    (row,) = invitations([stays])
    assert (row.state, row.token_hash, row.sent_at) == ("withdrawn", None, None)
    message = messages().get(invitation_id=stays)
    assert (message.state, message.error) == ("withdrawn", row.reason)
    assert row.reason in ("opted_out", "no_address")


def test_what_waits_is_taken_back_at_once_with_its_invitation(data_dir: Path) -> None:
    stays, goes = make_invitations(2)
    assert take_back(customer_ids=[customer_of(stays)], reason="opted_out", by=SYSTEM, now=NOW) == 1
    assert [(row.state, row.reason) for row in invitations([stays, goes])] == [
        ("withdrawn", "opted_out"),
        ("queued", ""),
    ]
    assert asdict(send()) == only(sent=1)


def test_what_waits_under_a_former_id_is_taken_back_with_it() -> None:
    kept, former = make_invitations(2)
    merge(customer_of(former), into=customer_of(kept))
    assert take_back(customer_ids=[customer_of(kept)], reason="opted_out", by=SYSTEM, now=NOW) == 2
    assert [row.state for row in invitations([kept, former])] == ["withdrawn", "withdrawn"]


def test_only_what_asks_about_the_case_and_has_not_left_is_taken_back(data_dir: Path) -> None:
    sent, asks, other = make_invitations(3)
    Invitation.objects.filter(pk__in=[sent, asks]).update(case_id=7, purpose="recovery")
    messages().filter(invitation_id__in=[asks, other]).update(not_before=NOW + HOUR)
    send()
    assert take_back_about(case_id=7, reason="case_reopened", by=SYSTEM, now=NOW) == 1
    assert [(row.state, row.reason) for row in invitations([sent, asks, other])] == [
        ("sent", ""),
        ("withdrawn", "case_reopened"),
        ("queued", ""),
    ]
    assert messages().get(invitation_id=asks).state == "withdrawn", "it is no contact that limits would count"
    assert take_back_about(case_id=8, reason="case_reopened", by=SYSTEM, now=NOW) == 0


def test_a_limit_that_was_passed_while_it_waited_withdraws_it(data_dir: Path) -> None:
    (invited,) = make_invitations(1)
    earlier = new_id(now=NOW - HOUR)
    care = Outgoing(earlier, customer_of(invited), None, "care", 0, 0, 1, None, "sms", {"text": "生日快乐"}, NOW)
    with transaction.atomic():
        enqueue([care], now=NOW)
    messages(pk=earlier).update(state="sent", sent_at=NOW - HOUR)
    assert asdict(send()) == only(withdrawn=1)
    (row,) = invitations([invited])
    assert (row.state, row.reason) == ("withdrawn", "gap")
    assert lines(data_dir) == []


def test_a_stricter_policy_holds_for_what_waits(data_dir: Path) -> None:
    (invited,) = make_invitations(1)
    apply_policy("[age]\nmax_hours = 1\n", by=SYSTEM, now=NOW)
    assert asdict(send(NOW + 2 * HOUR)) == only(withdrawn=1)
    assert invitations([invited])[0].reason == "too_old"


@pytest.mark.parametrize(
    ("tightened", "reason"),
    [
        ("[gap]\nhours = 24\n", "gap"),
        (f"{LIMIT}max = 1\ndays = 90\n[gap]\noff = true\n", "customer_limit"),
        (f"{LIMIT}max = 2\ndays = 90\n[gap]\noff = true\n", ""),
    ],
)
def test_of_two_messages_of_one_batch_to_one_person_the_later_finds_the_earlier_sent(
    data_dir: Path, tightened: str, reason: str
) -> None:
    apply_policy(f"{LIMIT}max = 9\ndays = 90\n[gap]\noff = true\n", by=SYSTEM, now=NOW)
    first, second, stranger = make_invitations(3)
    merge(customer_of(second), into=customer_of(first))
    apply_policy(tightened, by=SYSTEM, now=NOW)
    assert asdict(send()) == (only(sent=2, withdrawn=1) if reason else only(sent=3))
    assert [(row.state, row.reason) for row in invitations([first, second, stranger])] == [
        ("sent", ""),
        ("withdrawn", reason) if reason else ("sent", ""),
        ("sent", ""),
    ]


def test_of_two_of_one_batch_the_later_goes_where_the_earlier_does_not(data_dir: Path) -> None:
    first, second = make_invitations(2)
    merge(customer_of(second), into=customer_of(first))
    Invitation.objects.filter(pk=first).update(survey_version_id=12345)  # it cannot be put together
    assert asdict(send()) == only(sent=1, again=1)
    assert [row.state for row in invitations([first, second])] == ["queued", "sent"]


def test_what_the_sample_drew_is_not_drawn_again(data_dir: Path) -> None:
    make_invitations(5)
    apply_policy("[sampling]\nshare = 0.000001\n", by=SYSTEM, now=NOW)
    assert asdict(send()) == only(sent=5)


def test_a_numbers_cap_for_the_day_puts_the_rest_off_to_tomorrows_opening(data_dir: Path) -> None:
    (invited,) = make_invitations(1)
    apply_policy("[gap]\noff = true\n[caps]\nper_number_per_day = 1\n", by=SYSTEM, now=NOW)
    first = messages().get()
    with transaction.atomic():
        enqueue(
            [Outgoing(1, first.customer_id, first.identity_id, "care", 0, 0, 1, None, "sms", {"text": "好"}, NOW)],
            now=NOW,
        )
    messages(pk=1).update(state="sent", sent_at=NOW - HOUR)
    assert asdict(send()) == only(deferred=1)
    assert messages().get(invitation_id=invited).not_before == MORNING


ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'


def applied(text: str, *, now: datetime) -> int:
    """Put in force, and how many of what waits are judged anew for it."""
    return look_again(version=apply_policy(text, by=SYSTEM, now=now)[0], now=now)


def test_what_the_old_policy_put_off_leaves_when_a_looser_one_is_in_force(data_dir: Path) -> None:
    (invited,) = make_invitations(1, now=NIGHT)
    assert send(NIGHT).deferred == 1
    later = NIGHT + HOUR
    assert applied(ANY_HOUR, now=later) == 1
    assert asdict(send(later)) == only(sent=1)
    assert messages().get(invitation_id=invited).sent_at == later


def test_a_cap_that_was_raised_lets_go_what_waited_for_tomorrow(data_dir: Path) -> None:
    make_invitations(3)
    applied('[[caps.channel]]\nchannel = "sms"\nper_day = 1\n', now=NOW)
    assert asdict(send()) == only(sent=1, deferred=2)
    assert applied('[[caps.channel]]\nchannel = "sms"\nper_day = 2\n', now=NOW) == 2
    assert asdict(send()) == only(sent=1, deferred=1)


def test_what_waits_is_left_alone_where_the_new_policy_puts_off_alike(data_dir: Path) -> None:
    make_invitations(2, now=NIGHT)
    assert send(NIGHT).deferred == 2
    assert applied("[gap]\nhours = 12\n", now=NIGHT) == 0
    assert {row.not_before for row in messages()} == {MORNING}


def test_a_moment_that_was_chosen_and_a_gateways_pause_stay(data_dir: Path) -> None:
    """Only what was judged and put off comes round again, not what was queued for later or waits after a failure."""
    make_invitations(3, now=NIGHT)
    chosen, paused, put_off = messages().order_by("pk")
    assert send(NIGHT).deferred == 3
    messages(pk=chosen.pk).update(fencing=0)
    messages(pk=paused.pk).update(attempts=1)
    assert applied(ANY_HOUR, now=NIGHT) == 1
    assert messages().get(not_before=NIGHT).pk == put_off.pk


def test_a_merged_customers_message_is_judged_as_who_they_are_now(data_dir: Path) -> None:
    kept, merged = make_invitations(2)
    merge(customer_of(merged), into=customer_of(kept))
    opt_out(customer_of(kept), via="sms", by=SYSTEM, now=NOW)
    send()
    assert lines(data_dir) == []


def test_a_care_message_brings_its_own_words_and_no_link(data_dir: Path) -> None:
    (invited,) = make_invitations(1)
    row = messages().get(invitation_id=invited)
    messages().update(category="care", invitation_id=None, body={"text": "云桥祝您节日快乐"})
    assert asdict(send()) == only(sent=1)
    (line,) = lines(data_dir)
    assert (line["text"], line["link"], line["message"]) == ("云桥祝您节日快乐", None, str(row.pk))


def test_while_outreach_is_paused_only_alerts_leave(data_dir: Path) -> None:
    make_invitations(2)
    queue_alert([Alert(make_staff(email="lead@example.com"), "新工单", "请派单")], now=NOW)
    pause_outreach(reason="投诉潮", by=SYSTEM, now=NOW)
    assert asdict(send()) == only(sent=1)
    assert [line["to"] for line in lines(data_dir)] == ["lead@example.com"]
    resume_outreach(by=SYSTEM, now=NOW)
    assert send().sent == 2


def test_an_alert_leaves_at_night_and_needs_no_address(data_dir: Path) -> None:
    staff = make_staff()
    (alert,) = queue_alert([Alert(staff, "新工单", "请派单")], now=NIGHT)
    assert send(NIGHT).sent == 1
    (line,) = lines(data_dir)
    assert (line["to"], line["text"], line["link"]) == (f"staff:{staff}", "请派单", None)
    assert (line["invitation"], line["message"]) == (None, str(alert))


def test_an_alert_goes_by_mail_and_to_the_outbox_for_who_has_no_address(data_dir: Path) -> None:
    make_world()
    with MailServer() as server:
        settings = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "care@example.com"}
        set_up_channel(ChannelGiven(key="mail", kind="email", settings=settings), by=SYSTEM, now=NOW)
        people = [make_staff(email="lead@example.com"), make_staff()]
        queue_alert([Alert(one, "新工单", "请派单") for one in people], now=NOW)
        assert send().sent == 2
        assert len(server.accepted) == 1
        assert b"To: lead@example.com" in server.accepted[0]
    assert [line["to"] for line in lines(data_dir)] == [f"staff:{people[1]}"]


def test_an_invitation_by_mail_has_a_subject_and_a_way_out() -> None:
    make_world()
    with MailServer() as server:
        settings = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "care@example.com"}
        set_up_channel(ChannelGiven(key="mail", kind="email", settings=settings), by=SYSTEM, now=NOW)
        (invited,) = make_invitations(1, channel="email")
        assert asdict(send()) == only(sent=1)
        mail = server.accepted[0].decode()
    assert "List-Unsubscribe: <https://s.example.cn/u/" in mail
    assert "Subject: =?utf-8?" in mail
    (row,) = invitations([invited])
    assert (row.state, row.delivered_at) == ("sent", None)  # a mail server accepts, and says no more


def test_without_a_channel_for_it_a_customers_message_fails_at_once(gateway: Gateway) -> None:
    (invited,) = make_invitations(1, channel="email")
    assert asdict(send()) == only(failed=1)
    (row,) = invitations([invited])
    assert (row.state, row.reason) == ("failed", "no_channel")


@pytest.mark.parametrize(
    ("mode", "state", "link", "counts"),
    [
        ("ok", "sent", "sent", {"sent": 1}),
        ("500", "unknown", "unknown", {"unknown": 1}),
        ("silent", "unknown", "unknown", {"unknown": 1}),
        ("html", "unknown", "unknown", {"unknown": 1}),
        ("reset", "unknown", "unknown", {"unknown": 1}),
        ("refuses", "failed", "failed", {"failed": 1}),
        ("401", "queued", "queued", {"again": 1}),
        ("throttles", "queued", "queued", {"again": 1}),
    ],
)
def test_what_the_gateway_says_stands_on_message_and_invitation(
    gateway: Gateway, mode: str, state: str, link: str, counts: dict[str, int]
) -> None:
    gateway.mode = mode
    (invited,) = make_invitations(1)
    assert asdict(send(kinds=["sms"])) == only(**counts)
    (row,) = invitations([invited])
    assert (messages().get().state, row.state) == (state, link)
    may_have_left = state in ("sent", "unknown")
    assert (row.sent_at, row.dies_at) == ((NOW, NOW + 8 * HOUR) if may_have_left else (None, None))
    assert (row.token_hash is not None) is may_have_left


def test_while_the_gateway_has_it_the_link_already_lives(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway's answer may take longer than the customer's thumb."""
    (invited,) = make_invitations(1)
    seen: list[Invitation] = []
    real = Outbox.send

    def look_and_send(*arguments: Any, **named: Any) -> Any:
        seen.extend(invitations([invited]))
        return real(*arguments, **named)

    monkeypatch.setattr(Outbox, "send", look_and_send)
    send()
    (row,) = seen
    token = lines(data_dir)[0]["link"][-12:]
    assert (row.state, row.sent_at, row.dies_at) == ("unknown", NOW, NOW + 8 * HOUR)
    assert bytes(row.token_hash or b"") == token_hash(token)


def test_who_answers_before_the_gateway_does_stays_answered(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (invited,) = make_invitations(1)
    real = actions.record_outcomes

    def answered_meanwhile(*arguments: Any, **named: Any) -> Any:
        Invitation.objects.filter(pk=invited).update(state="answered", answered_at=NOW)
        return real(*arguments, **named)

    monkeypatch.setattr(actions, "record_outcomes", answered_meanwhile)
    send()
    (row,) = invitations([invited])
    assert (row.state, row.sent_at, row.delivered_at) == ("answered", NOW, NOW)


def test_a_gateway_in_trouble_is_left_alone_after_five_and_probed_with_one(gateway: Gateway) -> None:
    gateway.mode = "500"
    make_invitations(30)
    done = send(kinds=["sms"])
    assert (done.unknown, len(gateway.accepted)) == (5, 5)
    assert send(NOW + timedelta(seconds=29), kinds=["sms"]).handled == 0
    assert send(NOW + timedelta(seconds=30), kinds=["sms"]).unknown == 1
    assert channel_rows().get().rests_until == NOW + timedelta(seconds=90)
    gateway.mode = "ok"
    assert send(NOW + timedelta(seconds=90), kinds=["sms"]).sent == 24
    assert Counter(messages().values_list("state", flat=True)) == {"unknown": 6, "sent": 24}


def test_an_alert_is_the_probe_of_a_resting_channel(gateway: Gateway) -> None:
    make_invitations(3)
    queue_alert([Alert(make_staff(), "", "新工单", channel="sms")], now=NOW)
    channel_rows().update(failures=5, rests_until=NOW)
    send(limit=1, kinds=["sms"])
    assert messages().get(category="staff").state == "sent"


def test_a_channel_that_cannot_be_used_holds_up_no_other_kind(gateway: Gateway, settings: Settings) -> None:
    settings.PRIVATE_GATEWAYS = ()
    make_invitations(2)
    queue_alert([Alert(make_staff(), "新工单", "请派单")], now=NOW)
    assert asdict(send()) == only(sent=1)
    assert Counter(messages().values_list("state", flat=True)) == {"queued": 2, "sent": 1}


def test_one_message_that_cannot_be_prepared_costs_the_others_nothing(data_dir: Path) -> None:
    bad, *good = make_invitations(4)
    Invitation.objects.filter(pk=bad).update(survey_version_id=12345)
    now = NOW
    assert asdict(send(now)) == only(sent=3, again=1)
    for _ in range(4):
        now = messages().get(invitation_id=bad).not_before
        send(now)
    (row,) = invitations([bad])
    assert (row.state, row.reason) == ("failed", "cannot_prepare")
    message = messages().get(invitation_id=bad)
    assert (message.state, message.error) == ("failed", "CannotCompose: there is no survey version 12345")
    assert {line["invitation"] for line in lines(data_dir)} == {str(one) for one in good}


def test_a_fault_in_a_channels_own_code_leaves_a_doubt_and_a_living_worker(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_invitations(1)

    def break_off(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Outbox, "send", break_off)
    assert asdict(send()) == only(unknown=1)


def test_sent_again_by_a_persons_decision_the_new_link_takes_the_place_of_the_old(gateway: Gateway) -> None:
    gateway.mode = "500"
    (invited,) = make_invitations(1)
    send(kinds=["sms"])
    (before,) = invitations([invited])
    gateway.mode = "ok"
    resend(message_id=messages().get().pk, reason="没有收到", by=SYSTEM, now=NOW + HOUR)
    assert send(NOW + HOUR, kinds=["sms"]).sent == 1
    (row,) = invitations([invited])
    assert (row.state, row.sent_at, row.dies_at) == ("sent", NOW + HOUR, NOW + 9 * HOUR)
    assert bytes(row.token_hash or b"") != bytes(before.token_hash or b"")
    assert messages().get().attempts == 2


def test_what_was_answered_meanwhile_is_not_sent_again(gateway: Gateway) -> None:
    gateway.mode = "500"
    (invited,) = make_invitations(1)
    send(kinds=["sms"])
    resend(message_id=messages().get().pk, reason="没有收到", by=SYSTEM, now=NOW + HOUR)
    Invitation.objects.update(state="answered", answered_at=NOW + HOUR)
    assert asdict(send(NOW + HOUR, kinds=["sms"])) == only(withdrawn=1)
    assert invitations([invited])[0].state == "answered"


@pytest.mark.parametrize("moment", ["opened_at", "answered_at"])
def test_a_doubt_is_settled_when_the_customer_opens_the_link(gateway: Gateway, moment: str) -> None:
    gateway.mode = "500"
    (invited,) = make_invitations(1)
    send(kinds=["sms"])
    recover(now=NOW + HOUR)
    assert messages().get().state == "unknown"
    Invitation.objects.update(**{moment: NOW + HOUR})
    recover(now=NOW + HOUR)
    assert messages().get().state == "sent"
    (row,) = invitations([invited])
    assert (row.state, row.delivered_at) == ("sent", NOW)


def test_a_member_of_staff_may_be_asked_and_only_the_hours_hold_for_them(data_dir: Path) -> None:
    (invited,) = make_invitations(1)
    staff = make_staff(email="agent@example.com")
    Invitation.objects.update(customer_id=0, staff_id=staff, channel="email")
    messages().update(customer_id=0, staff_id=staff, identity_id=None, channel="email")
    assert asdict(send(NIGHT)) == only(deferred=1)
    assert asdict(send(MORNING)) == only(sent=1)
    (line,) = lines(data_dir)
    assert (line["to"], line["invitation"]) == ("agent@example.com", str(invited))


def test_a_call_stops_at_its_limit(data_dir: Path) -> None:
    make_invitations(5)
    assert send(limit=3).sent == 3
    assert send().sent == 2


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_send_each_message_once(data_dir: Path) -> None:
    invited = make_invitations(400)
    start = threading.Barrier(8)

    def work(name: int) -> None:
        try:
            start.wait()
            while send_due(worker=str(name), clock=lambda: NOW, limit=30).handled:
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(line["invitation"] for line in lines(data_dir)) == {str(one): 1 for one in invited}
    assert Counter(messages().values_list("state", flat=True)) == {"sent": 400}
    assert Counter(Invitation.objects.values_list("state", flat=True)) == {"sent": 400}
    assert attempts().count() == 400
