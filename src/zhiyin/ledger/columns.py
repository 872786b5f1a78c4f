"""Many rows of the record as Arrow columns.

The ORM makes an object of each row, which costs ten times what the database does. Here the database spells CSV, which
goes to Arrow's parser without Python seeing a single value: COPY on PostgreSQL, one long text on SQLite.
"""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
from django.db import connection, models
from pyarrow import csv

WORDS = pa.dictionary(pa.int32(), pa.string())  # texts that repeat
MOMENT = pa.timestamp("us", tz="UTC")
_KINDS: "tuple[tuple[type[models.Field[Any, Any]], pa.DataType], ...]" = (
    (models.BooleanField, pa.bool_()),
    (models.SmallIntegerField, pa.int16()),
    (models.IntegerField, pa.int64()),
    (models.ForeignKey, pa.int64()),
    (models.DateTimeField, MOMENT),
    (models.TextField, pa.string()),
    (models.JSONField, pa.string()),
    (models.CharField, WORDS),
)


def columns_of(
    model: type[models.Model], names: Sequence[str], *, among: Iterable[int], key: str = "id", only: str = ""
) -> pa.Table:
    """These columns of the rows whose ``key`` is among these ids, in no particular order. ``only`` is a condition in
    SQL that both databases understand. A column may also be ``name = SQL``, which is a text."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    kinds = {name.partition(" = ")[0]: _kind(fields.get(name)) for name in names}
    spelled = [name.partition(" = ")[2] or name for name in names]
    condition = f" AND {only}" if only else ""
    ids = sorted(set(among))
    if not ids:
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    table = connection.ops.quote_name(model._meta.db_table)
    listed = ",".join(map(str, ids))
    if connection.vendor == "postgresql":
        chosen = ", ".join(_as_csv(sql, kind) for sql, kind in zip(spelled, kinds.values(), strict=True))
        return _copied(f"SELECT {chosen} FROM {table} WHERE {key} = ANY('{{{listed}}}'::bigint[]){condition}", kinds)
    line = " || ',' || ".join(_as_text(sql, kind) for sql, kind in zip(spelled, kinds.values(), strict=True))
    those = f"{key} IN (SELECT value FROM json_each(%s)){condition}"
    sql = f"SELECT group_concat({line}, char(10)) FROM {table} WHERE {those}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"[{listed}]"])
        (text,) = cursor.fetchone()
    return _parsed(BytesIO((text or "").encode()), kinds, pa.string())


def _kind(field: "models.Field[Any, Any] | None") -> pa.DataType:
    if field is None:
        return WORDS
    return next(kind for of, kind in _KINDS if isinstance(field, of))


def _as_csv(sql: str, kind: pa.DataType) -> str:
    return f"(extract(epoch FROM {sql}) * 1000000)::bigint" if pa.types.is_timestamp(kind) else sql


def _as_text(sql: str, kind: pa.DataType) -> str:
    if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
        return f"""coalesce('"' || replace({sql}, '"', '""') || '"', '')"""
    return f"coalesce({sql}, '')"


def _copied(sql: str, kinds: Mapping[str, pa.DataType]) -> pa.Table:
    text = BytesIO()
    with connection.cursor() as cursor, cursor.cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
        for block in copy:
            text.write(block)
    text.seek(0)
    return _parsed(text, kinds, pa.int64())


def _parsed(text: BytesIO, kinds: Mapping[str, pa.DataType], spelled: pa.DataType) -> pa.Table:
    """``spelled``: as what a moment stands there."""
    if not text.getbuffer().nbytes:
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    found = csv.read_csv(
        text,
        csv.ReadOptions(column_names=list(kinds), use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types={name: spelled if pa.types.is_timestamp(kind) else kind for name, kind in kinds.items()},
            null_values=[""],
            true_values=["t", "1"],
            false_values=["f", "0"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    moments = [number for number, kind in enumerate(kinds.values()) if pa.types.is_timestamp(kind)]
    for number in moments:
        moment = found.column(number)
        moment = moment.cast(pa.timestamp("us")) if spelled == pa.string() else moment
        found = found.set_column(number, list(kinds)[number], moment.cast(MOMENT))
    return found.combine_chunks()
