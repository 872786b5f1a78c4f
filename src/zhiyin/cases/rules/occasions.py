"""What sets a case off, and what follows from it: how urgent it is and what it is called."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

WIDEST_TITLE = 48  # columns: a Chinese character takes two, a Latin letter one
VERY_LOW = 2  # of ten: high priority whatever else
_THOUGHT_END = re.compile(r"([，,、]\s*)")
_SENTENCE_END = re.compile(r"[。！？!?\n；;]|\.(?=\s|$)")


class Reason(StrEnum):
    """Why somebody should look. The heaviest one names the case."""

    COMPLAINT = "complaint"
    CALL_ME_BACK = "call_me_back"
    ANGRY_COMMENT = "angry_comment"
    LOW_SCORE = "low_score"
    LOW_SCORE_RISK = "low_score_risk"  # a long dispute that ended in a ticket (S0.12)
    NOT_SOLVED = "not_solved"  # says the customer when asked after closing (S3.36)
    MANUAL = "manual"


class Priority(StrEnum):
    NORMAL = "normal"
    HIGH = "high"


class Kind(StrEnum):
    """What the occasion is known by. One case for each (kind, ref_id)."""

    RESPONSE = "response"
    INTERACTION = "interaction"
    MANUAL = "manual"


@dataclass(frozen=True)
class Signal:
    """One reason with what shows it: ``{"question": "overall", "value": 2, "threshold": 6}``."""

    reason: Reason
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Everything that is known when a case is to be opened."""

    kind: Kind
    ref_id: int
    signals: tuple[Signal, ...]
    customer_id: int
    unit_id: int
    touchpoint_id: int = 0
    interaction_id: int | None = None
    response_id: int | None = None
    about_id: int | None = None  # whose service it was: they neither own nor close the case (S0.41)
    headline: int | None = None
    comment: str = ""
    title: str = ""
    asks_about_case: int | None = None  # the case that a recovery survey asked about (S3.36)


def main_reason(signals: Sequence[Signal]) -> Reason:
    """The heaviest reason, in the order of ``Reason``."""
    order = list(Reason)
    return min((signal.reason for signal in signals), key=order.index, default=Reason.MANUAL)


def priority_of(signals: Sequence[Signal], *, headline: int | None) -> Priority:
    """High for complaints, anger and the lowest scores."""
    heavy = {Reason.COMPLAINT, Reason.ANGRY_COMMENT}
    is_high = any(signal.reason in heavy for signal in signals) or (headline is not None and headline <= VERY_LOW)
    return Priority.HIGH if is_high else Priority.NORMAL


def title_of(*, title: str, comment: str) -> str:
    """What the case is called in lists: the given title, or the customer's first sentence, cut where a thought ends."""
    words = " ".join((title or _SENTENCE_END.split(comment.strip(), maxsplit=1)[0]).split())
    fitting = _fitting(words)
    if fitting == words:
        return words
    thought = _THOUGHT_END.split(fitting)
    return ("".join(thought[:-2]) if len(thought) > 2 else fitting) + "…"


def _fitting(words: str) -> str:
    """As much of it as is ``WIDEST_TITLE`` wide."""
    width = 0
    for place, character in enumerate(words):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > WIDEST_TITLE:
            return words[:place]
    return words


def code_of(day: date, number: int) -> str:
    """``GD-20261122-0001``; a day with more than 9,999 cases goes on with five digits."""
    return f"GD-{day:%Y%m%d}-{number:04d}"


@dataclass(frozen=True)
class Opened:
    """What became of an occasion: ``opened``, ``joined`` an open case, ``reopened`` one, or was ``known`` already."""

    case_id: int
    code: str
    outcome: str
    at: datetime
