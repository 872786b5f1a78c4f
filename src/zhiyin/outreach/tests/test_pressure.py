"""Policies beyond the default, on the record: limits over groups, answers that count, reminders, caps of a channel."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from django.db import connection, connections, transaction
from pytest_django.fixtures import Settings

from tests.threads import together
from zhiyin.ledger import ids
from zhiyin.ledger.ids import new_id
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.messaging.queries import sent_by
from zhiyin.messaging.testing import messages
from zhiyin.outreach import judging, pressure, reminding
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.intake import receive
from zhiyin.outreach.judging import InForce, current_policy, policy_in_force, policy_version
from zhiyin.outreach.models import Decision, GroupContact, Invitation
from zhiyin.outreach.reminding import remind
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DEFAULTS = '[age]\noff = true\n[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'


@pytest.fixture
def policy() -> Callable[[str], None]:
    # Ids never go back: one that another test of this process made later than NOW would put these behind it, too.
    ids._makers.clear()
    make_world(now=NOW)

    def put(text: str) -> None:
        apply_policy(DEFAULTS + text, by=SYSTEM, now=NOW)

    return put


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def encounter(number: int, **more: object) -> dict[str, object]:
    customer: dict[str, object] = {"external_id": f"P{number}", "phone": f"139{number:08}", "brand": "云享"}
    given = more.pop("customer", None)
    customer |= given if isinstance(given, dict) else {}
    when = {"ended_at": (NOW - timedelta(minutes=5)).isoformat()}
    return {"source": "t", "external_id": f"p-{number}", "customer": customer, "touchpoint": "hotline", **when, **more}


def reasons(*items: dict[str, object], now=NOW) -> list[str]:
    return [one.reason or one.decision for one in receive(items, by=SYSTEM, now=now)]


def test_a_unit_is_asked_for_so_often_whoever_the_customers_are(policy) -> None:
    policy('[[limit]]\nper = "unit"\nmax = 3\ndays = 1\n')
    assert reasons(*(encounter(n) for n in range(4))) == ["invite", "invite", "invite", "unit_limit"]
    assert reasons(encounter(9)) == ["unit_limit"]
    assert reasons(encounter(10), now=NOW + timedelta(days=1, seconds=1)) == ["unit_limit"], "the others still wait"
    messages().update(state="sent", sent_at=NOW)
    assert reasons(encounter(11), now=NOW + timedelta(days=1)) == ["invite"], "exactly a day old counts no longer"


def test_a_brand_and_a_segment_have_places_of_their_own(policy) -> None:
    policy('[[limit]]\nper = "brand"\nmax = 1\ndays = 1\n')
    other = {"customer": {"brand": "畅听"}}
    none = {"customer": {"brand": ""}}
    assert reasons(encounter(1), encounter(2), encounter(3, **other), encounter(4, **none), encounter(5, **none)) == [
        *("invite", "brand_limit", "invite", "invite", "invite"),
    ]


def test_what_was_withdrawn_leaves_its_place_free(policy) -> None:
    policy('[[limit]]\nper = "unit"\nmax = 1\ndays = 1\n')
    assert reasons(encounter(1)) == ["invite"]
    messages().update(state="withdrawn")
    assert reasons(encounter(2)) == ["invite"]


def test_a_policy_that_begins_to_count_by_groups_knows_what_was_sent_before(policy) -> None:
    make_invitations(2)
    assert not GroupContact.objects.exists()
    policy('[[limit]]\nper = "unit"\nmax = 2\ndays = 30\n')
    assert GroupContact.objects.count() == 2
    assert reasons(encounter(50)) == ["unit_limit"]


def by_the_old_policy(monkeypatch: pytest.MonkeyPatch, *items: dict[str, object], now=NOW) -> list[str]:
    """Decided by a process that has not heard of the newest policy yet."""
    with monkeypatch.context() as patched:
        before = policy_in_force.fresh().number - 1
        patched.setattr(judging, "policy_in_force", lambda: InForce(before, policy_version(before), NOW - HOUR))
        return reasons(*items, now=now)


@pytest.mark.parametrize("late", [timedelta(seconds=-1), timedelta(seconds=2)])
def test_what_a_process_sends_that_has_not_heard_of_the_policy_counts_for_its_groups(
    policy, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    policy("")
    policy('[[limit]]\nper = "unit"\nmax = 3\ndays = 30\n')
    assert by_the_old_policy(monkeypatch, encounter(1), encounter(2), now=NOW + late) == ["invite", "invite"]
    assert not GroupContact.objects.exists(), "they knew nothing of groups"
    assert reasons(encounter(3), encounter(4), now=NOW + 3 * late) == ["invite", "unit_limit"]
    assert GroupContact.objects.count() == 3
    assert reasons(encounter(5), now=NOW + HOUR) == ["unit_limit"], "and for good"


def test_what_a_batch_of_minutes_sent_by_the_old_policy_is_counted_by_the_loops_longer_look(
    policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy("")
    policy('[[limit]]\nper = "unit"\nmax = 1\ndays = 30\n')
    began, ended = NOW - timedelta(minutes=5), NOW + timedelta(minutes=4)
    assert by_the_old_policy(monkeypatch, encounter(1), now=began) == ["invite"]
    number, whole, since = policy_in_force()
    assert pressure.catch_up(whole, pressure.Begun(number, since), now=ended) == 0, "too long ago for a batch to look"
    assert pressure.catch_up(whole, pressure.Begun(number, since), now=ended, overlap=pressure.LONG_OVERLAP) == 1
    assert reasons(encounter(2), now=ended) == ["unit_limit"]


def test_negative_control_without_catching_up_the_group_gets_more_than_its_limit(
    policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressure, "catch_up", lambda *_, **__: 0)
    policy("")
    policy('[[limit]]\nper = "unit"\nmax = 1\ndays = 30\n')
    assert by_the_old_policy(monkeypatch, encounter(1)) == ["invite"]
    assert reasons(encounter(2)) == ["invite"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: no batch outlives a new policy")
@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_under_way_while_the_policy_changes_is_counted_once_it_is_there(policy) -> None:
    policy("")
    decided, changed = Event(), Event()

    def a_batch() -> None:
        with transaction.atomic():
            assert reasons(encounter(1), encounter(2)) == ["invite", "invite"]
            decided.set()
            assert changed.wait(30)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(a_batch)
        assert decided.wait(30)
        policy('[[limit]]\nper = "unit"\nmax = 3\ndays = 30\n')  # nobody has to wait for the batch
        assert reasons(encounter(3)) == ["invite"], "what is not committed is not there yet"
        changed.set()
        running.result()
    assert reasons(encounter(4)) == ["unit_limit"]
    assert GroupContact.objects.count() == 3


def test_the_default_policy_writes_no_index(policy) -> None:
    policy("")
    assert reasons(encounter(1)) == ["invite"]
    assert not GroupContact.objects.exists()


def test_a_decision_keeps_its_rule_and_what_it_rested_on(policy) -> None:
    policy('[[limit]]\nper = "unit"\nmax = 1\ndays = 1\n')
    reasons(encounter(1), encounter(2))
    first, second = Decision.objects.order_by("pk")
    assert (first.rule, second.rule) == ("", "limit[1]")
    assert second.facts == {"channel": "sms", "address": "mobile", "brand": "云享"}


def test_answers_can_be_what_counts(policy) -> None:
    policy('[[limit]]\nper = "customer"\nmax = 1\ndays = 30\ncounts = ["completion"]\n[gap]\noff = true\n')
    again = {"customer": {"external_id": "P1", "phone": "13900000001"}}
    assert reasons(encounter(1), encounter(2, **again)) == ["invite", "invite"], "sent is not answered"
    first = Invitation.objects.order_by("pk")[:1].get()
    Invitation.objects.filter(pk=first.pk).update(
        state="answered", answered_at=NOW, sent_at=NOW - HOUR, dies_at=NOW + HOUR
    )
    assert reasons(encounter(3, **again), now=NOW + HOUR) == ["customer_limit"]


def test_who_has_not_answered_is_reminded_once_and_it_counts(policy, data_dir) -> None:
    policy("[link]\nhours = 72\n[reminder]\nafter_hours = 24\nmost = 1\n[gap]\nhours = 1\n")
    assert reasons(encounter(1)) == ["invite"]
    assert send_due(worker="w", clock=lambda: NOW).sent == 1
    assert remind(now=NOW + 23 * HOUR) == 0
    assert remind(now=NOW + 24 * HOUR) == 1
    assert remind(now=NOW + 24 * HOUR) == 0
    token = bytes(Invitation.objects.get().token_hash)
    assert send_due(worker="w", clock=lambda: NOW + 24 * HOUR).sent == 1
    row = Invitation.objects.get()
    assert bytes(row.token_hash) != token, "it has a link of its own"
    assert bytes(row.earlier_token_hash) == token
    assert remind(now=NOW + 60 * HOUR) == 0
    assert sorted(messages().values_list("category", flat=True)) == ["reminder", "survey"]


def turns(*, days: int) -> None:
    """A worker's turns: every hour it looks who is to be reminded, and sends."""
    for hour in range(days * 24 + 1):
        at = NOW + hour * HOUR + timedelta(seconds=hour)  # never to the second
        remind(now=at)
        send_due(worker="w", clock=lambda at=at: at)


def test_a_reminder_leaves_under_the_default_policy_once_and_with_a_link_of_its_own(policy, data_dir) -> None:
    apply_policy("[reminder]\nafter_hours = 48\nmost = 1\n", by=SYSTEM, now=NOW)
    reasons(encounter(1))
    turns(days=6)
    assert list(messages().order_by("pk").values_list("category", "state")) == [
        ("survey", "sent"),
        ("reminder", "sent"),
    ]
    row = Invitation.objects.get()
    spans = Invitation.objects.values_list("earlier_sent_at", "earlier_dies_at", "sent_at", "dies_at").get()
    first, died, second, dies = (moment or NOW for moment in spans)
    assert died - first == dies - second == 8 * HOUR
    assert second > died, "the first link had died by then"
    assert row.remind_at is None


def test_a_reminder_that_may_not_leave_is_one_decision_with_its_reason(policy, data_dir) -> None:
    policy('[reminder]\nafter_hours = 48\nmost = 3\n[[limit]]\nper = "customer"\nmax = 9\ndays = 90\n')
    assert reasons(encounter(1)) == ["invite"]
    turns(days=1)
    assert reasons(encounter(1, external_id="p-again"), now=NOW + 25 * HOUR) == ["invite"]
    turns(days=6)
    reminders = messages(category="reminder").order_by("pk").values_list("state", "error", "invitation_id")
    first, second = Invitation.objects.order_by("pk").values_list("pk", flat=True)
    assert [row for row in reminders if row[2] == first] == [("withdrawn", "gap", first)], (
        "asked about a repair meanwhile"
    )
    assert [row[0] for row in reminders if row[2] == second] == ["sent", "sent"]


def test_a_policy_that_reminds_no_more_forgets_who_was_to_be_reminded(policy, data_dir) -> None:
    policy("[reminder]\nafter_hours = 48\nmost = 1\n")
    reasons(encounter(1))
    send_due(worker="w", clock=lambda: NOW)
    policy("[link]\nhours = 9\n")
    assert remind(now=NOW + 49 * HOUR) == 0
    policy("[reminder]\nafter_hours = 48\nmost = 1\n")
    assert remind(now=NOW + 50 * HOUR) == 0


def test_who_answered_meanwhile_is_not_reminded(policy, data_dir) -> None:
    policy("[link]\nhours = 72\n[reminder]\nafter_hours = 24\nmost = 1\n[gap]\nhours = 1\n")
    reasons(encounter(1))
    send_due(worker="w", clock=lambda: NOW)
    assert remind(now=NOW + 24 * HOUR) == 1
    Invitation.objects.update(state="answered", answered_at=NOW + 24 * HOUR)
    assert send_due(worker="w", clock=lambda: NOW + 25 * HOUR).withdrawn == 1


def test_a_channel_s_cap_of_a_day_is_never_passed(policy, data_dir) -> None:
    policy('[[caps.channel]]\nchannel = "sms"\nper_day = 2\n')
    reasons(*(encounter(n) for n in range(5)))
    sent = send_due(worker="w", clock=lambda: NOW)
    assert (sent.sent, sent.deferred) == (2, 3)
    assert messages(state="sent").count() == 2


def test_spending_stops_at_the_month_s_budget(policy, data_dir) -> None:
    policy('[[caps.channel]]\nchannel = "sms"\nprice = 0.05\nspend_per_month = 0.15\n')
    reasons(*(encounter(n) for n in range(5)))
    assert send_due(worker="w", clock=lambda: NOW).sent == 3


def care(number: int, text: str) -> Outgoing:
    """A message with its own words, to the customer of this encounter."""
    first = messages().order_by("pk")[number]
    about = (first.identity_id, "care", first.scenario_id, first.touchpoint_id, first.unit_id)
    return Outgoing(new_id(now=NOW), first.customer_id, *about, None, "sms", {"text": text}, NOW)


def test_a_long_message_costs_each_of_its_segments(policy, data_dir) -> None:
    policy('[gap]\noff = true\n[[caps.channel]]\nchannel = "sms"\nprice = 0.05\nspend_per_day = 0.40\n')
    reasons(*(encounter(n) for n in range(3)))
    assert send_due(worker="w", clock=lambda: NOW).sent == 3, "0.15"
    with transaction.atomic():
        enqueue([care(n, "您好，" + "祝" * 132) for n in range(3)], now=NOW)  # 135 places: three of 67
    sent = send_due(worker="w", clock=lambda: NOW)
    assert (sent.sent, sent.deferred) == (1, 2), "0.15 and 0.15 are 0.30; three more would be 0.45"
    assert sent_by("sms", since=NOW) == (4, 6)
    with transaction.atomic():
        enqueue([care(n, "祝您愉快") for n in range(3)], now=NOW)
    assert send_due(worker="w", clock=lambda: NOW).sent == 2, "to the last cent"


def test_nothing_leaves_after_ten_days_in_the_queue(policy, data_dir) -> None:
    policy("")
    reasons(encounter(1))
    assert send_due(worker="w", clock=lambda: NOW + timedelta(days=10, seconds=1)).withdrawn == 1
    assert Invitation.objects.get().reason == "too_old"


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_never_pass_a_group_s_limit(policy) -> None:
    policy('[[limit]]\nper = "unit"\nmax = 5\ndays = 1\n')
    together([lambda n=n: reasons(encounter(n)) for n in range(16)])
    assert Decision.objects.filter(invited=True).count() == 5


@pytest.mark.django_db(transaction=True)
def test_without_the_group_s_lock_the_limit_would_be_passed(policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: PostgreSQL shows it; SQLite has one writer at a time, lock or no lock."""
    if transaction.get_connection().vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, lock or no lock; PostgreSQL shows what the lock is for.")
    policy('[[limit]]\nper = "unit"\nmax = 5\ndays = 1\n')
    monkeypatch.setattr(pressure, "lock_groups", lambda groups: None)
    together([lambda n=n: reasons(*(encounter(100 * n + one) for one in range(5))) for n in range(16)])
    assert Decision.objects.filter(invited=True).count() > 5


def test_who_is_known_by_an_openid_is_asked_by_wechat(policy, data_dir) -> None:
    policy("")
    fan = {"customer": {"wechat": "oVfx-TestOpenId0001"}}
    assert reasons(encounter(1, channel="wechat", **fan), encounter(2, channel="wechat")) == ["invite", "no_address"]
    assert send_due(worker="w", clock=lambda: NOW).sent == 1
    line = json.loads((data_dir / "outbox" / "messages.ndjson").read_text("utf-8"))
    assert line["to"] == "oVfx-TestOpenId0001"


def test_what_is_planned_for_later_takes_no_place_from_what_leaves_now(policy, data_dir) -> None:
    policy("[gap]\nhours = 24\n")
    assert reasons(encounter(1)) == ["invite"]
    first = messages().get()
    later = new_id(now=NOW)
    about = (first.identity_id, "survey", first.scenario_id, first.touchpoint_id, first.unit_id)
    with transaction.atomic():
        enqueue([Outgoing(later, first.customer_id, *about, None, "sms", {"text": "x"}, NOW + 25 * HOUR)], now=NOW)
    assert send_due(worker="w", clock=lambda: NOW).sent == 1
    assert messages(pk=later).get().state == "queued"


def test_those_who_were_reminded_already_hold_nobody_up(policy, data_dir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminding, "PORTION", 1)
    policy("[link]\nhours = 200\n[reminder]\nafter_hours = 24\nmost = 1\n[gap]\nhours = 1\n")
    reasons(encounter(1))
    send_due(worker="w", clock=lambda: NOW)
    assert remind(now=NOW + 24 * HOUR) == 1
    send_due(worker="w", clock=lambda: NOW + 24 * HOUR)
    reasons(encounter(2), now=NOW + 25 * HOUR)
    send_due(worker="w", clock=lambda: NOW + 25 * HOUR)
    assert remind(now=NOW + 50 * HOUR) == 1, "the second's turn, behind the first who had theirs"
    assert Invitation.objects.filter(remind_at__isnull=False).count() == 0


def test_a_reminder_counts_for_the_groups_of_what_it_reminds_of(policy, data_dir) -> None:
    policy(
        "[link]\nhours = 72\n[reminder]\nafter_hours = 1\nmost = 1\n[gap]\noff = true\n"
        '[[limit]]\nper = "unit"\nmax = 2\ndays = 30\n'
    )
    assert reasons(encounter(1)) == ["invite"]
    send_due(worker="w", clock=lambda: NOW)
    assert remind(now=NOW + HOUR) == 1
    assert GroupContact.objects.count() == 2
    assert reasons(encounter(2), now=NOW + HOUR) == ["unit_limit"]


def test_what_no_rule_looks_back_to_leaves_the_index(policy) -> None:
    policy('[[limit]]\nper = "unit"\nmax = 2\ndays = 30\n')
    reasons(encounter(1))
    rules = current_policy()[1]
    assert pressure.forget_old(rules, now=NOW + timedelta(days=40)) == 0
    assert pressure.forget_old(rules, now=NOW + timedelta(days=41)) == 1
