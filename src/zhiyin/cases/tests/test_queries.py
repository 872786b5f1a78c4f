"""What the workbench shows, to whom, in which order, and for how many database queries."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from zhiyin.cases.actions import closing, handling, stepping
from zhiyin.cases.queries.page import case_page
from zhiyin.cases.queries.queue import Wanted, load, queue, tab_counts, tabs_of, waiting
from zhiyin.cases.refusals import ConflictOfInterest, NotYours
from zhiyin.cases.testing import NOW, Desk, make_case, make_customer, make_desk
from zhiyin.journey import queries as journey
from zhiyin.lib.errors import NotFound
from zhiyin.people.access import Viewer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def codes(tab: str, by: Viewer, **filters: object) -> list[str]:
    return [card.code for card in queue(Wanted(tab=tab, **filters), by=by, now=NOW + HOUR).cards]  # type: ignore[arg-type]  # as the test gives them


def mine(desk: Desk, **when: timedelta) -> str:
    """A case that the agent has taken through these steps, at these times after NOW."""
    opened = make_case(desk)
    handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
    for step, after in when.items():
        given = {"agreed": True} if step == "confirm" else {"cause": "misled"} if step == "close" else {}
        verb = closing.close if step == "close" else getattr(stepping, step)
        verb(case_id=opened.case_id, by=desk.agent, now=NOW + after, **given)
    return opened.code


def test_what_falls_due_first_stands_first(desk: Desk) -> None:
    to_handle = mine(desk, connect=MINUTE, commit=2 * MINUTE)
    to_reach = mine(desk)
    to_promise = mine(desk, connect=MINUTE)
    paused = mine(desk)
    handling.pause(case_id=case_id_of(desk, paused), reason="等客户", by=desk.agent, now=NOW)
    assert codes("todo", desk.agent) == [to_reach, to_promise, to_handle, paused]


def case_id_of(desk: Desk, code: str) -> int:
    return case_page(code, by=desk.manager, now=NOW).id


def test_a_card_says_how_late_it_is_and_what_is_next(desk: Desk) -> None:
    mine(desk, connect=5 * MINUTE)
    (card,) = queue(Wanted(), by=desk.agent, now=NOW + 3 * HOUR).cards
    assert (card.is_overdue, card.left, card.next) == (True, -55 * MINUTE, "commit")
    assert (card.phone.count("*"), card.owner, card.headline) == (4, "周敏", 2)


def test_agents_see_their_own_and_those_that_nobody_has(desk: Desk) -> None:
    own, free = mine(desk), make_case(desk).code
    make_case(desk, unit_id=desk.other_team)
    assert set(codes("todo", desk.agent)) == {own, free}
    assert codes("todo", desk.colleague) == [free]
    assert len(codes("todo", desk.outsider)) == 1


def test_leads_have_the_whole_team_besides(desk: Desk) -> None:
    own, free = mine(desk), make_case(desk).code
    assert "team" not in tabs_of(desk.agent)
    assert set(codes("team", desk.lead)) == {own, free}
    assert codes("todo", desk.lead) == [free]
    assert load(by=desk.lead) == {desk.agent.staff_id: 1, 0: 1}


def test_a_case_about_oneself_is_not_there_for_anybody_of_that_name(desk: Desk) -> None:
    code = make_case(desk, about_id=desk.lead.staff_id).code
    assert codes("team", desk.lead) == []
    assert codes("team", desk.manager) == [code]
    with pytest.raises(ConflictOfInterest):
        case_page(code, by=desk.lead, now=NOW)


def test_a_colleagues_case_is_named_and_another_teams_is_not_there(desk: Desk) -> None:
    code = mine(desk)
    with pytest.raises(NotYours):
        case_page(code, by=desk.colleague, now=NOW)
    with pytest.raises(NotFound):
        case_page(code, by=desk.outsider, now=NOW)


def test_a_closed_case_waits_for_its_callback_and_then_is_done(desk: Desk) -> None:
    steps = dict.fromkeys(("connect", "commit", "complete", "confirm", "close"), MINUTE)
    code = mine(desk, **steps)
    assert tab_counts(by=desk.agent, now=NOW + HOUR) == {"todo": 0, "callbacks": 1, "closed": 0}
    assert codes("callbacks", desk.agent) == [code]
    assert codes("callbacks", desk.colleague) == []
    assert codes("callbacks", desk.lead) == [code]
    stepping.callback(case_id=case_id_of(desk, code), by=desk.agent, now=NOW + DAY, solved=True)
    assert tab_counts(by=desk.agent, now=NOW + DAY) == {"todo": 0, "callbacks": 0, "closed": 1}
    assert tab_counts(by=desk.agent, now=NOW + 40 * DAY)["closed"] == 0


def test_a_planned_callback_stands_at_its_hour(desk: Desk) -> None:
    code = mine(desk, **dict.fromkeys(("connect", "commit", "complete", "confirm", "close"), MINUTE))
    at = NOW + 30 * HOUR
    stepping.plan_callback(case_id=case_id_of(desk, code), at=at, by=desk.agent, now=NOW + HOUR)
    (card,) = queue(Wanted(tab="callbacks"), by=desk.agent, now=NOW + HOUR).cards
    assert (card.due_at, card.left) == (at, None)


def test_filters(desk: Desk) -> None:
    late = make_case(desk, now=NOW - HOUR).code
    fresh = make_case(desk, now=NOW + 50 * MINUTE).code
    taken = mine(desk, connect=timedelta(0))
    assert codes("team", desk.lead, late=True) == [late]
    assert set(codes("team", desk.lead, owner=0)) == {late, fresh}
    assert codes("team", desk.lead, owner=desk.agent.staff_id) == [taken]
    assert codes("team", desk.lead, touchpoint="nowhere") == []


def test_the_number_in_the_navigation(desk: Desk) -> None:
    mine(desk)
    make_case(desk)
    assert waiting(by=desk.agent) == 2
    assert waiting(by=desk.colleague) == 1


@pytest.mark.parametrize("many", [1, 30])
def test_a_longer_queue_costs_no_more_queries(
    desk: Desk, many: int, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journey, "MAP_LIVES", 3600.0)  # however slow the machine is
    for _ in range(many):
        case_id = make_case(desk, customer_id=make_customer()).case_id
        handling.accept(case_id=case_id, by=desk.agent, now=NOW)
        handling.pause(case_id=case_id, reason="等客户", by=desk.agent, now=NOW)
    queue(Wanted(), by=desk.agent, now=NOW)  # reads the journey's map, which is kept
    with django_assert_num_queries(7):
        assert len(queue(Wanted(), by=desk.agent, now=NOW).cards) == many


class TestPage:
    def test_the_stepper_marks_what_is_done_current_and_late(self, desk: Desk) -> None:
        code = mine(desk, connect=HOUR)
        page = case_page(code, by=desk.agent, now=NOW + 2 * HOUR)
        assert [step.state for step in page.steps] == ["done", "current", "todo", "todo", "todo"]
        assert [step.is_late for step in page.steps] == [True, False, False, False, False]

    def test_only_what_is_allowed_has_a_button(self, desk: Desk) -> None:
        code = make_case(desk).code
        page = case_page(code, by=desk.agent, now=NOW)
        assert {verb for verb, may in page.may.items() if may} == {"accept", "note", "escalate"}
        led = case_page(code, by=desk.lead, now=NOW).may
        assert led["connect"]
        assert led["assign"]

    def test_callback_hours_are_offered_inside_the_window(self, desk: Desk) -> None:
        page = case_page(mine(desk, connect=MINUTE, commit=MINUTE, complete=MINUTE), by=desk.agent, now=NOW + HOUR)
        assert page.window is not None
        assert page.slots
        assert all(page.window[0] <= slot <= page.window[1] for slot in page.slots)

    def test_undo_is_offered_for_eight_seconds_to_whoever_closed(self, desk: Desk) -> None:
        code = mine(desk, **dict.fromkeys(("connect", "commit", "complete", "confirm", "close"), MINUTE))
        soon, late = NOW + MINUTE + timedelta(seconds=7), NOW + MINUTE + timedelta(seconds=9)
        assert case_page(code, by=desk.agent, now=soon).can_undo
        assert not case_page(code, by=desk.lead, now=soon).can_undo
        assert not case_page(code, by=desk.agent, now=late).can_undo

    def test_the_course_is_told_newest_first(self, desk: Desk) -> None:
        page = case_page(mine(desk, connect=MINUTE, commit=2 * MINUTE), by=desk.agent, now=NOW + HOUR)
        moments = [told.happening.at for told in page.course]
        assert moments == sorted(moments, reverse=True)
        assert [told.group for told in page.course][:2] == ["calls", "calls"]

    def test_a_page_costs_a_bounded_number_of_queries(
        self, desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        code = mine(desk, connect=MINUTE)
        for n in range(20):
            handling.note(case_id=case_id_of(desk, code), text=f"记 {n}", by=desk.agent, now=NOW + HOUR)
        with django_assert_max_num_queries(35):
            case_page(code, by=desk.agent, now=NOW + 2 * HOUR)
