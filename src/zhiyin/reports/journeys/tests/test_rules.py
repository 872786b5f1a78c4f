"""What the journey map may conclude from counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.reports.journeys.rules import BAD_BELOW, GOOD_FROM, estimate, heaviest, hits_of, pull, tone, total

groups = st.dictionaries(
    st.text(min_size=1, max_size=3),
    st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (0.0, "bad"),
        (BAD_BELOW - 1e-9, "bad"),
        (BAD_BELOW, ""),
        (0.8, ""),
        (GOOD_FROM, "good"),
        (1.0, "good"),
    ],
)
def test_a_colour_begins_exactly_at_its_threshold(value, expected):
    assert tone(value) == expected


@pytest.mark.parametrize(("part", "is_shown"), [((20, 29), False), ((20, 30), True), ((0, 0), False)])
def test_below_thirty_answers_there_is_no_rate(part, is_shown):
    assert (estimate(part) is not None) is is_shown


def test_even_without_a_floor_nothing_has_no_rate():
    assert estimate((0, 0), floor=0) is None


def test_sums_that_measured_nothing_are_nothing():
    assert hits_of({}) == (0, 0)
    assert hits_of({"hits": 3.0, "n": 4.0}) == (3, 4)


@given(groups)
def test_what_pulls_down_and_what_pulls_up_cancel_out(parts):
    whole = total(parts.values())
    assert abs(sum(pull(part, whole) for part in parts.values())) < 1e-9


def test_a_big_group_a_little_below_can_cost_more_than_a_small_one_far_below():
    found = heaviest({"big": (700, 1000), "small": (10, 40), "good": (980, 1000)})
    assert [one.key for one in found] == ["big", "small", "good"]
    assert found[0].by < found[1].by < 0 < found[2].by


def test_groups_below_the_floor_are_not_ranked_but_count_in_the_whole():
    found = heaviest({"few": (0, 29), "many": (100, 100)})
    assert [one.key for one in found] == ["many"]
    assert found[0].by > 0
