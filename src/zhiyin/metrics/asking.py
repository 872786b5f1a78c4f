"""From words as people and programs write them (by=touchpoint, where=unit=SD-05, from=2026-11-01) to an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings

from zhiyin.metrics.engine import Records, ask, dimensions, facts_of, records
from zhiyin.metrics.language import METHODS, Answer, Measure, Question, UnknownName
from zhiyin.metrics.withholding import FLOOR


class Scope(Protocol):
    """Who asks: ``people.access.Viewer`` is one."""

    @property
    def units(self) -> frozenset[int] | None: ...


class UnitTree(Protocol):
    """How a unit's code becomes the keys of its subtree, and a key its code; ``people`` supplies it."""

    def below(self, code: str) -> frozenset[int] | None: ...
    def codes(self, ids: Sequence[int]) -> dict[int, str]: ...
    def staff_codes(self, ids: Sequence[int]) -> dict[int, str]: ...


@dataclass(frozen=True)
class Asked:
    """A question in words. ``until`` is a day that still belongs to the period."""

    measure: str
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    since: date | None = None
    until: date | None = None


def answer_to(asked: Asked, *, by: Scope, tree: UnitTree, floor: int = FLOOR) -> Answer:
    """Ask within the viewer's units. ``where`` may name a unit: it means the unit and all below it. Several values of
    one dimension are alternatives."""
    return ask(question_of(asked, by=by, tree=tree), floor=floor)


def records_behind(asked: Asked, *, by: Scope, tree: UnitTree, before: int | None = None, limit: int = 50) -> Records:
    """The records that a figure was made from, within the viewer's units."""
    return records(question_of(asked, by=by, tree=tree), before=before, limit=limit)


def question_of(asked: Asked, *, by: Scope, tree: UnitTree) -> Question:
    """The question as the engine takes it, cut to the viewer's units. Raises UnknownName for a unit there is not."""
    units = by.units
    where = []
    for key, value in asked.where:
        if key == "unit":
            inside = tree.below(value)
            if inside is None:
                raise UnknownName("unit", value, ())
            units = inside if units is None else units & inside
        else:
            where.append((key, value))
    return Question(
        measure=asked.measure,
        by=asked.by,
        where=tuple(sorted(where)),
        since=_start(asked.since),
        until=_start(asked.until + timedelta(days=1)) if asked.until else None,
        units=units,
    )


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.TIME_ZONE)) if day else None


def as_rows(answer: Answer, *, tree: UnitTree) -> list[dict[str, Any]]:
    """The figures as the API and the command line give them: dimensions by name, then value, low, high, n."""
    names = answer.question.by
    columns = [
        _spelled(name, [figure.key[place] for figure in answer.figures], tree) for place, name in enumerate(names)
    ]
    rows = []
    for number, figure in enumerate(answer.figures):
        row: dict[str, Any] = {name: columns[place][number] for place, name in enumerate(names)}
        row |= {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}
        if figure.is_withheld:
            row["withheld"] = True
        rows.append(row)
    if not names and not rows:
        rows.append({"value": None, "low": None, "high": None, "n": 0, "withheld": True})
    return rows


def _spelled(name: str, values: list[Any], tree: UnitTree) -> list[Any]:
    """Keys people know instead of our own numbers."""
    if name == "unit" or name == "team" or name.startswith("unit."):
        codes = tree.codes([value for value in values if value is not None])
        return [codes.get(value) for value in values]
    if name == "staff":
        codes = tree.staff_codes([value for value in values if value is not None])
        return [codes.get(value) for value in values]
    return values


def definition(measure: Measure) -> dict[str, Any]:
    """What a figure means: in words, as a formula, and how far it can be trusted."""
    return {
        "key": measure.key,
        "name": dict(measure.name),
        "definition": dict(measure.definition),
        "formula": measure.formula,
        "unit": str(measure.unit),
        "higher_is_better": measure.higher_is_better,
        "facts": sorted(facts_of(measure)),
        "scoring": dict(measure.scoring) if measure.scoring else None,
        "interval": {"method": str(measure.method), "name": dict(METHODS[measure.method]), "level": 0.95},
        "minimum_n": 0 if measure.unit == "count" else measure.least,
        "parts": list(measure.parts),
        "version": measure.number,
        "source": measure.source,
        "dimensions": dimensions_of(measure),
    }


def usable_dimensions(fact: str) -> list[str]:
    return [key for key, one in dimensions().items() if fact in one.facts]


def dimensions_of(measure: Measure) -> list[str]:
    """What a measure can be cut by: every fact that it needs must know it."""
    facts = facts_of(measure)
    return [key for key, one in dimensions().items() if facts <= one.facts and key != measure.over]


def labels_of(answer: Answer, language: str) -> list[dict[Any, str]]:
    """For each dimension of the answer, what people read for its values; what is not there is read as it is."""
    found = []
    for place, name in enumerate(answer.question.by):
        dimension = dimensions()[name]
        values = list(dict.fromkeys(figure.key[place] for figure in answer.figures))
        found.append(dict(dimension.labels(values, language)) if dimension.labels else {})
    return found
