"""Many rows as columns: what is alike in all of them is said and spelled once, and COPY's text is made of them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID


class Same(NamedTuple):
    """A column that is alike in every row: spelled once."""

    value: Any


Column = Sequence[Any] | Same


def as_rows(columns: Collection[Column], count: int) -> Iterator[tuple[Any, ...]]:
    """The rows that these columns make together."""
    whole = [repeat(column.value, count) if isinstance(column, Same) else column for column in columns]
    return zip(*whole, strict=True)


def as_text(columns: Collection[Column], count: int) -> bytes:
    """The same rows as COPY reads them. Spelled column by column, where values are of one kind and most are plain: the
    driver, which must look at each value by itself, takes twice as long."""
    whole = [
        repeat(_spelled((column.value,))[0], count) if isinstance(column, Same) else _spelled(column)
        for column in columns
    ]
    return ("\n".join(map("\t".join, zip(*whole, strict=True))) + "\n").encode()


def _spelled(values: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, values))
    if len(kinds) == 1:
        (kind,) = kinds
        if kind is str:
            return values if _ODD.search("".join(values)) is None else list(map(_escaped, values))
        return list(map(_speller(kind), values))
    spellers = {kind: _speller(kind) for kind in kinds}
    return [spellers[type(value)](value) for value in values]


def _speller(kind: type) -> Callable[[Any], str]:
    # By its nearest kind: a word of an enumeration is a text.
    found = next((_SPELLERS[one] for one in kind.__mro__ if one in _SPELLERS), None)
    if found is None:
        raise TypeError(f"{kind.__name__} has no spelling for COPY")
    return found


def _escaped(text: str) -> str:
    return _ODD.sub(lambda found: _ESCAPES[found[0]], str(text))


_ESCAPES: Mapping[str, str] = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ODD = re.compile(r"[\\\n\r\t]")
_SPELLERS: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _value: r"\N",
    bool: lambda value: "t" if value else "f",
    int: int.__repr__,
    float: float.__repr__,
    str: _escaped,
    bytes: lambda value: r"\\x" + value.hex(),
    datetime: str,
    Decimal: str,
    UUID: str,
}
