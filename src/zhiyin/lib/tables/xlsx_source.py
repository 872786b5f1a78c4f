"""Rows of one worksheet, once the workbook has been found harmless."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from zhiyin.lib.faults import Unclean, fault
from zhiyin.lib.tables.cells import Trouble
from zhiyin.lib.tables.limits import Options
from zhiyin.lib.tables.sheet_facts import SheetFacts
from zhiyin.lib.tables.workbook_check import Workbook, check_workbook

_MOST_HOLES = 1_000_000  # cells hidden under merged ones


@dataclass(frozen=True, slots=True)
class XlsxSource:
    """A worksheet: ``rows`` is the number of its last row with a value."""

    sheet: str
    since_1904: bool
    facts: SheetFacts
    rows: int
    _cells: CalamineSheet
    _holes: dict[int, set[int]]

    def records(self) -> Iterator[tuple[int, Sequence[object]]]:
        """Each row with its number as the spreadsheet shows it; rows without a value are left out."""
        left = [""] * (self._cells.start or (0, 0))[1]
        troubled = self._troubles()
        for row, cells in enumerate(self._cells.iter_rows()):
            record: list[object] = [*left, *cells]
            for column, trouble in troubled.get(row, ()):
                if column < len(record) and str(record[column]).strip() == "":
                    record[column] = trouble
            if any(cell != "" for cell in record):
                yield row + 1, record

    def _troubles(self) -> dict[int, list[tuple[int, Trouble]]]:
        found: dict[int, list[tuple[int, Trouble]]] = {}
        for (row, column), error in self.facts.errors.items():
            found.setdefault(row, []).append((column, Trouble("cell_error", error)))
        for row, column in self.facts.unsolved:
            found.setdefault(row, []).append((column, Trouble("cell_formula")))
        for row, columns in self._holes.items():
            found.setdefault(row, []).extend((column, Trouble("cell_merged")) for column in columns)
        return found


def open_xlsx(path: Path, options: Options) -> XlsxSource:
    """Check the workbook, choose the sheet, read it. Raises Unclean for what spoils the whole file."""
    workbook = check_workbook(path, options.limits)
    name = _chosen(workbook, options.sheet)
    facts = workbook.facts[name]
    if facts.last_row > options.limits.max_rows:
        raise Unclean([fault("file_too_many_rows", count=facts.last_row, limit=options.limits.max_rows)])
    try:
        cells = CalamineWorkbook.from_path(path).get_sheet_by_name(name)
    except CalamineError:
        raise Unclean([fault("file_broken.part")]) from None
    return XlsxSource(name, workbook.since_1904, facts, facts.last_row + 1, cells, _holes(cells))


def _chosen(workbook: Workbook, wanted: str | None) -> str:
    """The sheet asked for, or the only visible one with cells (I21)."""
    filled = [sheet.name for sheet in workbook.sheets if sheet.visible and sheet.name in workbook.facts]
    if wanted is not None:
        if wanted not in workbook.facts:
            raise Unclean([fault("file_no_sheet", sheet=wanted, sheets=", ".join(filled))])
        return wanted
    if not filled:
        raise Unclean([fault("file_no_rows")])
    if len(filled) > 1:
        raise Unclean([fault("file_sheets", sheets=", ".join(filled))])
    return filled[0]


def _holes(cells: CalamineSheet) -> dict[int, set[int]]:
    """The cells that lie under a merged one, by row: their value stands in the first cell alone (I44)."""
    holes: dict[int, set[int]] = {}
    total = 0
    for (top, left), (bottom, right) in cells.merged_cell_ranges or ():
        bottom, right = min(bottom, cells.total_height), min(right, cells.total_width)
        if bottom < top or right < left:
            continue
        total += (bottom - top + 1) * (right - left + 1)
        if total > _MOST_HOLES:
            raise Unclean([fault("file_merged", limit=_MOST_HOLES)])
        for row in range(top, bottom + 1):
            holes.setdefault(row, set()).update(range(left, right + 1))
        holes[top].discard(left)
    return holes
