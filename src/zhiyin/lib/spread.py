"""How far groups (sites, shifts, agents) truly lie apart, once chance is taken out of what is seen.

Sources: the between-group variance by Paule and Mandel 1982 and by DerSimonian and Laird 1986, its interval by the
Q-profile (Viechtbauer 2007, Statistics in Medicine 26: 37), the test by Cochran 1954; funnel limits by Spiegelhalter
2005 (Statistics in Medicine 24: 1185).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf, sqrt

from zhiyin.lib.distributions import chi_square_quantile, chi_square_tail, rising_root, z_quantile
from zhiyin.lib.intervals import LEVEL, Sample


@dataclass(frozen=True, slots=True)
class Group:
    """A group's figure and the variance that chance alone gives it."""

    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class Spread:
    """``deviation`` is the standard deviation between the groups' true figures, with its interval; ``alike`` the part
    of all differences between answers that lies between groups (the intraclass correlation); ``chance`` the p-value
    that there is no spread at all."""

    deviation: float
    low: float
    high: float
    alike: float
    chance: float
    centre: float
    groups: int


def groups_of(samples: Sequence[Sample]) -> list[Group]:
    """Means of samples with the variance that the answers' common spread gives each: a small group's own spread is a
    guess, and 0 where all its answers happen to be the same. For shares the common spread is the binomial one."""
    spread = within(samples)
    return [Group(sample.mean, spread / sample.n) for sample in samples]


def within(samples: Sequence[Sample]) -> float:
    """The variance of answers around their own group's mean, over all groups; 0 where no group has two answers."""
    degrees = sum(sample.n - 1 for sample in samples)
    return fsum((sample.n - 1) * sample.variance for sample in samples) / degrees if degrees else 0.0


def share_groups(counts: Sequence[tuple[int, int]]) -> list[Group]:
    """Shares of (hits, n), each with the variance of the overall share: a group without hits is not certain for it."""
    hits, n = sum(hits for hits, _ in counts), sum(n for _, n in counts)
    share = hits / n
    return [Group(one / size, share * (1 - share) / size) for one, size in counts]


def centre_of(groups: Sequence[Group], between: float) -> float:
    """The mean of the groups, each weighted by how certain it is when they lie ``between`` (a variance) apart."""
    if any(group.variance + between == 0 for group in groups):
        return fsum(group.value for group in groups) / len(groups)
    weights = [1 / (group.variance + between) for group in groups]
    return fsum(weight * group.value for weight, group in zip(weights, groups, strict=True)) / fsum(weights)


def heterogeneity(groups: Sequence[Group], between: float = 0.0) -> float:
    """Cochran's Q: the squared distances from the centre in units of what chance and ``between`` allow."""
    centre = centre_of(groups, between)
    total = 0.0
    for group in groups:
        square, allowed = (group.value - centre) ** 2, group.variance + between
        if square > 0:
            total += square / allowed if allowed > 0 else inf
    return total


def paule_mandel(groups: Sequence[Group], *, lost: int = 1) -> float:
    """The variance between groups at which the distances are just as large as they should be; 0 where chance explains
    all. ``lost`` degrees of freedom: 1, or 3 to shrink as James and Stein do."""
    return _between(groups, len(groups) - lost)


def dersimonian_laird(groups: Sequence[Group]) -> float:
    """The variance between groups in one step, as many published tables have it. No group may be without variance."""
    weights = [1 / group.variance for group in groups]
    total = fsum(weights)
    scale = total - fsum(weight * weight for weight in weights) / total
    return max(0.0, (heterogeneity(groups) - (len(groups) - 1)) / scale)


def _between(groups: Sequence[Group], target: float) -> float:
    """Where Q, which falls as ``between`` grows, has come down to ``target``; 0 where it starts below."""
    if target <= 0 or heterogeneity(groups) <= target:
        return 0.0
    middle = fsum(group.value for group in groups) / len(groups)
    highest = fsum((group.value - middle) ** 2 for group in groups) / target
    return rising_root(lambda between: target - heterogeneity(groups, between), 0.0, highest)


def spread_between(groups: Sequence[Group], *, answers: float = 0.0, level: float = LEVEL) -> Spread | None:
    """The spread between two groups or more. ``answers`` is the variance of the answers within groups, for the
    intraclass correlation. None for fewer than two groups."""
    degrees = len(groups) - 1
    if degrees < 1:
        return None
    between = _between(groups, degrees)
    low = _between(groups, chi_square_quantile((1 + level) / 2, degrees))
    high = _between(groups, chi_square_quantile((1 - level) / 2, degrees))
    excess = heterogeneity(groups)
    chance = 0.0 if excess == inf else chi_square_tail(excess, degrees)
    everything = between + answers
    return Spread(
        deviation=sqrt(between),
        low=sqrt(low),
        high=sqrt(high),
        alike=between / everything if everything > 0 else 0.0,
        chance=chance,
        centre=centre_of(groups, between),
        groups=len(groups),
    )


@dataclass(frozen=True, slots=True)
class Funnel:
    """Between which figures chance (and the usual spread) keeps a group of ``n`` answers."""

    n: int
    low: float
    high: float
    far_low: float
    far_high: float


def funnel(
    sizes: Sequence[int],
    *,
    centre: float,
    answers: float,
    between: float = 0.0,
    bounds: tuple[float, float] = (-inf, inf),
    level: float = LEVEL,
    far: float = 0.998,
) -> list[Funnel]:
    """Funnel limits by group size. ``answers`` is the variance of one answer at the centre; ``between`` the usual
    variance between groups, which makes limits fair to groups that simply differ (additive overdispersion)."""

    def reach(size: int, wanted: float) -> float:
        return z_quantile(wanted) * sqrt(answers / size + between)

    return [
        Funnel(
            n=size,
            low=max(bounds[0], centre - reach(size, level)),
            high=min(bounds[1], centre + reach(size, level)),
            far_low=max(bounds[0], centre - reach(size, far)),
            far_high=min(bounds[1], centre + reach(size, far)),
        )
        for size in sizes
    ]
