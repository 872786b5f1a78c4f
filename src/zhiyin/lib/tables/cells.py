"""From a cell, as a person or a spreadsheet filled it, to the value that a field takes (RELIABILITY I35-I50)."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from zhiyin.lib.clean.fields import Field, Kind, cleaner
from zhiyin.lib.clean.json_body import JsonLimits, parse_json
from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.faults import Unclean
from zhiyin.lib.masking import mask_email, mask_id, scrub
from zhiyin.lib.tables.dates import Reckoning, read_day, read_moment

Reader = Callable[[object], object]

ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
BOOLEANS = frozenset({"TRUE", "FALSE"})
_YES = frozenset({"true", "yes", "y", "1", "是", "对", "有", "√"})
_NO = frozenset({"false", "no", "n", "0", "否", "错", "无", "×"})
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+")
_POINT_ZERO = re.compile(r"([0-9]+)\.0+")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}(?:\.0+)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number; the rest is zeros
_CELL_JSON = JsonLimits(max_bytes=64 * 1024, unsafe_text=True)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in place of a cell that the spreadsheet could not give: ``key`` into the sentences."""

    key: str
    error: str = ""

    def __str__(self) -> str:
        return self.error


def cell_reader(field: Field, reckoning: Reckoning) -> Reader:
    """A function from a cell that is not empty to the clean value. Raises Wrong, Nested or Unclean."""
    clean = cleaner(field)
    match field.kind:
        case Kind.TEXT | Kind.LINES:
            return lambda cell: clean(_text(cell))
        case Kind.TIME:
            return lambda cell: read_moment(_sound(cell), reckoning)
        case Kind.DATE:
            return lambda cell: read_day(_sound(cell), reckoning)
        case Kind.LIST | Kind.RECORD:
            raise ValueError("a table has no cells for lists and records")
        case _:
            convert = _CONVERSIONS[field.kind]
            return lambda cell: clean(convert(cell))


def shown(cell: object, kind: Kind) -> str:
    """As much of a refused cell as a report may show: enough to find it in the file, no more of a person than that."""
    text = str(cell)
    if kind is Kind.EMAIL:
        return mask_email(text)
    if kind is Kind.CODE:
        return mask_id(text)
    if kind in (Kind.TEXT, Kind.LINES, Kind.FREE):
        return text[:1] + "***"
    if kind is Kind.PHONE:
        return text[:3] + "***"
    return scrub(text[:40])


def _sound(cell: object) -> object:
    """The cell, unless the spreadsheet put an error in its place (I42)."""
    if type(cell) is str and cell in ERRORS:
        raise Wrong("cell_error", error=cell)
    return cell


def _text(cell: object) -> object:
    """Words stay exactly as they are; numbers and days that a spreadsheet made of them become words again."""
    if type(cell) is str:
        if cell in BOOLEANS:
            raise Wrong("cell_boolean")
        # The apostrophe that keeps a spreadsheet from reckoning is ours or the spreadsheet's, and no part of the text.
        return cell[1:] if cell[0] == "'" and _ESCAPED.match(cell) else _sound(cell)
    if type(cell) is bool:
        raise Wrong("cell_boolean")
    if isinstance(cell, datetime | date):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return str(cell)


def _word(cell: object) -> object:
    """For identifiers: no spaces around, and no number that has lost digits on the way."""
    if isinstance(cell, float | int) and type(cell) is not bool and abs(cell) >= _EXACT:
        raise Wrong("digits_lost")
    text = str(_text(cell)).strip().lstrip("'")
    if _SCIENTIFIC.fullmatch(text):
        raise Wrong("digits_lost")
    return text


def _phone(cell: object) -> object:
    text = str(_text(cell))
    whole = _POINT_ZERO.fullmatch(text)
    return whole[1] if whole else text.strip().lstrip("'")


def _whole(cell: object) -> object:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if type(cell) is not str:
        return cell
    text = _plain(cell)
    if not _WHOLE.fullmatch(text):
        raise Wrong("type.int")
    return int(text.partition(".")[0])


def _number(cell: object) -> object:
    if type(cell) is not str:
        return cell
    text = _plain(cell)
    if not _NUMBER.fullmatch(text):
        raise Wrong("type.number")
    return float(text)


def _truth(cell: object) -> object:
    if isinstance(cell, float) and cell in (0, 1):
        return bool(cell)
    if type(cell) is not str:
        return cell
    word = _plain(cell).lower()
    return True if word in _YES else False if word in _NO else cell


def _object(cell: object) -> object:
    try:
        return parse_json(str(_text(cell)).encode(errors="surrogatepass"), limits=_CELL_JSON)
    except Unclean:
        raise Wrong("cell_json") from None


def _plain(cell: str) -> str:
    """A number or a word in ordinary characters: ５ is 5. Never for names."""
    return unicodedata.normalize("NFKC", str(_sound(cell))).strip().lstrip("'")


_CONVERSIONS: dict[Kind, Callable[[object], object]] = {
    Kind.CODE: _word,
    Kind.CHOICE: _word,
    Kind.EMAIL: _word,
    Kind.PHONE: _phone,
    Kind.INT: _whole,
    Kind.NUMBER: _number,
    Kind.BOOL: _truth,
    Kind.FREE: _object,
}
