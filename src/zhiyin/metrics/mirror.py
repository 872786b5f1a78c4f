"""The columnar mirror: immutable Parquet segments, written in the ledger's order, that may be deleted and rebuilt.

One process at a time writes (a lock file), any number read: a reader takes the manifest, which is replaced by rename,
and the segments that it names never change. When there are many small segments they are merged.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from zhiyin.ledger import chain
from zhiyin.ledger.queries import sealed_after
from zhiyin.metrics.language import Fact, Row
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Source

EVENTS_AT_ONCE = 2000
MOST_SEGMENTS = 24
_TYPES = {
    "int64": pa.int64(),
    "int16": pa.int16(),
    "float64": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def folder() -> Path:
    return Path(settings.DATA_DIR) / "mirror"


def facts() -> tuple[Fact, ...]:
    """The facts that the catalogue lists. Metrics knows no room: it finds the list through a setting."""
    found: tuple[Fact, ...] = import_module(settings.CATALOGUE).FACTS
    return found


def fact(name: str) -> Fact:
    """The fact of this name."""
    return next(one for one in facts() if one.name == name)


def sources(of: Fact) -> Sequence[Source]:
    """The tables that can answer questions about a fact, the smallest first."""
    return (Source(of.name, of.columns),)


def manifest() -> Manifest:
    """The mirror as it stands. An absent one is empty."""
    path = folder() / "manifest.json"
    try:
        raw = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Manifest(0, None, {})
    as_of = datetime.fromisoformat(raw["as_of"]) if raw["as_of"] else None
    return Manifest(raw["sequence"], as_of, {name: tuple(files) for name, files in raw["segments"].items()})


def refresh(*, now: datetime) -> int:
    """Read what the ledger sealed since last time, at most a few thousand facts; returns how many."""
    with _writing() as allowed:
        if not allowed:
            return 0
        held = manifest()
        events = sealed_after(held.sequence, limit=EVENTS_AT_ONCE)
        if not events:
            _keep(Manifest(held.sequence, now, held.segments))
            return 0
        sequence = events[-1].sequence
        segments = dict(held.segments)
        for fact in facts():
            ids = _touched(fact, events)
            if rows := fact.load(ids) if ids else []:
                file = f"{fact.name}-{sequence:012d}.parquet"
                _write(fact, rows, sequence, folder() / file)
                segments[fact.name] = (*segments.get(fact.name, ()), file)
        _keep(_merged(Manifest(sequence, now, segments)))
        return len(events)


def catch_up(*, now: datetime) -> None:
    """Seal what is pending and read all of it: for the command line, imports and tests."""
    chain.seal_all()
    while refresh(now=now):
        pass


def forget() -> None:
    """Delete the mirror; the next refresh builds it anew from the record."""
    with _writing() as allowed:
        if allowed:
            for path in folder().glob("*.parquet"):
                path.unlink()
            (folder() / "manifest.json").unlink(missing_ok=True)


@contextmanager
def _writing() -> Iterator[bool]:
    """Hold the writer's lock, or say that another process does."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _touched(fact: Fact, events: list[Any]) -> list[int]:
    ids: dict[int, None] = {}
    for event in events:
        if reader := fact.touched_by.get(event.kind):
            ids.update(dict.fromkeys(reader(event.data)))
    return list(ids)


def _write(fact: Fact, rows: list[Row], sequence: int, path: Path) -> None:
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(values, type=_TYPES[kind]) for values, kind in zip(columns, fact.columns.values(), strict=True)]
    arrays.append(pa.array([sequence] * len(rows), type=pa.int64()))
    _store(pa.table(arrays, names=[*fact.columns, "_sequence"]), path)


def _store(table: pa.Table, path: Path) -> None:
    unfinished = path.with_suffix(".part")
    pq.write_table(table, unfinished, compression="zstd", row_group_size=200_000)
    unfinished.rename(path)


def _merged(new: Manifest) -> Manifest:
    """Merge a fact's segments when there are many: newest rows of an owner only, sorted by owner."""
    segments = dict(new.segments)
    for fact in facts():
        files = segments.get(fact.name, ())
        if len(files) <= MOST_SEGMENTS:
            continue
        table = pa.concat_tables([pq.read_table(folder() / file) for file in files])
        file = f"{fact.name}-{new.sequence:012d}-merged.parquet"
        _store(_newest(table, fact) if fact.changes else table, folder() / file)
        segments[fact.name] = (file,)
    merged = Manifest(new.sequence, new.as_of, segments)
    return merged


def _newest(table: pa.Table, fact: Fact) -> pa.Table:
    last = table.group_by(fact.owner).aggregate([("_sequence", "max")])
    joined = table.join(last, keys=fact.owner)
    mask = pa.compute.equal(joined["_sequence"], joined["_sequence_max"])
    return joined.filter(mask).drop(["_sequence_max"]).select(table.column_names)


def _keep(new: Manifest) -> None:
    raw = {
        "sequence": new.sequence,
        "as_of": new.as_of.isoformat() if new.as_of else None,
        "segments": {name: list(files) for name, files in new.segments.items()},
    }
    unfinished = folder() / "manifest.json.part"
    unfinished.write_text(json.dumps(raw), "utf-8")
    unfinished.rename(folder() / "manifest.json")
    _tidy(new)


def _tidy(held: Manifest) -> None:
    """Delete merged-away segments once no reader can still be at them: they are two manifests old."""
    kept = {file for files in held.segments.values() for file in files}
    graveyard = folder() / "old"
    shutil.rmtree(graveyard, ignore_errors=True)
    for path in folder().glob("*.parquet"):
        if path.name not in kept:
            graveyard.mkdir(exist_ok=True)
            path.rename(graveyard / path.name)
