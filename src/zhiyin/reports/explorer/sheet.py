"""What a question shows: its lines and cells with n, interval, change and verdict, and what is left out and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.comparing import Change
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Measure
from zhiyin.metrics.times import CALENDAR, unknown_years
from zhiyin.reports.explorer.names import GRAINS
from zhiyin.reports.explorer.question import Asking
from zhiyin.ui import cards, numerals
from zhiyin.ui.filters import language
from zhiyin.ui.period import Period

FLOOR = cards.FLOOR
LINES = 50  # of one page of a table
SCORE = "score"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure. ``value`` None where it is withheld or unknown; ``at`` says where it stands, for its records."""

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    change: Change | None = None
    counted_before: int | None = None  # of a count: what it was
    verdict: cards.Verdict | None = None
    at: tuple[tuple[str, str], ...] = ()
    is_small: bool = False

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None and self.low != self.high

    @property
    def grown(self) -> int | None:
        return None if self.counted_before is None else self.n - self.counted_before


NOTHING = Cell(n=0, value=None)


@dataclass(frozen=True, kw_only=True)
class Line:
    key: Any
    label: str
    whole: Cell
    cells: Sequence[Cell] = ()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything the page, the file and the mail are made from: one and the same figures."""

    asking: Asking
    measure: Measure
    name: str
    unit: str
    period: Period
    compared_with: Promise | str
    whole: Cell
    lines: Sequence[Line]
    columns: Sequence[tuple[Any, str]] = ()
    before: Sequence[float | None] = ()  # of a line over time: the period before, point by point
    columns_left_out: int = 0
    n_left_out: int = 0  # answers in the columns that are not shown
    missing: int = 0  # days, weeks or months without anything
    withheld: int = 0
    left_out: int = 0  # parts that are not here, since few people's own answers could be read in them
    as_of: datetime | None = None
    words: Mapping[str, str] = field(default_factory=dict)  # of the dimensions that it is cut by

    @property
    def is_time(self) -> bool:
        return self.asking.rows in GRAINS

    @property
    def is_empty(self) -> bool:
        return not self.whole.n

    @property
    def is_count(self) -> bool:
        return self.unit == "count"

    @property
    def unknown_years(self) -> tuple[int, ...]:
        """Where the Chinese calendar cuts or filters: the years whose holidays nobody has told us."""
        if CALENDAR not in (*self.asking.by, *(key for key, _value in self.asking.where)):
            return ()
        period = self.period
        return unknown_years(period.before_since if self.compared_with else period.since, period.until)

    @property
    def moved(self) -> str:
        """The difference of the whole, with its own interval."""
        found = self.whole.change
        if found is None:
            return ""
        moved = found.difference
        unit = str(self.measure.unit)
        return numerals.change_with_interval(moved.value, moved.low, moved.high, unit=unit, language=language())

    @property
    def chart(self) -> str:
        """The chart asked for, if it fits what is asked; otherwise the one that fits."""
        fitting = charts_for(self.asking)
        return self.asking.chart if self.asking.chart in fitting else fitting[0]


def charts_for(asking: Asking) -> tuple[str, ...]:
    """The charts that can show this question, the most fitting first."""
    found: tuple[str, ...]
    if asking.chart == "distribution" and can_be_distributed(asking):
        return ("distribution",)
    if not asking.rows:
        found = ("table",)
    elif asking.columns:
        found = ("line", "heat", "table") if asking.rows in GRAINS else ("heat", "table")
    else:
        found = ("line", "bars", "table") if asking.rows in GRAINS else ("bars", "table")
    return (*found, "distribution") if can_be_distributed(asking) else found


def can_be_distributed(asking: Asking) -> bool:
    """Whether the measure reads scores: their distribution can be shown beside any rate. A composite reads none: it
    is reckoned from its parts, each of which has its own."""
    measure = measures().get(asking.measure)
    return (
        measure is not None
        and not measure.parts
        and SCORE in dimensions_of(measure)
        and SCORE not in asking.by
        and not asking.columns
        and str(measure.unit) != "count"
    )


def said(sheet: Sheet) -> str:
    """What the whole is about, for a title: the measure and what it is cut by."""
    if sheet.chart == "distribution":
        return _("Distribution behind “%(measure)s”") % {"measure": sheet.name}
    words = [sheet.words[key] for key in sheet.asking.by]
    if not words:
        return sheet.name
    if len(words) == 1:
        return _("%(measure)s by %(first)s") % {"measure": sheet.name, "first": words[0]}
    return _("%(measure)s by %(first)s and %(second)s") % {
        "measure": sheet.name,
        "first": words[0],
        "second": words[1],
    }
