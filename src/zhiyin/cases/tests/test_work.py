"""What a program that works cases is given: the open ones of its units, oldest first, with when each step was done."""

from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from zhiyin.cases.actions import closing, handling, stepping
from zhiyin.cases.queries.work import InHand, cases_in_hand
from zhiyin.cases.testing import NOW, SYSTEM, Desk, make_case, make_desk

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOMENTS = ("connected_at", "committed_at", "completed_at", "confirmed_at", "agreed_at", "called_back_at")
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def taken(desk: Desk, *steps: str, **changes: object) -> int:
    """A case that the agent has taken through these steps, an hour apart; ``confirm!`` and ``callback!`` say that it is
    not solved."""
    case_id = make_case(desk, **changes).case_id
    handling.accept(case_id=case_id, by=desk.agent, now=NOW)
    for hours, step in enumerate(steps, 1):
        name, was_solved, now = step.rstrip("!"), not step.endswith("!"), at(hours)
        given = {"confirm": {"agreed": was_solved}, "callback": {"solved": was_solved}, "close": {"cause": "misled"}}
        verb = getattr(closing if name in ("close", "reopen") else handling if name == "pause" else stepping, name)
        because = {"reason": "客户出差"} if name in ("pause", "reopen") else {}
        verb(case_id=case_id, by=desk.agent, now=now, **given.get(name, {}), **because)
    return case_id


def at(hours: int) -> datetime:
    return NOW + hours * HOUR


def the_one(desk: Desk) -> InHand:
    (found,) = cases_in_hand(by=desk.agent)
    return found


@pytest.mark.parametrize(
    ("steps", "moments"),
    [
        ((), {}),
        (("connect",), {"connected_at": 1}),
        (("connect", "commit"), {"connected_at": 1, "committed_at": 2}),
        (("connect", "commit", "complete"), {"connected_at": 1, "committed_at": 2, "completed_at": 3}),
        (
            ("connect", "commit", "complete", "confirm"),
            {"connected_at": 1, "committed_at": 2, "completed_at": 3, "confirmed_at": 4, "agreed_at": 4},
        ),
        (  # asked, and it was not solved: no agreement
            ("connect", "commit", "complete", "confirm!"),
            {"connected_at": 1, "committed_at": 2, "completed_at": 3, "confirmed_at": 4},
        ),
    ],
)
def test_each_step_stands_with_its_moment(desk: Desk, steps: tuple[str, ...], moments: dict[str, int]) -> None:
    case_id = taken(desk, *steps)
    found = asdict(the_one(desk))
    assert (found["id"], found["unit_id"], found["owner_id"]) == (case_id, desk.team, desk.agent.staff_id)
    assert found["opened_at"] == NOW
    assert {name: found[name] for name in MOMENTS} == {
        name: at(moments[name]) if name in moments else None for name in MOMENTS
    }


@pytest.mark.parametrize(
    ("steps", "has_problem", "found_at"),
    [
        (("connect", "commit", "complete", "confirm"), False, None),
        (("connect", "commit", "complete", "confirm!"), True, 4),
        (("connect", "commit", "complete", "confirm!", "complete"), False, 4),
        (("connect", "commit", "complete", "confirm!", "complete", "confirm!"), True, 6),
    ],
)
def test_a_problem_is_there_until_it_is_solved(
    desk: Desk, steps: tuple[str, ...], has_problem: bool, found_at: int | None
) -> None:
    taken(desk, *steps)
    found = the_one(desk)
    assert (found.has_problem, found.problem_found_at) == (has_problem, at(found_at) if found_at else None)


@pytest.mark.parametrize(
    ("steps", "is_there"),
    [
        ((), True),
        (("connect", "pause"), False),  # the customer is awaited
        (("connect", "commit", "complete", "confirm", "close"), False),
        (("connect", "commit", "complete", "confirm", "close", "reopen"), True),
    ],
)
def test_only_open_cases_are_in_hand(desk: Desk, steps: tuple[str, ...], is_there: bool) -> None:
    case_id = taken(desk, *steps)
    assert [one.id for one in cases_in_hand(by=desk.agent)] == ([case_id] if is_there else [])


def test_oldest_first_and_only_those_of_ones_own_units(desk: Desk) -> None:
    ours = [make_case(desk, now=NOW + number * MINUTE).case_id for number in (0, 1)]
    theirs = make_case(desk, now=NOW + 2 * MINUTE, unit_id=desk.other_team).case_id
    seen = {
        name: [one.id for one in cases_in_hand(by=by)]
        for name, by in (("agent", desk.agent), ("outsider", desk.outsider), ("manager", desk.manager), ("all", SYSTEM))
    }
    assert seen == {"agent": ours, "outsider": [theirs], "manager": [*ours, theirs], "all": [*ours, theirs]}


def test_nothing_in_hand_is_an_empty_list(desk: Desk) -> None:
    assert cases_in_hand(by=desk.agent) == []


def test_it_costs_two_queries_however_many_there_are(
    desk: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        taken(desk, "connect", "commit", "complete", "confirm!")
    with django_assert_num_queries(2):
        assert [one.has_problem for one in cases_in_hand(by=SYSTEM)] == [True] * 3
