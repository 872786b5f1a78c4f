"""Whatever a gateway does to ten messages, at night five hundred (RELIABILITY R6): none is lost, none is there
twice, and the other channels do not wait for it. The channel's patience is a second; 30 would only be slower."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import pytest

from tests.stories.tiers import sized
from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.channels.aliyun.sending import Aliyun
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.states import State
from zhiyin.messaging.simulator.faults import KNOWN, Rule
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.testing import MailServer, messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.testing import SYSTEM, make_invitations, make_world

pytestmark = pytest.mark.django_db
AT_ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
AT_ONCE = 10
ALIYUN: dict[str, Any] = {
    "access_key": "LTAI",
    "secret": "s3cret-one",
    "sign": "云桥",
    "template": "SMS_1",
    "variables": {"code": "{token}"},
    "timeout": 1,
    "at_once": AT_ONCE,
}
MANY = sized(c=10, n=500)
# The first portion meets the fault, and then the channel rests, where the fault is the gateway's and not a message's.
FIRST = min(AT_ONCE, MANY)
DOUBT, WELL = (State.UNKNOWN, FIRST), (State.SENT, MANY)
# What becomes of them when the gateway is well again, and how many of those that met the fault it has in the end.
FAULTS: dict[str, tuple[tuple[State, int], int]] = {
    "timeout": (DOUBT, FIRST),
    "slow": (DOUBT, FIRST),  # 30 seconds, where the channel waits for one
    "500": (DOUBT, FIRST),
    "500_before": (DOUBT, 0),
    "502": (DOUBT, FIRST),
    "503_before": (DOUBT, 0),
    "504": (DOUBT, FIRST),
    "429": (WELL, MANY),
    "reset_before": (DOUBT, 0),
    "reset_after": (DOUBT, FIRST),
    "reset_half": (DOUBT, FIRST),
    "half": (DOUBT, FIRST),
    "empty": (DOUBT, FIRST),
    "drips": (DOUBT, FIRST),
    "endless": (DOUBT, FIRST),
    "redirect": (DOUBT, FIRST),
    "wrong_json": (DOUBT, FIRST),
    "html": (DOUBT, FIRST),
    "throttled": (WELL, MANY),
    "no_credit": (WELL, MANY),
    "bad_number": ((State.FAILED, MANY), 0),
    "bad_signature": (WELL, MANY),
}


@pytest.fixture
def simulator(settings, tmp_path) -> Iterator[Simulator]:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=datetime.now(UTC))
    apply_policy(AT_ANY_HOUR, by=SYSTEM, now=datetime.now(UTC))
    with Simulator() as running:
        set_up(running)
        yield running


def set_up(simulator: Simulator, **changes: int) -> None:
    settings = ALIYUN | {"url": simulator.url("aliyun")} | changes
    given = ChannelGiven(key="aliyun", kind="aliyun", settings=settings)
    set_up_channel(given, by=SYSTEM, now=datetime.now(UTC))


def send(after: timedelta = timedelta(), *, kinds: tuple[str, ...] = ("sms",)) -> None:
    def clock() -> datetime:
        return datetime.now(UTC) + after

    send_due(worker="test", clock=clock, longest=timedelta(seconds=20), kinds=kinds)
    recover(now=clock())


def lost_and_doubled(simulator: Simulator, asked: list[int]) -> tuple[int, int]:
    rows = {str(row.pk): row.state for row in messages(invitation_id__in=asked)}
    there = Counter(each.our_id for each in simulator.world.arrivals)
    lost = [pk for pk, state in rows.items() if state == State.SENT and not there[pk]]
    return len(lost) + len(asked) - len(rows), sum(count - 1 for count in there.values())


def through(simulator: Simulator, fault: str, *, seconds: float = 30) -> list[int]:
    """Messages while the gateway has this fault, and until all that can be settled is; returns the invitations."""
    asked = make_invitations(MANY, now=datetime.now(UTC))
    simulator.world.rules.append(Rule("*", fault, seconds=seconds))
    send()
    simulator.world.rules.clear()
    for minutes in (10, 20, 40, 60):  # a rest of the channel ends with one probe, then the others follow
        send(timedelta(minutes=minutes))
    return asked


@pytest.mark.timeout(sized(c=60, n=600))
@pytest.mark.parametrize("fault", FAULTS)
def test_many_messages_through_one_fault(simulator, fault):
    asked = through(simulator, fault)
    (state, met), there = FAULTS[fault]
    expected = Counter({state: met}) + Counter({State.SENT: MANY - met})
    assert Counter(row.state for row in messages(invitation_id__in=asked)) == expected
    assert lost_and_doubled(simulator, asked) == (0, 0)
    assert len(simulator.world.arrivals) == there + MANY - met


def test_the_faults_are_twenty_and_more_and_the_simulator_has_them_all():
    assert len(FAULTS) >= 20
    assert FAULTS.keys() <= KNOWN.keys()


def test_the_check_sees_a_message_that_is_sent_twice(simulator, monkeypatch):
    """The protection off: a doubtful message that is treated as an alert is repeated, and the check says so."""
    monkeypatch.setattr("zhiyin.messaging.rules.outcomes.may_repeat", lambda _category: True)
    asked = through(simulator, "reset_after")
    assert lost_and_doubled(simulator, asked)[1] > 0


def test_the_check_sees_a_message_that_is_lost(simulator, monkeypatch):
    """The protection off: whatever the gateway answers is taken for a yes, and the check says what it has not."""
    monkeypatch.setattr(Aliyun, "read", lambda *_: Outcome(Result.ACCEPTED, ""))
    asked = through(simulator, "503_before")
    assert lost_and_doubled(simulator, asked) == (MANY, 0)


class TestTheBreaker:
    """One message at a time, so that it can be seen at which it opens."""

    @pytest.fixture(autouse=True)
    def _one_by_one(self, simulator):
        set_up(simulator, at_once=1)

    def met(self, simulator: Simulator, after: timedelta) -> int:
        """How many requests the gateway gets in a turn so much later."""
        before = simulator.world.requests
        send(after)
        return int(simulator.world.requests - before)

    def rounds(self, simulator: Simulator) -> list[int]:
        """Requests while the gateway is ill, just after, when the rests are over, and once it is well again."""
        simulator.world.rules.append(Rule("*", "500"))
        ill = [self.met(simulator, timedelta(seconds=seconds)) for seconds in (0, 5, 40, 45, 130)]
        simulator.world.rules.clear()
        return [*ill, self.met(simulator, timedelta(seconds=400))]

    def test_it_opens_after_five_failures_and_closes_by_a_probe(self, simulator):
        asked = make_invitations(20, now=datetime.now(UTC))
        assert self.rounds(simulator) == [5, 0, 1, 0, 1, 13]  # the last: a probe, and then all the others
        assert lost_and_doubled(simulator, asked) == (0, 0)

    def test_without_it_a_sick_gateway_gets_everything(self, simulator, monkeypatch):
        monkeypatch.setattr("zhiyin.messaging.rules.breaker.FAILURES", 1000)
        make_invitations(20, now=datetime.now(UTC))
        assert sum(self.rounds(simulator)[:5]) == 20


@pytest.mark.slow
class TestTheOtherChannels:
    """Mails beside a gateway that takes everything and answers nothing, one round a second by the worker's clock."""

    ROUNDS = sized(c=60, n=500)

    def p95(self, simulator: Simulator, mails: MailServer, fault: str, *, rounds: int) -> float:
        """Seconds from a round's beginning until its mail is there, at the 95th of a hundred."""
        if fault:
            simulator.world.rules.append(Rule("*", fault))
        took = []
        for number in range(rounds):
            now = datetime.now(UTC)
            make_invitations(1 if number else 5, now=now)  # the first finds several on their way, and the breaker opens
            make_invitations(1, now=now, channel="email")
            begun, there = time.perf_counter(), len(mails.accepted)
            send(timedelta(seconds=number), kinds=("sms", "email"))
            assert len(mails.accepted) == there + 1
            took.append(mails.took_at[-1] - begun)
        simulator.world.rules.clear()
        return quantiles(took, n=20)[-1]

    @pytest.fixture
    def mails(self, simulator) -> Iterator[MailServer]:
        with MailServer() as running:
            given = {"host": "127.0.0.1", "port": running.port, "security": "none", "sender": "a@example.com"}
            set_up_channel(ChannelGiven(key="mail", kind="email", settings=given), by=SYSTEM, now=datetime.now(UTC))
            yield running

    @pytest.mark.timeout(sized(c=120, n=1200))
    def test_they_are_less_than_twice_as_slow_beside_a_sick_one(self, simulator, mails):
        set_up(simulator, at_once=5)
        well = self.p95(simulator, mails, "", rounds=self.ROUNDS)
        sick = self.p95(simulator, mails, "timeout", rounds=self.ROUNDS)
        assert sick < 2 * well

    def test_without_the_breaker_they_wait_with_it(self, simulator, mails, monkeypatch):
        monkeypatch.setattr("zhiyin.messaging.rules.breaker.FAILURES", 1000)
        assert self.p95(simulator, mails, "timeout", rounds=6) > 1  # the sick channel's time limit, every round
