"""How sure a figure is: intervals of shares, means and NPS, differences, verdict words, control limits.

Shares are 0 to 1, NPS -100 to 100. A ``level`` is the confidence, 0.95 unless told otherwise. Sources: Wilson 1927;
Newcombe 1998 (Statistics in Medicine 17: 857 method 3, 873 method 10); Welch 1947; NPS by the multinomial variance, and
adjusted as in Rocks 2016; the standard deviation by the chi-square distribution. What the way of asking does to these
is in ``sampling.py``, how two figures compare in ``differences.py``, what stands out among many in ``signals.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum, sqrt

from zhiyin.lib.distributions import chi_square_quantile, two_sided, z_quantile
from zhiyin.lib.student_t import t_quantile

LEVEL = 0.95
FLOOR = 30  # answers, below which no figure is shown (DESIGN 1.3)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its interval and the answers behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the first figure lies above the second, with its interval and both sizes."""

    value: float
    low: float
    high: float
    n_first: int
    n_second: int


@dataclass(frozen=True, slots=True)
class Score:
    """A figure as it travels: never without its size, interval and meaning. Withheld: the figures are None."""

    value: float | None
    n: int
    low: float | None
    high: float | None
    measure: str

    @staticmethod
    def of(estimate: Estimate, *, measure: str, floor: int = FLOOR) -> "Score":
        """The estimate under its measure's name, withheld where it rests on fewer than ``floor`` answers."""
        if estimate.n < floor:
            return Score.withheld(estimate.n, measure=measure)
        return Score(estimate.value, estimate.n, estimate.low, estimate.high, measure)

    @staticmethod
    def withheld(n: int, *, measure: str = "") -> "Score":
        """Too few answers to say anything: only their number is told."""
        return Score(None, n, None, None, measure)

    @property
    def is_withheld(self) -> bool:
        return self.value is None


class Verdict(StrEnum):
    """The fixed words of a comparison: 显著上升, 显著下降, 差异不显著, 证据不足, 样本不足, 失控."""

    SIGNIFICANT_UP = "significant_up"
    SIGNIFICANT_DOWN = "significant_down"
    NOT_SIGNIFICANT = "not_significant"
    INCONCLUSIVE = "inconclusive"
    LOW_N = "low_n"
    OUT_OF_CONTROL = "out_of_control"


def verdict(*, difference: Difference, relevant: float, floor: int = FLOOR, stands: bool = True) -> Verdict:
    """The word for a difference. ``relevant`` is the smallest change that matters, in the unit of the difference.

    An interval across 0 that stays inside plus and minus ``relevant`` says "no difference that matters"; a wider one
    says only that we do not know. ``stands`` is False for a difference that correction for many looks did not leave.
    """
    if min(difference.n_first, difference.n_second) < floor:
        return Verdict.LOW_N
    if difference.low > 0 and stands:
        return Verdict.SIGNIFICANT_UP
    if difference.high < 0 and stands:
        return Verdict.SIGNIFICANT_DOWN
    if -relevant < difference.low and difference.high < relevant:
        return Verdict.NOT_SIGNIFICANT
    return Verdict.INCONCLUSIVE


def share(*, hits: int, n: int, level: float = LEVEL) -> Estimate:
    """A share with Wilson's interval. Raises ValueError unless 0 <= hits <= n and n > 0."""
    _require_share(hits, n)
    low, high = wilson(hits / n, n, z_quantile(level))
    return Estimate(hits / n, low, high, n)


def wilson(value: float, size: float, reach: float) -> tuple[float, float]:
    """Wilson's interval of a share over ``size`` answers (it need not be whole), ``reach`` standard errors wide."""
    z2 = reach * reach
    centre = (value + z2 / (2 * size)) / (1 + z2 / size)
    half = reach / (1 + z2 / size) * sqrt(value * (1 - value) / size + z2 / (4 * size * size))
    low = 0.0 if value == 0.0 else max(0.0, min(value, centre - half))
    high = 1.0 if value == 1.0 else min(1.0, max(value, centre + half))
    return low, high


def difference_of_shares(*, hits: int, n: int, hits_before: int, n_before: int, level: float = LEVEL) -> Difference:
    """How far a share lies above another, with Newcombe's interval from the two Wilson intervals."""
    now, before = share(hits=hits, n=n, level=level), share(hits=hits_before, n=n_before, level=level)
    value = now.value - before.value
    low = value - sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    high = value + sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    return Difference(value, low, high, n, n_before)


def p_value_of_shares(*, hits: int, n: int, hits_before: int, n_before: int) -> float:
    """The two-sided p-value that two shares are one (z test with the pooled share), for ``signals``."""
    _require_share(hits, n)
    _require_share(hits_before, n_before)
    pooled = (hits + hits_before) / (n + n_before)
    spread = sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_before))
    return two_sided((hits / n - hits_before / n_before) / spread) if spread else 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What a mean rests on: the number of answers, their mean and their variance (divided by n - 1)."""

    n: int
    mean: float
    variance: float

    @staticmethod
    def of(values: Sequence[float]) -> "Sample":
        n = len(values)
        if not n:
            return Sample(0, 0.0, 0.0)
        mean = fsum(values) / n
        return Sample(n, mean, fsum((value - mean) ** 2 for value in values) / (n - 1) if n > 1 else 0.0)


def mean(sample: Sample, *, level: float = LEVEL) -> Estimate:
    """A mean with Student's interval. Raises ValueError for fewer than two answers."""
    _require_pair(sample)
    half = t_quantile((1 + level) / 2, sample.n - 1) * sqrt(sample.variance / sample.n)
    return Estimate(sample.mean, sample.mean - half, sample.mean + half, sample.n)


def deviation(sample: Sample, *, level: float = LEVEL) -> Estimate:
    """The standard deviation of the answers with its chi-square interval. Raises ValueError for fewer than two."""
    _require_pair(sample)
    squares = sample.variance * (sample.n - 1)
    low = sqrt(squares / chi_square_quantile((1 + level) / 2, sample.n - 1))
    high = sqrt(squares / chi_square_quantile((1 - level) / 2, sample.n - 1))
    return Estimate(sqrt(sample.variance), low, high, sample.n)


def difference_of_means(sample: Sample, before: Sample, *, level: float = LEVEL) -> Difference:
    """How far a mean lies above another, with Welch's interval (the spreads may differ)."""
    _require_pair(sample)
    _require_pair(before)
    value = sample.mean - before.mean
    a, b = sample.variance / sample.n, before.variance / before.n
    half = 0.0
    if a + b > 0:
        degrees = (a + b) ** 2 / (a * a / (sample.n - 1) + b * b / (before.n - 1))
        half = t_quantile((1 + level) / 2, degrees) * sqrt(a + b)
    return Difference(value, value - half, value + half, sample.n, before.n)


@dataclass(frozen=True, slots=True)
class Recommenders:
    """The three groups that an NPS counts."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors


def nps(groups: Recommenders, *, level: float = LEVEL, adjusted: bool = False) -> Estimate:
    """The NPS with the interval of its multinomial variance. Raises ValueError without answers.

    ``adjusted`` adds three answers to the arithmetic of the interval (3/4 promoter, 3/4 detractor, 3/2 passive): better
    for small groups and for groups of one mind, whose plain interval has no width.
    """
    value, _ = nps_and_variance(groups)
    centre, variance = nps_and_variance(groups, extra=0.75 if adjusted else 0.0)
    half = z_quantile(level) * sqrt(variance)
    return Estimate(value, max(-100.0, min(value, centre - half)), min(100.0, max(value, centre + half)), groups.n)


def difference_of_nps(groups: Recommenders, before: Recommenders, *, level: float = LEVEL) -> Difference:
    """How far an NPS lies above another, in points."""
    now, variance = nps_and_variance(groups)
    then, variance_before = nps_and_variance(before)
    half = z_quantile(level) * sqrt(variance + variance_before)
    return Difference(now - then, now - then - half, now - then + half, groups.n, before.n)


def nps_and_variance(groups: Recommenders, *, extra: float = 0.0) -> tuple[float, float]:
    """The NPS and the variance of it, in points; ``extra`` answers are added to promoters and to detractors."""
    if groups.n <= 0 or min(groups.promoters, groups.passives, groups.detractors) < 0:
        raise ValueError("an NPS needs at least one answer, and no negative counts")
    n = groups.n + 4 * extra
    p, d = (groups.promoters + extra) / n, (groups.detractors + extra) / n
    return (p - d) * 100, (p + d - (p - d) ** 2) / n * 10_000


def _require_share(hits: int, n: int) -> None:
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"a share needs 0 <= hits <= n and n > 0, not {hits} of {n}")


def _require_pair(sample: Sample) -> None:
    if sample.n < 2:
        raise ValueError("an interval of a mean needs at least two answers")
