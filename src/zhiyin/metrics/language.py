"""The words of a question: what is measured, by what, of whom, between when. Pure: no tables, no engine.

A room that owns facts declares a ``Fact`` (its columns, how it is read) and its ``Measure``s and ``Dimension``s in
its ``measures.py``; ``catalogue.py`` lists them; any room asks by name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from zhiyin.lib.intervals import Estimate
from zhiyin.lib.text import Text, both

Row = tuple[Any, ...]
# A column's type, in words that both Arrow and Ibis know: int64, float64, string, boolean, date, timestamp.
Columns = Mapping[str, str]

NOT_KNOWN = "~"  # as a filter's value: the rows where the column holds nothing, which is not the empty text


class Unit(StrEnum):
    SHARE = "share"  # 0 to 1
    NPS = "nps"  # -100 to 100
    SCORE = "score"  # on the question's own scale
    COUNT = "count"
    INDEX = "index"  # 0 to 100
    MONEY = "money"  # yuan
    RATIO = "ratio"  # of two counts; may be above 1


class Method(StrEnum):
    """How the interval of a figure is found; ``docs/formulas.md`` says what each is and when it holds."""

    WILSON = "wilson"
    STUDENT = "student"
    MULTINOMIAL = "multinomial"
    KURTOSIS = "kurtosis"
    Q_PROFILE = "q_profile"
    WIDEST = "widest"
    RATIO = "ratio"
    PASSED = "passed"
    NONE = "none"


METHODS: Mapping[Method, Text] = {
    Method.WILSON: both("Wilson 区间", "Wilson's interval for a share"),
    Method.STUDENT: both("t 区间", "Student's interval for a mean"),
    Method.MULTINOMIAL: both("多项分布方差", "the multinomial variance"),
    Method.KURTOSIS: both("按峰度的大样本方差", "the large-sample variance of a spread, by its kurtosis"),
    Method.Q_PROFILE: both("Q 剖面区间", "the Q-profile interval of a spread between groups"),
    Method.WIDEST: both("增量法，取最宽", "the delta method, as wide as it can be however the parts hang together"),
    Method.RATIO: both("两个总和之比的大样本方差", "the large-sample variance of a ratio of two totals"),
    Method.PASSED: both(
        "Wilson 区间；超过 1 时为两个计数之比的对数区间",
        "Wilson's interval; above 1 that of a ratio of two counts, on the logarithm",
    ),
    Method.NONE: both("计数，没有区间", "a count has no interval"),
}
# The figure is the mean of what each answer counts: 1 or 0; 100, 0 or -100; or the score itself.
OF_ANSWERS = frozenset({Method.WILSON, Method.MULTINOMIAL, Method.STUDENT})


@dataclass(frozen=True)
class Through:
    """Owners that a ledger fact does not name itself, but by other ids. They are looked up for many facts at once."""

    named: Callable[[Mapping[str, Any]], Sequence[int]]  # the ids in one fact's data
    owners: Callable[[Sequence[int]], Mapping[int, Sequence[int]]]  # of many such ids → the owners behind each


Touch = Callable[[Mapping[str, Any]], Sequence[int]] | Through


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A table of the mirror. ``load`` reads rows of the record by the ids that the ledger named.

    ``owner`` is the column that holds such an id; when a fact ``changes``, the newest rows of an owner replace its
    older ones. ``at`` is the moment whose local date stands in the column ``day``. ``steady`` columns are the same in
    all rows of an owner. Every fact has ``unit_id``: whose row it is.

    ``order`` is how its files are sorted: by what questions cut by first, and up to columns that tell its rows apart.
    ``rollups`` name tables with fewer columns in which equal rows are one with a count, the smallest first.
    ``forgotten_by``: ledger kind → the ids whose rows are read anew *and* go from every older file. ``version`` changes
    whenever the same record would give other rows: the mirror is built anew then.
    """

    name: str
    columns: Columns
    owner: str
    load: Callable[[Sequence[int]], Any]  # a list of Rows in the order of ``columns``, or an Arrow table
    # Ledger kind → the ids in its data that this fact must read again.
    touched_by: Mapping[str, Touch]
    changes: bool = False
    at: str = ""
    steady: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    rollups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forgotten_by: Mapping[str, Touch] = field(default_factory=dict)
    version: Callable[[], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure, defined once.

    ``sums`` are numbers of *one row*, as expressions over the fact's columns (``lambda rows: rows.value >= 9``, or just
    ``1``); the engine adds them up, and multiplies where a row of a roll-up stands for several. A truth counts as one,
    what is not known as nothing. ``distinct`` names a column whose different values are counted as the sum ``n``.
    ``estimate`` turns the sums into value and interval.

    Some figures are made of others: ``across`` names dimensions whose groups are shares of one whole; ``over`` with
    ``of`` measures how far the groups of a dimension lie apart in another measure; ``parts`` are the measures that a
    composite is reckoned from. ``derived.py`` asks for what they need.
    """

    key: str
    name: Text
    definition: Text
    formula: str
    unit: Unit
    fact: str
    sums: Mapping[str, Callable[[Any], Any]]
    estimate: Callable[[Mapping[str, Any]], Estimate | None]
    at: str  # the column that periods cut by
    distinct: str = ""
    where: Callable[[Any], Any] | None = None  # which rows of the fact it reads at all
    headline_only: bool = False  # without a question filter it reads the headline question
    higher_is_better: bool = True
    source: str = ""
    scoring: Text | None = None  # how an answer becomes a number, where that is not plain
    method: Method = Method.WILSON  # of the interval
    least: int = 5  # n, below which the figure is withheld
    across: frozenset[str] = frozenset()
    always_by: tuple[str, ...] = ()  # asked by these dimensions even where nobody names them
    over: str = ""
    of: str = ""
    parts: tuple[str, ...] = ()
    number: int = 0  # of a composite's version; 0: part of the product

    @property
    def is_derived(self) -> bool:
        """Whether it is reckoned from the answers to other questions."""
        return bool(self.across or self.over or self.parts)

    @property
    def is_mean(self) -> bool:
        """Whether its figure is the mean of its answers (a share, an NPS, a mean), one for each group: only then can
        groups be ranked with shrinkage, drawn with limits, adjusted for their mix, and a change be taken apart."""
        return self.method in OF_ANSWERS and not (self.always_by or self.over or self.parts)


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """Something to cut by. ``column`` names a column of every fact in ``facts``, or builds one."""

    key: str
    name: Text
    facts: frozenset[str]
    column: Callable[[Any], Any]
    # Values, language → what a person reads for those that have a name; the rest are read as they are.
    labels: Callable[[Sequence[Any], str], Mapping[Any, str]] | None = None
    # Changes whenever ``column`` would build something else: an engine may keep what it compiled until then.
    version: Callable[[], str] | None = None
    is_telling: bool = False  # its value is what somebody answered: small parts of it are not shown


@dataclass(frozen=True, kw_only=True)
class Question:
    """What somebody wants to know. ``units`` None: the whole organisation; the engine never leaves it out.

    Several values of one dimension in ``where`` are alternatives.
    """

    measure: str
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    units: frozenset[int] | None = frozenset()


@dataclass(frozen=True)
class Figure:
    """One row of an answer. ``value`` is None where n is below the floor, or nothing could be measured."""

    key: tuple[Any, ...]
    n: int
    value: float | None
    low: float | None
    high: float | None
    sums: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_withheld(self) -> bool:
        return self.value is None


@dataclass(frozen=True)
class Answer:
    """The figures with everything that they need to be trusted."""

    measure: Measure
    question: Question
    figures: Sequence[Figure]
    as_of: datetime | None  # the record's moment up to which the mirror has read
    left_out: int = 0  # groups that are not among the figures, since their few people would be told by it

    @property
    def whole(self) -> Figure:
        """The one figure of a question without ``by``."""
        return self.figures[0] if self.figures else Figure((), 0, None, None, None)

    def by_key(self) -> dict[Any, Figure]:
        """For a question by one dimension: its value → figure."""
        return {figure.key[0] if len(figure.key) == 1 else figure.key: figure for figure in self.figures}


class UnknownName(ValueError):
    """No measure or dimension has this name; ``near`` lists those that there are."""

    def __init__(self, kind: str, name: str, near: Sequence[str]) -> None:
        super().__init__(f"There is no {kind} {name!r}. Use one of: {', '.join(near)}.")
        self.kind, self.name, self.near = kind, name, tuple(near)


Period = tuple[date, date]
