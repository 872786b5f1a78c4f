"""Control charts: is today an ordinary day, or did something happen?

p-chart for shares, u-chart for events per unit, XmR for means and NPS; p' and u' where large numbers scatter more than
counting alone would make them. The baseline is frozen: what is judged does not move what it is judged by. A period
without data stays missing, is no 0, and breaks runs. Sources: Montgomery, Introduction to Statistical Quality Control;
Wheeler, Understanding Variation, for XmR; Laney 2002, Quality Engineering 14: 531.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import fsum, inf, sqrt

from zhiyin.lib.distributions import chi_square_tail
from zhiyin.lib.run_rules import NELSON_FIRST_FOUR, RunRule, signals_of

SIGMAS = 3.0
_MOVING = 1.128  # the mean range of two normal values, in standard deviations (d2)
ENOUGH = 8  # periods of a baseline, from which its own scatter can be told
_SURELY = 0.01
_ROUNDING = 1e-12


class Kind(StrEnum):
    SHARES = "p"
    RATES = "u"
    VALUES = "xmr"


@dataclass(frozen=True, slots=True)
class Period:
    """What one period has: a sum (hits, events) over ``size`` answers or units. Size 0: nothing was measured."""

    total: float
    size: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What periods are judged by, to be kept while the chart runs. ``scatter`` multiplies the standard error of a share
    or rate (1 is counting alone, above it Laney's), and is the standard deviation itself for values."""

    kind: Kind
    centre: float
    scatter: float
    periods: int


@dataclass(frozen=True, slots=True)
class Point:
    """One period: its value (None when missing), its limits (None without a size) and the rules that it completes."""

    value: float | None
    low: float | None
    high: float | None
    signals: tuple[RunRule, ...] = ()

    @property
    def is_out(self) -> bool:
        return RunRule.BEYOND_LIMITS in self.signals


@dataclass(frozen=True, slots=True)
class Chart:
    baseline: Baseline
    points: tuple[Point, ...]


def share_baseline(periods: Sequence[Period], *, widen: bool | None = None) -> Baseline:
    """The overall share. ``widen`` allows for more scatter than counting makes (p'); None does so where the baseline
    surely shows it. Raises ValueError for a baseline without answers."""
    return _counted(Kind.SHARES, periods, widen)


def rate_baseline(periods: Sequence[Period], *, widen: bool | None = None) -> Baseline:
    """The overall number of events per unit, for a u-chart or u'."""
    return _counted(Kind.RATES, periods, widen)


def value_baseline(values: Sequence[float | None]) -> Baseline:
    """The mean, and the standard deviation that neighbours' differences tell (XmR). A missing value is skipped, and no
    difference reaches across it. Raises ValueError for fewer than two values."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        raise ValueError("a control chart of values needs a baseline of at least two")
    return Baseline(Kind.VALUES, fsum(known) / len(known), _moving_range(values) or 0.0, len(known))


def _counted(kind: Kind, periods: Sequence[Period], widen: bool | None) -> Baseline:
    size = fsum(period.size for period in periods)
    if size <= 0:
        raise ValueError("a control chart needs a baseline with answers")
    centre = fsum(period.total for period in periods) / size
    plain = Baseline(kind, centre, 1.0, sum(period.size > 0 for period in periods))
    distances = [_distance(plain, period) for period in periods]
    if widen is None:
        widen = plain.periods >= ENOUGH and _scatters(distances)
    # A baseline that drifts lies far apart with small steps: that is a signal, and no reason for narrower limits.
    return Baseline(kind, centre, max(1.0, _moving_range(distances) or 1.0), plain.periods) if widen else plain


def _scatters(distances: Sequence[float | None]) -> bool:
    """Whether shares or rates lie farther apart than counting can explain."""
    known = [one for one in distances if one is not None]
    return chi_square_tail(fsum(one * one for one in known), len(known) - 1) < _SURELY


def _moving_range(values: Sequence[float | None]) -> float | None:
    steps = [abs(b - a) for a, b in pairwise(values) if a is not None and b is not None]
    return fsum(steps) / len(steps) / _MOVING if steps else None


def _error(baseline: Baseline, size: float) -> float:
    """The standard error of a period of this size around the centre."""
    if baseline.kind is Kind.VALUES:
        return baseline.scatter
    spread = baseline.centre * (1 - baseline.centre) if baseline.kind is Kind.SHARES else baseline.centre
    return baseline.scatter * sqrt(spread / size)


def _distance(baseline: Baseline, period: Period) -> float | None:
    if period.size <= 0:
        return None
    error, away = _error(baseline, period.size), period.total / period.size - baseline.centre
    if abs(away) <= _ROUNDING * max(1.0, abs(baseline.centre)):
        return 0.0  # equal shares may differ in their last digit, and then the error is as small
    return away / error if error > 0 else (inf if away > 0 else -inf)


def chart(
    periods: Sequence[Period],
    baseline: Baseline,
    *,
    sigmas: float = SIGMAS,
    rules: Collection[RunRule] = NELSON_FIRST_FOUR,
) -> Chart:
    """Each period against limits for its own size. For a chart of values a period is the value over a size of 1."""
    values = [period.total / period.size if period.size > 0 else None for period in periods]
    distances = [_distance(baseline, period) for period in periods]
    signals = signals_of(values, distances, sigmas=sigmas, rules=rules)
    points = []
    for period, value, found in zip(periods, values, signals, strict=True):
        low, high = _limits(baseline, period.size, sigmas)
        points.append(Point(value, low, high, found))
    return Chart(baseline, tuple(points))


def _limits(baseline: Baseline, size: float, sigmas: float) -> tuple[float | None, float | None]:
    if size <= 0:
        return None, None
    half = sigmas * _error(baseline, size)
    low, high = baseline.centre - half, baseline.centre + half
    if baseline.kind is not Kind.VALUES:
        low = max(0.0, low)
    return low, min(1.0, high) if baseline.kind is Kind.SHARES else high
