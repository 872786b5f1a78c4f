"""R1 at the points of outreach: forty kills and more, by SIGKILL and wherever it falls, of whoever takes in a batch,
imports a chunk, sends, or hears a receipt. Nothing that was acknowledged is lost, nothing is there or sent twice.

The whole product, its web half included, is killed in ``test_nothing_is_lost_when_killed.py``; the joints of sending
one by one in ``test_message_is_never_sent_twice.py``. Here the four halves are killed much more often a minute.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.stories.test_message_is_never_sent_twice import database_url
from tests.stories.tiers import minutes, sized
from zhiyin.journey.testing import interactions
from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.models import Arrival
from zhiyin.messaging.simulator.faults import Rule
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.testing import SYSTEM, decisions, invitation_rows, make_world

KILLS = sized(c=44, n=600, r=2_000)  # of them a quarter of each role
ROLES = ("ingest", "import", "send", "receipts")
STEADY = 15.0  # seconds after the last kill
BUSY = 10.0  # more, where the machine has other things to do
PER_KILL = 6  # events that come in for each kill, so that there is always something to be killed at
PROGRAM = Path(__file__).with_name("kills.py")
ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n[gap]\noff = true\n'
ALIYUN = {
    "access_key": "LTAI",
    "secret": "s3cret-one",
    "sign": "云桥",
    "template": "SMS_1",
    "variables": {"code": "{token}"},
    "timeout": 2,
    "at_once": 5,
}
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(minutes(c=4, n=30, r=90))]


@dataclass
class Halves:
    """The four, each started again as soon as it is dead."""

    folder: Path
    simulator: Simulator
    careless: bool = False
    alive: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings",
            "ZHIYIN_DATABASE_URL": database_url(),
            "ZHIYIN_DATA_DIR": str(self.folder),
            "ZHIYIN_PRIVATE_GATEWAYS": "127.0.0.1",
        }
        command = [sys.executable, str(PROGRAM), *(["careless"] if self.careless else [])]
        self.stable = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.says() == "ready"

    def says(self) -> str:
        assert self.stable.stdout is not None
        return self.stable.stdout.readline().strip()

    def look_after(self) -> None:
        """Start whoever is dead, and let the gateway know what it has."""
        assert self.stable.stdin is not None
        for role in ROLES:
            if role not in self.alive:
                self.stable.stdin.write(f"{role} {self.folder}\n")
                self.stable.stdin.flush()
                self.alive[role] = int(self.says())
        draft = self.folder / "accepted.draft"
        draft.write_text("".join(f"{one}\n" for one in sorted(self.accepted())))
        draft.replace(self.folder / "accepted.txt")

    def accepted(self) -> set[str]:
        return {one.our_id for one in self.simulator.world.arrivals}

    def sign(self, role: str) -> int:
        """A count that grows while this half works."""
        path = self.folder / f"{role}.txt"
        return path.stat().st_size if path.exists() else 0

    def kill(self, role: str) -> None:
        worker = self.alive.pop(role)
        os.kill(worker, signal.SIGKILL)
        while Path(f"/proc/{worker}").exists():
            time.sleep(0.001)

    def close(self) -> None:
        for role in list(self.alive):
            self.kill(role)
        assert self.stable.stdin is not None
        assert self.stable.stdout is not None
        self.stable.stdin.close()
        self.stable.wait(10)
        self.stable.stdout.close()


@pytest.fixture
def simulator(settings: Settings, tmp_path: Path) -> Iterator[Simulator]:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    now = datetime.now(UTC)
    make_world(now=now)
    apply_policy(ANY_HOUR, by=SYSTEM, now=now)
    with Simulator() as running:
        given = ChannelGiven(key="aliyun", kind="aliyun", settings=ALIYUN | {"url": running.url("aliyun")})
        set_up_channel(given, by=SYSTEM, now=now)
        yield running


def write_events(folder: Path, number: int) -> None:
    """Half by the API, half in files; everybody calls three times."""
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    with (folder / "events.ndjson").open("w") as file:
        for one in range(number):
            who = {"external_id": f"C{one // 3}", "phone": f"138{one // 3:08}"}
            about = {"source": "cti", "external_id": f"e{one}", "touchpoint": "hotline", "ended_at": at}
            file.write(json.dumps({"by": ("ingest", "import")[one % 2], "event": {"customer": who, **about}}) + "\n")


def acked(folder: Path, role: str) -> dict[str, set[tuple[object, ...]]]:
    """External id → everything that its client was ever told."""
    told: dict[str, set[tuple[object, ...]]] = {}
    path = folder / f"{role}.txt"
    for line in path.read_text().splitlines() if path.exists() else ():
        key, *rest = json.loads(line)
        told.setdefault(key, set()).add(tuple(rest))
    return told


def storm(halves: Halves, kills: int, dice: random.Random) -> Counter[str]:
    """Kill one after another, each at a random moment of its work."""
    done: Counter[str] = Counter()
    order = [ROLES[number % len(ROLES)] for number in range(kills)]
    dice.shuffle(order)
    for role in order:
        halves.look_after()
        before, deadline = halves.sign(role), time.monotonic() + 0.3
        while halves.sign(role) == before and time.monotonic() < deadline:
            halves.look_after()
            time.sleep(0.003)
        time.sleep(dice.uniform(0.0, 0.06))
        halves.kill(role)
        done[role] += 1
    return done


def waiting(halves: Halves) -> dict[str, int]:
    """What is still to come, the messages before their receipts."""
    folder = halves.folder
    wanted = Counter(json.loads(line)["by"] for line in (folder / "events.ndjson").read_text().splitlines())
    to_send = messages(state__in=["queued", "leased", "sending"]).count()
    thanked = set((folder / "receipts.txt").read_text().split()) if (folder / "receipts.txt").exists() else set()
    return {
        "to ingest": wanted["ingest"] - len(acked(folder, "ingest")),
        "to import": wanted["import"] - len(acked(folder, "import")),
        "to send": to_send,
        "receipts": len(halves.accepted() - thanked),
    }


def steady_again(halves: Halves) -> float:
    """Seconds from the last kill until nothing waits any more."""
    started = time.monotonic()
    while any(waiting(halves).values()) and time.monotonic() - started < 4 * STEADY:
        halves.look_after()
        time.sleep(0.1)
    took = time.monotonic() - started
    # What outran our own commit waits in the inbox, longer each time that it fits nothing: kept, it comes round.
    while in_the_inbox() and time.monotonic() - started < 8 * STEADY:
        halves.look_after()
        time.sleep(0.1)
    return took


def in_the_inbox() -> int:
    return Arrival.objects.filter(state__in=["waiting", "parked"]).count()


def account(halves: Halves) -> tuple[Counter[str], Counter[str]]:
    """What is lost and what is there twice, of all that was acknowledged."""
    lost, twice = Counter[str](), Counter[str]()
    known = dict(interactions().values_list("external_id", "pk"))
    decided = Counter(decisions().values_list("interaction_id", flat=True))
    invited = Counter(invitation_rows().values_list("interaction_id", flat=True))
    rows = {row.invitation_id: row for row in messages()}
    for role in ("ingest", "import"):
        for key, told in acked(halves.folder, role).items():
            lost["interaction"] += key not in known
            lost["decision"] += key in known and not decided[known[key]]
            twice["told two things"] += len(told) > 1
    twice["interaction"] = interactions().count() - len(known)
    twice["decision"] = sum(times - 1 for times in decided.values())
    twice["invitation"] = sum(times - 1 for times in invited.values())
    lost["invitation"] = decisions().filter(invited=True).count() - len(invited)
    lost["message"] = invitation_rows().count() - len(rows)
    there = Counter(one.our_id for one in halves.simulator.world.arrivals)
    twice["sent"] = sum(times - 1 for times in there.values())
    for row in rows.values():
        left = str(row.pk) in there
        lost["said to be sent"] += row.state == "sent" and not left
        lost["left waiting"] += row.state not in ("sent", "unknown")
        lost["receipt"] += left and row.delivered_at is None
    return +lost, +twice


def test_nothing_is_lost_and_nothing_happens_twice(
    simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events(tmp_path, PER_KILL * KILLS)
    halves = Halves(tmp_path, simulator)
    try:
        killed = storm(halves, KILLS, random.Random(20261123))
        took = steady_again(halves)
    finally:
        halves.close()
    lost, twice = account(halves)
    unknown = messages(state="unknown").count()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{killed.total()} kills {dict(killed)}: {interactions().count()} events, {messages().count()} messages; "
            f"lost {lost.total()}, twice {twice.total()}, unknown {unknown}; steady after {took:.1f} s\n"
        )
    assert (lost, twice) == ({}, {})
    assert not any(waiting(halves).values())
    assert interactions().count() == PER_KILL * KILLS
    assert unknown <= killed["send"] * ALIYUN["at_once"], "at most what was on its way at each kill of a sender"  # type: ignore[operator]
    assert took <= STEADY + BUSY


def test_negative_control_careless_halves_lose_their_good_name(simulator: Simulator, tmp_path: Path) -> None:
    """The same storm, smaller, over halves without the claim on events, and that send again what is in doubt."""
    simulator.world.rules.append(Rule("*", "slow", seconds=1, times=200))
    write_events(tmp_path, 40)
    halves = Halves(tmp_path, simulator, careless=True)
    try:
        storm(halves, 12, random.Random(7))
        ends, dice = time.monotonic() + 4 * STEADY, random.Random(8)
        while not account(halves)[1]["sent"] and time.monotonic() < ends:
            halves.look_after()
            time.sleep(dice.uniform(0.3, 3.0))  # the gateway takes a second: some of these are in the midst of it
            halves.kill("send")
    finally:
        halves.close()
    _lost, twice = account(halves)
    assert twice["interaction"] + twice["told two things"] > 0
    assert twice["sent"] > 0
