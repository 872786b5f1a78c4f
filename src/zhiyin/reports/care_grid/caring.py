"""The care of a cell in words: relation to overall satisfaction, given against perceived, what is to improve (S2.12).

Below the floor there is n and neither figure nor word, as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.lib.intervals import FLOOR
from zhiyin.lib.text import pick
from zhiyin.metrics.language import Figure
from zhiyin.reports.care import Care
from zhiyin.ui.numerals import plain

STRENGTHS: dict[str, Promise] = {"high": pgettext_lazy("relation", "high"), "low": pgettext_lazy("relation", "low")}
MARKS: dict[str, Promise] = {"high": lazy("◆ relation high"), "low": lazy("◇ relation low")}
PERCEPTIONS: dict[str, Promise] = {
    "met": lazy("given and felt"),
    "unnoticed": lazy("given, not felt"),
    "unearned": lazy("felt, not given"),
    "missing": lazy("neither given nor felt"),
}
EXPLAINED: dict[str, Promise] = {
    "met": lazy("More than usual is given here, and more than usual is felt."),
    "unnoticed": lazy("More than usual is given here, and less than usual is felt: look at how it is shown."),
    "unearned": lazy("Less than usual is given here, and more than usual is felt: find out what customers value."),
    "missing": lazy("Less than usual is given here, and less than usual is felt: begin with the checklist."),
}
Known = Literal["measured", "few", "not_measured", "no_moment"]


@dataclass(frozen=True)
class CareShown:
    """``relation`` with its ends as written, empty where it is not known or its ``n`` is below the floor."""

    relation: str
    low: str
    high: str
    pearson: str
    n: int
    strength: str
    mark: str
    given: Figure | None
    given_known: Known
    perception: str
    explained: str
    points: Sequence[str]
    source: str

    @property
    def marks(self) -> list[str]:
        """What the matrix says of it in a word or two."""
        return [word for word in (self.mark, self.perception) if word]


def care_shown(care: Care, language: str) -> CareShown:
    """One cell's care as the page writes it."""
    one = care.relation.relation if care.relation else None
    n = one.n if one else 0
    is_enough = one is not None and n >= FLOOR
    written = [plain(part, decimals=2) for part in (one.value, one.low, one.high)] if one and is_enough else [""] * 3
    strength = care.strength if is_enough else ""
    return CareShown(
        relation=written[0],
        low=written[1],
        high=written[2],
        pearson=plain(care.pearson.value, decimals=2) if care.pearson and is_enough else "",
        n=n,
        strength=str(STRENGTHS.get(strength, "")),
        mark=str(MARKS.get(strength, "")),
        given=care.given,
        given_known=_given_known(care.given),
        perception=str(PERCEPTIONS.get(care.perception, "")),
        explained=str(EXPLAINED.get(care.perception, "")),
        points=[pick(point, language) for point in care.points],
        source=care.source,
    )


def _given_known(given: Figure | None) -> Known:
    if given is None:
        return "no_moment"
    if given.n >= FLOOR:
        return "measured"
    return "few" if given.n else "not_measured"


Number = float | int | str | None


def care_columns(care: Care) -> list[Number]:
    """The same for a file: relation, its ends, n and word; given care, its ends and n; how the two stand together."""
    one = care.relation.relation if care.relation else None
    relation: list[Number] = [None, None, None, one.n if one else 0, ""]
    if one and one.n >= FLOOR:
        relation = [one.value, one.low, one.high, one.n, care.strength]
    given: list[Number] = [None, None, None, care.given.n if care.given else None]
    if care.given and care.given.n >= FLOOR:
        given = [care.given.value, care.given.low, care.given.high, care.given.n]
    return [*relation, *given, care.perception]
