"""What the record decides is what ``simulate`` says, event for event: ties, 24 h and 90 days exactly, eight offsets.

The record's way is the product's own: each event is judged at its own time by ``judging.judge_and_write`` and written
with its decision, its invitation and its message; what was invited counts as sent at that time, as in a rehearsal.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.stories.tiers import minutes, sized
from zhiyin.journey.actions import put_map
from zhiyin.journey.queries import journey_map
from zhiyin.lib.text import both
from zhiyin.messaging.testing import messages
from zhiyin.outreach import judging
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.judging import Candidate, judge_and_write
from zhiyin.outreach.rules import DEFAULT_AT_ONCE, Policy
from zhiyin.outreach.testing import SYSTEM, decisions, make_world
from zhiyin.outreach.tests.fatigue_oracle import Event
from zhiyin.outreach.tests.test_simulate import START, hostile_events, run, table
from zhiyin.people.identify import Known, identify
from zhiyin.people.places import root_unit
from zhiyin.people.testing import given

EVENTS = sized(c=5_000, n=100_000)
CLOCKS_CHANGE = [  # New York's clocks, forward and back, and a leap day: hours that do not exist or come twice
    ("2026-03-07T01:59:59.999999-05:00", "2026-03-08T03:00:00-04:00"),
    ("2026-03-07T02:30:00-05:00", "2026-03-08T03:30:00-04:00"),
    ("2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-05:00"),
    ("2028-02-28T23:59:59+08:00", "2028-02-29T23:59:59+08:00"),
    ("2027-12-31T23:59:59+08:00", "2027-12-31T15:59:59Z"),
]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(minutes(c=4, n=60))]


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world(now=START)
    apply_policy('[sending_hours]\nfrom = "00:00"\nto = "24:00"\n', by=SYSTEM, now=START)


def hostile(count: int, seed: int) -> list[Event]:
    """What the rehearsal is tried with, and a customer for each change of clocks."""
    events = hostile_events(count, seed)
    for number, pair in enumerate(CLOCKS_CHANGE):
        events += [Event(f"dst{number}-{at}", f"D{number}", "hotline", at, touchpoint="phone") for at in pair]
    return events


def customers_of(events: list[Event]) -> dict[str, Known]:
    names = sorted({event.customer for event in events})
    people = [given(name, f"+86139{number:08}") for number, name in enumerate(names)]
    with transaction.atomic():
        return dict(zip(names, identify(people, by=SYSTEM, now=START), strict=True))


def scenarios_of(events: list[Event]) -> dict[str, int]:
    names = sorted({event.scenario for event in events})
    keys = {name: f"scene{number}" for number, name in enumerate(names)}
    scenes = [{"key": key, "name": both(name, name)} for name, key in keys.items()]
    put_map(scenarios=scenes, stages=[], dimensions=[], touchpoints=[], moments=[])
    known = journey_map().scenarios
    return {name: known[key].id for name, key in keys.items()}


def by_the_record(events: list[Event]) -> list[str]:
    """The reason for each event, read back from the decisions that stand in the record."""
    people, scenes, home = customers_of(events), scenarios_of(events), root_unit()
    moments = [datetime.fromisoformat(event.at) for event in events]
    for place in sorted(range(len(events)), key=lambda one: (moments[one], one)):
        event, now = events[place], moments[place]
        candidate = Candidate(
            customer=replace_new(people[event.customer]),
            interaction_id=place + 1,
            external_id=event.external_id,
            scenario_id=scenes[event.scenario],
            touchpoint_id=1,
            unit_id=home,
            served_by=None,
            survey="call",
            channel="sms",
            ended_at=None,
        )
        with transaction.atomic():
            (judged,) = judge_and_write([candidate], now=now).verdicts
            if judged.invitation_id:
                messages(invitation_id=judged.invitation_id).update(state="sent", sent_at=now)
    return list(decisions().order_by("interaction_id").values_list("reason", flat=True))


def replace_new(known: Known) -> Known:
    """Nobody is new by the time that their first event is judged: the history is read for everybody."""
    return replace(known, is_new=False)


def differences(events: list[Event], policy: Policy = DEFAULT_AT_ONCE) -> int:
    told = run(table(events), policy=policy).reasons
    kept = by_the_record(events)
    assert len(told) == len(kept) == len(events)
    assert min(Counter(told)[reason] for reason in ("", "gap", "customer_limit", "scenario_limit")) > 0
    return sum(one != other for one, other in zip(told, kept, strict=True))


def test_the_record_decides_as_the_rehearsal() -> None:
    assert differences(hostile(EVENTS, seed=20261123)) == 0


@pytest.mark.parametrize(
    "careless",
    [
        pytest.param(timedelta(microseconds=1), id="24 h exactly are enough"),
        pytest.param(timedelta(microseconds=-1), id="a microsecond more is not enough"),
    ],
)
def test_negative_control_a_record_that_reads_the_clock_a_moment_off_is_found_out(
    careless: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: Callable[..., Any] = judging.histories

    def a_moment_off(*args: Any, **more: Any) -> Any:
        found = histories(*args, **more)
        return {who: [one._replace(at=one.at - careless) for one in past] for who, past in found.items()}

    monkeypatch.setattr(judging, "histories", a_moment_off)
    assert differences(hostile(600, seed=7)) > 0


def test_negative_control_a_record_that_forgets_one_message_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    histories: Callable[..., Any] = judging.histories

    def forgetful(*args: Any, **more: Any) -> Any:
        return {who: past[1:] for who, past in histories(*args, **more).items()}

    monkeypatch.setattr(judging, "histories", forgetful)
    assert differences(hostile(600, seed=7)) > 0
