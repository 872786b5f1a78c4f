"""A rehearsal decides as the rules do: against an independent oracle, against one by one, as Python and compiled."""

import csv
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.outreach.rules import (
    DEFAULT_AT_ONCE,
    Contact,
    Facts,
    Policy,
    decide_batch,
    is_drawn,
    next_send_at,
    parse_policy,
)
from zhiyin.outreach.simulate import Summary, simulate_events
from zhiyin.outreach.simulate import engine as engines
from zhiyin.outreach.simulate.compiled import COMPILED, fill_cache
from zhiyin.outreach.simulate.engine import PLAIN, Engine, engine_for
from zhiyin.outreach.simulate.faults import EventsInvalid
from zhiyin.outreach.tests.fatigue_oracle import Event, oracle

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 1, tzinfo=UTC)


def table(events: list[Event], *, touchpoint: bool = False) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["external_id", "customer", "scenario", "at", *(["touchpoint"] if touchpoint else [])])
    for event in events:
        writer.writerow(
            [event.external_id, event.customer, event.scenario, event.at, *([event.touchpoint] if touchpoint else [])]
        )
    return text.getvalue().encode()


@dataclass
class Result:
    summary: Summary
    rows: list[list[str]]
    text: bytes

    @property
    def reasons(self) -> list[str]:
        return [row[2] for row in self.rows]


def run(data: bytes, *, policy: Policy = DEFAULT_AT_ONCE, tz: ZoneInfo = SHANGHAI, engine: Engine = PLAIN) -> Result:
    out = BytesIO()
    summary = simulate_events(
        data, lambda: out, policy=policy, tz=tz, told=lambda step, done, total: None, engine=engine
    )
    header, *rows = csv.reader(StringIO(out.getvalue().decode(), newline=""))
    assert header == ["external_id", "decision", "reason"]
    assert all((decision == "invite") == (not reason) for _, decision, reason in rows)
    return Result(summary, rows, out.getvalue())


@pytest.fixture(scope="module")
def compiled() -> Engine:
    return engine_for(engines.COMPILE_FROM)


# Offsets of Shanghai, New York in winter and summer, Newfoundland, Kathmandu and the far ends of the day.
OFFSETS = [timezone(timedelta(minutes=minutes)) for minutes in (480, -300, -240, -210, 345, 840, -720, 0)]
STEPS = [timedelta(hours=hours) for hours in (0, 1, 12, 24, 24, 24, 24, 48, 48, 24 * 45, 24 * 90)]
MOMENTS = [timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1)]


def hostile_events(count: int, seed: int) -> list[Event]:
    """Ties, 24 h and 90 days exactly and a moment to either side, eight offsets, clocks that jump, in any order."""
    chance = random.Random(seed)
    latest: dict[int, list[datetime]] = {}
    events = []
    for number in range(count):
        customer = chance.randrange(max(count // 80, 1))
        before = latest.setdefault(customer, [START + timedelta(hours=chance.randrange(24 * 30))])
        at = chance.choice(before[-6:]) + chance.choice(STEPS) + chance.choice(MOMENTS)
        before.append(at)
        local = at.astimezone(chance.choice(OFFSETS))
        text = local.isoformat(sep=chance.choice("T "), timespec="microseconds" if at.microsecond else "seconds")
        events.append(
            Event(
                external_id=f"e{number}",
                customer=f"C{customer}",
                scenario=chance.choice(
                    ["hotline", "hotline", "hotline", "repair", "宽带", "app", "hall", "visit", "shop"]
                ),
                at=text.replace("+00:00", chance.choice(["Z", "+00:00", "-00:00", "+00", "+0000"])),
                touchpoint=chance.choice(["phone", "hall"]),
            )
        )
    chance.shuffle(events)
    return events


OTHER_POLICY = """
[[limit]]
per = "customer"
max = 4
days = 90
reason = "customer_limit"
[[limit]]
per = "customer+touchpoint"
max = 2
days = 45
reason = "counter_limit"
[gap]
hours = 12
"""


@pytest.mark.parametrize("count", [8_000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_hostile_events_are_decided_as_by_the_oracle_in_python_and_compiled(count: int, compiled: Engine) -> None:
    events = hostile_events(count, seed=20261122)
    data = table(events)
    expected = oracle(events, limits=[("customer", 10, 90 * 24), ("scenario", 2, 90 * 24)], gap_hours=24)
    fast, plain = run(data, engine=compiled), run(data)
    assert fast.rows == plain.rows
    assert [row[0] for row in fast.rows] == [event.external_id for event in events]
    assert fast.reasons == expected
    # The events are hostile enough only if every rule speaks often.
    tally = {reason: expected.count(reason) for reason in ("customer_limit", "scenario_limit", "gap")}
    assert all(often > count / 20 for often in tally.values())
    assert fast.summary == Summary(count, expected.count(""), {**tally, "sampled_out": 0})


@pytest.mark.parametrize("seed", [1, 2])
def test_another_policy_decides_as_by_the_oracle(seed: int, compiled: Engine) -> None:
    events = hostile_events(5_000, seed)
    policy = parse_policy(OTHER_POLICY, absent=DEFAULT_AT_ONCE)
    expected = oracle(events, limits=[("customer", 4, 90 * 24), ("touchpoint", 2, 45 * 24)], gap_hours=12)
    names = {"touchpoint_limit": "counter_limit"}
    for engine in (PLAIN, compiled):
        result = run(table(events, touchpoint=True), policy=policy, engine=engine)
        assert result.reasons == [names.get(reason, reason) for reason in expected]


def test_the_oracle_would_notice_a_gap_that_24_hours_satisfy() -> None:
    """The comparison can fail: the same events under almost the same rule come out differently."""
    events = hostile_events(2_000, seed=3)
    almost = replace(DEFAULT_AT_ONCE, gap=timedelta(hours=24) - timedelta(microseconds=1))
    expected = oracle(events, limits=[("customer", 10, 90 * 24), ("scenario", 2, 90 * 24)], gap_hours=24)
    assert run(table(events)).reasons == expected
    assert run(table(events), policy=almost).reasons != expected


def one_by_one(events: list[Event], policy: Policy, tz: ZoneInfo = SHANGHAI) -> list[str]:
    """The same rules as the console asks them: a batch of one at each event's time, in the order of time."""
    histories: dict[str, list[Contact]] = {}
    reasons = [""] * len(events)
    for place in sorted(range(len(events)), key=lambda place: datetime.fromisoformat(events[place].at)):
        event, now = events[place], datetime.fromisoformat(events[place].at)
        facts = Facts(event.scenario, event.touchpoint, external_id=event.external_id)
        (verdict,) = decide_batch(asks=[(event.customer, facts)], histories=histories, policy=policy, now=now)
        reasons[place] = verdict.reason
        if verdict.invited:
            goes = next_send_at(now=now, policy=policy, tz=tz)
            histories.setdefault(event.customer, []).append(Contact(goes, event.scenario, event.touchpoint))
    return reasons


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(
        [
            OTHER_POLICY,
            "",
            '[sending_hours]\nfrom = "08:00"\nto = "21:00"',
            "[sampling]\nshare = 0.5",
            '[sending_hours]\nfrom = "22:00"\nto = "02:30"\n[gap]\noff = true',
        ]
    ),
)
def test_a_rehearsal_decides_as_the_console_would_have(seed: int, text: str) -> None:
    events = hostile_events(150, seed)
    policy = parse_policy(text, absent=DEFAULT_AT_ONCE)
    assert run(table(events, touchpoint=True), policy=policy).reasons == one_by_one(events, policy)


def test_on_a_clock_that_jumps_too() -> None:
    new_york = ZoneInfo("America/New_York")
    events = hostile_events(1_500, seed=4)
    policy = parse_policy('[sending_hours]\nfrom = "02:30"\nto = "05:00"', absent=DEFAULT_AT_ONCE)
    result = run(table(events), policy=policy, tz=new_york)
    assert result.reasons == one_by_one(events, policy, new_york)
    assert result.reasons != run(table(events)).reasons


def test_ties_go_by_the_order_of_the_file_and_the_answer_keeps_it() -> None:
    rows = [
        "b,C1,hotline,2026-11-22T10:00:00+08:00",
        "a,C1,repair,2026-11-22T02:00:00Z",
        "c,C1,x,2026-11-21T10:00:00+08:00",
    ]
    result = run(("external_id,customer,scenario,at\n" + "\n".join(rows)).encode())
    assert result.rows == [["b", "suppress", "gap"], ["a", "suppress", "gap"], ["c", "invite", ""]]
    later = run(("external_id,customer,scenario,at\n" + "\n".join(rows[:2])).encode())
    assert later.rows == [["b", "invite", ""], ["a", "suppress", "gap"]]


def test_the_sample_leaves_out_whom_it_does_not_draw() -> None:
    policy = replace(DEFAULT_AT_ONCE, share=Decimal("0.5"))
    events = [
        Event(f'id "{number}"' if number % 3 else f"id{number}", f"C{number}", "hotline", "2026-11-22T10:00Z")
        for number in range(500)
    ]
    result = run(table(events), policy=policy)
    assert result.reasons == ["" if is_drawn(event.external_id, policy.share) else "sampled_out" for event in events]
    assert 150 < result.summary.suppressed["sampled_out"] < 350
    assert [row[0] for row in result.rows] == [event.external_id for event in events]


def test_a_sample_of_one_event() -> None:
    policy = replace(DEFAULT_AT_ONCE, share=Decimal("0.01"))
    assert run(table([Event("call-1", "C1", "hotline", "2026-11-22T10:00Z")]), policy=policy).reasons == ["sampled_out"]


def test_every_event_is_a_survey() -> None:
    """A limit that counts nothing but surveys counts them all, one that counts only reminders none."""
    events = [Event(f"e{day}", "C1", "hotline", f"2026-11-{day:02}T10:00Z") for day in (1, 3, 5)]
    text = '[[limit]]\nper = "customer"\nmax = 1\ndays = 90\ncounts = ["{}"]\n'
    surveys, reminders = (parse_policy(text.format(kind), absent=DEFAULT_AT_ONCE) for kind in ("survey", "reminder"))
    assert run(table(events), policy=surveys).reasons == ["", "customer_limit", "customer_limit"]
    assert run(table(events), policy=reminders).reasons == ["", "", ""]


def test_a_limit_by_touchpoint_needs_the_column() -> None:
    policy = parse_policy(OTHER_POLICY, absent=DEFAULT_AT_ONCE)
    with pytest.raises(EventsInvalid) as caught:
        run(table(hostile_events(3, seed=5)), policy=policy)
    assert (caught.value.row, caught.value.field) == (1, "touchpoint")


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b"external_id,customer,scenario,at", b"external_id,customer,scenario,at\r\n\r\n"]
)
@pytest.mark.parametrize("hours", ["", '[sending_hours]\nfrom = "08:00"\nto = "21:00"'])
def test_no_events_are_a_header(data: bytes, hours: str, compiled: Engine) -> None:
    policy = parse_policy(hours, absent=DEFAULT_AT_ONCE)
    for engine in (PLAIN, compiled):
        result = run(data, policy=policy, engine=engine)
        assert (result.text, result.summary.events) == (b"external_id,decision,reason\n", 0)


def test_progress_adds_up_to_the_whole() -> None:
    data = table(hostile_events(200, seed=6))
    done: dict[str, list[int]] = {}

    def told(step: str, more: int, total: int) -> None:
        done.setdefault(step, []).append(more)
        done.setdefault(f"{step} of", []).append(total)

    simulate_events(data, BytesIO, policy=DEFAULT_AT_ONCE, tz=SHANGHAI, told=told, engine=PLAIN)
    assert sum(done["judge"]) == sum(done["write"]) == done["judge of"][0] == done["write of"][0] == 200
    assert sum(done["read"]) == done["read of"][0] == len(data)
    assert list(done) == ["read", "read of", "judge", "judge of", "write", "write of"]


def test_the_cache_can_be_filled_beforehand() -> None:
    fill_cache()
    loops: list[Any] = [COMPILED.find_values, COMPILED.number_names, COMPILED.replay, COMPILED.print_rows]
    assert all(loop.signatures for loop in loops)


def test_a_small_file_needs_no_numba() -> None:
    assert engine_for(engines.COMPILE_FROM - 1) is PLAIN
