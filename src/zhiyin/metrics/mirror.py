"""The columnar mirror: immutable Parquet segments, written in the ledger's order, that may be deleted and rebuilt.

One process at a time writes (a lock file), any number read: a reader takes the manifest, which is replaced by rename,
and the files that it names never change. What the files are is a function of the record and of how far the ledger was
read (``tiers``), so a mirror that was deleted comes back to the same bytes, once its long stretches are merged.

The lock is the kernel's: it goes with its process, and never while that lives. So there is no lease that a sleeping
writer could outlive, and nothing to fence off.
"""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import duckdb
from django.conf import settings

from zhiyin.ledger import chain
from zhiyin.ledger.queries import Sealed, sealed_after
from zhiyin.metrics import manifest as manifests
from zhiyin.metrics.building import Workshop
from zhiyin.metrics.engines import MirrorUnreadable
from zhiyin.metrics.following import AT_ONCE, FactFiles, due, within
from zhiyin.metrics.language import Fact, Through, Touch
from zhiyin.metrics.manifest import Manifest, Part
from zhiyin.metrics.planning import Source
from zhiyin.metrics.tables import Table, layout_of, tables_of
from zhiyin.metrics.tiers import Stretch, good_stop

log = logging.getLogger("zhiyin.metrics.mirror")

EVENTS_AT_ONCE = 262_144
OWNERS_AT_ONCE = 300_000  # a batch of a thousand encounters is one fact: what is read at once is bounded by rows, too
# Seconds to wait for the writer's lock: a refresh as long as putting a merged stretch in place may take, a merged
# stretch as long as a refresh may.
PATIENCE, A_LONG_TIME = 0.2, 60.0
_checked: set[Path] = set()
_kept_shop: tuple[int, Workshop] | None = None


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
    return [table.source for table in tables_of(of)]


def manifest() -> Manifest:
    """The mirror as it stands. An absent one is empty, and so is one that was written by other definitions: the next
    refresh builds it anew. Raises MirrorUnreadable where the system does not let us look."""
    try:
        found = manifests.read(folder())
    except OSError as failed:
        log.error("the mirror cannot be read: %s", failed)
        raise MirrorUnreadable from failed
    return found if found.layout == _layout() else Manifest(0, None, {}, _layout())


def refresh(*, now: datetime) -> int:
    """Read what the ledger sealed since last time, at most some thousand facts; returns how many."""
    with _writing() as allowed:
        if not allowed:
            return 0
        held = _sound()
        events = _portion(held.sequence)
        if not events:
            _keep(replace(held, as_of=now))
            return 0
        with _shop() as shop:
            tables = _advanced(shop, held, events)
        _keep(Manifest(events[-1].sequence, now, tables, held.layout))
        return len(events)


def merge() -> int:
    """Merge one long stretch of one table, if there is one complete; returns how many. Refreshes go on meanwhile: it
    reads files that never change, writes beside them, and takes the lock only to put its own in their place."""
    with _alone("merging.lock") as allowed:
        if not allowed:
            return 0
        beside = folder() / "merging"
        shutil.rmtree(beside, ignore_errors=True)  # what somebody left who was killed, or came too late
        held = manifest()
        found = next(_due(held), None)
        if found is None:
            return 0
        one, table, stretch = found
        inputs = within(stretch, held.tables[table.name])
        with Workshop(folder(), into=beside) as shop:
            try:
                merged = FactFiles(one, shop, held.tables, held.sequence).merged(table, inputs, stretch)
            except duckdb.IOException:
                if all(_is_whole(part) for part in inputs):
                    raise
                return 1  # somebody was forgotten meanwhile, and files with them
        _put_in_place(beside, table.name, inputs, merged)
        return 1


def catch_up(*, now: datetime) -> None:
    """Seal what is pending and read all of it: for the command line, imports and tests."""
    chain.seal_all()
    while refresh(now=now):
        pass
    while merge():
        pass


def settle(*, now: datetime) -> int:
    """Clear rows away that were taken back, out of all files; returns of how many facts' tables. A mirror that is
    settled has the same bytes as one that is built anew."""
    with _writing() as allowed:
        if not allowed:
            return 0
        held, done = manifest(), 0
        tables = dict(held.tables)
        with _shop() as shop:
            for one in facts():
                files = FactFiles(one, shop, tables, held.sequence)
                if files.settle():
                    tables |= _named(files)
                    done += 1
        if done:
            _keep(replace(held, tables=tables))
        return done


def forget() -> None:
    """Delete the mirror; the next refresh builds it anew from the record."""
    with _writing() as allowed:
        if allowed:
            _clear()


def _writing() -> AbstractContextManager[bool]:
    """Hold the writer's lock, or say that another process does."""
    return _alone("lock", patience=PATIENCE)


@contextmanager
def _alone(lock: str, *, patience: float = 0.0) -> Iterator[bool]:
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / lock).open("w") as file:
        yield _locked(file, patience)


def _locked(file: IO[str], patience: float) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        else:
            return True


@contextmanager
def _shop() -> Iterator[Workshop]:
    """This process's workshop for the mirror's own folder. Only who holds the writer's lock may use it."""
    global _kept_shop
    if _kept_shop is None or _kept_shop[0] != os.getpid() or _kept_shop[1].folder != folder():
        _kept_shop = os.getpid(), Workshop(folder())
    shop = _kept_shop[1]
    try:
        yield shop
        shop.clear()
    except BaseException:
        _kept_shop = None  # whatever state it is in, the next one begins anew
        shop.close()
        raise


def _due(held: Manifest) -> Iterator[tuple[Fact, Table, Stretch]]:
    """The long stretches to merge."""
    for one in facts():
        for table in tables_of(one):
            for stretch in due(table, held.tables.get(table.name, ()), held.sequence):
                yield one, table, stretch


def _put_in_place(beside: Path, table: str, inputs: Sequence[Part], merged: Sequence[Part]) -> None:
    """Name merged files instead of what they were made of, if all of that still stands."""
    with _alone("lock", patience=A_LONG_TIME) as allowed:
        held = manifest()
        standing = set(held.tables.get(table, ()))
        if not allowed or not standing.issuperset(inputs):
            return
        for part in merged:
            (beside / part.file).rename(folder() / part.file)
        parts = sorted(standing.difference(inputs).union(merged), key=lambda part: (part.first, part.file))
        _keep(replace(held, tables={**held.tables, table: tuple(parts)}))


def _layout() -> str:
    return layout_of(facts(), settings.TIME_ZONE)


def _sound() -> Manifest:
    """The manifest to go on from. Files are not flushed one by one, so after a power cut some may be short: this
    process looks once, and begins anew if one is."""
    held = manifest()
    if folder() not in _checked:
        _checked.add(folder())
        if not all(_is_whole(part) for parts in held.tables.values() for part in parts):
            _clear()
            return manifest()
    return held


def _is_whole(part: Part) -> bool:
    try:
        return (folder() / part.file).stat().st_size == part.size
    except FileNotFoundError:
        return False


def _portion(sequence: int) -> list[Sealed]:
    """The next facts, as many as are read at once; all there are, unless those are too many."""
    events = sealed_after(sequence, limit=EVENTS_AT_ONCE)
    many, reached = 0, len(events)
    for number, event in enumerate(events):
        many += _longest(event.data)
        if many > OWNERS_AT_ONCE:
            reached = number + 1
            break
    if reached == EVENTS_AT_ONCE or reached < len(events):
        reached = good_stop(sequence, sequence + reached) - sequence
    return events[:reached]


def _longest(data: Any) -> int:
    """How many owners a fact may name: as many as its longest list has."""
    if isinstance(data, Mapping):
        return max((_longest(one) for one in data.values()), default=1)
    return len(data) if isinstance(data, list) else 1


def _advanced(shop: Workshop, held: Manifest, events: Sequence[Sealed]) -> dict[str, tuple[Part, ...]]:
    tables: dict[str, tuple[Part, ...]] = {}
    of_kind: dict[str, list[Sealed]] = {}
    for event in events:
        of_kind.setdefault(event.kind, []).append(event)
    for one in facts():
        files = FactFiles(one, shop, held.tables, held.sequence)
        files.advance(events[-1].sequence, _owners(one.touched_by, of_kind))
        if forgotten := _owners(one.forgotten_by, of_kind):
            files.settle(list(forgotten))
        tables |= _named(files)
    return tables


def _named(files: FactFiles) -> dict[str, tuple[Part, ...]]:
    return {name: tuple(parts) for name, parts in files.parts.items()}


def _owners(readers: Mapping[str, Touch], of_kind: Mapping[str, Sequence[Sealed]]) -> dict[int, int]:
    """The owners that these facts name → the sequence of the first that does."""
    found: dict[int, int] = {}
    for kind, reader in readers.items():
        ids: dict[int, int] = {}
        for event in of_kind.get(kind, ()):
            for one in reader.named(event.data) if isinstance(reader, Through) else reader(event.data):
                ids.setdefault(one, event.sequence)
        for owner, sequence in _behind(reader, ids) if isinstance(reader, Through) else ids.items():
            if sequence < found.get(owner, sequence + 1):
                found[owner] = sequence
    return found


def _behind(reader: Through, ids: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    listed = list(ids)
    for at in range(0, len(listed), AT_ONCE):
        for one, owners in reader.owners(listed[at : at + AT_ONCE]).items():
            for owner in owners:
                yield owner, ids[one]


def _keep(new: Manifest) -> None:
    old = manifests.read(folder())
    manifests.write(folder(), new)
    _tidy(new, old)


def _tidy(new: Manifest, old: Manifest) -> None:
    """Delete files that neither this manifest nor the one before it names: whoever took that one still finds them.
    Where somebody is forgotten the files go with the next refresh, a second later."""
    kept = {part.file for held in (new, old) for parts in held.tables.values() for part in parts}
    for path in folder().glob("*.parquet"):
        if path.name not in kept:
            path.unlink()


def _clear() -> None:
    (folder() / manifests.NAME).unlink(missing_ok=True)
    for path in folder().glob("*.parquet"):
        path.unlink()
