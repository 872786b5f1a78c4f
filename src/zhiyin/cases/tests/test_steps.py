"""Who may do what next: the table, verb by verb."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.translation import override

from zhiyin.cases.refusals import SENTENCES, CaseRuleBroken, refused
from zhiyin.cases.rules.facts import CaseFacts, Problem, State, Step
from zhiyin.cases.rules.steps import (
    STATES,
    STEPS,
    Action,
    Hand,
    Refusal,
    may_own,
    may_undo,
    next_action,
    why_not,
)
from zhiyin.cases.testing import NOW

OWNER, COLLEAGUE, ABOUT = Hand(1, leads=False), Hand(2, leads=False), Hand(3, leads=True)
LEAD, PROGRAM = Hand(4, leads=True), Hand(None, leads=True)
OPEN = CaseFacts(opened_at=NOW, dispatched_at=NOW, owner_id=1, about_id=3)
NOBODYS = replace(OPEN, owner_id=None)
CONNECTED = replace(OPEN, connected_at=NOW)
COMMITTED = replace(CONNECTED, committed_at=NOW)
COMPLETED = replace(COMMITTED, completed_at=NOW)
AGREED = replace(COMPLETED, confirmed_at=NOW, agreed_at=NOW)
CLASSIFIED = replace(AGREED, cause="misled", gap="behavior")
CLOSED = replace(CLASSIFIED, state=State.CLOSED, closed_at=NOW)
CALLED = replace(CLOSED, called_back_at=NOW)
PAUSED = replace(OPEN, state=State.PAUSED)
UNSOLVED = replace(AGREED, agreed_at=None, problems=(Problem(NOW),))
SOLVED = replace(UNSOLVED, problems=(Problem(NOW, NOW),))
NEEDS = frozenset({"cause_classified"})

A, R = Action, Refusal


@pytest.mark.parametrize(
    ("action", "facts", "hand", "expected"),
    [
        # in order
        (A.CONNECT, OPEN, OWNER, None),
        (A.COMMIT, OPEN, OWNER, R.STEP_SKIPPED),
        (A.COMMIT, CONNECTED, OWNER, None),
        (A.COMPLETE, CONNECTED, OWNER, R.STEP_SKIPPED),
        (A.CONFIRM, COMMITTED, OWNER, R.STEP_SKIPPED),
        (A.CALLBACK, COMPLETED, OWNER, R.STEP_SKIPPED),
        (A.CONFIRM, COMPLETED, OWNER, None),
        (A.CALLBACK, AGREED, OWNER, None),
        (A.CALLBACK, CLOSED, OWNER, None),
        # once
        (A.CONNECT, CONNECTED, OWNER, R.ALREADY_CONTACTED),
        (A.COMMIT, COMMITTED, OWNER, R.ALREADY_DONE),
        (A.COMPLETE, COMPLETED, OWNER, R.ALREADY_DONE),
        (A.CONFIRM, AGREED, OWNER, R.ALREADY_DONE),
        (A.CALLBACK, CALLED, OWNER, R.ALREADY_DONE),
        # a problem found: complete again, then ask again
        (A.COMPLETE, UNSOLVED, OWNER, None),
        (A.CONFIRM, UNSOLVED, OWNER, R.PROBLEM_UNSOLVED),
        (A.CALLBACK, UNSOLVED, OWNER, R.PROBLEM_UNSOLVED),
        (A.CLOSE, UNSOLVED, OWNER, R.PROBLEM_UNSOLVED),
        (A.COMPLETE, SOLVED, OWNER, R.ALREADY_DONE),
        (A.CONFIRM, SOLVED, OWNER, None),
        # closing
        (A.CLOSE, OPEN, OWNER, R.CLOSED_TOO_EARLY),
        (A.CLOSE, COMPLETED, OWNER, R.CLOSED_TOO_EARLY),
        (A.CLOSE, SOLVED, OWNER, R.CLOSED_TOO_EARLY),
        (A.CLOSE, AGREED, OWNER, R.CAUSE_MISSING),
        (A.CLOSE, replace(AGREED, cause="misled"), OWNER, R.CAUSE_MISSING),
        (A.CLOSE, CLASSIFIED, OWNER, None),
        (A.CLOSE, CLOSED, OWNER, R.ALREADY_CLOSED),
        (A.REOPEN, OPEN, OWNER, R.NOT_CLOSED),
        (A.REOPEN, CLOSED, OWNER, None),
        (A.UNDO, OPEN, OWNER, R.NOT_CLOSED),
        # pauses
        (A.CONNECT, PAUSED, OWNER, R.IS_PAUSED),
        (A.CLOSE, PAUSED, OWNER, R.IS_PAUSED),
        (A.PAUSE, OPEN, OWNER, None),
        (A.PAUSE, PAUSED, OWNER, R.IS_PAUSED),
        (A.RESUME, PAUSED, OWNER, None),
        (A.RESUME, OPEN, OWNER, R.NOT_PAUSED),
        (A.NOTE, PAUSED, OWNER, None),
        (A.ESCALATE, PAUSED, OWNER, None),
        # whose it is
        (A.CONNECT, OPEN, COLLEAGUE, R.NOT_YOURS),
        (A.NOTE, OPEN, COLLEAGUE, R.NOT_YOURS),
        (A.ACCEPT, OPEN, COLLEAGUE, R.ALREADY_TAKEN),
        (A.CONNECT, NOBODYS, COLLEAGUE, R.ACCEPT_FIRST),
        (A.ASSIGN, NOBODYS, COLLEAGUE, R.ACCEPT_FIRST),
        (A.ACCEPT, NOBODYS, COLLEAGUE, None),
        (A.NOTE, NOBODYS, COLLEAGUE, None),
        (A.ESCALATE, NOBODYS, COLLEAGUE, None),
        (A.CONNECT, OPEN, LEAD, None),
        (A.ASSIGN, OPEN, OWNER, None),
        (A.ASSIGN, CLOSED, LEAD, R.ALREADY_CLOSED),
        (A.ACCEPT, OPEN, LEAD, R.ALREADY_TAKEN),
        (A.CONNECT, OPEN, PROGRAM, None),
        # S0.41: nobody handles the complaint about themselves, whatever their role
        *((action, NOBODYS, ABOUT, R.CONFLICT_OF_INTEREST) for action in Action),
        # once is enough
        (A.ESCALATE, replace(OPEN, escalated_at=NOW), OWNER, R.ALREADY_ESCALATED),
    ],
)
def test_why_not(action: Action, facts: CaseFacts, hand: Hand, expected: Refusal | None) -> None:
    assert why_not(action, facts=facts, hand=hand, closing_needs=NEEDS) == expected


def test_terms_may_let_a_case_close_without_its_cause() -> None:
    assert why_not(Action.CLOSE, facts=AGREED, hand=OWNER) is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (OPEN, A.CONNECT),
        (CONNECTED, A.COMMIT),
        (COMMITTED, A.COMPLETE),
        (COMPLETED, A.CONFIRM),
        (AGREED, A.CLOSE),
        (CLOSED, A.CALLBACK),
        (CALLED, None),
        (UNSOLVED, A.COMPLETE),
        (SOLVED, A.CONFIRM),
        (replace(AGREED, called_back_at=NOW), A.CLOSE),
    ],
)
def test_the_one_thing_to_do_next(facts: CaseFacts, expected: Action | None) -> None:
    assert next_action(facts) == expected


@pytest.mark.parametrize("facts", [OPEN, CONNECTED, COMMITTED, COMPLETED, CLASSIFIED, CLOSED, UNSOLVED, SOLVED])
def test_what_is_next_is_always_allowed_to_the_owner(facts: CaseFacts) -> None:
    action = next_action(facts)
    assert action is not None
    assert why_not(action, facts=facts, hand=OWNER, closing_needs=NEEDS) is None


@pytest.mark.parametrize(
    ("seconds", "actor", "expected"),
    [(0, "staff:1", None), (8, "staff:1", None), (8.001, "staff:1", R.UNDO_TOO_LATE), (1, "staff:2", R.UNDO_TOO_LATE)],
)
def test_closing_can_be_undone_for_eight_seconds_by_whoever_closed(
    seconds: float, actor: str, expected: Refusal | None
) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert may_undo(closed_at=NOW, closed_by="staff:1", actor=actor, now=now) == expected


def test_nothing_to_undo_where_nothing_was_closed() -> None:
    assert may_undo(closed_at=None, closed_by="staff:1", actor="staff:1", now=NOW) is R.UNDO_TOO_LATE


def test_whom_it_is_about_cannot_be_given_the_case() -> None:
    assert may_own(3, facts=OPEN) is R.CONFLICT_OF_INTEREST
    assert may_own(2, facts=OPEN) is None


def test_every_verb_has_its_states_and_every_step_its_verb() -> None:
    assert set(STATES) == set(Action)
    assert set(STEPS.values()) == set(Step)
    assert [step.before for step in Step] == [None, *list(Step)[:-1]]


def test_every_refusal_has_a_sentence_and_a_next_step() -> None:
    assert set(SENTENCES) == set(Refusal)
    for refusal in Refusal:
        raised = refused(refusal)
        assert isinstance(raised, CaseRuleBroken)
        assert raised.code == refusal.value
        with override("en"):
            assert str(raised.message).endswith(".")
            assert str(raised.next_step).endswith(".")
