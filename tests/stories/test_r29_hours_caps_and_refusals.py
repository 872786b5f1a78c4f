"""R29, what is not in ``test_opt_out_is_for_ever.py``: round the clock for three days, with somebody at every hour, no
message leaves in the quiet hours, no number gets more than its cap in a day, and whoever refused gets nothing more.
"""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_django.fixtures import Settings

from tests.stories.tiers import minutes, sized
from zhiyin.messaging.testing import messages
from zhiyin.outreach import departing
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.intake import receive
from zhiyin.outreach.rules.sending import Departure
from zhiyin.outreach.testing import NOW, SYSTEM, make_world
from zhiyin.people.actions import opt_out
from zhiyin.people.identify import find_customer

PEOPLE = sized(c=4, n=40)
DAYS = sized(c=3, n=30)
PER_DAY = 2
SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = 8, 21
POLICY = f"""
[[limit]]
per = "customer"
max = 1000
days = 90
[gap]
off = true
[sending_hours]
from = "{OPENS:02}:00"
to = "{CLOSES:02}:00"
[caps]
per_number_per_day = {PER_DAY}
"""
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(minutes(c=2, n=30))]


@pytest.fixture(autouse=True)
def _world(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_world(now=NOW)
    apply_policy(POLICY, by=SYSTEM, now=NOW)


def phone(person: int) -> str:
    return f"1360000{person:04}"


def live() -> datetime:
    """Everybody calls every three hours; the first of them refuses in the night. Returns when."""
    refused_at = NOW + timedelta(hours=15)  # one in the morning, with messages of theirs waiting for eight
    for step in range(DAYS * 24 * 4):
        now = NOW + timedelta(minutes=15) * step
        if step % 12 == 0:
            receive([call(person, step, now) for person in range(PEOPLE)], by=SYSTEM, now=now)
        if now == refused_at:
            refuses = find_customer("phone", f"+86{phone(0)}")
            assert refuses is not None
            opt_out(refuses, via="staff", proof="录音 7", by=SYSTEM, now=now)
        send_due(worker="one", clock=lambda now=now: now)  # type: ignore[misc]  # bound for the loop
    return refused_at


def call(person: int, step: int, now: datetime) -> dict[str, object]:
    customer = {"external_id": f"C{person}", "phone": phone(person)}
    about = {"source": "t", "external_id": f"{person}-{step}", "touchpoint": "hotline"}
    return {**about, "customer": customer, "ended_at": now.isoformat()}


def faults(refused_at: datetime) -> Counter[str]:
    found, days = Counter[str](), Counter[tuple[int, object]]()
    refuses = find_customer("phone", f"+86{phone(0)}")
    for customer, at in messages(state="sent").values_list("customer_id", "sent_at"):
        assert at is not None
        local = at.astimezone(SHANGHAI)
        found["in the quiet hours"] += not OPENS <= local.hour < CLOSES
        found["after the refusal"] += customer == refuses and at >= refused_at
        days[customer, local.date()] += 1
    found["more than the cap"] = sum(times > PER_DAY for times in days.values())
    return +found


def test_hours_caps_and_refusals_hold_round_the_clock() -> None:
    refused_at = live()
    assert faults(refused_at) == {}
    assert messages(state="sent").count() >= PER_DAY * (PEOPLE - 1) * (DAYS - 1), "and messages did leave"


def test_negative_control_without_the_last_look_all_three_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departing, "still_allowed", lambda **_: Departure())
    assert set(faults(live())) == {"in the quiet hours", "after the refusal", "more than the cap"}
