"""Deadlines and verdicts: tables of sentences, a brute-force oracle, and that nobody has to look in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.cases.rules.clocks import (
    PROMISED,
    Deadline,
    callback_window,
    deadlines,
    due_at,
    left_of,
    next_due,
    of_step,
    overdue,
)
from zhiyin.cases.rules.facts import CaseFacts, Problem, Step, Stretch
from zhiyin.cases.rules.terms import terms_of
from zhiyin.cases.testing import TERMS
from zhiyin.lib.business_time import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
TERMS_READ = terms_of({"terms": TERMS}, zone="Asia/Shanghai")
CLOCKS, CALENDARS = TERMS_READ.clocks, TERMS_READ.calendars
DESK = CALENDARS["desk"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    """A local moment: ``11-20 17:45`` is in 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).astimezone(UTC)


OPENED = at("11-20 11:50")
FRESH = CaseFacts(opened_at=OPENED, dispatched_at=OPENED)


def found(facts: CaseFacts) -> tuple[Deadline, ...]:
    return deadlines(facts, clocks=CLOCKS, calendars=CALENDARS)


def due(facts: CaseFacts, step: Step) -> datetime | None:
    deadline = of_step(found(facts), step)
    return deadline.due_at if deadline else None


def test_the_customer_is_to_be_reached_within_30_minutes_of_dispatch() -> None:
    assert due(FRESH, Step.CONNECT) == OPENED + 30 * MINUTE


def test_an_owner_who_was_away_has_an_hour() -> None:
    assert due(replace(FRESH, owner_was_away=True), Step.CONNECT) == OPENED + HOUR


def test_a_step_that_has_not_begun_has_no_deadline() -> None:
    assert of_step(found(FRESH), Step.COMMIT) is None
    assert of_step(found(FRESH), Step.CALLBACK) is None


def test_the_callback_belongs_one_to_two_days_after_completion() -> None:
    completed = replace(FRESH, completed_at=OPENED + HOUR)
    window = callback_window(completed, clocks=CLOCKS, calendars=CALENDARS)
    assert window == (OPENED + HOUR + DAY, OPENED + HOUR + 2 * DAY)
    assert callback_window(FRESH, clocks=CLOCKS, calendars=CALENDARS) is None


def test_the_window_stands_open_while_the_clock_stands_still() -> None:
    waiting = replace(FRESH, completed_at=OPENED, pauses=(Stretch(OPENED + HOUR),))
    assert callback_window(waiting, clocks=CLOCKS, calendars=CALENDARS) is None


def test_each_problem_found_has_two_days_of_its_own() -> None:
    facts = replace(FRESH, problems=(Problem(OPENED, OPENED + 3 * DAY), Problem(OPENED + 5 * DAY)))
    first, second = (one for one in found(facts) if one.clock == "found_problem")
    assert (first.due_at, first.is_late) == (OPENED + 2 * DAY, True)
    assert (second.due_at, second.is_late) == (OPENED + 7 * DAY, False)


def test_a_promise_to_the_customer_is_a_deadline_beside_the_general_one() -> None:
    promised = replace(FRESH, committed_at=OPENED + HOUR, promised_for=OPENED + 5 * HOUR)
    assert due(promised, Step.COMPLETE) == OPENED + 5 * HOUR
    later = replace(promised, promised_for=OPENED + 90 * DAY)
    assert due(later, Step.COMPLETE) == OPENED + 48 * HOUR
    assert {one.clock for one in found(later) if one.step is Step.COMPLETE} == {"complete", PROMISED}


def test_pauses_after_the_promise_move_it_on() -> None:
    pauses = (
        Stretch(OPENED, OPENED + MINUTE),  # before the promise was made
        Stretch(OPENED + 2 * HOUR, OPENED + 3 * HOUR),
        Stretch(OPENED + 7 * HOUR),  # after it had fallen due
    )
    facts = replace(FRESH, committed_at=OPENED + HOUR, promised_for=OPENED + 5 * HOUR, pauses=pauses)
    promised = next(one for one in found(facts) if one.clock == PROMISED)
    assert promised.due_at == OPENED + 6 * HOUR
    waiting = replace(facts, pauses=(Stretch(OPENED + 2 * HOUR),))
    assert next(one for one in found(waiting) if one.clock == PROMISED).due_at is None


@pytest.mark.parametrize(
    ("began", "pauses", "expected"),
    [
        ("11-20 17:50", [], "11-23 09:20"),  # Friday evening to Monday morning
        ("11-20 10:00", [("11-20 10:10", "11-20 11:10")], "11-20 11:30"),
        ("11-20 10:00", [("11-20 09:00", "11-20 11:10")], "11-20 11:40"),  # paused before it began
        ("11-20 10:00", [("11-20 08:00", "11-20 09:00")], "11-20 10:30"),  # over before it began
        ("11-20 10:00", [("11-20 10:30", "11-20 12:00")], "11-20 10:30"),  # the time was up just then
        ("11-20 10:00", [("11-20 10:40", "11-20 12:00")], "11-20 10:30"),  # the time was up before
        ("11-20 10:00", [("11-20 10:40", None)], "11-20 10:30"),  # late stays late while it is paused
        ("11-20 10:00", [("11-20 10:29", None)], None),  # stands still
        ("11-20 10:00", [("11-20 10:05", "11-20 10:10"), ("11-20 10:15", "11-20 10:45")], "11-20 11:05"),
        ("11-20 10:00", [("11-20 10:15", "11-20 10:45"), ("11-20 10:05", "11-20 10:10")], "11-20 11:05"),  # any order
        ("11-20 17:50", [("11-21 10:00", "11-22 10:00")], "11-23 09:20"),  # paused on a closed weekend
    ],
)
def test_thirty_working_minutes(began: str, pauses: list[tuple[str, str | None]], expected: str | None) -> None:
    stretches = [Stretch(at(start), at(end) if end else None) for start, end in pauses]
    assert due_at(at(began), 30 * MINUTE, calendar=DESK, pauses=stretches) == (at(expected) if expected else None)


def test_make_up_workdays_count_and_holidays_do_not() -> None:
    # 2025: 28 September, a Sunday, is worked for the National Day week, which lasts from 1 to 8 October.
    began = datetime(2025, 9, 28, 17, 50, tzinfo=SHANGHAI)
    assert due_at(began, 30 * MINUTE, calendar=DESK, pauses=()) == datetime(2025, 9, 29, 9, 20, tzinfo=SHANGHAI)
    holiday = datetime(2025, 9, 30, 17, 50, tzinfo=SHANGHAI)
    assert due_at(holiday, 30 * MINUTE, calendar=DESK, pauses=()) == datetime(2025, 10, 9, 9, 20, tzinfo=SHANGHAI)


def test_a_pause_changes_nothing_about_what_had_stopped_before_it() -> None:
    facts = replace(FRESH, connected_at=OPENED + 10 * MINUTE)
    paused = replace(facts, pauses=(Stretch(OPENED + 20 * MINUTE),))
    assert due(paused, Step.CONNECT) == due(facts, Step.CONNECT) == OPENED + 30 * MINUTE
    assert due(paused, Step.COMPLETE) is None


def test_clocks_that_do_not_pause_run_through_a_pause() -> None:
    clocks = tuple(replace(clock, pauses=False) for clock in CLOCKS)
    facts = replace(FRESH, pauses=(Stretch(OPENED + MINUTE),))
    (connect, *_) = deadlines(facts, clocks=clocks, calendars=CALENDARS)
    assert connect.due_at == OPENED + 30 * MINUTE


def test_due_next_is_what_ends_first_and_what_stands_still_comes_last() -> None:
    assert next_due(found(FRESH)) == of_step(found(FRESH), Step.CONNECT)
    connected = replace(FRESH, connected_at=OPENED + MINUTE)
    assert next_due(found(connected)) == of_step(found(connected), Step.COMMIT)
    paused = replace(FRESH, pauses=(Stretch(OPENED + MINUTE),))
    waiting = next_due(found(paused))
    assert waiting is not None
    assert waiting.due_at is None
    assert next_due(()) is None


def test_time_left_counts_working_time_and_turns_negative_at_once() -> None:
    deadline = replace(found(FRESH)[0], calendar="desk", due_at=at("11-20 18:00"))
    assert left_of(deadline, now=at("11-20 17:42"), calendars=CALENDARS) == 18 * MINUTE
    assert left_of(deadline, now=at("11-23 09:42"), calendars=CALENDARS) == -42 * MINUTE
    assert left_of(deadline, now=at("11-20 23:00"), calendars=CALENDARS) < timedelta(0)  # nobody works, and it is late
    with pytest.raises(ValueError, match="stands still"):
        left_of(replace(deadline, due_at=None), now=OPENED, calendars=CALENDARS)


def test_overdue_names_what_is_open_and_what_was_done_late() -> None:
    facts = replace(FRESH, connected_at=OPENED + HOUR)
    late = overdue(found(facts), now=OPENED + 10 * HOUR)
    assert [one.clock for one in late] == ["connect", "commit"]
    assert late[0].is_late
    assert not late[1].is_late


# ---- the oracle: count minutes one by one ----

minutes = st.integers(min_value=0, max_value=6 * 24 * 60)


@st.composite
def pause_lists(draw: st.DrawFn) -> list[Stretch]:
    """Pauses as the product makes them: one after another, the last one possibly without an end."""
    edges = sorted(draw(st.lists(minutes, max_size=6, unique=True)))
    pairs = [(edges[i], edges[i + 1] if i + 1 < len(edges) else None) for i in range(0, len(edges), 2)]
    return [Stretch(OPENED + a * MINUTE, None if b is None else OPENED + b * MINUTE) for a, b in pairs]


def counted(began: datetime, within: int, calendar: Calendar, pauses: list[Stretch]) -> datetime | None:
    """Minute by minute, as one would on paper."""
    moment, worked = began, 0
    while worked < within:
        asleep = next((p for p in pauses if p.began_at <= moment and (p.ended_at is None or moment < p.ended_at)), None)
        if asleep is not None and asleep.ended_at is None:
            return None
        if asleep is None and calendar.is_open(moment):
            worked += 1
        moment += MINUTE
    return moment


@settings(deadline=None)
@given(began=minutes, within=st.integers(1, 300), pauses=pause_lists(), name=st.sampled_from(["desk", "always"]))
def test_due_equals_counting_minutes(began: int, within: int, pauses: list[Stretch], name: str) -> None:
    start, calendar = OPENED + began * MINUTE, CALENDARS[name]
    assert due_at(start, within * MINUTE, calendar=calendar, pauses=pauses) == counted(start, within, calendar, pauses)


# ---- the property: any schedule of looking gives the same verdict ----


@st.composite
def lives(draw: st.DrawFn) -> CaseFacts:
    """A case's whole life, as it turned out in the end: steps in their order, pauses, problems."""
    gaps = draw(st.lists(st.integers(1, 3000), min_size=5, max_size=5))
    moments = [OPENED + sum(gaps[: i + 1]) * MINUTE for i in range(5)]
    taken = draw(st.integers(0, 5))
    done = [moment if i < taken else None for i, moment in enumerate(moments)]
    promise = draw(st.none() | st.integers(1, 5000))
    problems: tuple[Problem, ...] = ()
    if done[3] is not None and draw(st.booleans()):
        problems = (Problem(done[3], draw(st.none() | st.integers(1, 5000).map(lambda m: moments[3] + m * MINUTE))),)
    return replace(
        FRESH,
        connected_at=done[0],
        committed_at=done[1],
        promised_for=done[1] + promise * MINUTE if done[1] and promise else None,
        completed_at=done[2],
        confirmed_at=done[3],
        called_back_at=done[4],
        pauses=tuple(draw(pause_lists())),
        problems=problems,
    )


def known_at(facts: CaseFacts, now: datetime) -> CaseFacts:
    """What the record held at ``now``: nothing that happened later."""

    def past(moment: datetime | None) -> datetime | None:
        return moment if moment is not None and moment <= now else None

    return replace(
        facts,
        connected_at=past(facts.connected_at),
        committed_at=past(facts.committed_at),
        promised_for=facts.promised_for if past(facts.committed_at) else None,
        completed_at=past(facts.completed_at),
        confirmed_at=past(facts.confirmed_at),
        called_back_at=past(facts.called_back_at),
        pauses=tuple(Stretch(p.began_at, past(p.ended_at)) for p in facts.pauses if p.began_at <= now),
        problems=tuple(Problem(p.found_at, past(p.solved_at)) for p in facts.problems if p.found_at <= now),
    )


def broken(facts: CaseFacts, now: datetime) -> set[tuple[str, datetime]]:
    return {(one.clock, one.began_at) for one in overdue(found(facts), now=now)}


@settings(deadline=None)
@given(life=lives(), looks=st.lists(st.integers(0, 20_000), min_size=1, max_size=8))
def test_any_schedule_of_looking_gives_the_same_verdict(life: CaseFacts, looks: list[int]) -> None:
    seen: set[tuple[str, datetime]] = set()
    for look in sorted(looks):
        now = OPENED + look * MINUTE
        live = broken(known_at(life, now), now)
        assert seen <= live, "what was late is no longer late"
        seen |= live
        # What one saw live is what the whole story says about that moment, looked at years later.
        assert live == {(clock, began) for clock, began in broken_as_of(life, now)}


def broken_as_of(life: CaseFacts, now: datetime) -> set[tuple[str, datetime]]:
    """From the finished story: what had been broken by ``now``."""
    return {
        (one.clock, one.began_at)
        for one in found(life)
        if one.began_at <= now and one.due_at is not None and min(one.done_at or now, now) > one.due_at
    }
