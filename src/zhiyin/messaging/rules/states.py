"""The life of a message: its states, which step may follow which, and its two delivery classes."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a message stands. Everything from SENDING on may have reached somebody."""

    QUEUED = "queued"
    LEASED = "leased"  # a worker is judging and preparing; nothing has left
    SENDING = "sending"  # bytes may leave from now on
    SENT = "sent"
    UNKNOWN = "unknown"  # bytes may have left, the outcome is unproven; parked until somebody or something settles it
    FAILED = "failed"  # certainly did not arrive
    WITHDRAWN = "withdrawn"  # taken back before it left


class Category(StrEnum):
    """What a message is for. All but STAFF go to customers (or ask staff as respondents) and count as contacts."""

    SURVEY = "survey"
    REMINDER = "reminder"
    CARE = "care"
    STAFF = "staff"


NEXT: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.LEASED, State.WITHDRAWN}),
    State.LEASED: frozenset({State.QUEUED, State.SENDING, State.FAILED, State.WITHDRAWN}),
    State.SENDING: frozenset({State.SENT, State.UNKNOWN, State.FAILED, State.QUEUED}),
    State.UNKNOWN: frozenset({State.SENT, State.FAILED, State.QUEUED}),  # settled, or sent again by a person's decision
    State.FAILED: frozenset({State.QUEUED}),  # sent again by a person's decision
    State.SENT: frozenset(),
    State.WITHDRAWN: frozenset(),
}

CONTACTS = (Category.SURVEY, Category.REMINDER, Category.CARE)  # what fatigue counts
COUNTED = (State.QUEUED, State.LEASED, State.SENDING, State.SENT, State.UNKNOWN)
MAY_HAVE_LEFT = (State.SENDING, State.SENT, State.UNKNOWN)


class NoSuchStep(Exception):
    """The program tried a step that the table does not know: a fault in the program, never a user's."""


def step(before: State, after: State) -> State:
    """``after``, if it may follow ``before``. Raises NoSuchStep."""
    if after not in NEXT[before]:
        raise NoSuchStep(f"{before} → {after}")
    return after


def may_repeat(category: Category) -> bool:
    """Whether a doubtful message is sent again by itself: only what may never be missed, to our own staff."""
    return category is Category.STAFF
