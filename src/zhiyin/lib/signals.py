"""What stands out among many figures: control limits over time, and discoveries that are not the luck of many looks.

Sources: p-chart as in Montgomery, Introduction to Statistical Quality Control; Benjamini and Hochberg 1995; Holm 1979.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

SIGMAS = 3.0


@dataclass(frozen=True, slots=True)
class Count:
    """``hits`` of ``n`` answers in one period."""

    hits: int
    n: int


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One period: its share and the limits for its own size. A period without answers has no share."""

    value: float | None
    lower: float
    upper: float
    out_of_control: bool


@dataclass(frozen=True, slots=True)
class PChart:
    centre: float
    points: tuple[ChartPoint, ...]


def frozen_centre(baseline: Sequence[Count]) -> float:
    """The share over all of the baseline, to be kept while the chart runs. Raises ValueError for an empty baseline."""
    n = sum(count.n for count in baseline)
    if n <= 0:
        raise ValueError("a control chart needs a baseline with answers")
    return sum(count.hits for count in baseline) / n


def p_chart(counts: Sequence[Count], *, centre: float, sigmas: float = SIGMAS) -> PChart:
    """Each period against limits of ``sigmas`` standard errors around the frozen ``centre``, by its own n."""
    return PChart(centre, tuple(_point(count, centre, sigmas) for count in counts))


def _point(count: Count, centre: float, sigmas: float) -> ChartPoint:
    if count.n <= 0:
        return ChartPoint(None, 0.0, 1.0, False)
    half = sigmas * sqrt(centre * (1 - centre) / count.n)
    lower, upper = max(0.0, centre - half), min(1.0, centre + half)
    value = count.hits / count.n
    return ChartPoint(value, lower, upper, not lower <= value <= upper)


@dataclass(frozen=True, slots=True)
class Discovery:
    """``adjusted`` is the p-value corrected for many looks; ``found`` says whether it stands at the chosen rate."""

    adjusted: float
    found: bool


def discoveries(p_values: Sequence[float], *, rate: float = 0.05) -> list[Discovery]:
    """Which of many comparisons stand when at most ``rate`` of the findings may be chance. Same order as given."""
    total = len(p_values)
    adjusted = [1.0] * total
    smallest = 1.0
    for rank, place in sorted(enumerate(sorted(range(total), key=p_values.__getitem__), start=1), reverse=True):
        smallest = min(smallest, p_values[place] * total / rank)
        adjusted[place] = smallest
    return [Discovery(value, value <= rate) for value in adjusted]


def confirmed(p_values: Sequence[float], *, rate: float = 0.05) -> list[Discovery]:
    """Which of many comparisons stand when with ``rate`` at most even one of the findings is chance (Holm 1979): for
    decisions about people, where every false finding does harm. Same order as given."""
    total = len(p_values)
    adjusted = [1.0] * total
    largest = 0.0
    for rank, place in enumerate(sorted(range(total), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[place] * (total - rank)))
        adjusted[place] = largest
    return [Discovery(value, value <= rate) for value in adjusted]
