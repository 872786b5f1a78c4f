"""How a segment is written: sorted and added up by DuckDB, within bounded memory, to the same bytes each time."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from zhiyin.metrics import spilling, tiers
from zhiyin.metrics.language import Fact, Row
from zhiyin.metrics.manifest import Part
from zhiyin.metrics.planning import DAY
from zhiyin.metrics.tables import SQL_TYPES, Table
from zhiyin.metrics.tiers import Stretch

MEMORY = "700MB"
ROWS_IN_A_GROUP = 122_880
ARROW_TYPES = {
    "int64": pa.int64(),
    "int32": pa.int32(),
    "int16": pa.int16(),
    "float64": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
Parts = Sequence[Part]


def as_table(rows: list[Row] | pa.Table, fact: Fact) -> pa.Table:
    """What a fact's ``load`` gave, as Arrow."""
    if isinstance(rows, pa.Table):
        return rows.select(list(fact.columns))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(fact.columns)
    arrays = [
        pa.array(values, type=ARROW_TYPES[kind]) for values, kind in zip(columns, fact.columns.values(), strict=True)
    ]
    return pa.table(arrays, names=list(fact.columns))


class Workshop:
    """A DuckDB that sorts and merges the files of ``folder`` and writes new ones there, or ``into`` another one."""

    def __init__(self, folder: Path, *, into: Path | None = None) -> None:
        self.folder, self.into = folder, into or folder
        self.into.mkdir(parents=True, exist_ok=True)
        settings: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": MEMORY}
        settings["temp_directory"] = str(spilling.own_folder(folder))
        self._duck = duckdb.connect(":memory:", config=settings)
        self._duck.execute("SET TimeZone = 'UTC'")
        # From statistics it knows of some columns that nothing is absent, and writes their files another way: the same
        # rows would be other bytes, depending on which files they came from.
        self._duck.execute("SET disabled_optimizers = 'statistics_propagation'")
        self._held: set[str] = set()

    def close(self) -> None:
        self._duck.close()

    def clear(self) -> None:
        """Let go what was held: for who keeps a workshop for the next time, since opening one takes longer than what
        a refresh has to do in it."""
        for name in self._held:
            self._duck.unregister(name)
        self._held.clear()
        for (name,) in self.run("SELECT table_name FROM duckdb_tables() WHERE temporary"):
            self.run(f"DROP TABLE {name_of(name)}")

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def run(self, sql: str) -> list[Any]:
        return self._duck.execute(sql).fetchall()

    def hold(self, name: str, table: pa.Table) -> None:
        """An Arrow table under a name that SQL can read."""
        self._duck.register(name, table)
        self._held.add(name)

    def read(self, table: Table, parts: Iterable[Part]) -> str:
        """SQL that reads these files; no files are no rows."""
        files = ", ".join(f"'{self.folder / part.file}'" for part in parts)
        if files:
            return f"SELECT {names_of(table.stored)} FROM read_parquet([{files}])"
        empty = ", ".join(f"CAST(NULL AS {SQL_TYPES[kind]}) AS {name_of(key)}" for key, kind in table.stored.items())
        return f"SELECT {empty} WHERE false"

    def write(self, table: Table, sql: str, stretch: Stretch, *, is_sorted: bool = False) -> list[Part]:
        """Write what ``sql`` selects as the table's segment of this stretch: one file, or one for each month.
        ``is_sorted``: it selects rows in the table's order, from one source."""
        if not table.has_days or not tiers.is_long(stretch):
            return self._file(table, sql, stretch, is_sorted)
        parts: list[Part] = []
        for (month,) in self.run(f"SELECT DISTINCT date_trunc('month', {DAY})::DATE FROM ({sql}) ORDER BY ALL"):
            inside = f"{DAY} >= DATE '{month}' AND {DAY} < DATE '{month}' + INTERVAL 1 MONTH"
            fits = f"{DAY} IS NULL" if month is None else inside
            parts += self._file(table, f"SELECT * FROM ({sql}) WHERE {fits}", stretch, is_sorted)
        return parts

    def _netted(self, table: Table, sql: str) -> str:
        """Where rows weigh, equal ones become one with their weights added up; what weighs nothing goes."""
        if not table.weight:
            return f"FROM ({sql})"
        return (
            f"SELECT {names_of(table.columns)}, CAST(sum({table.weight}) AS BIGINT) AS {table.weight} FROM ({sql}) "
            f"GROUP BY ALL HAVING sum({table.weight}) <> 0"
        )

    def _file(self, table: Table, sql: str, stretch: Stretch, is_sorted: bool) -> list[Part]:
        unfinished = self.into / f"{table.name}.part"
        # The weight tells apart what was taken back from what stands, where both are in one file.
        order = names_of([*table.order, *((table.weight,) if table.weight else ())])
        rows = self._netted(table, sql) if is_sorted else f"{self._netted(table, sql)} ORDER BY {order}"
        self.run(
            f"COPY ({rows}) TO '{unfinished}' "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {ROWS_IN_A_GROUP})"
        )
        meta = pq.read_metadata(unfinished)
        if not meta.num_rows:
            unfinished.unlink()
            return []
        with unfinished.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()[:24]
        final = self.into / f"{table.name}-{content}.parquet"
        unfinished.rename(final)
        owners = _range(meta, table, table.owner)
        return [Part(final.name, *stretch, *_range(meta, table, DAY), meta.num_rows, final.stat().st_size, *owners)]


def _range(meta: Any, table: Table, column: str) -> tuple[Any, Any]:
    """The least and the greatest value in a file, from its own statistics; not known where a row has none."""
    if column not in table.columns:
        return None, None
    place = list(table.stored).index(column)
    found = [meta.row_group(number).column(place).statistics for number in range(meta.num_row_groups)]
    if any(one is None or one.null_count or not one.has_min_max for one in found):
        return None, None
    return min(one.min for one in found), max(one.max for one in found)


def name_of(key: str) -> str:
    return f'"{key}"'


def names_of(keys: Iterable[str]) -> str:
    return ", ".join(name_of(key) for key in keys)
