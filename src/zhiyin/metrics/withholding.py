"""What a question cut by what people said must not tell: that somebody in a small group said just that. Pure.

A score read of fewer people than the floor is withheld. Counts cut by score would tell it all the same ("this agent,
that day, score 4: one answer"), and so would a line that says how few it withholds. So such small parts are left out,
their lines too, and a second one with them where the rest of the group would give the first away.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from zhiyin.metrics.language import Answer, Dimension, Figure, Question

Key = tuple[Any, ...]
FLOOR = 5  # people, below which a figure is withheld: a person could be recognised in it


def telling_of(question: Question, dimensions: Mapping[str, Dimension], *, but: Iterable[str] = ()) -> frozenset[str]:
    """The dimensions of the question that say what somebody answered. ``but`` those whose parts are read of a whole
    that is large enough."""
    named = {*question.by, *(key for key, _value in question.where)}
    return frozenset(key for key in named if dimensions[key].is_telling) - frozenset(but)


def without_small_parts(answer: Answer, telling: frozenset[str], *, ask: Callable[[Question], Answer]) -> Answer:
    """The answer without parts of fewer people than ``FLOOR``. ``ask`` answers without withholding: it says how many
    people a filter leaves out, who could be had by subtraction."""
    question = answer.question
    outer = [place for place, key in enumerate(question.by) if key not in telling]
    groups: dict[Key, list[Figure]] = {}
    for figure in answer.figures:
        groups.setdefault(tuple(figure.key[place] for place in outer), []).append(figure)
    others: dict[Key, int] = {}
    if any(key in telling for key, _value in question.where):
        open_where = tuple(pair for pair in question.where if pair[0] not in telling)
        whole = ask(replace(question, by=tuple(question.by[place] for place in outer), where=open_where))
        others = {one.key: one.n - sum(part.n for part in groups.get(one.key, ())) for one in whole.figures}
    hidden = {id(one) for key, parts in groups.items() for one in _hidden(parts, others.get(key, 0))}
    kept = [figure for figure in answer.figures if id(figure) not in hidden]
    return replace(answer, figures=kept, left_out=answer.left_out + len(hidden))


def _hidden(parts: Iterable[Figure], others: int) -> list[Figure]:
    """The parts too small to be told, and as many of the next ones as keep them from being found by subtraction."""
    ordered = sorted((part for part in parts if part.n > 0), key=lambda part: part.n)
    people = others if 0 < others < FLOOR else 0
    hidden = []
    for part in ordered:
        if part.n >= FLOOR and not 0 < people < FLOOR:
            break
        hidden.append(part)
        people += part.n
    return hidden
