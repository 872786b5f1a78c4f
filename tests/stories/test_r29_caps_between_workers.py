"""R29, caps of a channel: eight workers at once never fill its last places twice, by number or by money."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from tests.stories.tiers import minutes, sized
from tests.threads import together
from zhiyin.messaging.testing import messages
from zhiyin.outreach import departing
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world

WORKERS = 8
ROUNDS = sized(c=5, n=60)  # days, each with the same caps anew
MOST = 7
A_TURN = 3  # messages: nobody gets them all, and the last places are between several
AT_ANY_HOUR = '[gap]\noff = true\n[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
CAPS = {
    "messages": f"per_day = {MOST}",
    "money by day": "price = 0.05\nspend_per_day = 0.35",
    "money by month": "price = 0.05\nspend_per_month = 0.35",
}
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(minutes(c=2, n=20))]


@pytest.fixture(autouse=True)
def _world(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_world(now=NOW)


def most_in_a_day(cap: str, *, rounds: int) -> tuple[int, int]:
    """The fewest and the most messages that left in one of these days (or, for a month's cap, months)."""
    apply_policy(f'{AT_ANY_HOUR}[[caps.channel]]\nchannel = "sms"\n{CAPS[cap]}\n', by=SYSTEM, now=NOW)
    counts = []
    for number in range(rounds):
        now = NOW + number * timedelta(days=32 if "month" in cap else 1)
        messages(state="queued").update(state="withdrawn")
        make_invitations(3 * MOST, now=now)
        before = messages(state="sent").count()
        acts: list[Callable[[], Any]] = [
            lambda worker=worker, now=now: send_due(
                worker=f"w{worker}", clock=lambda: now, kinds=("sms",), limit=A_TURN
            )  # type: ignore[misc]
            for worker in range(WORKERS)
        ]
        together(acts)
        counts.append(messages(state="sent").count() - before)
    return min(counts), max(counts)


@pytest.mark.parametrize("cap", CAPS)
def test_eight_workers_fill_a_cap_and_never_pass_it(cap: str) -> None:
    assert most_in_a_day(cap, rounds=ROUNDS) == (MOST, MOST)


def test_negative_control_without_the_channels_lock_they_pass_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, lock or no lock; PostgreSQL shows what the lock is for.")
    judge = departing.still_allowed

    def slowly(**facts: Any) -> Any:
        time.sleep(0.02)
        return judge(**facts)

    monkeypatch.setattr(departing, "lock_groups", lambda groups: list(groups))
    monkeypatch.setattr(departing, "still_allowed", slowly)
    assert most_in_a_day("messages", rounds=2)[1] > MOST


def test_negative_control_a_cap_that_is_not_asked_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departing, "still_allowed", lambda **_: departing.Departure())
    assert most_in_a_day("messages", rounds=1)[1] > MOST
