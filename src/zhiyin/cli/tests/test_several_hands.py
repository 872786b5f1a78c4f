"""Several hands take in parts of one chunk: nobody is in two of them, and every row is counted whatever becomes of a
hand."""

import csv
import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.cli.importing import frame
from zhiyin.cli.importing.apart import set_apart
from zhiyin.cli.importing.frame import Circumstances
from zhiyin.cli.importing.hands import Part, Stopped, several_hands, undisturbed
from zhiyin.cli.importing.kinds import Interactions
from zhiyin.cli.imports import Taking
from zhiyin.journey.testing import interactions
from zhiyin.lib.tables import Options, Table, open_table
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.judging import current_policy, forget_policy
from zhiyin.outreach.testing import decisions, make_world
from zhiyin.people.testing import SYSTEM

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
HANDLES = st.dictionaries(st.integers(0, 40), st.lists(st.integers(0, 25), max_size=3), max_size=40)


class TestSettingApart:
    @given(HANDLES, st.integers(1, 4))
    def test_every_place_is_in_one_part_and_no_handle_in_two(self, handles, count):
        parts = set_apart(handles, count)
        assert sorted(place for part in parts for place in part) == sorted(handles)
        assert all(part == sorted(part) for part in parts)
        homes = [{handle for place in part for handle in handles[place]} for part in parts]
        assert sum(map(len, homes)) == len(set().union(*homes))

    def test_who_is_the_same_only_by_way_of_another_is_in_the_same_part(self):
        assert set_apart({0: ["C1"], 1: ["C2"], 2: ["C1", "C2"], 3: ["C3"]}, 2) == [[0, 1, 2], [3]]

    def test_strangers_are_spread_evenly(self):
        parts = set_apart({place: [f"C{place}"] for place in range(100)}, 4)
        assert [len(part) for part in parts] == [25] * 4


def parts(*texts: str) -> list[Part]:
    return [Part.of([place], {place: text}) for place, text in enumerate(texts)]


def work(values: Sequence[str]) -> list[str]:
    if values == ["dies"]:
        os.kill(os.getpid(), signal.SIGKILL)
    if values == ["breaks"]:
        raise ValueError("no such text")
    return [text.upper() for text in values]


class TestHands:
    def test_each_part_comes_back_with_its_outcomes(self):
        with several_hands(2, work) as hands:
            for _chunk in range(3):
                assert [(part.places, found) for part, found in hands.take(parts("a", "b"))] == [
                    ([0], ["A"]),
                    ([1], ["B"]),
                ]

    @pytest.mark.parametrize(("bad", "raised"), [("dies", Stopped), ("breaks", ValueError)])
    def test_what_the_others_did_is_told_before_the_fault(self, bad, raised):
        told: list[Sequence[str]] = []
        with several_hands(2, work) as hands, pytest.raises(raised):
            told.extend(found for _part, found in hands.take(parts(bad, "b")))
        assert told == [["B"]]

    def test_a_hand_that_is_gone_is_told_of_in_words(self):
        with several_hands(1, work) as hands:
            for _again in range(2):
                with pytest.raises(Stopped, match="import again"):
                    list(hands.take(parts("dies")))

    def test_an_interruption_waits_for_what_is_under_way(self):
        told: list[Sequence[str]] = []
        with several_hands(1, work) as hands, pytest.raises(KeyboardInterrupt), undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            told.extend(found for _part, found in hands.take(parts("a")))
        assert told == [["A"]]


class TwoHands(Interactions):
    def hands(self, rows: int) -> int:
        return 2


def write(path: Path, rows: int) -> None:
    """Everybody calls three times; some come by another id and the same phone."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "customer", "phone", "touchpoint", "ended_at"])
        for number in range(rows):
            person = number * 7 % (rows // 3)
            name = f"C{person}" if number % 5 else f"D{person}"
            writer.writerow([number, name, f"138{person:08d}", "hotline", (NOW - timedelta(minutes=9)).isoformat()])


def open_calls(path: Path) -> Table:
    return open_table(path, Interactions.columns, options=Options(zone=ZoneInfo("UTC")))


def taken(path: Path, kind: type[Interactions], *, dry_run: bool = False) -> tuple[str, dict[str, str]]:
    """The totals, and why each interaction was not asked about."""
    taking = Taking(kind(Circumstances(SYSTEM, NOW, "file")), torn=frozenset(), dry_run=dry_run, language="en")
    taking.take_all(open_calls(path))
    names = dict(interactions().values_list("pk", "external_id"))
    return taking.totals.line(), {names[pk]: why for pk, why in decisions().values_list("interaction_id", "reason")}


@pytest.mark.django_db(transaction=True)
class TestImporting:
    @pytest.fixture(autouse=True)
    def _small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(frame, "CHUNK", 40)
        make_world()

    def test_two_hands_decide_what_one_decides(self, tmp_path):
        write(tmp_path / "calls.csv", 300)
        line, reasons = taken(tmp_path / "calls.csv", TwoHands)
        assert line == "created=300 updated=0 duplicate=0 refused=0 total=300"
        assert set(reasons.values()) == {"", "gap"}
        # One message is enough for a day: the first call of each person in the file is the one that is asked about.
        first: dict[int, int] = {}
        for number in range(300):
            first.setdefault(number * 7 % 100, number)
        assert {int(name) for name, reason in reasons.items() if not reason} == set(first.values())

    def test_a_dry_run_takes_everything_back(self, tmp_path):
        write(tmp_path / "calls.csv", 100)
        line, reasons = taken(tmp_path / "calls.csv", TwoHands, dry_run=True)
        assert (line, reasons) == ("created=100 updated=0 duplicate=0 refused=0 total=100", {})

    def test_it_is_safe_to_run_again(self, tmp_path):
        write(tmp_path / "calls.csv", 100)
        before = taken(tmp_path / "calls.csv", TwoHands)[1]
        line, after = taken(tmp_path / "calls.csv", TwoHands)
        assert (line, after) == ("created=0 updated=0 duplicate=100 refused=0 total=100", before)


@pytest.mark.django_db
class TestHowMany:
    def test_one_writer_is_enough_for_sqlite_for_little_and_where_groups_are_counted(self):
        make_world()
        importer = Interactions(Circumstances(SYSTEM, NOW, "file"))
        several = importer.hands(1_000_000)
        assert (several > 1) is (connection.vendor == "postgresql" and len(os.sched_getaffinity(0)) > 1)
        assert importer.hands(100) == 1
        text = '[[limit]]\nper = "staff"\nmax = 5\ndays = 1\nreason = "staff_limit"\n'
        apply_policy(text, by=SYSTEM, now=NOW)
        forget_policy()
        assert current_policy()[1].groups
        assert importer.hands(1_000_000) == 1
