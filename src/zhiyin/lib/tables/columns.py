"""Which columns an import knows, under which headers, and how the headers of a file find them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zhiyin.lib.clean.fields import Field
from zhiyin.lib.faults import Unclean, fault

# A header is compared without case, width, spaces, marks and the remark in brackets that forms love: 手机号（必填）*.
_REMARK = re.compile(r"\([^()]*\)\s*\W*$")
_NOISE = re.compile(r"[\s_\-.*:·'\"\u200b-\u200f\ufeff]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field that its cells must fit, and other names for its header besides the key."""

    field: Field
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one kind of import, by key. ``keep_unknown`` hands on the text of every other column, too."""

    columns: Mapping[str, Column]
    keep_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The header line of a file, read: which place holds which column."""

    names: tuple[str, ...]
    places: dict[str, int] = field(default_factory=dict)  # column key -> place in the row
    unknown: tuple[int, ...] = ()


def normal(header: str) -> str:
    """The header as it is compared."""
    return _NOISE.sub("", _REMARK.sub("", unicodedata.normalize("NFKC", header))).casefold()


def known_headers(columns: Columns) -> dict[str, str]:
    """Every spelling under which a column is found, with its key."""
    return {normal(name): key for key, column in columns.columns.items() for name in (key, *column.headers)}


def recognised(names: Sequence[str], columns: Columns) -> int:
    """How many of the names are columns of ours."""
    known = known_headers(columns)
    return sum(normal(name) in known for name in names)


def read_header(names: Sequence[str], columns: Columns, *, mapping: Mapping[str, str | None]) -> Header:
    """Find the columns. ``mapping`` says, for a header as the file writes it, which key it is, or None to leave it out.

    Raises Unclean for a header that comes twice and for a required column that is nowhere (RELIABILITY I29, I30, I32).
    """
    known = known_headers(columns)
    places: dict[str, int] = {}
    unknown: list[int] = []
    seen: set[str] = set()
    for place, name in enumerate(names):
        spelling = normal(name)
        key = mapping[name] if name in mapping else known.get(spelling)
        if spelling and (spelling in seen or key in places):
            raise Unclean([fault("header_duplicate", field=name, column=place + 1)])
        seen.add(spelling)
        if key is not None:
            places[key] = place
        elif spelling and name not in mapping:
            unknown.append(place)
    missing = [key for key, column in columns.columns.items() if column.field.required and key not in places]
    if missing:
        raise Unclean([fault("header_missing", field=_spellings(key, columns)) for key in missing])
    return Header(tuple(names), places, tuple(unknown))


def _spellings(key: str, columns: Columns) -> str:
    return " / ".join((*columns.columns[key].headers[:1], key))
