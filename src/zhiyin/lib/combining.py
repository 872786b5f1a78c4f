"""Figures made of figures: how sure they are, and how far they depend on their weights.

A figure ``f(a, b, …)`` moves with each part by its slope there (the delta method; Casella and Berger, Statistical
Inference, 2nd edition, 5.5.4). Each part brings its own interval, which need not reach equally far to both sides: the
squares of what they reach are added (variance estimates recovery, Zou and Donner 2008, Statistics in Medicine 27:
1693). For the difference of two shares that is Newcombe's interval, for normal intervals the delta method's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from zhiyin.lib.intervals import Estimate, Sample

Pair = tuple[str, str]


def combined(
    value: float,
    slopes: Mapping[str, float],
    parts: Mapping[str, Estimate],
    *,
    together: Mapping[Pair, float] | None = None,
) -> Estimate:
    """A composite with its interval. ``together`` is the correlation of two parts that rest on the same answers (see
    ``correlation_of_means``), each pair once, in either order; parts that it leaves out rest on different answers.

    Where nobody counted how parts of the same answers hang together, ``widest`` gives the interval that holds anyway.
    """
    low, high = _reaches(slopes, parts)
    return _around(value, _length(low, together or {}), _length(high, together or {}), parts)


def widest(value: float, slopes: Mapping[str, float], parts: Mapping[str, Estimate]) -> Estimate:
    """A composite with an interval that holds however its parts hang together."""
    low, high = _reaches(slopes, parts)
    return _around(value, fsum(map(abs, low.values())), fsum(map(abs, high.values())), parts)


def _reaches(slopes: Mapping[str, float], parts: Mapping[str, Estimate]) -> tuple[dict[str, float], dict[str, float]]:
    """How far each part can draw the composite down and up; the sign says which way the part itself goes then."""
    down, up = {}, {}
    for name, slope in slopes.items():
        part = parts[name]
        below, above = part.value - part.low, part.high - part.value
        down[name] = slope * (below if slope > 0 else above)
        up[name] = slope * (above if slope > 0 else below)
    return down, up


def _length(reaches: Mapping[str, float], together: Mapping[Pair, float]) -> float:
    total = fsum(reach**2 for reach in reaches.values())
    for (first, second), correlation in together.items():
        total += 2 * correlation * reaches.get(first, 0.0) * reaches.get(second, 0.0)
    return sqrt(max(total, 0.0))


def _around(value: float, down: float, up: float, parts: Mapping[str, Estimate]) -> Estimate:
    return Estimate(value, value - down, value + up, min((part.n for part in parts.values()), default=0))


def correlation_of_means(correlation: float, *, common: int, n_first: int, n_second: int) -> float:
    """How two means (or shares) hang together when ``common`` rows hold both answers, which correlate by so much, and
    other rows only one of them."""
    return correlation * common / sqrt(n_first * n_second)


def scored_shares(counts: Sequence[int], scores: Sequence[float]) -> Sample:
    """The answers of one sample, each with its score: (1, 0, -1) times 100 makes an NPS, the points of a scale a mean,
    (1, 1, 0 …) a top-2 box. The variance of its mean is the multinomial one. Raises ValueError without answers."""
    n = sum(counts)
    if n <= 0 or min(counts) < 0:
        raise ValueError("shares need at least one answer, and no negative counts")
    value = fsum(count * score for count, score in zip(counts, scores, strict=True)) / n
    squares = fsum(count * (score - value) ** 2 for count, score in zip(counts, scores, strict=True))
    return Sample(n, value, squares / (n - 1) if n > 1 else 0.0)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How a weighted index moves when one weight is ``step`` lower or higher and the others keep their proportions."""

    lower: float
    higher: float
    slope: float  # of the index, for a weight that grows by 1


def sensitivity(weights: Mapping[str, float], values: Mapping[str, float], *, step: float) -> dict[str, Sensitivity]:
    """For each weight of an index that adds up to a whole: what another opinion about it would do to the figure.

    The other weights give or take in proportion, so the weights keep their sum; none goes below 0 or above that sum.
    """
    whole = fsum(weights.values())
    if whole <= 0 or min(weights.values()) < 0:
        raise ValueError("the weights of an index are not negative and add up to more than nothing")
    index = fsum(weight * values[name] for name, weight in weights.items())
    found = {}
    for name, weight in weights.items():
        others = whole - weight
        # With no other weight there is nobody to give to or take from.
        rest = (index - weight * values[name]) / others if others > 0 else values[name]
        slope = values[name] - rest
        down, up = min(step, weight), min(step, others)
        found[name] = Sensitivity(index - slope * down, index + slope * up, slope)
    return found
