"""Values and intervals from sums, against the raw numbers and against statsmodels."""

import json
from collections.abc import Sequence
from math import exp, log, sqrt

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from zhiyin.metrics.estimates import deviation_of, mean_of, passed_of, ratio_of, share_of, spread_of

SCORES = [10, 10, 9, 8, 10, 3, 7, 10, 2, 10, 9, 10, 10, 6, 10]


def moments(values: Sequence[float]) -> dict[str, float]:
    powers = {"total": 1, "squares": 2, "cubes": 3, "fourths": 4}
    return {"n": len(values), **{name: float(sum(one**power for one in values)) for name, power in powers.items()}}


def test_a_standard_deviation_is_numpys_and_its_interval_covers_it_as_often_as_it_says():
    found = deviation_of(moments(SCORES))
    assert found is not None
    assert found.value == pytest.approx(np.std(SCORES, ddof=1))
    random = np.random.default_rng(20261122)
    population = np.array([10] * 78 + [9] * 8 + [8] * 6 + [5] * 4 + [0] * 4)
    true, covered = float(np.std(population)), 0
    for _ in range(400):
        one = deviation_of(moments(list(random.choice(population, 300))))
        assert one is not None
        covered += one.low <= true <= one.high
    # A bell-curve interval covers less than 70 % here: scores that pile up at ten have long tails.
    assert 0.90 <= covered / 400 <= 0.98


@pytest.mark.parametrize(("values", "value"), [([5] * 6, 0.0), ([1, 2, 3], None)])
def test_no_spread_is_no_spread_and_three_answers_say_nothing(values, value):
    found = deviation_of(moments(values))
    assert (None if found is None else found.value) == value


def test_a_ratio_of_two_totals_is_linearised():
    granted = [0.0, 30.0, 0.0, 20.0, 50.0, 0.0, 10.0, 0.0, 0.0, 100.0]
    closed = [1, 1, 1, 1, 1, 0, 1, 1, 0, 0]
    n = len(granted)
    found = ratio_of(
        {
            **{"n": sum(closed), "rows": n, "total": sum(granted)},
            **{"squares": sum(one * one for one in granted)},
            **{"cross": sum(one * is_closed for one, is_closed in zip(granted, closed, strict=True))},
        }
    )
    value = sum(granted) / sum(closed)
    left = [one - value * is_closed for one, is_closed in zip(granted, closed, strict=True)]
    half = 1.959963984540054 * sqrt(n * np.var(left, ddof=1)) / sum(closed)
    assert found is not None
    assert (found.value, found.high - found.value) == pytest.approx((value, half))
    assert found.n == sum(closed)


def test_nothing_recovered_is_not_measurable():
    assert ratio_of({"n": 0, "rows": 9, "total": 120.0, "squares": 3000.0, "cross": 0.0}) is None


def test_a_zero_denominator_of_the_funnel_is_not_measurable_and_no_hits_are_zero():
    assert passed_of({"n": 0, "hits": 12}) is None
    found = passed_of({"n": 12, "hits": 0})
    assert found is not None
    assert found.value == 0.0


def test_a_step_of_the_funnel_has_wilsons_interval():
    found = passed_of({"n": 17200, "hits": 3870})
    low, high = proportion_confint(3870, 17200, method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_above_one_it_is_a_ratio_of_two_counts():
    found = passed_of({"n": 120, "hits": 130})
    assert found is not None
    assert found.value == pytest.approx(130 / 120)
    assert log(found.high / found.value) == pytest.approx(1.959963984540054 * sqrt(1 / 120 + 1 / 130))
    assert found.low == pytest.approx(found.value**2 / found.high)
    assert exp(0) < found.value


def test_a_spread_of_means_and_of_shares():
    shares = spread_of({"groups": [{"n": 200, "hits": 180}, {"n": 200, "hits": 120}, {"n": 0, "hits": 0}]})
    alike = spread_of({"groups": [{"n": 200, "hits": 150}, {"n": 200, "hits": 151}]})
    means = spread_of({"groups": [moments([9, 10, 9, 10, 10] * 8), moments([3, 4, 3, 2, 4] * 8)]})
    assert shares is not None
    assert 0.08 < shares.low < shares.value < shares.high == 0.5
    assert shares.n == 400
    assert alike is not None
    assert alike.value == 0.0
    assert means is not None
    assert 3.5 < means.value < 5.5
    assert spread_of({"groups": [{"n": 200, "hits": 150}]}) is None


@pytest.mark.parametrize("estimate", [share_of, mean_of, deviation_of])
def test_no_rows_are_no_figure(estimate):
    empty = dict.fromkeys(("n", "hits", "total", "squares", "cubes", "fourths"), 0.0)
    assert estimate(json.loads(json.dumps(empty))) is None
