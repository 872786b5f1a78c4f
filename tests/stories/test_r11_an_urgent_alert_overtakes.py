"""R11: behind a backlog of invitations an alert to a member of staff leaves first, and well within sixty seconds."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.stories.tiers import minutes, sized
from zhiyin.messaging.actions import Alert, leasing, queue_alert
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import Sent, send_due
from zhiyin.outreach.testing import SYSTEM, make_invitations, make_staff, make_world

BACKLOG = sized(c=20_000, n=100_000, r=1_000_000)
ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
WITHIN = 60.0  # seconds
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(minutes(c=5, n=20, r=180)),
]


@pytest.fixture
def outbox(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    now = timezone.now()
    make_world(now=now)
    apply_policy(ANY_HOUR, by=SYSTEM, now=now)
    return tmp_path / "outbox" / "messages.ndjson"


def turn() -> Sent:
    """What the worker's duty does in one turn, all kinds of channels after each other."""
    return send_due(worker="one", clock=timezone.now)


def overtaken(outbox: Path, backlog: int) -> tuple[int, float]:
    """How many invitations left before an alert that was queued behind them all, and after how many seconds it did."""
    make_invitations(backlog, now=timezone.now() - timedelta(minutes=1))
    staff = make_staff(email="duty@example.com", now=timezone.now())
    turn()  # the workers are in the middle of it
    before = len(lines(outbox))
    assert 0 < before < backlog
    (alert,) = queue_alert([Alert(staff, "", "客户在线等", channel="sms")], now=timezone.now())
    started = time.monotonic()
    while messages(pk=alert, state="sent").count() == 0 and time.monotonic() - started < 2 * WITHIN:
        turn()
    took = time.monotonic() - started
    written = [line.get("message") for line in lines(outbox)]
    assert str(alert) in written
    return written.index(str(alert)) - before, took


def lines(outbox: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in outbox.read_text().splitlines()]


def test_an_alert_leaves_before_everything_that_waits(outbox: Path) -> None:
    ahead, took = overtaken(outbox, BACKLOG)
    assert ahead == 0
    assert took < WITHIN


def test_negative_control_a_queue_by_age_alone_lets_it_wait(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = {"whom": "TRUE", "same_person": "m.customer_id <> 0 AND e.customer_id = m.customer_id"}
    monkeypatch.setattr(leasing, "_STAFF", everybody)
    monkeypatch.setattr(leasing, "_CUSTOMERS", everybody)
    ahead, _took = overtaken(outbox, 2_500)
    assert ahead > 1_000
