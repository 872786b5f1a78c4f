"""From a question to its sheet: asked of the catalogue within the reader's units, compared, put in order."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from zhiyin.lib import intervals
from zhiyin.lib.text import pick
from zhiyin.metrics import withholding
from zhiyin.metrics.comparing import Change, compare_many_figures
from zhiyin.metrics.engine import dimensions, measures, without_telling
from zhiyin.metrics.language import Answer, Figure
from zhiyin.people.access import Viewer
from zhiyin.reports.explorer import rules
from zhiyin.reports.explorer.asked import period_asked
from zhiyin.reports.explorer.names import GRAINS, Names, in_address, spelled
from zhiyin.reports.explorer.question import Asking
from zhiyin.reports.explorer.sheet import FLOOR, SCORE, Cell, Line, Sheet, can_be_distributed
from zhiyin.reports.figures import Desk
from zhiyin.ui import cards
from zhiyin.ui.period import Period

COLUMNS = 12  # of a table; the others are counted
NOBODY = Figure((), 0, None, None, None)


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
        self.left_out = 0
        self.better = "up" if self.measure.higher_is_better else "down"

    def sheet(self) -> Sheet:
        sheet = self._sheet()
        return replace(sheet, left_out=self.left_out)

    def _sheet(self) -> Sheet:
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
        found = without_telling(self.desk.ask(self.asking.measure, *by))
        self.left_out = max(self.left_out, found.left_out)
        return found

    def _ask_before(self, *by: str) -> Answer | None:
        if self.asking.compare == "none":
            return None
        period = self.period
        return without_telling(
            self.desk.ask(self.asking.measure, *by, since=period.before_since, until=period.before_until)
        )

    def _cells(self, found: Sequence[tuple[Figure, Figure | None, tuple[tuple[str, str], ...]]]) -> list[Cell]:
        """Figures with their changes, judged together."""
        pairs = {place: (now, before or NOBODY) for place, (now, before, _at) in enumerate(found)}
        moved = compare_many_figures(self.measure, pairs)
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
        found = [
            (figure, was.get(figure.key[0], NOBODY) if before else None, ((rows, in_address(figure.key[0])),))
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
        known = {figure.key[0]: figure for figure in now.figures}
        keys = self._steps(rows, known, now.as_of)
        found = [known.get(key, NOBODY) for key in keys]
        cells = self._cells([(one, None, ((rows, in_address(one.key[0])),) if one.key else ()) for one in found])
        lines = [
            Line(key=key, label=self.names.one(rows, key), whole=replace(cell, verdict=None))
            for key, cell in zip(keys, cells, strict=True)
        ]
        return replace(
            frame,
            lines=lines,
            before=self._shadow(before, keys) if before else (),
            missing=sum(not line.whole.n for line in lines),
            withheld=sum(line.whole.is_small for line in lines),
        )

    def _steps(self, grain: str, known: Collection[str], as_of: datetime | None) -> list[str]:
        """Every step, missing ones too, from the first answer to now. Before the first in this period nothing is
        missing, for there was nothing yet; what the mirror has not reached is not missing either."""
        if not known or as_of is None:
            return sorted(known)
        newest = max(*known, rules.step_at(grain, timezone.localtime(as_of)))
        every = rules.steps(grain, rules.Days(self.period.since, self.period.until)) or rules.with_gaps(grain, known)
        return [key for key in every if min(known) <= key <= newest]

    def _shadow(self, before: Answer, keys: Sequence[str]) -> list[float | None]:
        """The period before, point by point beside this one."""
        grain, period = self.asking.rows, self.period
        every = rules.steps(grain, rules.Days(period.since, period.until))
        if not keys or not every:
            return []
        were = rules.steps(grain, rules.Days(period.before_since, period.before_until))
        beside = dict(zip(every, were, strict=False))
        known = {figure.key[0]: figure for figure in before.figures}
        figures = [known.get(beside.get(key, "")) for key in keys]
        is_count = self.unit == "count"
        found = [one.value if one and (is_count or one.n >= FLOOR) else None for one in figures]
        return found if any(value is not None for value in found) else []

    # Two dimensions

    def _grid(self, frame: Sheet) -> Sheet:
        rows, columns = self.asking.rows, self.asking.columns
        now, before = self._ask(rows, columns), self._ask_before(rows, columns)
        by_row, by_column = self._ask(rows), self._ask(columns)
        sizes = {figure.key[0]: figure.n for figure in by_column.figures}
        ordered = self._columns(sizes, now.as_of)
        shown = {*ordered}
        names = self.names.of(columns, ordered)
        in_rows = {figure.key[0]: figure for figure in by_row.figures}
        if frame.is_time:
            in_rows = {key: in_rows.get(key, NOBODY) for key in self._steps(rows, in_rows, now.as_of)}
        places = [(key, column) for key in in_rows for column in ordered]
        found, was = now.by_key(), before.by_key() if before else {}
        cells = self._cells(
            [
                (
                    found.get(place, NOBODY),
                    was.get(place, NOBODY) if before else None,
                    ((rows, in_address(place[0])), (columns, in_address(place[1]))),
                )
                for place in places
            ]
        )
        by_place = dict(zip(places, cells, strict=True))
        labels = self.names.of(rows, in_rows)
        wholes = self._cells([(figure, None, ((rows, in_address(key)),)) for key, figure in in_rows.items()])
        lines = [
            Line(
                key=key,
                label=labels[key],
                whole=whole,
                cells=[by_place[key, column] for column in ordered],
            )
            for key, whole in zip(in_rows, wholes, strict=True)
        ]
        lines = lines if frame.is_time else self._sorted(lines)
        return replace(
            frame,
            lines=lines,
            columns=[(key, names[key]) for key in ordered],
            columns_left_out=len(sizes.keys() - shown),
            n_left_out=sum(n for key, n in sizes.items() if key not in shown),
            missing=sum(not line.whole.n for line in lines) if frame.is_time else 0,
            withheld=sum(cell.is_small for line in lines for cell in line.cells),
        )

    def _columns(self, sizes: Mapping[Any, int], as_of: datetime | None) -> list[Any]:
        """The newest steps, or the largest groups, as many as there is room for."""
        columns, most = self.asking.columns, self.most_columns
        if columns in GRAINS:
            return self._steps(columns, sizes, as_of)[-most:]
        largest = sorted(sizes, key=lambda key: (-sizes[key], spelled(key)))[:most]
        return sorted(largest, key=_natural) if columns == SCORE else largest

    # The distribution of scores

    def _spread(self, frame: Sheet) -> Sheet:
        by = (self.asking.rows, SCORE) if self.asking.rows else (SCORE,)
        answer = self.desk.ask(self.asking.measure, *by)
        sizes: Counter[Any] = Counter()
        for figure in answer.figures:
            sizes[figure.key[:-1]] += figure.n
        # A part of a whole is told by the whole's size, and of so few not even which scores there are.
        whole = [figure for figure in answer.figures if sizes[figure.key[:-1]] >= withholding.FLOOR]
        scores = sorted({figure.key[-1] for figure in whole}, key=_natural)
        words = {**frame.words, SCORE: pick(dimensions()[SCORE].name, self.by.language)}
        frame = replace(frame, unit="share", words=words)
        if not self.asking.rows:
            total = sizes[()]
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
            return Cell(n=n if total >= withholding.FLOOR else 0, value=None, at=at, is_small=True)
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
