"""Answers that allow for how they came about: agents who differ, customers who stayed silent. Plain and allowed for
side by side; the arithmetic is in ``adjusting.py``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zhiyin.lib.intervals import Estimate
from zhiyin.lib.sampling import Design
from zhiyin.metrics.adjusting import Reweighted, by_design, reweighted
from zhiyin.metrics.comparing import Change, Sums, compare_estimates
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Answer, Figure, Question
from zhiyin.metrics.withholding import FLOOR

_Key = tuple[Any, ...]


@dataclass(frozen=True)
class ByAgent:
    """An answer whose intervals allow for clusters; ``designs`` by the key of the figure. A figure without a design
    (a count, a single cluster, one that is withheld) keeps what it had."""

    plain: Answer
    answer: Answer
    designs: Mapping[_Key, Design]


def ask_by_design(question: Question, *, cluster: str = "staff", floor: int = FLOOR) -> ByAgent:
    """Answer a question with intervals that allow for answers about one agent (or any other ``cluster``) being alike.

    Costs a second question, by the cluster. Raises UnknownName as ``ask`` does, also where the measure's fact does not
    know the cluster."""
    plain = ask(question, floor=floor)
    if cluster in question.by:  # each figure is about one agent
        return ByAgent(plain, plain, {})
    groups = _grouped(ask(replace(question, by=(*question.by, cluster)), floor=1))
    figures, designs = [], {}
    for figure in plain.figures:
        clusters = groups.get(figure.key, {})
        alone = clusters.pop(None, None)
        found = by_design(plain.measure, clusters.values(), alone=alone)
        if found and not figure.is_withheld:
            designs[figure.key] = found.design
            figure = replace(figure, low=found.estimate.low, high=found.estimate.high)
        figures.append(figure)
    return ByAgent(plain, replace(plain, figures=figures), designs)


@dataclass(frozen=True)
class Heard:
    """A group of the people asked: how many there were, how many answered, and what an answer counts."""

    group: Any
    people: int
    answered: int
    weight: float


@dataclass(frozen=True)
class Weighed:
    """A figure as heard, and as it would be had every group answered alike. ``unheard`` groups had nobody who answered:
    no weight can speak for them. ``result`` is None where nothing can be weighed, or too few answered."""

    result: Reweighted | None
    heard: tuple[Heard, ...]
    unheard: tuple[Any, ...]


def compare_by_design(now: ByAgent, before: ByAgent) -> Change | None:
    """How the one figure of a question changed, by intervals that allow for clusters. None where one has no interval
    that does."""
    if () not in now.designs or () not in before.designs:
        return None
    first, second = _estimate(now.answer.whole), _estimate(before.answer.whole)
    return compare_estimates(now.answer.measure, first, second) if first and second else None


def _estimate(figure: Figure) -> Estimate | None:
    if figure.value is None or figure.low is None or figure.high is None:
        return None
    return Estimate(figure.value, figure.low, figure.high, figure.n)


def ask_weighed(question: Question, *, across: str, population: str, floor: int = FLOOR) -> dict[_Key, Weighed]:
    """Weigh the answers so that each group of the dimension ``across`` counts as much as it has people.

    ``population`` is the count that says how many (``sent`` for those asked, ``interactions`` for those served), read
    with the same filters, days and units. Answers of groups that it does not know weigh nothing. Raises UnknownName
    where one of the two measures cannot be cut that way."""
    by = (*(key for key in question.by if key != across), across)
    answer = ask(replace(question, by=by), floor=1)
    answers, measure = _grouped(answer), answer.measure
    people = _grouped(ask(replace(question, by=by, measure=population), floor=1))
    found = {}
    for key, sizes in people.items():
        groups = {group: sums for group, sums in answers.get(key, {}).items() if sums["n"]}
        known = {group: sums["n"] for group, sums in sizes.items() if group in groups}
        n = int(sum(groups[group]["n"] for group in known))
        everybody = sum(known.values())
        result = reweighted(measure, groups, known) if known and n >= floor else None
        heard = tuple(
            Heard(group, int(size), int(groups[group]["n"]), size / everybody / (groups[group]["n"] / n))
            for group, size in known.items()
        )
        found[key] = Weighed(result, heard, tuple(group for group in sizes if group not in known))
    return found


def _grouped(answer: Answer) -> dict[_Key, dict[Any, Sums]]:
    groups: dict[_Key, dict[Any, Sums]] = {}
    for figure in answer.figures:
        groups.setdefault(figure.key[:-1], {})[figure.key[-1]] = figure.sums
    return groups
