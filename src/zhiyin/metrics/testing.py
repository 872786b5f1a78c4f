"""A catalogue of two facts for tests, with rows that stand in dictionaries instead of tables.

``settings.CATALOGUE = "zhiyin.metrics.testing"`` puts it in the place of the product's own; ``happen(visits=[7])`` lets
the ledger say that the row under 7 is to be read again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from zhiyin.ledger.record import record_all
from zhiyin.ledger.testing import NOW, Happened, Somebody
from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate, Sample
from zhiyin.lib.text import both
from zhiyin.metrics.language import Dimension, Fact, Measure, Row, Unit

# A visit may change: its newest row counts. A note is written once, and one visit may have several.
visits: dict[int, Row] = {}
notes: dict[int, list[Row]] = {}


def forget_rows() -> None:
    visits.clear()
    notes.clear()


def visit(
    identifier: int,
    score: int | None = 10,
    *,
    place: str | None = "hall",
    unit: int = 1,
    at: datetime = NOW,
    is_counted: bool = True,
) -> int:
    """Put the row in its place, as it is from now on."""
    visits[identifier] = (identifier, unit, at, at.astimezone(UTC).date(), score, place, is_counted)
    return identifier


def note(identifier: int, *words: str, unit: int = 1, day: date | None = None) -> int:
    notes[identifier] = [(identifier, unit, NOW, day or NOW.date(), text, 0.5) for text in words]
    return identifier


def happen(*, now: datetime = NOW, **ids: Sequence[int]) -> None:
    """Record that these rows (``visits=[…]``, ``notes=[…]``) are there or have changed; nothing is sealed yet."""
    with transaction.atomic():
        record_all(
            [(Happened(details={name: list(one) for name, one in ids.items()}), "", None)], by=Somebody(), now=now
        )


def _named(name: str) -> Any:
    return lambda data: data["details"].get(name, [])


def _load_visits(ids: Sequence[int]) -> list[Row]:
    return [visits[one] for one in ids if one in visits]


def _load_notes(ids: Sequence[int]) -> list[Row]:
    return [row for one in ids for row in notes.get(one, [])]


COMMON = {"unit_id": "int64", "at": "timestamp", "day": "date"}
FACTS: tuple[Fact, ...] = (
    Fact(
        name="visits",
        columns={"visit_id": "int64", **COMMON, "score": "int16", "place": "string", "is_counted": "boolean"},
        owner="visit_id",
        load=_load_visits,
        touched_by={"test.happened": _named("visits")},
        changes=True,
        at="at",
        order=("place", "day", "visit_id"),
        rollups={"daily": ("day", "unit_id", "place", "score", "is_counted")},
        forgotten_by={"test.happened": _named("forgotten_visits")},
    ),
    Fact(
        name="notes",
        columns={"note_id": "int64", **COMMON, "text": "string", "weight": "float64"},
        owner="note_id",
        load=_load_notes,
        touched_by={"test.happened": _named("notes")},
        at="at",
        order=("day", "note_id", "text"),
        steady=frozenset({"note_id", "unit_id", "at", "day"}),
        rollups={"daily": ("day", "unit_id", "text"), "noted": ("day", "unit_id", "_first")},
        forgotten_by={"test.happened": _named("forgotten_notes")},
    ),
)


def _share(sums: Mapping[str, float]) -> Estimate | None:
    n = int(sums["n"])
    return intervals.share(hits=int(sums["hits"]), n=n) if n else None


def _mean(sums: Mapping[str, float]) -> Estimate | None:
    n = int(sums["n"])
    if n < 2:
        return None
    mean = sums["total"] / n
    return intervals.mean(Sample(n, mean, max(sums["squares"] - n * mean * mean, 0.0) / (n - 1)))


def _count(sums: Mapping[str, float]) -> Estimate:
    return Estimate(sums["n"], sums["n"], sums["n"], int(sums["n"]))


def _measure(key: str, **rest: Any) -> Measure:
    words = {"name": both(key, key), "definition": both(key, key), "formula": key}
    return Measure(key=key, at="at", **{"fact": "visits", **words, **rest})


MEASURES: dict[str, Measure] = {
    one.key: one
    for one in (
        _measure(
            "visit_share",
            unit=Unit.SHARE,
            where=lambda rows: rows.is_counted,
            sums={"n": lambda rows: 1, "hits": lambda rows: rows.score >= 9},
            estimate=_share,
        ),
        _measure(
            "visit_mean",
            unit=Unit.SCORE,
            sums={
                "n": lambda rows: rows.score.notnull(),
                "total": lambda rows: rows.score,
                "squares": lambda rows: rows.score * rows.score,
            },
            estimate=_mean,
        ),
        _measure("visit_count", unit=Unit.COUNT, sums={"n": lambda rows: 1}, estimate=_count),
        _measure("noted", unit=Unit.COUNT, fact="notes", distinct="note_id", sums={}, estimate=_count),
        _measure("places", unit=Unit.COUNT, distinct="place", sums={}, estimate=_count),
        _measure("note_count", unit=Unit.COUNT, fact="notes", sums={"n": lambda rows: 1}, estimate=_count),
    )
}
BOTH = frozenset({"visits", "notes"})
DIMENSIONS: dict[str, Dimension] = {
    one.key: one
    for one in (
        Dimension(
            key="place", name=both("地点", "Place"), facts=frozenset({"visits"}), column=lambda rows: rows["place"]
        ),
        Dimension(
            key="score",
            name=both("分数", "Score"),
            facts=frozenset({"visits"}),
            column=lambda rows: rows["score"],
            is_telling=True,
        ),
        Dimension(key="text", name=both("文字", "Text"), facts=frozenset({"notes"}), column=lambda rows: rows["text"]),
        Dimension(key="day", name=both("日", "Day"), facts=BOTH, column=lambda rows: rows.day.cast("string")),
        Dimension(key="office", name=both("单元", "Unit"), facts=BOTH, column=lambda rows: rows["unit_id"]),
    )
}
