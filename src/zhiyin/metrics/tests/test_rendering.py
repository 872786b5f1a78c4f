"""Every measure by every dimension, in the words of every engine that we claim: it renders, and it parses again."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
import sqlglot.expressions as sge

from zhiyin.metrics import testing
from zhiyin.metrics.engines.rendering import DIALECTS, as_text, rendered, with_table, with_units
from zhiyin.metrics.language import Measure, Question
from zhiyin.metrics.planning import Plan, plan, shape_of
from zhiyin.metrics.tables import tables_of

ZONE = ZoneInfo("Asia/Shanghai")
PRODUCT = import_module("zhiyin.catalogue")  # metrics knows no room: found as the engine finds it
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def planned(where_from: Any, question: Question) -> Plan:
    measure: Measure = where_from.MEASURES[question.measure]
    fact = next(one for one in where_from.FACTS if one.name == measure.fact)
    sources = [table.source for table in tables_of(fact)]
    shape = shape_of(question, fact, measure, ZONE)
    return plan(shape, measure=measure, fact=fact, dimensions=where_from.DIMENSIONS, sources=sources)


def cuts(measure: Measure) -> list[Question]:
    keys = [key for key, one in PRODUCT.DIMENSIONS.items() if measure.fact in one.facts]
    period = {"since": NOON, "until": NOON + timedelta(days=9), "units": frozenset({1, 2})}
    return [
        Question(measure=measure.key, **period),
        *(Question(measure=measure.key, by=(key,), where=((key, "1"), (key, "~")), **period) for key in keys),
    ]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_measure_by_every_dimension_renders_and_parses(dialect: str):
    for measure in PRODUCT.FIXED_MEASURES.values():
        if measure.over or measure.parts:  # reckoned from other figures: it has no plan of its own
            continue
        for question in cuts(measure):
            made = planned(PRODUCT, question)
            sql = rendered(made, dialect, lambda name: f"'{name}'")
            tree = sqlglot.parse_one(with_units(with_table(sql, "files"), [1, 2]), dialect=dialect)
            assert not list(tree.find_all(sge.Filter)), f"FILTER is not known to every engine: {sql}"
            assert {table.name for table in tree.find_all(sge.Table)} == {"files"}
            assert "~" not in sql
            assert "IN (zhiyin_units)" in sql


class TestKnownTraps:
    def test_clickhouse_counts_exactly(self):
        assert "uniqExact(" in rendered(_distinct(), "clickhouse", str)

    @pytest.mark.parametrize("dialect", ["duckdb", "pyspark", "trino"])
    def test_a_day_cut_to_its_month_is_written_as_a_day(self, dialect: str):
        table = _table()
        made = Plan(_source(), table.select(month=table.day.truncate("M").cast("string")))
        inner = sqlglot.parse_one(rendered(made, dialect, str), dialect=dialect).find(sge.Cast)
        assert inner is not None
        assert isinstance(inner.this, sge.Cast)
        assert inner.this.to.is_type("date")

    def test_a_table_is_read_from_its_files_and_an_alias_stays(self):
        sql = with_table(rendered(_distinct(), "pyspark", str), "`view`")
        assert "FROM `view` AS `t0`" in sql

    @pytest.mark.parametrize(("units", "spelled"), [([3, 1], "3, 1"), ([], "NULL"), (None, "NULL")])
    def test_units_are_spelled_and_none_is_a_list_that_nothing_is_in(self, units: Any, spelled: str):
        assert with_units("unit_id IN (zhiyin_units)", units) == f"unit_id IN ({spelled})"

    def test_units_are_whole_numbers_or_an_error(self):
        units: Any = ["1) OR (1=1"]
        with pytest.raises(ValueError, match="invalid literal"):
            with_units("unit_id IN (zhiyin_units)", units)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (7, "7"),
        (date(2026, 11, 20), "2026-11-20"),
        (NOON.astimezone(ZONE), "2026-11-20 12:00:00.000000"),
        ("hall", "hall"),
    ],
)
def test_values_are_written_as_the_engines_casts_read_them(value: Any, text: str | None):
    assert as_text(value) == text


def _source() -> Any:
    return tables_of(testing.FACTS[0])[-1].source


def _table() -> Any:
    return import_module("zhiyin.metrics.planning").table_of(_source())


def _distinct() -> Plan:
    return Plan(_source(), _table().aggregate(n=_table().place.nunique()))
