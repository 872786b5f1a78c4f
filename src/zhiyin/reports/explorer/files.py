"""The figures of a sheet as a table for a spreadsheet: all lines, the same figures, nothing that could run there."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from zhiyin.lib.tables import Cell as Written
from zhiyin.lib.tables import csv_lines
from zhiyin.reports.explorer.sheet import Cell, Sheet
from zhiyin.ui import numerals

COLUMNS = 10_000
DECIMALS = 4  # more than the screen shows, in the same scale


def file_name(sheet: Sheet) -> str:
    return f"{sheet.measure.key}_{sheet.period.since}_{sheet.period.until}.csv"


def lines_of(sheet: Sheet) -> Iterator[str]:
    """CSV, line by line."""
    return csv_lines(headers(sheet), rows(sheet))


def headers(sheet: Sheet) -> list[str]:
    sign = numerals.scale_of(sheet.unit).level
    value = f"{sheet.name}{f' ({sign})' if sign else ''}"
    names = [sheet.words[key] for key in sheet.words] or [_("Part")]
    found = [*names, value, _("Low end of the 95% interval"), _("High end of the 95% interval"), "n"]
    if _has_changes(sheet):
        found += [_("Difference to %(period)s") % {"period": sheet.compared_with}, _("Low end of its interval")]
        found += [_("High end of its interval")]
    return [*found, _("Note")]


def rows(sheet: Sheet) -> Iterator[Sequence[Written]]:
    if not sheet.lines:
        yield _row([_("all")] * max(len(sheet.words), 1), sheet.whole, sheet)
    for line in sheet.lines:
        if not sheet.columns:
            yield _row([line.label], line.whole, sheet)
        for (_key, label), cell in zip(sheet.columns, line.cells, strict=True):
            yield _row([line.label, label], cell, sheet)


def _row(labels: Sequence[str], cell: Cell, sheet: Sheet) -> list[Written]:
    found: list[Written] = [*labels, *(_number(value, sheet) for value in (cell.value, cell.low, cell.high)), cell.n]
    if _has_changes(sheet):
        moved = cell.change.difference if cell.change else None
        ends = (moved.value, moved.low, moved.high) if moved else (cell.grown, None, None)
        found += [_number(value, sheet) for value in ends]
    return [*found, _("too few responses") if cell.is_small else ""]


def _has_changes(sheet: Sheet) -> bool:
    return sheet.asking.compare != "none" and not sheet.is_time and sheet.chart != "distribution"


def _number(value: float | None, sheet: Sheet) -> float | int | None:
    if value is None:
        return None
    scaled = round(value * numerals.scale_of(sheet.unit).factor, DECIMALS)
    return int(scaled) if scaled == int(scaled) else scaled
