"""What a question shows: its lines and cells with n, interval, change and verdict, and what is left out and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.lib import intervals
from zhiyin.lib.text import pick
from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.comparing import Change, compare_many
from zhiyin.metrics.engine import dimensions, measures
from zhiyin.metrics.language import Answer, Figure, Measure
from zhiyin.people.access import Viewer
from zhiyin.people.queries import units_of
from zhiyin.reports.explorer import rules
from zhiyin.reports.explorer.names import GRAINS, Names, in_address, spelled
from zhiyin.reports.explorer.question import Asking, Offered, Query, Wrong, asking_of
from zhiyin.reports.figures import Desk
from zhiyin.ui import cards, numerals
from zhiyin.ui.filters import language
from zhiyin.ui.period import Period, period_of

FLOOR = cards.FLOOR
LINES = 50  # of one page of a table
COLUMNS = 12  # of a table; the others are counted
SCORE = "score"
Key = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure. ``value`` None where it is withheld or unknown; ``at`` says where it stands, for its records."""

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    change: Change | None = None
    counted_before: int | None = None  # of a count: what it was
    verdict: cards.Verdict | None = None
    at: tuple[tuple[str, str], ...] = ()
    is_small: bool = False

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None and self.low != self.high

    @property
    def grown(self) -> int | None:
        return None if self.counted_before is None else self.n - self.counted_before


NOTHING = Cell(n=0, value=None)


@dataclass(frozen=True, kw_only=True)
class Line:
    key: Any
    label: str
    whole: Cell
    cells: Sequence[Cell] = ()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything the page, the file and the mail are made from: one and the same figures."""

    asking: Asking
    measure: Measure
    name: str
    unit: str
    period: Period
    compared_with: Promise | str
    whole: Cell
    lines: Sequence[Line]
    columns: Sequence[tuple[Any, str]] = ()
    before: Sequence[float | None] = ()  # of a line over time: the period before, point by point
    columns_left_out: int = 0
    n_left_out: int = 0  # answers in the columns that are not shown
    missing: int = 0  # days, weeks or months without anything
    withheld: int = 0
    as_of: datetime | None = None
    words: Mapping[str, str] = field(default_factory=dict)  # of the dimensions that it is cut by

    @property
    def is_time(self) -> bool:
        return self.asking.rows in GRAINS

    @property
    def is_empty(self) -> bool:
        return not self.whole.n

    @property
    def is_count(self) -> bool:
        return self.unit == "count"

    @property
    def moved(self) -> str:
        """The difference of the whole, with its own interval."""
        found = self.whole.change
        if found is None:
            return ""
        moved = found.difference
        unit = str(self.measure.unit)
        return numerals.change_with_interval(moved.value, moved.low, moved.high, unit=unit, language=language())

    @property
    def chart(self) -> str:
        """The chart asked for, if it fits what is asked; otherwise the one that fits."""
        fitting = charts_for(self.asking)
        return self.asking.chart if self.asking.chart in fitting else fitting[0]


def offered() -> Offered:
    """What can be asked now."""
    cuts = {key: tuple(dimensions_of(one)) for key, one in measures().items()}
    return Offered(cuts, {*dimensions(), "unit"})


def charts_for(asking: Asking) -> tuple[str, ...]:
    """The charts that can show this question, the most fitting first."""
    found: tuple[str, ...]
    if asking.chart == "distribution" and can_be_distributed(asking):
        return ("distribution",)
    if not asking.rows:
        found = ("table",)
    elif asking.columns:
        found = ("line", "heat", "table") if asking.rows in GRAINS else ("heat", "table")
    else:
        found = ("line", "bars", "table") if asking.rows in GRAINS else ("bars", "table")
    return (*found, "distribution") if can_be_distributed(asking) else found


def can_be_distributed(asking: Asking) -> bool:
    """Whether the measure reads scores: their distribution can be shown beside any rate. A composite reads none: it
    is reckoned from its parts, each of which has its own."""
    measure = measures().get(asking.measure)
    return (
        measure is not None
        and not measure.parts
        and SCORE in dimensions_of(measure)
        and SCORE not in asking.by
        and not asking.columns
        and str(measure.unit) != "count"
    )


def asked_of(given: Query, *, by: Viewer) -> Asking:
    """What an address asks, as far as this viewer can ask it: a unit that they do not see is one that there is not."""
    asking = asking_of(given, offered())
    codes = {one.code for one in units_of(by=by)} if asking.values("unit") else set()
    strange = [code for code in asking.values("unit") if code not in codes]
    if not strange and len(asking.values("unit")) < 2:
        return asking
    known = [code for code in asking.values("unit") if code in codes][:1]
    where = [pair for pair in asking.where if pair[0] != "unit"] + [("unit", code) for code in known]
    wrong = tuple(Wrong("unit", code) for code in strange)
    return replace(asking, where=tuple(sorted(where)), wrong=(*asking.wrong, *wrong))


COMPARED = {"year": lazy("the same days a year before")}


def period_asked(asking: Asking, *, today: Any) -> Period:
    """The period of a question, with the days that it is compared with."""
    period = period_of({"period": asking.period}, today=today)
    if asking.compare != "year":
        return period
    days = rules.the_year_before(rules.Days(period.since, period.until))
    return replace(period, before_since=days.since, before_until=days.until, compared_with=COMPARED["year"])


def sheet_of(asking: Asking, *, by: Viewer, today: Any, most_columns: int | None = None) -> Sheet:
    """Answer the question within the viewer's units. A file has room for more columns than a page."""
    making = _Making(asking, by, period_asked(asking, today=today))
    making.most_columns = COLUMNS if most_columns is None else most_columns
    return making.sheet()


class _Making:
    """One question under way: what was asked and what came back."""

    def __init__(self, asking: Asking, by: Viewer, period: Period) -> None:
        self.asking, self.by, self.period, self.most_columns = asking, by, period, COLUMNS
        self.measure = measures()[asking.measure]
        self.unit = str(self.measure.unit)
        self.names = Names(by.language)
        self.desk = Desk(by, period, asking.where)
        self.is_spread = asking.chart == "distribution" and can_be_distributed(asking)
        self.better = "up" if self.measure.higher_is_better else "down"

    def sheet(self) -> Sheet:
        whole, whole_before = self._ask(), self._ask_before()
        cell = self._cells([(whole.whole, whole_before.whole if whole_before else None, ())])[0]
        frame = Sheet(
            asking=self.asking,
            measure=self.measure,
            name=pick(self.measure.name, self.by.language),
            unit=self.unit,
            period=self.period,
            compared_with=self.period.compared_with if self.asking.compare != "none" else "",
            whole=cell,
            lines=(),
            as_of=whole.as_of,
            words={key: pick(dimensions()[key].name, self.by.language) for key in self.asking.by},
        )
        if self.is_spread:
            return self._spread(frame)
        if not self.asking.rows:
            return frame
        return self._grid(frame) if self.asking.columns else self._list(frame)

    def _ask(self, *by: str) -> Answer:
        return self.desk.ask(self.asking.measure, *by)

    def _ask_before(self, *by: str) -> Answer | None:
        if self.asking.compare == "none":
            return None
        period = self.period
        return self.desk.ask(self.asking.measure, *by, since=period.before_since, until=period.before_until)

    def _cells(self, found: Sequence[tuple[Figure, Figure | None, tuple[tuple[str, str], ...]]]) -> list[Cell]:
        """Figures with their changes, judged together."""
        pairs = {place: (now.sums, before.sums if before else {}) for place, (now, before, _at) in enumerate(found)}
        moved = compare_many(self.measure, pairs)
        return [self._cell(now, before, moved[place], at) for place, (now, before, at) in enumerate(found)]

    def _cell(self, now: Figure, before: Figure | None, moved: Change | None, at: tuple[tuple[str, str], ...]) -> Cell:
        is_count = self.unit == "count"
        is_small = not is_count and now.n < FLOOR
        return Cell(
            n=now.n,
            value=None if is_small else now.value,
            low=None if is_small else now.low,
            high=None if is_small else now.high,
            change=None if is_small or is_count or (before is not None and before.n < FLOOR) else moved,
            counted_before=before.n if is_count and before is not None else None,
            verdict=cards.Verdict.of(moved.verdict, self.better) if moved and not is_count else None,  # type: ignore[arg-type]  # up or down
            at=at,
            is_small=is_small and now.n > 0,
        )

    # One dimension

    def _list(self, frame: Sheet) -> Sheet:
        rows = self.asking.rows
        now, before = self._ask(rows), self._ask_before(rows)
        if frame.is_time:
            return self._over_time(frame, now, before)
        was = {figure.key[0]: figure for figure in before.figures} if before else {}
        nothing = Figure((), 0, None, None, None)
        found = [
            (figure, was.get(figure.key[0], nothing) if before else None, ((rows, in_address(figure.key[0])),))
            for figure in now.figures
        ]
        labels = self.names.of(rows, [figure.key[0] for figure in now.figures])
        lines = [
            Line(key=figure.key[0], label=labels[figure.key[0]], whole=cell)
            for figure, cell in zip(now.figures, self._cells(found), strict=True)
        ]
        lines = self._sorted(lines)
        return replace(frame, lines=lines, withheld=sum(line.whole.is_small for line in lines))

    def _over_time(self, frame: Sheet, now: Answer, before: Answer | None) -> Sheet:
        rows = self.asking.rows
        known = {spelled(figure.key[0])[:10]: figure for figure in now.figures}
        keys = rules.steps(rows, rules.Days(self.period.since, self.period.until)) or sorted(known)
        keys = self._from_the_first(keys, known)
        nothing = Figure((), 0, None, None, None)
        found = [known.get(key, nothing) for key in keys]
        cells = self._cells([(one, None, ((rows, in_address(one.key[0])),) if one.key else ()) for one in found])
        lines = [
            Line(key=key, label=self.names.one(rows, key), whole=replace(cell, verdict=None))
            for key, cell in zip(keys, cells, strict=True)
        ]
        return replace(
            frame,
            lines=lines,
            before=self._shadow(before, len(keys)) if before else (),
            missing=sum(not line.whole.n for line in lines),
            withheld=sum(line.whole.is_small for line in lines),
        )

    def _shadow(self, before: Answer, length: int) -> list[float | None]:
        """The period before, point by point beside this one."""
        known = {spelled(figure.key[0])[:10]: figure for figure in before.figures}
        days = rules.Days(self.period.before_since, self.period.before_until)
        keys = rules.steps(self.asking.rows, days)[:length]
        figures = [known.get(key) for key in keys]
        is_count = self.unit == "count"
        found = [one.value if one and (is_count or one.n >= FLOOR) else None for one in figures]
        padded = [*found, *[None] * (length - len(found))]
        return padded if any(value is not None for value in padded) else []

    @staticmethod
    def _from_the_first(keys: Sequence[str], known: Mapping[str, Figure]) -> list[str]:
        """Before the first answer there ever was in this period nothing is missing: there was nothing yet."""
        first = next((place for place, key in enumerate(keys) if key in known), len(keys))
        return list(keys[first:])

    # Two dimensions

    def _grid(self, frame: Sheet) -> Sheet:
        rows, columns = self.asking.rows, self.asking.columns
        now, before = self._ask(rows, columns), self._ask_before(rows, columns)
        by_row, by_column = self._ask(rows), self._ask(columns)
        sizes = {figure.key[0]: figure.n for figure in by_column.figures}
        is_ordered = columns in (*GRAINS, SCORE)
        largest = sorted(sizes, key=lambda key: (-sizes[key], spelled(key)))
        shown = set(
            sorted(sizes, key=spelled)[-self.most_columns :] if columns in GRAINS else largest[: self.most_columns]
        )
        ordered = [key for key in (sorted(sizes, key=_natural) if is_ordered else largest) if key in shown]
        names = self.names.of(columns, ordered)
        places = [(figure.key[0], column) for figure in by_row.figures for column in ordered]
        found, was = now.by_key(), before.by_key() if before else {}
        nothing = Figure((), 0, None, None, None)
        cells = self._cells(
            [
                (
                    found.get(place, nothing),
                    was.get(place, nothing) if before else None,
                    ((rows, in_address(place[0])), (columns, in_address(place[1]))),
                )
                for place in places
            ]
        )
        by_place = dict(zip(places, cells, strict=True))
        labels = self.names.of(rows, [figure.key[0] for figure in by_row.figures])
        wholes = self._cells([(figure, None, ((rows, in_address(figure.key[0])),)) for figure in by_row.figures])
        lines = [
            Line(
                key=figure.key[0],
                label=labels[figure.key[0]],
                whole=whole,
                cells=[by_place[figure.key[0], column] for column in ordered],
            )
            for figure, whole in zip(by_row.figures, wholes, strict=True)
        ]
        lines = sorted(lines, key=lambda line: _natural(line.key)) if frame.is_time else self._sorted(lines)
        return replace(
            frame,
            lines=lines,
            columns=[(key, names[key]) for key in ordered],
            columns_left_out=len(sizes) - len(ordered),
            n_left_out=sum(n for key, n in sizes.items() if key not in shown),
            withheld=sum(cell.is_small for line in lines for cell in line.cells),
        )

    # The distribution of scores

    def _spread(self, frame: Sheet) -> Sheet:
        by = (self.asking.rows, SCORE) if self.asking.rows else (SCORE,)
        answer = self._ask(*by)
        scores = sorted({figure.key[-1] for figure in answer.figures}, key=_natural)
        whole = answer.figures
        words = {**frame.words, SCORE: pick(dimensions()[SCORE].name, self.by.language)}
        frame = replace(frame, unit="share", words=words)
        if not self.asking.rows:
            total = sum(figure.n for figure in whole)
            lines = [self._score_line(figure.key[0], figure.n, total) for figure in whole]
            lines.sort(key=lambda line: _natural(line.key))
            return replace(frame, lines=lines)
        return self._spread_by(frame, answer, scores)

    def _spread_by(self, frame: Sheet, answer: Answer, scores: Sequence[Any]) -> Sheet:
        rows = self.asking.rows
        counts = {(figure.key[0], figure.key[1]): figure.n for figure in answer.figures}
        totals: dict[Any, int] = {}
        for (row, _score), n in counts.items():
            totals[row] = totals.get(row, 0) + n
        labels = self.names.of(rows, totals)
        lines = []
        for row, total in totals.items():
            at = (rows, in_address(row))
            cells = [
                self._share(counts.get((row, score), 0), total, at=(at, (SCORE, in_address(score)))) for score in scores
            ]
            whole = Cell(n=total, value=1.0 if total >= FLOOR else None, at=(at,), is_small=total < FLOOR)
            lines.append(Line(key=row, label=labels[row], whole=whole, cells=cells))
        lines = (
            sorted(lines, key=lambda line: _natural(line.key)) if frame.is_time else sorted(lines, key=_largest_first)
        )
        columns = [(score, str(score)) for score in scores]
        return replace(frame, lines=lines, columns=columns, withheld=sum(line.whole.is_small for line in lines))

    def _score_line(self, score: Any, n: int, total: int) -> Line:
        return Line(key=score, label=str(score), whole=self._share(n, total, at=((SCORE, in_address(score)),)))

    @staticmethod
    def _share(n: int, total: int, *, at: tuple[tuple[str, str], ...]) -> Cell:
        if total < FLOOR:
            return Cell(n=n, value=None, at=at, is_small=True)
        found = intervals.share(hits=n, n=total)
        return Cell(n=n, value=found.value, low=found.low, high=found.high, at=at)

    def _sorted(self, lines: Sequence[Line]) -> list[Line]:
        """In the order asked for; else what needs attention first: the worst rates, the largest counts. What is
        withheld comes last."""
        how = self.asking.sort
        name, is_down = how.removeprefix("-"), how.startswith("-")
        if not how:
            if self.asking.rows == SCORE:
                return sorted(lines, key=lambda line: _natural(line.key))
            name, is_down = ("n", True) if self.unit == "count" else ("value", not self.measure.higher_is_better)
        if name == "name":
            return sorted(lines, key=lambda line: _natural(line.label), reverse=is_down)
        sign = -1 if is_down else 1

        def place(line: Line) -> tuple[bool, float, str]:
            number = _number(line.whole, name)
            return (number is None, sign * (number or 0.0), line.label)

        return sorted(lines, key=place)


def _number(cell: Cell, name: str) -> float | None:
    if name == "n":
        return float(cell.n)
    if name == "change":
        if cell.change is not None:
            return cell.change.difference.value
        return None if cell.grown is None else float(cell.grown)
    return cell.value


def _natural(key: Any) -> tuple[bool, bool, float, str]:
    """Nothing last, numbers by size, words by letter."""
    number = float(key) if isinstance(key, int | float) and not isinstance(key, bool) else None
    return (key is None or key == "", number is None, number or 0.0, spelled(key))


def _largest_first(line: Line) -> tuple[int, str]:
    return (-line.whole.n, line.label)


def said(sheet: Sheet) -> str:
    """What the whole is about, for a title: the measure and what it is cut by."""
    if sheet.chart == "distribution":
        return _("Distribution behind “%(measure)s”") % {"measure": sheet.name}
    words = [sheet.words[key] for key in sheet.asking.by]
    if not words:
        return sheet.name
    if len(words) == 1:
        return _("%(measure)s by %(first)s") % {"measure": sheet.name, "first": words[0]}
    return _("%(measure)s by %(first)s and %(second)s") % {
        "measure": sheet.name,
        "first": words[0],
        "second": words[1],
    }
