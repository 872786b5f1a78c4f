"""From the sums of two figures to whether they differ, by how much, and how sure that is. Pure.

Every function takes the ``sums`` that travel with a ``Figure``. Where the measure's figure is the mean of its
answers, the method follows from what they add up: hits of n is a share, promoters and detractors an NPS, total and
squares a mean. Other measures (a standard deviation, a ratio, a funnel's step) are compared by their own two
intervals. The arithmetic is in ``zhiyin.lib``; docs/formulas.md ("How sure a figure is") names each method and its
source. Who stands out among many is in ``ranking.py``, what is out of the ordinary over time in ``charting.py``, what
explains a change in ``explaining.py``.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from zhiyin.lib import intervals
from zhiyin.lib.differences import difference_of, p_value, p_value_of_means, p_value_of_nps
from zhiyin.lib.distributions import z_quantile
from zhiyin.lib.intervals import FLOOR, LEVEL, Difference, Estimate, Recommenders, Sample, Verdict
from zhiyin.lib.signals import confirmed, discoveries
from zhiyin.metrics.language import Figure, Measure, Method, Unit

Key = TypeVar("Key", bound=Hashable)
Sums = Mapping[str, float]
# The smallest change that matters, in each unit's own scale: below it a difference is not worth a word.
RELEVANT: Mapping[str, float] = {"share": 0.01, "nps": 2.0, "score": 0.1, "index": 1.0}
BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0.0, 1.0), "nps": (-100.0, 100.0)}


def answers_of(measure: Measure, sums: Sums) -> Sample | None:
    """The answers whose mean is the measure's figure; None also for a measure that is no such mean: a standard
    deviation adds up totals and squares too, and is not the mean of them."""
    return sample_of(sums) if measure.is_mean else None


def sample_of(sums: Sums) -> Sample | None:
    """Number, mean and variance of the answers behind a figure: 1 or 0 for a share; 100, 0 or -100 for an NPS. None
    without answers, and for a count, which has no answers behind it."""
    n = int(sums.get("n", 0))
    if not n:
        return None
    if "hits" in sums:
        total, squares = sums["hits"], sums["hits"]
    elif "promoters" in sums:
        total, squares = 100 * (sums["promoters"] - sums["detractors"]), 1e4 * (sums["promoters"] + sums["detractors"])
    elif "squares" in sums:
        total, squares = sums["total"], sums["squares"]
    else:
        return None
    mean = total / n
    return Sample(n, mean, max(squares - n * mean * mean, 0.0) / (n - 1) if n > 1 else 0.0)


@dataclass(frozen=True)
class Change:
    """How far a figure lies from another, with its verdict. ``chance`` is the p-value that they are one; ``adjusted``
    the same corrected for all that were looked at together (equal to ``chance`` for a single look)."""

    difference: Difference
    verdict: Verdict
    chance: float
    adjusted: float


def compare(
    measure: Measure,
    now: Sums,
    before: Sums,
    *,
    relevant: float | None = None,
    floor: int = FLOOR,
    level: float = LEVEL,
) -> Change | None:
    """The difference of two periods (or groups) with interval and verdict: Newcombe for shares, Welch for means, the
    multinomial variance for NPS, and the measure's own two intervals for what is none of these. None where one has no
    answers, for counts, and for what has no sums of its own (``compare_figures``).

    ``relevant`` is the smallest change that matters; None takes the unit's (1 point of a share or an index, 2 of NPS,
    0.1 of a score).
    """
    if not measure.is_mean:
        return _compare_own(measure, now, before, relevant=relevant, floor=floor)
    found = _difference(now, before, level)
    if found is None:
        return None
    difference, chance = found
    matters = RELEVANT.get(measure.unit, 0.0) if relevant is None else relevant
    word = intervals.verdict(difference=difference, relevant=matters, floor=floor)
    return Change(difference, word, chance, chance)


def _compare_own(measure: Measure, now: Sums, before: Sums, *, relevant: float | None, floor: int) -> Change | None:
    if measure.method is Method.NONE or measure.over or measure.parts or not (now.get("n") and before.get("n")):
        return None
    first, second = measure.estimate(now), measure.estimate(before)
    if first is None or second is None:
        return None
    return compare_estimates(measure, first, second, relevant=relevant, floor=floor)


def compare_figures(
    measure: Measure, now: Figure, before: Figure, *, relevant: float | None = None, floor: int = FLOOR
) -> Change | None:
    """The same for any two figures that rest on different answers, composites too: where their sums are of no kind that
    ``compare`` knows, from the two intervals (of 95 %). None where a figure is missing or has no interval."""
    if found := compare(measure, now.sums, before.sums, relevant=relevant, floor=floor):
        return found
    first, second = _estimate(measure, now), _estimate(measure, before)
    if first is None or second is None:
        return None
    return compare_estimates(measure, first, second, relevant=relevant, floor=floor)


def compare_estimates(
    measure: Measure, now: Estimate, before: Estimate, *, relevant: float | None = None, floor: int = FLOOR
) -> Change:
    """The difference of two figures that rest on different answers, from their intervals (of 95 %) alone: for figures
    whose intervals allow for more than chance, such as ``adjusting.by_design``."""
    difference = difference_of(now, before)
    # The interval and the p-value agree: the reach towards 0 is that of 1.96 standard errors.
    reach = difference.value - difference.low if difference.value > 0 else difference.high - difference.value
    chance = p_value(difference.value, (reach / z_quantile(LEVEL)) ** 2)
    matters = RELEVANT.get(measure.unit, 0.0) if relevant is None else relevant
    word = intervals.verdict(difference=difference, relevant=matters, floor=floor)
    return Change(difference, word, chance, chance)


def _estimate(measure: Measure, figure: Figure) -> Estimate | None:
    if measure.unit == Unit.COUNT or figure.value is None or figure.low is None or figure.high is None:
        return None
    return Estimate(figure.value, figure.low, figure.high, figure.n)


def compare_many(
    measure: Measure,
    pairs: Mapping[Key, tuple[Sums, Sums]],
    *,
    strict: bool = False,
    relevant: float | None = None,
    floor: int = FLOOR,
    rate: float = 1 - LEVEL,
) -> dict[Key, Change | None]:
    """Many comparisons looked at together (cells of a matrix, sites): a difference is called significant only when its
    corrected p-value stands. Benjamini-Hochberg keeps the share of false findings at ``rate``; ``strict`` (Holm) the
    chance of even one. Pairs too small to be judged do not count as looks."""
    found = {key: compare(measure, *pair, relevant=relevant, floor=floor) for key, pair in pairs.items()}
    return _corrected(measure, found, strict=strict, relevant=relevant, floor=floor, rate=rate)


def compare_many_figures(
    measure: Measure,
    pairs: Mapping[Key, tuple[Figure, Figure]],
    *,
    strict: bool = False,
    relevant: float | None = None,
    floor: int = FLOOR,
    rate: float = 1 - LEVEL,
) -> dict[Key, Change | None]:
    """The same for any figures that rest on different answers, composites too: see ``compare_figures``."""
    found = {key: compare_figures(measure, *pair, relevant=relevant, floor=floor) for key, pair in pairs.items()}
    return _corrected(measure, found, strict=strict, relevant=relevant, floor=floor, rate=rate)


def _corrected(
    measure: Measure,
    found: Mapping[Key, Change | None],
    *,
    strict: bool,
    relevant: float | None,
    floor: int,
    rate: float,
) -> dict[Key, Change | None]:
    judged = {key: one for key, one in found.items() if one and one.verdict is not Verdict.LOW_N}
    correct = confirmed if strict else discoveries
    matters = RELEVANT.get(measure.unit, 0.0) if relevant is None else relevant
    looks = correct([one.chance for one in judged.values()], rate=rate)
    told = dict(found)
    for (key, one), looked in zip(judged.items(), looks, strict=True):
        word = intervals.verdict(difference=one.difference, relevant=matters, floor=floor, stands=looked.found)
        told[key] = replace(one, adjusted=looked.adjusted, verdict=word)
    return told


def _difference(now: Sums, before: Sums, level: float) -> tuple[Difference, float] | None:
    first, second = sample_of(now), sample_of(before)
    if first is None or second is None:
        return None
    if "hits" in now:
        counts = {"hits": int(now["hits"]), "n": first.n, "hits_before": int(before["hits"]), "n_before": second.n}
        return intervals.difference_of_shares(**counts, level=level), intervals.p_value_of_shares(**counts)
    if "promoters" in now:
        groups, groups_before = _groups(now), _groups(before)
        difference = intervals.difference_of_nps(groups, groups_before, level=level)
        return difference, p_value_of_nps(groups, groups_before)
    if first.n < 2 or second.n < 2:
        return None
    return intervals.difference_of_means(first, second, level=level), p_value_of_means(first, second)


def _groups(sums: Sums) -> Recommenders:
    n, promoters, detractors = int(sums["n"]), int(sums["promoters"]), int(sums["detractors"])
    return Recommenders(promoters, n - promoters - detractors, detractors)
