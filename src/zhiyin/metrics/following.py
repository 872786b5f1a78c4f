"""How a fact's tables follow the ledger: what is new is added, what changed is taken back, what is forgotten goes.

In the rows of a fact that changes, a row that was replaced is not looked for and deleted: the same row is written once
more with its weight turned, so that both add up to nothing in every sum and every roll-up. ``settle`` clears such pairs
away, and puts rows where a mirror that is built anew would have them: where the ledger first named their owner.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from zhiyin.lib.arrays import column, order_of
from zhiyin.metrics import tiers
from zhiyin.metrics.building import Workshop, as_table, name_of, names_of
from zhiyin.metrics.language import Fact
from zhiyin.metrics.manifest import Part
from zhiyin.metrics.planning import FIRST
from zhiyin.metrics.tables import WEIGHT, Table, rollups_of, rows_of, tables_of
from zhiyin.metrics.tiers import Stretch

AT_ONCE = 20_000  # owners that are read from the record together
SEQUENCE = "_sequence"


def within(stretch: Stretch, parts: Iterable[Part]) -> list[Part]:
    """Those of these files that lie in a stretch."""
    return [part for part in parts if tiers.inside(part.stretch, stretch)]


def due(table: Table, parts: Sequence[Part], sequence: int) -> list[Stretch]:
    """The long stretches of a table that are complete and still lie in several files of shorter ones."""
    return [
        stretch
        for stretch in tiers.stretches(sequence, table.sizes)
        if tiers.is_long(stretch) and any(part.stretch != stretch for part in within(stretch, parts))
    ]


class FactFiles:
    """The files of a fact's tables up to a sequence, in a workshop where they can be changed."""

    def __init__(self, fact: Fact, shop: Workshop, held: Mapping[str, Sequence[Part]], sequence: int) -> None:
        self.fact, self.shop, self.sequence = fact, shop, sequence
        self.rows = rows_of(fact)
        self._owner = name_of(fact.owner)
        self.parts = {table.name: list(held.get(table.name, ())) for table in tables_of(fact)}
        self._touched: list[int] = []
        self._news = ""

    def advance(self, to: int, touched: Mapping[int, int]) -> None:
        """Read on to this sequence. ``touched``: owners → the sequence of the fact that named them first.

        Long stretches are written here only where so much is read that they are new themselves; else ``merge`` does it.
        """
        places = sorted(touched.values()) if touched and self._gather(touched) else []
        is_much = to - self.sequence >= tiers.LONG_FROM
        for table in tables_of(self.fact):
            _gone, come = tiers.changes(self.sequence, to, table.sizes if is_much else tiers.short(table.sizes))
            old = self.parts[table.name]
            kept = [part for part in old if part.last <= come[0][0]] if come else old
            for stretch in come:
                is_new = bisect_right(places, stretch[0]) < bisect_right(places, stretch[1])
                kept = [*kept, *self.merged(table, within(stretch, old), stretch, is_new=is_new)]
            self._keep(table, kept)
        self.sequence = to

    def merge(self) -> bool:
        """Merge all long stretches that are complete; returns whether there were any."""
        merged = False
        for table in tables_of(self.fact):
            for stretch in due(table, self.parts[table.name], self.sequence):
                inputs = within(stretch, self.parts[table.name])
                new = self.merged(table, inputs, stretch)
                self._keep(table, [*(part for part in self.parts[table.name] if part not in inputs), *new])
                merged = True
        return merged

    def settle(self, owners: Sequence[int] | None = None) -> bool:
        """Leave no row of an owner but those that stand, where its first one is. With ``owners``: of these, read anew
        from the record, so that nothing that was forgotten there stays here; else of all of whom a row was taken back.
        Returns whether there were any, or long stretches to merge first."""
        merged = self.merge()
        return self._settled(owners) or merged

    def _settled(self, owners: Sequence[int] | None) -> bool:
        found = self._taken_back() if owners is None else list(owners)
        if not found:
            return False
        self._hold_touched(dict.fromkeys(found, 0))
        if owners is None:
            self._net("replacements", self.parts[self.rows.name])
        else:
            self.shop.hold("read_anew", self._whole(self._read(found)))
            self.shop.run(
                f"CREATE OR REPLACE TEMP TABLE replacements AS SELECT {names_of(self.rows.stored)} FROM read_anew"
            )
        places = self._places()
        for stretch, parts in places.items():
            self._rewrite(stretch, parts)
        return bool(places)

    def _gather(self, touched: Mapping[int, int]) -> bool:
        """Into ``news``: the rows as they are now, and those that they replace with their weight turned.
        Returns whether there are any."""
        fresh = self._read(list(touched))
        if not len(fresh) and not self.fact.changes:
            return False
        self.shop.hold("news", self._placed(fresh, touched))
        self._news = "news"
        if self.fact.changes:
            self._hold_touched(touched)
            self._net("replaced", self.parts[self.rows.name])
            self._news = "news_and_replaced"
            columns = names_of(self.rows.columns)
            self.shop.run(
                f"CREATE OR REPLACE TEMP TABLE {self._news} AS "
                f"SELECT {columns}, {WEIGHT}, {SEQUENCE} FROM news UNION ALL "
                f"SELECT {columns}, -{WEIGHT}, sequence FROM replaced JOIN touched ON owner = {self._owner}"
            )
        return True

    def _placed(self, fresh: pa.Table, touched: Mapping[int, int]) -> pa.Table:
        """Rows with their weight and the sequence that named their owner, in the order of the fact's files: DuckDB
        takes twice as long to sort so many columns."""
        table = self._whole(fresh)
        owners, sequences = (np.array(list(one), np.int64) for one in (touched, touched.values()))
        by_owner = np.argsort(owners)
        place = np.searchsorted(owners[by_owner], column(table, self.fact.owner).to_numpy())
        table = table.append_column(SEQUENCE, pa.array(sequences[by_owner][place]))
        order = pa.array(order_of(table, self.rows.order))
        return pa.table({name: column(table, name).take(order) for name in table.column_names})

    def _may_hold(self, part: Part) -> bool:
        """Whether a file may hold rows of a touched owner: ids rise with time, so most touch the newest files only."""
        if part.least is None or part.most is None:
            return True
        place = bisect_left(self._touched, part.least)
        return place < len(self._touched) and self._touched[place] <= part.most

    def _hold_touched(self, touched: Mapping[int, int]) -> None:
        self._touched = sorted(touched)
        arrays = [pa.array(list(touched), pa.int64()), pa.array(list(touched.values()), pa.int64())]
        self.shop.hold("touched", pa.table(arrays, names=["owner", "sequence"]))

    def _read(self, owners: Sequence[int]) -> pa.Table:
        """These owners' rows as the record has them."""
        fact = self.fact
        found = [as_table(fact.load(owners[at : at + AT_ONCE]), fact) for at in range(0, len(owners), AT_ONCE)]
        return pa.concat_tables(found)

    def _whole(self, fresh: pa.Table) -> pa.Table:
        """Rows that were read, with what else the mirror says of each: which is its owner's first, that it stands."""
        table = fresh.unify_dictionaries().combine_chunks()
        if FIRST in self.rows.columns:
            apart = [key for key in self.rows.order if key not in {FIRST, self.fact.owner} | self.fact.steady]
            order = order_of(table, [self.fact.owner, *apart])
            owners = column(table, self.fact.owner).to_numpy()[order]
            is_first = np.empty(len(table), bool)
            is_first[order] = np.concatenate([[True], owners[1:] != owners[:-1]])[: len(table)]
            table = table.append_column(FIRST, pa.array(is_first))
        return table.append_column(WEIGHT, pa.repeat(pa.scalar(1, pa.int64()), len(table)))

    def _net(self, name: str, parts: Iterable[Part]) -> None:
        """The touched owners' rows as they stand in these files, as a table of the workshop."""
        parts = [part for part in parts if self._may_hold(part)]
        self.shop.run(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {names_of(self.rows.columns)}, "
            f"CAST(sum({WEIGHT}) AS BIGINT) AS {WEIGHT} FROM ({self.shop.read(self.rows, parts)}) "
            f"WHERE {self._owner} IN (SELECT owner FROM touched) GROUP BY ALL HAVING sum({WEIGHT}) <> 0"
        )

    def merged(self, table: Table, inputs: Sequence[Part], stretch: Stretch, *, is_new: bool = False) -> list[Part]:
        """The files of a stretch: its older files together, and what is new in it."""
        if not is_new and len(inputs) == 1 and not tiers.is_long(stretch):
            return [replace(inputs[0], first=stretch[0], last=stretch[1])]  # the same rows are the same file
        sources = [self.shop.read(table, inputs)] if inputs else []
        if is_new:
            inside = f"{SEQUENCE} > {stretch[0]} AND {SEQUENCE} <= {stretch[1]}"
            sources.append(f"SELECT {names_of(table.stored)} FROM {self._news} WHERE {inside}")
        is_sorted = table == self.rows and not inputs and not table.weight
        return self.shop.write(table, " UNION ALL ".join(sources), stretch, is_sorted=is_sorted) if sources else []

    def _keep(self, table: Table, parts: Iterable[Part]) -> None:
        self.parts[table.name] = sorted(parts, key=lambda part: (part.first, part.file))

    def _taken_back(self) -> list[int]:
        if not self.rows.weight:
            return []
        held = self.shop.read(self.rows, self.parts[self.rows.name])
        found = self.shop.run(f"SELECT DISTINCT {self._owner} FROM ({held}) WHERE {WEIGHT} < 0 ORDER BY 1")
        return [owner for (owner,) in found]

    def _places(self) -> dict[Stretch, list[Part]]:
        """The stretches in which the touched owners have rows; ``homes`` says which is the first of each owner."""
        stretches: dict[Stretch, list[Part]] = {}
        for part in self.parts[self.rows.name]:
            stretches.setdefault(part.stretch, []).append(part)
        self.shop.run("CREATE OR REPLACE TEMP TABLE homes (owner BIGINT, last BIGINT)")
        for (_first, last), parts in stretches.items():
            held = self.shop.read(self.rows, [part for part in parts if self._may_hold(part)])
            self.shop.run(
                f"INSERT INTO homes SELECT DISTINCT {self._owner}, {last} FROM ({held}) "
                f"WHERE {self._owner} IN (SELECT owner FROM touched)"
            )
        there = {last for (last,) in self.shop.run("SELECT DISTINCT last FROM homes")}
        return {stretch: parts for stretch, parts in stretches.items() if stretch[1] in there}

    def _rewrite(self, stretch: Stretch, parts: Sequence[Part]) -> None:
        """A stretch without the touched owners' rows, and with the replacements of those who are at home in it."""
        held, table = self.shop.read(self.rows, parts), self.rows
        theirs = f"{self._owner} IN (SELECT owner FROM touched)"
        at_home = f"SELECT owner FROM homes GROUP BY owner HAVING min(last) = {stretch[1]}"
        come = f"SELECT {names_of(table.stored)} FROM replacements WHERE {self._owner} IN ({at_home})"
        weight = table.weight or "1"
        self.shop.run(
            f"CREATE OR REPLACE TEMP TABLE delta AS SELECT {names_of(table.columns)}, -{weight} AS {WEIGHT} "
            f"FROM ({held}) WHERE {theirs} UNION ALL SELECT {names_of(table.columns)}, {weight} FROM ({come})"
        )
        new = self.shop.write(table, f"SELECT * FROM ({held}) WHERE NOT {theirs} UNION ALL {come}", stretch)
        self._keep(table, [*(part for part in self.parts[table.name] if part not in parts), *new])
        for rollup in rollups_of(self.fact):
            self._correct(rollup, stretch)

    def _correct(self, rollup: Table, changed: Stretch) -> None:
        """Take out of a roll-up what went from a stretch, and add what came."""
        around = tiers.stretches(self.sequence, rollup.sizes)
        stretch = next(one for one in around if tiers.inside(changed, one))
        held = self.parts[rollup.name]
        old = [part for part in held if part.stretch == stretch]
        delta = f"SELECT {names_of(rollup.stored)} FROM delta"
        new = self.shop.write(rollup, f"{self.shop.read(rollup, old)} UNION ALL {delta}", stretch)
        self._keep(rollup, [*(part for part in held if part not in old), *new])
