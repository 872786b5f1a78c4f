"""Rates of a funnel's steps, and which of many cells lose more than the others. Pure.

S1.41: I1 = Q1 ÷ Q0 … I5 = Q5 ÷ Q4; a rate whose denominator is zero is "not measurable", which is not zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.signals import discoveries

STAGES = ("interactions", "eligible", "sent", "delivered", "opened", "answered")  # Q0 … Q5
RELEVANT = 0.01  # a difference below one point is not worth a mark
Counts = Mapping[str, int | None]  # by stage; None: not known of this cell


class State(StrEnum):
    MEASURED = "measured"
    FEW = "few"  # fewer than the floor came this far
    NOT_MEASURABLE = "not_measurable"  # nobody came this far: there is nothing to divide by
    UNKNOWN = "unknown"  # this cut knows nothing of one of the two stages


@dataclass(frozen=True)
class Rate:
    """One step: how many of those before came on. ``estimate`` only where measured."""

    key: str  # I1 … I5
    hits: int
    n: int
    state: State
    estimate: Estimate | None = None
    flag: str = ""  # "below" or "above": differs from the rest of the funnel by more than chance


def rates(counts: Counts, *, floor: int = intervals.FLOOR) -> list[Rate]:
    """The five steps of one funnel, in order."""
    found = []
    for place, (before, stage) in enumerate(zip(STAGES, STAGES[1:], strict=False), 1):
        n, hits = counts.get(before), counts.get(stage)
        key = f"I{place}"
        if n is None or hits is None:
            found.append(Rate(key, 0, 0, State.UNKNOWN))
        elif not n:
            found.append(Rate(key, 0, 0, State.NOT_MEASURABLE))
        elif n < floor:
            found.append(Rate(key, min(hits, n), n, State.FEW))
        else:
            # An invitation that was erased with its customer leaves its decision behind, never the other way round.
            estimate = intervals.share(hits=min(hits, n), n=n)
            found.append(Rate(key, min(hits, n), n, State.MEASURED, estimate))
    return found


def flagged(cells: Sequence[Sequence[Rate]]) -> list[list[Rate]]:
    """Each cell's steps against the same step of all other cells, Benjamini–Hochberg at 5 % over all of them."""
    totals = [(sum(cell[step].hits for cell in cells), sum(cell[step].n for cell in cells)) for step in range(5)]
    tested = [
        (row, step, *_rest(one, totals[step]))
        for row, cell in enumerate(cells)
        for step, one in enumerate(cell)
        if one.state is State.MEASURED and totals[step][1] - one.n >= intervals.FLOOR
    ]
    found = discoveries([p_value for _row, _step, _difference, p_value in tested])
    words = {
        (row, step): "below" if difference < 0 else "above"
        for (row, step, difference, _p), one in zip(tested, found, strict=True)
        if one.found and abs(difference) >= RELEVANT
    }
    return [
        [
            Rate(one.key, one.hits, one.n, one.state, one.estimate, words.get((row, step), ""))
            for step, one in enumerate(cell)
        ]
        for row, cell in enumerate(cells)
    ]


def _rest(one: Rate, total: tuple[int, int]) -> tuple[float, float]:
    """How far a cell's rate lies above that of the others together, and the p-value of their being one."""
    hits, n = total[0] - one.hits, total[1] - one.n
    p_value = intervals.p_value_of_shares(hits=one.hits, n=one.n, hits_before=hits, n_before=n)
    return one.hits / one.n - hits / n, p_value


def costliest(found: Sequence[Rate]) -> Rate | None:
    """The step that loses the largest share, of those that can be measured."""
    known = [one for one in found if one.estimate]
    return min(known, key=lambda one: one.estimate.value if one.estimate else 1.0, default=None)
