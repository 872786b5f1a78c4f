"""The overview's cards as tables for a spreadsheet: plain numbers in their own scale."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from zhiyin.reports.causes import Why
from zhiyin.reports.frame import Table
from zhiyin.reports.overview import Matrix, MomentRow
from zhiyin.reports.trends import Trend
from zhiyin.ui import cards


def tables(
    kpis: Sequence[cards.Kpi],
    trend: Trend | None,
    matrix: Matrix,
    moments: Sequence[MomentRow],
    why: Why | None,
) -> dict[str, Table]:
    """One table for each card; a card that shows nothing has a table without rows."""
    ends = [_("interval from"), _("interval to")]
    return {
        "figures": Table("figures", [_("Measure"), "n", _("Value"), *ends, _("Change"), *ends], _figures(kpis)),
        "trend": _trend(trend),
        "matrix": Table("matrix", [_("Touchpoint"), _("Dimension"), "n", _("Value"), *ends], _matrix(matrix)),
        "moments": Table(
            "moments",
            [_("Touchpoint"), _("Moment"), "n", _("Value"), _("Change")],
            [(row.touchpoint, row.name, row.n, row.value, row.change) for row in moments],
        ),
        "why": Table("why", [_("Cause"), _("contribution")], list(why.bars) if why else []),
    }


def _figures(kpis: Sequence[cards.Kpi]) -> list[tuple[str | int | float | None, ...]]:
    return [
        (one.label, one.n, *_shown(one, one.value, one.low, one.high, one.change, one.change_low, one.change_high))
        for one in kpis
    ]


def _shown(one: cards.Kpi, *values: float | None) -> tuple[float | None, ...]:
    """What the card withholds its file withholds too."""
    return tuple(None if one.is_withheld else value for value in values)


def _trend(trend: Trend | None) -> Table:
    if trend is None:
        return Table("trend", [_("Period")], [])
    chart, (line, *_rest) = trend.chart, trend.chart.series
    rows = [
        (
            *(label, line.n[place], line.values[place]),
            *((chart.limits.low[place], chart.limits.high[place]) if chart.limits else (None, None)),
            line.signals.get(place) or chart.gaps.get(place) or "",
        )
        for place, label in enumerate(chart.labels)
    ]
    return Table("trend", [chart.label_heading, "n", line.name, _("LCL"), _("UCL"), _("Signal")], rows)


def _matrix(matrix: Matrix) -> list[tuple[str | int | float | None, ...]]:
    return [
        (row.label, column, cell.n, *((cell.value, cell.low, cell.high) if cell.n >= cards.FLOOR else (None,) * 3))
        for row in matrix.rows
        for column, cell in zip(matrix.columns, row.cells, strict=True)
    ]
