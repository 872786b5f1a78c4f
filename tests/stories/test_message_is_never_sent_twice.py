"""A worker may be killed, or stopped and woken, at any joint of sending. Nothing is lost, nothing is sent twice.

Real processes, really killed. Nothing in the product helps: a worker is held at the joint in question by a gateway
that does not answer, by the outbox file's lock, or by a lock in the database; elsewhere it is stopped and looked at
until it stands where it should. Time does not have to pass: who recovers is told a later hour.
"""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.messaging.actions import Alert, ChannelGiven, queue_alert, set_up_channel
from zhiyin.messaging.models import Message
from zhiyin.messaging.testing import Gateway
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.doubts import resend
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.testing import SYSTEM, make_invitations, make_staff, make_world

ALWAYS = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
SENDER = Path(__file__).with_name("sender.py")
LATER = timedelta(minutes=1)  # past every lease, so that nobody has to wait for one
KILLS = 20  # in each of two storms: R1 on every change

pytestmark = pytest.mark.django_db(transaction=True)


class Stable:
    """Workers in processes of their own, at the same database as this test."""

    def __init__(self, *arguments: str) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings",
            "ZHIYIN_DATABASE_URL": database_url(),
            "ZHIYIN_PRIVATE_GATEWAYS": "127.0.0.1",
        }
        command = [sys.executable, str(SENDER), *arguments]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._workers: list[int] = []
        assert self._says() == "ready"

    def start(self, data_dir: Path) -> int:
        """A new worker; returns its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{data_dir}\n")
        self._process.stdin.flush()
        self._workers.append(int(self._says()))
        return self._workers[-1]

    def kill(self, worker: int) -> None:
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{worker}").exists())

    def clear(self) -> None:
        """Kill whoever is left."""
        while self._workers:
            worker = self._workers.pop()
            if Path(f"/proc/{worker}").exists():
                self.kill(worker)

    def close(self) -> None:
        self.clear()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _says(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=timezone.now())
    apply_policy(ALWAYS, by=SYSTEM, now=timezone.now())
    return tmp_path / "data"


@pytest.fixture(scope="module")
def one_stable(django_db_setup: None) -> Iterator[Stable]:
    running = Stable()
    yield running
    running.close()


@pytest.fixture
def stable(one_stable: Stable, data_dir: Path) -> Iterator[Stable]:
    yield one_stable
    one_stable.clear()


@pytest.fixture
def gateway(data_dir: Path) -> Iterator[Gateway]:
    """Our only channel for SMS; it has ten seconds of patience with a test that holds its answer."""
    with Gateway() as running:
        given = ChannelGiven(key="gateway", kind="sms", settings=running.setup(timeout=10))
        set_up_channel(given, by=SYSTEM, now=timezone.now())
        yield running


def test_killed_before_its_claim_was_committed(stable: Stable, data_dir: Path) -> None:
    invited = make_invitations(3, now=timezone.now())
    with writing_blocked():
        worker = stable.start(data_dir)
        time.sleep(0.3)
        stable.kill(worker)
    assert states() == {"queued": 3}
    assert_all_sent_once(invited, data_dir)


def test_killed_between_claim_and_mark(stable: Stable, data_dir: Path) -> None:
    invited = make_invitations(200, now=timezone.now())
    worker = stable.start(data_dir)
    stop_where(worker, lambda: states()["leased"] > 0)
    stable.kill(worker)
    assert states()["leased"] > 0
    assert_all_sent_once(invited, data_dir)


def test_killed_between_mark_and_outbox(stable: Stable, data_dir: Path) -> None:
    invited = make_invitations(3, now=timezone.now())
    with outbox_locked(data_dir):
        worker = stable.start(data_dir)
        wait_until(lambda: states()["sending"] == 3)
        assert link_states(invited) == {"unknown": 3}, "whoever dies from here on leaves nothing to repair"
        stable.kill(worker)
    assert_all_sent_once(invited, data_dir)


def test_killed_between_outbox_and_record(stable: Stable, data_dir: Path) -> None:
    invited = make_invitations(3, now=timezone.now())
    with outbox_locked(data_dir) as unlock:
        worker = stable.start(data_dir)
        wait_until(lambda: states()["sending"] == 3)
        with writing_blocked():
            unlock()
            wait_until(lambda: len(outbox_lines(data_dir)) == 3)
            stable.kill(worker)
    assert states() == {"sending": 3}
    assert_all_sent_once(invited, data_dir)


def test_killed_after_the_gateway_took_it(stable: Stable, gateway: Gateway, data_dir: Path) -> None:
    invited = make_invitations(3, now=timezone.now())
    gateway.may_answer.clear()
    worker = stable.start(data_dir)
    assert gateway.took_one.wait(10)
    stable.kill(worker)
    gateway.may_answer.set()
    recover(now=timezone.now() + LATER)
    assert states() == {"queued": 2, "unknown": 1}
    assert link_states(invited) == {"queued": 2, "unknown": 1}
    drain()
    assert states() == {"sent": 2, "unknown": 1}, "the doubtful one is parked, the others went"
    assert taken_twice(gateway) == []
    assert len(gateway.ids()) == 3


def test_a_person_may_send_the_doubtful_one_again(stable: Stable, gateway: Gateway, data_dir: Path) -> None:
    (invited,) = make_invitations(1, now=timezone.now())
    gateway.may_answer.clear()
    worker = stable.start(data_dir)
    assert gateway.took_one.wait(10)
    stable.kill(worker)
    gateway.may_answer.set()
    recover(now=timezone.now() + LATER)
    doubtful = Message.objects.get(invitation_id=invited)
    resend(message_id=doubtful.pk, reason="客户来电说没有收到", by=SYSTEM, now=timezone.now())
    drain()
    assert states() == {"sent": 1}
    assert gateway.ids() == [str(doubtful.pk)] * 2, "the same id both times: a gateway that can tell, can tell"


def test_an_alert_killed_after_the_gateway_took_it_goes_again_under_its_id(
    stable: Stable, gateway: Gateway, data_dir: Path
) -> None:
    with transaction.atomic():
        alert = Alert(staff_id=make_staff(email="lead@example.com"), subject="", text="新工单", channel="sms")
        (alert_id,) = queue_alert([alert], now=timezone.now())
    gateway.may_answer.clear()
    worker = stable.start(data_dir)
    assert gateway.took_one.wait(10)
    stable.kill(worker)
    gateway.may_answer.set()
    recover(now=timezone.now() + LATER)
    drain()
    assert states() == {"sent": 1}
    assert gateway.ids() == [str(alert_id)] * 2


def test_a_worker_stopped_past_its_lease_sends_nothing_when_it_wakes(stable: Stable, data_dir: Path) -> None:
    invited = make_invitations(3, now=timezone.now())
    zombie, other = both_just_before_the_bytes(stable, data_dir)
    invited += make_invitations(1, now=timezone.now())
    os.kill(zombie, signal.SIGCONT)
    # Once it has sent something new, it is through with what it held when it was stopped.
    wait_until(lambda: str(invited[-1]) in [line["invitation"] for line in outbox_lines(data_dir)])
    os.kill(other, signal.SIGCONT)
    wait_until(lambda: states() == {"sent": 4})
    assert_all_sent_once(invited, data_dir)


def test_negative_control_without_the_fencing_number_it_sends_twice(data_dir: Path) -> None:
    invited = make_invitations(3, now=timezone.now())
    careless = Stable("without fencing")
    try:
        zombie, other = both_just_before_the_bytes(careless, data_dir)
        with writing_blocked():
            os.kill(zombie, signal.SIGCONT)
            wait_until(lambda: len(outbox_lines(data_dir)) == 3)
            os.kill(other, signal.SIGCONT)
            wait_until(lambda: len(outbox_lines(data_dir)) == 6)
    finally:
        careless.close()
    assert Counter(line["invitation"] for line in outbox_lines(data_dir)) == {str(one): 2 for one in invited}


def both_just_before_the_bytes(stable: Stable, data_dir: Path) -> tuple[int, int]:
    """A worker is stopped just before its bytes; its lease runs out, and another comes as far with the same messages
    and is stopped there too."""
    stopped = []
    for _ in range(2):
        with outbox_locked(data_dir) as unlock:
            stopped.append(stable.start(data_dir))
            wait_until(lambda: states()["sending"] == 3)
            os.kill(stopped[-1], signal.SIGSTOP)
            unlock()
        if len(stopped) == 1:
            recover(now=timezone.now() + LATER)
            assert states() == {"queued": 3}
            Message.objects.update(not_before=timezone.now())
    return stopped[0], stopped[1]


def test_a_storm_of_kills_at_the_outbox(stable: Stable, data_dir: Path) -> None:
    """Twenty workers, each killed somewhere else. The outbox leaves no doubt at all."""
    invited = []
    for joint in somewhere():
        invited += make_invitations(20, now=timezone.now())
        kill_one_at(joint, stable, data_dir)
    assert_all_sent_once(invited, data_dir)


def test_a_storm_of_kills_at_the_gateway(stable: Stable, gateway: Gateway, data_dir: Path) -> None:
    """Twenty workers, each killed somewhere else: each leaves at most one message in doubt, and none goes twice."""
    invited, alerts = [], []
    staff = make_staff(email="lead@example.com")
    for number, joint in enumerate(somewhere()):
        invited += make_invitations(4, now=timezone.now())
        if number % 5 == 0:  # they overtake the others, so with more of them every kill would meet an alert
            with transaction.atomic():
                alerts += queue_alert([Alert(staff, "", "新工单", channel="sms")], now=timezone.now())
        kill_one_at(joint, stable, data_dir)
    drain()
    unknown = set(Message.objects.filter(state="unknown").values_list("pk", flat=True))
    assert 0 < len(unknown) <= KILLS, "and some kills did meet a message on its way"
    assert states(category="survey") == Counter(sent=len(invited) - len(unknown), unknown=len(unknown))
    assert states(category="staff") == {"sent": len(alerts)}
    assert [one for one in taken_twice(gateway) if one not in alerts] == []
    assert set(alerts) <= {int(one) for one in gateway.ids()}, "no alert is missed"
    sent = set(Message.objects.filter(state="sent").values_list("pk", flat=True))
    assert sent <= {int(one) for one in gateway.ids()}, "what we say was sent, the gateway has"


def somewhere() -> Iterator[str]:
    """A state for each kill to come: committed, or not yet, or just about to be left."""
    chance = random.Random(20261122)
    return (chance.choice(["queued", "leased", "sending", "sending", "sent"]) for _ in range(KILLS))


def kill_one_at(joint: str, stable: Stable, data_dir: Path) -> None:
    """Start a worker, kill it where one more message stands in this state or none waits any more, and clear up."""
    before = states()
    worker = stable.start(data_dir)
    if joint != "queued":
        stop_where(worker, lambda: (now := states())[joint] > before[joint] or now.keys() <= {"sent", "unknown"})
    stable.kill(worker)
    recover(now=timezone.now() + LATER)
    Message.objects.filter(state="queued").update(not_before=timezone.now())


def assert_all_sent_once(invited: list[int], data_dir: Path) -> None:
    """After the storm: every invitation in the outbox exactly once, sent, its link alive, and nothing in doubt."""
    recover(now=timezone.now() + LATER)
    drain()
    lines = outbox_lines(data_dir)
    assert Counter(line["invitation"] for line in lines) == {str(one): 1 for one in invited}
    assert states() == {"sent": len(invited)}
    assert link_states(invited) == {"sent": len(invited)}
    moments = {str(pk): at for pk, at in Invitation.objects.values_list("pk", "sent_at")}
    assert all(moments[line["invitation"]] == datetime.fromisoformat(line["sent_at"]) for line in lines)


def drain() -> None:
    """Send all that waits, whenever it is due."""
    Message.objects.filter(state="queued").update(not_before=timezone.now())
    while send_due(worker="drain", clock=timezone.now).handled:
        pass


def states(**where: str) -> Counter[str]:
    return Counter(Message.objects.filter(**where).values_list("state", flat=True))


def link_states(invited: list[int]) -> Counter[str]:
    return Counter(Invitation.objects.filter(pk__in=invited).values_list("state", flat=True))


def taken_twice(gateway: Gateway) -> list[int]:
    return [int(one) for one, times in Counter(gateway.ids()).items() if times > 1]


def outbox_lines(data_dir: Path) -> list[dict[str, Any]]:
    path = data_dir / "outbox" / "messages.ndjson"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def database_url() -> str:
    """This test's own database, as a process of its own would be told it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    host, port, user = (connection.settings_dict[key] for key in ("HOST", "PORT", "USER"))
    return (
        f"postgresql://{user}@/{name}?host={host}"
        if host.startswith("/")
        else f"postgresql://{user}@{host}:{port}/{name}"
    )


@contextmanager
def writing_blocked() -> Iterator[None]:
    """Hold the lock that every write to messages needs; reading goes on."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE messaging_message IN SHARE MODE")
        yield


@contextmanager
def outbox_locked(data_dir: Path) -> Iterator[Callable[[], None]]:
    """Hold the outbox file's lock until the yielded function is called."""
    path = data_dir / "outbox" / "messages.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: fcntl.flock(file, fcntl.LOCK_UN)


def stop_where(worker: int, stands: Callable[[], bool]) -> None:
    """Stop a worker again and again, a little later each time, until it stands where it should."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        os.kill(worker, signal.SIGSTOP)
        if stands():
            return
        os.kill(worker, signal.SIGCONT)
        time.sleep(0.003)
    raise AssertionError("The worker never stood there.")


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "It did not happen within twenty seconds."
        time.sleep(0.01)
