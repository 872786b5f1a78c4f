"""Who may do what next: a table of verbs, and the one order of the five steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from zhiyin.cases.rules.facts import CaseFacts, State, Step

UNDO_WITHIN = timedelta(seconds=8)


class Action(StrEnum):
    """The verbs. Those of the API keep their names for ever (CONTRACT section 3)."""

    ASSIGN = "assign"
    CONNECT = "connect"
    COMMIT = "commit"
    COMPLETE = "complete"
    CONFIRM = "confirm"
    CALLBACK = "callback"
    NOTE = "note"
    PROMISE = "promise"
    COMPENSATE = "compensate"
    ESCALATE = "escalate"
    PAUSE = "pause"
    RESUME = "resume"
    REOPEN = "reopen"
    CLOSE = "close"
    # Of the workbench only:
    ACCEPT = "accept"
    CHECK = "check"
    CLASSIFY = "classify"
    PLAN = "plan"
    REVEAL = "reveal"
    UNDO = "undo"


class Refusal(StrEnum):
    """Why not. ``refusals.py`` has the sentence for each."""

    CONFLICT_OF_INTEREST = "conflict_of_interest"
    NOT_YOURS = "not_yours"
    ACCEPT_FIRST = "accept_first"
    ALREADY_TAKEN = "already_taken"
    ALREADY_CONTACTED = "already_contacted"
    ALREADY_DONE = "already_done"
    STEP_SKIPPED = "step_skipped"
    CLOSED_TOO_EARLY = "closed_too_early"
    CAUSE_MISSING = "cause_missing"
    PROBLEM_UNSOLVED = "problem_unsolved"
    ALREADY_CLOSED = "already_closed"
    NOT_CLOSED = "not_closed"
    IS_PAUSED = "is_paused"
    NOT_PAUSED = "not_paused"
    ALREADY_ESCALATED = "already_escalated"
    UNDO_TOO_LATE = "undo_too_late"


@dataclass(frozen=True)
class Hand:
    """Who wants to act. A program has no staff id; ``leads`` may act on every case of their units."""

    staff_id: int | None
    leads: bool


OPEN, PAUSED, CLOSED = State.OPEN, State.PAUSED, State.CLOSED
ANY = frozenset(State)
RUNNING = frozenset({OPEN, PAUSED})

# In which states a verb has its place.
STATES: Mapping[Action, frozenset[State]] = {
    Action.ASSIGN: RUNNING,
    Action.ACCEPT: RUNNING,
    Action.CONNECT: frozenset({OPEN}),
    Action.COMMIT: frozenset({OPEN}),
    Action.COMPLETE: frozenset({OPEN}),
    Action.CONFIRM: frozenset({OPEN}),
    Action.CALLBACK: frozenset({OPEN, CLOSED}),  # one to two days after completion most cases are closed (S1.13a)
    Action.PLAN: frozenset({OPEN, CLOSED}),
    Action.NOTE: ANY,
    Action.CHECK: RUNNING,
    Action.CLASSIFY: RUNNING,
    Action.PROMISE: RUNNING,
    Action.COMPENSATE: RUNNING,
    Action.ESCALATE: RUNNING,
    Action.PAUSE: frozenset({OPEN}),
    Action.RESUME: frozenset({PAUSED}),
    Action.CLOSE: frozenset({OPEN}),
    Action.REOPEN: frozenset({CLOSED}),
    Action.UNDO: frozenset({CLOSED}),
    Action.REVEAL: ANY,
}
STEPS: Mapping[Action, Step] = {
    Action.CONNECT: Step.CONNECT,
    Action.COMMIT: Step.COMMIT,
    Action.COMPLETE: Step.COMPLETE,
    Action.CONFIRM: Step.CONFIRM,
    Action.CALLBACK: Step.CALLBACK,
}
# What a colleague of the team may do on a case that nobody has yet; everything else needs the owner or a lead.
FOR_ALL = frozenset({Action.ACCEPT, Action.NOTE, Action.ESCALATE})


def why_not(
    action: Action, *, facts: CaseFacts, hand: Hand, closing_needs: frozenset[str] = frozenset()
) -> Refusal | None:
    """Why ``hand`` may not do this to this case now, or None. The whole rule book in the order in which it is read."""
    if hand.staff_id is not None and hand.staff_id == facts.about_id:
        return Refusal.CONFLICT_OF_INTEREST  # S0.41: nobody handles the complaint about themselves
    if facts.state not in STATES[action]:
        return _wrong_state(action, facts.state)
    if refusal := _not_theirs(action, facts, hand):
        return refusal
    if action in STEPS:
        return _out_of_order(STEPS[action], facts)
    if action is Action.CLOSE:
        return _not_ready(facts, closing_needs)
    if action is Action.ACCEPT and facts.owner_id is not None:
        return Refusal.ALREADY_TAKEN
    if action is Action.ESCALATE and facts.escalated_at is not None:
        return Refusal.ALREADY_ESCALATED
    return None


def may_own(staff_id: int, *, facts: CaseFacts) -> Refusal | None:
    """Why this person may not be given the case."""
    return Refusal.CONFLICT_OF_INTEREST if staff_id == facts.about_id else None


def may_undo(*, closed_at: datetime | None, closed_by: str, actor: str, now: datetime) -> Refusal | None:
    """Closing can be taken back for eight seconds, by whoever closed. Then there is ``reopen``."""
    if closed_at is None or closed_by != actor or now - closed_at > UNDO_WITHIN:
        return Refusal.UNDO_TOO_LATE
    return None


def next_action(facts: CaseFacts) -> Action | None:
    """The one thing to do next. None: nothing is left to do.

    A problem found later is solved and agreed on again by the same verbs, ``complete`` and ``confirm``.
    """
    if facts.open_problem is not None:
        return Action.COMPLETE
    for action, step in STEPS.items():
        if step is not Step.CALLBACK and facts.done_at(step) is None:
            return action
    if facts.agreed_at is None:
        return Action.CONFIRM
    if facts.state is not State.CLOSED:
        return Action.CLOSE
    return None if facts.called_back_at is not None else Action.CALLBACK


def _wrong_state(action: Action, state: State) -> Refusal:
    if state is State.CLOSED:
        return Refusal.ALREADY_CLOSED
    if action in (Action.REOPEN, Action.UNDO):
        return Refusal.NOT_CLOSED
    return Refusal.NOT_PAUSED if action is Action.RESUME else Refusal.IS_PAUSED


def _not_theirs(action: Action, facts: CaseFacts, hand: Hand) -> Refusal | None:
    if hand.leads or (hand.staff_id is not None and hand.staff_id == facts.owner_id):
        return None
    if facts.owner_id is None:
        return None if action in FOR_ALL else Refusal.ACCEPT_FIRST
    return Refusal.ALREADY_TAKEN if action is Action.ACCEPT else Refusal.NOT_YOURS


def _out_of_order(step: Step, facts: CaseFacts) -> Refusal | None:
    if step.before is not None and facts.done_at(step.before) is None:
        return Refusal.STEP_SKIPPED
    if facts.open_problem is not None:
        return None if step is Step.COMPLETE else Refusal.PROBLEM_UNSOLVED
    if step is Step.CONFIRM:
        return None if facts.agreed_at is None else Refusal.ALREADY_DONE
    if facts.done_at(step) is None:
        return None
    return Refusal.ALREADY_CONTACTED if step is Step.CONNECT else Refusal.ALREADY_DONE


def _not_ready(facts: CaseFacts, needs: frozenset[str]) -> Refusal | None:
    """What closing still lacks: always the customer's agreement; classification where the terms ask for it."""
    if facts.open_problem is not None:
        return Refusal.PROBLEM_UNSOLVED
    if facts.agreed_at is None:
        return Refusal.CLOSED_TOO_EARLY
    if "cause_classified" in needs and not (facts.cause and facts.gap):
        return Refusal.CAUSE_MISSING
    return None
