"""Which stretches have a segment: without a gap, the same by any way, each row written once for each size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.metrics.tiers import LEAST, SIZES, changes, good_stop, inside, short, stretches

HOW_FAR = st.integers(0, 5_000_000)


@given(HOW_FAR)
def test_they_follow_each_other_without_a_gap(sequence: int) -> None:
    found = stretches(sequence)
    assert [last for _first, last in found[:-1]] == [first for first, _last in found[1:]]
    assert sequence == 0 or (found[0][0], found[-1][1]) == (0, sequence)
    assert len([one for one in found if one[1] - one[0] < SIZES[-1]]) <= 7 * (len(SIZES) - 1) + 1


@given(HOW_FAR, HOW_FAR)
def test_what_comes_is_made_of_what_goes_and_what_is_new(one: int, other: int) -> None:
    before, after = sorted((one, other))
    gone, come = changes(before, after)
    for first, last in gone:
        assert any(inside((first, last), one) for one in come)
    assert sum(last - first for first, last in come) == sum(last - first for first, last in gone) + after - before


@given(HOW_FAR, st.integers(1, 1_000_000))
def test_reading_on_asks_only_what_is_near(before: int, step: int) -> None:
    """However long the ledger is, what goes and comes is found without looking at what stays."""
    for sizes in (SIZES, short()):
        old, new = stretches(before, sizes), stretches(before + step, sizes)
        gone, come = changes(before, before + step, sizes)
        assert (set(old) - set(new), set(new) - set(old)) == (set(gone), set(come))


def test_a_row_is_written_once_for_each_size_however_often_the_mirror_reads_on() -> None:
    written, at = 0, 0
    for number in range(30_000):
        step = 1 + number * 7919 % 183
        written += sum(last - first for first, last in changes(at, at + step)[1])
        at += step
    # The smallest stretch is rewritten as it fills up; every other size costs a row one writing.
    assert written < at * (len(SIZES) + LEAST / 2)


@pytest.mark.parametrize(
    ("before", "reached", "stop"),
    [
        *((0, 511, 511), (0, 1_000, 512), (512, 1_000, 1_000), (0, 40_000, 32_768), (32_768, 65_536, 65_536)),
        (100, 300_000, 262_144),
    ],
)
def test_who_cannot_take_all_stops_on_a_round_number(before: int, reached: int, stop: int) -> None:
    assert good_stop(before, reached) == stop
