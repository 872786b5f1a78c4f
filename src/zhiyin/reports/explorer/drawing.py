"""From a sheet to the chart that shows it, in the measure's own scale; withheld and missing points stay open."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import gettext as _

from zhiyin.reports.explorer.sheet import FLOOR, Cell, Line, Sheet, said
from zhiyin.ui import cards, charts

BARS = 20  # of one chart; the table has them all
SERIES = 6  # lines of one chart, as many as there are colours


@dataclass(frozen=True)
class Drawn:
    """A chart, and how much of the sheet it leaves to the table."""

    config: charts.ChartConfig | None
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Turned(cards.HeatScale):
    """Where less is better, what lies above the centre is the bad side."""

    def css(self, value: float | None) -> str:
        found = super().css(value)
        return found.replace("heat-b", "heat-x").replace("heat-g", "heat-b").replace("heat-x", "heat-g")


@dataclass(frozen=True, kw_only=True)
class Plain(cards.HeatScale):
    """Counts and shares of a whole are neither good nor bad: one hue, darker for more."""

    def css(self, value: float | None) -> str:
        if not value or self.step <= 0:
            return "heat-0"
        return f"heat-g{min(max(round(value / self.step), 1), 7)}"


def drawn(sheet: Sheet) -> Drawn:
    """The chart of the page; none where a table or a matrix says it better."""
    if sheet.chart == "line":
        return _lines(sheet) if sheet.columns else Drawn(_line(sheet))
    if sheet.chart == "bars" or (sheet.chart == "distribution" and not sheet.columns):
        return _bars(sheet)
    return Drawn(None)


def _series(name: str, cells: Sequence[Cell], **rest: object) -> charts.Series:
    has_intervals = any(cell.has_interval for cell in cells)
    return charts.Series(
        name=name,
        values=[cell.value if cell.n else None for cell in cells],
        low=[cell.low for cell in cells] if has_intervals else (),
        high=[cell.high for cell in cells] if has_intervals else (),
        n=[cell.n for cell in cells],
        **rest,  # type: ignore[arg-type]  # the caller's, by name
    )


def _line(sheet: Sheet) -> charts.ChartConfig:
    series = [_series(sheet.name, [line.whole for line in sheet.lines])]
    if sheet.before:
        series.append(charts.Series(name=str(sheet.compared_with), values=sheet.before, is_reference=True))
    return charts.ChartConfig(
        title=said(sheet),
        label_heading=sheet.words[sheet.asking.rows],
        labels=[line.label for line in sheet.lines],
        unit=sheet.unit,
        series=series,
        bottom=None if not sheet.is_count else 0.0,
    )


def _lines(sheet: Sheet) -> Drawn:
    shown = sheet.columns[:SERIES]
    return Drawn(
        charts.ChartConfig(
            title=said(sheet),
            label_heading=sheet.words[sheet.asking.rows],
            labels=[line.label for line in sheet.lines],
            unit=sheet.unit,
            # One band is read, six lie over each other: the intervals stand in the table.
            series=[
                charts.Series(
                    name=label,
                    values=[line.cells[place].value if line.cells[place].n else None for line in sheet.lines],
                    n=[line.cells[place].n for line in sheet.lines],
                )
                for place, (_key, label) in enumerate(shown)
            ],
        ),
        len(sheet.columns) - len(shown) + sheet.columns_left_out,
    )


def _bars(sheet: Sheet) -> Drawn:
    rows = sheet.asking.rows or "score"
    shown: Sequence[Line] = sheet.lines if sheet.is_time else sheet.lines[:BARS]
    return Drawn(
        charts.ChartConfig(
            title=said(sheet),
            kind="bars",
            label_heading=sheet.words.get(rows, ""),
            labels=[line.label for line in shown],
            unit=sheet.unit,
            series=[_series(sheet.name, [line.whole for line in shown], kind="bar")],
        ),
        len(sheet.lines) - len(shown),
    )


@dataclass(frozen=True)
class Heat:
    """A matrix with its scale, and what its colours mean."""

    rows: Sequence[cards.HeatRow]
    columns: Sequence[str]
    scale: cards.HeatScale
    is_turned: bool


def heat(sheet: Sheet, lines: Sequence[Line], *, urls: "Urls") -> Heat:
    """Two dimensions as a matrix; only changes that stand among all the cells carry an arrow."""
    values = [cell.value for line in sheet.lines for cell in line.cells if cell.value is not None]
    floor = 0 if sheet.is_count else FLOOR
    is_spread = sheet.chart == "distribution"
    scale: cards.HeatScale
    if sheet.is_count or is_spread:
        scale = Plain(centre=0.0, step=max(values, default=0.0) / 7, floor=0)
    else:
        centre = sheet.whole.value if sheet.whole.value is not None else 0.0
        widest = max((abs(value - centre) for value in values), default=0.0)
        kind = cards.HeatScale if sheet.measure.higher_is_better else Turned
        scale = kind(centre=centre, step=max(widest / 7, 1e-9), floor=floor)
    rows = [
        cards.HeatRow(
            label=line.label, cells=[_heat_cell(cell, sheet.unit, urls, is_spread=is_spread) for cell in line.cells]
        )
        for line in lines
    ]
    return Heat(rows, [label for _key, label in sheet.columns], scale, not sheet.measure.higher_is_better)


def _heat_cell(cell: Cell, unit: str, urls: "Urls", *, is_spread: bool) -> cards.HeatCell:
    word = cell.verdict.word if cell.verdict and cell.change else None
    return cards.HeatCell(
        value=cell.value,
        n=cell.n,
        unit=unit,
        change="up" if word is cards.Word.UP else "down" if word is cards.Word.DOWN else "",
        low=cell.low,
        high=cell.high,
        url=urls.records(cell) if cell.n else "",
    )


class Urls:
    """Where a figure's records are; nothing for who may not read them."""

    def __init__(self, base: str, query: str) -> None:
        self._base, self._query = base, query

    def records(self, cell: Cell) -> str:
        if not self._base:
            return ""
        places = "".join(f"&at={dimension}:{quote(value, safe='')}" for dimension, value in cell.at)
        return f"{self._base}?{self._query}{places}"


def title_of(sheet: Sheet) -> str:
    return said(sheet) or _("Explorer")
