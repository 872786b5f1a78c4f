"""Positions of small drawings: where a value lies, where nothing was measured, and what lies beyond the plot."""

import pytest

from zhiyin.reports.drawing import Limits, Placed, Scale, funnel_plot, scale_over, spark, ticks, whisker


def test_a_value_beyond_the_scale_stays_at_its_end():
    scale = Scale(0.5, 1.0)
    assert [scale.across(value) for value in (0.4, 0.5, 0.75, 1.2)] == ["0%", "0%", "50%", "100%"]
    assert scale.down(0.5) == "100%"


def test_a_scale_leaves_room_and_stands_without_values():
    assert scale_over([None, 1.0, 3.0], room=0.5) == Scale(0.0, 4.0)
    assert scale_over([]) == Scale(0.0, 1.0)
    assert scale_over([2.0]).low < 2.0 < scale_over([2.0]).high


def test_rows_of_one_plot_share_their_scale():
    scale = Scale(0.0, 1.0)
    one = whisker(scale, low=0.2, value=0.4, high=0.7, centre=0.5, raw=0.3)
    assert (one.low, one.width, one.high, one.value, one.centre, one.raw) == ("20%", "50%", "70%", "40%", "50%", "30%")
    assert whisker(scale, low=0.2, value=0.4, high=0.7, centre=0.5).raw == ""


class TestSpark:
    def test_what_was_not_measured_is_a_gap_and_no_zero(self):
        drawn = spark([0.0, 1.0, None, 0.5, None, 1.0, 1.0], scale=Scale(0.0, 1.0))
        assert drawn
        assert drawn.lines == ["0,100 16.67,0", "83.33,0 100,0"]
        assert drawn.dots == [("50%", "50%")]
        assert drawn.gaps == ["33.33%", "66.67%"]
        assert drawn.last == ("100%", "0%")

    def test_nothing_known_is_no_line(self):
        assert spark([None, None]) is None

    def test_a_single_period_is_a_dot(self):
        drawn = spark([0.3])
        assert drawn
        assert (drawn.lines, len(drawn.dots)) == ([], 1)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (Scale(0.68, 0.92), [0.7, 0.75, 0.8, 0.85, 0.9]),
        (Scale(0, 270), [0, 100, 200]),
        (Scale(-12, 31), [-10, 0, 10, 20, 30]),
        (Scale(1.0, 1.0), [1.0]),
    ],
)
def test_ticks_are_round(scale, expected):
    assert ticks(scale) == pytest.approx(expected)


class TestFunnelPlot:
    LIMITS = (Limits(10, 0.2, 1.0, 0.0, 1.2), Limits(50, 0.6, 0.9, 0.55, 0.95), Limits(100, 0.7, 0.85, 0.65, 0.9))

    def test_points_lie_where_their_size_and_value_say(self):
        drawn = funnel_plot([Placed("a", 100, 0.6, tone="bad"), Placed("b", 50, 0.8)], self.LIMITS, centre=0.775)
        assert drawn
        first, second = drawn.dots
        assert (first.x, second.x) == ("94.34%", "47.17%")
        assert float(first.y[:-1]) > float(drawn.centre[:-1]) > float(second.y[:-1])
        assert (first.is_right, second.is_right) == (True, False)

    def test_a_limit_beyond_the_plot_is_left_out_and_not_bent_along_its_edge(self):
        drawn = funnel_plot([Placed("a", 100, 0.6), Placed("b", 50, 0.8)], self.LIMITS, centre=0.775)
        assert drawn
        assert [len(line.split()) for line in (*drawn.near, *drawn.far)] == [2, 2, 2, 2]

    def test_one_group_is_no_plot(self):
        assert funnel_plot([Placed("a", 100, 0.6)], self.LIMITS, centre=0.775) is None
        assert funnel_plot([Placed("a", 100, 0.6)] * 2, (), centre=0.775) is None
