"""Rolling figures up a tree, and what a site's own mix lets one expect of it. Pure.

Mix-adjusted: indirect standardisation (Breslow and Day 1987, volume II, chapter 2). A site is compared with what the
whole organisation reaches on the same mix of touchpoints or segments; strata that a site does not serve do no harm.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from zhiyin.lib.intervals import Estimate, Sample

Key = TypeVar("Key", bound=Hashable)
Sums = Mapping[str, float]


@dataclass(frozen=True)
class Place:
    """A node of the tree: ``depth`` 0 is the head of the organisation."""

    id: int
    parent: int | None
    depth: int


def added(parts: Sequence[Sums]) -> dict[str, float]:
    """Sums of several groups together."""
    found: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            found[name] = found.get(name, 0.0) + value
    return found


def less(whole: Sums, part: Sums) -> dict[str, float]:
    """The whole without one part: what that part is compared with."""
    return {name: value - part.get(name, 0.0) for name, value in whole.items()}


def ancestors_at(depth: int, places: Sequence[Place]) -> dict[int, int]:
    """Each node at or below this depth → its ancestor at it. Parents stand before their children."""
    found: dict[int, int] = {}
    for place in places:
        if place.depth == depth:
            found[place.id] = place.id
        elif place.parent in found:
            found[place.id] = found[place.parent]
    return found


def rolled_up(figures: Mapping[int, Sums], above: Mapping[int, int]) -> dict[int, dict[str, float]]:
    """Sums by node → sums by ancestor. What lies above the chosen level belongs to nobody there."""
    found: dict[int, list[Sums]] = {}
    for node, sums in figures.items():
        if (ancestor := above.get(node)) is not None:
            found.setdefault(ancestor, []).append(sums)
    return {ancestor: added(parts) for ancestor, parts in found.items()}


@dataclass(frozen=True)
class Adjusted:
    """A site's figure with the effect of its mix taken out. ``expected``: what the whole reaches on the site's mix."""

    expected: float
    estimate: Estimate


def adjusted(
    raw: Estimate,
    strata: Mapping[Key, Sample],
    whole: Mapping[Key, Sample],
    *,
    centre: float,
    bounds: tuple[float, float],
) -> Adjusted | None:
    """The whole's figure, moved by how far the site lies from what its own mix lets expect. None without answers.

    The interval is that of the site's own answers: the whole is taken as known.
    """
    n = sum(sample.n for sample in strata.values())
    if not n:
        return None
    expected = sum(sample.n * whole[key].mean for key, sample in strata.items()) / n
    moved = centre - expected

    def inside(value: float) -> float:
        return min(max(value + moved, bounds[0]), bounds[1])

    return Adjusted(expected, Estimate(inside(raw.value), inside(raw.low), inside(raw.high), raw.n))
