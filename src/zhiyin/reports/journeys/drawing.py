"""The score line over the stages as a drawing: positions in per cent, because no style attribute is allowed (CSP).

Drawn on the server, so that each point stands over its column of moments, on paper and without scripts too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor

STEP = 0.1  # between two lines of the grid
TOP, BOTTOM = 0.16, 0.06  # of the height, left free for the numbers over the line


@dataclass(frozen=True)
class Reading:
    """One stage: its score with both ends of the interval and the score of the period before; None where too few."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    before: float | None = None


@dataclass(frozen=True)
class Dot:
    """A point: ``x`` and ``y`` in per cent of the drawing, ``at`` which stage it belongs to."""

    x: str
    y: str
    at: int
    value: float


@dataclass(frozen=True)
class Tick:
    """A line of the grid and what stands at its end."""

    y: str
    label: str


@dataclass(frozen=True)
class Drawing:
    """Polygons and lines in a square of 100 × 100 that is stretched, dots and ticks in per cent."""

    bands: Sequence[str]
    lines: Sequence[str]
    before_lines: Sequence[str]
    dots: Sequence[Dot]
    before_dots: Sequence[Dot]
    ticks: Sequence[Tick]
    edges: Sequence[str]  # between two stages


def draw(readings: Sequence[Reading]) -> Drawing | None:
    """None where no stage has a score. A stage without one leaves a gap in its line."""
    known = [mark for one in readings for mark in (one.value, one.low, one.high, one.before) if mark is not None]
    if not any(one.value is not None for one in readings):
        return None
    low = floor(round(min(known) / STEP, 6)) * STEP
    high = max(ceil(round(max(known) / STEP, 6)) * STEP, low + STEP)
    plane = _Plane(count=len(readings), low=low, high=high)
    runs = list(_runs((place, one.value) for place, one in enumerate(readings)))
    befores = list(_runs((place, one.before) for place, one in enumerate(readings)))
    return Drawing(
        bands=[plane.band(run, readings) for run in runs],
        lines=[plane.path(run) for run in runs],
        before_lines=[plane.path(run) for run in befores],
        dots=[plane.dot(place, value) for run in runs for place, value in run],
        before_dots=[plane.dot(place, value) for run in befores for place, value in run],
        ticks=plane.ticks(),
        edges=[_written(100 * place / len(readings)) + "%" for place in range(1, len(readings))],
    )


Run = Sequence[tuple[int, float]]


def _runs(points: Iterable[tuple[int, float | None]]) -> Iterable[Run]:
    """Stretches of neighbouring stages that have a value."""
    for is_known, group in groupby(points, key=lambda point: point[1] is not None):
        if is_known:
            yield [(place, value) for place, value in group if value is not None]


@dataclass(frozen=True)
class _Plane:
    count: int
    low: float
    high: float

    def x(self, place: int) -> float:
        return 100 * (place + 0.5) / self.count

    def y(self, value: float) -> float:
        return 100 * (TOP + (1 - TOP - BOTTOM) * (self.high - value) / (self.high - self.low))

    def path(self, run: Run) -> str:
        return " ".join(self._corner(place, value) for place, value in run)

    def band(self, run: Run, readings: Sequence[Reading]) -> str:
        """Along the upper ends and back along the lower ones."""
        upper = [self._corner(place, readings[place].high or value) for place, value in run]
        lower = [self._corner(place, readings[place].low or 0.0) for place, _value in run]
        return " ".join([*upper, *reversed(lower)])

    def dot(self, place: int, value: float) -> Dot:
        return Dot(_written(self.x(place)) + "%", _written(self.y(value)) + "%", place, value)

    def ticks(self) -> list[Tick]:
        steps = round((self.high - self.low) / STEP)
        values = [self.low + STEP * step for step in range(steps + 1)]
        return [Tick(_written(self.y(value)) + "%", f"{100 * value:.0f}%") for value in values]

    def _corner(self, place: int, value: float) -> str:
        return f"{_written(self.x(place))},{_written(self.y(value))}"


def _written(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
