"""Measures and sums of every kind, for tests of what may be said about them."""

from typing import Any

from zhiyin.lib.text import both
from zhiyin.metrics.language import Figure, Measure, Unit


def measure_of(unit: Unit, **rest: Any) -> Measure:
    words = {"name": both(unit, unit), "definition": both(unit, unit), "formula": unit}
    return Measure(
        key=unit, unit=unit, fact="visits", at="at", sums={}, estimate=lambda _sums: None, **{**words, **rest}
    )


SHARE, NPS, SCORE, COUNT = (measure_of(unit) for unit in (Unit.SHARE, Unit.NPS, Unit.SCORE, Unit.COUNT))
LOW_IS_GOOD = measure_of(Unit.SHARE, higher_is_better=False)


def hits(hits: int, n: int) -> dict[str, float]:
    return {"n": float(n), "hits": float(hits)}


def scores(values: list[int]) -> dict[str, float]:
    return {"n": float(len(values)), "total": float(sum(values)), "squares": float(sum(v * v for v in values))}


def recommenders(promoters: int, passives: int, detractors: int) -> dict[str, float]:
    n = promoters + passives + detractors
    return {"n": float(n), "promoters": float(promoters), "detractors": float(detractors)}


def figure(value: float | None, half: float = 1.0, n: int = 200, sums: dict[str, float] | None = None) -> Figure:
    if value is None:
        return Figure((), n, None, None, None, sums or {})
    return Figure((), n, value, value - half, value + half, sums or {})
