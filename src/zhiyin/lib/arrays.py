"""Arrow columns looked up, renamed and cut into local days, without a loop over rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

QUARTER, HOUR, DAY = 900_000_000, 3_600_000_000, 86_400_000_000  # microseconds


def places_in(keys: pa.Array, wanted: pa.Array) -> pa.Array:
    """For each wanted key the place where it stands among ``keys`` (each there once); null where it does not."""
    known, asked = _whole(keys), _whole(wanted.fill_null(-1))
    if not len(known):
        return pa.nulls(len(asked), pa.int64())
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known[order], asked), len(known) - 1)
    return pa.array(order[place], pa.int64(), mask=known[order][place] != asked)


def renamed(column: pa.Array, names: Mapping[int, str], otherwise: str = "") -> pa.Array:
    """Names in the place of numbers."""
    coded = column.fill_null(-1).dictionary_encode()
    spelled = pa.array([names.get(number, otherwise) for number in coded.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(coded.indices, spelled)


def local_days(moments: pa.Array, zone: ZoneInfo) -> pa.Array:
    """The local date of each moment."""
    return pa.array((_local(moments, zone) // DAY).astype(np.int32)).cast(pa.date32())


def local_hours(moments: pa.Array, zone: ZoneInfo) -> pa.Array:
    """The hour that the clock on the wall shows at each moment."""
    return pa.array((_local(moments, zone) % DAY // HOUR).astype(np.int16))


def _local(moments: pa.Array, zone: ZoneInfo) -> Any:
    """Zones change their offset on quarters of an hour, so each is asked for once."""
    micros = _whole(moments.cast(pa.int64()))
    quarters, place = np.unique(micros // QUARTER, return_inverse=True)
    offsets = np.array([_offset(int(one) * QUARTER, zone) for one in quarters], np.int64)
    return micros + offsets[place]


def _offset(micros: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(micros / 1_000_000, tz=UTC).astimezone(zone).utcoffset()
    assert offset is not None  # a moment in a zone has one
    return round(offset.total_seconds() * 1_000_000)


def _whole(column: pa.Array) -> Any:
    return column.to_numpy(zero_copy_only=False).astype(np.int64)


def ranks(column: pa.Array) -> list[Any]:
    """Keys for ``numpy.lexsort``, the most important last, that order a column as SQL does: texts by their code points,
    what is absent behind all that is there."""
    if pa.types.is_string(column.type):
        column = column.dictionary_encode()
    absent = column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_dictionary(column.type):
        words = column.dictionary.to_pylist()  # the same word may stand there twice
        rank = {word: number for number, word in enumerate(sorted(set(words)))}
        known = np.array([*(rank[word] for word in words), -1], np.int64)
        values = known[column.indices.fill_null(len(words)).to_numpy()]
    elif pa.types.is_date32(column.type) or pa.types.is_boolean(column.type):
        values = column.cast(pa.int32()).fill_null(0).to_numpy()
    else:
        values = column.fill_null(0).to_numpy(zero_copy_only=False)
    return [values, absent] if absent.any() else [values]


def order_of(table: pa.Table, keys: Sequence[str]) -> Any:
    """The places of a table's rows in the order of these columns, the first of them the most important."""
    found = [one for key in reversed(keys) for one in ranks(column(table, key))]
    return np.lexsort(found)


def column(table: pa.Table, name: str) -> pa.Array:
    """One column in one piece."""
    found = table.column(name).combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
