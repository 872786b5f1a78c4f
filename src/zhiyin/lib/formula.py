"""A safe formula over named figures: ``0.7*quality + 0.15*care + 0.15*market``.

Numbers, names, ``+ - * /``, parentheses, ``min(…)`` and ``max(…)``; nothing is ever executed as a program. What Chinese
keyboards give (（ ） × ÷ − ，) is read as the plain sign. A formula knows its slopes (forward differentiation: Griewank
and Walther, Evaluating Derivatives, chapter 3), for the variance of the composite; a division by 0 makes it not
measurable instead of wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zhiyin.lib.faults import Unclean, fault

LONGEST = 500
DEEPEST = 40
_PLAIN = str.maketrans("（）×÷−－＋＊／，．", "()*/--+*/,.")
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/(),]))", re.ASCII)
_CHOICES: Mapping[str, Callable[[float, float], bool]] = {
    "min": lambda one, best: one < best,
    "max": lambda one, best: one > best,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a formula comes to, and how fast it moves with each named figure there."""

    value: float
    slopes: Mapping[str, float] = field(default_factory=dict)


# A part of a formula: from the figures to a result, or None for a division by 0.
Part = Callable[[Mapping[str, float]], Result | None]


@dataclass(frozen=True)
class Formula:
    """A formula that was understood. ``names`` are the figures it needs, in order of appearance."""

    text: str
    names: tuple[str, ...]
    _root: Part

    def at(self, figures: Mapping[str, float]) -> Result | None:
        """Value and slopes for these figures; None where a denominator is 0: not measurable."""
        return self._root(figures)


def understand(text: str, *, known: frozenset[str] | None = None) -> Formula:
    """Read a formula. Raises Unclean, with the position counted in characters from 1, for anything else.

    ``known`` are the names there are; None takes any.
    """
    if len(text) > LONGEST:
        raise _broken("formula_invalid.length", LONGEST, limit=LONGEST)
    return _Reader(text.translate(_PLAIN), known).formula(text)


def _broken(key: str, place: int, **params: object) -> Unclean:
    return Unclean([fault(key, field="formula", position=place + 1, **params)], status=422)


class _Reader:
    """Reads from left to right: a sum of products of single values."""

    def __init__(self, text: str, known: frozenset[str] | None) -> None:
        self.text, self.known, self.place, self.depth = text, known, 0, 0
        self.names: dict[str, None] = {}
        self.start = 0  # where the token at hand begins
        self.kind, self.token = "", ""
        self._next()

    def formula(self, text: str) -> Formula:
        root = self._sum()
        if self.kind != "end":
            raise _broken("formula_invalid.trailing", self.start)
        return Formula(text, tuple(self.names), root)

    def _next(self) -> None:
        found = _TOKEN.match(self.text, self.place)
        if found and found.lastgroup:
            self.kind, self.token = found.lastgroup, found[found.lastgroup]
            self.start, self.place = found.start(found.lastgroup), found.end()
            return
        rest = self.text[self.place :]
        self.start = self.place + len(rest) - len(rest.lstrip())
        if rest.strip():
            raise _broken("formula_invalid.sign", self.start)
        self.kind, self.token = "end", ""

    def _take(self, sign: str) -> bool:
        if self.kind == "sign" and self.token == sign:
            self._next()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise _broken("formula_invalid.missing", self.start, sign=sign)

    def _sum(self) -> Part:
        left = self._product()
        while self.kind == "sign" and self.token in "+-":
            sign = 1.0 if self.token == "+" else -1.0
            self._next()
            left = _added(left, self._product(), sign)
        return left

    def _product(self) -> Part:
        left = self._single()
        while self.kind == "sign" and self.token in "*/":
            combine = _times if self.token == "*" else _over
            self._next()
            left = combine(left, self._single())
        return left

    def _single(self) -> Part:
        start, kind, token = self.start, self.kind, self.token
        self.depth += 1
        if self.depth > DEEPEST:
            raise _broken("formula_invalid.depth", start, limit=DEEPEST)
        self._next_value(start)
        if kind == "number":
            part = _constant(float(token))
        elif kind == "name":
            part = self._choice(token) if token in _CHOICES else self._figure(token, start)
        elif token == "-":
            part = _added(_constant(0.0), self._single(), -1.0)
        else:
            part = self._sum()
            self._expect(")")
        self.depth -= 1
        return part

    def _next_value(self, start: int) -> None:
        """Step over what a value may begin with; anything else has no business here."""
        if self.kind == "end" or (self.kind == "sign" and self.token not in "-("):
            raise _broken("formula_invalid.value", start)
        self._next()

    def _figure(self, name: str, start: int) -> Part:
        if self.known is not None and name not in self.known:
            raise _broken("formula_invalid.name", start, name=name)
        self.names[name] = None
        return lambda figures: Result(figures[name], {name: 1.0})

    def _choice(self, word: str) -> Part:
        self._expect("(")
        parts = [self._sum()]
        while self._take(","):
            parts.append(self._sum())
        self._expect(")")
        return _chosen(parts, _CHOICES[word])


def _constant(value: float) -> Part:
    return lambda _figures: Result(value)


def _added(left: Part, right: Part, sign: float) -> Part:
    def added(figures: Mapping[str, float]) -> Result | None:
        a, b = left(figures), right(figures)
        if a is None or b is None:
            return None
        return Result(a.value + sign * b.value, _mixed(a, 1.0, b, sign))

    return added


def _times(left: Part, right: Part) -> Part:
    def times(figures: Mapping[str, float]) -> Result | None:
        a, b = left(figures), right(figures)
        if a is None or b is None:
            return None
        return Result(a.value * b.value, _mixed(a, b.value, b, a.value))

    return times


def _over(left: Part, right: Part) -> Part:
    def over(figures: Mapping[str, float]) -> Result | None:
        a, b = left(figures), right(figures)
        if a is None or b is None or b.value == 0:
            return None
        return Result(a.value / b.value, _mixed(a, 1 / b.value, b, -a.value / b.value**2))

    return over


def _chosen(parts: list[Part], is_better: Callable[[float, float], bool]) -> Part:
    def chosen(figures: Mapping[str, float]) -> Result | None:
        best: Result | None = None
        for part in parts:
            one = part(figures)
            if one is None:
                return None
            if best is None or is_better(one.value, best.value):
                best = one
        return best

    return chosen


def _mixed(a: Result, by_a: float, b: Result, by_b: float) -> dict[str, float]:
    """The slopes of a figure that moves with ``a`` by ``by_a`` and with ``b`` by ``by_b``."""
    slopes = {name: slope * by_a for name, slope in a.slopes.items()}
    for name, slope in b.slopes.items():
        slopes[name] = slopes.get(name, 0.0) + slope * by_b
    return slopes
