"""What the record decides is what ``simulate`` says, event for event: ties, 24 h and 90 days exactly, eight offsets.

The record's way is the product's own entrance: what happens at one instant comes in by ``intake.receive``, a thousand
at a time and in the order of the file; what was invited counts as sent at that instant, as in a rehearsal. The reasons
are then read back from the decisions that stand in the database.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from tests.stories.tiers import minutes, sized
from zhiyin.journey.actions import put_map
from zhiyin.lib.text import both
from zhiyin.messaging.testing import messages
from zhiyin.outreach import judging
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.intake import receive
from zhiyin.outreach.rules import DEFAULT_AT_ONCE, Policy
from zhiyin.outreach.testing import SYSTEM, decisions, make_world
from zhiyin.outreach.tests.fatigue_oracle import Event
from zhiyin.outreach.tests.test_simulate import MOMENTS, OFFSETS, START, STEPS, hostile_events, run, table

EVENTS = sized(c=100_000, n=100_000, r=500_000)
ONE_BY_ONE = sized(c=1_000, n=20_000)
BATCH = 1_000  # the most that the product takes at a time
INSTANTS = 120  # on which a whole crowd meets, so that batches are full
CLOCKS_CHANGE = [  # New York's clocks, forward and back, and a leap day: hours that do not exist or come twice
    ("2026-03-07T01:59:59.999999-05:00", "2026-03-08T03:00:00-04:00"),
    ("2026-03-07T02:30:00-05:00", "2026-03-08T03:30:00-04:00"),
    ("2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-05:00"),
    ("2028-02-28T23:59:59+08:00", "2028-02-29T23:59:59+08:00"),
    ("2027-12-31T23:59:59+08:00", "2027-12-31T15:59:59Z"),
]
SCENARIOS = ("hotline", "hotline", "hotline", "repair", "宽带", "app", "hall", "visit", "shop")
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(minutes(c=15, n=60))]


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world(now=START)
    apply_policy('[sending_hours]\nfrom = "00:00"\nto = "24:00"\n', by=SYSTEM, now=START)


def hostile(count: int, seed: int) -> list[Event]:
    """What the rehearsal is tried with, and a customer for each change of clocks: hardly two events at one instant."""
    events = hostile_events(count, seed)
    for number, pair in enumerate(CLOCKS_CHANGE):
        events += [Event(f"dst{number}-{at}", f"D{number}", "hotline", at, touchpoint="phone") for at in pair]
    return events


def hostile_crowds(count: int, seed: int, *, meet: int = INSTANTS, each: int = 60) -> list[Event]:
    """As hostile, on few instants: each lies a day, 90 days or nothing (and a microsecond) from one shortly before it;
    everybody has a different part in them, some come twice at the same moment, and each spells the time their way."""
    chance = random.Random(seed)
    instants = [START]
    while len(instants) < meet:
        instants.append(chance.choice(instants[-6:]) + chance.choice(STEPS) + chance.choice(MOMENTS))
    instants += [datetime.fromisoformat(at) for pair in CLOCKS_CHANGE for at in pair]
    return [
        Event(
            external_id=f"e{number}",
            customer=f"C{chance.randrange(max(count // each, 1))}",
            scenario=chance.choice(SCENARIOS),
            at=chance.choice(instants).astimezone(chance.choice(OFFSETS)).isoformat(sep=chance.choice("T ")),
            touchpoint="hotline",
        )
        for number in range(count)
    ]


FEW = hostile_crowds(3_000, seed=7, meet=60, each=150)


def scenarios_of(events: list[Event]) -> dict[str, str]:
    """A key of the map for each scenario of the file."""
    names = sorted({event.scenario for event in events})
    keys = {name: f"scene{number}" for number, name in enumerate(names)}
    scenes = [{"key": key, "name": both(name, name)} for name, key in keys.items()]
    put_map(scenarios=scenes, stages=[], dimensions=[], touchpoints=[], moments=[])
    return keys


def batches(events: list[Event]) -> Iterator[tuple[datetime, list[int]]]:
    """The places of the events in the order of time, ties in the order of the file: an instant, and who meets at it."""
    moments = [datetime.fromisoformat(event.at) for event in events]
    ordered = sorted(range(len(events)), key=lambda place: (moments[place], place))
    for now, places in groupby(ordered, key=lambda place: moments[place]):
        there = list(places)
        for start in range(0, len(there), BATCH):
            yield now, there[start : start + BATCH]


def by_the_record(events: list[Event]) -> list[str]:
    """The reason for each event, read back from the decisions that stand in the record."""
    keys = scenarios_of(events)
    phones = {name: f"139{number:08}" for number, name in enumerate(sorted({event.customer for event in events}))}
    interaction: dict[int, int] = {}
    for now, places in batches(events):
        items = [_interaction(events[place], place, keys, phones) for place in places]
        results = receive(items, by=SYSTEM, now=now)
        interaction |= {one.interaction or 0: place for place, one in zip(places, results, strict=True)}
        messages(state="queued").update(state="sent", sent_at=now)
    found = {interaction[pk]: reason for pk, reason in decisions().values_list("interaction_id", "reason")}
    return [found[place] for place in range(len(events))]


def _interaction(event: Event, place: int, keys: dict[str, str], phones: dict[str, str]) -> dict[str, Any]:
    return {
        "source": "test",
        "external_id": f"{place}:{event.external_id}",
        "customer": {"external_id": event.customer, "phone": phones[event.customer]},
        "touchpoint": "hotline",
        "scenario": keys[event.scenario],
        "ended_at": f"{event.at}:00" if event.at[-3] in "+-" else event.at,  # an API wants minutes in its offsets
    }


def differences(events: list[Event], policy: Policy = DEFAULT_AT_ONCE) -> int:
    told = run(table(events), policy=policy).reasons
    kept = by_the_record(events)
    assert len(told) == len(kept) == len(events)
    assert min(Counter(told)[reason] for reason in ("", "gap", "customer_limit", "scenario_limit")) > 0
    return sum(one != other for one, other in zip(told, kept, strict=True))


def test_the_record_decides_as_the_rehearsal_in_full_batches() -> None:
    events = hostile_crowds(EVENTS, seed=20261130)
    assert len(list(batches(events))) < EVENTS / 400  # full ones: it is the batch path that is tried
    assert differences(events) == 0


def test_the_record_decides_as_the_rehearsal_one_by_one() -> None:
    assert differences(hostile(ONE_BY_ONE, seed=20261123)) == 0


@pytest.mark.parametrize("events", [hostile(600, seed=7), FEW], ids=["alone", "crowds"])
@pytest.mark.parametrize(
    "careless",
    [
        pytest.param(timedelta(microseconds=1), id="24 h exactly are enough"),
        pytest.param(timedelta(microseconds=-1), id="a microsecond more is not enough"),
    ],
)
def test_negative_control_a_record_that_reads_the_clock_a_moment_off_is_found_out(
    careless: timedelta, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: Callable[..., Any] = judging.histories

    def a_moment_off(*args: Any, **more: Any) -> Any:
        found = histories(*args, **more)
        return {who: [one._replace(at=one.at - careless) for one in past] for who, past in found.items()}

    monkeypatch.setattr(judging, "histories", a_moment_off)
    assert differences(events) > 0


@pytest.mark.parametrize("events", [hostile(600, seed=7), FEW], ids=["alone", "crowds"])
def test_negative_control_a_record_that_forgets_one_message_is_found_out(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: Callable[..., Any] = judging.histories

    def forgetful(*args: Any, **more: Any) -> Any:
        return {who: past[1:] for who, past in histories(*args, **more).items()}

    monkeypatch.setattr(judging, "histories", forgetful)
    assert differences(events) > 0


def test_negative_control_a_batch_that_looks_at_each_of_its_events_alone_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two events of one customer at the same instant: the second must know of the first before any of it is written."""
    together: Callable[..., Any] = judging.decide_batch

    def each_alone(*, asks: list[Any], **more: Any) -> Any:
        return [together(asks=[one], **more)[0] for one in asks]

    monkeypatch.setattr(judging, "decide_batch", each_alone)
    assert differences(FEW) > 0
