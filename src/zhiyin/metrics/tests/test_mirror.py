"""The mirror follows the ledger: nothing twice, nothing lost, rebuilt to the same, readable while it is written."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger import chain
from zhiyin.ledger.testing import NOW
from zhiyin.metrics import engine, mirror, spilling, tables, testing, tiers
from zhiyin.metrics.building import Workshop
from zhiyin.metrics.engine import ask
from zhiyin.metrics.engines import MirrorUnreadable
from zhiyin.metrics.following import FactFiles
from zhiyin.metrics.language import Question
from zhiyin.metrics.manifest import Part
from zhiyin.metrics.planning import plan, shape_of
from zhiyin.metrics.tables import Table, rows_of
from zhiyin.metrics.testing import forget_rows, happen, note, notes, visit, visits

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _mirror(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.CATALOGUE = "zhiyin.metrics.testing"
    forget_rows()
    with pytest.MonkeyPatch.context() as patch:  # so short that some hundred facts make files of every size
        for module in (tables, tiers):
            patch.setattr(module, "SIZES", (64, 512))
            patch.setattr(module, "ROLLUP_SIZES", (64, 512, 4096))
        patch.setattr(tiers, "LONG_FROM", 512)
        yield
    forget_rows()


def count(measure: str = "visit_count") -> int:
    return ask(Question(measure=measure, units=None)).whole.n


def held(table: str = "visits") -> list[tuple[Any, ...]]:
    """Every row of the files that the manifest names, the oldest stretch first."""
    return [
        tuple(row.values())
        for part in mirror.manifest().tables.get(table, ())
        for row in pq.read_table(mirror.folder() / part.file).to_pylist()
    ]


def files() -> set[str]:
    return {path.name for path in mirror.folder().glob("*.parquet")}


def named() -> dict[str, list[tuple[int, int, str]]]:
    """The files that the manifest names, with what each holds."""
    return {
        name: [
            (part.first, part.last, sha256((mirror.folder() / part.file).read_bytes()).hexdigest()) for part in parts
        ]
        for name, parts in mirror.manifest().tables.items()
        if parts
    }


class TestFollowingTheLedger:
    def test_an_absent_mirror_is_empty(self) -> None:
        found = mirror.manifest()
        assert (found.sequence, found.as_of, dict(found.tables)) == (0, None, {})
        assert count() == 0

    def test_only_what_is_sealed_is_read(self) -> None:
        happen(visits=[visit(1)])
        assert mirror.refresh(now=NOW) == 0
        assert (mirror.manifest().sequence, count()) == (0, 0)
        chain.seal_all()
        assert mirror.refresh(now=NOW + MINUTE) == 1
        assert (mirror.manifest().sequence, mirror.manifest().as_of, count()) == (1, NOW + MINUTE, 1)

    def test_nothing_new_still_makes_it_fresh_and_writes_no_segment(self) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        before = files()
        assert mirror.refresh(now=NOW + MINUTE) == 0
        assert (mirror.manifest().as_of, files()) == (NOW + MINUTE, before)

    def test_a_fact_that_touches_nothing_moves_it_on_without_a_segment(self) -> None:
        happen(others=[1])
        happen(visits=[99])  # of which the record has no row
        mirror.catch_up(now=NOW)
        assert (mirror.manifest().sequence, files()) == (2, set())

    def test_many_facts_are_read_in_portions_and_each_row_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mirror, "EVENTS_AT_ONCE", 64)
        for number in range(150):
            happen(visits=[visit(number), visit(0)])
        chain.seal_all()
        assert [mirror.refresh(now=NOW) for _ in range(4)] == [64, 64, 22, 0]
        assert count() == 150
        assert sorted(row[0] for row in held()) == [*range(150)]

    def test_a_portion_is_bounded_by_its_rows_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mirror, "OWNERS_AT_ONCE", 100)
        for number in range(4):
            happen(visits=[visit(number * 60 + one) for one in range(60)])
        chain.seal_all()
        assert [mirror.refresh(now=NOW) for _ in range(3)] == [2, 2, 0]
        assert count() == 240

    def test_what_changed_counts_as_it_is_now_and_what_does_not_change_is_added_up(self) -> None:
        happen(visits=[visit(1, 10)], notes=[note(1, "a", "b")])
        mirror.catch_up(now=NOW)
        happen(visits=[visit(1, 3)], notes=[note(2, "c")])
        mirror.catch_up(now=NOW)
        assert (count(), count("note_count")) == (1, 3)
        assert ask(Question(measure="visit_share", units=None), floor=1).whole.value == 0.0

    def test_every_type_comes_back_as_it_went_in(self) -> None:
        at = datetime(2026, 2, 28, 16, 30, 0, 123456, tzinfo=UTC)
        happen(
            visits=[visit(2**62, None, place=None, at=at), visit(-1, -3, place="大厅 '\" 🙂", at=at, is_counted=False)]
        )
        happen(notes=[note(5, "一", day=date(2027, 1, 1))])
        mirror.catch_up(now=NOW)
        day = date(2026, 2, 28)
        assert held() == [(-1, 1, at, day, -3, "大厅 '\" 🙂", False, 1), (2**62, 1, at, day, None, None, True, 1)]
        assert held("notes") == [(5, 1, NOW, date(2027, 1, 1), "一", 0.5, True)]


class TestWritingAlone:
    def test_a_second_writer_does_nothing_until_the_first_is_done(self) -> None:
        happen(visits=[visit(1)])
        chain.seal_all()
        mirror.folder().mkdir(parents=True)
        with (mirror.folder() / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert mirror.refresh(now=NOW) == 0
            mirror.forget()
            assert mirror.manifest().as_of is None
        assert mirror.refresh(now=NOW) == 1

    def test_what_failed_half_way_is_read_again_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        happen(visits=[visit(2)], notes=[note(1, "a")])
        chain.seal_all()
        write = Workshop.write

        def full_disk(shop: Workshop, table: Table, *rest: Any, **named: Any) -> list[Part]:
            if table.name.startswith("notes"):
                raise OSError("no space left on device")
            return write(shop, table, *rest, **named)

        monkeypatch.setattr(Workshop, "write", full_disk)
        with pytest.raises(OSError, match="no space"):
            mirror.refresh(now=NOW + MINUTE)
        assert (mirror.manifest().sequence, count(), count("note_count")) == (1, 1, 0)
        monkeypatch.undo()
        assert mirror.refresh(now=NOW + MINUTE) == 1
        assert (count(), count("note_count")) == (2, 1)

    def test_killed_at_any_point_it_holds_the_old_or_the_new_and_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every step of the writer fails once, as if the process had ended there; a reader looks each time."""
        happen(visits=[visit(1, 9)], notes=[note(1, "a")])
        mirror.catch_up(now=NOW)
        happen(visits=[visit(1, 3), visit(2)], notes=[note(2, "b")])
        chain.seal_all()
        run, rename = Workshop.run, Path.rename
        steps = 0

        def step() -> None:
            nonlocal steps
            steps -= 1
            if steps == 0:
                raise KeyboardInterrupt

        def ending_run(shop: Workshop, sql: str) -> list[Any]:
            step()
            return run(shop, sql)

        def ending_rename(path: Path, to: Path) -> Path:
            step()
            return rename(path, to)

        monkeypatch.setattr(Workshop, "run", ending_run)
        monkeypatch.setattr(Path, "rename", ending_rename)
        killed = 0
        while mirror.manifest().sequence == 1:
            assert (count(), count("note_count"), count("noted")) == (1, 1, 1)
            steps = killed = killed + 1
            with suppress(KeyboardInterrupt):
                mirror.refresh(now=NOW)
        assert killed > 10
        steps = 0
        assert (count(), count("note_count"), count("noted")) == (2, 2, 2)
        before = named()
        mirror.forget()
        mirror.catch_up(now=NOW)
        mirror.settle(now=NOW)
        after = named()
        assert before["notes"] == after["notes"]
        assert before["notes_daily"] == after["notes_daily"]

    def test_a_file_that_a_power_cut_shortened_is_noticed_at_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        path = mirror.folder() / mirror.manifest().tables["visits"][0].file
        path.write_bytes(path.read_bytes()[:-1])
        monkeypatch.setattr(mirror, "_checked", set())
        mirror.catch_up(now=NOW)
        assert count() == 1
        assert path.stat().st_size == mirror.manifest().tables["visits"][0].size

    def test_a_manifest_is_replaced_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        (mirror.folder() / "manifest.json.part").write_text('{"sequence": 9, ')  # a writer was killed here
        assert mirror.manifest().sequence == 1
        (mirror.folder() / "manifest.json").write_text("{")  # and a disk lost half of this one
        assert mirror.manifest().sequence == 0
        happen(visits=[visit(2)])
        mirror.catch_up(now=NOW)
        assert count() == 2


class TestMerging:
    def test_small_segments_become_larger_ones_that_say_the_same(self) -> None:
        for number in range(70):
            happen(visits=[visit(number, 10), visit(0, number % 11)], notes=[note(number, "a")])
            if number % 3 == 0:
                mirror.catch_up(now=NOW)
        mirror.catch_up(now=NOW)
        assert [part.stretch for part in mirror.manifest().tables["visits"]] == [(0, 64), (64, 70)]
        assert (count(), count("note_count"), count("noted")) == (70, 70, 70)
        changing = [row for row in held() if row[0] == 0]
        assert [row[-1] for row in changing] == [1, -1, 1]  # as it was when the first 64 were merged, and as it is now

    def test_a_long_stretch_keeps_its_months_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tiers, "LONG_FROM", 64)
        for number in range(64):
            happen(visits=[visit(number, at=NOW + timedelta(days=number))])
        mirror.catch_up(now=NOW)
        parts = mirror.manifest().tables["visits"]
        assert [part.stretch for part in parts] == [(0, 64)] * 3
        assert all(part.since and part.until and part.since.month == part.until.month for part in parts)
        december = datetime(2026, 12, 1, tzinfo=UTC)
        assert ask(Question(measure="visit_count", since=december, until=december + DAY * 31, units=None)).whole.n == 31
        assert count() == 64

    def test_only_files_of_the_days_asked_for_are_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(65):
            happen(visits=[visit(number, at=NOW + timedelta(days=number // 64))])
        mirror.catch_up(now=NOW)
        first = mirror.manifest().tables["visits_daily"][0]
        (mirror.folder() / first.file).unlink()
        midnight = datetime.combine(NOW.date() + DAY, datetime.min.time(), tzinfo=ZoneInfo("Asia/Shanghai"))
        assert ask(Question(measure="visit_count", since=midnight, units=None)).whole.n == 1
        with pytest.raises(MirrorUnreadable):
            count()

    def test_a_long_stretch_is_merged_behind_the_refreshes_to_the_same_bytes(self) -> None:
        self.read_on(520)
        assert {part.stretch for part in mirror.manifest().tables["visits"]} == {
            *((at, at + 64) for at in range(0, 512, 64)),
            (512, 520),
        }
        before = (count(), count("note_count"), count("noted"))
        assert mirror.merge() == 1
        happen(visits=[visit(900)])
        chain.seal_all()
        mirror.refresh(now=NOW)  # what is new is read between two merges
        while mirror.merge():
            pass
        assert {part.stretch for part in mirror.manifest().tables["visits"]} == {(0, 512), (512, 521)}
        assert (count(), count("note_count"), count("noted")) == (before[0] + 1, *before[1:])
        mirror.settle(now=NOW)
        merged = named()
        mirror.forget()
        mirror.catch_up(now=NOW)
        mirror.settle(now=NOW)
        assert named() == merged

    def test_what_was_forgotten_while_it_was_merged_does_not_come_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        visit(7, 10, place="secret")
        self.read_on(520, but=7)
        merged = FactFiles.merged

        def slowly(files: FactFiles, *rest: Any, **named: Any) -> list[Part]:
            monkeypatch.undo()
            found = merged(files, *rest, **named)
            visit(7, 10, place="gone")
            happen(forgotten_visits=[7])
            chain.seal_all()
            mirror.refresh(now=NOW)
            return found

        monkeypatch.setattr(FactFiles, "merged", slowly)
        assert mirror.merge() == 1
        mirror.catch_up(now=NOW)
        mirror.refresh(now=NOW)
        everything = repr([pq.read_table(path).to_pylist() for path in mirror.folder().rglob("*.parquet")])
        assert ("secret" in everything, "gone" in everything) == (False, True)
        assert count() == 520

    def test_who_was_killed_while_merging_leaves_nothing_behind(self) -> None:
        self.read_on(520)
        left = mirror.folder() / "merging" / "visits.part"
        left.parent.mkdir()
        left.write_text("half a file")
        while mirror.merge():
            pass
        assert not left.exists()
        assert count() == 520

    def test_two_do_not_merge_at_once(self) -> None:
        self.read_on(520)
        with (mirror.folder() / "merging.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert mirror.merge() == 0
        assert mirror.merge() == 1

    @staticmethod
    def read_on(facts: int, *, but: int = -1) -> None:
        """So many facts, read forty at a time as a worker would."""
        for number in range(facts):
            if number != but:
                visit(number)
            happen(visits=[number], notes=[note(number, "a")])
            if number % 40 == 0:
                chain.seal_all()
                mirror.refresh(now=NOW)
        chain.seal_all()
        mirror.refresh(now=NOW)

    def test_a_file_lives_one_manifest_longer(self) -> None:
        """Whoever took the manifest before the merge still finds what it names."""
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        first = files()
        happen(visits=[visit(2)])
        chain.seal_all()
        assert mirror.refresh(now=NOW) == 1
        assert first < files()
        mirror.refresh(now=NOW)
        assert not first & files()
        assert count() == 2


class TestRebuilding:
    @pytest.mark.parametrize("seed", range(3))
    def test_deleted_and_built_anew_it_has_the_same_bytes(self, seed: int) -> None:
        dice = Random(seed)
        for _ in range(150):
            some = [visit(dice.randrange(40), dice.choice([None, *range(11)]), unit=dice.randrange(3)) for _ in "ab"]
            happen(visits=some, notes=[note(dice.randrange(10**6), "a", "b")])
            if dice.random() < 0.2:
                mirror.catch_up(now=NOW)
        mirror.catch_up(now=NOW)
        figures = [ask(Question(measure=key, by=("day",), units=None), floor=1).figures for key in testing.MEASURES]
        mirror.settle(now=NOW)
        before = named()
        assert {"visits", "visits_daily", "notes", "notes_daily", "notes_noted"} == set(before)
        for _ in range(2):
            mirror.forget()
            assert (files(), mirror.manifest().sequence) == (set(), 0)
            mirror.catch_up(now=NOW + MINUTE)
            assert named() == before
            again = [ask(Question(measure=key, by=("day",), units=None), floor=1).figures for key in testing.MEASURES]
            assert again == figures

    def test_settling_leaves_only_rows_that_stand(self) -> None:
        for score in (10, 10, 2):
            happen(visits=[visit(1, score), visit(2)])
            mirror.catch_up(now=NOW)
        for number in range(64):
            happen(visits=[visit(3 + number)])
        happen(visits=[visit(1, 5)])
        mirror.catch_up(now=NOW)
        assert min(row[-1] for row in held()) == -1
        assert mirror.settle(now=NOW) == 1
        assert {row[-1] for row in held()} == {1}
        assert [row[4] for row in held() if row[0] == 1] == [5]
        assert count() == 66
        assert mirror.settle(now=NOW) == 0

    def test_it_holds_what_the_record_holds_now_and_nothing_else(self) -> None:
        happen(visits=[visit(1), visit(2)], notes=[note(1, "a")])
        mirror.catch_up(now=NOW)
        del visits[2], notes[1]
        mirror.forget()
        mirror.catch_up(now=NOW)
        assert (count(), count("note_count")) == (1, 0)

    def test_other_definitions_build_it_anew(self, settings: Settings) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        settings.TIME_ZONE = "Europe/Paris"  # what a day is, is another thing there
        assert mirror.manifest().sequence == 0
        mirror.catch_up(now=NOW)
        assert count() == 1


class TestForgetting:
    def everything(self) -> str:
        """All that stands in any file, the ones that no manifest names any more included."""
        return repr([pq.read_table(path).to_pylist() for path in mirror.folder().glob("*.parquet")])

    def test_nothing_of_somebody_who_was_erased_stays_in_any_file(self) -> None:
        for number in range(140):
            happen(visits=[visit(number, place=f"at {number}"), visit(7, number % 11, place=f"secret {number}")])
            happen(notes=[note(number, f"said {number}")])
            if number % 9 == 0:
                mirror.catch_up(now=NOW)
        notes[5] = [(*notes[5][0][:4], "secret", 0.5)]
        mirror.forget()
        mirror.catch_up(now=NOW)
        assert "secret 139" in self.everything()
        visit(7, 10, place="gone")
        notes[5] = [(*notes[5][0][:4], "gone", 0.5)]
        happen(forgotten_visits=[7], forgotten_notes=[5])
        mirror.catch_up(now=NOW)
        mirror.refresh(now=NOW)
        assert "secret" not in self.everything()
        assert self.everything().count("'gone'") == 4  # in the rows and in a roll-up of each
        assert (count(), count("note_count"), count("noted")) == (140, 140, 140)
        before = named()
        mirror.settle(now=NOW)
        mirror.forget()
        mirror.catch_up(now=NOW)
        assert named() == before

    def test_a_row_that_left_the_record_leaves_the_mirror(self) -> None:
        happen(visits=[visit(1), visit(2)], notes=[note(1, "a"), note(2, "a")])
        mirror.catch_up(now=NOW)
        del visits[1], notes[1]
        happen(forgotten_visits=[1], forgotten_notes=[1])
        mirror.catch_up(now=NOW)
        assert (count(), count("note_count")) == (1, 1)
        assert ([row[0] for row in held()], [row[0] for row in held("notes")]) == ([2], [2])


class TestRollUps:
    def test_a_figure_is_the_same_whichever_table_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dice = Random(4)
        for _ in range(200):
            at = NOW + timedelta(hours=dice.randrange(2000))
            place = dice.choice(["hall", "phone", None, ""])
            happen(
                visits=[
                    visit(
                        dice.randrange(60),
                        dice.choice([None, *range(11)]),
                        place=place,
                        unit=dice.randrange(4),
                        at=at,
                        is_counted=dice.random() < 0.8,
                    )
                ],
                notes=[note(dice.randrange(10**6), *dice.sample(["a", "b", "c"], 2), unit=dice.randrange(4))],
            )
            if dice.random() < 0.1:
                mirror.catch_up(now=NOW)
        mirror.catch_up(now=NOW)
        used: dict[str, int] = {}
        for _ in range(150):
            question = self.some_question(dice)
            monkeypatch.setattr(engine, "_plans", {})
            any_table = ask(question, floor=1)
            with monkeypatch.context() as patch:
                patch.setattr(mirror, "sources", lambda fact: [rows_of(fact).source])
                patch.setattr(engine, "_plans", {})
                rows_alone = ask(question, floor=1)
            assert any_table.figures == rows_alone.figures, question
            assert any_table.figures or question.units is not None or question.where or question.since
            shape = shape_of(
                question, mirror.fact(any_table.measure.fact), any_table.measure, ZoneInfo("Asia/Shanghai")
            )
            chosen = plan(
                shape,
                measure=any_table.measure,
                fact=mirror.fact(any_table.measure.fact),
                dimensions=testing.DIMENSIONS,
                sources=mirror.sources(mirror.fact(any_table.measure.fact)),
            )
            used[chosen.source.name] = used.get(chosen.source.name, 0) + 1
        assert set(used) == {"visits", "visits_daily", "notes", "notes_daily", "notes_noted"}

    @staticmethod
    def some_question(dice: Random) -> Question:
        measure = dice.choice([*testing.MEASURES.values()])
        usable = [key for key, one in testing.DIMENSIONS.items() if measure.fact in one.facts]
        midnight = datetime(2026, 11, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
        edges = [None, midnight + DAY * dice.randrange(40), midnight + timedelta(minutes=dice.randrange(60_000))]
        values = {"place": "hall", "office": "2", "day": "2026-12-01", "text": "b", "score": "9"}
        return Question(
            measure=measure.key,
            by=tuple(dice.sample(usable, dice.randrange(3))),
            where=tuple((key, dice.choice([values[key], "~"])) for key in dice.sample(usable, dice.randrange(2))),
            since=dice.choice(edges),
            until=dice.choice([None, None, midnight + DAY * 60]),
            units=dice.choice([None, frozenset({1}), frozenset({0, 2, 3})]),
        )


def test_each_engine_spills_into_a_folder_of_its_own_and_that_of_a_dead_process_goes() -> None:
    first, second = spilling.own_folder(mirror.folder()), spilling.own_folder(mirror.folder())
    assert first != second
    elsewhere = first.with_name("another-machine-1-1")
    dead = first.with_name(first.name.replace(f"-{os.getpid()}-", "-999999999-"))
    for folder in (first, dead, elsewhere):
        folder.mkdir()
    spilling.own_folder(mirror.folder())
    assert (first.exists(), elsewhere.exists(), dead.exists()) == (True, True, False)
