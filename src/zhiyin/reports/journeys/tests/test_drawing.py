"""The score line as positions: over its columns, inside its frame, with gaps where a stage is silent."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zhiyin.reports.journeys.drawing import Reading, draw

share = st.floats(0, 1)
readings = st.one_of(
    st.just(Reading()),
    st.builds(Reading, before=share),
    st.builds(lambda values, before: Reading(values[1], values[0], values[2], before),
              st.lists(share, min_size=3, max_size=3).map(sorted), st.one_of(st.none(), share)),
)  # fmt: skip


def at(text: str) -> float:
    return float(text.rstrip("%"))


def test_each_point_stands_in_the_middle_of_its_column():
    drawn = draw([Reading(0.8, 0.75, 0.85), Reading(0.7, 0.6, 0.8), Reading(0.9, 0.88, 0.92), Reading(0.8, 0.7, 0.9)])
    assert drawn is not None
    assert [dot.x for dot in drawn.dots] == ["12.5%", "37.5%", "62.5%", "87.5%"]
    assert drawn.edges == ["25%", "50%", "75%"]


def test_a_higher_score_stands_higher_and_the_grid_names_round_tens():
    drawn = draw([Reading(0.72, 0.7, 0.75, 0.8), Reading(0.84, 0.8, 0.88)])
    assert drawn is not None
    low, high = drawn.dots
    assert at(high.y) < at(low.y)
    assert [tick.label for tick in drawn.ticks] == ["70%", "80%", "90%"]
    assert [at(first.y) > at(then.y) for first, then in pairwise(drawn.ticks)] == [True, True]


def test_a_silent_stage_leaves_a_gap():
    drawn = draw([Reading(0.8, 0.7, 0.9), Reading(), Reading(0.8, 0.7, 0.9), Reading(0.7, 0.6, 0.8)])
    assert drawn is not None
    assert [len(line.split()) for line in drawn.lines] == [1, 2]
    assert [len(band.split()) for band in drawn.bands] == [2, 4]


def test_the_period_before_may_speak_where_this_one_is_silent():
    drawn = draw([Reading(0.8, 0.7, 0.9, 0.6), Reading(before=0.7)])
    assert drawn is not None
    assert (len(drawn.dots), len(drawn.before_dots), len(drawn.before_lines)) == (1, 2, 1)


def test_without_any_score_there_is_no_drawing():
    assert draw([Reading(), Reading(before=0.5)]) is None
    assert draw([]) is None


@given(st.lists(readings, max_size=9))
def test_nothing_is_drawn_outside_the_frame(given_readings):
    drawn = draw(given_readings)
    if drawn is None:
        assert all(one.value is None for one in given_readings)
        return
    corners = [corner for path in (*drawn.lines, *drawn.bands, *drawn.before_lines) for corner in path.split()]
    numbers = [float(number) for corner in corners for number in corner.split(",")]
    numbers += [at(place) for dot in (*drawn.dots, *drawn.before_dots) for place in (dot.x, dot.y)]
    assert all(0 <= number <= 100 for number in numbers)
