"""The query string of an API call: an allow-list, and nothing twice (RELIABILITY A70-A77). Every fault answers 400."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from zhiyin.lib.clean.fields import Field, Kind, Nested, cleaner, faults_of
from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.faults import Fault, fault

_MOST_PARAMETERS = 100
_LONGEST = 8_192  # characters, as most servers allow
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_WORDS = {"true": True, "false": False, "1": True, "0": False}
# A plus that nobody encoded arrives as a space, and every time with an offset has one.
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})")

MAX_PAGE = 1_000
PAGING: Mapping[str, Field] = {
    "cursor": Field(Kind.CODE, max_length=512, pattern=r"[A-Za-z0-9_.=-]+"),
    "limit": Field(Kind.INT, min=1, max=MAX_PAGE, default=100),
}


class Query:
    """The parameters that one call knows. A LIST may come several times, everything else once."""

    def __init__(self, parameters: Mapping[str, Field]) -> None:
        self.parameters = dict(parameters)
        self._readers = {name: _reader(field) for name, field in parameters.items()}

    def clean(self, raw: str) -> tuple[dict[str, Any], list[Fault]]:
        """Every parameter's value, its default where it was not given, and everything that is wrong.

        ``raw`` is the part of the address behind the question mark, still encoded.
        """
        found: dict[str, Any] = {name: field.default for name, field in self.parameters.items()}
        try:
            given = _pairs(raw)
        except Wrong as wrong:
            return found, [fault(wrong.key, **wrong.params)]
        faults = [self._unknown(name) for name in given if name not in self.parameters][:1]
        for name, field in self.parameters.items():
            try:
                values = given.get(name, [])
                if len(values) > 1 and field.kind is not Kind.LIST:
                    raise Wrong("query_duplicate")
                if any(values):
                    found[name] = self._readers[name](values)
                elif field.required:
                    raise Wrong("missing")
            except (Wrong, Nested) as wrong:
                faults.extend(faults_of(wrong, at=name))
        return found, faults

    def _unknown(self, name: str) -> Fault:
        allowed = ", ".join(self.parameters)
        return fault("query_unknown" if allowed else "query_unknown.none", field=name, allowed=allowed)


def _pairs(raw: str) -> dict[str, list[str]]:
    """Each name with its values. Raises Wrong where the string itself cannot be read."""
    if len(raw) > _LONGEST:
        raise Wrong("query_too_long", limit=_LONGEST)
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise Wrong("query_encoding") from None
    except ValueError:
        raise Wrong("query_too_many", limit=_MOST_PARAMETERS) from None
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return given


def _reader(field: Field) -> Callable[[list[str]], object]:
    """From the texts in the address to the field's own type, and through its cleaner."""
    if field.item is not None:
        each = _reader(field.item)
        return lambda values: [each([value]) for value in values if value]
    clean, convert = cleaner(field), _CONVERSIONS.get(field.kind, _text)
    return lambda values: clean(convert(values[0]))


def _text(value: str) -> str:
    return value


def _whole(value: str) -> int:
    if not _WHOLE.fullmatch(value):
        raise Wrong("type.int")
    return int(value)


def _number(value: str) -> float:
    if not _NUMBER.fullmatch(value):
        raise Wrong("type.number")
    return float(value)


def _word(value: str) -> object:
    return _WORDS.get(value, value)


def _time(value: str) -> str:
    return _LOST_PLUS.sub(r"\1+\2", value)


_CONVERSIONS: dict[Kind, Callable[[str], object]] = {
    Kind.INT: _whole,
    Kind.NUMBER: _number,
    Kind.BOOL: _word,
    Kind.TIME: _time,
}
