"""When somebody should look: signals of one answer and of one interaction. Pure, and never how to solve it.

An answer signals when any of its scores is at or below the low line of the survey version that was answered, when the
customer ticked "please contact me", when the comment is angry, and when a recovery survey is told that the matter is
not solved, however kind the scores beside it (S3.36). An interaction signals when it carries the complaint flag, and
when a long dispute ended in a ticket: that customer will hardly be satisfied, survey or not (S0.12).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from zhiyin.cases.rules.occasions import Reason, Signal
from zhiyin.insight.rules import Reading
from zhiyin.journey.rules import was_disputed

LONG_DISPUTE = timedelta(minutes=10)  # our default: the source says "long" and gives no figure
TERMS_SHOWN = 5
# The question of a recovery survey that asks whether it is solved, and the option that says it is not.
SOLVED, NOT_SOLVED = "solved", "no"


@dataclass(frozen=True, kw_only=True)
class AnswerFacts:
    """One answer, as far as signals depend on it. ``low_to`` None: the survey has no low line.

    ``ticked`` is question → options; ``is_recovery``: it was asked after a case was closed.
    """

    scores: Mapping[str, int]
    low_to: int | None
    ticked: Mapping[str, Collection[str]] = field(default_factory=dict)
    is_recovery: bool = False
    wants_contact: bool = False
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class InteractionFacts:
    """One interaction, as far as signals depend on it. ``attributes`` are what the source system sent along."""

    is_complaint: bool
    started_at: datetime | None
    ended_at: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict)


def signals_of_answer(answer: AnswerFacts, reading: Reading, *, lexicon: int = 0) -> tuple[Signal, ...]:
    """Everything about this answer that should make somebody look, with what shows it.

    ``reading`` is its comment as read with the lexicon of number ``lexicon``.
    """
    found: list[Signal] = []
    low = {key: value for key, value in answer.scores.items() if answer.low_to is not None and value <= answer.low_to}
    if low:
        found.append(Signal(Reason.LOW_SCORE, {"scores": dict(sorted(low.items())), "low_to": answer.low_to}))
    if answer.is_recovery and NOT_SOLVED in answer.ticked.get(SOLVED, ()):
        found.append(Signal(Reason.NOT_SOLVED, {SOLVED: NOT_SOLVED}))
    if answer.wants_contact:
        found.append(Signal(Reason.CALL_ME_BACK))
    if reading.is_angry:
        terms = list(dict.fromkeys(span.term for span in reading.spans))[:TERMS_SHOWN]
        evidence = {"anger": reading.anger, "terms": terms, "lexicon": lexicon}
        found.append(Signal(Reason.ANGRY_COMMENT, evidence))
    return tuple(found)


def signals_of_interaction(interaction: InteractionFacts) -> tuple[Signal, ...]:
    """The same about an interaction."""
    found: list[Signal] = []
    if interaction.is_complaint:
        found.append(Signal(Reason.COMPLAINT, {"flag": "complaint"}))
    lasted = interaction.ended_at - interaction.started_at if interaction.started_at is not None else timedelta(0)
    if was_disputed(interaction.attributes) and lasted >= LONG_DISPUTE:
        found.append(Signal(Reason.LOW_SCORE_RISK, {"minutes": lasted // timedelta(minutes=1)}))
    return tuple(found)
