"""TOML tables read into frozen dataclasses, with every fault gathered instead of stopping at the first.

The dataclass is the schema (``shape``, in the words of ``schema``). Pure: no files, no clock, no Django.
"""

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from zhiyin.lib.text import Text
from zhiyin.packs.faults import Fault, Place
from zhiyin.packs.schema import DEFAULT, Rule, Source

SOURCE_ID = re.compile(r"S\d+\.\d+[a-z]?")
SOURCE_LENGTH = 120  # characters of all ids together: what the tables keep beside an item
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
LARGEST = 1_000_000_000  # of any number: beyond it something was mistyped, and NaN is none at all
T = TypeVar("T")


@dataclass(frozen=True)
class Reference:
    place: Place
    kind: str
    value: str


_BAD: Any = object()  # what a faulty value reads as; it never leaves the reader


class Reader:
    """Reads tables and remembers faults, names declared and names used. Ask ``finish`` for the dangling ones."""

    def __init__(
        self, *, languages: tuple[str, ...], check: Callable[[object], Iterable[tuple[str, str]]] = lambda item: ()
    ) -> None:
        self.languages = languages
        self._check = check
        self.faults: list[Fault] = []
        self._declared: dict[tuple[str, str, str], set[str]] = {}
        self._used: list[Reference] = []

    def say(self, place: Place, sentence: str) -> Any:
        self.faults.append(Fault(place.file, place.path, sentence))
        return _BAD

    def read(self, cls: type[T], raw: object, place: Place) -> T | None:
        """The table as this dataclass, or None when something in it is wrong."""
        got = self._table(cls, raw, place)
        return None if got is _BAD else got

    def entries(self, raw: object, name: str, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The tables of a list that another reader checks, each with its place; what is no table is passed over."""
        listed = raw.get(name) if isinstance(raw, dict) else None
        for number, each in enumerate(listed if isinstance(listed, list) else [], 1):
            if isinstance(each, dict):
                yield place.at(name).entry(number, each), each

    def declares(self, kind: str, value: object, place: Place) -> None:
        """Note a name from a table that another reader checks; whether it is a good one is that reader's matter."""
        if isinstance(value, str):
            self._declared.setdefault((kind, place.file, place.neighbours), set()).add(value)

    def uses(self, kind: str, value: object, place: Place) -> None:
        """Note that a table that another reader checks names a thing of this kind."""
        if isinstance(value, str):
            self._used.append(Reference(place, kind, value))

    def sources_within(self, raw: object, place: Place, *, without: frozenset[str] = frozenset()) -> None:
        """Ask every table inside for its source. Texts need none, nor do the keys in ``without``, nor a table that is
        ``like`` another."""
        for number, each in enumerate(raw if isinstance(raw, list) else [], 1):
            self._sourced(each, place.entry(number, each), without)
        for name, each in raw.items() if isinstance(raw, dict) else ():
            if name not in without:
                self._sourced(each, place.at(name), without)

    def _sourced(self, raw: object, place: Place, without: frozenset[str]) -> None:
        is_text = isinstance(raw, dict) and bool(set(raw) & set(self.languages))
        if isinstance(raw, dict) and not is_text and ("like" not in raw or "source" in raw):
            self._source(raw.get("source"), raw.get("why"), place)
        if not is_text:
            self.sources_within(raw, place, without=without)

    def finish(self) -> None:
        """Check that every name used was declared somewhere in the pack."""
        for used in self._used:
            known = {name for (kind, _, _), names in self._declared.items() if kind == used.kind for name in names}
            if used.value not in known:
                self.say(used.place, f"there is no {used.kind} '{used.value}'{_nearest(used.value, known)}.")

    def _table(self, cls: Any, raw: object, place: Place) -> Any:
        if not isinstance(raw, dict):
            return self.say(place, "must be a table.")
        hints, values, rest = _hints(cls), dict[str, Any](), dict(raw)
        for each in dataclasses.fields(cls):
            limits: Rule = each.metadata.get("rule", Rule())
            name = limits.name or each.name
            if hints[each.name] is Source:
                values[each.name] = self._source(rest.pop("source", None), rest.pop("why", None), place)
            elif name in rest:
                values[each.name] = self._value(hints[each.name], rest.pop(name), place.at(name), limits)
            elif each.default is dataclasses.MISSING:
                values[each.name] = self.say(place.at(name), "is missing.")
        for stranger in rest:
            known = {f.metadata.get("rule", Rule()).name or f.name for f in dataclasses.fields(cls)}
            self.say(place.at(stranger), f"is not a key of this table{_nearest(stranger, known)}.")
        return _BAD if _BAD in values.values() or rest else self._judged(cls(**values), place)

    def _judged(self, item: T, place: Place) -> T:
        for name, sentence in self._check(item):
            self.say(place.at(name) if name else place, sentence)
        return item

    def _value(self, hint: Any, raw: object, place: Place, limits: Rule) -> Any:
        kind = get_origin(hint)
        if kind in (Union, UnionType):
            hint = next(arg for arg in get_args(hint) if arg is not NoneType)
            return self._value(hint, raw, place, limits)
        if hint == Text:
            return self._text(raw, place, limits)
        if kind is tuple:
            return self._list(get_args(hint)[0], raw, place, limits)
        if kind is Literal:
            return self._one_of(get_args(hint), raw, place)
        if kind is not None and issubclass(kind, Mapping):
            return self._mapping(get_args(hint)[1], raw, place, limits)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self._table(hint, raw, place)
        return self._scalar(hint, raw, place, limits)

    def _scalar(self, hint: Any, raw: object, place: Place, limits: Rule) -> Any:
        wanted, convert = _SCALARS[hint]
        value = convert(raw)
        if value is None:
            return self.say(place, f"must be {wanted}.")
        if isinstance(value, str):
            return self._name(value, place, limits)
        if isinstance(value, int | float):
            return self._within(value, value, place, limits)
        return value

    def _name(self, value: str, place: Place, limits: Rule) -> Any:
        if not value or value != value.strip():
            return self.say(place, "must not be empty or begin or end with a space.")
        if _has_control(value):
            return self.say(place, "must be one line without control characters.")
        if len(value) > limits.longest:
            return self.say(place, f"has {len(value)} characters; at most {limits.longest} fit.")
        if limits.shape and not re.fullmatch(limits.shape, value):
            return self.say(place, f"'{value}' must match {limits.shape}.")
        if limits.refers:
            self._used.append(Reference(place, limits.refers, value))
        if limits.declares:
            self._declare(value, place, limits)
        return value

    def _declare(self, value: str, place: Place, limits: Rule) -> None:
        scope = (limits.declares, *((place.file, place.neighbours) if limits.once_here else ("", "")))
        names = self._declared.setdefault(scope, set())
        if value in names:
            self.say(place, f"there is already a {limits.declares} '{value}'; keys are used once.")
        names.add(value)

    def _within(self, value: Any, size: float, place: Place, limits: Rule, *, unit: str = "") -> Any:
        if limits.least is not None and size < limits.least:
            return self.say(place, f"must be at least {limits.least:g}{unit}, not {size:g}.")
        if limits.most is not None and size > limits.most:
            return self.say(place, f"must be at most {limits.most:g}{unit}, not {size:g}.")
        return value

    def _list(self, hint: Any, raw: object, place: Place, limits: Rule) -> Any:
        if not isinstance(raw, list):
            return self.say(place, "must be a list.")
        inner = dataclasses.replace(limits, least=None, most=None)
        values = [self._value(hint, each, place.entry(number, each), inner) for number, each in enumerate(raw, 1)]
        whole = self._within(raw, len(raw), place, limits, unit=" entries")
        return _BAD if whole is _BAD or _BAD in values else tuple(values)

    def _one_of(self, allowed: tuple[Any, ...], raw: object, place: Place) -> Any:
        if raw in allowed:
            return raw
        return self.say(place, f"{raw!r} is not one of: {', '.join(map(str, allowed))}.")

    def _mapping(self, hint: Any, raw: object, place: Place, limits: Rule) -> Any:
        if not isinstance(raw, dict) or not raw:
            return self.say(place, "must be a table with at least one key.")
        if limits.refers:
            self._used += [Reference(place, limits.refers, name) for name in raw]
        else:
            for missing in sorted(set(self.languages) ^ set(raw)):
                self.say(place, f"must have exactly the pack's languages; '{missing}' is missing or too much.")
        inner = dataclasses.replace(limits, refers="")
        values = {name: self._value(hint, each, place.at(name), inner) for name, each in raw.items()}
        return _BAD if _BAD in values.values() else values

    def _text(self, raw: object, place: Place, limits: Rule) -> Any:
        if not isinstance(raw, dict):
            return self.say(place, f"must be a text in each language: {_inline(self.languages)}.")
        before = len(self.faults)
        for language in self.languages:
            if language not in raw:
                self.say(place, f"has no text in {language}.")
        for language, words in raw.items():
            self._sentence(language, words, place.at(language), limits)
        return raw if len(self.faults) == before else _BAD

    def _sentence(self, language: str, words: object, place: Place, limits: Rule) -> None:
        if language not in self.languages:
            self.say(place, f"is not a language of this pack ({', '.join(self.languages)}).")
        elif not isinstance(words, str) or not words or words != words.strip():
            self.say(place, "must be words, not empty and without a space at either end.")
        elif _has_control(words):
            self.say(place, "must be one line without control characters.")
        elif len(words) > limits.longest:
            self.say(place, f"has {len(words)} characters; at most {limits.longest} fit.")
        elif strangers := set(PLACEHOLDER.findall(words)) - limits.holds:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(limits.holds)) or "none"
            self.say(place, f"holds {{{min(strangers)}}}, which nobody fills in here; allowed: {allowed}.")

    def _source(self, raw: object, why: object, place: Place) -> Any:
        named = [raw] if isinstance(raw, str) else raw
        if not isinstance(named, list) or not named:
            return self.say(place.at("source"), f"is missing: name the S-ids, or write '{DEFAULT}' and `why`.")
        before = len(self.faults)
        for each in named:
            if not isinstance(each, str) or (each != DEFAULT and not SOURCE_ID.fullmatch(each)):
                self.say(place.at("source"), f"{each!r} is neither an S-id such as S1.28a nor '{DEFAULT}'.")
        if len(named) != len(set(map(str, named))):
            self.say(place.at("source"), "names an id twice.")
        if len(", ".join(map(str, named))) > SOURCE_LENGTH:
            self.say(place.at("source"), f"names too many ids: at most {SOURCE_LENGTH} characters are kept.")
        reason = self._why(why, needed=DEFAULT in named, place=place.at("why"))
        ids = tuple(str(each) for each in named if each != DEFAULT)
        return Source(ids, reason) if len(self.faults) == before else _BAD

    def _why(self, why: object, *, needed: bool, place: Place) -> Any:
        if needed and why is None:
            return self.say(place, "is missing: a default of our own says why it is as it is.")
        if not needed and why is not None:
            return self.say(place, f"explains a default; add '{DEFAULT}' to the source or leave it out.")
        return None if why is None else self._text(why, place, Rule(longest=300))


def _nearest(word: str, known: set[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _inline(languages: tuple[str, ...]) -> str:
    return "{" + ", ".join(f'{language} = "…"' for language in languages) + "}"


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _has_control(words: str) -> bool:
    return any(ord(letter) < 32 or ord(letter) == 127 for letter in words)


def _number(raw: object) -> float | None:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= LARGEST:
        return float(raw)
    return None


def _whole(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= LARGEST else None


def _length(raw: object) -> timedelta | None:
    """``{minutes = 30}``, ``{hours = 4}``, ``{days = 1, hours = 12}``; never negative."""
    if not isinstance(raw, dict) or not raw or not set(raw) <= {"minutes", "hours", "days"}:
        return None
    parts = {unit: _whole(count) for unit, count in raw.items()}
    if any(count is None or not 0 <= count <= 10_000 for count in parts.values()):
        return None
    return timedelta(**{unit: count for unit, count in parts.items() if count is not None})


_SCALARS: dict[Any, tuple[str, Callable[[object], Any]]] = {
    str: ("words in quotation marks", lambda raw: raw if isinstance(raw, str) else None),
    bool: ("true or false", lambda raw: raw if isinstance(raw, bool) else None),
    int: ("a whole number", _whole),
    float: ("a number", _number),
    timedelta: ("a length such as {minutes = 30}, {hours = 4} or {days = 2}", _length),
}
