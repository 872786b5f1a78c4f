"""The one writer of tables that people open in a spreadsheet: nothing that a stranger typed may run there.

A text that a spreadsheet would take for a formula gets an apostrophe in front, in cells and in headers alike; the
reader of this package takes it off again, so that what was exported and imported is what it was. Files appear whole or
not at all: they are written beside their name and moved there when they are complete.
"""

import csv
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from zhiyin.lib.faults import Fault

if TYPE_CHECKING:
    import xlsxwriter

# What spreadsheets take for the start of a formula; the wide forms count in East Asian versions. A text that already
# has our apostrophes gets one more, or the reader could not tell.
_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_CELL = 32_767  # characters that XLSX holds

Cell = str | int | float | bool | datetime | date | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why one row was not imported; ``value`` is already as masked as a report needs it."""

    row: int
    column: str
    reason: str
    value: str = ""


_HEADERS = {"zh-hans": ("行号", "列", "原因", "内容"), "en": ("Row", "Column", "Reason", "Value")}


def refusals_of(row: int, faults: Iterable[Fault], *, language: str) -> Iterator[Refusal]:
    """A row's faults as lines of the refusal file."""
    for one in faults:
        yield Refusal(row, one.field, one.sentence(language), str(one.params.get("value", "")))


def write_refusals(path: Path, refusals: Iterable[Refusal], *, language: str = "zh-hans") -> int:
    """Write the refusal file (CSV) and tell how many lines it has."""
    lines = ((one.row, one.column, one.reason, one.value) for one in refusals)
    return write_csv(path, _HEADERS["zh-hans" if language.startswith("zh") else "en"], lines)


def safe(text: str) -> str:
    """The text as a spreadsheet may see it."""
    return "'" + text if _RISKY.match(text) else text


def write_csv(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write rows as CSV with a BOM, so that Excel reads Chinese. Streams; tells how many rows were written."""
    count = 0
    with _whole_file(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe(header) for header in headers])
        for row in rows:
            writer.writerow([_csv_cell(cell) for cell in row])
            count += 1
        _to_disk(file)
    return count


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A small table as CSV, for a download: with the mark by which a spreadsheet knows UTF-8."""
    return "".join(csv_lines(headers, rows))


def csv_lines(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The same table line by line, the BOM first, for an answer that is streamed to a browser."""
    written: list[str] = []
    writer = csv.writer(_Lines(written))
    yield "\ufeff"
    writer.writerow([safe(header) for header in headers])
    yield written.pop()
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        yield written.pop()


@dataclass(frozen=True, slots=True)
class _Lines:
    """What ``csv`` writes to: the line is taken away at once."""

    written: list[str]

    def write(self, text: str) -> None:
        self.written.append(text)


def write_xlsx(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "Sheet1") -> int:
    """Write rows as a workbook of one sheet: texts as texts, numbers as numbers, times without their zone.

    Streams in constant memory; tells how many rows were written. Formulas and links are never made.
    """
    import xlsxwriter  # noqa: PLC0415  (0.1 s that only who writes a workbook waits for)

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
        "remove_timezone": True,
    }
    count = 0
    with _whole_file(path) as temporary:
        with xlsxwriter.Workbook(temporary, options) as workbook:
            worksheet = workbook.add_worksheet(sheet)
            worksheet.freeze_panes(1, 0)
            for place, header in enumerate(headers):
                worksheet.write_string(0, place, _xlsx_text(header))
            for count, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    _write_cell(worksheet, count, place, cell)
        with temporary.open("rb") as file:
            _to_disk(file)
    return count


def _csv_cell(cell: Cell) -> str | int | float:
    if isinstance(cell, str):
        return safe(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell


def _write_cell(worksheet: "xlsxwriter.worksheet.Worksheet", row: int, place: int, cell: Cell) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        worksheet.write_string(row, place, _xlsx_text(cell))
    elif isinstance(cell, bool):
        worksheet.write_boolean(row, place, cell)
    elif isinstance(cell, datetime | date):
        worksheet.write_datetime(row, place, cell)
    else:
        worksheet.write_number(row, place, cell)


def _xlsx_text(text: str) -> str:
    """A text cell never runs, but whoever saves the sheet as CSV would set it free: so it is quoted here, too."""
    return safe(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)[: _LONGEST_CELL - 1])


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A name beside the wanted one, moved there when all went well and removed when not."""
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(file: IO[str] | IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
