"""What an overview may conclude from figures. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Difference, Recommenders, Sample, Verdict
from zhiyin.lib.signals import discoveries

# The smallest change that matters, in each unit's own scale: below it a difference is not worth a word.
RELEVANT = {"share": 0.01, "nps": 2.0, "score": 0.1}
Sums = Mapping[str, float]


@dataclass(frozen=True)
class Change:
    """How a figure moved against the period before."""

    difference: Difference
    verdict: Verdict


def change(unit: str, now: Sums, before: Sums) -> Change | None:
    """The difference with its interval and verdict; None where one of the two periods has no answers."""
    n, n_before = int(now.get("n", 0)), int(before.get("n", 0))
    if not n or not n_before:
        return None
    if unit == "share":
        found = intervals.difference_of_shares(
            hits=int(now["hits"]), n=n, hits_before=int(before["hits"]), n_before=n_before
        )
    elif unit == "nps":
        found = intervals.difference_of_nps(_groups(now), _groups(before))
    elif n > 1 and n_before > 1 and "total" in now:
        found = intervals.difference_of_means(_sample(now), _sample(before))
    else:
        return None
    return Change(found, intervals.verdict(difference=found, relevant=RELEVANT.get(unit, 0.0)))


def _groups(sums: Sums) -> Recommenders:
    n, promoters, detractors = int(sums["n"]), int(sums["promoters"]), int(sums["detractors"])
    return Recommenders(promoters, n - promoters - detractors, detractors)


def _sample(sums: Sums) -> Sample:
    n = int(sums["n"])
    mean = sums["total"] / n
    return Sample(n, mean, max(sums["squares"] - n * mean * mean, 0.0) / (n - 1))


def significant_cells(pairs: Sequence[tuple[Sums, Sums]]) -> list[str]:
    """For each cell of a matrix ``up``, ``down`` or nothing: Benjamini–Hochberg at 5% over all cells."""
    p_values = [
        intervals.p_value_of_shares(
            hits=int(now["hits"]), n=int(now["n"]), hits_before=int(before["hits"]), n_before=int(before["n"])
        )
        if now.get("n") and before.get("n")
        else 1.0
        for now, before in pairs
    ]
    words = []
    for (now, before), found in zip(pairs, discoveries(p_values), strict=True):
        if not found.found:
            words.append("")
        else:
            words.append("up" if now["hits"] / now["n"] > before["hits"] / before["n"] else "down")
    return words
