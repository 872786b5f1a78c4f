"""Which scored answers a figure reads: what ``measures`` tells the mirror, said about one questionnaire. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from zhiyin.responses.rules.boxes import is_nps
from zhiyin.surveys.rules import Question, Questionnaire

RECOVERY = "recovery"  # the purpose of a survey that asks whether the solution helped


@dataclass(frozen=True, slots=True)
class Reading:
    """Of which question, and in surveys of which purpose; ``recovery`` None: of any.

    ``by_dimension``: where a dimension or a question is named, every such question instead of the one. ``clean``: only
    about encounters in which nobody begged for a score.
    """

    role: str  # headline, nps, ces; "any" with a dimension, or the key of one dimension after a colon: "any:behavior"
    recovery: bool | None
    by_dimension: bool = False
    clean: bool = False


_HEADLINE = Reading("headline", recovery=False, by_dimension=True)
_CLEAN = Reading("headline", recovery=False, by_dimension=True, clean=True)
READINGS: Mapping[str, Reading] = {
    **dict.fromkeys(("top_box", "top_2_box", "bottom_box", "mean", "csat", "distribution"), _HEADLINE),
    **dict.fromkeys(("standard_deviation", "satisfaction_index"), _HEADLINE),
    **dict.fromkeys(("spread_sites", "spread_shifts", "spread_staff"), _HEADLINE),
    **dict.fromkeys(("clean_top_box", "clean_mean"), _CLEAN),
    "matrix_cell": Reading("any", recovery=False),
    "care_score": Reading("any:behavior", recovery=False),
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
        and not one.expects  # what was expected is no score
        and (one.key == wanted or is_cut or _is_one_of(one, reading.role))
        and _is_of(one, dimension)
        and (not question or one.key == question)
        and (reading.role != "nps" or is_nps(questionnaire, one))
    )


def _asked_for(reading: Reading, questionnaire: Questionnaire) -> str:
    roles = questionnaire.roles
    named = {"headline": roles.headline, "nps": roles.named.get("nps", roles.headline), "ces": roles.named.get("ces")}
    return named.get(reading.role) or ""


def _is_one_of(question: Question, role: str) -> bool:
    """Whether a figure that reads questions by their dimension reads this one."""
    if not role.startswith("any"):
        return False
    only = role.partition(":")[2]
    return question.dimension == only if only else bool(question.dimension)


def _is_of(question: Question, dimension: str) -> bool:
    return not dimension or question.dimension == dimension
