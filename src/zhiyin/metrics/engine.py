"""From a question to figures: an Ibis expression, compiled once per shape, run on the engine at hand (DuckDB here).

Row scope is applied here for every question and cannot be left out by a caller: ``units`` is part of the question and
an empty set sees nothing.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import duckdb
import ibis
from django.conf import settings

from zhiyin.metrics import mirror
from zhiyin.metrics.language import NOT_KNOWN, Answer, Dimension, Fact, Figure, Measure, Question, UnknownName

FLOOR = 5  # answers, below which a figure is withheld: a person could be recognised in it
_IBIS = {"date": "date", "timestamp": "timestamp('UTC')", "int16": "int16"}
_local = threading.local()


def measures() -> dict[str, Measure]:
    found: dict[str, Measure] = import_module(settings.CATALOGUE).MEASURES
    return found


def dimensions() -> dict[str, Dimension]:
    found: dict[str, Dimension] = import_module(settings.CATALOGUE).DIMENSIONS
    return found


def ask(question: Question, *, floor: int = FLOOR) -> Answer:
    """Answer a question from the mirror as it stands. Raises UnknownName for a measure or dimension there is not."""
    measure = _checked(question)
    held = mirror.manifest()
    if not held.segments.get(measure.fact):
        return Answer(measure, question, [], held.as_of)
    try:
        rows = _connection(held).execute(_compiled(question)).fetchall()
    except duckdb.IOException:  # the writer merged the segments between our two looks: look again
        held = mirror.manifest()
        rows = _connection(held).execute(_compiled(question)).fetchall()
    names = [*measure.sums]
    figures = [_figure(measure, row, len(question.by), names, floor) for row in rows]
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
    fact = next(one for one in mirror.facts() if one.name == measure.fact)
    held = mirror.manifest()
    if not held.segments.get(fact.name):
        return Records((), 0, 0)
    rows = filtered(question)
    owned = rows.group_by(owner=rows[fact.owner]).aggregate(n=rows.count())
    whole = owned.aggregate(total=owned.count(), rows=owned.n.sum())
    page = owned if before is None else owned.filter(owned.owner < before)
    page = page.order_by(ibis.desc("owner")).limit(limit)
    connection = _connection(held)
    total, number = connection.execute(str(ibis.to_sql(whole, dialect="duckdb"))).fetchall()[0]
    found = connection.execute(str(ibis.to_sql(page, dialect="duckdb"))).fetchall()
    return Records([(int(owner), int(n)) for owner, n in found], int(total or 0), int(number or 0))


def _checked(question: Question) -> Measure:
    """The measure, once every name of the question is known to it."""
    measure: Measure = _named("measure", question.measure, measures())
    for key in (*question.by, *(key for key, _ in question.where)):
        dimension = _named("dimension", key, dimensions())
        if measure.fact not in dimension.facts:
            usable = [one.key for one in dimensions().values() if measure.fact in one.facts]
            raise UnknownName("dimension", key, usable)
    return measure


def _named(kind: str, key: str, known: Mapping[str, Any]) -> Any:
    if key not in known:
        raise UnknownName(kind, key, sorted(known))
    return known[key]


def _figure(measure: Measure, row: Sequence[Any], keys: int, names: Sequence[str], floor: int) -> Figure:
    sums = {name: float(value or 0) for name, value in zip(names, row[keys:], strict=True)}
    n = int(sums.get("n", 0))
    estimate = measure.estimate(sums)
    key = tuple(row[:keys])
    if estimate is None or (n < floor and measure.unit != "count"):
        return Figure(key, n, None, None, None, sums)
    return Figure(key, n, estimate.value, estimate.low, estimate.high, sums)


@lru_cache(maxsize=2048)
def _compiled(question: Question) -> str:
    """Planning costs milliseconds, so what is compiled is kept."""
    measure = measures()[question.measure]
    rows = filtered(question)
    keys = {key: dimensions()[key].column(rows) for key in question.by}
    totals = {name: build(rows) for name, build in measure.sums.items()}
    groups = rows.group_by(**keys).aggregate(**totals) if keys else rows.aggregate(**totals)
    expression = groups.order_by(list(keys)) if keys else groups
    return str(ibis.to_sql(expression, dialect="duckdb"))


def filtered(question: Question) -> Any:
    """The rows of the fact that a question reads: what is counted and what a list of records shows are the same."""
    measure = measures()[question.measure]
    fact = next(one for one in mirror.facts() if one.name == measure.fact)
    table = ibis.table({name: _IBIS.get(kind, kind) for name, kind in fact.columns.items()}, name=fact.name)
    rows = table
    if measure.where is not None:
        rows = rows.filter(measure.where(rows))
    if measure.headline_only and not {"question", "dimension"} & {*question.by, *(key for key, _ in question.where)}:
        rows = rows.filter(rows.is_headline)
    if question.units is not None:
        rows = rows.filter(rows.unit_id.isin(sorted(question.units) or [-1]))
    for key in dict.fromkeys(key for key, _ in question.where):
        rows = rows.filter(
            _one_of(dimensions()[key].column(rows), [value for name, value in question.where if name == key])
        )
    if question.since is not None:
        rows = rows.filter(rows[measure.at] >= ibis.timestamp(question.since.isoformat(), timezone="UTC"))
    if question.until is not None:
        rows = rows.filter(rows[measure.at] < ibis.timestamp(question.until.isoformat(), timezone="UTC"))
    return rows


def _one_of(column: Any, values: Sequence[str]) -> Any:
    """Whether a column has one of these values."""
    text = column.cast("string")
    named = [value for value in values if value != NOT_KNOWN]
    fits = text == named[0] if len(named) == 1 else text.isin(named)
    if len(named) == len(values):
        return fits
    return fits | column.isnull() if named else column.isnull()


def _connection(held: mirror.Manifest) -> duckdb.DuckDBPyConnection:
    """This thread's connection, with a view of each fact over the segments of this manifest."""
    connection: duckdb.DuckDBPyConnection | None = getattr(_local, "connection", None)
    if connection is None:
        connection = duckdb.connect(":memory:", config={"threads": 2})
        connection.execute("SET TimeZone = 'UTC'")
        _local.connection, _local.stamp = connection, None
    stamp = (str(mirror.folder()), held.segments)
    if _local.stamp != stamp:
        for fact in mirror.facts():
            if held.segments.get(fact.name):
                connection.execute(_view(fact, held))
        _local.stamp = stamp
    return connection


def _view(fact: Fact, held: mirror.Manifest) -> str:
    files = ", ".join(f"'{mirror.folder() / file}'".replace("\\", "/") for file in held.segments[fact.name])
    columns = ", ".join(f'"{name}"' for name in fact.columns)
    newest = ""
    if fact.changes:
        newest = f" QUALIFY rank() OVER (PARTITION BY {fact.owner} ORDER BY _sequence DESC) = 1"
    return f"CREATE OR REPLACE VIEW {fact.name} AS SELECT {columns} FROM read_parquet([{files}]){newest}"
