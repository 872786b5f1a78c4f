"""Rehearsals that count over groups, by kind and by choice: against the oracle, the console's way and each other."""

import csv
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from zhiyin.outreach.rules import (
    DEFAULT_AT_ONCE,
    Contact,
    Facts,
    Kind,
    Policy,
    Scope,
    Sendings,
    decide_batch,
    next_send_at,
    parse_policy,
)
from zhiyin.outreach.rules.terms import GROUP_SCOPES
from zhiyin.outreach.simulate import Summary, simulate_events
from zhiyin.outreach.simulate import engine as engines
from zhiyin.outreach.simulate.columns import Columns
from zhiyin.outreach.simulate.engine import PLAIN, Engine, engine_for
from zhiyin.outreach.simulate.faults import EventsInvalid
from zhiyin.outreach.simulate.replaying import replay_columns
from zhiyin.outreach.tests.fatigue_oracle import Event, Rule, oracle

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = ["external_id", "customer", "scenario", "at", "touchpoint", "staff", "unit", "brand", "segment", "kind"]
KINDS = ("survey", "survey", "survey", "reminder", "care", "completion")


@pytest.fixture(scope="module", params=["plain", "compiled"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return PLAIN if request.param == "plain" else engine_for(engines.COMPILE_FROM)


def table(events: Sequence[Event], columns: Sequence[str] = COLUMNS) -> bytes:
    text = StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(asdict(event) for event in events)
    return text.getvalue().encode()


def run(data: bytes, policy: Policy, engine: Engine = PLAIN) -> tuple[list[str], list[str], Summary]:
    out = BytesIO()
    summary = simulate_events(
        data, lambda: out, policy=policy, tz=SHANGHAI, told=lambda step, done, total: None, engine=engine
    )
    _, *rows = csv.reader(StringIO(out.getvalue().decode(), newline=""))
    return [row[2] for row in rows], [row[1] for row in rows], summary


def hostile_events(count: int, seed: int) -> list[Event]:
    """Ties, windows met to the microsecond, groups that come and go, answers among the questions, in any order."""
    chance = random.Random(seed)
    times = [START + timedelta(hours=chance.randrange(24 * 60)) for _ in range(20)]
    events = []
    for number in range(count):
        step = chance.choice([0, 0, 1, 6, 12, 24, 48])
        at = chance.choice(times[-8:]) + timedelta(hours=step, microseconds=chance.choice([-1, 0, 0, 1]))
        times.append(at)
        events.append(
            Event(
                external_id=f"e{number}",
                customer=f"C{chance.randrange(max(count // 12, 1))}",
                scenario=chance.choice(["hotline", "repair", "宽带"]),
                at=at.isoformat(),
                touchpoint=chance.choice(["phone", "hall"]),
                staff=chance.choice(["", "A1", "A2", "一个名字很长的员工甲乙丙丁"]),
                unit=chance.choice(["SD", "SD-05", "GD"]),
                brand=chance.choice(["", "red", "blue"]),
                segment=chance.choice(["gold", "silver"]),
                kind=chance.choice(KINDS),
            )
        )
    chance.shuffle(events)
    return events


GROUPED = """
[[limit]]
per = "staff"
max = 3
hours = 12
[[limit]]
per = "customer"
max = 2
days = 30
counts = ["completion"]
reason = "answered_enough"
[[limit]]
per = "brand"
max = 4
hours = 24
counts = ["survey"]
[[gap]]
per = "customer"
hours = 24
[[gap]]
per = "customer+scenario"
hours = 48
counts = ["survey", "reminder"]
[[gap]]
per = "unit"
minutes = 2160
counts = ["care"]
[[gap]]
per = "segment"
minutes = 1
"""
RULES = [
    Rule("staff", 3, 12, ("survey", "reminder")),
    Rule("customer", 2, 30 * 24, ("completion",), reason="answered_enough"),
    Rule("brand", 4, 24, ("survey",)),
    Rule("customer", 1, 24, is_gap=True, reason="gap"),
    Rule("scenario", 1, 48, ("survey", "reminder"), is_gap=True),
    Rule("unit", 1, 36, ("care",), is_gap=True),
    Rule("segment", 1, 1 / 60, is_gap=True),
]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_kinds_and_gaps_are_decided_as_by_the_oracle(seed: int, engine: Engine) -> None:
    events = hostile_events(3_000, seed)
    policy = parse_policy(GROUPED, absent=DEFAULT_AT_ONCE)
    expected = oracle(events, limits=RULES, gap_hours=0)
    reasons, decisions, summary = run(table(events), policy, engine)
    assert reasons == expected
    assert {decision for decision, reason in zip(decisions, reasons, strict=True) if reason == "completion"} == {
        "noted"
    }
    spoke = {rule.name: expected.count(rule.name) for rule in RULES}
    assert all(spoke.values()), spoke  # else they are not hostile enough
    assert summary.suppressed == {**spoke, "sampled_out": 0, "completion": expected.count("completion")}
    assert summary.invited == expected.count("")


def test_an_oracle_of_gaps_that_are_reached_would_be_noticed() -> None:
    """The comparison can fail: the same events under a gap that is a microsecond shorter come out differently."""
    events = hostile_events(3_000, 1)
    policy = parse_policy(GROUPED, absent=DEFAULT_AT_ONCE)
    shorter = replace(policy, gap=timedelta(hours=24) - timedelta(microseconds=1))
    assert run(table(events), shorter)[0] != oracle(events, limits=RULES, gap_hours=0)


def one_by_one(events: list[Event], policy: Policy) -> list[str]:
    """As the console asks: a batch of one at each event's time, with what everybody was sent until then."""
    histories: dict[str, list[Contact]] = {}
    groups: dict[tuple[Scope, str], list[Sendings]] = {}
    reasons = [""] * len(events)
    for place in sorted(range(len(events)), key=lambda place: datetime.fromisoformat(events[place].at)):
        event, now = events[place], datetime.fromisoformat(events[place].at)
        kind = Kind[event.kind.upper()]
        facts = Facts(
            event.scenario,
            event.touchpoint,
            external_id=event.external_id,
            kind=kind,
            staff=event.staff or None,
            unit=event.unit or None,
            brand=event.brand or None,
            segment=event.segment or None,
            unit_path=(event.unit,),
        )
        if kind is Kind.COMPLETION:
            reasons[place], goes = "completion", now
        else:
            asks = [(event.customer, facts)]
            (verdict,) = decide_batch(asks=asks, histories=histories, policy=policy, now=now, group_logs=groups)
            reasons[place], goes = verdict.reason, next_send_at(now=now, policy=policy, tz=SHANGHAI)
        if reasons[place] in ("", "completion"):
            histories.setdefault(event.customer, []).append(Contact(goes, event.scenario, event.touchpoint, kind))
            for scope in GROUP_SCOPES:
                groups.setdefault((scope, getattr(event, scope.value)), []).append(Sendings(goes, kind))
    return reasons


@pytest.mark.parametrize(
    "text",
    [
        GROUPED,
        GROUPED + '[sending_hours]\nfrom = "08:00"\nto = "21:00"',
        '[eligible]\nsegments = ["gold"]\nunits = ["SD", "SD-05"]\n[exclude]\nbrands = ["red"]',
        '[exclude]\nscenarios = ["宽带"]\nchannels = ["sms"]\n[[limit]]\nper = "unit"\nmax = 5\ndays = 7',
        '[sampling]\nshare = 0.9\n[[sampling.for]]\ntouchpoint = "phone"\nunit = "SD"\nshare = 0.2\n'
        '[[sampling.for]]\nscenario = "repair"\nsegment = "gold"\nshare = 0.5',
        '[[gap]]\nper = "brand"\nminutes = 90\n[[limit]]\nper = "customer+touchpoint"\nmax = 1\nminutes = 720',
    ],
)
def test_a_rehearsal_decides_as_the_console_would_have(text: str, engine: Engine) -> None:
    policy = parse_policy(text, absent=DEFAULT_AT_ONCE)
    for seed in range(3):
        events = hostile_events(250, seed)
        assert run(table(events), policy, engine)[0] == one_by_one(events, policy)


def hostile_columns(count: int, seed: int) -> Columns:
    """Times on a grid whose steps are the windows of the default policy, a microsecond to either side."""
    dice = np.random.default_rng(seed)
    at = dice.integers(0, 240, count) * 12 * 3_600_000_000 + dice.integers(-1, 2, count)
    customers = max(count // 40, 1)
    return Columns(
        customer=dice.integers(0, customers, count).astype(np.int32),
        at=at + 1_772_000_000_000_000,
        customers=customers,
        scenario=dice.integers(0, 6, count).astype(np.int32),
        staff=dice.integers(-1, 50, count).astype(np.int32),
        kind=dice.choice(np.array([1, 1, 1, 2, 4, 8], np.int8), count),
    )


@pytest.mark.parametrize("count", [200_000, pytest.param(4_000_000, marks=[pytest.mark.slow])])
def test_person_by_person_and_in_time_come_to_the_same(count: int) -> None:
    """The two ways through the events: a limit over a group that nobody reaches changes the way and no verdict."""
    idle = '[[limit]]\nper = "staff"\nmax = 100000000\ndays = 1\n[[limit]]\nper = "customer"\nmax = 10\ndays = 90\n'
    idle += '[[limit]]\nper = "customer+scenario"\nmax = 2\ndays = 90'
    by_time = parse_policy(idle, absent=DEFAULT_AT_ONCE)
    events, engine = hostile_columns(count, 7), engine_for(engines.COMPILE_FROM)
    ways = [
        replay_columns(events, policy=policy, tz=UTC, engine=engine, progress=lambda done: None)
        for policy in (DEFAULT_AT_ONCE, by_time)
    ]
    first, second = (np.array(way.reasons)[way.verdicts + 1] for way in ways)
    assert np.array_equal(first, second)
    assert min(np.unique(first, return_counts=True)[1]) > count / 1000


def test_a_column_that_the_policy_needs_is_asked_for() -> None:
    events = hostile_events(5, 1)
    for text, column in (
        ('[[limit]]\nper = "staff"\nmax = 1\ndays = 1', "staff"),
        ('[[gap]]\nper = "brand"\nhours = 1', "brand"),
        ('[eligible]\nsegments = ["gold"]', "segment"),
    ):
        with pytest.raises(EventsInvalid) as caught:
            run(table(events, COLUMNS[:4]), parse_policy(text, absent=DEFAULT_AT_ONCE))
        assert (caught.value.row, caught.value.field) == (1, column)


def test_a_kind_that_there_is_not_is_named_by_its_row(engine: Engine) -> None:
    data = b"external_id,customer,scenario,at,kind\ne1,C1,hotline,2026-11-22T10:00Z,survey\n\n"
    with pytest.raises(EventsInvalid) as caught:
        run(data + b"e2,C1,hotline,2026-11-22T10:00Z,sms\n", DEFAULT_AT_ONCE, engine)
    assert caught.value.line("en") == "row 4, kind: it must be one of survey, reminder, care, completion."
    with pytest.raises(EventsInvalid) as caught:
        run(data + b"e2,C1,hotline,2026-11-22T10:00Z,\n", DEFAULT_AT_ONCE, engine)
    assert (caught.value.row, caught.value.field) == (4, "kind")


def test_nobody_is_no_member_of_staff(engine: Engine) -> None:
    """Events without a member of staff are not counted together, quoted or not."""
    line = "e{0},C{0},hotline,2026-11-22T10:00Z,{1}"
    rows = [line.format(number, staff) for number, staff in enumerate(("", '""', "A") * 2)]
    policy = parse_policy('[[limit]]\nper = "staff"\nmax = 1\ndays = 1', absent=DEFAULT_AT_ONCE)
    data = ("external_id,customer,scenario,at,staff\n" + "\n".join(rows)).encode()
    assert run(data, policy, engine)[0] == ["", "", "", "", "", "staff_limit"]
