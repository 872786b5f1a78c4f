"""From sums to a value with its interval: what several rooms' measures have in common."""

from collections.abc import Mapping
from math import exp, inf, sqrt
from typing import Any

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate, Recommenders, Sample
from zhiyin.lib.spread import groups_of, share_groups, spread_between

Sums = Mapping[str, float]
WIDEST_SHARES = 0.5  # half of the groups at 0, half at 1
_Z = 1.959963984540054


def share_of(sums: Sums) -> Estimate | None:
    """Wilson's interval over ``hits`` of ``n``; None for no rows."""
    n = int(sums["n"])
    return intervals.share(hits=int(sums["hits"]), n=n) if n else None


def sample_of(sums: Sums) -> Sample | None:
    """Size, mean and variance from ``n``, ``total`` and ``squares``; None for fewer than two."""
    n = int(sums["n"])
    if n < 2:
        return None
    mean = sums["total"] / n
    return Sample(n, mean, max(sums["squares"] - n * mean * mean, 0.0) / (n - 1))


def mean_of(sums: Sums) -> Estimate | None:
    """Student's interval over the sum and the sum of squares; one answer alone has no interval and is no figure."""
    sample = sample_of(sums)
    return intervals.mean(sample) if sample else None


def nps_of(sums: Sums) -> Estimate | None:
    n, promoters, detractors = int(sums["n"]), int(sums["promoters"]), int(sums["detractors"])
    return intervals.nps(Recommenders(promoters, n - promoters - detractors, detractors)) if n else None


def count_of(sums: Sums) -> Estimate | None:
    """A count is what it is: no interval."""
    n = int(sums["n"])
    return Estimate(float(n), float(n), float(n), n)


def deviation_of(sums: Sums) -> Estimate | None:
    """The standard deviation with the large-sample interval of a variance, by the fourth moment: scores are no bell.

    Var(s²) = (m4 − s⁴ (n − 3)/(n − 1)) / n (Mood, Graybill and Boes, Introduction to the Theory of Statistics, 3rd
    edition, VI.2.4); the deviation's own follows by the delta method. None for fewer than four.
    """
    n = int(sums["n"])
    if n < 4:
        return None
    mean = sums["total"] / n
    second, third, fourth = sums["squares"] / n, sums["cubes"] / n, sums["fourths"] / n
    variance = max(second - mean**2, 0.0) * n / (n - 1)
    around = max(fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4, 0.0)
    deviation = sqrt(variance)
    if not variance:
        return Estimate(0.0, 0.0, 0.0, n)
    of_variance = max(around - variance**2 * (n - 3) / (n - 1), 0.0) / n
    half = _Z * sqrt(of_variance) / (2 * deviation)
    return Estimate(deviation, max(deviation - half, 0.0), deviation + half, n)


def ratio_of(sums: Sums) -> Estimate | None:
    """``total`` of all rows for each of ``n`` that count, by linearisation (Cochran, Sampling Techniques, 3rd edition,
    2.11). None where nothing counts: not measurable."""
    n, rows = int(sums["n"]), int(sums["rows"])
    if not n or rows < 2:
        return None
    value = sums["total"] / n
    left = max(sums["squares"] - 2 * value * sums["cross"] + value**2 * n, 0.0)
    half = _Z * sqrt(left * rows / (rows - 1)) / n
    return Estimate(value, max(value - half, 0.0), value + half, n)


def spread_of(sums: Mapping[str, Any]) -> Estimate | None:
    """How far the true shares or means of ``groups`` (each with its own sums) lie apart. None for fewer than two."""
    groups = [one for one in sums["groups"] if one["n"] > 0]
    n = int(sum(one["n"] for one in groups))
    if len(groups) < 2:
        return None
    if "hits" in groups[0]:
        found = spread_between(share_groups([(int(one["hits"]), int(one["n"])) for one in groups]))
        widest = WIDEST_SHARES
    else:
        samples = [sample for one in groups if (sample := sample_of(one))]
        found, widest = spread_between(groups_of(samples)), inf
    return Estimate(found.deviation, found.low, min(found.high, widest), n) if found else None


def passed_of(sums: Sums) -> Estimate | None:
    """How many went on, of how many there were. None where there were none: not measurable (S1.41). Counts of two
    systems need not fit into each other: above 1 the interval is that of a ratio of two counts."""
    n, hits = int(sums["n"]), int(sums["hits"])
    if n <= 0:
        return None
    if hits <= n:
        return intervals.share(hits=hits, n=n)
    value, wide = hits / n, exp(_Z * sqrt(1 / hits + 1 / n))
    return Estimate(value, value / wide, value * wide, n)
