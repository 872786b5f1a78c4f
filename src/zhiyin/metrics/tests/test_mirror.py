"""The mirror follows the ledger: nothing twice, nothing lost, rebuilt to the same, readable while it is written."""

import fcntl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger import chain
from zhiyin.ledger.testing import NOW
from zhiyin.metrics import mirror
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Question
from zhiyin.metrics.testing import forget_rows, happen, note, notes, visit, visits

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _mirror(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.CATALOGUE = "zhiyin.metrics.testing"
    forget_rows()
    yield
    forget_rows()


def count(measure: str = "visit_count") -> int:
    return ask(Question(measure=measure, units=None)).whole.n


def held(fact: str = "visits") -> list[tuple[Any, ...]]:
    """Every row of the segments that the manifest names, oldest segment first."""
    return [
        tuple(row.values())
        for file in mirror.manifest().segments.get(fact, ())
        for row in pq.read_table(mirror.folder() / file).to_pylist()
    ]


def files() -> set[str]:
    return {path.name for path in mirror.folder().glob("*.parquet")}


class TestFollowingTheLedger:
    def test_an_absent_mirror_is_empty(self) -> None:
        found = mirror.manifest()
        assert (found.sequence, found.as_of, dict(found.segments), found.stamp) == (0, None, {}, (0, 0))
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
        monkeypatch.setattr(mirror, "EVENTS_AT_ONCE", 3)
        for number in range(7):
            happen(visits=[visit(number), visit(0)])
        chain.seal_all()
        assert [mirror.refresh(now=NOW) for _ in range(4)] == [3, 3, 1, 0]
        assert count() == 7
        assert [row[0] for row in held()] == [0, 1, 2, 3, 0, 4, 5, 6, 0]  # once for each portion that names it

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
        assert held() == [(2**62, 1, at, day, None, None, True, 2), (-1, 1, at, day, -3, "大厅 '\" 🙂", False, 2)]
        assert held("notes") == [(5, 1, NOW, date(2027, 1, 1), "一", 0.5, 2)]


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
        store = mirror._store

        def full_disk(table: Any, path: Path) -> None:
            if path.name.startswith("notes"):
                raise OSError("no space left on device")
            store(table, path)

        monkeypatch.setattr(mirror, "_store", full_disk)
        with pytest.raises(OSError, match="no space"):
            mirror.refresh(now=NOW + MINUTE)
        assert (mirror.manifest().sequence, count(), count("note_count")) == (1, 1, 0)
        monkeypatch.undo()
        assert mirror.refresh(now=NOW + MINUTE) == 1
        assert (count(), count("note_count")) == (2, 1)

    def test_a_manifest_is_replaced_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        (mirror.folder() / "manifest.json.part").write_text('{"sequence": 9, ')  # a writer was killed here
        assert mirror.manifest().sequence == 1
        happen(visits=[visit(2)])
        mirror.catch_up(now=NOW)
        assert count() == 2


class TestMerging:
    def test_many_small_segments_become_one_that_says_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mirror, "MOST_SEGMENTS", 3)
        for number in range(3):
            happen(visits=[visit(number, 10), visit(0, number)], notes=[note(number, "a")])
            mirror.catch_up(now=NOW)
        assert [len(mirror.manifest().segments[fact]) for fact in ("visits", "notes")] == [3, 3]
        happen(visits=[visit(3, 10)], notes=[note(3, "a", "b")])
        mirror.catch_up(now=NOW)
        assert [len(mirror.manifest().segments[fact]) for fact in ("visits", "notes")] == [1, 1]
        assert sorted(row[0] for row in held()) == [0, 1, 2, 3]  # of an owner only its newest rows are left
        assert [row[4] for row in held() if row[0] == 0] == [2]
        assert (count(), count("note_count")) == (4, 5)

    def test_a_row_that_changes_after_the_merge_still_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mirror, "MOST_SEGMENTS", 1)
        for score in (10, 10, 2):
            happen(visits=[visit(1, score)])
            mirror.catch_up(now=NOW)
        assert ask(Question(measure="visit_share", units=None), floor=1).whole.value == 0.0

    def test_merged_away_files_live_one_manifest_longer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever opened one of them before the merge reads on; whoever comes to it later looks again."""
        monkeypatch.setattr(mirror, "MOST_SEGMENTS", 1)
        happen(visits=[visit(1)])
        mirror.catch_up(now=NOW)
        (first,) = files()
        happen(visits=[visit(2)])
        chain.seal_all()
        assert mirror.refresh(now=NOW) == 1
        old = mirror.folder() / "old"
        assert first in {path.name for path in old.iterdir()}
        mirror.refresh(now=NOW)
        assert not old.exists()
        assert count() == 2


class TestRebuilding:
    def test_forgotten_and_built_anew_it_says_the_same(self) -> None:
        for number in range(5):
            happen(visits=[visit(number, number), visit(0, 9)], notes=[note(number, "a")])
            mirror.catch_up(now=NOW)
        before = [ask(Question(measure=key, by=("day",), units=None), floor=1).figures for key in MEASURES]
        mirror.forget()
        assert (files(), mirror.manifest().sequence, count()) == (set(), 0, 0)
        mirror.catch_up(now=NOW + MINUTE)
        after = [ask(Question(measure=key, by=("day",), units=None), floor=1).figures for key in MEASURES]
        assert before == after

    def test_it_holds_what_the_record_holds_now_and_nothing_else(self) -> None:
        happen(visits=[visit(1), visit(2)], notes=[note(1, "a")])
        mirror.catch_up(now=NOW)
        del visits[2], notes[1]
        mirror.forget()
        mirror.catch_up(now=NOW)
        assert (count(), count("note_count")) == (1, 0)


MEASURES = ("visit_share", "visit_mean", "visit_count", "note_count")
