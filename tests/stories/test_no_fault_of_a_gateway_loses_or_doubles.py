"""Whatever a gateway does to ten messages (RELIABILITY R6, small): none is lost, and none is there twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.rules.states import State
from zhiyin.messaging.simulator.faults import Rule
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.testing import SYSTEM, make_invitations, make_world

pytestmark = pytest.mark.django_db
AT_ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
ALIYUN = {
    "access_key": "LTAI",
    "secret": "s3cret-one",
    "sign": "云桥",
    "template": "SMS_1",
    "variables": {"code": "{token}"},
    "timeout": 1,
    "at_once": 10,
}
MANY = 10
# What becomes of them when the gateway is well again, and how many it has in the end.
FAULTS: dict[str, tuple[State, int]] = {
    "timeout": (State.UNKNOWN, MANY),
    "slow": (State.UNKNOWN, MANY),
    "500": (State.UNKNOWN, MANY),
    "500_before": (State.UNKNOWN, 0),
    "429": (State.SENT, MANY),
    "reset_before": (State.UNKNOWN, 0),
    "reset_after": (State.UNKNOWN, MANY),
    "half": (State.UNKNOWN, MANY),
    "wrong_json": (State.UNKNOWN, MANY),
    "html": (State.UNKNOWN, MANY),
    "throttled": (State.SENT, MANY),
    "no_credit": (State.SENT, MANY),
    "bad_number": (State.FAILED, 0),
    "bad_signature": (State.SENT, MANY),
}


@pytest.fixture
def simulator(settings, tmp_path) -> Iterator[Simulator]:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=datetime.now(UTC))
    apply_policy(AT_ANY_HOUR, by=SYSTEM, now=datetime.now(UTC))
    with Simulator() as running:
        given = ChannelGiven(key="aliyun", kind="aliyun", settings=ALIYUN | {"url": running.url("aliyun")})
        set_up_channel(given, by=SYSTEM, now=datetime.now(UTC))
        yield running


def send(after: timedelta = timedelta()) -> None:
    def clock() -> datetime:
        return datetime.now(UTC) + after

    send_due(worker="test", clock=clock, longest=timedelta(seconds=20), kinds=("sms",))
    recover(now=clock())


def lost_and_doubled(simulator: Simulator, asked: list[int]) -> tuple[int, int]:
    rows = {str(row.pk): row.state for row in messages(invitation_id__in=asked)}
    there = Counter(each.our_id for each in simulator.world.arrivals)
    lost = [pk for pk, state in rows.items() if state == State.SENT and not there[pk]]
    return len(lost) + len(asked) - len(rows), sum(count - 1 for count in there.values())


@pytest.mark.parametrize("fault", FAULTS)
def test_ten_messages_through(simulator, fault):
    asked = make_invitations(MANY, now=datetime.now(UTC))
    simulator.world.rules.append(Rule("*", fault, seconds=3))
    send()
    simulator.world.rules.clear()
    for minutes in (10, 20, 40, 60):  # a rest of the channel ends with one probe, then the others follow
        send(timedelta(minutes=minutes))
    state, there = FAULTS[fault]
    assert Counter(row.state for row in messages(invitation_id__in=asked)) == {state: MANY}
    assert lost_and_doubled(simulator, asked) == (0, 0)
    assert len(simulator.world.arrivals) == there


def test_the_check_sees_a_message_that_is_sent_twice(simulator, monkeypatch):
    """The protection off: a doubtful message that is treated as an alert is repeated, and the check says so."""
    asked = make_invitations(MANY, now=datetime.now(UTC))
    monkeypatch.setattr("zhiyin.messaging.rules.outcomes.may_repeat", lambda _category: True)
    simulator.world.rules.append(Rule("*", "reset_after"))
    send()
    simulator.world.rules.clear()
    for minutes in (10, 20, 40, 60):
        send(timedelta(minutes=minutes))
    assert lost_and_doubled(simulator, asked)[1] > 0
