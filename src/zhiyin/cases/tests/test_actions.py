"""What happens to a case, verb by verb, on the database at hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from zhiyin.cases.actions import closing, handling, opening, stepping
from zhiyin.cases.actions.handling import Empty, UnknownKind
from zhiyin.cases.actions.stepping import AnswerMissing, BadMoment
from zhiyin.cases.models import Case, Entry, Pause, Problem, Trigger
from zhiyin.cases.queries.entries import granted
from zhiyin.cases.reading import reckon
from zhiyin.cases.refusals import (
    AlreadyContacted,
    AlreadyDone,
    AlreadyTaken,
    CauseMissing,
    ClosedTooEarly,
    ConflictOfInterest,
    NotYours,
    OverAuthority,
    StepSkipped,
    WrongState,
)
from zhiyin.cases.rules.clocks import of_step
from zhiyin.cases.rules.facts import Step
from zhiyin.cases.rules.occasions import Kind, Reason, Signal
from zhiyin.cases.testing import NOW, SYSTEM, Desk, make_case, make_desk, make_occasion, make_staff, make_terms
from zhiyin.lib.errors import NotAllowed, NotFound, StaleEdit
from zhiyin.people.actions import TooManyReveals, set_away

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def case_id(desk: Desk) -> int:
    """A case that the agent has accepted."""
    opened = make_case(desk)
    handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
    return opened.case_id


def row(case_id: int) -> Case:
    return Case.objects.get(pk=case_id)


def course(case_id: int) -> list[str]:
    return list(Entry.objects.filter(case_id=case_id).values_list("kind", flat=True))


def facts_of(case_id: int) -> list[str]:
    """The ledger's facts about this case, in their order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM ledger_event WHERE subject = %s ORDER BY id", [f"case:{case_id}"])
        return [kind for (kind,) in cursor.fetchall()]


def solve(case_id: int, desk: Desk, *, now: datetime = NOW) -> None:
    """The first four C."""
    stepping.connect(case_id=case_id, by=desk.agent, now=now)
    stepping.commit(case_id=case_id, by=desk.agent, now=now)
    stepping.complete(case_id=case_id, by=desk.agent, now=now)
    stepping.confirm(case_id=case_id, by=desk.agent, now=now, agreed=True)


def close(case_id: int, desk: Desk, *, now: datetime = NOW) -> None:
    closing.close(case_id=case_id, by=desk.agent, now=now, cause="misled", gap="behavior")


class TestOpening:
    def test_a_case_goes_to_the_unit_without_an_owner(self, desk: Desk) -> None:
        opened = make_case(desk)
        case = row(opened.case_id)
        assert opened.outcome == "opened"
        assert (case.unit_id, case.owner_id, case.dispatched_at) == (desk.team, None, NOW)
        assert case.title == "代理商外呼改套餐，态度差"
        assert (case.priority, case.reason) == ("high", "low_score")
        assert course(case.pk) == ["opened"]
        assert facts_of(case.pk) == ["cases.opened"]

    def test_the_same_occasion_opens_once(self, desk: Desk) -> None:
        occasion = make_occasion(desk)
        first, second = (opening.open_case(occasion, by=SYSTEM, now=NOW) for _ in range(2))
        assert (second.case_id, second.outcome) == (first.case_id, "known")
        assert Case.objects.count() == 1

    def test_a_low_answer_joins_the_open_case_of_its_interaction(self, desk: Desk) -> None:
        complaint = (Signal(Reason.COMPLAINT),)
        first = make_case(
            desk,
            kind=Kind.INTERACTION,
            ref_id=77,
            interaction_id=77,
            response_id=None,
            headline=None,
            comment="",
            signals=complaint,
        )
        second = make_case(desk, interaction_id=77, response_id=5, headline=1)
        assert (second.case_id, second.outcome) == (first.case_id, "joined")
        case = row(first.case_id)
        assert (case.response_id, case.headline, case.reason) == (5, 1, "complaint")
        assert case.title == "代理商外呼改套餐，态度差"
        assert Trigger.objects.filter(case=case).count() == 2
        assert facts_of(case.pk) == ["cases.opened", "cases.joined"]

    def test_a_heavier_signal_makes_the_case_heavier(self, desk: Desk) -> None:
        first = make_case(desk, interaction_id=77, headline=5)
        make_case(desk, interaction_id=77, kind=Kind.INTERACTION, headline=None, signals=(Signal(Reason.COMPLAINT),))
        assert (row(first.case_id).priority, row(first.case_id).reason) == ("high", "complaint")

    def test_after_closing_another_low_answer_is_another_case(self, desk: Desk) -> None:
        first = make_case(desk, interaction_id=77)
        handling.accept(case_id=first.case_id, by=desk.agent, now=NOW)
        solve(first.case_id, desk)
        close(first.case_id, desk)
        assert make_case(desk, interaction_id=77).outcome == "opened"

    def test_a_low_answer_to_the_recovery_survey_reopens_the_case_it_asks_about(self, desk: Desk, case_id: int) -> None:
        solve(case_id, desk)
        close(case_id, desk)
        later = NOW + 3 * DAY
        again = make_case(desk, now=later, asks_about_case=case_id, comment="还是没解决")
        case = row(case_id)
        assert (again.case_id, again.outcome) == (case_id, "reopened")
        assert (case.state, case.closed_at, case.agreed_at) == ("open", None, None)
        assert case.title == "代理商外呼改套餐，态度差"
        problem = reckon(case).facts.open_problem
        assert problem is not None
        assert problem.found_at == later
        assert "cases.reopened" in facts_of(case_id)

    def test_a_low_recovery_answer_joins_a_case_that_is_still_open(self, desk: Desk, case_id: int) -> None:
        assert make_case(desk, asks_about_case=case_id).outcome == "joined"

    def test_an_answer_about_a_case_that_is_gone_opens_its_own(self, desk: Desk) -> None:
        assert make_case(desk, asks_about_case=12345).outcome == "opened"

    def test_a_case_that_turns_out_to_be_about_its_owner_goes_back_to_the_team(self, desk: Desk) -> None:
        first = make_case(desk, interaction_id=77)
        handling.accept(case_id=first.case_id, by=desk.agent, now=NOW)
        make_case(desk, interaction_id=77, about_id=desk.agent.staff_id)
        case = row(first.case_id)
        assert (case.owner_id, case.about_id) == (None, desk.agent.staff_id)

    def test_codes_count_from_one_each_local_day(self, desk: Desk) -> None:
        friday_night = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
        moments = (NOW, friday_night, friday_night + MINUTE, NOW)  # an import may go back in time
        codes = [make_case(desk, now=now).code for now in moments]
        assert codes == ["GD-20261120-0001", "GD-20261120-0002", "GD-20261121-0001", "GD-20261120-0003"]

    def test_new_terms_do_not_touch_what_was_promised_before(self, desk: Desk) -> None:
        old = make_case(desk)
        make_terms(
            clock=[
                {
                    "key": "connect",
                    "step": "connect",
                    "starts": "dispatched",
                    "within": {"minutes": 5},
                    "calendar": "always",
                }
            ]
        )
        new = make_case(desk)
        dues = [of_step(reckon(row(one.case_id)).deadlines, Step.CONNECT) for one in (old, new)]
        assert [one.due_at for one in dues if one] == [NOW + 30 * MINUTE, NOW + 5 * MINUTE]

    def test_the_team_lead_is_told(self, desk: Desk) -> None:
        make_case(desk)
        assert staff_alerts() == [desk.lead.staff_id]

    def test_a_case_without_a_unit_goes_to_the_root(self, desk: Desk) -> None:
        assert row(make_case(desk, unit_id=0).case_id).unit_id == desk.centre


def staff_alerts() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT staff_id FROM messaging_message WHERE category = 'staff' ORDER BY id")
        return [staff for (staff,) in cursor.fetchall()]


class TestStepping:
    def test_five_steps_in_their_order_each_written_down(self, desk: Desk, case_id: int) -> None:
        solve(case_id, desk)
        close(case_id, desk, now=NOW + HOUR)
        stepping.callback(case_id=case_id, by=desk.agent, now=NOW + DAY, solved=True)
        case = row(case_id)
        assert (case.state, case.agreed_at, case.called_back_at) == ("closed", NOW, NOW + DAY)
        assert course(case_id) == ["opened", "accept", "connect", "commit", "complete", "confirm", "close", "callback"]
        assert facts_of(case_id) == [
            "cases.opened",
            "cases.assigned",
            *["cases.stepped"] * 4,
            "cases.closed",
            "cases.stepped",
        ]

    def test_the_second_to_reach_the_customer_is_told_so(self, desk: Desk, case_id: int) -> None:
        stepping.connect(case_id=case_id, by=desk.agent, now=NOW)
        with pytest.raises(AlreadyContacted):
            stepping.connect(case_id=case_id, by=desk.lead, now=NOW)

    def test_steps_are_not_skipped(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(StepSkipped):
            stepping.complete(case_id=case_id, by=desk.agent, now=NOW)

    @pytest.mark.parametrize("off", [timedelta(0), -MINUTE, timedelta(days=91)])
    def test_a_promise_is_for_a_time_to_come(self, desk: Desk, case_id: int, off: timedelta) -> None:
        stepping.connect(case_id=case_id, by=desk.agent, now=NOW)
        with pytest.raises(BadMoment):
            stepping.commit(case_id=case_id, by=desk.agent, now=NOW, promised_for=NOW + off)
        assert row(case_id).committed_at is None

    def test_agreement_is_never_assumed(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(AnswerMissing):
            stepping.confirm(case_id=case_id, by=desk.agent, now=NOW, agreed=None)
        with pytest.raises(AnswerMissing):
            stepping.callback(case_id=case_id, by=desk.agent, now=NOW, solved=None)

    def test_a_customer_who_does_not_agree_is_asked_again_after_the_solution(self, desk: Desk, case_id: int) -> None:
        for step in (stepping.connect, stepping.commit, stepping.complete):
            step(case_id=case_id, by=desk.agent, now=NOW)
        stepping.confirm(case_id=case_id, by=desk.agent, now=NOW, agreed=False, text="还是连不上")
        with pytest.raises(StepSkipped):
            stepping.confirm(case_id=case_id, by=desk.agent, now=NOW, agreed=True)
        stepping.complete(case_id=case_id, by=desk.agent, now=NOW + DAY)
        stepping.confirm(case_id=case_id, by=desk.agent, now=NOW + DAY, agreed=True)
        case = row(case_id)
        assert (case.completed_at, case.confirmed_at, case.agreed_at) == (NOW, NOW, NOW + DAY)
        assert Problem.objects.get(case_id=case_id).solved_at == NOW + DAY

    def test_a_problem_at_the_callback_opens_the_case_again(self, desk: Desk, case_id: int) -> None:
        solve(case_id, desk)
        close(case_id, desk)
        stepping.callback(case_id=case_id, by=desk.agent, now=NOW + 2 * DAY, solved=False, text="又断了")
        case = row(case_id)
        assert (case.state, case.agreed_at) == ("open", None)
        with pytest.raises(StepSkipped):
            close(case_id, desk)
        stepping.complete(case_id=case_id, by=desk.agent, now=NOW + 3 * DAY)
        with pytest.raises(ClosedTooEarly):
            close(case_id, desk)
        stepping.confirm(case_id=case_id, by=desk.agent, now=NOW + 3 * DAY, agreed=True)
        close(case_id, desk, now=NOW + 3 * DAY)
        assert row(case_id).state == "closed"

    def test_a_callback_is_planned_inside_its_window(self, desk: Desk, case_id: int) -> None:
        for step in (stepping.connect, stepping.commit, stepping.complete):
            step(case_id=case_id, by=desk.agent, now=NOW)
        for off in (timedelta(0), HOUR, 3 * DAY):
            with pytest.raises(BadMoment):
                stepping.plan_callback(case_id=case_id, at=NOW + off, by=desk.agent, now=NOW)
        stepping.plan_callback(case_id=case_id, at=NOW + 36 * HOUR, by=desk.agent, now=NOW)
        assert row(case_id).callback_planned_at == NOW + 36 * HOUR

    def test_a_callback_whose_window_is_over_is_planned_for_soon(self, desk: Desk, case_id: int) -> None:
        for step in (stepping.connect, stepping.commit, stepping.complete):
            step(case_id=case_id, by=desk.agent, now=NOW)
        late = NOW + 8 * DAY
        for off in (timedelta(0), 3 * DAY):
            with pytest.raises(BadMoment):
                stepping.plan_callback(case_id=case_id, at=late + off, by=desk.agent, now=late)
        stepping.plan_callback(case_id=case_id, at=late + HOUR, by=desk.agent, now=late)
        assert row(case_id).callback_planned_at == late + HOUR


class TestClosing:
    def test_not_without_the_customers_agreement(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(ClosedTooEarly):
            close(case_id, desk)

    def test_not_without_cause_and_gap(self, desk: Desk, case_id: int) -> None:
        solve(case_id, desk)
        with pytest.raises(CauseMissing):
            closing.close(case_id=case_id, by=desk.agent, now=NOW)
        closing.classify(case_id=case_id, cause="misled", gap="behavior", by=desk.agent, now=NOW)
        closing.close(case_id=case_id, by=desk.agent, now=NOW)
        assert (row(case_id).cause, row(case_id).gap) == ("misled", "behavior")

    @pytest.mark.parametrize(("cause", "gap"), [("weather", "behavior"), ("misled", "hole")])
    def test_causes_and_gaps_are_those_of_the_tree(self, desk: Desk, case_id: int, cause: str, gap: str) -> None:
        solve(case_id, desk)
        with pytest.raises(closing.UnknownCause):
            closing.close(case_id=case_id, by=desk.agent, now=NOW, cause=cause, gap=gap)
        with pytest.raises(closing.UnknownCause):
            closing.classify(case_id=case_id, by=desk.agent, now=NOW, cause=cause, gap=gap)

    def test_the_database_itself_refuses_to_close_without_agreement(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(IntegrityError, match="case_closed_only_after_agreement"), transaction.atomic():
            Case.objects.filter(pk=case_id).update(state="closed", closed_at=NOW)

    def test_the_database_itself_refuses_an_owner_whom_it_is_about(self, desk: Desk) -> None:
        case_id = make_case(desk, about_id=desk.agent.staff_id).case_id
        with pytest.raises(IntegrityError, match="case_not_owned_by_whom_it_is_about"), transaction.atomic():
            Case.objects.filter(pk=case_id).update(owner_id=desk.agent.staff_id)

    def test_closing_is_undone_within_eight_seconds_by_the_same_person(self, desk: Desk, case_id: int) -> None:
        solve(case_id, desk)
        close(case_id, desk)
        with pytest.raises(WrongState):
            closing.undo_close(case_id=case_id, by=desk.lead, now=NOW + timedelta(seconds=3))
        closing.undo_close(case_id=case_id, by=desk.agent, now=NOW + timedelta(seconds=8))
        case = row(case_id)
        assert (case.state, case.closed_at, case.agreed_at) == ("open", None, NOW)
        assert course(case_id)[-2:] == ["close", "undo"]
        assert not Problem.objects.exists()

    def test_after_eight_seconds_it_is_reopened_with_a_reason(self, desk: Desk, case_id: int) -> None:
        solve(case_id, desk)
        close(case_id, desk)
        with pytest.raises(WrongState):
            closing.undo_close(case_id=case_id, by=desk.agent, now=NOW + timedelta(seconds=9))
        with pytest.raises(closing.ReasonMissing):
            closing.reopen(case_id=case_id, by=desk.agent, now=NOW + MINUTE, reason=" ")
        closing.reopen(case_id=case_id, by=desk.agent, now=NOW + MINUTE, reason="客户来电说又坏了")
        assert row(case_id).state == "open"
        assert Problem.objects.get(case_id=case_id).found_at == NOW + MINUTE


Verb = Callable[..., object]


class TestConflictOfInterest:
    """S0.41: the person complained about can neither own nor act on nor close the case."""

    @pytest.fixture
    def about_lead(self, desk: Desk) -> int:
        return make_case(desk, about_id=desk.lead.staff_id).case_id

    @pytest.mark.parametrize(
        "verb",
        [
            lambda case_id, by: handling.accept(case_id=case_id, by=by, now=NOW),
            lambda case_id, by: handling.assign(case_id=case_id, staff_id=by.staff_id, by=by, now=NOW),
            lambda case_id, by: handling.note(case_id=case_id, text="x", by=by, now=NOW),
            lambda case_id, by: handling.escalate(case_id=case_id, reason="x", by=by, now=NOW),
            lambda case_id, by: handling.reveal(case_id=case_id, reason="x", by=by, now=NOW),
            lambda case_id, by: stepping.connect(case_id=case_id, by=by, now=NOW),
            lambda case_id, by: closing.close(case_id=case_id, by=by, now=NOW),
        ],
    )
    def test_whom_it_is_about_can_do_nothing(self, desk: Desk, about_lead: int, verb: Verb) -> None:
        with pytest.raises(ConflictOfInterest):
            verb(about_lead, desk.lead)
        assert course(about_lead) == ["opened"]

    def test_nor_be_given_it(self, desk: Desk, about_lead: int) -> None:
        with pytest.raises(ConflictOfInterest):
            handling.assign(case_id=about_lead, staff_id=desk.lead.staff_id or 0, by=desk.manager, now=NOW)

    def test_nor_be_told_of_it(self, desk: Desk, about_lead: int) -> None:
        assert desk.lead.staff_id not in staff_alerts()


class TestWhoSeesWhat:
    def test_agents_see_their_own_and_those_that_nobody_has(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(NotYours):
            handling.note(case_id=case_id, text="x", by=desk.colleague, now=NOW)
        unassigned = make_case(desk).case_id
        handling.note(case_id=unassigned, text="我来看看", by=desk.colleague, now=NOW)

    def test_another_team_sees_nothing(self, desk: Desk) -> None:
        with pytest.raises(NotFound):
            handling.accept(case_id=make_case(desk).case_id, by=desk.outsider, now=NOW)

    def test_roles_without_a_workbench_are_told_so(self, desk: Desk, case_id: int) -> None:
        auditor = make_staff("审计", unit="SD", role="auditor")
        with pytest.raises(NotAllowed):
            handling.note(case_id=case_id, text="x", by=auditor, now=NOW)


class TestHandling:
    def test_the_second_to_accept_is_told_who_was_quicker(self, desk: Desk) -> None:
        case_id = make_case(desk).case_id
        handling.accept(case_id=case_id, by=desk.agent, now=NOW)
        with pytest.raises(AlreadyTaken):
            handling.accept(case_id=case_id, by=desk.lead, now=NOW)

    def test_an_edit_of_what_changed_meanwhile_names_who_and_when(self, desk: Desk, case_id: int) -> None:
        seen = row(case_id).version
        handling.escalate(case_id=case_id, reason="客户要求经理回电", by=desk.lead, now=NOW + MINUTE, version=seen)
        with pytest.raises(StaleEdit, match="马超.*11:51:00"):
            stepping.connect(case_id=case_id, by=desk.agent, now=NOW + 2 * MINUTE, version=seen)
        assert row(case_id).connected_at is None

    def test_a_note_is_never_stale(self, desk: Desk, case_id: int) -> None:
        handling.note(case_id=case_id, text="已查录音", by=desk.agent, now=NOW)
        with pytest.raises(Empty):
            handling.note(case_id=case_id, text="  ", by=desk.agent, now=NOW)
        assert Entry.objects.filter(case_id=case_id, kind="note").values_list("text", flat=True).get() == "已查录音"

    def test_an_agent_may_hand_over_their_own_case(self, desk: Desk, case_id: int) -> None:
        handling.assign(case_id=case_id, staff_id=desk.colleague.staff_id or 0, by=desk.agent, now=NOW)
        assert row(case_id).owner_id == desk.colleague.staff_id
        assert staff_alerts()[-1] == desk.colleague.staff_id

    def test_an_agent_does_not_give_out_what_is_nobodys(self, desk: Desk) -> None:
        with pytest.raises(NotYours):
            handling.assign(
                case_id=make_case(desk).case_id, staff_id=desk.colleague.staff_id or 0, by=desk.agent, now=NOW
            )

    def test_given_to_another_team_the_case_moves_there(self, desk: Desk) -> None:
        case_id = make_case(desk).case_id
        handling.assign(case_id=case_id, staff_id=desk.outsider.staff_id or 0, by=desk.manager, now=NOW)
        assert row(case_id).unit_id == desk.other_team
        stepping.connect(case_id=case_id, by=desk.outsider, now=NOW)

    def test_nobody_outside_ones_units_can_be_given_a_case(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(NotFound):
            handling.assign(case_id=case_id, staff_id=desk.outsider.staff_id or 0, by=desk.lead, now=NOW)

    def test_several_at_once_and_why_not_the_others(self, desk: Desk) -> None:
        cases = [make_case(desk).case_id for _ in range(2)] + [make_case(desk, about_id=desk.agent.staff_id).case_id]
        given, others = handling.assign_all(case_ids=cases, staff_id=desk.agent.staff_id or 0, by=desk.lead, now=NOW)
        assert given == cases[:2]
        assert [(case_id, type(why)) for case_id, why in others] == [(cases[2], ConflictOfInterest)]

    @pytest.mark.parametrize(("minutes", "due"), [(10, 60), (31, 30)])
    def test_away_gives_an_hour_but_never_heals_what_was_late(self, desk: Desk, minutes: int, due: int) -> None:
        case_id = make_case(desk).case_id
        set_away(desk.agent.staff_id or 0, away=True, by=desk.lead, now=NOW)
        now = NOW + minutes * MINUTE
        handling.assign(case_id=case_id, staff_id=desk.agent.staff_id or 0, by=desk.lead, now=now)
        connect = of_step(reckon(row(case_id)).deadlines, Step.CONNECT)
        assert connect is not None
        assert connect.due_at == NOW + due * MINUTE

    def test_a_pause_stops_the_clocks(self, desk: Desk, case_id: int) -> None:
        handling.pause(case_id=case_id, reason="客户在开会", by=desk.agent, now=NOW + 10 * MINUTE)
        with pytest.raises(WrongState):
            handling.pause(case_id=case_id, reason="again", by=desk.agent, now=NOW + 11 * MINUTE)
        with pytest.raises(WrongState):
            stepping.connect(case_id=case_id, by=desk.agent, now=NOW + 11 * MINUTE)
        handling.resume(case_id=case_id, by=desk.agent, now=NOW + 70 * MINUTE)
        connect = of_step(reckon(row(case_id)).deadlines, Step.CONNECT)
        assert connect is not None
        assert connect.due_at == NOW + 90 * MINUTE
        assert Pause.objects.get(case_id=case_id).reason == "客户在开会"

    def test_escalating_is_loud_and_once(self, desk: Desk, case_id: int) -> None:
        handling.escalate(case_id=case_id, reason="要求升级", by=desk.agent, now=NOW)
        assert (row(case_id).escalated_at, row(case_id).priority) == (NOW, "high")
        assert {desk.lead.staff_id, desk.manager.staff_id} <= set(staff_alerts())
        with pytest.raises(AlreadyDone):
            handling.escalate(case_id=case_id, reason="again", by=desk.agent, now=NOW)

    def test_promises_are_kept_in_a_register(self, desk: Desk, case_id: int) -> None:
        handling.promise(case_id=case_id, text="恢复原套餐", promised_for=NOW + DAY, by=desk.agent, now=NOW)
        with pytest.raises(BadMoment):
            handling.promise(case_id=case_id, text="昨天", promised_for=NOW - DAY, by=desk.agent, now=NOW)
        assert row(case_id).promised_for is None
        assert course(case_id)[-1] == "promise"

    def test_goodwill_stays_within_the_roles_authority_on_the_whole_case(self, desk: Desk, case_id: int) -> None:
        handling.compensate(case_id=case_id, kind="discount", amount=Decimal(30), by=desk.agent, now=NOW)
        with pytest.raises(OverAuthority):
            handling.compensate(case_id=case_id, kind="gift", amount=Decimal("20.01"), by=desk.agent, now=NOW)
        handling.compensate(case_id=case_id, kind="gift", amount=Decimal("20.01"), by=desk.lead, now=NOW)
        with pytest.raises(UnknownKind):
            handling.compensate(case_id=case_id, kind="car", by=desk.lead, now=NOW)
        assert granted(case_id) == Decimal("50.01")

    def test_complaint_steps_are_ticked_and_unticked(self, desk: Desk, case_id: int) -> None:
        handling.check(case_id=case_id, step="apologise", done=True, by=desk.agent, now=NOW)
        handling.check(case_id=case_id, step="vent", done=True, by=desk.agent, now=NOW)
        assert row(case_id).checklist == ["vent", "apologise"]
        handling.check(case_id=case_id, step="apologise", done=False, by=desk.agent, now=NOW)
        assert row(case_id).checklist == ["vent"]
        with pytest.raises(UnknownKind):
            handling.check(case_id=case_id, step="dance", done=True, by=desk.agent, now=NOW)

    def test_the_full_number_needs_a_reason_and_is_written_down(self, desk: Desk, case_id: int) -> None:
        with pytest.raises(closing.ReasonMissing):
            handling.reveal(case_id=case_id, reason="", by=desk.agent, now=NOW)
        number = handling.reveal(case_id=case_id, reason="回拨", by=desk.agent, now=NOW)
        assert number.startswith("+86151")
        assert course(case_id)[-1] == "reveal"

    def test_the_thirty_first_look_within_an_hour_is_refused_and_on_record(self, desk: Desk, case_id: int) -> None:
        for _ in range(30):
            handling.reveal(case_id=case_id, reason="回拨", by=desk.agent, now=NOW)
        with pytest.raises(TooManyReveals):
            handling.reveal(case_id=case_id, reason="回拨", by=desk.agent, now=NOW + MINUTE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM ledger_event WHERE kind = 'people.contact_revealed'")
            assert cursor.fetchone()[0] == 31
