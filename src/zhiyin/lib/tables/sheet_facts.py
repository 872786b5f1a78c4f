"""What a worksheet says in its XML and its reader does not tell: errors, unsolved formulas, hidden rows, extent."""

import re
from dataclasses import dataclass, field
from xml.parsers.expat import XMLParserType

from zhiyin.lib.faults import Unclean, fault
from zhiyin.lib.tables.limits import TableLimits

_DIGITS = "0123456789"
_COLUMN = re.compile("[A-Z]{1,3}")
_ROWS, _COLUMNS = 1_048_576, 16_384
_TRUE = frozenset({"1", "true"})
_DENSE_ENOUGH = 1_000_000  # cells of the rectangle, up to which it may be as empty as it likes
_SPARSE = 10  # one real cell in so many


@dataclass(slots=True)
class SheetFacts:
    """Rows and columns are counted from 0, as the reader counts them. ``last_row`` and ``last_column`` hold a value."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unsolved: set[tuple[int, int]] = field(default_factory=set)  # formulas that were never calculated
    hidden_rows: int = 0
    cells: int = 0
    last_row: int = -1
    last_column: int = -1


class SheetScanner:
    """Handlers for expat, called for every cell of a sheet, so the plainest cells must cost next to nothing.

    Only the starts of elements are watched, and text only where a formula's value or an error's name is wanted.
    """

    def __init__(self, parser: XMLParserType, limits: TableLimits) -> None:
        self._parser, self._limits = parser, limits
        parser.StartElementHandler = self._start
        self._facts = SheetFacts()
        self._filled: set[str] = set()  # columns with a value: A, B ...
        self._row = self._column = -1
        self._row_name = ""  # the row as the names of its cells end
        self._cell: dict[str, str] = {}
        self._formula = self._text = False

    def finish(self) -> SheetFacts:
        """The facts. Raises Unclean where the real cells reach too far apart to be held in memory."""
        self._close_formula()
        facts, limits = self._facts, self._limits
        facts.last_column = max(map(number, self._filled), default=-1)
        area = (facts.last_row + 1) * (facts.last_column + 1)
        if area > limits.max_cells or (area > _DENSE_ENOUGH and area > facts.cells * _SPARSE):
            raise Unclean([fault("file_scattered", row=facts.last_row + 1, column=letters(facts.last_column))])
        return facts

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            if self._formula:
                self._close_formula()
            self._cell = attributes
            self._column += 1
        elif name == "v" or name == "is":
            name = self._cell.get("r") or letters(self._column) + self._row_name
            column = name.rstrip(_DIGITS)
            self._filled.add(column)
            if column + self._row_name != name:
                # The reader believes the cell's own name: a row that hides cells of another would fool our limits.
                raise ValueError(name)
            facts = self._facts
            facts.cells += 1
            if self._row > facts.last_row:
                facts.last_row = self._row
            if self._formula or self._cell.get("t") == "e":
                self._parser.CharacterDataHandler = self._characters
        elif name == "row":
            self._start_row(attributes)
        elif name == "f":
            self._formula, self._text = True, False
        elif ":" in name:
            # Some writers give every element a prefix; the names behind it are the same few.
            self._start(name.rpartition(":")[2], attributes)

    def _start_row(self, attributes: dict[str, str]) -> None:
        if self._formula:
            self._close_formula()
        self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
        self._row_name = str(self._row + 1)
        self._column = -1
        if not 0 <= self._row < _ROWS:
            raise ValueError(self._row_name)
        if attributes.get("hidden") in _TRUE:
            self._facts.hidden_rows += 1

    def _place(self) -> tuple[int, int]:
        """Where the cell stands: by its name where it has one (it may leave it out), else by those before it."""
        return self._row, number(self._cell["r"].rstrip(_DIGITS)) if "r" in self._cell else self._column

    def _characters(self, text: str) -> None:
        if not text.strip():
            return
        self._text = True
        if self._cell.get("t") == "e":
            self._facts.errors[self._place()] = text
        self._parser.CharacterDataHandler = None

    def _close_formula(self) -> None:
        """A formula with no text behind it was never calculated; one whose result is the empty text says so (str)."""
        if self._formula and not self._text and self._cell.get("t") != "str":
            self._facts.unsolved.add(self._place())
        self._formula = self._text = False


def number(column: str) -> int:
    """Column A is 0, XFD is 16,383. Raises ValueError for what no spreadsheet has."""
    found = 0
    for letter in column if _COLUMN.fullmatch(column) else "":
        found = found * 26 + ord(letter) - 64
    if not 0 < found <= _COLUMNS:
        raise ValueError(column)
    return found - 1


def letters(column: int) -> str:
    """Column 0 is A, 26 is AA."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name, column = chr(65 + rest) + name, column - 1
    return name
