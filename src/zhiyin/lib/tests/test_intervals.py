"""Intervals against scipy, statsmodels, the published tables and their own laws."""

import json
import os
from math import isclose, sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from zhiyin.lib.intervals import (
    Difference,
    Recommenders,
    Sample,
    Score,
    Verdict,
    difference_of_means,
    difference_of_nps,
    difference_of_shares,
    mean,
    nps,
    p_value_of_shares,
    share,
    verdict,
)
from zhiyin.lib.signals import confirmed, discoveries
from zhiyin.lib.student_t import t_quantile, t_tail

CHECKOUT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("ZHIYIN_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))

_counts = st.tuples(st.integers(0, 5_000), st.integers(1, 5_000)).map(lambda pair: (min(pair), max(pair)))
_groups = st.builds(Recommenders, st.integers(0, 900), st.integers(0, 900), st.integers(1, 900))
_answers = st.lists(st.integers(0, 10), min_size=2, max_size=60)
_levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    path = SHARED / "golden_dev.json"
    if not path.exists():
        pytest.skip(
            "The reference figures (golden_dev.json) are not on this machine; ZHIYIN_SHARED_DATA names their folder."
        )
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@given(_counts, _levels)
def test_a_share_has_wilsons_interval(count: tuple[int, int], level: float) -> None:
    hits, n = count
    found = share(hits=hits, n=n, level=level)
    assert (found.low, found.high) == pytest.approx(proportion_confint(hits, n, 1 - level, "wilson"), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(_counts, _counts, _levels)
def test_a_difference_of_shares_has_newcombes_interval(
    now: tuple[int, int], then: tuple[int, int], level: float
) -> None:
    found = difference_of_shares(hits=now[0], n=now[1], hits_before=then[0], n_before=then[1], level=level)
    theirs = confint_proportions_2indep(*now, *then, method="newcomb", compare="diff", alpha=1 - level)
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-9)
    back = difference_of_shares(hits=then[0], n=then[1], hits_before=now[0], n_before=now[1], level=level)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), abs=1e-12)


@given(_counts, _counts)
def test_the_p_value_of_two_shares_is_the_pooled_z_tests(now: tuple[int, int], then: tuple[int, int]) -> None:
    found = p_value_of_shares(hits=now[0], n=now[1], hits_before=then[0], n_before=then[1])
    if 0 < now[0] + then[0] < now[1] + then[1]:
        assert found == pytest.approx(proportions_ztest([now[0], then[0]], [now[1], then[1]])[1], abs=1e-9)
    else:
        assert found == 1.0


@given(_answers, _levels)
def test_a_mean_has_students_interval(values: list[float], level: float) -> None:
    sample = Sample.of(values)
    found = mean(sample, level=level)
    theirs = DescrStatsW(values).tconfint_mean(alpha=1 - level)
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-8)
    assert found.low <= found.value <= found.high


@given(_answers, _answers, _levels)
def test_a_difference_of_means_has_welchs_interval(now: list[float], then: list[float], level: float) -> None:
    a, b = Sample.of(now), Sample.of(then)
    found = difference_of_means(a, b, level=level)
    if a.variance + b.variance == 0:
        assert found.low == found.high == found.value
        return
    theirs = CompareMeans(DescrStatsW(now), DescrStatsW(then)).tconfint_diff(alpha=1 - level, usevar="unequal")
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-7)


@given(st.floats(0.55, 0.9999), st.floats(1, 5_000))
def test_the_t_quantile_is_scipys(probability: float, degrees: float) -> None:
    ours = t_quantile(probability, degrees)
    assert ours == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-9, abs=1e-9)
    assert t_tail(ours, degrees) == pytest.approx(1 - probability, rel=1e-7)


def test_half_of_the_t_distribution_lies_above_nought() -> None:
    assert t_tail(0.0, 7) == 0.5


@given(_groups, _groups)
def test_an_nps_lies_within_its_interval_and_its_scale(now: Recommenders, then: Recommenders) -> None:
    for adjusted in (False, True):
        found = nps(now, adjusted=adjusted)
        assert -100 <= found.low <= found.value <= found.high <= 100
        assert found.n == now.n
    difference = difference_of_nps(now, then)
    assert difference.value == pytest.approx(nps(now).value - nps(then).value)
    assert difference.low <= difference.value <= difference.high


def test_the_nps_variance_is_that_of_the_answers_themselves() -> None:
    groups = Recommenders(promoters=95, passives=95, detractors=60)
    answers = [100.0] * 95 + [0.0] * 95 + [-100.0] * 60
    sample = Sample.of(answers)
    half = 1.959963984540054 * sqrt(sample.variance * (sample.n - 1) / sample.n / sample.n)
    found = nps(groups)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))


def test_a_group_of_one_mind_has_an_adjusted_interval_of_some_width() -> None:
    alone = Recommenders(promoters=40, passives=0, detractors=0)
    assert (nps(alone).low, nps(alone).high) == (100, 100)
    adjusted = nps(alone, adjusted=True)
    assert (adjusted.value, adjusted.high) == (100, 100)
    assert adjusted.low < 95


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_an_impossible_share_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="share"):
        share(hits=hits, n=n)


def test_figures_need_answers() -> None:
    with pytest.raises(ValueError, match="two answers"):
        mean(Sample.of([7]))
    with pytest.raises(ValueError, match="two answers"):
        difference_of_means(Sample.of([7, 8]), Sample.of([]))
    with pytest.raises(ValueError, match="NPS"):
        nps(Recommenders(0, 0, 0))


@pytest.mark.parametrize(
    ("low", "high", "n", "expected"),
    [
        (0.01, 0.09, 100, Verdict.SIGNIFICANT_UP),
        (-0.09, -0.01, 100, Verdict.SIGNIFICANT_DOWN),
        (-0.01, 0.01, 100, Verdict.NOT_SIGNIFICANT),
        (-0.01, 0.02, 100, Verdict.INCONCLUSIVE),
        (-0.02, 0.01, 100, Verdict.INCONCLUSIVE),
        (0.0, 0.01, 100, Verdict.NOT_SIGNIFICANT),
        (0.01, 0.09, 29, Verdict.LOW_N),
        (0.01, 0.09, 30, Verdict.SIGNIFICANT_UP),
    ],
)
def test_the_word_for_a_difference(low: float, high: float, n: int, expected: Verdict) -> None:
    difference = Difference((low + high) / 2, low, high, n, 100)
    assert verdict(difference=difference, relevant=0.02) is expected
    assert verdict(difference=Difference(0, low, high, 100, n), relevant=0.02) is expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.09, Verdict.INCONCLUSIVE),
        (-0.09, -0.01, Verdict.INCONCLUSIVE),
        (0.005, 0.015, Verdict.NOT_SIGNIFICANT),
    ],
)
def test_a_difference_that_many_looks_did_not_leave_is_not_called_significant(
    low: float, high: float, expected: Verdict
) -> None:
    difference = Difference((low + high) / 2, low, high, 100, 100)
    assert verdict(difference=difference, relevant=0.02, stands=False) is expected


def test_a_score_travels_with_its_size_and_small_groups_stay_silent() -> None:
    found = Score.of(share(hits=47, n=57), measure="top_box")
    assert (found.n, found.measure, found.is_withheld) == (57, "top_box", False)
    few = Score.of(share(hits=20, n=29), measure="top_box")
    assert few == Score.withheld(29, measure="top_box")
    assert few.is_withheld
    assert (few.value, few.low, few.high) == (None, None, None)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.01, 0.05, 0.2]))
def test_discoveries_are_those_of_benjamini_and_hochberg(p_values: list[float], rate: float) -> None:
    found = discoveries(p_values, rate=rate)
    adjusted = multipletests(p_values, alpha=rate, method="fdr_bh")[1]
    assert [one.adjusted for one in found] == pytest.approx(list(adjusted), abs=1e-12)
    assert all(one.found == (one.adjusted <= rate) for one in found)


@pytest.mark.parametrize("seed", [0, 1, 5, 9, 19])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_what_is_confirmed_is_confirmed_by_holm(seed: int, rate: float) -> None:
    p_values = [round(Random(f"{seed} {place}").random() ** 3, 3) for place in range(1 + 2 * seed)]
    found = confirmed(p_values, rate=rate)
    adjusted = multipletests(p_values, alpha=rate, method="holm")[1]
    assert [one.adjusted for one in found] == pytest.approx(list(adjusted), abs=1e-12)
    strict, lenient = {n for n, one in enumerate(found) if one.found}, discoveries(p_values, rate=rate)
    assert all(lenient[number].found for number in strict)


def test_the_published_example_of_many_comparisons() -> None:
    # Benjamini and Hochberg 1995, section 4.1: fifteen p-values; their method rejects four, Bonferroni's kind three.
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p_values += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert sum(one.found for one in discoveries(p_values)) == 4
    assert sum(one.found for one in confirmed(p_values)) == 3


def test_no_comparison_makes_no_discovery() -> None:
    assert discoveries([]) == []
    assert confirmed([]) == []


@pytest.mark.real_data
def test_the_published_shares_are_met(golden: dict[str, Any]) -> None:
    for case in golden["wilson_95"]["cases"]:
        found = share(hits=case["x"], n=case["n"])
        assert (found.low, found.high) == pytest.approx((case["lower"], case["upper"]), abs=5e-7)
    for case in golden["newcombe_diff_95"]["cases"]:
        change = difference_of_shares(hits=case["x1"], n=case["n1"], hits_before=case["x2"], n_before=case["n2"])
        assert (change.low, change.high) == pytest.approx((case["lower"], case["upper"]), abs=5e-7)


@pytest.mark.real_data
def test_the_real_surveys_give_the_reference_figures(golden: dict[str, Any]) -> None:
    telecom = golden["telecom_voice"]
    for name in ("top_box_10", "top3_8_10"):
        found = share(hits=telecom[name]["x"], n=telecom[name]["n"])
        assert (found.low, found.high) == pytest.approx((telecom[name]["lower"], telecom[name]["upper"]), abs=5e-7)
    for bands, plain in ((telecom["nps_bands"], "ci95"), (golden["nps_adjusted_wald"], "ci95")):
        groups = Recommenders(bands["promoters"], bands["passives"], bands["detractors"])
        assert nps(groups).value == pytest.approx(bands["nps"])
        assert (nps(groups).low, nps(groups).high) == pytest.approx(bands[plain], abs=1e-6)
        adjusted = nps(groups, adjusted=True)
        assert (adjusted.low, adjusted.high) == pytest.approx(bands["adjwald"], abs=1e-6)


def test_the_z_behind_the_intervals_is_the_right_one() -> None:
    assert isclose(share(hits=0, n=20).high, 0.161125, abs_tol=5e-7)
