"""What stands out among many figures: discoveries that are not the luck of many looks.

Sources: Benjamini and Hochberg 1995; Holm 1979.
"""

from collections.abc import Sequence
from dataclasses import dataclass


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
