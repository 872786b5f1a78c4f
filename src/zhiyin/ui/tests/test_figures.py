import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.ui import cards, figures


def at(position: str) -> float:
    return float(position.removesuffix("%"))


def test_everything_on_the_track_keeps_its_order_and_its_label_says_the_same():
    interval = cards.Interval(low=0.779, value=0.786, high=0.793, previous=0.801, target=0.82)
    with translation.override("en"):
        drawn = figures.draw_interval(interval, language="en")
    assert at(drawn.low) < at(drawn.value) < at(drawn.high) < at(drawn.previous) < at(drawn.target)
    assert at(drawn.width) == pytest.approx(at(drawn.high) - at(drawn.low), abs=0.1)
    assert drawn.label == "this period 78.6%, 95% interval 77.9–79.3, last period 80.1%, target 82.0%"


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=3))
def test_no_mark_leaves_the_track(values):
    low, value, high = sorted(values)
    drawn = figures.draw_interval(cards.Interval(low=low, value=value, high=high, unit="nps"), language="en")
    assert all(0 <= at(mark) <= 100 for mark in (drawn.low, drawn.value, drawn.high, drawn.width))


def test_a_comparison_that_is_missing_is_not_drawn():
    drawn = figures.draw_interval(cards.Interval(low=0, value=0, high=0, target=None), language="en")
    assert (drawn.previous, drawn.target) == ("", "")


def test_bars_share_the_whole_or_else_fill_by_the_longest():
    rows = [cards.BarRow(label="a", count=30), cards.BarRow(label="b", count=10)]
    assert [(bar.width, bar.share) for bar in figures.draw_bars(rows)] == [("100.0%", None), ("33.3%", None)]
    assert [(bar.width, bar.share) for bar in figures.draw_bars(rows, whole=100)] == [("30.0%", 0.3), ("10.0%", 0.1)]
    assert [bar.width for bar in figures.draw_bars([cards.BarRow(label="a", count=0)])] == ["0.0%"]


def test_a_funnel_measures_bars_by_the_first_stage_and_rates_by_the_one_before():
    stages = [
        cards.FunnelStage(label=label, count=count) for label, count in (("in", 200), ("sent", 100), ("done", 25))
    ]
    drawn = figures.draw_funnel(stages)
    assert [stage.width for stage in drawn] == ["100.0%", "50.0%", "12.5%"]
    assert [stage.rate for stage in drawn] == [None, 0.5, 0.25]


def test_an_empty_funnel_divides_by_nothing():
    stages = [cards.FunnelStage(label="in", count=0), cards.FunnelStage(label="sent", count=0)]
    assert [(stage.width, stage.rate) for stage in figures.draw_funnel(stages)] == [("0.0%", None), ("0.0%", None)]
    assert figures.draw_funnel([]) == []


@pytest.mark.parametrize(
    ("value", "css"),
    [(0.8, "heat-0"), (0.815, "heat-g1"), (0.785, "heat-b1"), (0.5, "heat-b7"), (1.0, "heat-g7"), (None, "heat-0")],
)
def test_a_matrix_has_seven_steps_each_way(value, css):
    assert cards.HeatScale(centre=0.8, step=0.02).css(value) == css
