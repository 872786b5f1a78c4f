"""Student's t distribution, as far as intervals need it."""

from functools import lru_cache
from math import exp, lgamma, pi, sqrt
from statistics import NormalDist

from zhiyin.lib.distributions import beta_share


def t_tail(t: float, degrees: float) -> float:
    """The chance of a value above ``t`` (``t`` at least 0), with ``degrees`` of freedom that need not be whole."""
    return beta_share(degrees / (degrees + t * t), degrees / 2, 0.5) / 2


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
