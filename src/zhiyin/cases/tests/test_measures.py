"""Promises kept in time, counted: each clock of a case is a row, judged by its own moments alone."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.cases.actions import closing, handling, stepping
from zhiyin.cases.facts import CLOCKS, KINDS, load_clocks
from zhiyin.cases.testing import Desk, make_case, make_desk
from zhiyin.journey.actions import put_map
from zhiyin.journey.queries import journey_map
from zhiyin.ledger.events import known_kinds
from zhiyin.lib import intervals
from zhiyin.lib.text import both
from zhiyin.metrics import mirror
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Figure, Question, Through, UnknownName
from zhiyin.people.access import Viewer

# What is not done is judged by the time of asking, which is the engine's own.
NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOW - 10 * DAY
pytestmark = pytest.mark.django_db
Steps = Mapping[str, timedelta]

# Every step in time; the callback in its window, one to two days after completion.
KEPT = {"connect": 10 * MINUTE, "commit": HOUR, "complete": 4 * HOUR, "confirm": 5 * HOUR, "close": 6 * HOUR}
KEPT |= {"callback": 30 * HOUR}
# Reached after 31 of 30 minutes, promised after 3 of 2 hours, never completed.
BROKEN = {"connect": 31 * MINUTE, "commit": 31 * MINUTE + 3 * HOUR}
# Reached in time, then the customer was awaited: nothing else can be judged.
WAITING = {"connect": 10 * MINUTE, "pause": 40 * MINUTE}
FRESH: Steps = {}


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    settings.DATA_DIR = tmp_path  # a mirror of its own
    put_map(
        scenarios=[{"key": "hotline", "name": both("热线", "Hotline")}],
        stages=[],
        dimensions=[],
        touchpoints=[
            {
                **{"key": "hall", "name": both("营业厅", "Hall"), "kind": "visit", "scenario": "hotline"},
                **{"survey": "call", "order": 1, "source": "S0.1"},
            }
        ],
        moments=[],
    )
    return make_desk(now=LONG_AGO - DAY)


def lived(desk: Desk, steps: Steps, *, by: Viewer | None = None, opened_at: datetime = LONG_AGO, **changes: Any) -> int:
    """A case opened then, taken over at once, and led through these steps so long after."""
    by = by or desk.agent
    case_id = make_case(desk, now=opened_at, **changes).case_id
    handling.accept(case_id=case_id, by=by, now=opened_at)
    for step, after in steps.items():
        given: dict[str, dict[str, Any]] = {
            "confirm": {"agreed": True},
            "callback": {"solved": True},
            "close": {"cause": "misled"},
            "pause": {"reason": "客户出差"},
        }
        room = {"close": closing, "pause": handling}.get(step, stepping)
        getattr(room, step)(case_id=case_id, by=by, now=opened_at + after, **given.get(step, {}))
    return case_id


@pytest.fixture
def four(desk: Desk) -> Desk:
    """One case of each life; the broken one is the other team's, about the hall."""
    lived(desk, KEPT)
    hall = journey_map().touchpoints["hall"].id
    lived(desk, BROKEN, by=desk.outsider, unit_id=desk.other_team, touchpoint_id=hall)
    lived(desk, WAITING)
    lived(desk, FRESH, opened_at=NOW - 10 * MINUTE)
    mirror.catch_up(now=NOW)
    return desk


def asked(measure: str = "sla_attainment", *, floor: int = 1, **question: Any) -> list[Figure]:
    return list(ask(Question(measure=measure, **{"units": None, **question}), floor=floor).figures)


def kept(*by: str, **question: Any) -> dict[Any, tuple[int, int]]:
    """What the share is made of: (in time, judged)."""
    found = asked(by=by, **question)
    return {one.key[0] if len(one.key) == 1 else one.key: (int(one.sums["hits"]), one.n) for one in found}


class TestTheRows:
    def test_a_row_for_each_clock_that_has_begun(self, desk: Desk) -> None:
        case_id = lived(desk, KEPT)
        rows = [dict(zip(CLOCKS.columns, row, strict=True)) for row in load_clocks([case_id])]
        began = {row["clock"]: row["began_at"] - LONG_AGO for row in rows}
        due = {row["clock"]: row["due_at"] - LONG_AGO for row in rows}
        done = {row["clock"]: row["done_at"] - LONG_AGO for row in rows}
        none = timedelta()
        assert began == {
            **{"connect": none, "commit": 10 * MINUTE, "complete": none},
            **{"confirm": 4 * HOUR, "callback": 4 * HOUR},
        }
        assert due == {
            **{"connect": 30 * MINUTE, "commit": 10 * MINUTE + 2 * HOUR, "complete": 2 * DAY},
            **{"confirm": 8 * HOUR, "callback": 4 * HOUR + 2 * DAY},
        }
        assert done == {step: after for step, after in KEPT.items() if step != "close"}
        assert {(row["case_id"], row["unit_id"], row["staff_id"]) for row in rows} == {
            (case_id, desk.team, desk.agent.staff_id)
        }
        assert {(row["case_reason"], row["case_state"], row["touchpoint"]) for row in rows} == {
            ("low_score", "closed", "")
        }

    def test_the_day_is_the_organisations(self, desk: Desk) -> None:
        evening = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)  # half past one on the fifth in Shanghai
        (first, *_rest) = load_clocks([make_case(desk, now=evening).case_id])
        assert str(dict(zip(CLOCKS.columns, first, strict=True))["day"]) == "2026-03-05"

    def test_no_cases_are_no_rows(self, desk: Desk) -> None:
        assert load_clocks([]) == load_clocks([12345]) == []

    def test_every_fact_about_a_case_has_its_clocks_read_again(self) -> None:
        about_a_case = {
            kind
            for kind, fact in known_kinds().items()
            if kind.startswith("cases.") and "case_id" in {field.name for field in fields(fact)}
        }
        assert about_a_case == set(CLOCKS.touched_by) == {f"cases.{kind}" for kind in KINDS}
        for reader in CLOCKS.touched_by.values():
            assert not isinstance(reader, Through), "the fact names the case itself"
            assert list(reader({"case_id": 7})) == [7]


class TestAttainment:
    def test_kept_over_what_can_be_judged_with_its_interval(self, four: Desk) -> None:
        (found,) = asked()
        known = intervals.share(hits=6, n=9)  # 5 of 5 kept, 0 of 3, 1 of 1, and nothing yet of the fresh one
        assert (found.n, found.value, found.low, found.high) == (9, known.value, known.low, known.high)

    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            (
                "clock",
                {"callback": (1, 1), "commit": (1, 2), "complete": (1, 2), "confirm": (1, 1), "connect": (2, 3)},
            ),
            ("touchpoint", {"": (6, 6), "hall": (0, 3)}),
        ],
    )
    def test_by_clock_and_by_touchpoint(self, four: Desk, by: str, expected: dict[str, tuple[int, int]]) -> None:
        assert kept(by) == expected

    def test_by_unit_by_owner_and_within_units(self, four: Desk) -> None:
        assert kept("unit") == {four.team: (6, 6), four.other_team: (0, 3)}
        assert kept("staff") == {four.agent.staff_id: (6, 6), four.outsider.staff_id: (0, 3)}
        assert kept(units=frozenset({four.other_team})) == {(): (0, 3)}
        assert kept(units=frozenset()) == {}

    def test_a_period_takes_the_clocks_that_began_in_it(self, four: Desk) -> None:
        assert kept(until=LONG_AGO + MINUTE) == {(): (3, 5)}  # to reach and to complete, of three cases
        assert kept(since=NOW - DAY) == {}

    @pytest.mark.parametrize(
        ("after", "hits"),
        [(30 * MINUTE, 1), (30 * MINUTE + timedelta(microseconds=1), 0)],
        ids=["to the moment", "a moment late"],
    )
    def test_in_time_is_up_to_the_deadline_itself(self, desk: Desk, after: timedelta, hits: int) -> None:
        lived(desk, {"connect": after})
        mirror.catch_up(now=NOW)
        assert kept("clock")["connect"] == (hits, 1)

    @pytest.mark.parametrize(
        ("ago", "judged"), [(29 * MINUTE, False), (31 * MINUTE, True)], ids=["there is time left", "its time is over"]
    )
    def test_what_is_not_done_is_broken_once_its_time_is_over(self, desk: Desk, ago: timedelta, judged: bool) -> None:
        lived(desk, FRESH, opened_at=datetime.now(UTC) - ago)
        mirror.catch_up(now=NOW)
        assert kept("clock").get("connect") == ((0, 1) if judged else None)

    def test_the_same_facts_are_judged_by_the_moment_up_to_which_they_are_known(self, desk: Desk) -> None:
        """Not by the clock of whichever engine is asked, nor by when that is."""
        lived(desk, FRESH, opened_at=LONG_AGO)
        mirror.catch_up(now=LONG_AGO + 29 * MINUTE)
        assert kept("clock").get("connect") is None
        mirror.catch_up(now=LONG_AGO + 31 * MINUTE)
        assert kept("clock").get("connect") == (0, 1)

    def test_fewer_than_five_clocks_stay_silent(self, desk: Desk) -> None:
        lived(desk, BROKEN)
        mirror.catch_up(now=NOW)
        (found,) = ask(Question(measure="sla_attainment", units=None)).figures
        assert (found.n, found.value, found.is_withheld) == (3, None, True)

    def test_a_step_is_counted_after_the_next_refresh_and_once(self, desk: Desk) -> None:
        case_id = lived(desk, {})
        mirror.catch_up(now=NOW)
        before = kept("clock")
        assert before == {"complete": (0, 1), "connect": (0, 1)}
        stepping.connect(case_id=case_id, by=desk.agent, now=LONG_AGO + 5 * MINUTE)
        assert kept("clock") == before
        mirror.catch_up(now=NOW)
        assert kept("clock") == {"commit": (0, 1), "complete": (0, 1), "connect": (1, 1)}


class TestCases:
    def test_each_case_is_one_however_many_clocks_it_has(self, four: Desk) -> None:
        (found,) = asked("cases")
        assert (found.value, found.low, found.high, found.n) == (4.0, 4.0, 4.0, 4)
        by_unit = {one.key[0]: one.n for one in asked("cases", by=("unit",))}
        assert by_unit == {four.team: 3, four.other_team: 1}

    def test_a_few_are_no_secret(self, four: Desk) -> None:
        (found,) = ask(Question(measure="cases", units=frozenset({four.other_team}))).figures
        assert (found.n, found.is_withheld) == (1, False)


@pytest.mark.parametrize(
    ("question", "near"),
    [
        ({"measure": "sla"}, "sla_attainment"),
        ({"measure": "sla_attainment", "by": ("survey",)}, "clock"),
        ({"measure": "cases", "where": (("dimension", "behavior"),)}, "touchpoint"),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_there_are(question: dict[str, Any], near: str) -> None:
    with pytest.raises(UnknownName) as refused:
        ask(Question(**question, units=None))
    assert near in refused.value.near
