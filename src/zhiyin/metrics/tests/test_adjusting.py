"""Adjusted figures beside the plain ones: clusters, populations that end, weights, composites."""

import pytest

from zhiyin.lib import intervals
from zhiyin.lib.formula import understand
from zhiyin.lib.intervals import Estimate, Sample, share
from zhiyin.lib.weighting import Unreachable, rake
from zhiyin.metrics.adjusting import by_design, composite, of_population, reweighted, with_weights
from zhiyin.metrics.tests.test_comparing import COUNT, NPS, SCORE, SHARE, hits, recommenders, scores


def test_a_share_whose_answers_cluster_by_agent_is_less_sure() -> None:
    agents = [hits(40, 40), hits(10, 40), hits(39, 40), hits(15, 40), hits(0, 0)]
    found = by_design(SHARE, agents)
    plain = share(hits=104, n=160)
    assert found is not None
    assert found.design.clusters == 4
    assert found.design.effect > 10
    assert (found.estimate.value, found.estimate.n) == (plain.value, 160)
    assert found.estimate.low < plain.low
    assert found.estimate.high > plain.high
    assert by_design(SHARE, agents[:1]) is None
    assert by_design(COUNT, [{"n": 5.0}, {"n": 6.0}]) is None


def test_answers_about_no_agent_are_no_clusters() -> None:
    found = by_design(SHARE, [hits(9, 10), hits(8, 10)], alone=hits(20, 30))
    assert found is not None
    assert (found.design.clusters, found.design.alone, found.estimate.n) == (2, 30, 50)
    assert by_design(SHARE, [hits(9, 10)], alone=hits(20, 30)) is None


def test_a_mean_and_an_nps_by_agent_stay_on_their_scale() -> None:
    found = by_design(NPS, [recommenders(30, 0, 0), recommenders(29, 1, 0)])
    assert found is not None
    assert found.estimate.high <= 100
    mean = by_design(SCORE, [scores([9, 8, 9]), scores([4, 5, 4]), scores([7, 7, 6])])
    plain = intervals.mean(Sample.of([9, 8, 9, 4, 5, 4, 7, 7, 6]))
    assert mean is not None
    assert mean.estimate.value == pytest.approx(plain.value)
    assert mean.estimate.low < plain.low


def test_a_statement_about_just_these_customers_grows_certain() -> None:
    agents = [hits(30, 40), hits(10, 40)]
    found, ended = by_design(SHARE, agents), by_design(SHARE, agents, population=80)
    assert found is not None
    assert ended is not None
    assert ended.estimate.low == ended.estimate.value > found.estimate.low
    assert of_population(SHARE, hits(40, 50), population=50) == Estimate(0.8, 0.8, 0.8, 50)
    part = of_population(SHARE, hits(40, 50), population=100)
    assert part is not None
    assert part.low > share(hits=40, n=50).low
    mean = of_population(SCORE, scores([9, 8, 7]), population=6)
    assert mean is not None
    assert mean.low > intervals.mean(Sample.of([9, 8, 7])).low
    assert of_population(SCORE, scores([9]), population=6) is None
    assert of_population(SHARE, hits(0, 0), population=6) is None


def test_those_who_stayed_silent_are_given_their_weight() -> None:
    groups = {"young": hits(8, 20), "old": hits(72, 80), "none": hits(0, 0)}
    found = reweighted(SHARE, groups, {"young": 500.0, "old": 500.0})
    assert found is not None
    assert found.raw == pytest.approx(0.8)
    assert found.adjusted.value == pytest.approx(0.65)
    assert found.weighted.effect == pytest.approx(1.5625)
    assert found.adjusted.low < 0.65 < found.adjusted.high
    assert found.adjusted.n == 100
    with pytest.raises(Unreachable):
        reweighted(SHARE, groups, {"young": 5.0, "other": 5.0})
    assert reweighted(SHARE, {"none": hits(0, 0)}, {"none": 1.0}) is None


def test_weights_from_raking_and_groups_of_one_mind() -> None:
    samples = {("young", "north"): Sample.of([1.0] * 9), ("old", "south"): Sample.of([1.0] * 5)}
    weights = rake(
        {key: sample.n for key, sample in samples.items()}, [{"young": 1, "old": 1}, {"north": 1, "south": 1}]
    )
    found = with_weights(SHARE, samples, weights)
    assert found.adjusted.value == pytest.approx(1.0)
    assert 0.5 < found.adjusted.low < 1.0
    mean = with_weights(SCORE, {"a": Sample.of([8, 9, 10]), "b": Sample.of([3, 4, 5])}, {"a": 1.5, "b": 0.5})
    assert mean.adjusted.value == pytest.approx(0.75 * 9 + 0.25 * 4)
    assert mean.adjusted.high - mean.adjusted.value == pytest.approx(1.959964 * (0.75**2 / 3 + 0.25**2 / 3) ** 0.5)


FIGURES = {"quality": Estimate(80.0, 78.0, 82.0, 500), "care": Estimate(60.0, 55.0, 65.0, 90)}


def test_a_composite_has_the_interval_that_its_parts_make() -> None:
    formula = understand("0.8*quality + 0.2*care")
    found = composite(formula, FIGURES)
    assert found is not None
    assert (found.value, found.n) == (pytest.approx(76.0), 90)
    assert found.high - found.value == pytest.approx((1.6**2 + 1.0**2) ** 0.5)
    surely = composite(formula, FIGURES, same_answers=True)
    assert surely is not None
    assert surely.high - surely.value == pytest.approx(2.6)
    known = composite(formula, FIGURES, same_answers=True, together={("care", "quality"): 0.5})
    assert known is not None
    assert found.high < known.high < surely.high


def test_a_composite_with_a_missing_part_or_a_zero_denominator_is_not_measurable() -> None:
    assert composite(understand("quality + market"), FIGURES) is None
    assert composite(understand("quality / (care - 60)"), FIGURES) is None
