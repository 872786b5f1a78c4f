"""Ranking people fairly: each figure is drawn towards the middle as far as its size leaves room for luck.

An agent with 20 answers and all of them tens is most likely a good agent with luck. Empirical Bayes: the spread
between agents is estimated from all of them (``spread.paule_mandel``, for shares its beta-binomial form: Kleinman 1973,
JASA 68: 46), and each agent's figure is what that spread and the own answers say together (Efron and Morris 1975, JASA
70: 311). The intervals allow for the spread being an estimate (Morris 1983, JASA 78: 47). How sure a rank is: Goldstein
and Spiegelhalter 1996, JRSS A 159: 385.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf, sqrt

import numpy as np

from zhiyin.lib.distributions import beta_quantile, rising_root, z_quantile
from zhiyin.lib.intervals import LEVEL, Sample
from zhiyin.lib.spread import Group, centre_of, groups_of, paule_mandel

_DRAWS = 4_000
_MOST_DRAWN = 4_000_000
_SEED = 20_080_808  # the same figures give the same ranks, on every machine and every time
_WHOLLY = 1 - 1e-6  # alike: the answers of a group are all the same


@dataclass(frozen=True, slots=True)
class Shrunk:
    """One group's figure after shrinking, beside the ``raw`` one. ``kept`` is the part of its distance from the centre
    that it keeps; ``deviation`` the uncertainty that is left."""

    raw: float
    n: int
    value: float
    deviation: float
    kept: float
    is_share: bool = False

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Where the true figure lies with this probability: a beta distribution for a share, else a normal one."""
        if self.is_share and 0 < self.value < 1 and self.deviation > 0:
            a, b = _beta(self.value, self.deviation)
            return beta_quantile((1 - level) / 2, a, b), beta_quantile((1 + level) / 2, a, b)
        half = z_quantile(level) * self.deviation
        return self.value - half, self.value + half


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """All groups, in the order given. ``between`` is the standard deviation of their true figures; 0 says that chance
    alone explains all differences, and then nobody is ranked above anybody."""

    centre: float
    between: float
    figures: tuple[Shrunk, ...]


def shrink_means(samples: Sequence[Sample]) -> Shrinkage:
    """Means (and NPS, whose answers are 100, 0 and -100). Raises ValueError for a sample without answers."""
    if not samples or min(sample.n for sample in samples) < 1:
        raise ValueError("to rank groups each needs at least one answer")
    groups = groups_of(samples)
    return shrink(groups, [sample.n for sample in samples], paule_mandel(groups))


def shrink(groups: Sequence[Group], sizes: Sequence[int], between: float, *, is_share: bool = False) -> Shrinkage:
    """Figures whose true values lie ``between`` (a variance) apart, each drawn to the common centre."""
    centre = centre_of(groups, between)
    certain = [group.variance + between for group in groups]
    weights = [1 / one if one > 0 else inf for one in certain]
    total = fsum(weights)
    usual = (
        fsum(group.variance * weight for group, weight in zip(groups, weights, strict=True)) / total
        if total < inf
        else 0.0
    )
    figures = []
    for group, size, all_of_it in zip(groups, sizes, certain, strict=True):
        pulled = group.variance / all_of_it if all_of_it > 0 else 1.0
        distance = group.value - centre
        # Morris: what is left of chance, the centre being an estimate, and the spread being one.
        variance = group.variance * (1 - pulled) + pulled**2 / total
        if all_of_it > 0:
            variance += 2 / max(len(groups) - 3, 1) * pulled**2 * (usual + between) / all_of_it * distance**2
        value = centre + (1 - pulled) * distance
        figures.append(Shrunk(group.value, size, value, sqrt(variance), 1 - pulled, is_share))
    return Shrinkage(centre, sqrt(between), tuple(figures))


def shrink_shares(counts: Sequence[tuple[int, int]]) -> Shrinkage:
    """Shares of (hits, n): the true shares follow a beta distribution whose mean and spread all groups tell together.
    Raises ValueError for a group without answers."""
    if not counts or min(n for _, n in counts) < 1:
        raise ValueError("to rank groups each needs at least one answer")
    alike = beta_binomial(counts)
    centre = _beta_centre(counts, alike)
    common = centre * (1 - centre)
    groups = [Group(hits / n, common * (1 - alike) / n) for hits, n in counts]
    return shrink(groups, [n for _, n in counts], alike * common, is_share=True)


def beta_binomial(counts: Sequence[tuple[int, int]]) -> float:
    """How alike answers of one group are (1 / (a + b + 1) of the beta distribution), by the moment equation with
    weights that fit the answer; 0 where chance explains all."""
    degrees = len(counts) - 1
    if degrees < 1 or _beta_excess(counts, 0.0) <= degrees:
        return 0.0
    if _beta_excess(counts, _WHOLLY) > degrees:
        return _WHOLLY
    return rising_root(lambda alike: degrees - _beta_excess(counts, alike), 0.0, _WHOLLY)


def _beta_centre(counts: Sequence[tuple[int, int]], alike: float) -> float:
    weights = [1 / (alike + (1 - alike) / n) for _, n in counts]
    return fsum(weight * hits / n for weight, (hits, n) in zip(weights, counts, strict=True)) / fsum(weights)


def _beta_excess(counts: Sequence[tuple[int, int]], alike: float) -> float:
    centre = _beta_centre(counts, alike)
    common = centre * (1 - centre)
    if common <= 0:
        return 0.0
    return fsum((hits / n - centre) ** 2 / (alike + (1 - alike) / n) for hits, n in counts) / common


def _beta(mean: float, deviation: float) -> tuple[float, float]:
    """The beta distribution with this mean and standard deviation; as flat as can be where there is none."""
    strength = max(mean * (1 - mean) / deviation**2 - 1, 1e-3)
    return mean * strength, (1 - mean) * strength


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a group stands, 1 being the lowest figure: its expected rank, the ranks that 95 % of the chances lie
    between, and how likely it truly belongs to the lowest or the highest part."""

    rank: float
    low: int
    high: int
    in_lowest: float
    in_highest: float


def standings(shrinkage: Shrinkage, *, part: float = 0.2, level: float = LEVEL) -> list[Standing]:
    """How sure each rank is, from draws of what the true figures may be (an error of at most 0.8 points of a chance,
    up to 1,000 groups). ``part`` is how large the lowest and the highest group are."""
    figures = shrinkage.figures
    count = len(figures)
    size = max(1, round(part * count))
    if shrinkage.between == 0:
        return [Standing((count + 1) / 2, 1, count, size / count, size / count)] * count
    draws = max(500, min(_DRAWS, _MOST_DRAWN // count))
    random = np.random.default_rng(_SEED)
    seen = np.empty((count, draws), dtype=np.int32)
    drawn = np.stack([_draws(figure, draws, random) for figure in figures])
    np.put_along_axis(seen, drawn.argsort(axis=0), np.arange(1, count + 1, dtype=np.int32)[:, None], axis=0)
    edges = np.quantile(seen, [(1 - level) / 2, (1 + level) / 2], axis=1, method="inverted_cdf")
    return [
        Standing(
            rank=float(ranks.mean()),
            low=int(low),
            high=int(high),
            in_lowest=float((ranks <= size).mean()),
            in_highest=float((ranks > count - size).mean()),
        )
        for ranks, low, high in zip(seen, *edges, strict=True)
    ]


def _draws(figure: Shrunk, draws: int, random: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if figure.is_share and 0 < figure.value < 1 and figure.deviation > 0:
        return random.beta(*_beta(figure.value, figure.deviation), draws)
    return random.normal(figure.value, figure.deviation, draws)
