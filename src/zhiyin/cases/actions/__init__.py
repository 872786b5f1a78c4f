"""The verbs on cases, one module for each kind: opening, stepping, handling, closing, terms."""

from zhiyin.cases.actions.closing import ReasonMissing, UnknownCause, classify, close, reopen, undo_close
from zhiyin.cases.actions.handling import (
    Empty,
    UnknownKind,
    accept,
    assign,
    assign_all,
    check,
    compensate,
    escalate,
    note,
    pause,
    promise,
    resume,
    reveal,
)
from zhiyin.cases.actions.ladder import tell_of_broken_promises
from zhiyin.cases.actions.opening import open_by_hand, open_case, open_cases
from zhiyin.cases.actions.stepping import (
    AnswerMissing,
    BadMoment,
    callback,
    commit,
    complete,
    confirm,
    connect,
    plan_callback,
)
from zhiyin.cases.actions.terms import apply_terms

__all__ = [
    "AnswerMissing",
    "BadMoment",
    "Empty",
    "ReasonMissing",
    "UnknownCause",
    "UnknownKind",
    "accept",
    "apply_terms",
    "assign",
    "assign_all",
    "callback",
    "check",
    "classify",
    "close",
    "commit",
    "compensate",
    "complete",
    "confirm",
    "connect",
    "escalate",
    "note",
    "open_by_hand",
    "open_case",
    "open_cases",
    "pause",
    "plan_callback",
    "promise",
    "reopen",
    "resume",
    "reveal",
    "tell_of_broken_promises",
    "undo_close",
]
