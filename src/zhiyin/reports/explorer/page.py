"""What the explorer's page is made from: the pickers with what they may offer, and the sheet with its links."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.lib.text import pick
from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.engine import dimensions, measures
from zhiyin.people.access import Viewer
from zhiyin.people.queries import units_of
from zhiyin.reports.explorer import drawing
from zhiyin.reports.explorer.asked import period_asked
from zhiyin.reports.explorer.making import sheet_of
from zhiyin.reports.explorer.names import GRAINS, Names, in_address
from zhiyin.reports.explorer.question import COMPARISONS, EMPTY, Asking
from zhiyin.reports.explorer.records import kind_of
from zhiyin.reports.explorer.sheet import LINES, Cell, Line, Sheet, charts_for, said
from zhiyin.reports.figures import Desk
from zhiyin.ui.period import CHOICES, Period

VALUES = 200  # of one filter; beyond, a value is reached through the table
FACTS: dict[str, Promise] = {
    "answers": lazy("What customers answered"),
    "interactions": lazy("Interactions"),
    "invitations": lazy("Invitations"),
    "clocks": lazy("Cases and their clocks"),
    "cases": lazy("Cases"),
    "checks": lazy("Checklists of moments"),
    "gaps": lazy("What was expected"),
    "counters": lazy("Counts told by other systems"),
    "": lazy("Made of other measures"),
}
CHART_NAMES: dict[str, Promise] = {
    "line": pgettext_lazy("chart", "Line"),
    "bars": pgettext_lazy("chart", "Bars"),
    "heat": pgettext_lazy("chart", "Heat table"),
    "distribution": pgettext_lazy("chart", "Distribution"),
    "table": pgettext_lazy("chart", "Table"),
}
COMPARISON_NAMES: dict[str, Promise] = {
    "before": lazy("the period before"),
    "year": lazy("the same days a year before"),
    "none": lazy("nothing"),
}


@dataclass(frozen=True)
class Option:
    key: str
    label: str
    is_chosen: bool = False
    n: int | None = None


@dataclass(frozen=True)
class Filter:
    """One dimension to filter by, with the values that there are in the data and how many answers each has."""

    key: str
    label: str
    options: Sequence[Option]
    chosen: Sequence[tuple[str, str]]  # label, address without it
    left_out: int = 0


@dataclass(frozen=True)
class Pickers:
    """Everything the form offers: only what the measure allows."""

    measures: Sequence[tuple[str, Sequence[Option]]]
    rows: Sequence[Option]
    columns: Sequence[Option]
    filters: Sequence[Filter]
    addable: Sequence[Option]
    periods: Sequence[Option]
    since: str
    until: str
    comparisons: Sequence[Option]
    charts: Sequence[Option]


def pickers(asking: Asking, *, by: Viewer, today: date, adding: Sequence[str] = ()) -> Pickers:
    """``adding``: dimensions that a filter is being put together for, without a value yet."""
    period = period_asked(asking, today=today)
    usable = dict.fromkeys(dimensions_of(measures()[asking.measure]))
    words = {key: pick(dimensions()[key].name, by.language) for key in usable}
    cut = dict.fromkeys([key for key, _value in asking.where])
    open_ones = [*cut, *(key for key in adding if key in usable and key not in cut)]
    chart = charts_for(asking)
    is_days = ".." in asking.period
    return Pickers(
        measures=_measures(asking, by.language),
        rows=[Option(key, word, key == asking.rows) for key, word in words.items()],
        columns=[Option(key, word, key == asking.columns) for key, word in words.items() if key != asking.rows],
        filters=[_filter(key, words[key], asking, by=by, period=period) for key in open_ones],
        addable=[Option(key, word) for key, word in words.items() if key not in open_ones and key not in GRAINS],
        periods=[Option(key, str(label), not is_days and key == period.key) for key, label in CHOICES],
        since=period.since.isoformat() if is_days else "",
        until=period.until.isoformat() if is_days else "",
        comparisons=[Option(key, str(COMPARISON_NAMES[key]), key == asking.compare) for key in COMPARISONS],
        charts=[Option(key, str(CHART_NAMES[key]), key == asking.chart) for key in _all_charts(asking, chart)],
    )


def _all_charts(asking: Asking, fitting: Sequence[str]) -> list[str]:
    """Whatever is chosen now, the others stay on offer."""
    return [*dict.fromkeys([*fitting, *charts_for(replace(asking, chart=""))])]


def _measures(asking: Asking, language: str) -> list[tuple[str, list[Option]]]:
    groups: dict[str, list[Option]] = {}
    for key, one in measures().items():
        name = str(FACTS.get(one.fact, one.fact))
        groups.setdefault(name, []).append(Option(key, pick(one.name, language), key == asking.measure))
    return list(groups.items())


def _filter(key: str, label: str, asking: Asking, *, by: Viewer, period: Period) -> Filter:
    chosen = asking.values(key)
    if key == "unit":
        options = [Option(one.code, f"{'　' * one.depth}{one.name}", one.code in chosen) for one in units_of(by=by)]
        left_out = 0
    else:
        options, left_out = _values(key, asking, by=by, period=period)
    named = {option.key: option.label.strip("　") for option in options}
    kept = [
        (named.get(in_address(value), _("a value without answers")), asking.without(key, value)) for value in chosen
    ]
    return Filter(key, label, options, kept, left_out)


def _values(key: str, asking: Asking, *, by: Viewer, period: Period) -> tuple[list[Option], int]:
    """The values that occur in the period under the other filters, the most frequent first."""
    others = tuple(pair for pair in asking.where if pair[0] != key)
    found = sorted(Desk(by, period, others).ask(asking.measure, key).figures, key=lambda one: -one.n)
    shown, chosen = found[:VALUES], asking.values(key)
    labels = Names(by.language).of(key, [one.key[0] for one in shown])
    options = []
    for one in shown:
        value = in_address(one.key[0])
        is_chosen = ("" if value == EMPTY else value) in chosen
        options.append(Option(value, labels[one.key[0]], is_chosen, one.n))
    return options, len(found) - len(shown)


@dataclass(frozen=True)
class Shown:
    """A sheet as the page shows it: one page of its lines, its chart, its links."""

    sheet: Sheet
    title: str
    chart: drawing.Drawn
    heat: drawing.Heat | None
    lines: Sequence[tuple[Line, str, Sequence[tuple[str, Cell, str]]]]
    whole_url: str
    first: int
    last: int
    previous_url: str
    next_url: str
    definition_url: str
    has_changes: bool
    sorts: dict[str, tuple[str, str]]  # column → address that sorts by it, and the arrow that it has now
    definition: str
    cleared_url: str

    @property
    def is_sortable(self) -> bool:
        return not self.sheet.is_time and not self.sheet.columns and self.sheet.chart != "distribution"

    @property
    def row_word(self) -> str:
        """What the lines are."""
        return next(iter(self.sheet.words.values()), "")

    @property
    def value_word(self) -> str:
        return str(_("Share")) if self.sheet.chart == "distribution" else self.sheet.name

    @property
    def n_of_others(self) -> int:
        """Answers in the lines of other pages."""
        return sum(line.whole.n for line in self.sheet.lines) - sum(line.whole.n for line, _url, _cells in self.lines)


def shown(asking: Asking, *, by: Viewer, today: date, number: int = 1) -> Shown:
    """Answer the question and lay it out; ``number`` is the page of the table."""
    sheet = sheet_of(asking, by=by, today=today)
    kind = kind_of(asking.measure)
    base = reverse("explorer:records") if kind is not None and by.may(kind.permission) else ""
    urls = drawing.Urls(base, asking.query)
    pages = max((len(sheet.lines) + LINES - 1) // LINES, 1)
    number = min(max(number, 1), pages)
    begin = (number - 1) * LINES
    part = sheet.lines[begin : begin + LINES]
    is_matrix = bool(sheet.columns) and sheet.chart in ("heat", "distribution")
    return Shown(
        sheet=sheet,
        title=said(sheet),
        chart=drawing.drawn(sheet) if sheet.lines else drawing.Drawn(None),
        heat=drawing.heat(sheet, part, urls=urls) if is_matrix and part else None,
        lines=[
            (
                line,
                urls.records(line.whole) if line.whole.n else "",
                [
                    (label, cell, urls.records(cell) if cell.n else "")
                    for (_key, label), cell in zip(sheet.columns, line.cells, strict=True)
                ],
            )
            for line in part
        ],
        whole_url=urls.records(sheet.whole) if sheet.whole.n else "",
        first=begin + 1,
        last=begin + len(part),
        previous_url=f"?{asking.query}&page={number - 1}" if number > 1 else "",
        next_url=f"?{asking.query}&page={number + 1}" if number < pages else "",
        definition_url=f"{reverse('reports:definition', args=(asking.measure,))}?{_days(sheet.period)}",
        has_changes=asking.compare != "none"
        and not sheet.is_time
        and not sheet.columns
        and sheet.chart != "distribution",
        sorts=_sorts(asking, sheet),
        definition=pick(sheet.measure.definition, by.language),
        cleared_url=f"?{replace(asking, where=()).query}",
    )


def _days(period: Period) -> str:
    return f"from={period.since}&to={period.until}"


def _sorts(asking: Asking, sheet: Sheet) -> dict[str, tuple[str, str]]:
    """A second click turns the order round."""
    found = {}
    for column in ("name", "value", "change", "n"):
        now = asking.sort.removeprefix("-") == column
        is_down = asking.sort.startswith("-")
        following = column if (now and is_down) or (not now and column == "name") else f"-{column}"
        found[column] = (asking.but(sort=following), ("↓" if is_down else "↑") if now else "")
    return found


def name_of(asking: Asking, *, by: Viewer) -> str:
    """The measure as people call it."""
    return pick(measures()[asking.measure].name, by.language)


def filters_told(asking: Asking, names: Names) -> list[tuple[str, str]]:
    """The filters in words; of units and staff only that there is one, for a name is told beside its rows alone."""
    found = []
    for key in dict.fromkeys(key for key, _value in asking.where):
        values = asking.values(key)
        told = ", ".join(values if key in ("unit", "staff") else [names.one(key, value) for value in values])
        found.append((pick(dimensions()[key].name, names.language), told))
    return found
