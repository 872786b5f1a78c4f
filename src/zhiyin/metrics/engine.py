"""From a question to figures: planned, run on the engine at hand, estimated. The one door: ``ask``."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from zhiyin.metrics import derived, mirror
from zhiyin.metrics.engines import Gone, MirrorUnreadable, at_hand
from zhiyin.metrics.language import Answer, Dimension, Fact, Figure, Measure, Question, UnknownName
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan, Shape, plan, plan_records, shape_of, values_of
from zhiyin.metrics.withholding import FLOOR, telling_of, without_small_parts

log = logging.getLogger("zhiyin.metrics.engine")

LOOKS = 5  # how often a reader looks again when files were merged away under its hands
_MOST_PLANS = 4096
_NO_OWNER = 2**63 - 1
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_plans: dict[tuple[Any, ...], tuple[tuple[Any, ...], Sequence["_Ready"]]] = {}


def measures() -> Mapping[str, Measure]:
    found: Mapping[str, Measure] = import_module(settings.CATALOGUE).MEASURES
    return found


def dimensions() -> Mapping[str, Dimension]:
    found: Mapping[str, Dimension] = import_module(settings.CATALOGUE).DIMENSIONS
    return found


def ask(question: Question, *, floor: int = FLOOR) -> Answer:
    """Answer a question from the mirror as it stands. Raises UnknownName for a measure or dimension there is not."""
    measure = _checked(question)
    if measure.is_derived:
        known = measures()
        answer = derived.answered(question, measure, ask=_part, measures=known, floor=floor)
    else:
        answer = _plain(question, measure, floor)
    return answer if floor == 1 else without_telling(answer)


def without_telling(answer: Answer) -> Answer:
    """The answer without parts in which a few people's own answers could be read: for a reader who asked without a
    floor, and shows what is left to somebody."""
    telling = telling_of(answer.question, dimensions(), but=answer.measure.across)
    return without_small_parts(answer, telling, ask=_part) if telling else answer


def _part(question: Question) -> Answer:
    """What a derived figure asks: nothing is withheld from it, and a share of a whole is a plain count to it."""
    measure = _checked(question)
    if measure.parts or measure.over:
        return ask(question, floor=1)
    return _plain(question, measure, 1)


def _plain(question: Question, measure: Measure, floor: int) -> Answer:
    held = mirror.manifest()
    if not held.tables.get(measure.fact):
        return Answer(measure, question, [], held.as_of)
    asked = _Asked.of(question, measure)
    ready = _ready(asked)
    held, (rows,) = _run([ready], asked.values(ready))
    figures = [_figure(measure, row, len(question.by), floor) for row in rows]
    if not question.by and figures and not figures[0].n:
        figures = []
    return Answer(measure, question, figures, held.as_of)


@dataclass(frozen=True)
class Records:
    """What a figure was made from: owners (responses, cases …) with how many rows each brought, the newest first."""

    owners: Sequence[tuple[int, int]]
    total: int  # owners in all, on every page together
    rows: int  # rows in all: two answers of one response are two

    @property
    def ids(self) -> list[int]:
        return [owner for owner, _rows in self.owners]


def records(question: Question, *, before: int | None = None, limit: int = 50) -> Records:
    """The records behind a question's figure, by the very filters that the figure read them by; ``by`` is not looked
    at. ``before`` is the last owner of the page before. Raises UnknownName as ``ask`` does."""
    measure = _checked(question)
    if measure.parts:  # it has no rows of its own; each of its parts has
        return Records((), 0, 0)
    if not mirror.manifest().tables.get(measure.fact):
        return Records((), 0, 0)
    asked = _Asked.of(replace(question, by=()), measure)
    whole, page = _ready_records(asked, limit)
    values = {**asked.values(page), "before": _NO_OWNER if before is None else before}
    _held, (totals, found) = _run([whole, page], values)
    (total, number) = totals[0]
    return Records([(int(owner), int(n)) for owner, n in found], int(total or 0), int(number or 0))


def _checked(question: Question) -> Measure:
    """The measure, once every name of the question is known to it."""
    measure: Measure = _named("measure", question.measure, measures())
    facts = facts_of(measure)
    for key in (*question.by, *(key for key, _ in question.where)):
        dimension = _named("dimension", key, dimensions())
        if not facts <= dimension.facts:
            usable = [one.key for one in dimensions().values() if facts <= one.facts]
            raise UnknownName("dimension", key, usable)
    return measure


def facts_of(measure: Measure) -> frozenset[str]:
    """The facts that a measure needs: its own, or those of everything that it is made of."""
    if not measure.parts:
        return frozenset({measure.fact})
    known = measures()
    return frozenset().union(*(facts_of(known[key]) for key in measure.parts if key in known))


@dataclass(frozen=True)
class _Asked:
    """A question with what its names mean."""

    question: Question
    measure: Measure
    fact: Fact
    zone: ZoneInfo
    shape: Shape

    @classmethod
    def of(cls, question: Question, measure: Measure) -> "_Asked":
        fact, zone = mirror.fact(measure.fact), ZoneInfo(settings.TIME_ZONE)
        return cls(question, measure, fact, zone, shape_of(question, fact, measure, zone))

    @property
    def definitions(self) -> tuple[Any, ...]:
        """Everything that a plan of this shape was made from."""
        keys = (*self.shape.by, *(key for key, _many, _open in self.shape.where))
        used = [dimensions()[key] for key in keys]
        return (self.measure, self.fact, *used, *(one.version() for one in used if one.version))

    def values(self, ready: "_Ready") -> dict[str, Any]:
        return values_of(self.question, self.shape, ready.plan.marks, self.zone)


@dataclass(frozen=True)
class _Ready:
    """A plan in its engine's words."""

    plan: Plan
    sql: str


def _run(ready: Sequence[_Ready], values: Mapping[str, Any]) -> tuple[Manifest, list[Sequence[Sequence[Any]]]]:
    """Run them all over one manifest, and with which one."""
    for look in range(LOOKS):
        held = mirror.manifest()
        try:
            known = {**values, "now": held.as_of or NEVER}
            return held, [
                at_hand().rows(one.sql, one.plan, {name: known[name] for name in one.plan.marks}, held) for one in ready
            ]
        except Gone as gone:
            if look == LOOKS - 1:
                log.error(
                    "a file that the mirror names is not there: %s", str(gone.__cause__ or gone).partition("\n")[0]
                )
                raise MirrorUnreadable from gone
    raise AssertionError("unreachable")


def _ready(asked: _Asked) -> _Ready:
    def make() -> Sequence[Plan]:
        sources = mirror.sources(asked.fact)
        return [plan(asked.shape, measure=asked.measure, fact=asked.fact, dimensions=dimensions(), sources=sources)]

    return _once(("figure", asked.shape), asked, make)[0]


def _ready_records(asked: _Asked, limit: int) -> Sequence[_Ready]:
    def make() -> Sequence[Plan]:
        return plan_records(
            asked.shape,
            measure=asked.measure,
            fact=asked.fact,
            dimensions=dimensions(),
            source=mirror.sources(asked.fact)[-1],
            limit=limit,
        )

    return _once(("records", asked.shape, limit), asked, make)


def _once(key: tuple[Any, ...], asked: _Asked, make: Callable[[], Sequence[Plan]]) -> Sequence[_Ready]:
    """Planning costs milliseconds, so it is done once for each shape, and again only where a definition changed."""
    engine, used = at_hand(), asked.definitions
    definitions, ready = _plans.get((engine, key), ((), ()))
    if len(definitions) != len(used) or any(map(_changed, definitions, used)):
        if len(_plans) >= _MOST_PLANS:
            _plans.clear()
        ready = [_Ready(one, engine.compiled(one)) for one in make()]
        _plans[(engine, key)] = used, ready
    return ready


def _changed(one: Any, other: Any) -> bool:
    """Definitions are told apart by identity, what they were built from by its mark."""
    return one != other if isinstance(one, str) else one is not other


def _named(kind: str, key: str, known: Mapping[str, Any]) -> Any:
    if key not in known:
        raise UnknownName(kind, key, sorted(known))
    return known[key]


def _figure(measure: Measure, row: Sequence[Any], keys: int, floor: int) -> Figure:
    names = (*(("n",) if measure.distinct else ()), *measure.sums)
    sums = {name: float(value or 0) for name, value in zip(names, row[keys:], strict=True)}
    n = int(sums.get("n", 0))
    estimate = measure.estimate(sums)
    key = tuple(row[:keys])
    if estimate is None or (n < max(floor, measure.least if floor > 1 else 1) and measure.unit != "count"):
        return Figure(key, n, None, None, None, sums)
    return Figure(key, n, estimate.value, estimate.low, estimate.high, sums)
