"""Weights for those who did not answer, and what they cost.

Where young customers answer less often, the plain figure speaks for the old. Weights bring each group back to its part
of the population: one set of groups at a time (post-stratification; Holt and Smith 1979, JRSS A 142: 33) or several
margins at once (raking: iterative proportional fitting; Deming and Stephan 1940, Annals of Mathematical Statistics
11: 427). Uneven weights make a figure less certain: Kish's design effect (1965; 1992, Journal of Official Statistics 8:
183).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import TypeVar

from zhiyin.lib.intervals import Sample

Key = TypeVar("Key", bound=Hashable)
_CLOSE = 1e-10
_ROUNDS = 1_000


class Unreachable(ValueError):
    """No weights bring these answers to those margins: ``group`` is in the population and nobody in it answered."""

    def __init__(self, group: Hashable) -> None:
        super().__init__(f"Nobody of {group!r} answered. Join it with a group that is like it.")
        self.group = group


@dataclass(frozen=True, slots=True)
class Weighted:
    """A weighted mean. ``effect`` is Kish's: how many times less the answers tell for being weighted unevenly."""

    value: float
    variance: float
    effect: float
    n: int

    @property
    def size(self) -> float:
        """As many answers of equal weight would tell as much."""
        return self.n / self.effect


def cell_weights(answered: Mapping[Key, int], population: Mapping[Key, float]) -> dict[Key, float]:
    """The weight of each answer of a group, 1 on average. Raises Unreachable where a group of the population has no
    answers; answers of a group that the population does not know weigh nothing."""
    missing = [group for group, size in population.items() if size > 0 and not answered.get(group)]
    if missing:
        raise Unreachable(missing[0])
    n, everybody = sum(answered.values()), fsum(population.values())
    return {
        group: (population.get(group, 0.0) / everybody) / (count / n) if count else 0.0
        for group, count in answered.items()
    }


def rake(
    answered: Mapping[tuple[Key, ...], int], margins: Sequence[Mapping[Key, float]]
) -> dict[tuple[Key, ...], float]:
    """The weight of each answer of a cell, 1 on average, so that every margin has the population's parts at once.

    A cell's key names its group on each margin in turn. Raises Unreachable where a margin's group has no answers, and
    ValueError where the margins contradict the empty cells so that no weights fit.
    """
    n = sum(answered.values())
    parts = [{group: size / fsum(margin.values()) for group, size in margin.items()} for margin in margins]
    cells = {cell: float(count) for cell, count in answered.items() if count}
    for _round in range(_ROUNDS):
        off = 0.0
        for place, margin in enumerate(parts):
            held: dict[Key, float] = {}
            for cell, weight in cells.items():
                held[cell[place]] = held.get(cell[place], 0.0) + weight
            for group, part in margin.items():
                if part > 0 and not held.get(group):
                    raise Unreachable(group)
            factors = {group: margin.get(group, 0.0) * n / weight if weight else 0.0 for group, weight in held.items()}
            off = max(off, *(abs(factor - 1) for group, factor in factors.items() if held[group]))
            cells = {cell: weight * factors[cell[place]] for cell, weight in cells.items()}
        if off < _CLOSE:
            return {cell: cells.get(cell, 0.0) / count if count else 0.0 for cell, count in answered.items()}
    raise ValueError("no weights bring the answers to all of these margins at once")


def effect_of_weights(weights: Mapping[Key, float], answered: Mapping[Key, int]) -> float:
    """Kish's design effect of uneven weights: 1 when all are equal."""
    n = sum(answered.values())
    return n * fsum(answered[group] * weight**2 for group, weight in weights.items()) / _weight(weights, answered) ** 2


def weighted_mean(samples: Mapping[Key, Sample], weights: Mapping[Key, float]) -> Weighted:
    """The mean over groups whose answers weigh ``weights``; its variance is that of the groups' means (the weights are
    taken as given). A group of one answer has no spread of its own: it is given that of the others."""
    answered = {group: sample.n for group, sample in samples.items()}
    everything = _weight(weights, answered)
    degrees = sum(sample.n - 1 for sample in samples.values() if sample.n > 1)
    pooled = fsum((sample.n - 1) * sample.variance for sample in samples.values() if sample.n > 1) / max(degrees, 1)
    value = variance = 0.0
    for group, sample in samples.items():
        if sample.n:
            part = weights[group] * sample.n / everything
            value += part * sample.mean
            variance += part**2 * (sample.variance if sample.n > 1 else pooled) / sample.n
    return Weighted(value, variance, effect_of_weights(weights, answered), sum(answered.values()))


def _weight(weights: Mapping[Key, float], answered: Mapping[Key, int]) -> float:
    everything = fsum(answered[group] * weight for group, weight in weights.items())
    if everything <= 0:
        raise ValueError("the weights of the answers add up to nothing")
    return everything
