"""The parts around a screen's content: charts with their tables, tabs, crumbs, pagers, and a title said twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.template import Context, TemplateSyntaxError
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhiyin.ui import cards, charts, numerals
from zhiyin.ui.filters import language

Parts = dict[str, object]
SIZES = ("sm", "md", "lg", "xl")


@dataclass(frozen=True)
class ChartTable:
    """A chart's data as written cells: each row its label and its numbers."""

    headings: list[str]
    rows: list[tuple[str, list[str]]]


def chart(context: Context, id: str, config: charts.ChartConfig, size: str = "md") -> Parts:
    """A chart beside a table of the same data. Sizes: sm 160, md 240, lg 320, xl 420 px.

    Put ``{% chart_toggle id %}`` into the card's header: it switches between the two.
    """
    if size not in SIZES:
        raise TemplateSyntaxError(f"Unknown chart size {size!r}. Use one of: {', '.join(SIZES)}.")
    if request := context.get("request"):
        request.needs_charts = True
    return {"id": id, "size": size, "title": config.title, "json": config.as_json(), "table": table_of(config)}


def needs_charts(context: Context) -> bool:
    """Whether a chart was rendered on this page, so that the library is loaded on chart pages alone."""
    return bool(getattr(context.get("request"), "needs_charts", False))


def table_of(config: charts.ChartConfig) -> ChartTable:
    """The chart's data as headings and rows of written cells."""
    if config.kind == "quadrants":
        return _plane_table(config)
    headings = [config.label_heading]
    for series in config.series:
        headings.append(series.name)
        if series.low:
            headings.append(_("95% interval"))
        if series.n:
            headings.append("n")
    if config.limits:
        headings += [config.limits.low_label, config.limits.high_label]
    rows = []
    for index, label in enumerate(config.labels):
        cells: list[str] = []
        for series in config.series:
            cells += _cells(series, index, config)
        if config.limits:
            ends = (config.limits.low[index], config.limits.high[index])
            cells += [numerals.level(end, unit=config.unit) for end in ends]
        rows.append((label, cells))
    return ChartTable(headings, rows)


def _cells(series: charts.Series, index: int, config: charts.ChartConfig) -> list[str]:
    unit = "share" if series.is_second_axis else config.unit
    scale = numerals.scale_of(unit)
    value = series.values[index]
    if config.kind == "contribution":
        cells = [numerals.signed(None if value is None else value * scale.factor, decimals=2)]
    else:
        written = numerals.level(value, unit=unit)
        cells = [written if written == numerals.UNKNOWN else written + scale.level]
    if word := series.signals.get(index) or config.gaps.get(index):
        cells[0] += f" {word}"
    if series.low:
        cells.append(numerals.interval(series.low[index], series.high[index], unit=unit, language=language()))
    if series.n:
        cells.append(numerals.plain(series.n[index]))
    return cells


def _plane_table(config: charts.ChartConfig) -> ChartTable:
    interval = _("95% interval")
    rows = []
    for point in config.points:
        x = numerals.level(point.x, unit=config.x_unit) + numerals.scale_of(config.x_unit).level
        y = numerals.level(point.y, unit=config.unit) + numerals.scale_of(config.unit).level
        cells = [
            x,
            numerals.interval(point.x_low, point.x_high, unit=config.x_unit, language=language()),
            y if point.is_significant else _("%(value)s (not significant)") % {"value": y},
            numerals.interval(point.y_low, point.y_high, unit=config.unit, language=language()),
        ]
        rows.append((point.label, cells))
    return ChartTable([config.label_heading, config.x_label, interval, config.y_label, interval], rows)


def chart_toggle(id: str) -> Parts:
    """The switch between a chart and its table; it appears only where the script runs."""
    return {"id": id}


def tabs(given: Sequence[cards.Tab], label: str = "") -> Parts:
    """Sections of one object, as links."""
    return {"tabs": given, "label": label}


def crumbs(given: Sequence[cards.Crumb]) -> Parts:
    """The object's path for the top bar; the last one is this page."""
    return {"crumbs": given}


def pager(context: Context, next_cursor: str | None, shown: int | None = None) -> Parts:
    """On to the next page of a list by cursor, back to the first; filters in the address are kept."""
    query = context["request"].GET.copy()
    is_first = "cursor" not in query
    query.pop("cursor", None)
    first = query.urlencode()
    query["cursor"] = next_cursor or ""
    return {
        "first": "" if is_first else f"?{first}",
        "next": f"?{query.urlencode()}" if next_cursor else "",
        "shown": shown,
    }


def block_again(context: Context, name: str) -> SafeString:
    """The content of a block once more: a page's title stands in its tab, in its heading and on the phone's top bar."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(name) if blocks else None
    return block.render(context) if block else SafeString("")
