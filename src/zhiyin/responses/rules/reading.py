"""Which scored answers a figure reads: what ``measures`` tells the mirror, said about one questionnaire. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from zhiyin.surveys.rules import Question, Questionnaire

RECOVERY = "recovery"  # the purpose of a survey that asks whether the solution helped


@dataclass(frozen=True, slots=True)
class Reading:
    """Of which question, and in surveys of which purpose; ``recovery`` None: of any.

    ``by_dimension``: where a dimension or a question is named, every such question instead of the one.
    """

    role: str  # headline, nps or ces
    recovery: bool | None
    by_dimension: bool = False


READINGS: Mapping[str, Reading] = {
    **dict.fromkeys(("top_box", "bottom_box", "mean", "csat"), Reading("headline", recovery=False, by_dimension=True)),
    "nps": Reading("nps", recovery=False),
    "ces": Reading("ces", recovery=None),
    "recovery_rate": Reading("headline", recovery=True),
}
EVERY = Reading("headline", recovery=None, by_dimension=True)  # where a dimension is named and no measure


def questions_read(
    reading: Reading, questionnaire: Questionnaire, *, dimension: str = "", question: str = ""
) -> tuple[str, ...]:
    """The questions of this version, in its order; none where it asks no such thing."""
    wanted = _asked_for(reading, questionnaire)
    is_cut = bool((dimension or question) and reading.by_dimension)
    return tuple(
        one.key
        for one in questionnaire.questions
        if one.scale is not None
        and (one.key == wanted or is_cut)
        and _is_of(one, dimension)
        and (not question or one.key == question)
    )


def _asked_for(reading: Reading, questionnaire: Questionnaire) -> str:
    roles = questionnaire.roles
    named = {"headline": roles.headline, "nps": roles.named.get("nps", roles.headline), "ces": roles.named.get("ces")}
    return named[reading.role] or ""


def _is_of(question: Question, dimension: str) -> bool:
    return not dimension or question.dimension == dimension
