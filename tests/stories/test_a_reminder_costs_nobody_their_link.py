"""Who is reminded keeps the link that they have, to its own end: whether the reminder arrives, fails or is in doubt."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.testing import Gateway, messages
from zhiyin.outreach import departing
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.doubts import settle
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.reminding import remind
from zhiyin.outreach.testing import NOW, SYSTEM, invitation_rows, make_invitations
from zhiyin.outreach.tokens import end_links
from zhiyin.people.actions import opt_out
from zhiyin.responses.testing import GOOD, Browser, make_survey

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
REMINDED = NOW + 24 * HOUR
POLICY = """
[sending_hours]
from = "00:00"
to = "24:00"
[age]
off = true
[link]
hours = 72
[reminder]
after_hours = 24
most = 1
[gap]
hours = 1
"""


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    settings.BASE_URL = "https://s.example.cn"
    make_survey()
    apply_policy(POLICY, by=SYSTEM, now=NOW)
    make_invitations(1)
    with Gateway() as running:
        set_up_channel(ChannelGiven(key="gateway", kind="sms", settings=running.setup()), by=SYSTEM, now=NOW)
        assert send_due(worker="w", clock=lambda: NOW).sent == 1
        yield running


def link(gateway: Gateway, place: int) -> str:
    """Where a message that arrived leads to."""
    found = re.search(r"/s/[0-9A-Za-z]{12}", gateway.accepted[place]["content"])
    assert found, gateway.accepted[place]
    return found[0]


def reminded(gateway: Gateway, mode: str = "ok") -> None:
    gateway.mode = mode
    assert remind(now=REMINDED) == 1
    assert send_due(worker="w", clock=lambda: REMINDED).handled == 1


def opens(path: str, at: datetime) -> bool:
    return Browser(now=at).get(path).status == 200


def answers(path: str, at: datetime) -> bool:
    return Browser(now=at).post(path, GOOD).status == 200


def invitation() -> Invitation:
    return invitation_rows().get()


def test_both_links_live_each_its_own_time(gateway: Gateway) -> None:
    reminded(gateway)
    first, second = link(gateway, 0), link(gateway, 1)
    assert first != second
    moment = timedelta(microseconds=1)
    for path, end in ((first, NOW + 72 * HOUR), (second, REMINDED + 72 * HOUR)):
        assert opens(path, end - moment)
        assert not opens(path, end)


@pytest.mark.parametrize("chosen", [0, 1])
def test_whichever_is_answered_both_are_used_up(gateway: Gateway, chosen: int) -> None:
    reminded(gateway)
    paths = [link(gateway, 0), link(gateway, 1)]
    soon = REMINDED + HOUR
    assert answers(paths[chosen], soon)
    assert [opens(path, soon + HOUR) for path in paths] == [False, False]
    assert [answers(path, soon + HOUR) for path in paths] == [False, False]
    assert invitation().state == "answered"


@pytest.mark.parametrize("mode", ["refuses", "throttles", "401"])
def test_a_reminder_that_certainly_did_not_leave_changes_nothing(gateway: Gateway, mode: str) -> None:
    before = invitation()
    reminded(gateway, mode)
    after = invitation()
    names = ("state", "reason", "sent_at", "dies_at", "token_hash", "earlier_sent_at", "earlier_token_hash")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    assert answers(link(gateway, 0), REMINDED + HOUR)


def test_a_reminder_in_doubt_leaves_both_links_and_its_denial_the_first(gateway: Gateway) -> None:
    reminded(gateway, "500")
    first, second = link(gateway, 0), link(gateway, 1)
    assert messages().get(category="reminder").state == "unknown"
    assert opens(first, REMINDED + HOUR)
    assert opens(second, REMINDED + HOUR)
    doubtful = messages().get(category="reminder")
    settle(message_id=doubtful.pk, sent=False, reason="the provider says no", by=SYSTEM, now=REMINDED + HOUR)
    assert invitation().state == "sent"
    assert opens(first, REMINDED + HOUR)
    assert not opens(second, REMINDED + HOUR)


def test_a_worker_that_dies_with_a_reminder_in_its_hands_costs_nothing(gateway: Gateway) -> None:
    assert remind(now=REMINDED) == 1
    messages(category="reminder").update(state="leased", leased_until=REMINDED, fencing=7)
    recover(now=REMINDED + timedelta(seconds=20))
    assert invitation().state == "sent"
    assert answers(link(gateway, 0), REMINDED + HOUR)


def test_who_opts_out_loses_both(gateway: Gateway) -> None:
    reminded(gateway)
    row, soon = invitation(), REMINDED + HOUR
    opt_out(row.customer_id, via="phone", by=SYSTEM, now=soon)
    end_links(row.customer_id, now=soon)
    assert [opens(link(gateway, place), soon + HOUR) for place in (0, 1)] == [False, False]
    assert [answers(link(gateway, place), soon + HOUR) for place in (0, 1)] == [False, False]


def test_negative_control_a_reminder_that_ends_what_it_reminds_of(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departing, "_KEEPING", "")
    reminded(gateway, "refuses")
    assert not opens(link(gateway, 0), REMINDED + HOUR)
