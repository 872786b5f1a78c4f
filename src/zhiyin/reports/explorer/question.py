"""What the address asks: the whole state of the page is its query string, and the query string is the whole state.

``measure, rows, columns`` name what is looked at; every dimension may stand there as a filter under its own name,
several times for alternatives; ``period`` (or ``from`` and ``to``), ``compare``, ``chart``, ``sort`` say the rest.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlencode

LONGEST = 120  # characters of a filter's value
MOST_VALUES = 20  # of one filter
MOST_FILTERS = 12
COMPARISONS = ("before", "year", "none")
CHARTS = ("line", "bars", "heat", "distribution", "table")
SORTS = ("value", "n", "change", "name")
FIRST_MEASURE = "top_box"
EMPTY = "~~"  # in an address: the value is the empty text
OWN = ("measure", "rows", "columns", "period", "from", "to", "compare", "chart", "sort", "page")


class Query(Protocol):
    """A form or an address: ``QueryDict`` is one."""

    def getlist(self, key: str) -> list[str]: ...
    def keys(self) -> Iterable[str]: ...


@dataclass(frozen=True)
class Wrong:
    """A part of the address that means nothing: which, what stood there, and what could."""

    part: str
    given: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A question as somebody put it together. ``period`` is as ``ui.period`` reads it: a choice, or two days."""

    measure: str = FIRST_MEASURE
    rows: str = ""
    columns: str = ""
    where: tuple[tuple[str, str], ...] = ()
    period: str = "30d"
    compare: str = "before"
    chart: str = ""
    sort: str = ""
    wrong: tuple[Wrong, ...] = field(default=(), compare=False)

    @property
    def by(self) -> tuple[str, ...]:
        return tuple(key for key in (self.rows, self.columns) if key)

    def values(self, key: str) -> tuple[str, ...]:
        """What the filter of this dimension lets through."""
        return tuple(value for name, value in self.where if name == key)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The address again, without what is not said, in one order: two ways of asking the same have one address."""
        plain = [("measure", self.measure), ("rows", self.rows), ("columns", self.columns), *sorted(set(self.where))]
        plain += [("period", "" if self.period == "30d" else self.period)]
        plain += [("compare", "" if self.compare == "before" else self.compare)]
        plain += [("chart", self.chart), ("sort", self.sort)]
        named = {"measure", "rows", "columns", "period", "compare", "chart", "sort"}
        return [(key, value or EMPTY) for key, value in plain if value or key not in named]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    def but(self, **changes: str) -> str:
        """The address of the same question with something else in one place."""
        return f"?{replace(self, **changes).query}"  # type: ignore[arg-type]  # only words are changed this way

    def without(self, key: str, value: str | None = None) -> str:
        """The address without a filter, or without one of its values."""
        kept = [pair for pair in self.where if pair[0] != key or value not in (None, pair[1])]
        return f"?{replace(self, where=tuple(kept)).query}"


@dataclass(frozen=True)
class Offered:
    """What can be asked: measure → the dimensions that cut it, and every dimension there is."""

    cuts: Mapping[str, Collection[str]]
    dimensions: Collection[str]


def asking_of(given: Query, offered: Offered) -> Asking:
    """Read an address.

    What means nothing is left out and listed in ``wrong``; a measure that there is not leaves only that.
    """
    measure = _word(given, "measure") or FIRST_MEASURE
    if measure not in offered.cuts:
        return Asking(measure="", wrong=(Wrong("measure", measure, tuple(offered.cuts)),))
    cuts = {*offered.cuts[measure]}
    wrong: list[Wrong] = []
    by: dict[str, str] = {}
    for part in ("rows", "columns"):
        name = _word(given, part)
        if name and name not in cuts:
            wrong.append(Wrong(part, name, tuple(sorted(cuts))))
        elif name and name not in by.values():
            by[part] = name
    if "columns" in by and "rows" not in by:  # one dimension stands in the rows
        by = {"rows": by["columns"]}
    where, strange = _filters(given, cuts, offered.dimensions)
    wrong += strange
    words = {}
    for part, choices in (("compare", COMPARISONS), ("chart", CHARTS)):
        words[part] = _word(given, part)
        if words[part] not in ("", *choices):
            wrong.append(Wrong(part, words[part], choices))
            words[part] = ""
    sort = _word(given, "sort")
    if sort.removeprefix("-") not in ("", *SORTS):
        wrong.append(Wrong("sort", sort, SORTS))
        sort = ""
    return Asking(
        measure=measure,
        rows=by.get("rows", ""),
        columns=by.get("columns", ""),
        where=where,
        period=_period(given),
        compare=words["compare"] or "before",
        chart=words["chart"],
        sort=sort,
        wrong=tuple(wrong),
    )


def _filters(given: Query, cuts: set[str], known: Collection[str]) -> tuple[tuple[tuple[str, str], ...], list[Wrong]]:
    where: list[tuple[str, str]] = []
    wrong: list[Wrong] = []
    for key in list(given.keys())[: 4 * MOST_FILTERS]:
        if key in OWN or key not in known:
            continue
        if key not in cuts:
            wrong += [Wrong("filter", key, tuple(sorted(cuts)))] if any(given.getlist(key)) else []
            continue
        values = [value for value in given.getlist(key) if value]
        values = [value for value in dict.fromkeys(values) if len(value) <= LONGEST and value.isprintable()]
        where += [(key, _empty(value)) for value in values[:MOST_VALUES]]
        if len(values) > MOST_VALUES:
            wrong.append(Wrong(key, str(len(values))))
    return tuple(sorted(where)), wrong


def _empty(value: str) -> str:
    return "" if value == EMPTY else value


def _word(given: Query, key: str) -> str:
    word = next(iter(given.getlist(key)[-1:]), "").strip()[:60]
    return word if word.isprintable() else ""


def _period(given: Query) -> str:
    first, last = _word(given, "from"), _word(given, "to")
    return f"{first}..{last}" if first and last else _word(given, "period") or "30d"
