"""ClickHouse over its HTTP interface, over the mirror's Parquet files where the server finds them (``mirror=``).

Nothing is kept in ClickHouse: a question names the files of the manifest that it is asked of, each with its columns, so
a file that is missing is an error and never a smaller figure. Values travel as parameters, beside the text.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import httpx

from zhiyin.lib.engine_address import CLICKHOUSE_TLS, EngineAddress, read_address
from zhiyin.metrics.engines import EngineAway, EngineFailed, EngineRefused, Gone
from zhiyin.metrics.engines.files import files_of
from zhiyin.metrics.engines.rendering import as_text, rendered, with_table, with_units
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan

log = logging.getLogger("zhiyin.metrics.clickhouse")

SECONDS, CONNECT_SECONDS = 30, 3
LOOKS = 3  # reading twice is reading once
FORMAT = "JSONCompactEachRowWithNamesAndTypes"
TYPES = {
    "int64": "Int64",
    "int32": "Int32",
    "int16": "Int16",
    "float64": "Float64",
    "string": "String",
    "boolean": "Bool",
    "date": "Date32",
    "timestamp": "DateTime64(6, 'UTC')",
}
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_NOT_LET_IN = {"164", "192", "193", "194", "195", "291", "497", "516"}
_NO_SUCH_FILE = {"79", "107"}
_NOT_IN_STORAGE = ("NoSuchKey", "404", "does not exist")  # how s3() and url() say it, among other failures of theirs
_STORAGE_ERRORS = {"86", "499"}
_OVERLOADED = {"159", "202", "209", "210", "241", "394"}
_WRAPPED = re.compile(r"^(?:Nullable|LowCardinality)\((.*)\)$")


class ClickHouse:
    """One pool of connections for the process. ``transport`` and ``sleep`` are for tests."""

    dialect = "clickhouse"

    def __init__(
        self,
        address: EngineAddress,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address, self._sleep = address, sleep
        self._parameters = {"wait_end_of_query": "1"}  # an error is a status then, and never half an answer
        if address.database:
            self._parameters["database"] = address.database
        headers = {"X-ClickHouse-User": address.user, "X-ClickHouse-Key": address.password}
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._client = httpx.Client(
            base_url=f"{'https' if address.scheme == CLICKHOUSE_TLS else 'http'}://{host}:{address.port}",
            headers={name: value for name, value in headers.items() if value},
            timeout=httpx.Timeout(address.seconds(SECONDS), connect=CONNECT_SECONDS),
            transport=transport,
            trust_env=False,
        )

    def compiled(self, plan: Plan) -> str:
        return rendered(plan, self.dialect, lambda name: f"{{{name}:Nullable(String)}}") + f" FORMAT {FORMAT}"

    def rows(self, sql: str, plan: Plan, values: Mapping[str, Any], held: Manifest) -> Sequence[Sequence[Any]]:
        files = files_of(plan, values, held)
        if not files:
            return []
        text = with_units(with_table(sql, self._table(plan, files)), values.get("units"))
        bound = {f"param_{name}": _escaped(as_text(one)) for name, one in values.items() if name != "units"}
        return _read(self._asked(text, bound))

    def _table(self, plan: Plan, files: Sequence[str]) -> str:
        source = plan.source
        columns = {**source.columns, source.weight: "int64"} if source.weight else source.columns
        structure = ", ".join(f"`{name}` Nullable({TYPES[kind]})" for name, kind in columns.items())
        # One by one: what stands between braces is a pattern, and of a pattern those files are read that there are.
        return f"({' UNION ALL '.join(f'SELECT * FROM {self._file(file, structure)}' for file in files)})"

    def _file(self, file: str, structure: str) -> str:
        where, spelled = f"{self._address.mirror}/{file}", structure.replace("'", "\\'")
        reader = "s3" if "://" in where else "file"
        return f"{reader}('{where}', 'Parquet', '{spelled}')"

    def _asked(self, text: str, bound: Mapping[str, str]) -> str:
        for look in range(LOOKS):
            try:
                response = self._client.post("/", content=text.encode(), params={**self._parameters, **bound})
            except httpx.TransportError as broken:
                why: object = f"{type(broken).__name__}: {broken}"
                is_late = isinstance(broken, httpx.ReadTimeout)  # it works on it still: no second one beside it
                cause: Exception | None = broken
            else:
                if response.status_code not in (502, 503, 504):
                    return self._judged(response)
                why, is_late, cause = f"status {response.status_code}", False, None
            if is_late or look == LOOKS - 1:
                log.error("%s does not answer: %s", self._address.shown, why)
                raise EngineAway from cause
            self._sleep(0.1 * 2**look)
        raise AssertionError("unreachable")

    def _judged(self, response: httpx.Response) -> str:
        code = response.headers.get("X-ClickHouse-Exception-Code", "")
        if response.status_code == 200 and not code:
            return response.text
        said = " ".join(response.text.split())[:500]
        if code in _NO_SUCH_FILE or (code in _STORAGE_ERRORS and any(word in said for word in _NOT_IN_STORAGE)):
            raise Gone(said)
        log.error("%s answered %s, code %s: %s", self._address.shown, response.status_code, code or "none", said)
        if code in _NOT_LET_IN or response.status_code in (401, 403):
            raise EngineRefused
        raise EngineAway if code in _OVERLOADED else EngineFailed


def _escaped(text: str | None) -> str:
    """A parameter as ClickHouse reads it: as a field of a tab-separated file."""
    if text is None:
        return "\\N"
    for sign, spelled in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(sign, spelled)
    return text


def _read(text: str) -> list[tuple[Any, ...]]:
    _names, types, *rows = (json.loads(line) for line in text.split("\n") if line)
    readers = [_reader(kind) for kind in types]
    return [
        tuple(None if value is None else reader(value) for reader, value in zip(readers, row, strict=True))
        for row in rows
    ]


def _reader(kind: str) -> Callable[[Any], Any]:
    """Older servers write big whole numbers in quotes."""
    while found := _WRAPPED.match(kind):
        kind = found[1]
    if kind.startswith(("Int", "UInt")):
        return int
    if kind.startswith("Float"):
        return float
    if kind in ("Date", "Date32"):
        return date.fromisoformat
    return lambda value: value


def engine(url: str) -> ClickHouse:
    return ClickHouse(read_address(url))
