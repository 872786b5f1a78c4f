"""A rehearsal in memory: the figures that a screen shows, before and after, and that they add up."""

from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest

from zhiyin.outreach.rules import DEFAULT_AT_ONCE, parse_policy
from zhiyin.outreach.simulate.columns import ColumnMissing, Columns
from zhiyin.outreach.simulate.engine import COMPILE_FROM_EVENTS, PLAIN, engine_for_events
from zhiyin.outreach.simulate.rehearsal import CellCount, compare, rehearse, summarise
from zhiyin.outreach.tests.test_simulate_groups import hostile_columns

HOUR = 3_600_000_000
EVENTS = Columns(
    customer=np.array([0, 0, 0, 1, 2], np.int32),
    at=np.array([30, 0, 50, 0, 0]) * HOUR,
    customers=4,
    scenario=np.array([0, 0, 0, 0, 1], np.int32),
    touchpoint=np.array([0, 0, 0, 1, -1], np.int32),
    kind=np.array([1, 1, 1, 1, 8], np.int8),
)


def test_the_summary_counts_sends_reasons_cells_and_people() -> None:
    outlook = summarise(EVENTS, rehearse(EVENTS, DEFAULT_AT_ONCE, tz=UTC))
    assert (outlook.events, outlook.sends, outlook.customers_asked) == (4, 3, 2)
    assert outlook.suppressed == {"scenario_limit": 1}
    assert outlook.cells["touchpoint"] == (CellCount(0, 3, 2), CellCount(1, 1, 1))
    assert outlook.cells["scenario"] == (CellCount(0, 4, 3),)
    assert outlook.cells["touchpoint"][0].coverage == pytest.approx(2 / 3)
    assert outlook.most_asked == ((0, 2), (1, 1))
    assert outlook.asked_times == (2, 1, 1)


def test_before_and_after() -> None:
    before = rehearse(EVENTS, DEFAULT_AT_ONCE, tz=UTC)
    after = rehearse(EVENTS, replace(DEFAULT_AT_ONCE, gap=timedelta(hours=40)), tz=UTC)
    change = compare(EVENTS, before, after)
    assert (change.gained, change.lost) == (1, 1)  # the second event gives way to the third
    assert change.reasons == {"scenario_limit": (1, 0), "gap": (0, 1)}
    assert [(cell.code, cell.before, cell.after) for cell in change.cells["touchpoint"]] == [(0, 2, 2), (1, 1, 1)]


def test_every_event_is_counted_once() -> None:
    events = hostile_columns(20_000, 3)
    outlook = summarise(events, rehearse(events, DEFAULT_AT_ONCE, tz=UTC))
    assert outlook.sends + sum(outlook.suppressed.values()) == outlook.events
    assert sum(times * people for times, people in enumerate(outlook.asked_times)) == outlook.sends
    assert sum(cell.invited for cell in outlook.cells["scenario"]) == outlook.sends
    assert [sends for _, sends in outlook.most_asked] == sorted(
        (sends for _, sends in outlook.most_asked), reverse=True
    )
    assert len(outlook.most_asked) == 20


def test_nothing_happened() -> None:
    none = np.empty(0, np.int32)
    nobody = Columns(customer=none, at=np.empty(0, np.int64), customers=0, scenario=none)
    outlook = summarise(nobody, rehearse(nobody, DEFAULT_AT_ONCE, tz=UTC))
    assert (outlook.events, outlook.sends, outlook.most_asked, outlook.asked_times) == (0, 0, (), ())
    grouped = parse_policy('[[limit]]\nper = "staff"\nmax = 1\ndays = 1', absent=DEFAULT_AT_ONCE)
    with pytest.raises(ColumnMissing) as caught:
        rehearse(nobody, grouped, tz=UTC)
    assert caught.value.column == "staff"
    assert rehearse(replace(nobody, staff=none), grouped, tz=UTC).verdicts.tolist() == []


def test_names_come_from_the_caller() -> None:
    """A unit is excluded with all below it when the caller knows what stands above."""
    policy = parse_policy('[exclude]\nunits = ["SD"]', absent=DEFAULT_AT_ONCE)
    events = replace(EVENTS, unit=np.array([0, 1, 0, 1, 0], np.int32))
    with pytest.raises(ColumnMissing):
        rehearse(events, policy, tz=UTC)
    named = replace(events, unit_paths=lambda: [("SD-05", "SD"), ("GD",)])
    replay = rehearse(named, policy, tz=UTC)
    told = [replay.reasons[verdict + 1] for verdict in replay.verdicts]
    assert told == [
        "excluded",
        "",
        "excluded",
        "",
        "completion",
    ]
    plain = replace(events, names={"unit": lambda: ["SD-05", "GD"]})
    assert (rehearse(plain, policy, tz=UTC).verdicts == -1).sum() == 3
    with pytest.raises(ValueError, match="sample"):
        rehearse(EVENTS, parse_policy("[sampling]\nshare = 0.5", absent=DEFAULT_AT_ONCE), tz=UTC)


def test_few_events_need_no_numba() -> None:
    assert engine_for_events(COMPILE_FROM_EVENTS - 1) is PLAIN
    assert engine_for_events(COMPILE_FROM_EVENTS) is not PLAIN
