"""Many rows of the record as Arrow columns: COPY on PostgreSQL, plain tuples on SQLite.

The ORM makes an object of each row, which costs ten times what the database does. Here PostgreSQL's CSV goes to Arrow's
parser without Python seeing a single value.
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
    chosen = ", ".join(_as_plain(sql, kind) for sql, kind in zip(spelled, kinds.values(), strict=True))
    sql = f"SELECT {chosen} FROM {table} WHERE {key} IN (SELECT value FROM json_each(%s)){condition}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"[{listed}]"])
        rows = cursor.fetchall()
    given = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    return pa.table(
        {name: _from_sqlite(values, kind) for (name, kind), values in zip(kinds.items(), given, strict=True)}
    )


def _kind(field: "models.Field[Any, Any] | None") -> pa.DataType:
    if field is None:
        return WORDS
    return next(kind for of, kind in _KINDS if isinstance(field, of))


def _as_csv(sql: str, kind: pa.DataType) -> str:
    return f"(extract(epoch FROM {sql}) * 1000000)::bigint" if pa.types.is_timestamp(kind) else sql


def _as_plain(sql: str, kind: pa.DataType) -> str:
    """An expression instead of a column, so that the driver makes no object of a moment or a truth."""
    if pa.types.is_timestamp(kind):
        return f"{sql} || ''"
    return f"+{sql}" if pa.types.is_boolean(kind) else sql


def _copied(sql: str, kinds: Mapping[str, pa.DataType]) -> pa.Table:
    text = BytesIO()
    with connection.cursor() as cursor, cursor.cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
        for block in copy:
            text.write(block)
    if not text.tell():
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    text.seek(0)
    found = csv.read_csv(
        text,
        csv.ReadOptions(column_names=list(kinds), use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types={name: pa.int64() if pa.types.is_timestamp(kind) else kind for name, kind in kinds.items()},
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    moments = [number for number, kind in enumerate(kinds.values()) if pa.types.is_timestamp(kind)]
    for number in moments:
        found = found.set_column(number, list(kinds)[number], found.column(number).cast(MOMENT))
    return found.combine_chunks()


def _from_sqlite(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(MOMENT)
    if pa.types.is_boolean(kind):
        return pa.array(values, pa.int8()).cast(kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)
