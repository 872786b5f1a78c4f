"""A plan in the words of each engine. Ibis's own compilers do it; here stands only where their words would give other
figures than DuckDB's, and what is put into the text: marks as bound parameters, units as whole numbers, the table.

Needs no engine and no client library, so every test machine can render for all of them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.compilers.clickhouse import ClickHouseCompiler
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.compilers.trino import TrinoCompiler

from zhiyin.metrics.planning import MARK, UNITS_MARK, Plan

TABLE = "zhiyin_table"  # where the engine puts its own way of reading the files
UNITS = "zhiyin_units"


class _Days:
    """A day that is cut to its month stays a day: ``date_trunc`` makes it a moment on some engines, which shows as soon
    as it is written out: 2026-11-01 and 2026-11-01 00:00:00."""

    __slots__ = ()

    def visit_DateTruncate(self, op: Any, *, arg: Any, unit: Any) -> Any:
        cut: Any = super().visit_DateTruncate(op, arg=arg, unit=unit)  # type: ignore[misc]  # of the compiler beside it
        return self.cast(cut, dt.date)  # type: ignore[attr-defined]


class _DuckDB(_Days, DuckDBCompiler):  # type: ignore[misc]  # Ibis ships no types
    __slots__ = ()


class _Trino(_Days, TrinoCompiler):  # type: ignore[misc]  # Ibis ships no types
    __slots__ = ()


class _ClickHouse(ClickHouseCompiler):  # type: ignore[misc]  # Ibis ships no types
    """Counts exactly: ``uniq`` estimates."""

    __slots__ = ()

    # In this table, as Ibis makes the methods of a subclass from it anew, over any that it defines.
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {**ClickHouseCompiler.SIMPLE_OPS, ops.CountDistinct: "uniqExact"}


class _Spark(_Days, PySparkCompiler):  # type: ignore[misc]  # Ibis ships no types
    __slots__ = ()

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:
        # Ibis asks here for an option that only its own Spark backend declares; NaN is nothing the mirror holds.
        return SQLGlotCompiler.visit_Field(self, op, rel=rel, name=name)


# Doris and StarRocks have no compiler of their own in Ibis; sqlglot knows their words.
_COMPILERS: Mapping[str, tuple[Any, str]] = {
    "duckdb": (_DuckDB(), "duckdb"),
    "clickhouse": (_ClickHouse(), "clickhouse"),
    "pyspark": (_Spark(), "pyspark"),
    "trino": (_Trino(), "trino"),
    "doris": (_DuckDB(), "doris"),
    "starrocks": (_DuckDB(), "starrocks"),
}
DIALECTS = tuple(_COMPILERS)
_QUOTED_TABLE = re.compile(rf"[`\"]{TABLE}[`\"]")


def rendered(plan: Plan, dialect: str, mark: Callable[[str], str]) -> str:
    """The plan's SQL. ``mark`` spells a bound parameter by its name; TABLE and UNITS are left for ``with_table`` and
    ``with_units``."""
    compiler, words = _COMPILERS[dialect]
    tree = compiler.to_sqlglot(plan.expression)
    for table in tree.find_all(sge.Table):
        if table.name == plan.source.name and not table.db:
            table.set("this", sg.to_identifier(TABLE, quoted=True))
    sql = MARK.sub(lambda found: mark(found[1]), tree.sql(dialect=words))
    return UNITS_MARK.sub(f"({UNITS})", sql)


def with_table(sql: str, table: str) -> str:
    """With the engine's way of reading the files in the table's place."""
    return _QUOTED_TABLE.sub(lambda _found: table, sql)


def with_units(sql: str, units: Sequence[int] | None) -> str:
    """With the viewer's units spelled out: they are whole numbers of ours, and may be thousands. None at all is a list
    that nothing is in."""
    if UNITS not in sql:
        return sql
    return sql.replace(UNITS, ", ".join(str(int(one)) for one in units or ()) or "NULL")


def as_text(value: Any) -> str | None:
    """A bound value as the engines' casts read it; moments in UTC."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
