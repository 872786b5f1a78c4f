"""Patterns in a control chart that chance rarely makes, each by its name.

Sources: Western Electric, Statistical Quality Control Handbook, 1956; Nelson 1984, Journal of Quality Technology 16:
237. A missing point breaks a run: what was not measured is no evidence.
"""

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from itertools import pairwise

_ROUNDING = 1e-9  # standard errors


class RunRule(StrEnum):
    """What the points that end in the signal have in common; distances are in standard errors from the centre."""

    BEYOND_LIMITS = "beyond_limits"  # one point outside the limits: Western Electric 1, Nelson 1
    NINE_ON_ONE_SIDE = "nine_on_one_side"  # Nelson 2
    SIX_RISING_OR_FALLING = "six_rising_or_falling"  # Nelson 3
    FOURTEEN_ALTERNATING = "fourteen_alternating"  # Nelson 4
    TWO_OF_THREE_FAR_OUT = "two_of_three_far_out"  # beyond 2 on one side: Western Electric 2, Nelson 5
    FOUR_OF_FIVE_OUT = "four_of_five_out"  # beyond 1 on one side: Western Electric 3, Nelson 6
    FIFTEEN_NEAR_CENTRE = "fifteen_near_centre"  # all within 1: Nelson 7
    EIGHT_AWAY_FROM_CENTRE = "eight_away_from_centre"  # none within 1, either side: Nelson 8
    EIGHT_ON_ONE_SIDE = "eight_on_one_side"  # Western Electric 4


NELSON = tuple(rule for rule in RunRule if rule is not RunRule.EIGHT_ON_ONE_SIDE)
# The four that speak of a figure that moved or will not settle; the other four of Nelson's question the chart itself.
NELSON_FIRST_FOUR = NELSON[:4]
WESTERN_ELECTRIC = (
    RunRule.BEYOND_LIMITS,
    RunRule.TWO_OF_THREE_FAR_OUT,
    RunRule.FOUR_OF_FIVE_OUT,
    RunRule.EIGHT_ON_ONE_SIDE,
)


def signals_of(
    values: Sequence[float | None],
    distances: Sequence[float | None],
    *,
    sigmas: float = 3.0,
    rules: Collection[RunRule] = NELSON_FIRST_FOUR,
) -> list[tuple[RunRule, ...]]:
    """For each point the rules that it completes. ``distances`` are the values' distances from the centre in standard
    errors; None is a missing point."""
    found: list[tuple[RunRule, ...]] = []
    run: list[tuple[float, float]] = []  # the points since the last missing one
    for value, distance in zip(values, distances, strict=True):
        if value is None or distance is None:
            run = []
            found.append(())
            continue
        run = [*run[-14:], (value, distance)]
        found.append(tuple(rule for rule in rules if _completes(rule, run, sigmas)))
    return found


def _completes(rule: RunRule, run: Sequence[tuple[float, float]], sigmas: float) -> bool:
    length, holds = _RULES[rule]
    last = run[-length:]
    if len(last) < length:
        return False
    if rule is RunRule.BEYOND_LIMITS:
        return abs(last[0][1]) > sigmas + _ROUNDING  # a point on its limit is not beyond it
    return holds([value for value, _ in last], [distance for _, distance in last])


_Holds = Callable[[Sequence[float], Sequence[float]], bool]


def _on_one_side(_values: Sequence[float], distances: Sequence[float]) -> bool:
    return min(distances) > 0 or max(distances) < 0


def _steady(values: Sequence[float], _distances: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values)) or all(a > b for a, b in pairwise(values))


def _alternating(values: Sequence[float], _distances: Sequence[float]) -> bool:
    return all((b - a) * (c - b) < 0 for (a, b), c in zip(pairwise(values), values[2:], strict=False))


def _out(beyond: float, needed: int) -> _Holds:
    """``needed`` of the points, and the last one, farther out than ``beyond`` on one side."""

    def holds(_values: Sequence[float], distances: Sequence[float]) -> bool:
        return any(
            sign * distances[-1] > beyond and sum(sign * one > beyond for one in distances) >= needed
            for sign in (1, -1)
        )

    return holds


def _near(_values: Sequence[float], distances: Sequence[float]) -> bool:
    return max(abs(one) for one in distances) < 1


def _away(_values: Sequence[float], distances: Sequence[float]) -> bool:
    return min(abs(one) for one in distances) > 1


_RULES: dict[RunRule, tuple[int, _Holds]] = {
    RunRule.BEYOND_LIMITS: (1, _on_one_side),
    RunRule.NINE_ON_ONE_SIDE: (9, _on_one_side),
    RunRule.SIX_RISING_OR_FALLING: (6, _steady),
    RunRule.FOURTEEN_ALTERNATING: (14, _alternating),
    RunRule.TWO_OF_THREE_FAR_OUT: (3, _out(2, 2)),
    RunRule.FOUR_OF_FIVE_OUT: (5, _out(1, 4)),
    RunRule.FIFTEEN_NEAR_CENTRE: (15, _near),
    RunRule.EIGHT_AWAY_FROM_CENTRE: (8, _away),
    RunRule.EIGHT_ON_ONE_SIDE: (8, _on_one_side),
}
