"""What a chart is given: data and meaning, never colours or drawing options. The script draws it from the tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from zhiyin.ui import numerals

Values = Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, row of bars or cloud of points, in the measure's own scale.

    ``low`` and ``high`` are drawn as a band behind a line and as whiskers on bars and points. ``signals`` marks single
    points by a filled diamond and a word ("失控"). ``is_reference`` is dashed with hollow diamonds: the control group.
    """

    name: str
    values: Values
    kind: Literal["line", "bar"] = "line"
    low: Values = ()
    high: Values = ()
    n: Sequence[int | None] = ()
    signals: Mapping[int, str] = field(default_factory=dict)
    is_reference: bool = False
    is_second_axis: bool = False  # only for the cumulative line of a Pareto chart
    tone: Literal["", "good", "bad"] = ""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The band of normal variation of a control chart; the limits vary with n."""

    low: Values
    high: Values
    centre: float
    low_label: str
    high_label: str
    centre_label: str


@dataclass(frozen=True)
class Mark:
    """A dated event (``at`` is the index of its label) or, without ``at``, a level such as a target."""

    label: str
    at: int | None = None
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """A point of the importance–performance chart. Not significant: hollow and dashed."""

    label: str
    x: float
    y: float
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    is_significant: bool = True
    n: int | None = None


@dataclass(frozen=True, kw_only=True)
class Quadrants:
    """Where the plane is cut and what its four fields are called, clockwise from the upper left, as on paper."""

    x: float
    y: float
    names: tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class ChartConfig:
    """A whole chart. ``title`` is read out and heads the table that shows the same data.

    ``kind``: ``trend`` (lines over time, also p-charts), ``bars`` (upright), ``contribution`` (lying, signed, around
    zero), ``quadrants``. Bars always start at zero; lines may be cut by ``bottom`` and ``top``.
    """

    title: str
    kind: Literal["trend", "bars", "contribution", "quadrants"] = "trend"
    labels: Sequence[str] = ()
    label_heading: str = ""
    series: Sequence[Series] = ()
    points: Sequence[Point] = ()
    unit: str = "share"
    x_unit: str = "share"
    x_label: str = ""
    y_label: str = ""
    bottom: float | None = None
    top: float | None = None
    limits: Limits | None = None
    marks: Sequence[Mark] = ()
    quadrants: Quadrants | None = None
    gaps: Mapping[int, str] = field(default_factory=dict)  # periods without a point, and why: marked, never a zero
    last_is_total: bool = False  # of a contribution chart: the last bar is the sum

    def as_json(self) -> dict[str, object]:
        """What the script reads, in the units that people read: shares times a hundred, rounded for the wire."""
        scale = numerals.scale_of(self.unit)
        config: dict[str, object] = {
            "kind": self.kind,
            "title": self.title,
            "labels": list(self.labels),
            "suffix": scale.level,
            "decimals": scale.decimals,
            "lastIsTotal": self.last_is_total,
            "gaps": {str(index): word for index, word in self.gaps.items()},
            "xLabel": self.x_label,
            "yLabel": self.y_label,
            "bottom": _shown(self.bottom, scale.factor),
            "top": _shown(self.top, scale.factor),
            "series": [_series(series, scale.factor) for series in self.series],
            "marks": [
                {"label": mark.label, "at": mark.at, "value": _shown(mark.value, scale.factor)} for mark in self.marks
            ],
        }
        if self.limits:
            config["limits"] = {
                "low": _all_shown(self.limits.low, scale.factor),
                "high": _all_shown(self.limits.high, scale.factor),
                "centre": _shown(self.limits.centre, scale.factor),
                "labels": [self.limits.low_label, self.limits.centre_label, self.limits.high_label],
            }
        if self.kind == "quadrants":
            config |= self._plane()
        return config

    def _plane(self) -> dict[str, object]:
        x, y = numerals.scale_of(self.x_unit), numerals.scale_of(self.unit)
        cut = self.quadrants
        return {
            "xSuffix": x.level,
            "points": [
                {
                    "label": point.label,
                    "x": _all_shown((point.x_low, point.x, point.x_high), x.factor),
                    "y": _all_shown((point.y_low, point.y, point.y_high), y.factor),
                    "significant": point.is_significant,
                }
                for point in self.points
            ],
            "quadrants": cut and {"x": _shown(cut.x, x.factor), "y": _shown(cut.y, y.factor), "names": list(cut.names)},
        }


def _shown(value: float | None, factor: int) -> float | None:
    return None if value is None else round(value * factor, 3)


def _all_shown(values: Values, factor: int) -> list[float | None]:
    return [_shown(value, factor) for value in values]


def _series(series: Series, factor: int) -> dict[str, object]:
    return {
        "name": series.name,
        "kind": series.kind,
        "values": _all_shown(series.values, factor),
        "low": _all_shown(series.low, factor),
        "high": _all_shown(series.high, factor),
        "n": list(series.n),
        "signals": {str(index): word for index, word in series.signals.items()},
        "reference": series.is_reference,
        "second": series.is_second_axis,
        "tone": series.tone,
    }
