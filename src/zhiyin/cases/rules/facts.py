"""A case as the rules see it: its moments, who is concerned, its pauses and the problems found since."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    PAUSED = "paused"  # waiting for the customer
    CLOSED = "closed"


class Step(StrEnum):
    """The five C (S1.6), in their order."""

    CONNECT = "connect"
    COMMIT = "commit"
    COMPLETE = "complete"
    CONFIRM = "confirm"
    CALLBACK = "callback"

    @property
    def before(self) -> "Step | None":
        """The step that comes first."""
        order = list(Step)
        place = order.index(self)
        return order[place - 1] if place else None


@dataclass(frozen=True)
class Stretch:
    """A time in which the clocks stand still; without an end it lasts."""

    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Problem:
    """Something that turned out not to be solved: at the callback, or by the customer's answer after closing."""

    found_at: datetime
    solved_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """Everything that verdicts may depend on. A step's moment is set once and stays; what has to be done again is a
    problem with a clock of its own. Only ``agreed_at`` and ``closed_at`` can be taken back."""

    opened_at: datetime
    state: State = State.OPEN
    owner_was_away: bool = False  # when the case was given to them, with the connect clock still running
    dispatched_at: datetime | None = None
    connected_at: datetime | None = None
    committed_at: datetime | None = None
    promised_for: datetime | None = None  # what the owner promised the customer
    completed_at: datetime | None = None
    confirmed_at: datetime | None = None
    called_back_at: datetime | None = None
    agreed_at: datetime | None = None
    closed_at: datetime | None = None
    escalated_at: datetime | None = None
    owner_id: int | None = None
    about_id: int | None = None
    cause: str = ""
    gap: str = ""
    pauses: tuple[Stretch, ...] = ()
    problems: tuple[Problem, ...] = ()

    def done_at(self, step: Step) -> datetime | None:
        """When this step was taken."""
        return {
            Step.CONNECT: self.connected_at,
            Step.COMMIT: self.committed_at,
            Step.COMPLETE: self.completed_at,
            Step.CONFIRM: self.confirmed_at,
            Step.CALLBACK: self.called_back_at,
        }[step]

    @property
    def open_problem(self) -> Problem | None:
        """The problem that still waits for its solution; there is one at a time."""
        return next((problem for problem in self.problems if problem.solved_at is None), None)
