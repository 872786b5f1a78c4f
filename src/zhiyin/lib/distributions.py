"""Normal, chi-square and beta distributions, as far as figures need them, without a heavy library at run time.

Sources: the incomplete beta function by Lentz's continued fraction, the incomplete gamma function by its series and
by the same kind of fraction (Press et al., Numerical Recipes, 6.2 and 6.4).
"""

from collections.abc import Callable
from functools import lru_cache
from math import erfc, exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-14


def z_quantile(level: float) -> float:
    """How many standard errors an interval of this confidence reaches to either side."""
    return NormalDist().inv_cdf((1 + level) / 2)


def two_sided(z: float) -> float:
    """The chance of a standard normal value at least as far from 0 as ``z``."""
    return erfc(abs(z) / sqrt(2))


def beta_share(x: float, a: float, b: float) -> float:
    """The part of the beta distribution below ``x``: the regularised incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


@lru_cache(maxsize=16_384)
def beta_quantile(probability: float, a: float, b: float) -> float:
    """The value that ``probability`` of the beta distribution lies below."""
    mean = a / (a + b)
    spread = sqrt(mean * (1 - mean) / (a + b + 1))
    constant = lgamma(a + b) - lgamma(a) - lgamma(b)

    def density(x: float) -> float:
        return exp(min(constant + (a - 1) * log(x) + (b - 1) * log1p(-x), 700.0))

    start = mean + NormalDist().inv_cdf(probability) * spread
    return _quantile(lambda x: beta_share(x, a, b), density, probability, start=start, high=1.0)


def chi_square_tail(x: float, degrees: float) -> float:
    """The chance of a value above ``x`` with ``degrees`` of freedom."""
    return 1 - _gamma_share(x / 2, degrees / 2) if x < degrees + 2 else _gamma_tail(x / 2, degrees / 2)


@lru_cache(maxsize=4_096)
def chi_square_quantile(probability: float, degrees: float) -> float:
    """The value that ``probability`` of the chi-square distribution lies below."""
    half = degrees / 2
    # Wilson and Hilferty's cube lies close for all but the fewest degrees.
    cube = 1 - 2 / (9 * degrees) + NormalDist().inv_cdf(probability) * sqrt(2 / (9 * degrees))

    def density(x: float) -> float:
        return exp((half - 1) * log(x / 2) - x / 2 - lgamma(half)) / 2

    def below(x: float) -> float:
        return 1 - chi_square_tail(x, degrees)

    high = degrees + 10.0
    while below(high) < probability:
        high *= 2
    return _quantile(below, density, probability, start=degrees * cube**3, high=high)


def rising_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses 0 between ``low`` and ``high`` (neither negative), to about 15 digits."""
    while high - low > 1e-15 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return (low + high) / 2


def _quantile(
    below: Callable[[float], float],
    density: Callable[[float], float],
    probability: float,
    *,
    start: float,
    high: float,
) -> float:
    """Newton's method from ``start``; where it would leave what is known to hold the answer, that is halved."""
    low, x, step = 0.0, start, inf
    if not low < x < high:
        x = (low + high) / 2
    while abs(step) > 1e-15 * x and low < x < high:
        excess = below(x) - probability
        low, high = (low, x) if excess > 0 else (x, high)
        there = density(x)
        proposed = x - excess / there if there else inf
        if not low < proposed < high:
            proposed = (low + high) / 2
        step, x = proposed - x, proposed
    return x


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Lentz's way to evaluate the continued fraction, until a step no longer changes it."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    result, m, change = d, 0, 0.0
    while abs(change - 1) > _PRECISION:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            change = c * d
            result *= change
    return result


def _gamma_share(x: float, a: float) -> float:
    """The regularised incomplete gamma function by its series: quick below the mean."""
    if x <= 0:
        return 0.0
    term = total = 1 / a
    place = a
    while term > total * 1e-17:
        place += 1
        term *= x / place
        total += term
    return total * exp(a * log(x) - x - lgamma(a))


def _gamma_tail(x: float, a: float) -> float:
    """What the incomplete gamma function leaves above ``x``, by its continued fraction: quick above the mean."""
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    result, number, change = d, 0, 0.0
    while abs(change - 1) > _PRECISION:
        number += 1
        term = -number * (number - a)
        b += 2
        d = 1 / _away_from_zero(term * d + b)
        c = _away_from_zero(b + term / c)
        change = c * d
        result *= change
    return result * exp(a * log(x) - x - lgamma(a))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
