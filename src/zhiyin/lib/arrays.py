"""Arrow columns looked up, renamed and cut into local days, without a loop over rows."""

from collections.abc import Mapping
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


def column(table: pa.Table, name: str) -> pa.Array:
    """One column in one piece."""
    found = table.column(name).combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
