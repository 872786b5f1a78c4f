"""Small drawings made on the server: positions in per cent, because no style attribute is allowed (CSP).

They stand on paper, without scripts, and in the dark as they are; every one stands beside the numbers it is drawn from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10


@dataclass(frozen=True)
class Scale:
    """From ``low`` to ``high`` along a track."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value lies, 0 to 1, kept inside."""
        return min(max((value - self.low) / ((self.high - self.low) or 1.0), 0.0), 1.0)

    def across(self, value: float) -> str:
        return _per_cent(self.at(value))

    def down(self, value: float) -> str:
        """From the top: what is higher stands higher."""
        return _per_cent(1 - self.at(value))


def scale_over(values: Iterable[float | None], *, room: float = 0.05) -> Scale:
    """A scale that shows all of these with some room around them."""
    known = [value for value in values if value is not None]
    if not known:
        return Scale(0.0, 1.0)
    low, high = min(known), max(known)
    span = (high - low) or abs(high) or 1.0
    return Scale(low - room * span, high + room * span)


@dataclass(frozen=True)
class Whisker:
    """One row of a caterpillar plot: an interval, its value, and where the whole lies."""

    low: str
    width: str
    high: str
    value: str
    centre: str
    raw: str = ""  # before shrinking


def whisker(scale: Scale, *, low: float, value: float, high: float, centre: float, raw: float | None = None) -> Whisker:
    """Every row on the same scale, so that the eye may compare down the column."""
    return Whisker(
        low=scale.across(low),
        width=_per_cent(scale.at(high) - scale.at(low)),
        high=scale.across(high),
        value=scale.across(value),
        centre=scale.across(centre),
        raw="" if raw is None else scale.across(raw),
    )


@dataclass(frozen=True)
class Spark:
    """A line without axes. ``lines`` in a square of 100 × 100; ``dots`` stand alone between gaps; ``gaps`` mark periods
    without enough answers: what was not measured is no zero."""

    lines: Sequence[str]
    dots: Sequence[tuple[str, str]]
    gaps: Sequence[str]
    last: tuple[str, str] | None


def spark(values: Sequence[float | None], *, scale: Scale | None = None) -> Spark | None:
    """None where nothing is known."""
    if not any(value is not None for value in values):
        return None
    along = scale or scale_over(values, room=0.15)
    step = 100 / max(len(values) - 1, 1)

    def corner(place: int, value: float) -> tuple[float, float]:
        return step * place, 100 * (1 - along.at(value))

    lines, dots = [], []
    for is_known, group in groupby(enumerate(values), key=lambda pair: pair[1] is not None):
        run = [corner(place, value) for place, value in group if value is not None]
        if is_known and len(run) > 1:
            lines.append(" ".join(f"{written(x)},{written(y)}" for x, y in run))
        elif is_known:
            dots.append((f"{written(run[0][0])}%", f"{written(run[0][1])}%"))
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    x, y = corner(*known[-1])
    gaps = [f"{written(step * place)}%" for place, value in enumerate(values) if value is None]
    return Spark(lines, dots, gaps, (f"{written(x)}%", f"{written(y)}%"))


@dataclass(frozen=True)
class Dot:
    """One group in a funnel plot. ``tone``: below or above the outer limits, or nothing."""

    x: str
    y: str
    label: str
    title: str
    url: str
    tone: str
    is_right: bool = False  # its label has room only to the left


@dataclass(frozen=True)
class Tick:
    at: str
    value: float


@dataclass(frozen=True)
class Limits:
    """The limits at one size: those that hold 95 % and 99.8 % of what chance alone would make."""

    n: int
    low: float
    high: float
    far_low: float
    far_high: float


@dataclass(frozen=True)
class FunnelPlot:
    """Values by size between limits that narrow as groups grow."""

    near: Sequence[str]  # polylines in a square of 100 × 100
    far: Sequence[str]
    centre: str
    dots: Sequence[Dot]
    upward: Sequence[Tick]
    along: Sequence[Tick]


@dataclass(frozen=True)
class Placed:
    """A group as the plot is told of it."""

    label: str
    n: int
    value: float
    title: str = ""
    url: str = ""
    tone: str = ""


def funnel_plot(groups: Sequence[Placed], limits: Sequence[Limits], *, centre: float) -> FunnelPlot | None:
    """None for fewer than two groups. ``limits`` in order of size, over the whole width."""
    if len(groups) < 2 or not limits:
        return None
    inner = [one for one in limits if one.n * 4 >= limits[-1].n] or limits  # the mouth of the funnel would hide all
    upward = scale_over(
        [centre, *(group.value for group in groups), *(end for one in inner for end in (one.far_low, one.far_high))]
    )
    across = Scale(0.0, 1.06 * max(limits[-1].n, *(group.n for group in groups)))

    def line(ends: Sequence[float]) -> str:
        # What lies beyond the plot is left out: a line along its edge would be no limit.
        return " ".join(
            f"{written(100 * across.at(one.n))},{written(100 * (1 - upward.at(end)))}"
            for one, end in zip(limits, ends, strict=True)
            if upward.low <= end <= upward.high
        )

    return FunnelPlot(
        near=[line([one.low for one in limits]), line([one.high for one in limits])],
        far=[line([one.far_low for one in limits]), line([one.far_high for one in limits])],
        centre=upward.down(centre),
        dots=[
            Dot(
                x=across.across(one.n),
                y=upward.down(one.value),
                label=one.label,
                title=one.title,
                url=one.url,
                tone=one.tone,
                is_right=across.at(one.n) > 0.8,
            )
            for one in groups
        ],
        upward=[Tick(upward.down(value), value) for value in ticks(upward)],
        along=[Tick(across.across(value), value) for value in ticks(across)],
    )


def ticks(scale: Scale, *, most: int = 5) -> list[float]:
    """Round values inside a scale, at most about so many."""
    span = scale.high - scale.low
    rough = span / most
    size = 10 ** floor(log10(rough)) if rough > 0 else 1.0
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough)
    first = ceil(scale.low / step - 1e-9)
    return [step * place for place in range(first, floor(scale.high / step + 1e-9) + 1)]


def written(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _per_cent(share: float) -> str:
    return f"{written(100 * share)}%"
