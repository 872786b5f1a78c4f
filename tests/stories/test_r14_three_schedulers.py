"""R14: three workers, each with a clock of its own, run the duties of ``loop.py`` over a thousand periods at the same
moments. What falls due happens once: no message leaves twice, nobody hears of a late step twice, and nothing is missed.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.stories.late_cases import make_team, open_cases
from tests.stories.tiers import minutes, sized
from tests.threads import together
from zhiyin import loop
from zhiyin.cases.actions import ladder
from zhiyin.cases.models import Entry
from zhiyin.cases.testing import Desk
from zhiyin.messaging.actions import leasing
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world

PERIODS = sized(c=1_000, n=1_000, r=10_000)
TOGETHER = sized(c=40, n=1_000)  # of them, with the three at the very same moment, in threads
REPLICAS = 3
PERIOD = timedelta(minutes=1)
SKEW = (timedelta(), timedelta(seconds=-4), timedelta(seconds=7))  # how wrong each one's clock is
# The duties that make something happen to somebody; the others look after the ledger, the mirror and old rows.
TIMERS = (
    "send_what_is_due",
    "take_back_what_dead_workers_held",
    "bring_facts_to_their_reactions",
    "try_failed_reactions_again",
    "tell_of_broken_promises",
    "work_through_the_inbox",
    "remind_who_has_not_answered",
    "tell_of_messages_long_in_doubt",
)
# Those of them that this timetable has no work for: they are called as well, though not in every minute.
IDLE = {"try_failed_reactions_again", "work_through_the_inbox", "remind_who_has_not_answered", TIMERS[-1]}
IDLE_PERIOD = timedelta(minutes=10)
POLICY = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n[age]\noff = true\n'
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(minutes(c=15, n=60))]


@dataclass
class Replica:
    """One worker: which duties are due by its own clock, and when they were done last."""

    skew: timedelta
    done: dict[str, datetime] = field(default_factory=dict)

    def turn(self, now: datetime) -> None:
        mine = now + self.skew
        for name, every, act in loop.DUTIES:
            period = IDLE_PERIOD if name in IDLE else every
            if name in TIMERS and mine - self.done.get(name, datetime.min.replace(tzinfo=now.tzinfo)) >= period:
                self.done[name] = mine
                act(lambda: mine)


@dataclass
class Timetable:
    """What falls due during the run: cases that go late, and messages that wait for their moment."""

    outbox: Path
    desk: Desk
    cases: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)

    def fill(self, periods: int, *, cases: int = sized(c=6, n=30), invited: int = 40) -> None:
        dice = random.Random(periods)
        for _ in range(cases):
            opened_at = NOW + PERIOD * dice.randrange(-20, max(periods - 40, 1))
            self.cases += open_cases(self.desk, 1, now=opened_at)
        asked = make_invitations(invited, now=NOW)
        self.messages = list(messages(invitation_id__in=asked).values_list("pk", flat=True))
        for pk in self.messages:
            messages(pk=pk).update(not_before=NOW + PERIOD * dice.randrange(periods))

    def faults(self) -> Counter[str]:
        found: Counter[str] = Counter()
        lines = [json.loads(line) for line in self.outbox.read_text().splitlines()]
        left = Counter(line["invitation"] for line in lines if line["invitation"])
        found["sent twice"] = sum(left.values()) - len(left)
        found["never sent"] = len(self.messages) - messages(pk__in=self.messages, state="sent").count()
        rungs: Counter[Any] = Counter()
        for one in Entry.objects.filter(kind="told", case_id__in=self.cases):
            rungs[one.case_id, one.data["rung"], one.data["clock"]] += 1
        found["told twice"] = sum(rungs.values()) - len(rungs)
        found["told of nothing"] = len(self.cases) - len({case for case, _, clock in rungs if clock == "connect"})
        alerts = Counter(line["message"] for line in lines if not line["invitation"])
        found["an alert twice"] = sum(alerts.values()) - len(alerts)
        found["an alert never"] = messages(category="staff").exclude(state="sent").count()
        return +found


@pytest.fixture
def timetable(settings: Settings, tmp_path: Path) -> Timetable:
    settings.DATA_DIR = tmp_path
    make_world(now=NOW)
    apply_policy(POLICY, by=SYSTEM, now=NOW)
    return Timetable(tmp_path / "outbox" / "messages.ndjson", make_team(now=NOW - timedelta(hours=1)))


def in_turn(periods: int) -> None:
    replicas, dice = [Replica(skew) for skew in SKEW], random.Random(14)
    for period in range(periods):
        dice.shuffle(replicas)
        for replica in replicas:
            replica.turn(NOW + PERIOD * period)


def at_once(periods: int) -> None:
    """The three in threads of their own, let go together in every period."""
    replicas = [Replica(skew) for skew in SKEW]
    for period in range(periods):
        now = NOW + PERIOD * period
        together([lambda one=one, now=now: one.turn(now) for one in replicas])  # type: ignore[misc]


@pytest.mark.parametrize(("run", "periods"), [(in_turn, PERIODS), (at_once, TOGETHER)])
def test_what_falls_due_happens_once(timetable: Timetable, run: Callable[[int], None], periods: int) -> None:
    timetable.fill(periods)
    run(periods)
    assert timetable.faults() == {}


def test_every_timer_of_the_loop_is_among_those_tried() -> None:
    """A new duty that makes something happen to somebody has to be named here, or said not to be one."""
    known = {
        *TIMERS,
        *("listen_where_nobody_calls", "ask_where_pushes_are_silent", "forget_what_gateways_said", "seal_the_ledger"),
        *("bring_the_mirror_up_to_date", "forget_who_tried_dead_links", "anchor_the_ledger", "make_the_next_months"),
        *("count_what_the_old_policy_sent", "let_old_months_go", "clear_what_was_taken_back", "forget_deleted_views"),
        "merge_what_is_complete",
        "mail_the_reports_that_are_due",  # four schedulers at once: reports/explorer/tests/test_scheduling.py
    }
    assert {name for name, _, _ in loop.DUTIES} <= known


def test_negative_control_a_ladder_that_forgets_whom_it_told(
    timetable: Timetable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "_first_time", lambda *_, **__: True)
    timetable.fill(60, cases=1, invited=1)
    in_turn(60)
    assert timetable.faults()["told twice"] > 0


def test_negative_control_a_claim_that_takes_what_others_have(
    timetable: Timetable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim of messages whatever their state, and hands that are everybody's: the queue as a mere list."""
    careless = leasing._CLAIM.replace("m.state = 'queued' AND", "m.state <> 'withdrawn' AND m.attempts < 2 AND")
    monkeypatch.setattr(leasing, "_CLAIM", careless)
    timetable.fill(5, cases=1, invited=3)
    messages(category="survey").update(not_before=NOW)
    in_turn(5)
    assert timetable.faults()["sent twice"] > 0


def test_negative_control_a_scheduler_that_is_asleep_misses_everything(timetable: Timetable) -> None:
    timetable.fill(20, cases=2, invited=3)
    (timetable.outbox.parent).mkdir(parents=True, exist_ok=True)
    timetable.outbox.touch()
    assert timetable.faults() == {"never sent": 3, "told of nothing": 2}
