"""From a question to an expression: whose rows are read, what is bound and not spelled, planned once for each shape."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.operations as ops
import pytest

from zhiyin.metrics import testing
from zhiyin.metrics.language import Fact, Measure, Question
from zhiyin.metrics.planning import MARK, UNITS_MARK, Edge, Plan, Source, plan, plan_records, shape_of, values_of

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 20, tzinfo=ZONE)
# Metrics knows no room: the product's catalogue is found as the engine finds it.
PRODUCT = import_module("zhiyin.catalogue")
# What is reckoned from other figures has no plan of its own: it asks for them by the same door.
ALL = [
    (where_from, measure)
    for where_from, measures in ((PRODUCT, PRODUCT.FIXED_MEASURES), (testing, testing.MEASURES))
    for measure in measures.values()
    if not (measure.over or measure.parts)
]
FIRST_OF_EACH = {(where_from.__name__, measure.fact): measure.key for where_from, measure in reversed(ALL)}
pytestmark = pytest.mark.django_db  # the levels of the organisation and the declared attributes are rows


def planned(where_from: Any, question: Question) -> tuple[Plan, dict[str, Any]]:
    measure: Measure = where_from.MEASURES[question.measure]
    fact: Fact = next(one for one in where_from.FACTS if one.name == measure.fact)
    shape = shape_of(question, fact, measure, ZONE)
    sources = [Source(fact.name, fact.columns)]
    made = plan(shape, measure=measure, fact=fact, dimensions=where_from.DIMENSIONS, sources=sources)
    return made, values_of(question, shape, made.marks, ZONE)


def tables_read_without_scope(expression: Any) -> list[ops.DatabaseTable | ops.UnboundTable]:
    """Tables that something other than a filter on the units reads."""

    def is_scope(node: Any) -> bool:
        return isinstance(node, ops.Filter) and any(
            isinstance(one, ops.InValues) and isinstance(one.value, ops.Field) and one.value.name == "unit_id"
            for one in node.predicates
        )

    found = []
    waiting = [expression.op()]
    while waiting:
        node = waiting.pop()
        if is_scope(node):
            continue
        if isinstance(node, ops.UnboundTable):
            found.append(node)
        waiting.extend(one for one in node.__children__ if isinstance(one, ops.Relation))
    return found


class TestRowScope:
    @pytest.mark.parametrize(("where_from", "measure"), ALL, ids=lambda one: getattr(one, "key", ""))
    def test_no_figure_reads_a_table_past_the_viewers_units(self, where_from: Any, measure: Measure) -> None:
        usable = [key for key, one in where_from.DIMENSIONS.items() if measure.fact in one.facts]
        # Every dimension once over each fact: how a measure adds up does not change what a dimension reads.
        each = usable if FIRST_OF_EACH[where_from.__name__, measure.fact] == measure.key else usable[-1:]
        for by in ((), *((key,) for key in each), tuple(usable[:2])):
            question = Question(measure=measure.key, by=by, where=((usable[0], "x"),), units=frozenset({3, 1}))
            made, values = planned(where_from, question)
            assert tables_read_without_scope(made.expression) == []
            assert UNITS_MARK.search(str(ibis.to_sql(made.expression, dialect="duckdb")))
            assert values["units"] == [1, 3]

    def test_the_check_sees_a_plan_without_one(self) -> None:
        made, values = planned(testing, Question(measure="visit_share", units=None))
        assert [table.name for table in tables_read_without_scope(made.expression)] == ["visits"]
        assert "units" not in values

    def test_who_says_nothing_sees_nothing(self) -> None:
        made, values = planned(testing, Question(measure="visit_share"))
        assert tables_read_without_scope(made.expression) == []
        assert values["units"] == []

    def test_every_fact_says_whose_its_rows_are(self) -> None:
        for fact in (*PRODUCT.FACTS, *testing.FACTS):
            assert fact.columns["unit_id"] == "int64"
            assert fact.steady <= set(fact.columns)


class TestRecords:
    def test_neither_the_list_nor_its_length_reads_past_the_viewers_units(self) -> None:
        question = Question(measure="visit_share", units=frozenset({3}))
        fact, measure = testing.FACTS[0], testing.MEASURES["visit_share"]
        shape, source = shape_of(question, fact, measure, ZONE), Source(fact.name, fact.columns)
        for made in plan_records(
            shape, measure=measure, fact=fact, dimensions=testing.DIMENSIONS, source=source, limit=5
        ):
            assert tables_read_without_scope(made.expression) == []


class TestPeriods:
    @pytest.mark.parametrize(
        ("since", "edge", "value"),
        [
            (MIDNIGHT, Edge.DAY, date(2026, 11, 20)),
            (MIDNIGHT.astimezone(UTC), Edge.DAY, date(2026, 11, 20)),
            (MIDNIGHT + timedelta(seconds=1), Edge.MOMENT, MIDNIGHT + timedelta(seconds=1)),
            (datetime(2026, 11, 20, tzinfo=UTC), Edge.MOMENT, datetime(2026, 11, 20, tzinfo=UTC)),
        ],
    )
    def test_an_edge_between_two_local_days_cuts_by_the_day(self, since: datetime, edge: Edge, value: Any) -> None:
        question = Question(measure="visit_share", since=since, units=None)
        made, values = planned(testing, question)
        assert made.marks == {"since": "date" if edge is Edge.DAY else "timestamp"}
        assert values == {"since": value}


class TestValues:
    def test_no_value_stands_in_the_text(self) -> None:
        odd = "' OR 1=1 --"
        question = Question(
            measure="visit_share",
            where=(("place", odd), ("office", "17"), ("place", "hall"), ("place", "~")),
            since=MIDNIGHT,
            until=MIDNIGHT + timedelta(hours=3),
            units=frozenset({7}),
        )
        made, values = planned(testing, question)
        sql = str(ibis.to_sql(made.expression, dialect="duckdb"))
        assert "OR 1=1" not in sql
        assert sorted(set(MARK.findall(sql))) == ["since", "until", "w0_0", "w0_1", "w1_0"]
        assert [values[mark] for mark in ("w0_0", "w0_1", "w1_0")] == [odd, "hall", 17]

    @pytest.mark.parametrize(
        ("text", "value"),
        [("12", 12), ("-3", -3), ("twelve", None), ("", None), (str(2**63), None), (str(-(2**63)), -(2**63))],
    )
    def test_what_a_column_cannot_hold_equals_nothing(self, text: str, value: int | None) -> None:
        _made, values = planned(testing, Question(measure="visit_share", where=(("office", text),), units=None))
        assert values == {"w0_0": value}

    def test_two_periods_and_two_viewers_share_one_shape(self) -> None:
        fact, measure = testing.FACTS[0], testing.MEASURES["visit_share"]
        shapes = {
            shape_of(
                Question(
                    measure="visit_share",
                    where=(("place", f"place {number}"),),
                    since=MIDNIGHT - timedelta(days=number),
                    until=MIDNIGHT,
                    units=frozenset({number}),
                ),
                fact,
                measure,
                ZONE,
            )
            for number in range(5)
        }
        assert len(shapes) == 1
