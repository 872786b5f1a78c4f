"""R9: the server's clock jumps: eight hours on, three back, ninety days on, over a leap day and the end of a year, and
two hundred times by five minutes. No message leaves twice, nobody hears of a late case twice or is asked too often.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.fixtures import Settings

from tests.stories.late_cases import make_team, open_cases
from tests.stories.tiers import minutes, sized
from zhiyin.cases.actions import ladder
from zhiyin.cases.models import Entry
from zhiyin.ledger.deliver import deliver_pending
from zhiyin.messaging.testing import messages
from zhiyin.outreach import judging
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM
from zhiyin.responses.testing import Browser, make_survey

PEOPLE = sized(c=2, n=30)
NTP_STEPS = 200
LOOKS_AT_LINKS = sized(c=20, n=NTP_STEPS)  # of these: each tries every link of two days
YEAR_END = datetime(2027, 12, 31, 3, 50, tzinfo=UTC)  # before noon in Shanghai
GAP, PERIOD, MOST = timedelta(hours=24), timedelta(days=90), 10
POLICY = f"""
[[limit]]
per = "customer"
max = {MOST}
days = {PERIOD.days}
[gap]
hours = 24
"""
JUMPS = {
    "eight hours on": timedelta(hours=8),
    "three back": timedelta(hours=-3),
    "over the end of the year": timedelta(hours=16),
    "more than a day on": timedelta(hours=28),
    "three back again": timedelta(hours=-3),
    "to the eve of the leap day": datetime(2028, 2, 28, 4, tzinfo=UTC) - (YEAR_END + timedelta(hours=46)),
    "the leap day": timedelta(hours=25),
    "ninety days on": timedelta(days=90),
    "and three hours back": timedelta(hours=-3),
}
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(minutes(c=4, n=30))]


def clock(*, ntp_steps: int = NTP_STEPS) -> Iterator[datetime]:
    """What the server's clock shows, one look after another; between two jumps an hour passes, quarter by quarter."""
    now, dice = YEAR_END, random.Random(9)
    yield now
    for jump in JUMPS.values():
        now += jump
        for _ in range(5):
            yield now
            now += timedelta(minutes=15)
    for _ in range(ntp_steps):
        now += timedelta(minutes=90) + dice.choice((-1, 1)) * timedelta(minutes=5)
        yield now
        now -= timedelta(minutes=5)
        yield now


@dataclass
class House:
    """An installation under a clock that jumps, and all that was seen of it."""

    outbox: Path
    calls: int = 0
    died: set[str] = field(default_factory=set)  # links that were seen dead
    revived: Counter[str] = field(default_factory=Counter)
    links: dict[str, datetime] = field(default_factory=dict)  # address → when it was first seen in the outbox

    def live(self, looks: Iterator[datetime], *, with_links: bool) -> None:
        for now in looks:
            self.everybody_calls(now)
            deliver_pending(now=now)
            send_due(worker="one", clock=lambda now=now: now)  # type: ignore[misc]  # bound for the loop
            recover(now=now)
            ladder.tell_of_broken_promises(now=now)
            if with_links:
                self.try_links(now)

    def everybody_calls(self, now: datetime) -> None:
        items = []
        for person in range(PEOPLE):
            self.calls += 1
            customer = {"external_id": f"C{person}", "phone": f"1370000{person:04}"}
            about = {"source": "t", "external_id": f"r9-{self.calls}", "touchpoint": "hotline"}
            items.append({**about, "customer": customer, "ended_at": now.isoformat()})
        assert {one.status for one in receive(items, by=SYSTEM, now=now)} == {"created"}

    def lines(self) -> list[dict[str, Any]]:
        text = self.outbox.read_text() if self.outbox.exists() else ""
        return [one for one in map(json.loads, text.splitlines()) if one["invitation"]]

    def try_links(self, now: datetime) -> None:
        for line in self.lines():
            self.links.setdefault(urlsplit(line["link"]).path, now)
        for path in [path for path, at in self.links.items() if abs(now - at) < timedelta(days=2)]:
            status = Browser(now=now).get(path, REMOTE_ADDR=f"2001:db8:{len(self.died):x}::1").status
            if status == 200 and path in self.died:
                self.revived[path] += 1
            elif status != 200:
                self.died.add(path)

    def faults(self) -> Counter[str]:
        """Messages and alerts that left twice, and surveys that came too soon or too often."""
        found: Counter[str] = Counter()
        found["sent twice"] = sum(n - 1 for n in Counter(line["invitation"] for line in self.lines()).values())
        sent: dict[int, list[datetime]] = defaultdict(list)
        rows = messages(category="survey", sent_at__isnull=False).order_by("sent_at")
        for customer, at in rows.values_list("customer_id", "sent_at"):
            assert at is not None
            sent[customer].append(at)
        for moments in sent.values():
            found["too soon"] += sum(b - a <= GAP for a, b in zip(moments, moments[1:], strict=False))
            windows = [sum(at - PERIOD < other <= at for other in moments) for at in moments]
            found["too often"] += sum(count > MOST for count in windows)
        rungs = Counter((one.case_id, one.data["rung"], one.data["clock"]) for one in Entry.objects.filter(kind="told"))
        found["told twice"] = sum(times - 1 for times in rungs.values())
        return +found


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> House:
    settings.DATA_DIR = tmp_path
    make_survey(now=YEAR_END)
    open_cases(make_team(now=YEAR_END), 1, now=YEAR_END)
    apply_policy(POLICY, by=SYSTEM, now=YEAR_END)
    return House(tmp_path / "outbox" / "messages.ndjson")


def test_nothing_happens_twice_and_nobody_is_asked_too_often(house: House) -> None:
    house.live(clock(), with_links=False)
    assert house.faults() == {}
    assert Entry.objects.filter(kind="told").count() == 2, "of both late steps of the case its lead heard"
    assert len(house.lines()) >= 10 * PEOPLE, "and surveys went out all the time"


def test_negative_control_whoever_was_sent_something_later_than_now_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: Callable[..., Any] = judging.histories

    def only_the_past(*args: Any, now: datetime, **more: Any) -> Any:
        found = histories(*args, now=now, **more)
        return {who: [one for one in past if one.at is None or one.at <= now] for who, past in found.items()}

    monkeypatch.setattr(judging, "histories", only_the_past)
    monkeypatch.setattr("zhiyin.outreach.departing.histories", only_the_past)
    house.live(clock(ntp_steps=0), with_links=False)
    assert house.faults()["too soon"] > 0


def test_negative_control_a_ladder_that_forgets_whom_it_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "_first_time", lambda *_, **__: True)
    house.live(clock(ntp_steps=0), with_links=False)
    assert house.faults()["told twice"] > 0


def test_no_link_that_was_dead_opens_again(house: House) -> None:
    house.live(clock(ntp_steps=LOOKS_AT_LINKS), with_links=True)
    assert house.died
    assert house.revived == {}


@pytest.mark.django_db(transaction=True)  # a page that cannot be written is rolled back, and the next one goes on
def test_negative_control_links_by_the_clock_on_the_wall_open_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhiyin.responses.hot.steady", lambda now: now)
    house.live(clock(ntp_steps=0), with_links=True)
    assert house.revived.total() > 0


def test_on_a_clock_that_only_goes_forward_no_dead_link_opens(house: House) -> None:
    forward = sorted({YEAR_END + timedelta(minutes=97) * number for number in range(40)})
    house.live(iter(forward), with_links=True)
    assert house.died
    assert house.revived == {}
