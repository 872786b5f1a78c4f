"""Student's t distribution, as far as intervals need it, without a heavy library at run time.

Source: the incomplete beta function by Lentz's continued fraction (Press et al., Numerical Recipes, 6.4).
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-14


def t_tail(t: float, degrees: float) -> float:
    """The chance of a value above ``t`` (``t`` at least 0), with ``degrees`` of freedom that need not be whole."""
    return _beta_share(degrees / (degrees + t * t), degrees / 2, 0.5) / 2


@lru_cache(maxsize=4_096)
def t_quantile(probability: float, degrees: float) -> float:
    """The value that ``probability`` (above 0.5) of the distribution lies below; ``degrees`` at least 1."""
    # The tail falls and bends upward for positive t, and the normal quantile lies left of the answer: from there
    # Newton's method climbs to it and cannot overshoot.
    t, step = NormalDist().inv_cdf(probability), 1.0
    while step > t * 1e-15:
        step = (t_tail(t, degrees) - (1 - probability)) / _density(t, degrees)
        t += step
    return t


def _density(t: float, degrees: float) -> float:
    constant = exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(degrees * pi)
    return constant * float((1 + t * t / degrees) ** (-(degrees + 1) / 2))


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, for x above 0 and up to 1."""
    if x == 1.0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
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


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
