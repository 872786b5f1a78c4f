"""The rule core by itself: what lies in a log out of turn, and the two ways of replaying, on columns of a hand."""

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.outreach.rules import core


def empty_log(room: int) -> core.Log:
    return core.Log(np.zeros(room, np.int64), np.zeros(room, np.int8), np.zeros((3, room), np.int32))


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([1, 2, 4, 8]), st.integers(0, 3)), max_size=12))
def test_a_log_stays_in_order_whenever_its_entries_come(entries: list[tuple[int, int, int]]) -> None:
    log, end = empty_log(15), 2
    for at, kind, scenario in entries:
        end = core.remember(at, kind, [0, scenario, 7], log, 2, end)
    rows = list(zip(log.sent[2:end].tolist(), log.kinds[2:end].tolist(), log.keys[1][2:end].tolist(), strict=True))
    assert rows == sorted(entries, key=lambda entry: entry[0])  # those of one time as they came
    assert log.sent[:2].tolist() == [0, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([1, 4]), st.integers(-1, 1)), max_size=12))
def test_a_book_stays_in_order_and_takes_only_its_kinds(entries: list[tuple[int, int, int]]) -> None:
    groups = np.array([[group for _, _, group in entries]], np.int32).reshape(1, len(entries))
    books = core.Books(
        of_rule=np.array([-1, 0]),
        counted=np.array([1]),
        keys=groups,
        starts=np.array([[0, 12]]),
        ends=np.array([[0, 12]]),
        sent=np.zeros((1, 24), np.int64),
    )
    for row, (at, kind, _) in enumerate(entries):
        core.enter(at, kind, row, books)
    for group in (0, 1):
        first, last = int(books.starts[0, group]), int(books.ends[0, group])
        mine = sorted(at for at, kind, of in entries if of == group and kind == 1)
        assert books.sent[0, first:last].tolist() == mine
        assert all(core.first_after(mine, 0, len(mine), at) == sum(one <= at for one in mine) for at in range(-1, 10))


def replayed(at: list[int], goes: list[int], kinds: list[int], barred: list[int]) -> list[list[int]]:
    """The verdicts of one person's events, in order of time: person by person, and in time."""
    count = len(at)
    rules = core.Rules(*(np.array([value]) for value in (0, 1, 10, 7, 7)))
    rows = np.arange(count)
    nobody = np.empty(0, np.bool_)
    labels = (np.zeros(count, np.int32),)
    columns: list[Any] = [np.array(kinds, np.int8), labels, nobody, np.array(barred)]
    first, second = (np.zeros(count, np.int8) for _ in range(2))
    ask, counts, near = np.zeros(2, np.int64), np.zeros(1, np.int64), np.zeros((1, count), np.int32)
    log = core.Log(np.zeros(count, np.int64), np.zeros(count, np.int8), np.zeros((2, count), np.int32))
    times = [np.array(at), np.array(goes)]
    by_person: Any = core.replay
    by_person(np.array([0, count]), rows, *times, *columns, rules, log, ask, near, counts, first)
    none = np.empty((0, 0), np.int64)
    books = core.Books(np.array([-1]), np.empty(0, np.int64), none, none, none, none)
    start = [np.zeros(count, np.int32), np.zeros(1, np.int64), np.zeros(1, np.int64)]
    in_time: Any = core.replay_in_time
    in_time(rows, *times, *start, *columns, rules, log, books, ask, counts, second)
    return [first.tolist(), second.tolist()]


def test_what_waits_for_the_morning_and_what_was_settled_before() -> None:
    """The first goes at 8, an answer comes at 3, the third is left out, the fourth finds the first, the last none."""
    got = replayed([1, 3, 4, 17, 18], [8, 3, 8, 17, 18], [1, 8, 1, 1, 1], [-1, -1, 3, -1, -1])
    assert got == [[-1, 2, 3, 0, -1]] * 2


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from([1, 2, 4, 8])), min_size=1, max_size=9)
)
def test_both_ways_come_to_the_same_whatever_waits(events: list[tuple[int, int, int]]) -> None:
    at = sorted(at for at, _, _ in events)
    assert all(one <= other for one, other in pairwise(at))
    goes = [start + wait for start, (_, wait, _) in zip(at, events, strict=True)]
    by_person, in_time = replayed(at, goes, [kind for _, _, kind in events], [-1] * len(events))
    assert by_person == in_time
