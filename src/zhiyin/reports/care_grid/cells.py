"""The thirty-six cells: figure, interval, change, twelve weeks, care, questions, moments and checklists of each.

Each part is asked once for all cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.urls import reverse

from zhiyin.journey.queries import MomentCard, Named, TouchpointCard, journey_map, moments
from zhiyin.lib.intervals import FLOOR, Verdict
from zhiyin.lib.text import Text
from zhiyin.metrics.comparing import Change, compare_many
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Figure, Measure
from zhiyin.people.roles import Permission
from zhiyin.reports.care import Care, care_of_cells
from zhiyin.reports.figures import Desk, as_day, monday
from zhiyin.reports.records import address, records_url
from zhiyin.surveys.queries import current_versions

WEEKS = 12
State = Literal["measured", "few", "not_measured", "not_asked"]
Key = tuple[str, str]  # touchpoint, dimension


@dataclass(frozen=True)
class Link:
    """Something of a cell with its page; ``url`` is empty where the viewer has none."""

    key: str
    text: Text
    url: str


@dataclass(frozen=True)
class Cell:
    """One touchpoint by one dimension. ``trend``: a value a week, None where too few answered. ``care``: how it goes
    together with overall satisfaction, what was given, and what is to improve."""

    touchpoint: str
    dimension: str
    figure: Figure
    state: State
    change: Change | None
    direction: Literal["up", "down", ""]
    trend: Sequence[float | None]
    care: Care
    questions: Sequence[Link]
    moments: Sequence[Link]
    checklist: Sequence[Link]
    verbatims_url: str

    @property
    def needed(self) -> int:
        """How many more answers before there is a rate."""
        return max(FLOOR - self.figure.n, 0)


@dataclass(frozen=True)
class Grid:
    """All cells of the matrix, none missing."""

    touchpoints: Sequence[TouchpointCard]
    dimensions: Sequence[Named]
    cells: Mapping[Key, Cell]
    whole: Figure
    measure: Measure


def grid(desk: Desk, measure: str = "top_box") -> Grid:
    """The matrix by any measure of scores, over the desk's period."""
    known = journey_map()
    rows = [card for card in sorted(known.touchpoints.values(), key=lambda card: card.order) if card.in_matrix]
    keys = [(row.key, column.key) for row in rows for column in known.dimensions]
    pair = desk.pair(measure, "touchpoint", "dimension")
    now, before = pair.now.by_key(), pair.before.by_key()
    empty = Figure((), 0, None, None, None)
    changes = compare_many(
        measures()[measure], {key: (now.get(key, empty).sums, before.get(key, empty).sums) for key in keys}
    )
    maker = _Maker(desk, measure, _asked(rows), moments(), _weeks(desk, measure), care_of_cells(desk, measure))
    return Grid(
        touchpoints=rows,
        dimensions=known.dimensions,
        cells={key: maker.cell(key, now.get(key, empty), changes.get(key)) for key in keys},
        whole=desk.ask(measure).whole,
        measure=measures()[measure],
    )


def _weeks(desk: Desk, measure: str) -> dict[Key, list[float | None]]:
    until = desk.period.until
    first = monday(until) - (WEEKS - 1) * timedelta(days=7)
    starts = [first + number * timedelta(days=7) for number in range(WEEKS)]
    found: dict[Key, dict[object, Figure]] = {}
    for figure in desk.ask(measure, "touchpoint", "dimension", "week", since=first, until=until).figures:
        touchpoint, dimension, week = figure.key
        found.setdefault((str(touchpoint), str(dimension)), {})[as_day(week)] = figure
    return {
        key: [weeks[start].value if start in weeks and weeks[start].n >= FLOOR else None for start in starts]
        for key, weeks in found.items()
    }


def _asked(rows: Sequence[TouchpointCard]) -> dict[Key, list[tuple[str, str, Text]]]:
    """Cell → survey, key and title of the questions that the touchpoint's survey asks about the dimension."""
    versions = current_versions()
    found: dict[Key, list[tuple[str, str, Text]]] = {}
    for row in rows:
        card = versions.get(row.survey)
        for question in card.questionnaire.questions if card else ():
            if question.dimension and question.scale:
                found.setdefault((row.key, question.dimension), []).append((row.survey, question.key, question.title))
    return found


@dataclass(frozen=True)
class _Maker:
    """Makes the cells out of what was asked once for all."""

    desk: Desk
    measure: str
    asked: Mapping[Key, Sequence[tuple[str, str, Text]]]
    moments: Sequence[MomentCard]
    weeks: Mapping[Key, Sequence[float | None]]
    care: Mapping[Key, Care]

    def cell(self, key: Key, figure: Figure, change: Change | None) -> Cell:
        touchpoint, dimension = key
        here = [one for one in self.moments if one.touchpoint == touchpoint and dimension in one.dimensions]
        direction: Literal["up", "down", ""] = ""
        if change and change.verdict in (Verdict.SIGNIFICANT_UP, Verdict.SIGNIFICANT_DOWN):
            direction = "up" if change.verdict is Verdict.SIGNIFICANT_UP else "down"
        return Cell(
            touchpoint=touchpoint,
            dimension=dimension,
            figure=figure,
            state=self._state(key, figure),
            change=change,
            direction=direction,
            trend=self.weeks.get(key, [None] * WEEKS),
            care=self.care[key],
            questions=[
                Link(one, title, self._question(key, survey, one)) for survey, one, title in self.asked.get(key, ())
            ],
            moments=[Link(one.key, one.name, address("journey:moment", one.key, **self.desk.address)) for one in here],
            checklist=[
                Link(str(item.get("key", "")), item["text"], address("journey:moment", one.key, **self.desk.address))
                for one in here
                for item in one.checklist
            ],
            verbatims_url=self._verbatims(key) if figure.n else "",
        )

    def _state(self, key: Key, figure: Figure) -> State:
        if figure.n >= FLOOR:
            return "measured"
        if figure.n:
            return "few"
        return "not_measured" if key in self.asked else "not_asked"

    def _verbatims(self, key: Key) -> str:
        return records_url(self.desk, self.measure, touchpoint=key[0], dimension=key[1])

    def _question(self, key: Key, survey: str, question: str) -> str:
        """The answers to this question at this touchpoint, or else the questionnaire."""
        url = records_url(self.desk, self.measure, touchpoint=key[0], question=question)
        if not url and self.desk.by.may(Permission.SEE_OUTREACH):
            return reverse("surveys:survey", args=[survey])
        return url
