"""The order of rows is the one that DuckDB gives them, so that either may sort what the mirror writes."""

from datetime import date
from random import Random

import duckdb
import pyarrow as pa
import pytest

from zhiyin.lib.arrays import order_of

DICE = Random(7)
WORDS = ["", "a", "B", "b", "ä", "王", "🙂", "\uffff", None]


@pytest.mark.parametrize("nulls", [True, False])
def test_rows_are_sorted_as_sql_sorts_them(nulls: bool) -> None:
    words = [DICE.choice(WORDS if nulls else WORDS[:-1]) for _ in range(500)]
    days = [DICE.choice([date(1969, 12, 31), date(2026, 1, 1), *([None] if nulls else [])]) for _ in words]
    twice = pa.DictionaryArray.from_arrays(pa.array([DICE.randrange(3) for _ in words], pa.int32()), ["x", "w", "x"])
    shares = [DICE.choice([-1.5, 0.0, 2.25, *([None] if nulls else [])]) for _ in words]
    table = pa.table(
        {"word": words, "day": days, "twice": twice, "share": shares, "truth": [DICE.random() < 0.5 for _ in words]}
    ).append_column("id", pa.array(DICE.sample(range(10_000), len(words))))
    for keys in (["word", "day", "id"], ["twice", "share", "truth", "id"], ["day", "word", "id"]):
        expected = duckdb.execute(f'SELECT id FROM "table" ORDER BY {", ".join(keys)}').fetchall()
        ours = table.take(pa.array(order_of(table, keys))).column("id").to_pylist()
        assert ours == [one for (one,) in expected], keys
