"""The tables behind a fact: its rows, and roll-ups of them. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiyin.metrics.language import Fact
from zhiyin.metrics.planning import DAY, FIRST, Source
from zhiyin.metrics.tiers import ROLLUP_SIZES, SIZES

FORMAT = 4  # of the files; a mirror of another is built anew
WEIGHT = "_weight"
SQL_TYPES = {
    "int64": "BIGINT",
    "int32": "INTEGER",
    "int16": "SMALLINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Table:
    """A table of the mirror. ``weight``: the column that says how many rows of the fact a row stands for; in the rows
    of a fact that changes, one that was taken back weighs -1."""

    name: str
    columns: Mapping[str, str]
    order: tuple[str, ...]  # tells rows apart, so that the same rows always make the same file
    weight: str
    sizes: Sequence[int]
    owner: str = ""  # none in a roll-up

    @property
    def stored(self) -> Mapping[str, str]:
        """The columns of its files."""
        return {**self.columns, self.weight: "int64"} if self.weight else self.columns

    @property
    def source(self) -> Source:
        return Source(self.name, self.columns, self.weight)

    @property
    def has_days(self) -> bool:
        return DAY in self.columns


def rows_of(fact: Fact) -> Table:
    """The table of the fact's own rows."""
    columns = {**fact.columns, FIRST: "boolean"} if fact.steady else dict(fact.columns)
    order = fact.order or (fact.owner, *(name for name in columns if name != fact.owner))
    return Table(fact.name, columns, order, WEIGHT if fact.changes else "", SIZES, fact.owner)


def rollups_of(fact: Fact) -> list[Table]:
    """Its roll-ups, in the order in which they are declared: the smallest first."""
    of_rows = rows_of(fact).columns
    return [
        Table(f"{fact.name}_{name}", {key: of_rows[key] for key in keys}, keys, WEIGHT, ROLLUP_SIZES)
        for name, keys in fact.rollups.items()
    ]


def tables_of(fact: Fact) -> list[Table]:
    """All of them, the smallest first."""
    return [*rollups_of(fact), rows_of(fact)]


def layout_of(facts: Sequence[Fact], zone: str) -> str:
    """What a mirror's files depend on besides the record."""
    spelled = [
        (table.name, list(table.stored.items()), table.order, list(table.sizes), fact.version() if fact.version else "")
        for fact in facts
        for table in tables_of(fact)
    ]
    return hashlib.sha256(repr((FORMAT, zone, spelled)).encode()).hexdigest()[:16]
