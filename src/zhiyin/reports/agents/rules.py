"""What may be said of somebody's place among others. Pure.

A rank is a claim about a person: it is made only where the data carry it, and in words that name no guilt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SURE = 0.9  # how likely somebody belongs to the first or the last fifth before it is said


class Place(StrEnum):
    HIGH = "high"  # very likely among the first fifth
    LOW = "low"  # very likely among the last fifth
    MIDDLE = "middle"  # cannot be told apart from most


@dataclass(frozen=True)
class Chances:
    """How likely it is that somebody truly belongs to the first or the last fifth, and the ranks that are possible."""

    in_best: float
    in_worst: float
    best: int
    worst: int


def place_of(one: Chances, *, between: float) -> Place:
    """Where chance explains all differences (``between`` 0) nobody has a place."""
    if between == 0:
        return Place.MIDDLE
    if one.in_best >= SURE:
        return Place.HIGH
    return Place.LOW if one.in_worst >= SURE else Place.MIDDLE


def alike(one: Chances, others: Sequence[Chances]) -> int:
    """From how many of the others somebody cannot be told apart: their possible ranks overlap."""
    return sum(one.best <= other.worst and other.best <= one.worst for other in others if other is not one)
