"""Comparisons against statsmodels, scipy and their own laws."""

import csv
import json
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from zhiyin.lib.differences import difference_of, p_value, p_value_of_means, p_value_of_nps, pairs
from zhiyin.lib.intervals import (
    Estimate,
    Recommenders,
    Sample,
    deviation,
    difference_of_nps,
    difference_of_shares,
    mean,
    share,
)
from zhiyin.lib.tests.test_intervals import SHARED

_counts = st.tuples(st.integers(0, 500), st.integers(1, 500)).map(lambda pair: (min(pair), max(pair)))
_answers = st.lists(st.integers(0, 10), min_size=2, max_size=40)
_groups = st.builds(Recommenders, st.integers(0, 90), st.integers(0, 90), st.integers(1, 90))


@given(_counts, _counts)
def test_the_difference_of_two_wilson_intervals_is_newcombes(now: tuple[int, int], then: tuple[int, int]) -> None:
    found = difference_of(share(hits=now[0], n=now[1]), share(hits=then[0], n=then[1]))
    newcombe = difference_of_shares(hits=now[0], n=now[1], hits_before=then[0], n_before=then[1])
    assert (found.low, found.high) == pytest.approx((newcombe.low, newcombe.high), abs=1e-12)
    assert (found.n_first, found.n_second) == (now[1], then[1])


def test_symmetric_intervals_add_up_like_standard_errors() -> None:
    found = difference_of(Estimate(8.0, 7.7, 8.3, 90), Estimate(7.0, 6.6, 7.4, 60))
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 0.5, 1.5))


@given(_answers, _answers)
def test_the_p_value_of_two_means_is_welchs(now: list[float], then: list[float]) -> None:
    a, b = Sample.of(now), Sample.of(then)
    if a.variance + b.variance == 0:
        assert p_value_of_means(a, b) == (1.0 if a.mean == b.mean else 0.0)
        return
    theirs = CompareMeans(DescrStatsW(now), DescrStatsW(then)).ttest_ind(usevar="unequal")[1]
    assert p_value_of_means(a, b) == pytest.approx(theirs, abs=1e-9)


@given(_groups, _groups)
def test_the_p_value_of_two_nps_says_what_the_interval_says(now: Recommenders, then: Recommenders) -> None:
    difference, chance = difference_of_nps(now, then), p_value_of_nps(now, then)
    if difference.high - difference.low > 1e-9 and not isclose(chance, 0.05, abs_tol=1e-9):
        assert (chance < 0.05) == (difference.low > 0 or difference.high < 0)


@pytest.mark.parametrize(
    ("difference", "variance", "expected"),
    [(1.959963984540054, 1.0, 0.05), (0.0, 0.0, 1.0), (0.1, 0.0, 0.0), (-2.0, 4.0, 0.3173105)],
)
def test_the_chance_of_a_difference(difference: float, variance: float, expected: float) -> None:
    assert p_value(difference, variance) == pytest.approx(expected, abs=1e-7)


@given(_answers)
def test_the_standard_deviation_has_its_chi_square_interval(values: list[float]) -> None:
    found, degrees = deviation(Sample.of(values)), len(values) - 1
    spread = float(DescrStatsW(values, ddof=1).std)
    assert found.value == pytest.approx(spread, abs=1e-9)
    ends = [spread * sqrt(degrees / stats.chi2.ppf(p, degrees)) for p in (0.975, 0.025)]
    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-7)


def test_a_standard_deviation_needs_two_answers() -> None:
    with pytest.raises(ValueError, match="two answers"):
        deviation(Sample.of([5]))


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=50))
def test_paired_differences_come_out_of_sums_as_out_of_the_pairs(answers: list[tuple[int, int]]) -> None:
    found = pairs(
        n=len(answers),
        first=sum(p for p, _ in answers),
        second=sum(e for _, e in answers),
        first_squares=sum(p * p for p, _ in answers),
        second_squares=sum(e * e for _, e in answers),
        products=sum(p * e for p, e in answers),
    )
    straight = Sample.of([p - e for p, e in answers])
    assert (found.n, found.mean) == (straight.n, pytest.approx(straight.mean))
    assert found.variance == pytest.approx(straight.variance, abs=1e-9)


@pytest.mark.real_data
def test_the_gap_between_perceived_and_expected_is_the_reference_figure() -> None:
    path = SHARED / "golden_dev.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not here; ZHIYIN_SHARED_DATA names its folder.")
    golden = json.loads(path.read_text("utf-8"))["servqual_gap_ecsi_mobi"]
    with (SHARED / "ecsi_mobi.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    perceived, expected = golden["perception_item"], golden["expectation_item"]
    sample = Sample.of([float(row[perceived]) - float(row[expected]) for row in rows])
    gap = mean(sample)
    assert gap.value == pytest.approx(golden["gap"], abs=1e-9)
    assert sqrt(sample.variance) == pytest.approx(golden["sd"], abs=1e-8)
    assert sample.mean / sqrt(sample.variance / sample.n) == pytest.approx(golden["t"], abs=1e-6)
    assert gap.low > 0
