"""From a question to one Ibis expression over named tables. Pure: no files, no engine, no clock.

A plan is made once for each *shape* of question; what differs between two questions of a shape (the period's edges, the
viewer's units, the values of filters) stands in it as marks, which the engine binds or spells out each time.

Row scope is part of every plan: there is one way from a table to figures, and it goes through ``_scoped``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as clock_time
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from zhiyin.metrics.language import NOT_KNOWN, Dimension, Fact, Measure, Question, UnknownName

UNIT = "unit_id"  # every fact has it: whose row it is
FIRST = "_first"  # one row of each owner has it set
DAY = "day"  # the local date of the fact's own moment
_TYPES = {"timestamp": "timestamp('UTC', 6)"}
_UNITS_MARK = -8_010_203_040_506_070_809  # no id of ours is negative
MARK = re.compile(r"'~(\w+)~'")
UNITS_MARK = re.compile(rf"\(\s*{_UNITS_MARK}\s*\)")


@dataclass(frozen=True)
class Source:
    """A table that can answer: the rows of a fact, or one of its roll-ups. ``weight`` names the column that says how
    many rows of the fact a row stands for; without one, each stands for itself."""

    name: str
    columns: Mapping[str, str]
    weight: str = ""


class Edge(StrEnum):
    """How an edge of the period cuts: between two days, or in the middle of one."""

    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True)
class Shape:
    """A question without its values."""

    measure: str
    by: tuple[str, ...]
    where: tuple[tuple[str, int, bool], ...]  # a dimension, how many values it may have, whether it may be unknown
    since: Edge | None
    until: Edge | None
    is_scoped: bool


@dataclass(frozen=True)
class Plan:
    """What an engine runs, and the kind of each mark in it. ``by_day``: its period is one of the column ``day``, so
    files that hold no such day need not be opened."""

    source: Source
    expression: Any
    marks: Mapping[str, str] = field(default_factory=dict)
    by_day: bool = False


def shape_of(question: Question, fact: Fact, measure: Measure, zone: ZoneInfo) -> Shape:
    by_day = cuts_by_day(fact, measure)
    since, until = (_edge(moment, zone, by_day=by_day) for moment in (question.since, question.until))
    where = tuple((key, len(named), is_open) for key, (named, is_open) in _alternatives(question).items())
    return Shape(question.measure, question.by, where, since, until, question.units is not None)


def cuts_by_day(fact: Fact, measure: Measure) -> bool:
    """Whether the fact's ``day`` is the local date of the moment that the measure's periods cut by."""
    return fact.at == measure.at and DAY in fact.columns


def _edge(moment: datetime | None, zone: ZoneInfo, *, by_day: bool) -> Edge | None:
    if moment is None:
        return None
    return Edge.DAY if by_day and moment.astimezone(zone).time() == clock_time.min else Edge.MOMENT


def _alternatives(question: Question) -> dict[str, tuple[list[str], bool]]:
    """The values given for each dimension of ``where``, and whether its not being known will do, too."""
    given: dict[str, list[str]] = {}
    for key, value in question.where:
        given.setdefault(key, []).append(value)
    return {key: ([one for one in some if one != NOT_KNOWN], NOT_KNOWN in some) for key, some in given.items()}


def values_of(question: Question, shape: Shape, marks: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """What the marks of this shape's plan stand for in this question."""
    found: dict[str, Any] = {}
    for name, edge, moment in (("since", shape.since, question.since), ("until", shape.until, question.until)):
        if moment is not None:
            found[name] = moment.astimezone(zone).date() if edge is Edge.DAY else moment
    if question.units is not None:
        found["units"] = sorted(question.units)
    for place, (named, _is_open) in enumerate(_alternatives(question).values()):
        for number, one in enumerate(named):
            mark = f"w{place}_{number}"
            found[mark] = _READ.get(marks[mark], str)(one)
    return found


def _whole(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None  # past what any engine can compare a column with


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# A value that its column cannot have is NULL, which equals nothing.
_READ: dict[str, Callable[[str], Any]] = {
    "int64": _whole,
    "date": _day,
    "boolean": {"true": True, "false": False}.get,
}


def plan(
    shape: Shape, *, measure: Measure, fact: Fact, dimensions: Mapping[str, Dimension], sources: Sequence[Source]
) -> Plan:
    """The plan over the first of ``sources`` that has every column the question needs; put the smallest first, the rows
    of the fact themselves last."""
    for source in sources:
        try:
            return _over(source, shape, measure, fact, dimensions)
        except _Lacks:
            continue
    raise UnknownName("column", shape.measure, sorted(fact.columns))


class _Lacks(Exception):
    """A source cannot answer this."""


class _Rows:
    """A table as measures and dimensions see it. Says so when it lacks a column, and notes which were asked for."""

    def __init__(self, table: Any, columns: Mapping[str, str], *, is_wide: bool = False) -> None:
        self.table, self._columns, self._is_wide = table, columns, is_wide
        self.used: set[str] = set()
        self.asks_now = False

    @property
    def now(self) -> Any:
        """For ``where``: the moment up to which the mirror has read: a figure is a function of facts and time."""
        self.asks_now = True
        return _mark("now", "timestamp")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        if name not in self._columns:
            raise _Lacks(name)
        self.used.add(name)
        column = self.table[name]
        return column.cast("int64") if self._is_wide and column.type().is_integer() else column

    def widened(self) -> "_Rows":
        """The same rows with every integer at its widest."""
        return _Rows(self.table, self._columns, is_wide=True)


def plan_records(
    shape: Shape, *, measure: Measure, fact: Fact, dimensions: Mapping[str, Dimension], source: Source, limit: int
) -> tuple[Plan, Plan]:
    """The owners behind a figure, by the very filters that it is read by: how many with how many rows, and one page of
    them, the newest first, from below the mark ``before``."""
    rows, marks = _kept(source, shape, measure, dimensions)
    kept = rows.table
    many = kept[source.weight].sum() if source.weight else kept.count()
    owned = kept.group_by(owner=kept[fact.owner]).aggregate(n=many)
    if source.weight:
        owned = owned.filter(owned.n > 0)
    page = owned.filter(owned.owner < _mark("before", "int64")).order_by(ibis.desc("owner")).limit(limit)
    whole = owned.aggregate(total=owned.count(), rows=owned.n.sum())
    by_day = cuts_by_day(fact, measure)
    return Plan(source, whole, marks, by_day), Plan(source, page, {**marks, "before": "int64"}, by_day)


def _kept(
    source: Source, shape: Shape, measure: Measure, dimensions: Mapping[str, Dimension]
) -> tuple[_Rows, dict[str, str]]:
    """The rows that a question reads: what is counted and what a list of records shows are the same."""
    rows = _Rows(table_of(source), source.columns)
    marks: dict[str, str] = {}
    conditions = [
        *_scoped(rows, shape, marks),
        *_read_at_all(rows, shape, measure),
        *_in_period(rows, shape, measure, marks),
        *_filtered(rows, shape, dimensions, marks),
    ]
    if rows.asks_now:
        marks["now"] = "timestamp"
    if conditions:
        rows.table = rows.table.filter(*conditions)
    return rows, marks


def _over(source: Source, shape: Shape, measure: Measure, fact: Fact, dimensions: Mapping[str, Dimension]) -> Plan:
    rows, marks = _kept(source, shape, measure, dimensions)
    keys = {key: dimensions[key].column(rows) for key in shape.by}
    totals = {name: _total(_number(build, rows), rows.table, source) for name, build in measure.sums.items()}
    if measure.distinct:
        counted = _counting(source, measure, fact, rows, keys, totals)
    else:
        counted = _grouped(rows.table, keys, totals)
    return Plan(source, counted, marks, cuts_by_day(fact, measure))


def table_of(source: Source) -> Any:
    """The source as an Ibis table."""
    columns = {name: _TYPES.get(kind, kind) for name, kind in source.columns.items()}
    return ibis.table({**columns, source.weight: "int64"} if source.weight else columns, name=source.name)


def _scoped(rows: _Rows, shape: Shape, marks: dict[str, str]) -> list[Any]:
    """Only rows of the viewer's units. ``None``, the whole organisation, has to be said aloud in the question."""
    if not shape.is_scoped:
        return []
    marks["units"] = "units"
    return [rows[UNIT].isin([_UNITS_MARK])]


def _read_at_all(rows: _Rows, shape: Shape, measure: Measure) -> list[Any]:
    conditions = [] if measure.where is None else [measure.where(rows)]
    named = {*shape.by, *(key for key, _many, _open in shape.where)}
    if measure.headline_only and not {"question", "dimension"} & named:
        conditions.append(rows["is_headline"])
    return conditions


def _in_period(rows: _Rows, shape: Shape, measure: Measure, marks: dict[str, str]) -> list[Any]:
    conditions = []
    for name, edge in (("since", shape.since), ("until", shape.until)):
        if edge is None:
            continue
        marks[name] = "date" if edge is Edge.DAY else "timestamp"
        column = rows[DAY if edge is Edge.DAY else measure.at]
        mark = _mark(name, marks[name])
        conditions.append(column >= mark if name == "since" else column < mark)
    return conditions


def _filtered(rows: _Rows, shape: Shape, dimensions: Mapping[str, Dimension], marks: dict[str, str]) -> list[Any]:
    conditions = []
    for place, (key, many, is_open) in enumerate(shape.where):
        column = dimensions[key].column(rows)
        kind = _kind(column)
        if kind == "string" and not column.type().is_string():
            column = column.cast("string")
        names = [f"w{place}_{number}" for number in range(many)]
        marks |= dict.fromkeys(names, kind)
        named = [_mark(name, kind) for name in names]
        fits = [column == named[0]] if many == 1 else [column.isin(named)] if many else []
        conditions.append(reduce(or_, [*fits, *([column.isnull()] if is_open else [])]))
    return conditions


def _kind(column: Any) -> str:
    kind = column.type()
    return "int64" if kind.is_integer() else "date" if kind.is_date() else "boolean" if kind.is_boolean() else "string"


def _mark(name: str, kind: str) -> Any:
    mark = ibis.literal(f"~{name}~")
    return mark if kind == "string" else mark.cast(_TYPES.get(kind, kind))


def _number(build: Callable[[Any], Any], rows: _Rows) -> Any:
    """A row's contribution, wide enough to be added up: a truth counts one, integers are multiplied as big ones."""
    narrow = build(rows)
    if not isinstance(narrow, ibis.Expr) or narrow.type().is_boolean():
        return narrow
    wide = build(rows.widened())
    return wide.cast("float64" if wide.type().is_floating() else "int64")


def _total(number: Any, table: Any, source: Source) -> Any:
    weight = table[source.weight] if source.weight else None
    if not isinstance(number, ibis.Expr):
        many = table.count() if weight is None else weight.sum()
        return many if number == 1 else many * number
    if number.type().is_boolean():
        if weight is not None:
            return ibis.ifelse(number, weight, 0).sum()
        return number.cast("int64").sum()
    return (number if weight is None else number * weight).sum()


def _grouped(kept: Any, keys: Mapping[str, Any], totals: Mapping[str, Any]) -> Any:
    if not keys:
        return kept.aggregate(**totals)
    return kept.group_by(**keys).aggregate(**totals).order_by(list(keys))


def _counting(
    source: Source,
    measure: Measure,
    fact: Fact,
    rows: _Rows,
    keys: Mapping[str, Any],
    totals: Mapping[str, Any],
) -> Any:
    """Different values of a column as ``n``. Where every column in use is the same in all rows of an owner, the first
    of its rows stands for it, and a roll-up may answer; else the values themselves are counted."""
    kept = rows.table
    if measure.distinct == fact.owner and FIRST in source.columns and rows.used <= fact.steady:
        return _grouped(kept, keys, {"n": _total(kept[FIRST], kept, source), **totals})
    if measure.distinct not in source.columns:
        raise _Lacks(measure.distinct)
    if not source.weight:
        return _grouped(kept, keys, {"n": kept[measure.distinct].nunique(), **totals})
    # A row that was taken back weighs less than nothing: a value counts if it weighs anything in the end.
    each = {name: total.name(name) for name, total in totals.items()}
    apart = kept.group_by(**keys, _value=kept[measure.distinct]).aggregate(_weight=kept[source.weight].sum(), **each)
    standing = apart.filter(apart["_weight"] > 0)
    again = {"n": standing.count(), **{name: standing[name].sum() for name in totals}}
    return _grouped(standing, {key: standing[key] for key in keys}, again)
