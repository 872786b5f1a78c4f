"""What the page of the matrix shows: rows of cells with their drawings, a sentence, and the chosen cell beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhiyin.lib.text import pick
from zhiyin.metrics.engine import measures
from zhiyin.reports import drawing
from zhiyin.reports.care import GIVEN
from zhiyin.reports.care_grid.caring import CareShown, care_columns, care_shown
from zhiyin.reports.care_grid.cells import Cell, Grid
from zhiyin.reports.figures import Desk
from zhiyin.reports.frame import Table
from zhiyin.ui import cards
from zhiyin.ui.numerals import change_with_interval, level, percent, scale_of


@dataclass(frozen=True)
class Shown:
    """One cell as the table draws it."""

    cell: Cell
    care: CareShown
    css: str
    spark: drawing.Spark | None
    spark_label: str
    url: str
    is_chosen: bool
    label: str


@dataclass(frozen=True)
class Row:
    name: str
    cells: Sequence[Shown]


@dataclass(frozen=True)
class Screen:
    """``chosen`` is the cell beside the table, with its heading."""

    rows: Sequence[Row]
    columns: Sequence[str]
    conclusion: str
    chosen: Shown | None
    heading: str
    change: str
    verdict: cards.Verdict | None
    measured: int
    unit: str
    behind: Sequence[tuple[str, Sequence[tuple[str, str]]]]  # of the chosen cell: heading, and each text with its page

    @property
    def sign(self) -> str:
        return scale_of(self.unit).level


def screen(found: Grid, desk: Desk, kept: Mapping[str, str], *, chosen: str = "") -> Screen:
    """The whole page. ``chosen``: touchpoint and dimension with a point between."""
    language, unit = desk.by.language, str(found.measure.unit)
    columns = [pick(one.name, language) for one in found.dimensions]
    names = {one.key: pick(one.name, language) for one in found.touchpoints}
    headings = {
        (row.key, column.key): f"{names[row.key]} × {pick(column.name, language)}"
        for row in found.touchpoints
        for column in found.dimensions
    }
    step = {"share": 0.02, "nps": 4.0}.get(unit, 0.2)
    scale = cards.HeatScale(centre=found.whole.value if found.whole.value is not None else 0.0, step=step)
    drawn = {
        key: _shown(
            cell,
            scale,
            headings[key],
            f"?{urlencode({**kept, 'cell': '.'.join(key)})}",
            chosen,
            unit,
            care_shown(cell.care, language),
        )
        for key, cell in found.cells.items()
    }
    one = next((cell for cell in drawn.values() if cell.is_chosen), None)
    moved = one.cell.change if one else None
    written = ""
    if moved and one and one.cell.state == "measured":
        part = moved.difference
        written = change_with_interval(part.value, part.low, part.high, unit=unit, language=language)
    return Screen(
        rows=[
            Row(names[row.key], [drawn[row.key, column.key] for column in found.dimensions])
            for row in found.touchpoints
        ],
        columns=columns,
        conclusion=_conclusion(found, headings),
        chosen=one,
        heading=headings[one.cell.touchpoint, one.cell.dimension] if one else "",
        change=written,
        verdict=cards.Verdict.of(moved.verdict, _better(found)) if moved and written else None,
        measured=sum(cell.state == "measured" for cell in found.cells.values()),
        unit=unit,
        behind=_behind(one.cell, language) if one else (),
    )


def _behind(cell: Cell, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Questions, moments and checklist items of a cell."""
    parts = ((_("Questions"), cell.questions), (_("Moments"), cell.moments), (_("Checklist"), cell.checklist))
    return [(heading, [(pick(one.text, language), one.url) for one in links]) for heading, links in parts]


def _better(found: Grid) -> Literal["up", "down"]:
    return "up" if found.measure.higher_is_better else "down"


def _shown(
    cell: Cell, scale: cards.HeatScale, heading: str, url: str, chosen: str, unit: str, care: CareShown
) -> Shown:
    is_measured = cell.state == "measured"
    value = level(cell.figure.value, unit=unit) + scale_of(unit).level if is_measured else ""
    return Shown(
        cell=cell,
        care=care,
        css=scale.css(cell.figure.value) if is_measured else "z-hatch",
        spark=drawing.spark(cell.trend),
        spark_label=_("%(cell)s, twelve weeks") % {"cell": heading},
        url=url,
        is_chosen=chosen == f"{cell.touchpoint}.{cell.dimension}",
        label=" · ".join([f"{heading} {value or _state(cell)}", *care.marks]),
    )


def _state(cell: Cell) -> str:
    return {
        "few": _("too few"),
        "not_measured": _("not measured"),
        "not_asked": _("not measured: nobody asks about it"),
        "measured": "",
    }[cell.state]


def _conclusion(found: Grid, headings: Mapping[tuple[str, str], str]) -> str:
    """The weakest cell, and how much of the matrix is not known."""
    measured = {key: cell for key, cell in found.cells.items() if cell.state == "measured"}
    if not measured:
        return ""
    better = found.measure.higher_is_better
    worst = min(measured, key=lambda key: (measured[key].figure.value or 0.0) * (1 if better else -1))
    value = measured[worst].figure.value
    shown = percent(value) if found.measure.unit == "share" else level(value, unit=str(found.measure.unit))
    told = {"cell": headings[worst], "value": shown}
    text = _("The weakest cell is “%(cell)s” at %(value)s.") % told
    unknown = len(found.cells) - len(measured)
    if not unknown:
        return text
    return f"{text} {_('%(unknown)s of %(all)s cells are not known.') % {'unknown': unknown, 'all': len(found.cells)}}"


def table(found: Grid, language: str) -> Table:
    """All cells as a file."""
    names = {one.key: pick(one.name, language) for one in found.touchpoints}
    names |= {one.key: pick(one.name, language) for one in found.dimensions}
    rows = []
    for (touchpoint, dimension), cell in found.cells.items():
        one = cell.figure
        figures = (one.value, one.low, one.high) if cell.state == "measured" else (None, None, None)
        known = (names[touchpoint], names[dimension], one.n, *figures, cell.direction, cell.state)
        rows.append((*known, *care_columns(cell.care)))
    ends = [_("interval from"), _("interval to")]
    relation, given = _("Relation to overall satisfaction"), pick(measures()[GIVEN].name, language)
    care = [relation, *(f"{relation}: {end}" for end in (*ends, "n", _("in a word")))]
    care += [given, *(f"{given}: {end}" for end in (*ends, "n")), _("Given against felt")]
    headings = [_("Touchpoint"), _("Dimension"), "n", pick(found.measure.name, language), *ends]
    return Table("grid", [*headings, _("Change"), _("State"), *care], rows)
