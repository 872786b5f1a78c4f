"""Is anybody sparing themselves the angry ones? The invitation rate of complaints beside that of other interactions.

S0.14: a complaint is asked about like any other interaction. Whoever chooses whom to ask makes every figure worthless,
so the rate is cut by the complaint flag, by agent and by unit, and who stands out is shown with the interval.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Difference, Score
from zhiyin.metrics.asking import Asked, answer_to
from zhiyin.metrics.language import Answer
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards, unit_names
from zhiyin.people.tree import OrganisationTree

SHOWN = 8
Counts = tuple[int, int]  # invited, of how many


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One agent or unit: the rate for complaints, for the others, and how far the first lies above the second."""

    name: str
    complaints: Score
    others: Score
    difference: Difference | None  # None: too few of one of them

    @property
    def is_flagged(self) -> bool:
        """Complaints are asked about less often than chance explains."""
        return self.difference is not None and self.difference.high < 0


@dataclass(frozen=True)
class Fairness:
    """The card. ``judged``: how many agents and units had enough of both to be compared."""

    whole: Standing
    agents: Sequence[Standing]
    units: Sequence[Standing]
    flagged: int
    flagged_units: int
    judged: int
    as_of: datetime | None


def fairness(*, since: date, until: date, where: Mapping[str, str], by: Viewer) -> Fairness | None:
    """The rates of these days; None where nothing was decided. ``where`` may name unit, scenario and channel."""
    given = tuple((key, value) for key, value in where.items() if value)

    def asked(*keys: str) -> Answer:
        question = Asked("invitation_rate", by=(*keys, "complaint"), where=given, since=since, until=until)
        return answer_to(question, by=by, tree=OrganisationTree(), floor=1)

    answer = asked()
    if not answer.figures:
        return None
    staff, units = _counts(asked("staff")), _counts(asked("unit"))
    names = {key: card.name for key, card in staff_cards(staff).items()}
    agents = _standings(staff, names)
    teams = _standings(units, unit_names([key for key in units if key is not None], by.language))
    return Fairness(
        whole=compared("", _counts(answer)[None]),
        agents=agents[:SHOWN],
        units=teams[:SHOWN],
        flagged=sum(one.is_flagged for one in agents),
        flagged_units=sum(one.is_flagged for one in teams),
        judged=len(agents) + len(teams),
        as_of=answer.as_of,
    )


def _counts(answer: Answer) -> dict[int | None, dict[bool, Counts]]:
    found: dict[int | None, dict[bool, Counts]] = {}
    for figure in answer.figures:
        *key, complaint = figure.key
        found.setdefault(key[0] if key else None, {})[bool(complaint)] = int(figure.sums["hits"]), figure.n
    return found


def compared(name: str, counts: Mapping[bool, Counts], *, floor: int = intervals.FLOOR) -> Standing:
    """Complaints against the others, with Newcombe's interval; silent below ``floor`` on either side."""
    (hits, n), (hits_before, n_before) = counts.get(True, (0, 0)), counts.get(False, (0, 0))
    difference = None
    if min(n, n_before) >= floor:
        difference = intervals.difference_of_shares(hits=hits, n=n, hits_before=hits_before, n_before=n_before)
    complaints, others = _score(hits, n, floor), _score(hits_before, n_before, floor)
    return Standing(name=name, complaints=complaints, others=others, difference=difference)


def _score(hits: int, n: int, floor: int) -> Score:
    if n < floor:
        return Score.withheld(n, measure="invitation_rate")
    return Score.of(intervals.share(hits=hits, n=n), measure="invitation_rate", floor=floor)


def _standings(found: Mapping[int | None, Mapping[bool, Counts]], names: Mapping[int, str]) -> list[Standing]:
    """Those with enough of both, the most suspicious first."""
    rows: Iterable[Standing] = (
        compared(names[key], counts) for key, counts in found.items() if key is not None and key in names
    )
    judged = [row for row in rows if row.difference is not None]
    return sorted(judged, key=lambda row: (not row.is_flagged, row.difference.value if row.difference else 0.0))
