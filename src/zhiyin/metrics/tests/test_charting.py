"""Figures over time: what is out of the ordinary, and what is missing."""

from typing import Any

import pytest

from zhiyin.lib.control_charts import Kind
from zhiyin.lib.run_rules import RunRule
from zhiyin.metrics.charting import chart, chart_figures
from zhiyin.metrics.language import Measure
from zhiyin.metrics.tests.kinds import COUNT, NPS, SCORE, SHARE, figure, hits, recommenders, scores


def test_any_figure_over_time_has_a_chart() -> None:
    values = [74.0, 75.0, 73.5, 74.5, 75.5, 74.0]
    found = chart_figures(SCORE, [figure(value) for value in values] + [None, figure(None), figure(90.0)], baseline=6)
    assert found is not None
    assert [point.value for point in found.points] == [*values, None, None, 90.0]
    assert found.points[-1].is_out
    small = chart_figures(SCORE, [figure(value, n=9) for value in values], floor=30)
    assert small is None
    shares = [figure(0.8, sums=hits(80, 100)) for _ in range(9)]
    assert chart_figures(SHARE, shares) is not None
    assert chart_figures(SHARE, shares) == chart(SHARE, [one.sums for one in shares])
    means = [figure(8.0, sums=scores([8, 9, 7 + number % 2])) for number in range(9)]
    assert chart_figures(SCORE, means) is not None
    assert chart_figures(SCORE, means) == chart(SCORE, [one.sums for one in means])


def test_a_share_over_time_is_a_p_chart_with_a_frozen_baseline() -> None:
    weeks: list[Any] = [hits(80 + number % 3 - 1, 100) for number in range(12)] + [hits(60, 100), None, hits(9, 10)]
    found = chart(SHARE, weeks, baseline=12)
    assert found is not None
    assert found.baseline.kind is Kind.SHARES
    assert found.baseline.centre == pytest.approx(0.8)
    assert found.points[12].signals == (RunRule.BEYOND_LIMITS,)
    assert found.points[13].value is None
    small = chart(SHARE, weeks, baseline=found.baseline, floor=30)
    assert small is not None
    assert small.points[14].value is None
    # By default the newest third is judged by the two thirds before it.
    usual = chart(SHARE, weeks)
    assert usual is not None
    assert usual.baseline.periods == 10


def test_limits_rest_on_five_periods_at_least_unless_somebody_says_on_how_many() -> None:
    weeks: list[Any] = [hits(80 + number % 3, 100) for number in range(7)]  # two thirds of seven are four
    assert chart(SHARE, weeks) is None
    assert chart(SHARE, weeks, baseline=4) is not None
    assert chart(SHARE, [*weeks, hits(80, 100)]) is not None
    assert chart(SHARE, [None, *weeks]) is None  # a missing one is none of them


def test_means_and_nps_over_time_are_charts_of_individual_values_and_counts_u_charts() -> None:
    means = chart(SCORE, [scores([8, 9, 7 + number % 3]) for number in range(9)])
    assert means is not None
    assert means.baseline.kind is Kind.VALUES
    assert means.points[0].value == pytest.approx(8.0)
    nps = chart(NPS, [recommenders(50 + number % 4, 20, 10) for number in range(9)])
    assert nps is not None
    assert nps.points[0].value == pytest.approx(50.0)
    counts = chart(COUNT, [{"n": 100.0}, {"n": 110.0}, None, {"n": 200.0}], baseline=2)
    assert counts is not None
    assert counts.baseline.kind is Kind.RATES
    assert [point.is_out for point in counts.points] == [False, False, False, True]


@pytest.mark.parametrize(
    ("measure", "periods"),
    [(SHARE, [None, None]), (SHARE, []), (SCORE, [scores([8, 9]), None]), (COUNT, [None])],
)
def test_a_chart_without_a_baseline_is_none(measure: Measure, periods: list[Any]) -> None:
    assert chart(measure, periods) is None
