"""What the way of asking does to certainty: answers that come in clusters, and populations that come to an end.

Customers of one agent answer more alike than customers of many, so their answers tell less than as many independent
ones: the *design effect* says how many times less. Sources: the linearised variance of a ratio (Cochran, Sampling
Techniques, 3rd edition, 1977, 6.3 and 2.6 for the finite population); the effective sample size in an interval of a
share (Korn and Graubard 1998, Survey Methodology 24: 193, here with Wilson's); the intraclass correlation by analysis
of variance (Donner 1986, International Statistical Review 54: 67; Shrout and Fleiss 1979, ICC(1,1)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from zhiyin.lib.distributions import z_quantile
from zhiyin.lib.intervals import LEVEL, Estimate, Sample, wilson
from zhiyin.lib.student_t import t_quantile


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the answers about one agent (or of one site) add up to: how many, their sum, the sum of their squares.

    For a share an answer is 1 or 0, so both sums are the hits; for an NPS it is 100, 0 or -100.
    """

    n: int
    total: float
    squares: float


@dataclass(frozen=True, slots=True)
class Design:
    """A figure over clusters, and over ``alone`` answers that belong to none. ``variance`` is that of the figure;
    ``effect`` is how many times it exceeds the variance of as many independent answers; ``alike`` the intraclass
    correlation, None where it cannot be known."""

    value: float
    n: int
    clusters: int
    alone: int
    variance: float
    effect: float
    alike: float | None

    @property
    def size(self) -> float:
        """As many independent answers would tell as much. Never more than there are: chance alone makes an effect
        below 1 among few clusters."""
        return self.n / max(self.effect, 1.0)


def clustered(clusters: Sequence[Cluster], *, alone: Cluster | None = None) -> Design:
    """The mean over all answers, with its variance between clusters. ``alone`` are answers that belong to no cluster: a
    stratum of their own (Cochran 1977, 5.3), so that another level there does not pass for likeness within clusters.
    Raises ValueError for fewer than two clusters: how they differ cannot be known."""
    asked = [cluster for cluster in clusters if cluster.n > 0]
    loose = alone or Cluster(0, 0.0, 0.0)
    if len(asked) < 2:
        raise ValueError("a design effect needs at least two clusters with answers")
    totals, squared = fsum(one.total for one in asked), fsum(one.squares for one in asked)
    inside = Cluster(sum(one.n for one in asked), totals, squared)
    n = inside.n + loose.n
    value = (inside.total + loose.total) / n
    squares = inside.squares + loose.squares
    independent = max(squares - n * value * value, 0.0) / (n - 1) / n
    own = inside.total / inside.n
    between = fsum((cluster.total - cluster.n * own) ** 2 for cluster in asked)
    # What clusters add to the variance of their own stratum; that of the rest, and how the strata lie apart, stays.
    added = between * len(asked) / (len(asked) - 1) - _spread(inside) * inside.n
    variance = max(independent + added / n**2, 0.0)
    effect = variance / independent if independent > 0 else 1.0
    alike = intraclass_correlation(asked)
    return Design(value, n, len(asked), loose.n, max(variance, independent), effect, alike)


def _spread(stratum: Cluster) -> float:
    return max(stratum.squares - stratum.total**2 / stratum.n, 0.0) / (stratum.n - 1) if stratum.n > 1 else 0.0


def intraclass_correlation(clusters: Sequence[Cluster]) -> float | None:
    """How alike the answers within a cluster are: 0 as those of strangers, 1 all the same. By analysis of variance, so
    it may fall a little below 0; None where no cluster has two answers or all answers are the same."""
    asked = [cluster for cluster in clusters if cluster.n > 0]
    n, groups = sum(cluster.n for cluster in asked), len(asked)
    if groups < 2 or n <= groups:
        return None
    mean = fsum(cluster.total for cluster in asked) / n
    between = fsum(cluster.n * (cluster.total / cluster.n - mean) ** 2 for cluster in asked) / (groups - 1)
    within = fsum(cluster.squares - cluster.total**2 / cluster.n for cluster in asked) / (n - groups)
    usual = (n - sum(cluster.n**2 for cluster in asked) / n) / (groups - 1)
    everything = between + (usual - 1) * max(within, 0.0)
    return (between - max(within, 0.0)) / everything if everything > 0 else None


def effect_of_clusters(alike: float, size: float) -> float:
    """The design effect that an intraclass correlation makes in clusters of ``size`` answers (Kish 1965)."""
    return 1 + (size - 1) * alike


def remaining(n: int, population: int) -> float:
    """By what part the variance shrinks since ``n`` of a ``population`` have answered: 0 when all have.

    Only for a statement about these very people (the customers of this month), not about the service in general.
    """
    if not 0 < n <= population:
        raise ValueError(f"{n} answers cannot come from a population of {population}")
    return 1 - n / population


def share_by_design(design: Design, *, level: float = LEVEL, population: int | None = None) -> Estimate:
    """A share with Wilson's interval over the effective size, as wide as Student's t for so few clusters asks."""
    left = remaining(design.n, population) if population is not None else 1.0
    value = design.value
    low, high = wilson(value, design.size / left, _reach(design, level)) if left else (value, value)
    return Estimate(value, low, high, design.n)


def mean_by_design(design: Design, *, level: float = LEVEL, population: int | None = None) -> Estimate:
    """A mean or an NPS with Student's interval from the variance between the clusters."""
    left = remaining(design.n, population) if population is not None else 1.0
    half = _reach(design, level) * sqrt(design.variance * left)
    return Estimate(design.value, design.value - half, design.value + half, design.n)


def _reach(design: Design, level: float) -> float:
    return t_quantile((1 + level) / 2, design.clusters - 1)


def share_of_population(*, hits: int, n: int, population: int, level: float = LEVEL) -> Estimate:
    """A share of a population that comes to an end, from ``n`` independent answers: Wilson's with fewer left to ask."""
    left = remaining(n, population)
    value = hits / n
    low, high = wilson(value, n / left, z_quantile(level)) if left else (value, value)
    return Estimate(value, low, high, n)


def mean_of_population(sample: Sample, *, population: int, level: float = LEVEL) -> Estimate:
    """A mean over a population that comes to an end, from independent answers, two at least."""
    left = remaining(sample.n, population)
    half = t_quantile((1 + level) / 2, sample.n - 1) * sqrt(sample.variance / sample.n * left)
    return Estimate(sample.mean, sample.mean - half, sample.mean + half, sample.n)
