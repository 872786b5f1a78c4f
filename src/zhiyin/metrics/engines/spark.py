"""Spark, on a standalone cluster, over the mirror's Parquet files in a folder or a storage that every worker reaches.

This process is the driver: it needs ``pyspark`` and Java, and holds one session. A question reads a view over the files
of the manifest that it is asked of; the views are temporary, named by their files, and nobody else's.
"""

import hashlib
import logging
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from py4j.protocol import Py4JError, Py4JNetworkError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from zhiyin.lib.engine_address import EngineAddress, read_address
from zhiyin.metrics import mirror
from zhiyin.metrics.engines import EngineAway, EngineFailed, Gone
from zhiyin.metrics.engines.files import files_of
from zhiyin.metrics.engines.rendering import as_text, rendered, with_table, with_units
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan

log = logging.getLogger("zhiyin.metrics.spark")

SECONDS, CONNECT_SECONDS = 60, 3
MOST_VIEWS = 64
TYPES: Mapping[str, DataType] = {
    "int64": LongType(),
    "int32": IntegerType(),
    "int16": ShortType(),
    "float64": DoubleType(),
    "string": StringType(),
    "boolean": BooleanType(),
    "date": DateType(),
    "timestamp": TimestampType(),
}
ALWAYS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # what does not fit is an error, not nothing
    "spark.ui.showConsoleProgress": "false",
}
# Ours are small groups of many rows: two hundred tasks for a dozen groups are only waited for.
UNLESS_SET = {"spark.sql.shuffle.partitions": "8"}
_GONE = ("PATH_NOT_FOUND", "FILE_NOT_EXIST", "FileNotFoundException", "does not exist")


class Spark:
    """The driver. ``session`` is made when first asked for, and made anew when it has stopped."""

    dialect = "pyspark"

    def __init__(self, address: EngineAddress) -> None:
        self._address = address
        self._lock = threading.RLock()
        self._session: Any = None
        self._views: dict[str, None] = {}

    def compiled(self, plan: Plan) -> str:
        return rendered(plan, self.dialect, lambda name: f":{name}")

    def rows(self, sql: str, plan: Plan, values: Mapping[str, Any], held: Manifest) -> Sequence[Sequence[Any]]:
        files = files_of(plan, values, held)
        if not files:
            return []
        text = with_units(sql, values.get("units"))
        bound = {name: as_text(one) for name, one in values.items() if name != "units"}
        with self._faults():
            session = self.session()
            with self._lock:  # no view goes away between being found and being read
                frame = session.sql(with_table(text, self._view(session, plan, files)), bound)
            with self._in_time(session):
                return [tuple(row) for row in frame.collect()]

    def session(self) -> Any:
        """Connected, or EngineAway at once: Spark itself would wait for a minute and more."""
        with self._lock:
            if self._session is None or self._session.sparkContext._jsc.sc().isStopped():
                self._views.clear()
                self._knock()
                self._session = self._connected()
            return self._session

    def stop(self) -> None:
        with self._lock:
            if self._session is not None:
                self._session.stop()
                self._session = None

    def _knock(self) -> None:
        try:
            socket.create_connection((self._address.host, self._address.port), CONNECT_SECONDS).close()
        except OSError as away:
            log.error("%s does not answer: %s", self._address.shown, away)
            raise EngineAway from away

    def _connected(self) -> Any:
        options = self._address.options
        settings = {
            **ALWAYS,
            "spark.cores.max": options.get("cores"),
            "spark.executor.memory": options.get("memory"),
            "spark.driver.host": options.get("driver"),
        }
        builder = SparkSession.builder.master(self._address.shown).appName("zhiyin")
        for name, value in settings.items():
            if value:
                builder = builder.config(name, value)
        session = builder.getOrCreate()
        given = session.sparkContext.getConf()
        for name, value in UNLESS_SET.items():
            if not given.contains(name):
                session.conf.set(name, value)
        return session

    def _view(self, session: Any, plan: Plan, files: Sequence[str]) -> str:
        where = self._address.mirror or mirror.folder().absolute().as_uri()
        if "://" not in where:
            where = f"file://{where}"
        paths = [f"{where}/{file}" for file in files]
        source = plan.source
        columns = {**source.columns, source.weight: "int64"} if source.weight else source.columns
        digest = hashlib.sha256(repr((paths, list(columns.items()))).encode()).hexdigest()[:20]
        name = f"{source.name}_{digest}"
        if name not in self._views:
            schema = StructType([StructField(column, TYPES[kind]) for column, kind in columns.items()])
            session.read.schema(schema).parquet(*paths).createOrReplaceTempView(name)
            self._views[name] = None
            while len(self._views) > MOST_VIEWS:
                oldest = next(iter(self._views))
                session.catalog.dropTempView(oldest)
                del self._views[oldest]
        return f"`{name}`"

    @contextmanager
    def _in_time(self, session: Any) -> Iterator[None]:
        """A cluster without a free worker waits for ever: what is not done in time is called off."""
        context, group = session.sparkContext, f"zhiyin-{uuid4().hex}"
        context.setJobGroup(group, "a figure", interruptOnCancel=True)
        timer = threading.Timer(self._address.seconds(SECONDS), context.cancelJobGroup, [group])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (PySparkException, Py4JError, ConnectionError) as failed:
            said = str(failed)
            if any(word in said for word in _GONE):
                raise Gone(said.partition("\n")[0]) from failed
            log.error("%s: %s", self._address.shown, " ".join(said.split())[:500])
            is_away = isinstance(failed, Py4JNetworkError | ConnectionError) or any(
                word in said for word in ("cancelled", "SparkContext was shut down", "stopped SparkContext")
            )
            raise (EngineAway if is_away else EngineFailed) from failed


def engine(url: str) -> Spark:
    return Spark(read_address(url))
