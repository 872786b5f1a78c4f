"""What cases tell the ledger. Facts carry ids, keys and amounts; what people wrote stays in the case, and can go."""

from dataclasses import dataclass, field

from zhiyin.ledger.events import fact


@fact("cases.terms_applied")
@dataclass(frozen=True)
class TermsApplied:
    """New cases are opened under these terms from now on."""

    number: int


@fact("cases.opened")
@dataclass(frozen=True)
class CaseOpened:
    case_id: int
    code: str = ""
    customer_id: int = 0
    reasons: list[str] = field(default_factory=list)


@fact("cases.joined")
@dataclass(frozen=True)
class CaseJoined:
    """Another signal about the same matter was added to an open case."""

    case_id: int
    kind: str
    ref_id: int
    reasons: list[str] = field(default_factory=list)


@fact("cases.assigned")
@dataclass(frozen=True)
class CaseAssigned:
    case_id: int
    owner_id: int | None
    unit_id: int
    away: bool = False


@fact("cases.stepped")
@dataclass(frozen=True)
class CaseStepped:
    """One of the five C was taken: connect, commit, complete, confirm, callback."""

    case_id: int
    step: str


@fact("cases.changed")
@dataclass(frozen=True)
class CaseChanged:
    """Anything else on a case: a note, a pause, a compensation. ``entry_id`` points to the case's own course."""

    case_id: int
    action: str
    entry_id: int
    data: dict[str, object] = field(default_factory=dict)


@fact("cases.escalated")
@dataclass(frozen=True)
class CaseEscalated:
    case_id: int
    rung: str = ""  # of the ladder; empty: by a person


@fact("cases.closed")
@dataclass(frozen=True)
class CaseClosed:
    """With everything that asking the customer again needs."""

    case_id: int
    customer_id: int = 0
    unit_id: int = 0
    touchpoint_id: int = 0
    interaction_id: int | None = None
    served_by: int | None = None
    cause: str = ""
    gap: str = ""


@fact("cases.reopened")
@dataclass(frozen=True)
class CaseReopened:
    """``because``: callback, recovery, hand, or undo (closing taken back within eight seconds)."""

    case_id: int
    because: str
