"""From a question to figures: numbers against hand-made rows, scope that nobody can leave out, small groups silent."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger.testing import NOW
from zhiyin.lib import intervals
from zhiyin.metrics import engine, mirror
from zhiyin.metrics.engine import ask
from zhiyin.metrics.engines import MirrorUnreadable
from zhiyin.metrics.language import Answer, Figure, Question, UnknownName
from zhiyin.metrics.testing import forget_rows, happen, note, visit
from zhiyin.metrics.withholding import FLOOR

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ODD = "大厅' OR 1=1 --"
# id, score, place, unit, when, whether visit_share counts it
ROWS = [
    (1, 10, "hall", 1, NOW, True),
    (2, 9, "hall", 1, NOW, True),
    (3, 8, "hall", 1, NOW, True),
    (4, 0, "hall", 2, NOW, True),
    (5, 10, "phone", 2, NOW + DAY, True),
    (6, 10, "phone", 2, NOW + DAY, True),
    (7, None, "phone", 2, NOW + DAY, True),
    (8, 10, "phone", 1, NOW + DAY, False),
    (9, 5, ODD, 3, NOW - DAY, True),
    (10, 10, None, 3, NOW - DAY, True),
]


@pytest.fixture(autouse=True)
def _mirror(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.CATALOGUE = "zhiyin.metrics.testing"
    forget_rows()
    yield
    forget_rows()


@pytest.fixture
def rows() -> None:
    for pk, score, place, unit, at, is_counted in ROWS:
        visit(pk, score, place=place, unit=unit, at=at, is_counted=is_counted)
    happen(visits=[row[0] for row in ROWS], notes=[note(1, "a", "b"), note(2, "a", unit=2)])
    mirror.catch_up(now=NOW)


def asked(measure: str = "visit_share", *, floor: int = 1, **question: Any) -> Answer:
    return ask(Question(measure=measure, **{"units": None, **question}), floor=floor)


def hits(answer: Answer) -> dict[Any, tuple[int, int]]:
    return {key: (int(one.sums["hits"]), one.n) for key, one in answer.by_key().items()}


@pytest.mark.usefixtures("rows")
class TestNumbers:
    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ({}, (5, 9)),
            ({"where": (("place", "hall"),)}, (2, 4)),
            ({"where": (("place", "phone"), ("office", "2"))}, (2, 3)),
            ({"where": (("place", ODD),)}, (0, 1)),
            ({"where": (("place", "nowhere"),)}, (0, 0)),
            ({"where": (("place", ""),)}, (0, 0)),  # not known is not empty
            ({"since": NOW}, (4, 7)),
            ({"since": NOW + timedelta(microseconds=1)}, (2, 3)),
            ({"until": NOW}, (1, 2)),
            ({"until": NOW + timedelta(microseconds=1)}, (3, 6)),
            ({"since": NOW, "until": NOW}, (0, 0)),
            ({"units": frozenset({1})}, (2, 3)),
            ({"units": frozenset({1, 2})}, (4, 7)),
            ({"units": frozenset({77})}, (0, 0)),
            ({"units": frozenset()}, (0, 0)),
        ],
    )
    def test_what_a_share_is_made_of(self, question: dict[str, Any], expected: tuple[int, int]) -> None:
        found = asked(**question).whole
        assert (int(found.sums.get("hits", 0)), found.n) == expected
        if found.n:
            known = intervals.share(hits=expected[0], n=expected[1])
            assert (found.value, found.low, found.high) == (known.value, known.low, known.high)
        else:
            assert (found.value, found.low, found.high) == (None, None, None)

    def test_a_moment_means_the_same_in_any_zone(self) -> None:
        assert asked(since=NOW.astimezone(ZoneInfo("Asia/Shanghai"))).whole == asked(since=NOW).whole

    def test_by_one_dimension_and_by_two(self) -> None:
        assert hits(asked(by=("place",))) == {"hall": (2, 4), "phone": (2, 3), ODD: (0, 1), None: (1, 1)}
        assert hits(asked(by=("office", "day"), where=(("place", "phone"),))) == {(2, "2026-11-21"): (2, 3)}
        days = list(asked(by=("day",)).by_key())
        assert days == sorted(days) == ["2026-11-19", "2026-11-20", "2026-11-21"]

    def test_groups_add_up_to_the_whole(self) -> None:
        groups = asked(by=("place",)).figures
        whole = asked().whole
        assert sum(one.n for one in groups) == whole.n
        assert sum(one.sums["hits"] for one in groups) == whole.sums["hits"]

    def test_a_mean_with_students_interval(self) -> None:
        scores = [row[1] for row in ROWS if row[1] is not None]
        mean = sum(scores) / len(scores)
        variance = sum((score - mean) ** 2 for score in scores) / (len(scores) - 1)
        known = intervals.mean(intervals.Sample(len(scores), mean, variance))
        found = asked("visit_mean").whole
        assert found.n == len(scores) == 9
        assert (found.value, found.low, found.high) == pytest.approx((known.value, known.low, known.high))

    def test_a_count_is_what_it_is(self) -> None:
        found = asked("visit_count").whole
        assert (found.value, found.low, found.high, found.n) == (10.0, 10.0, 10.0, 10)
        assert {key: one.n for key, one in asked("note_count", by=("text",)).by_key().items()} == {"a": 2, "b": 1}


@pytest.mark.usefixtures("rows")
class TestSmallGroups:
    @pytest.mark.parametrize(("floor", "is_silent"), [(9, False), (10, True), (1, False)])
    def test_below_the_floor_there_is_a_size_and_no_value(self, floor: int, is_silent: bool) -> None:
        found = asked(floor=floor).whole
        assert (found.n, found.is_withheld) == (9, is_silent)
        assert (found.value, found.low, found.high) == (None, None, None) or not is_silent

    def test_five_is_the_floor_unless_somebody_says_otherwise(self) -> None:
        assert FLOOR == 5
        found = ask(Question(measure="visit_share", by=("place",), units=None)).by_key()
        assert {key: one.value for key, one in found.items()} == dict.fromkeys(("hall", "phone", ODD, None))
        assert [one.n for one in found.values()] == [4, 3, 1, 1]

    def test_a_count_of_few_is_no_secret(self) -> None:
        assert asked("visit_count", floor=30, where=(("place", "hall"),)).whole.value == 4.0

    def test_a_count_cut_by_what_was_said_is_one(self) -> None:
        """A row "hall, score 0: one" would tell what that one person said, and so would the row without its count."""
        found = ask(Question(measure="visit_count", by=("place", "score"), units=None))
        assert (list(found.figures), found.left_out) == ([], 8)
        assert list(ask(Question(measure="visit_share", by=("score",), units=None)).figures) == []
        assert ask(Question(measure="visit_count", where=(("score", "0"),), units=None)).whole.n == 0

    def test_a_filter_by_what_was_said_may_leave_out_a_few_no_more_than_choose_them(self) -> None:
        visits = [visit(100 + number, 10 if number else 3, place="desk") for number in range(7)]
        happen(visits=visits)
        mirror.catch_up(now=NOW)
        desk = Question(measure="visit_count", where=(("place", "desk"),), units=None)
        assert ask(desk).whole.n == 7
        # Of seven, six said 10: subtraction would name the seventh.
        only = ask(replace(desk, where=(*desk.where, ("score", "10"))))
        assert (list(only.figures), only.left_out) == ([], 1)
        both = ask(replace(desk, where=(*desk.where, ("score", "10"), ("score", "3"))))
        assert both.whole.n == 7

    def test_a_second_part_goes_where_the_first_could_be_had_by_subtraction(self) -> None:
        scores = [10] * 9 + [9] * 6 + [3]
        happen(visits=[visit(100 + number, score, place="desk") for number, score in enumerate(scores)])
        mirror.catch_up(now=NOW)
        found = ask(Question(measure="visit_count", by=("score",), where=(("place", "desk"),), units=None))
        assert ({key: one.n for key, one in found.by_key().items()}, found.left_out) == ({10: 9}, 2)
        seen = ask(Question(measure="visit_count", by=("score",), where=(("place", "desk"),), units=None), floor=1)
        assert (len(seen.figures), seen.left_out) == (3, 0)

    def test_what_cannot_be_estimated_is_withheld_too(self) -> None:
        found = asked("visit_mean", where=(("place", ODD),)).whole
        assert (found.n, found.value) == (1, None)


class TestUnknownNames:
    @pytest.mark.parametrize(
        ("question", "kind", "name", "near"),
        [
            ({"measure": "top_box"}, "measure", "top_box", "visit_share"),
            ({"measure": ""}, "measure", "", "visit_count"),
            ({"measure": "visit_share", "by": ("colour",)}, "dimension", "colour", "place"),
            ({"measure": "visit_share", "where": (("colour", "red"),)}, "dimension", "colour", "office"),
            ({"measure": "visit_share", "by": ("text",)}, "dimension", "text", "place"),  # notes have it, visits do not
            ({"measure": "note_count", "where": (("place", "hall"),)}, "dimension", "place", "text"),
        ],
    )
    def test_are_refused_with_those_that_there_are(
        self, question: dict[str, Any], kind: str, name: str, near: str
    ) -> None:
        with pytest.raises(UnknownName) as refused:
            ask(Question(**question, units=None))
        assert (refused.value.kind, refused.value.name) == (kind, name)
        assert near in refused.value.near
        assert name not in refused.value.near
        assert near in str(refused.value)


class TestTheMirrorBehindIt:
    def test_before_anything_was_read_there_is_no_figure_and_no_moment(self) -> None:
        found = asked()
        assert (list(found.figures), found.as_of, found.whole) == ([], None, Figure((), 0, None, None, None))

    def test_a_fact_without_rows_answers_nothing_beside_one_that_has_some(self) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        assert (asked().whole.n, list(asked("note_count").figures)) == (1, [])

    def test_an_answer_says_up_to_when_it_has_read(self) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        assert asked().as_of == NOW
        visit(2)
        happen(visits=[2])
        assert (asked().as_of, asked().whole.n) == (NOW, 1)  # not read yet, and it says so
        later = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
        mirror.catch_up(now=later)
        assert (asked().as_of, asked().whole.n) == (later, 2)

    def test_a_reader_whose_segment_was_merged_away_looks_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        now = mirror.manifest()
        gone = {
            name: tuple(replace(part, file=f"{name}-merged-away.parquet") for part in parts)
            for name, parts in now.tables.items()
        }
        stale = replace(now, tables=gone)
        looks = iter([stale, stale, now])
        monkeypatch.setattr(mirror, "manifest", lambda: next(looks))
        assert asked().whole.n == 1
        monkeypatch.setattr(mirror, "manifest", lambda: stale)
        with pytest.raises(MirrorUnreadable):  # and does not go on for ever
            asked()

    def test_each_thread_reads_for_itself_and_all_read_the_same(self) -> None:
        happen(visits=[visit(number, number % 11) for number in range(50)])
        mirror.catch_up(now=NOW)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: asked(by=("place",)).figures, range(12)))
        assert all(one == found[0] for one in found)
        assert found[0][0].n == 50

    def test_another_mirror_is_another_answer(self, settings: Settings, tmp_path: Path) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        assert asked().whole.n == 1
        settings.DATA_DIR = tmp_path / "other"
        assert asked().whole.n == 0
        settings.DATA_DIR = tmp_path
        assert asked().whole.n == 1

    def test_what_the_catalogue_names_is_what_can_be_asked(self) -> None:
        assert {"visit_share", "visit_mean", "visit_count", "note_count"} < set(engine.measures())
        assert set(engine.dimensions()) == {"place", "score", "text", "day", "office"}


class TestRecords:
    """A number opens exactly the records that it was made from."""

    def test_the_list_is_as_long_as_the_figure_says(self, rows):
        for where in ((), (("place", "hall"),), (("place", "hall"), ("place", "phone")), (("place", "~"),)):
            figure = asked(where=where).whole
            found = engine.records(Question(measure="visit_share", where=where, units=None))
            assert (found.rows, found.total, len(found.ids)) == (figure.n, figure.n, figure.n), where

    def test_what_is_not_known_can_be_asked_for(self, rows):
        assert engine.records(Question(measure="visit_share", where=(("place", "~"),), units=None)).ids == [10]

    def test_several_values_of_one_dimension_are_alternatives(self, rows):
        found = engine.records(Question(measure="visit_share", where=(("place", "hall"), ("place", ODD)), units=None))
        assert found.ids == [9, 4, 3, 2, 1]

    def test_it_comes_in_pages_the_newest_first(self, rows):
        question = Question(measure="visit_share", units=None)
        first = engine.records(question, limit=4)
        rest = engine.records(question, before=first.ids[-1], limit=50)
        assert first.ids + rest.ids == [10, 9, 7, 6, 5, 4, 3, 2, 1]
        assert (first.total, rest.total) == (9, 9)

    def test_an_owner_of_two_rows_stands_there_once_with_both_counted(self, rows):
        found = engine.records(Question(measure="note_count", units=None))
        assert (found.owners, found.total, found.rows) == ([(2, 1), (1, 2)], 2, 3)

    def test_another_branchs_records_are_not_there(self, rows):
        assert engine.records(Question(measure="visit_share", units=frozenset({2}))).ids == [7, 6, 5, 4]
        assert engine.records(Question(measure="visit_share")).ids == []

    def test_a_name_that_there_is_not_is_refused(self, rows):
        with pytest.raises(UnknownName):
            engine.records(Question(measure="visit_share", where=(("text", "a"),), units=None))


class TestValuesOfFilters:
    def test_a_number_that_is_none_matches_nothing(self, rows: None) -> None:
        assert asked(where=(("office", "1 OR 1=1"),)).whole.n == 0


class TestPlanning:
    def test_a_shape_is_compiled_once_for_all_its_periods(self, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        made: list[object] = []
        plan = engine.plan

        def counted(*given: Any, **named: Any) -> Any:
            made.append(given)
            return plan(*given, **named)

        monkeypatch.setattr(engine, "plan", counted)
        monkeypatch.setattr(engine, "_plans", {})
        found = [asked(since=NOW - number * DAY - timedelta(seconds=1)).whole.n for number in range(6)]
        assert (found, len(made)) == ([1] * 6, 1)
        asked(by=("place",))
        assert len(made) == 2
