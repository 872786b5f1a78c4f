"""A file of events read into columns, strictly: the first thing wrong with it stops everything."""

import codecs
import csv
import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise
from mmap import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

from zhiyin.lib.text import both
from zhiyin.outreach.simulate import scanning
from zhiyin.outreach.simulate.engine import Engine
from zhiyin.outreach.simulate.faults import SENTENCES, EventsInvalid

REQUIRED = ("external_id", "customer", "scenario", "at")
GROUPS = ("staff", "unit", "brand", "segment")  # may be empty: nobody, none
NAMED = ("customer", "scenario", "touchpoint", *GROUPS, "kind")
KNOWN = (*REQUIRED, "touchpoint", *GROUPS, "kind")
WINDOW = 1 << 18  # bytes that are read between two signs of progress, and stay near the processor meanwhile

QUOTED = (scanning.TIME, scanning.OFFSET, scanning.YEAR)  # faults whose value is shown: a time tells nobody's secrets
Data = bytes | mmap  # both are sliced and searched alike
Progress = Callable[[int], object]  # told how many more bytes or rows are done


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """One entry for each event in every column, in the order of the file."""

    data: Any  # the bytes of the file, as the engine likes to index them
    id_from: npt.NDArray[np.int64]  # where the external id stands in them
    id_to: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]  # microseconds since 1970
    codes: dict[str, npt.NDArray[np.int32]]  # by column: its values, numbered from 0 without holes
    names: dict[str, Callable[[], list[str]]]  # by column: what those numbers stand for
    customers: int
    header: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.at)

    @property
    def customer(self) -> npt.NDArray[np.int32]:
        return self.codes["customer"]

    @property
    def scenario(self) -> npt.NDArray[np.int32]:
        return self.codes["scenario"]

    def external_id(self, row: int) -> str:
        """The id as the sender knows it."""
        text = bytes(memoryview(self.data)[self.id_from[row] : self.id_to[row]]).decode()
        return text[1:-1].replace('""', '"') if text.startswith('"') else text

    def line_of(self, row: int) -> int:
        """The line of the file that holds an event, the header being 1."""
        return _line_of(bytes(memoryview(self.data)[: self.id_from[row]]), int(self.id_from[row]))


def read_events(data: Data, *, engine: Engine, progress: Progress, columns: Collection[str] = NAMED) -> Events:
    """The events in these bytes. Raises EventsInvalid with the first row and field that is wrong.

    ``columns`` says which of NAMED are to be numbered, besides the customer; the others are only checked.
    """
    start = len(codecs.BOM_UTF8) if data[: len(codecs.BOM_UTF8)] == codecs.BOM_UTF8 else 0
    _check_encoding(data)
    names, start = _header(data, start)
    return _rows(data, start, names, columns, engine, progress)


def _check_encoding(data: Data) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), WINDOW):
        part = data[start : start + WINDOW]
        try:
            if not part.isascii() or decoder.getstate()[0]:  # half a character may be left over
                decoder.decode(part, final=start + WINDOW >= len(data))
        except UnicodeDecodeError as broken:
            row = _line_of(data, start + broken.start)
            sentence = both(
                "不是 UTF-8 编码，请另存为 UTF-8（CSV UTF-8）", "not UTF-8; save the file as UTF-8 (CSV UTF-8)"
            )
            raise EventsInvalid(sentence, row=row) from broken


def _header(data: Data, start: int) -> tuple[list[str], int]:
    """The names of the columns and where the first row begins."""
    end = data.find(b"\n", start)
    end = len(data) if end < 0 else end
    line = data[start:end].decode().removesuffix("\r")
    if not line and end == len(data):  # nothing at all: a file without events
        return list(REQUIRED), end
    try:
        names = next(csv.reader([line], strict=True), [])
    except csv.Error as broken:
        raise EventsInvalid(SENTENCES[scanning.QUOTE], row=1) from broken
    for name in names:
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            hint = (f"，是不是想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
            sentence = both(
                f"没有这一列；可用的列：{'、'.join(KNOWN)}{hint[0]}",
                f"no such column; the columns are {', '.join(KNOWN)}{hint[1]}",
            )
            raise EventsInvalid(sentence, row=1, field=_short(name))
        if names.count(name) > 1:
            raise EventsInvalid(both("这一列出现了两次", "the column is there twice"), row=1, field=name)
    for name in REQUIRED:
        if name not in names:
            raise EventsInvalid(both("缺少这一列", "the column is missing"), row=1, field=name)
    return names, min(end + 1, len(data))


def _rows(
    data: Data, start: int, header: list[str], columns: Collection[str], engine: Engine, progress: Progress
) -> Events:
    room = (len(data) - start) // scanning.SHORTEST + 2
    table = _Table(header, room, engine, {"customer", *columns})
    view = engine.view(data)
    progress(start)
    while start < len(data):
        stop = _line_end(data, min(start + WINDOW, len(data)))
        fault = table.read(view, start, stop)
        if fault[0]:
            raise _invalid(data, header, fault)
        progress(stop - start)
        start = stop
    return table.events(view)


class _Table:
    """The columns as they fill up, window by window."""

    def __init__(self, header: list[str], room: int, engine: Engine, columns: Collection[str]) -> None:
        self.engine, self.place, self.rows = engine, {name: place for place, name in enumerate(header)}, 0
        # Pages of memory that are never touched cost nothing, so the room may be generous.
        self.id_from, self.id_to, self.at = (np.empty(room, np.int64) for _ in range(3))
        self.numbers = {name: np.empty(room, np.int32) for name in NAMED if name in self.place and name in columns}
        self.work = np.empty((3, 1024), np.int64)
        self.blank = np.array([name in GROUPS for name in header], np.bool_)
        self.starts, self.ends = (np.empty((len(header), 0), np.int64) for _ in range(2))
        self.usual = np.empty(0, np.int64)
        self.names = {name: _no_names(engine) for name in self.numbers}

    def read(self, view: Any, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Read one window. The first fault is in what this returns: kind, place among the columns, where it begins."""
        starts, ends = self._spans((stop - start) // (len(self.place) + len(REQUIRED)) + 1)
        fault = np.zeros(3, np.int64)
        place = self.place["at"]
        rows = self.engine.find_values(view, start, stop, self.blank, place, starts, ends, self.usual, fault)
        now = slice(self.rows, self.rows + rows)
        late = np.array([0, place, 0])
        if self.engine.read_moments(view, starts[place], ends[place], rows, self.usual, self.at[now], late) < rows:
            return late  # stands before whatever stopped the search for values
        self.id_from[now] = starts[self.place["external_id"], :rows]
        self.id_to[now] = ends[self.place["external_id"], :rows]
        for name, names in self.names.items():
            place = self.place[name]
            self.names[name] = names = _with_room(names, stop - start, self.engine)
            self.engine.number_names(view, starts[place], ends[place], rows, names, self.numbers[name][now], self.work)
        self.rows += rows
        return fault

    def _spans(self, room: int) -> tuple[Any, Any]:
        """Room for as many lines as a window can hold, be they only of one letter in each column."""
        if self.starts.shape[1] < room:
            self.starts, self.ends = (np.empty((len(self.place), room), np.int64) for _ in range(2))
            self.usual = np.empty(room, np.int64)
        return self.starts, self.ends

    def events(self, view: Any) -> Events:
        done = slice(0, self.rows)
        return Events(
            data=view,
            id_from=self.id_from[done],
            id_to=self.id_to[done],
            at=self.at[done],
            codes={name: numbers[done] for name, numbers in self.numbers.items()},
            names={name: _Listed(names) for name, names in self.names.items()},
            customers=int(self.names["customer"].filled[0]),
            header=tuple(self.place),
        )


@dataclass(frozen=True, slots=True)
class _Listed:
    """Names listed only when somebody asks."""

    names: scanning.Names

    def __call__(self) -> list[str]:
        ends = [0, *self.names.ends[: int(self.names.filled[0])].tolist()]
        text = bytes(memoryview(self.names.text)[: ends[-1]])
        return [text[first:last].decode().replace('""', '"') for first, last in pairwise(ends)]


def _line_of(data: Data, pos: int) -> int:
    """The number of the line that this place is in."""
    return 1 + sum(data[start : min(start + WINDOW, pos)].count(b"\n") for start in range(0, pos, WINDOW))


def _line_end(data: Data, pos: int) -> int:
    """Behind the end of the line that this place is in."""
    found = data.find(b"\n", pos - 1)
    return len(data) if found < 0 else found + 1


def _invalid(data: Data, header: list[str], fault: npt.NDArray[np.int64]) -> EventsInvalid:
    wrong, place, begin = (int(number) for number in fault)
    row = _line_of(data, begin)
    if wrong == scanning.MANY:
        return EventsInvalid(SENTENCES[wrong], row=row)
    value = (
        data[begin : begin + 200].decode(errors="replace").splitlines()[0].split(",")[0].strip('"')
        if wrong in QUOTED
        else ""
    )
    return EventsInvalid(SENTENCES[wrong], row=row, field=header[place], got=value and f'"{_short(value)}"')


def _short(value: str) -> str:
    """A value that is fit to be shown on a terminal."""
    printable = "".join(char if char.isprintable() else "·" for char in value)
    return printable if len(printable) <= 40 else printable[:39] + "…"


def _numbers(count: int) -> Any:
    return np.empty(count, np.int64)


def _slots(count: int) -> Any:
    return np.full((count, 2), -1, np.int64)


def _no_names(engine: Engine) -> scanning.Names:
    return scanning.Names(_slots(1024), engine.room(0), _numbers(0), np.zeros(1, np.int64))


def _with_room(names: scanning.Names, size: int, engine: Engine) -> scanning.Names:
    """The same names with room for all that so many bytes of data can bring."""
    filled = int(names.filled[0])
    most = filled + size // scanning.SHORTEST + 2
    used = int(names.ends[filled - 1]) if filled else 0
    slots = names.slots
    if 5 * len(slots) < 8 * most:  # at most five eighths are taken
        slots = _slots(1 << (8 * most // 5).bit_length())
        engine.spread(names.slots, slots)
    text, ends = _grown(names.text, used + size, engine.room), _grown(names.ends, most, _numbers)
    return scanning.Names(slots, text, ends, names.filled)


def _grown(column: Any, size: int, room: Callable[[int], Any]) -> Any:
    """At least this long; twice as long as before where it has to grow at all."""
    if len(column) >= size:
        return column
    longer = room(max(size, 2 * len(column)))
    longer[: len(column)] = column
    return longer
