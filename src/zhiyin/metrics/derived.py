"""Figures that are reckoned from the answers to other questions: shares of one whole, spreads, composites.

Each asks plain questions of the engine, in the same words and within the same units, and puts the sums together. So
what holds for a plain figure (row scope, the mirror's moment, withholding) holds here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zhiyin.metrics.language import NOT_KNOWN, Answer, Figure, Measure, Question, UnknownName

Ask = Callable[[Question], Answer]
Key = tuple[Any, ...]


def answered(question: Question, measure: Measure, *, ask: Ask, measures: Mapping[str, Measure], floor: int) -> Answer:
    """The answer for a derived measure. ``ask`` answers plain questions without withholding anything."""
    if measure.parts:
        return _composite(question, measure, ask=ask, floor=floor)
    if measure.over:
        return _spread(question, measure, measures[measure.of], ask=ask, floor=floor)
    return _share(question, measure, ask=ask, floor=floor)


def _figure(measure: Measure, key: Key, sums: Mapping[str, Any], n: int, floor: int) -> Figure:
    estimate = measure.estimate(sums)
    shown = {name: value for name, value in sums.items() if isinstance(value, int | float)}
    if estimate is None or n < max(floor, measure.least if floor > 1 else 1):
        return Figure(key, n, None, None, None, {"n": float(n), **shown})
    return Figure(key, n, estimate.value, estimate.low, estimate.high, {"n": float(n), **shown})


def _share(question: Question, measure: Measure, *, ask: Ask, floor: int) -> Answer:
    """Each group's part of the whole that its neighbours make with it: filters by such a dimension choose what is
    counted and leave the whole as it is."""
    by = (*question.by, *(key for key in measure.always_by if key not in question.by))
    chosen = [(key, value) for key, value in question.where if key in measure.across]
    asked = (*by, *dict.fromkeys(key for key, _value in chosen if key not in by))
    rest = tuple(pair for pair in question.where if pair[0] not in measure.across)
    plain = ask(replace(question, by=asked, where=rest))
    whole: dict[Key, float] = {}
    hits: dict[Key, float] = {}
    for figure in plain.figures:
        named = dict(zip(asked, figure.key, strict=True))
        outer = tuple(named[key] for key in by if key not in measure.across)
        whole[outer] = whole.get(outer, 0.0) + figure.sums["n"]
        if _fits(named, chosen):
            key = tuple(named[one] for one in by)
            hits[key] = hits.get(key, 0.0) + figure.sums["hits"]
    if not measure.across & set(by):  # no part of a whole is named: nothing of it is 0, and not absent
        hits = {**dict.fromkeys(whole, 0.0), **hits}
    figures = []
    for key, count in hits.items():
        outer = tuple(value for name, value in zip(by, key, strict=True) if name not in measure.across)
        if count or outer == key:  # what is counted nowhere is no part
            figures.append(_figure(measure, key, {"n": whole[outer], "hits": count}, int(whole[outer]), floor))
    return Answer(measure, replace(question, by=by), figures, plain.as_of)


def _fits(named: Mapping[str, Any], chosen: Sequence[tuple[str, str]]) -> bool:
    wanted: dict[str, list[str]] = {}
    for key, value in chosen:
        wanted.setdefault(key, []).append(value)
    return all((NOT_KNOWN if named[key] is None else str(named[key])) in values for key, values in wanted.items())


def _spread(question: Question, measure: Measure, of: Measure, *, ask: Ask, floor: int) -> Answer:
    """How far the groups of ``over`` lie apart, for each group of the question."""
    if measure.over in question.by:
        raise UnknownName("dimension", measure.over, [key for key in question.by if key != measure.over])
    plain = ask(replace(question, measure=of.key, by=(*question.by, measure.over)))
    groups: dict[Key, list[Mapping[str, float]]] = {}
    for figure in plain.figures:
        if figure.key[-1] not in (None, ""):
            groups.setdefault(figure.key[:-1], []).append(figure.sums)
    figures = [
        _figure(measure, key, {"groups": sums}, int(sum(one["n"] for one in sums)), floor)
        for key, sums in groups.items()
    ]
    return Answer(measure, question, figures, plain.as_of)


def _composite(question: Question, measure: Measure, *, ask: Ask, floor: int) -> Answer:
    """The formula over the parts' figures; a group that lacks a part is not measurable."""
    answers = {key: ask(replace(question, measure=key)) for key in measure.parts}
    found = {key: {figure.key: figure for figure in answer.figures} for key, answer in answers.items()}
    keys = dict.fromkeys(figure.key for answer in answers.values() for figure in answer.figures)
    figures = []
    for key in sorted(keys, key=lambda one: tuple((value is not None, str(value)) for value in one)):
        parts = {name: figures_of[key] for name, figures_of in found.items() if key in figures_of}
        n = min((figure.n for figure in parts.values()), default=0) if len(parts) == len(found) else 0
        figures.append(_figure(measure, key, {"parts": parts, **_values(parts)}, n, floor))
    as_of = min((answer.as_of for answer in answers.values() if answer.as_of), default=None)
    return Answer(measure, question, figures, as_of)


def _values(parts: Mapping[str, Figure]) -> dict[str, float]:
    return {name: figure.value for name, figure in parts.items() if figure.value is not None}
