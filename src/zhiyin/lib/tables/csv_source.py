"""Rows of a CSV file: the delimiter found by the headers, every quote closed before the first row is believed."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhiyin.lib.faults import Unclean, fault
from zhiyin.lib.tables.columns import Columns, recognised
from zhiyin.lib.tables.encodings import detect
from zhiyin.lib.tables.limits import Options

DELIMITERS = (",", "\t", ";", "|")
_HEAD = 64 * 1024  # characters in which the header line must end
_LARGEST_CELL = 2**31 - 1  # for the parser; what a field takes is the field's own limit


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A text file that was read through once: ``rows`` counts its records with content, the header among them."""

    path: Path
    encoding: str
    delimiter: str
    rows: int

    def records(self) -> Iterator[tuple[int, Sequence[object]]]:
        """Each record with its number, the header being the first; empty lines are counted and left out."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            for number, cells in enumerate(csv.reader(file, delimiter=self.delimiter), start=1):
                if cells:
                    yield number, cells


def open_csv(path: Path, columns: Columns, options: Options) -> CsvSource:
    """Find encoding and delimiter, and read the file through. Raises Unclean for what spoils the whole file."""
    # The module's limit is one for the process; a cell beyond it would end the reading instead of refusing the row.
    csv.field_size_limit(_LARGEST_CELL)
    encoding = options.encoding or detect(path)
    delimiter = options.delimiter or _delimiter(path, encoding, columns)
    return CsvSource(path, encoding, delimiter, _checked(path, encoding, delimiter, options.limits.max_rows))


def _delimiter(path: Path, encoding: str, columns: Columns) -> str:
    """The sign that makes the most of our columns out of the first line, or else the most columns."""
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(_HEAD)

    def promise(delimiter: str) -> tuple[int, int]:
        names = next((row for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if row), [])
        return recognised(names, columns), len(names)

    return max(DELIMITERS, key=promise)


def _checked(path: Path, encoding: str, delimiter: str, max_rows: int) -> int:
    """The number of records. Raises Unclean: a quote that never closes, too many rows, bytes that are no text."""
    rows = 0
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                rows += 1 if cells else 0
        except csv.Error as broken:
            unclosed = "unexpected end of data" in str(broken)
            raise Unclean(
                [fault("file_quote.open" if unclosed else "file_quote", line=_opened(path, encoding, delimiter, rows))]
            ) from None
        except UnicodeError:
            raise Unclean([fault("file_encoding.chosen", encoding=encoding, line=reader.line_num + 1)]) from None
    if rows - 1 > max_rows:
        raise Unclean([fault("file_too_many_rows", count=rows - 1, limit=max_rows)])
    return rows


def _opened(path: Path, encoding: str, delimiter: str, good: int) -> int:
    """The line on which the first broken record begins."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        ends = 0
        while not (cells := next(reader)) or good:
            good -= 1 if cells else 0
            ends = reader.line_num
    return ends + 1
