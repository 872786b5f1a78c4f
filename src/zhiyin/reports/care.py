"""What stands behind a cell of 九经四纬: how closely it goes together with overall satisfaction, care given against
care perceived (S2.26), and what the source wants improved there (S2.12)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from zhiyin.journey.queries import MomentCard, cell_points, journey_map, moments
from zhiyin.lib.intervals import FLOOR
from zhiyin.lib.relation import Products, Relation, pearson
from zhiyin.lib.text import Text
from zhiyin.metrics.estimates import share_of
from zhiyin.metrics.explaining import Strength, related
from zhiyin.metrics.language import Figure
from zhiyin.reports.figures import Desk

GIVEN = "checklist_adherence"
Key = tuple[str, str]  # touchpoint, dimension
Perception = Literal["met", "unnoticed", "unearned", "missing", ""]
Counts = dict[tuple[float, float], int]


@dataclass(frozen=True)
class Care:
    """``relation`` is Spearman's, corrected for all cells looked at; ``pearson`` stands beside it. Both are None where
    fewer than four pairs are known or one of the two never varies.

    ``strength``: ``high`` where the relation is more than chance and not below the middle of all cells (S2.11 asks for
    high and low and prints no values). ``given`` is None where the cell has no moment, and has n = 0 where nobody
    looked. ``perception`` compares both with their own averages: ``unnoticed`` is care that was given and not felt.
    """

    relation: Strength | None
    pearson: Relation | None
    strength: Literal["high", "low", ""]
    given: Figure | None
    perception: Perception
    points: tuple[Text, ...]
    source: str


def care_of_cells(desk: Desk, measure: str = "top_box") -> dict[Key, Care]:
    """One for each cell of the matrix, none missing. ``measure`` is what perceived care is read by."""
    known = journey_map()
    keys = [
        (touchpoint.key, dimension.key)
        for touchpoint in sorted(known.touchpoints.values(), key=lambda card: card.order)
        if touchpoint.in_matrix
        for dimension in known.dimensions
    ]
    pairs = _pairs(desk, keys)
    relations = related(pairs)
    middle = _middle(relations.values())
    given, usual = _given(desk, keys)
    felt, average = desk.ask(measure, "touchpoint", "dimension").by_key(), desk.ask(measure).whole
    points = cell_points()
    return {
        key: Care(
            relation=relations[key],
            pearson=pearson(Products.of(pairs[key])) if pairs[key] else None,
            strength=_strength(relations[key], middle),
            given=given[key],
            perception=_perception(given[key], usual, felt.get(key), average),
            points=points.get(key, ((), ""))[0],
            source=points.get(key, ((), ""))[1],
        )
        for key in keys
    }


def _pairs(desk: Desk, keys: Iterable[Key]) -> dict[Key, Counts]:
    """How often each answer of a cell was given beside each overall answer of the same response."""
    found: dict[Key, Counts] = {key: {} for key in keys}
    for figure in desk.ask("matrix_cell", "touchpoint", "dimension", "score", "overall").figures:
        touchpoint, dimension, score, overall = figure.key
        if (touchpoint, dimension) in found and overall is not None:
            found[touchpoint, dimension][float(score), float(overall)] = figure.n
    return found


def _middle(relations: Iterable[Strength | None]) -> float:
    known = [one.relation.value for one in relations if one]
    return median(known) if known else 0.0


def _strength(one: Strength | None, middle: float) -> Literal["high", "low", ""]:
    if one is None:
        return ""
    return "high" if one.stands and one.relation.value > 0 and one.relation.value >= middle else "low"


def _given(desk: Desk, keys: Iterable[Key]) -> tuple[dict[Key, Figure | None], Figure]:
    """The adherence of each cell, over all moments of its touchpoint that name its dimension, and the usual one."""
    of_cell: dict[Key, list[str]] = {}
    for moment in moments():
        for dimension in moment.dimensions:
            of_cell.setdefault((moment.touchpoint, dimension), []).append(moment.key)
    nobody = Figure((), 0, None, None, None)
    if not desk.can_ask(GIVEN):  # cut by something that only answers have
        return {key: nobody if key in of_cell else None for key in keys}, nobody
    found = desk.ask(GIVEN, "touchpoint", "moment").by_key()
    cells = {
        key: _pooled([found[key[0], one] for one in of_cell[key] if (key[0], one) in found]) if key in of_cell else None
        for key in keys
    }
    return cells, desk.ask(GIVEN).whole


def _pooled(figures: Iterable[Figure]) -> Figure:
    sums = {"n": 0.0, "hits": 0.0}
    for figure in figures:
        sums = {name: sums[name] + figure.sums[name] for name in sums}
    found = share_of(sums)
    if found is None:
        return Figure((), 0, None, None, None, sums)
    return Figure((), found.n, found.value, found.low, found.high, sums)


def _perception(given: Figure | None, usual: Figure, felt: Figure | None, average: Figure) -> Perception:
    if given is None or felt is None or min(given.n, felt.n) < FLOOR:
        return ""
    if given.value is None or felt.value is None or usual.value is None or average.value is None:
        return ""
    is_given, is_felt = given.value >= usual.value, felt.value >= average.value
    words: Mapping[tuple[bool, bool], Perception] = {
        (True, True): "met",
        (True, False): "unnoticed",
        (False, True): "unearned",
        (False, False): "missing",
    }
    return words[is_given, is_felt]


def moments_of(touchpoint: str, dimension: str) -> list[MomentCard]:
    """The moments of a cell, whose checklists are the care that can be given there."""
    return [one for one in moments() if one.touchpoint == touchpoint and dimension in one.dimensions]
