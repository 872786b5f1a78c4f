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


@dataclass(frozen=True)
class Part:
    """One group's contribution to the change of a share: by its own rate, or by the mix of groups."""

    key: str
    value: float


@dataclass(frozen=True)
class Decomposition:
    """Contributions that add up to the whole change, the largest first; ``mix`` is what the groups' weights did."""

    parts: tuple[Part, ...]
    rest: float
    mix: float
    total: float


def decompose(
    now: Mapping[str, tuple[float, float]], before: Mapping[str, tuple[float, float]], *, most: int = 5
) -> Decomposition | None:
    """Split the change of a share into each group's rate effect and one mix effect. Values are (hits, n) by group.

    rate of a group = its weight now times the change of its share; mix = change of weight times how far the group
    stood from the average before. They add up exactly (Kitagawa 1955, with the weights of the present).
    """
    n, n_before = sum(n for _, n in now.values()), sum(n for _, n in before.values())
    if not n or not n_before:
        return None
    share = sum(hits for hits, _ in now.values()) / n
    share_before = sum(hits for hits, _ in before.values()) / n_before
    parts, mix = [], 0.0
    for key in sorted({*now, *before}):
        (hits, size), (hits_before, size_before) = now.get(key, (0.0, 0.0)), before.get(key, (0.0, 0.0))
        weight, weight_before = size / n, size_before / n_before
        # A group that was not there in one of the periods has no rate of its own to change: it is all mix.
        rate_before = hits_before / size_before if size_before else share_before
        rate = hits / size if size else rate_before
        if not size_before:
            mix += weight * (rate - share_before)
            continue
        parts.append(Part(key, weight * (rate - rate_before)))
        mix += (weight - weight_before) * (rate_before - share_before)
    parts.sort(key=lambda part: -abs(part.value))
    return Decomposition(tuple(parts[:most]), sum(part.value for part in parts[most:]), mix, share - share_before)


def biggest_share(decomposition: Decomposition) -> tuple[Part, float] | None:
    """The group that explains most of a change in the change's own direction, and how much of it."""
    if not decomposition.total:
        return None
    same = [part for part in decomposition.parts if part.value * decomposition.total > 0]
    if not same:
        return None
    return same[0], same[0].value / decomposition.total


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
