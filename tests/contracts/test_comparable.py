"""Every measure of the catalogue is compared by its own figure, and ranked only where that is the mean of answers."""

import pytest

from zhiyin.catalogue import FIXED_MEASURES
from zhiyin.metrics.adjusting import by_design
from zhiyin.metrics.charting import chart
from zhiyin.metrics.comparing import compare
from zhiyin.metrics.language import Measure, Method
from zhiyin.metrics.ranking import funnel_limits, ranked

# The same names of sums as the measures add up, from a few answers, all of one kind.
NOW = {"n": 40.0, "rows": 90.0, "hits": 30.0, "promoters": 25.0, "detractors": 5.0, "cross": 900.0}
BEFORE = {**NOW, "hits": 20.0, "promoters": 20.0, "rows": 80.0}


def sums_of(measure: Measure, scores: list[float], counts: dict[str, float]) -> dict[str, float]:
    powers = {"total": 1, "squares": 2, "cubes": 3, "fourths": 4}
    known = {**counts, **{name: float(sum(score**power for score in scores)) for name, power in powers.items()}}
    return {name: known[name] for name in ("n", *measure.sums)}


PLAIN = [key for key, one in FIXED_MEASURES.items() if not one.over and one.method is not Method.NONE]


@pytest.mark.parametrize("key", PLAIN)
def test_a_difference_is_that_of_the_two_figures(key: str) -> None:
    measure = FIXED_MEASURES[key]
    now = sums_of(measure, [1.0, 9.0] * 20, NOW)
    before = sums_of(measure, [6.0, 8.0] * 20, BEFORE)
    for sums in (now, before):
        if measure.across:
            sums["hits"] = sums.get("hits", 10.0)
    found, first, second = compare(measure, now, before), measure.estimate(now), measure.estimate(before)
    assert found is not None
    assert first is not None
    assert second is not None
    assert found.difference.value == pytest.approx(first.value - second.value)
    assert found.difference.low <= found.difference.value <= found.difference.high


@pytest.mark.parametrize("key", [key for key in PLAIN if not FIXED_MEASURES[key].is_mean])
def test_what_is_no_mean_of_answers_is_not_ranked_charted_or_adjusted(key: str) -> None:
    measure = FIXED_MEASURES[key]
    groups = {"a": sums_of(measure, [1.0, 9.0] * 20, NOW), "b": sums_of(measure, [6.0, 8.0] * 20, BEFORE)}
    assert ranked(measure, groups) is None
    assert funnel_limits(measure, groups) == {}
    assert chart(measure, list(groups.values())) is None
    assert by_design(measure, groups.values()) is None


def test_these_are_no_means_of_answers() -> None:
    others = {key for key, one in FIXED_MEASURES.items() if not one.is_mean and one.method is not Method.NONE}
    funnel = {f"funnel_i{step}" for step in range(1, 6)}
    spreads = {"spread_sites", "spread_shifts", "spread_staff"}
    assert others == {"distribution", "standard_deviation", "cost_per_recovery"} | funnel | spreads


def test_a_step_of_the_funnel_above_1_is_compared_like_any_other() -> None:
    measure = FIXED_MEASURES["funnel_i1"]
    found = compare(measure, {"n": 100.0, "hits": 130.0}, {"n": 100.0, "hits": 90.0})
    assert found is not None
    assert found.difference.value == pytest.approx(0.4)
    assert found.difference.low > 0
    assert ranked(measure, {"a": {"n": 100.0, "hits": 130.0}, "b": {"n": 100.0, "hits": 90.0}}) is None
