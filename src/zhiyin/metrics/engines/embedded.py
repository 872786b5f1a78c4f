"""DuckDB in this process, over the mirror's Parquet files."""

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from zhiyin.metrics import mirror, spilling
from zhiyin.metrics.engines import EngineFailed, Gone, MirrorUnreadable
from zhiyin.metrics.engines.files import files_of
from zhiyin.metrics.engines.rendering import UNITS, rendered, with_table, with_units
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan

log = logging.getLogger("zhiyin.metrics.embedded")

THREADS = 2
MEMORY = "1GB"
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
        return rendered(plan, self.dialect, lambda name: f"${name}")

    def rows(self, sql: str, plan: Plan, values: Mapping[str, Any], held: Manifest) -> Sequence[Sequence[Any]]:
        files = files_of(plan, values, held)
        if not files:
            return []
        names = ", ".join(f"'{mirror.folder() / file}'" for file in files)
        sql = with_table(sql, f"read_parquet([{names}])")
        bound = dict(values)
        if "units" in bound and len(bound["units"]) <= FEW:
            sql = with_units(sql, bound.pop("units"))
        else:
            sql = sql.replace(UNITS, "SELECT unnest(CAST($units AS BIGINT[]))")
        try:
            return self._connection().execute(sql, bound).fetchall()
        except (duckdb.IOException, duckdb.InvalidInputException, OSError) as failed:
            if any(word in str(failed) for word in _GONE):
                raise Gone from failed
            if isinstance(failed, duckdb.InvalidInputException) and ".parquet" not in str(failed):
                raise
            log.error("%s", str(failed).partition("\n")[0])
            raise MirrorUnreadable from failed
        except duckdb.OutOfMemoryException as failed:
            log.error("%s", str(failed).partition("\n")[0])
            raise EngineFailed from failed

    def _connection(self) -> duckdb.DuckDBPyConnection:
        kept: tuple[int, duckdb.DuckDBPyConnection] | None = getattr(self._local, "connection", None)
        if kept is None or kept[0] != os.getpid():
            with self._lock:
                if self._duck is None or self._duck[0] != os.getpid():
                    self._duck = os.getpid(), _opened(spilling.own_folder(mirror.folder()))
                kept = os.getpid(), self._duck[1].cursor()
            kept[1].execute("SET TimeZone = 'UTC'")
            self._local.connection = kept
        return kept[1]


def _opened(spilled: Path) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {"threads": THREADS, "memory_limit": MEMORY}
    settings["temp_directory"] = str(spilled)
    opened = duckdb.connect(":memory:", config=settings)
    opened.execute("SET parquet_metadata_cache = true")  # a file never changes under its name
    return opened


def engine(url: str) -> Embedded:
    return Embedded()
