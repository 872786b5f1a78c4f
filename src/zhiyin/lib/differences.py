"""How two figures compare: the difference with its interval, and the chance that it is chance.

Differences of shares, means and NPS from their counts are in ``intervals.py``. Here: of any two estimates (the method
of variance estimates recovery, Zou and Donner 2008, Statistics in Medicine 27: 1693; for two Wilson intervals it is
Newcombe's), of pairs of answers by the same people, and the p-values for ``signals.discoveries``.
"""

from math import sqrt

from zhiyin.lib.distributions import two_sided
from zhiyin.lib.intervals import Difference, Estimate, Recommenders, Sample, nps_and_variance
from zhiyin.lib.student_t import t_tail


def difference_of(first: Estimate, second: Estimate) -> Difference:
    """How far one estimate lies above another that rests on other answers, from the two intervals."""
    value = first.value - second.value
    low = value - sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    high = value + sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Difference(value, low, high, first.n, second.n)


def p_value(difference: float, variance: float) -> float:
    """The two-sided p-value of a difference that scatters normally with this variance."""
    if variance > 0:
        return two_sided(difference / sqrt(variance))
    return 1.0 if difference == 0 else 0.0


def p_value_of_means(sample: Sample, before: Sample) -> float:
    """Welch's test: the spreads may differ. Both samples need two answers at least."""
    a, b = sample.variance / sample.n, before.variance / before.n
    if a + b == 0:
        return p_value(sample.mean - before.mean, 0.0)
    degrees = (a + b) ** 2 / (a * a / (sample.n - 1) + b * b / (before.n - 1))
    return 2 * t_tail(abs(sample.mean - before.mean) / sqrt(a + b), degrees)


def p_value_of_nps(groups: Recommenders, before: Recommenders) -> float:
    """The z test with the two multinomial variances."""
    now, variance = nps_and_variance(groups)
    then, variance_before = nps_and_variance(before)
    return p_value(now - then, variance + variance_before)


def pairs(
    *, n: int, first: float, second: float, first_squares: float, second_squares: float, products: float
) -> Sample:
    """The differences of ``n`` pairs from their sums, sums of squares and sum of products: what SQL can add up."""
    middle = (first - second) / n
    squares = first_squares + second_squares - 2 * products
    return Sample(n, middle, max(squares - n * middle * middle, 0.0) / (n - 1) if n > 1 else 0.0)
