"""A figure over time as a control chart: which day, week or month is out of the ordinary, and by which rule.

A period without answers is missing and one with too few says nothing: both are gaps with a mark, never a zero, and a
run of points ends there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile
from math import ceil, floor

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.lib.control_charts import Chart
from zhiyin.lib.run_rules import RunRule
from zhiyin.lib.text import pick
from zhiyin.metrics.charting import chart as control_chart
from zhiyin.metrics.language import Answer, Figure
from zhiyin.reports.figures import Desk, as_day, monday
from zhiyin.ui import cards, charts
from zhiyin.ui.numerals import level, scale_of

FLOOR = cards.FLOOR
NAMED = 4  # signals that are told beside the chart, the newest

RULES: Mapping[RunRule, Promise] = {
    RunRule.BEYOND_LIMITS: lazy("outside the limits"),
    RunRule.NINE_ON_ONE_SIDE: lazy("nine in a row on one side of the mean"),
    RunRule.SIX_RISING_OR_FALLING: lazy("six in a row rising or falling"),
    RunRule.FOURTEEN_ALTERNATING: lazy("fourteen in a row up and down in turn"),
    RunRule.TWO_OF_THREE_FAR_OUT: lazy("two of three far out on one side"),
    RunRule.FOUR_OF_FIVE_OUT: lazy("four of five out on one side"),
    RunRule.FIFTEEN_NEAR_CENTRE: lazy("fifteen in a row close to the mean"),
    RunRule.EIGHT_AWAY_FROM_CENTRE: lazy("eight in a row away from the mean"),
    RunRule.EIGHT_ON_ONE_SIDE: lazy("eight in a row on one side of the mean"),
}


@dataclass(frozen=True)
class Grain:
    """A step of time: its dimension, how many are shown, and what it is called."""

    key: str
    shown: int
    name: Promise
    heading: Promise
    title: Promise
    first: Callable[[date], date]  # the first day of the step that a day lies in
    before: Callable[[date], date]  # the first day of the step before


def _same(day: date) -> date:
    return day


def _month(day: date) -> date:
    return day.replace(day=1)


GRAINS: Mapping[str, Grain] = {
    one.key: one
    for one in (
        Grain("day", 60, lazy("Days"), lazy("Day"), lazy("%(measure)s by day"), _same, lambda at: at - timedelta(1)),
        Grain(
            "week", 26, lazy("Weeks"), lazy("Week"), lazy("%(measure)s by week"), monday, lambda at: at - timedelta(7)
        ),
        Grain(
            "month",
            12,
            lazy("Months"),
            lazy("Month"),
            lazy("%(measure)s by month"),
            _month,
            lambda at: _month(at - timedelta(1)),
        ),
    )
}


@dataclass(frozen=True)
class Signal:
    """One period and the rules that it completes, in words."""

    label: str
    value: str
    words: str


@dataclass(frozen=True)
class Trend:
    """A chart with what it says in words. ``widened``: the limits allow for more scatter than counting alone makes."""

    chart: charts.ChartConfig
    signals: Sequence[Signal]
    missing: int
    few: int
    widened: bool

    @property
    def limits(self) -> charts.Limits | None:
        return self.chart.limits


def trend(desk: Desk, key: str, grain: str = "week") -> Trend | None:
    """A measure by day, week or month up to the end of the period; None where nothing was answered in all that time."""
    step = GRAINS[grain]
    starts = _starts(step, desk.period.until)
    answer = desk.ask(key, grain, since=starts[0], until=desk.period.until)
    found = {as_day(figure.key[0]): figure for figure in answer.figures}
    if not any(start in found for start in starts):
        return None
    # What lies before the first answer is no gap: nobody had asked yet.
    starts = starts[len(list(takewhile(lambda start: start not in found, starts))) :]
    figures = [found.get(start) for start in starts]
    judged = control_chart(answer.measure, [figure.sums if figure else None for figure in figures], floor=FLOOR)
    labels = [_label(start, grain) for start in starts]
    return _drawn(answer, step, labels, figures, judged, desk.by.language)


def _starts(step: Grain, until: date) -> list[date]:
    starts = [step.first(until)]
    while len(starts) < step.shown:
        starts.insert(0, step.before(starts[0]))
    return starts


def _label(start: date, grain: str) -> str:
    return f"{start:%Y-%m}" if grain == "month" else f"{start.month}/{start.day}"


def _drawn(
    answer: Answer,
    step: Grain,
    labels: Sequence[str],
    figures: Sequence[Figure | None],
    judged: Chart | None,
    language: str,
) -> Trend:
    measure = answer.measure
    name, unit = pick(measure.name, language), str(measure.unit)
    shown = [figure if figure and figure.n >= FLOOR else None for figure in figures]
    words = _words(judged)
    gaps = {
        place: _("no answers") if figure is None or not figure.n else _("too few: n = %(n)s") % {"n": figure.n}
        for place, figure in enumerate(figures)
        if shown[place] is None
    }
    line = charts.Series(
        name=name,
        values=[figure.value if figure else None for figure in shown],
        low=() if judged else [figure.low if figure else None for figure in shown],
        high=() if judged else [figure.high if figure else None for figure in shown],
        n=[figure.n if figure else 0 for figure in figures],
        signals=words,
    )
    limits = _limits(judged, unit) if judged else None
    bottom, top = _ends(line, limits, unit)
    sign = scale_of(unit).level
    return Trend(
        chart=charts.ChartConfig(
            title=str(step.title) % {"measure": name},
            label_heading=str(step.heading),
            labels=labels,
            unit=unit,
            series=[line],
            limits=limits,
            gaps=gaps,
            bottom=bottom,
            top=top,
        ),
        signals=[
            Signal(labels[place], level(line.values[place], unit=unit) + sign, word) for place, word in words.items()
        ][-NAMED:],
        missing=sum(figure is None or not figure.n for figure in figures),
        few=sum(bool(figure and 0 < figure.n < FLOOR) for figure in figures),
        widened=bool(judged and unit == "share" and judged.baseline.scatter > 1),
    )


def _words(judged: Chart | None) -> dict[int, str]:
    """Place → the rules that this point completes, in words."""
    return {
        place: "; ".join(str(RULES[rule]) for rule in point.signals)
        for place, point in enumerate(judged.points if judged else ())
        if point.signals
    }


def _limits(judged: Chart, unit: str) -> charts.Limits:
    centre = judged.baseline.centre
    value = level(centre, unit=unit) + scale_of(unit).level
    return charts.Limits(
        low=[point.low if point.value is not None else None for point in judged.points],
        high=[point.high if point.value is not None else None for point in judged.points],
        centre=centre,
        low_label=_("LCL"),
        high_label=_("UCL"),
        centre_label=_("mean %(value)s") % {"value": value},
    )


def _ends(line: charts.Series, limits: charts.Limits | None, unit: str) -> tuple[float | None, float | None]:
    """Where the axis is cut: a line may be, a little beyond all that is drawn."""
    if limits is None:
        return None, None
    known = [value for value in (*line.values, *limits.low, *limits.high, limits.centre) if value is not None]
    if unit == "share":  # whole steps of five points, so that the ticks are round
        return max(0.0, floor(20 * (min(known) - 0.01)) / 20), min(1.0, ceil(20 * (max(known) + 0.01)) / 20)
    room = 0.08 * (max(known) - min(known) or 1.0)
    return floor(min(known) - room), ceil(max(known) + room)
