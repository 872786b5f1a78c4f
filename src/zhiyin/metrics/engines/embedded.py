"""DuckDB in this process, over the mirror's Parquet files."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import ibis

from zhiyin.metrics import mirror
from zhiyin.metrics.engines import Gone
from zhiyin.metrics.language import Fact
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import MARK, UNITS_MARK, Plan

THREADS = 2


class Embedded:
    """One connection for each thread; a view of each table over the files that the manifest names."""

    dialect = "duckdb"

    def __init__(self) -> None:
        self._local = threading.local()

    def compiled(self, plan: Plan) -> str:
        sql = MARK.sub(r"$\1", str(ibis.to_sql(plan.expression, dialect=self.dialect)))
        return UNITS_MARK.sub("(SELECT unnest(CAST($units AS BIGINT[])))", sql)

    def rows(self, sql: str, plan: Plan, values: Mapping[str, Any], held: Manifest) -> Sequence[Sequence[Any]]:
        try:
            return self._connection(held).execute(sql, dict(values)).fetchall()
        except duckdb.IOException as gone:
            raise Gone from gone

    def _connection(self, held: Manifest) -> duckdb.DuckDBPyConnection:
        connection: duckdb.DuckDBPyConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = duckdb.connect(":memory:", config={"threads": THREADS})
            connection.execute("SET TimeZone = 'UTC'")
            self._local.connection, self._local.stamp = connection, None
        stamp = (str(mirror.folder()), held.segments)
        if self._local.stamp != stamp:
            for fact in mirror.facts():
                if held.segments.get(fact.name):
                    connection.execute(_view(fact, held))
            self._local.stamp = stamp
        return connection


def _view(fact: Fact, held: Manifest) -> str:
    files = ", ".join(f"'{mirror.folder() / file}'".replace("\\", "/") for file in held.segments[fact.name])
    columns = ", ".join(f'"{name}"' for name in fact.columns)
    newest = ""
    if fact.changes:
        newest = f" QUALIFY rank() OVER (PARTITION BY {fact.owner} ORDER BY _sequence DESC) = 1"
    return f"CREATE OR REPLACE VIEW {fact.name} AS SELECT {columns} FROM read_parquet([{files}]){newest}"


def engine(url: str) -> Embedded:
    return Embedded()
