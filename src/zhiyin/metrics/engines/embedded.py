"""DuckDB in this process, over the mirror's Parquet files."""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis

from zhiyin.metrics import mirror
from zhiyin.metrics.engines import Gone
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import MARK, UNITS_MARK, Plan

THREADS = 2
MEMORY = "1GB"
FILES, UNITS = "/*files*/", "/*units*/"
FEW = 500  # units that are spelled out, which DuckDB can compare with a file's statistics; more are joined
_GONE = ("No files found", "Cannot open file", "No such file")


class Embedded:
    """One DuckDB for the process, so that memory is bounded once; a connection of it for each thread."""

    dialect = "duckdb"

    def __init__(self) -> None:
        self._local = threading.local()
        self._lock = threading.Lock()
        self._duck: tuple[int, duckdb.DuckDBPyConnection] | None = None

    def compiled(self, plan: Plan) -> str:
        sql = MARK.sub(r"$\1", str(ibis.to_sql(plan.expression, dialect=self.dialect)))
        sql = UNITS_MARK.sub(f"({UNITS})", sql)
        return re.sub(rf'(?<=FROM )"{plan.source.name}"(?= AS)', f"read_parquet([{FILES}])", sql)

    def rows(self, sql: str, plan: Plan, values: Mapping[str, Any], held: Manifest) -> Sequence[Sequence[Any]]:
        files = held.files(plan.source.name, *(_days(values) if plan.by_day else ()))
        if not files:  # nothing of these days: the table is there all the same, without rows
            files = held.files(plan.source.name)[:1]
        if not files:
            return []
        sql = sql.replace(FILES, ", ".join(f"'{mirror.folder() / file}'" for file in files))
        bound = dict(values)
        if "units" in bound and len(bound["units"]) <= FEW:
            sql = sql.replace(UNITS, ", ".join(str(int(one)) for one in bound.pop("units")) or "NULL")
        else:
            sql = sql.replace(UNITS, "SELECT unnest(CAST($units AS BIGINT[]))")
        try:
            return self._connection().execute(sql, bound).fetchall()
        except duckdb.IOException as failed:
            if any(word in str(failed) for word in _GONE):
                raise Gone from failed
            raise

    def _connection(self) -> duckdb.DuckDBPyConnection:
        kept: tuple[int, duckdb.DuckDBPyConnection] | None = getattr(self._local, "connection", None)
        if kept is None or kept[0] != os.getpid():
            with self._lock:
                if self._duck is None or self._duck[0] != os.getpid():
                    self._duck = os.getpid(), _opened(mirror.folder() / "spilled")
                kept = os.getpid(), self._duck[1].cursor()
            kept[1].execute("SET TimeZone = 'UTC'")
            self._local.connection = kept
        return kept[1]


def _opened(spilled: Path) -> duckdb.DuckDBPyConnection:
    spilled.mkdir(parents=True, exist_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {"threads": THREADS, "memory_limit": MEMORY}
    settings["temp_directory"] = str(spilled)
    opened = duckdb.connect(":memory:", config=settings)
    opened.execute("SET parquet_metadata_cache = true")  # a file never changes under its name
    return opened


def _days(values: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """The days that a question reads, both included, a day wider where the period is cut by moments: which local day
    those fall on is not decided here."""
    since, until = values.get("since"), values.get("until")
    day = timedelta(days=1)
    first = since.date() - day if isinstance(since, datetime) else since
    last = until.date() + day if isinstance(until, datetime) else until and until - day
    return first, last


def engine(url: str) -> Embedded:
    return Embedded()
