"""Read a table for an import.

    table = open_table(path, CUSTOMERS, options=Options(zone=zone))
    for row in table.rows():
        ...row.number, row.values, row.faults

What spoils the file raises Unclean before the first row, what spoils a row spoils only that row. Rows are a stream.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from zhiyin.lib.clean.fields import Kind, Nested
from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.faults import Fault, Unclean, fault
from zhiyin.lib.tables.cells import Reader, Trouble, cell_reader, shown
from zhiyin.lib.tables.columns import Columns, Header, read_header
from zhiyin.lib.tables.csv_source import CsvSource, open_csv
from zhiyin.lib.tables.dates import Reckoning
from zhiyin.lib.tables.encodings import twice_encoded
from zhiyin.lib.tables.file_kinds import FileKind, file_kind
from zhiyin.lib.tables.limits import Options
from zhiyin.lib.tables.whole_columns import ManyReader, many_reader
from zhiyin.lib.tables.xlsx_source import XlsxSource, open_xlsx

_TOTALS = frozenset({"合计", "总计", "小计", "共计", "汇总", "total", "subtotal", "grand total"})
_TOTAL_ENDS = frozenset("计总lL:： \u3000")
_AT_ONCE = 500  # rows that are read together: enough to be fast, few enough to be a stream
_PREVIEWED = 1_000  # rows that a preview looks through
OPTIONS = Options()
_NOTHING: Mapping[str, str] = MappingProxyType({})
Records = list[tuple[int, Sequence[object]]]


class Row(NamedTuple):
    """One row: ``number`` as the spreadsheet shows it, ``values`` by column key (complete only without faults).

    A fault's ``field`` is the header as the file writes it, its ``params["value"]`` what may be shown of the cell.
    ``unknown`` holds the texts under headers that are not known, where the columns keep them.
    """

    number: int
    values: dict[str, Any]
    faults: Sequence[Fault] = ()
    unknown: Mapping[str, str] = _NOTHING


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person should see before the import: the first rows, what was noticed, and whether a question is open."""

    rows: tuple[Row, ...]
    notices: tuple[Fault, ...]
    asks_day_first: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """How one column is read."""

    place: int
    header: str
    key: str
    read: Reader
    read_many: ManyReader
    required: bool
    default: object
    kind: Kind


class Table:
    """A file that may be imported. ``rows_expected`` is for a progress bar: the rows below the header, at most."""

    def __init__(self, source: CsvSource | XlsxSource, header: Header, columns: Columns, options: Options) -> None:
        self.source, self.header = source, header
        self.rows_expected = source.rows - 1
        self._columns = columns
        reckoning = Reckoning(options.zone, options.day_first, isinstance(source, XlsxSource) and source.since_1904)
        self._steps = [self._step(key, place, reckoning) for key, place in header.places.items()]

    def _step(self, key: str, place: int, reckoning: Reckoning) -> _Step:
        field = self._columns.columns[key].field
        read, read_many = cell_reader(field, reckoning), many_reader(field, reckoning)
        return _Step(place, self.header.names[place], key, read, read_many, field.required, field.default, field.kind)

    @property
    def notices(self) -> tuple[Fault, ...]:
        """What is no fault and yet worth saying: unknown headers, hidden rows."""
        found = [fault("notice_unknown_header", field=self.header.names[place]) for place in self.header.unknown]
        if isinstance(self.source, XlsxSource) and self.source.facts.hidden_rows:
            found.append(fault("notice_hidden_rows", count=self.source.facts.hidden_rows))
        return tuple(found)

    def rows(self) -> Iterator[Row]:
        """The rows below the header in the order of the file, good and bad."""
        records = self.source.records()
        next(records)  # the header
        while some := list(islice(records, _AT_ONCE)):
            yield from self._together(some)

    def repeats(self, keys: Sequence[str]) -> bool:
        """Whether two rows may have the same cells under these columns: a quick look, spaces and apostrophes aside."""
        places = [self.header.places[key] for key in keys if key in self.header.places]
        records = self.source.records()
        next(records)  # the header
        seen: set[tuple[str, ...]] = set()
        for _number, cells in records:
            found = tuple([_as_word(cells[at]) if at < len(cells) else "" for at in places])
            if found in seen:
                return True
            seen.add(found)
        return False

    def preview(self, *, rows: int = 20) -> Preview:
        """The first rows, and what shows when the first thousand are looked through."""
        seen = list(islice(self.rows(), _PREVIEWED))
        asks = any(one.code == "time_ambiguous" for row in seen for one in row.faults)
        garbled = (fault("notice_mojibake"),) if any(map(_garbled, seen)) else ()
        return Preview(tuple(seen[:rows]), self.notices + garbled, asks)

    def _together(self, records: Records) -> Iterator[Row]:
        """Some rows, read column by column."""
        width = len(self.header.names)
        shapes = [_shape_fault(cells, width) for _, cells in records]
        if not any(shapes):
            yield from self._read(records)
            return
        read = self._read([record for record, wrong in zip(records, shapes, strict=True) if wrong is None])
        for (number, _), wrong in zip(records, shapes, strict=True):
            yield next(read) if wrong is None else Row(number, {}, (wrong,))

    def _read(self, records: Records) -> Iterator[Row]:
        faults: dict[int, list[Fault]] = {}
        by_place = list(zip(*(cells for _, cells in records), strict=False))  # longer rows have nothing but "" there
        given = [self._column(step, by_place[step.place], faults) for step in self._steps]
        keys = [step.key for step in self._steps]
        absent = {key: one.field.default for key, one in self._columns.columns.items() if key not in keys}
        unknown = self.header.unknown if self._columns.keep_unknown else ()
        by_row = zip(*given, strict=True)
        for place, ((number, cells), values) in enumerate(zip(records, by_row, strict=True)):
            row = dict(zip(keys, values, strict=True))
            if absent:
                row.update(absent)
            more = {self.header.names[at]: str(cells[at]) for at in unknown if cells[at] != ""} if unknown else _NOTHING
            yield Row(number, row, faults.get(place, ()), more)

    def _column(self, step: _Step, cells: Sequence[object], faults: dict[int, list[Fault]]) -> Sequence[object]:
        """The values of one column; what is wrong goes to the faults of its row."""
        filled = cells if all(cells) else [cell for cell in cells if cell != ""]
        if len(filled) == len(cells) or not step.required:
            values = step.read_many(filled)
            if values is not None:
                if len(filled) == len(cells):
                    return values
                read = iter(values)
                return [step.default if cell == "" else next(read) for cell in cells]
        return [self._cell(step, cell, place, faults) for place, cell in enumerate(cells)]

    def _cell(self, step: _Step, cell: object, place: int, faults: dict[int, list[Fault]]) -> object:
        if cell == "":
            if step.required:
                faults.setdefault(place, []).append(fault("blank", field=step.header))
            return step.default
        try:
            if isinstance(cell, Trouble):
                raise Wrong(cell.key, error=cell.error)
            return step.read(cell)
        except (Wrong, Nested, Unclean) as wrong:
            faults.setdefault(place, []).extend(_refusal(wrong, step, cell))
        return step.default


def _refusal(wrong: Wrong | Nested | Unclean, step: _Step, cell: object) -> list[Fault]:
    seen = shown(cell, step.kind)
    if isinstance(wrong, Wrong):
        return [fault(wrong.key, field=step.header, **wrong.params, value=seen)]
    return [replace(one.under(step.header), params={**one.params, "value": seen}) for one in wrong.faults]


def _as_word(cell: object) -> str:
    """An identifier's cell without what reading it takes away: 1001.0 and ' 1001 are 1001."""
    whole = int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    return str(whole).strip().lstrip("'")


def _shape_fault(cells: Sequence[object], width: int) -> Fault | None:
    """What is wrong with the row before its cells are looked at (I37, I38, I45). Empty cells at its end do no harm."""
    first = cells[0]
    if (first == "" or (type(first) is str and first[-1] in _TOTAL_ENDS)) and _is_total(cells):
        return fault("row_total")
    if len(cells) < width:
        return fault("row_short", count=len(cells), wanted=width)
    if len(cells) > width and any(cell != "" for cell in cells[width:]):
        return fault("row_long", count=len(cells), wanted=width)
    return None


def _is_total(cells: Sequence[object]) -> bool:
    """Whether the first cell that is filled says "total" (I45)."""
    first = next((cell for cell in cells if cell != ""), "")
    return type(first) is str and first.strip().rstrip(":：").casefold() in _TOTALS


def _garbled(row: Row) -> bool:
    """Whether a text of the row was saved twice: it reads as such, or has the rare controls that such texts have."""
    return any(type(value) is str and twice_encoded(value) for value in row.values.values()) or any(
        one.code == "text_control" and "U+0080" <= str(one.params["character"]) <= "U+009F" for one in row.faults
    )


def open_table(path: Path, columns: Columns, *, options: Options = OPTIONS) -> Table:
    """Open a CSV or XLSX file. Raises Unclean with what spoils all of it, before any row is read."""
    kind = file_kind(path, options.limits.max_bytes)
    source: CsvSource | XlsxSource
    source = open_xlsx(path, options) if kind is FileKind.XLSX else open_csv(path, columns, options)
    first = next(source.records(), None)
    if first is None:
        raise Unclean([fault("file_empty")])
    names = [_header_name(cell) for cell in first[1]]
    if len(names) > options.limits.max_columns:
        raise Unclean([fault("file_too_many_columns", count=len(names), limit=options.limits.max_columns)])
    header = read_header(names, columns, mapping=options.mapping)
    if source.rows < 2:
        raise Unclean([fault("file_no_rows")])
    return Table(source, header, columns, options)


def _header_name(cell: object) -> str:
    return "" if isinstance(cell, Trouble) else str(cell).strip()
