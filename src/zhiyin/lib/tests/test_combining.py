"""Composites: the delta method, NPS from shares, and what another opinion about the weights would do."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.combining import combined, correlation_of_means, scored_shares, sensitivity, widest
from zhiyin.lib.distributions import z_quantile
from zhiyin.lib.intervals import Estimate, Recommenders, Sample, difference_of_shares, nps, nps_and_variance, share

_estimate = st.builds(
    lambda value, half: Estimate(value, value - half, value + half, 50), st.floats(-10, 10), st.floats(0, 5)
)
_slope = st.floats(-3, 3)


@given(st.lists(st.tuples(_estimate, _slope), min_size=1, max_size=5))
def test_normal_intervals_combine_by_the_delta_method(parts: list[tuple[Estimate, float]]) -> None:
    names = [f"m{place}" for place in range(len(parts))]
    slopes = {name: slope for name, (_, slope) in zip(names, parts, strict=True)}
    figures = {name: figure for name, (figure, _) in zip(names, parts, strict=True)}
    found = combined(0.0, slopes, figures)
    gradient = np.array([slope for _, slope in parts])
    errors = np.array([(figure.high - figure.low) / 2 for figure, _ in parts])
    assert found.high == pytest.approx(float(np.sqrt(gradient @ np.diag(errors**2) @ gradient)), abs=1e-9)
    assert found.low == pytest.approx(-found.high, abs=1e-9)
    surely = widest(0.0, slopes, figures)
    assert surely.high >= found.high - 1e-9
    assert surely.high == pytest.approx(float(np.abs(gradient) @ errors), abs=1e-9)


def test_parts_of_the_same_answers_count_their_correlation() -> None:
    figures = {"a": Estimate(0.8, 0.7, 0.9, 90), "b": Estimate(0.6, 0.4, 0.8, 60)}
    covariance = np.array([[0.1**2, 0.3 * 0.1 * 0.2], [0.3 * 0.1 * 0.2, 0.2**2]])
    for slopes in ({"a": 1.0, "b": 1.0}, {"a": 0.7, "b": -0.3}):
        gradient = np.array([*slopes.values()])
        found = combined(1.0, slopes, figures, together={("b", "a"): 0.3})
        assert found.high - 1.0 == pytest.approx(float(np.sqrt(gradient @ covariance @ gradient)))
        assert found.n == 60
    # A difference of two figures that always move together has no doubt left.
    same = {"a": figures["a"], "b": figures["a"]}
    assert combined(0.0, {"a": 1.0, "b": -1.0}, same, together={("a", "b"): 1.0}).high == pytest.approx(0.0, abs=1e-9)


def test_a_difference_of_shares_is_newcombes_here_too() -> None:
    # Newcombe 1998, table II, method 10: 56/70 against 48/80.
    found = combined(0.2, {"a": 1.0, "b": -1.0}, {"a": share(hits=56, n=70), "b": share(hits=48, n=80)})
    assert (found.low, found.high) == pytest.approx((0.052431, 0.333873), abs=5e-7)
    same = difference_of_shares(hits=56, n=70, hits_before=48, n_before=80)
    assert (found.low, found.high) == pytest.approx((same.low, same.high))


def test_a_constant_has_no_doubt() -> None:
    assert combined(3.0, {}, {}) == Estimate(3.0, 3.0, 3.0, 0)


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=4, max_size=40))
def test_two_means_of_the_same_rows_hang_together_like_their_answers(rows: list[tuple[int, int]]) -> None:
    first, second = np.array(rows, dtype=float).T
    if first.std() < 1e-9 or second.std() < 1e-9:
        return
    correlation = float(np.corrcoef(first, second)[0, 1])
    n = len(rows)
    together = correlation_of_means(correlation, common=n, n_first=n, n_second=n)
    figures = {
        "a": Estimate(0.0, -first.std(ddof=1) / sqrt(n), first.std(ddof=1) / sqrt(n), n),
        "b": Estimate(0.0, -second.std(ddof=1) / sqrt(n), second.std(ddof=1) / sqrt(n), n),
    }
    found = combined(0.0, {"a": 0.5, "b": 0.5}, figures, together={("a", "b"): together})
    assert found.high == pytest.approx(float(((first + second) / 2).std(ddof=1)) / sqrt(n), abs=1e-9)


def test_rows_with_only_one_of_two_answers_loosen_the_tie() -> None:
    assert correlation_of_means(0.6, common=50, n_first=100, n_second=25) == pytest.approx(0.6)
    assert correlation_of_means(0.6, common=0, n_first=100, n_second=25) == 0.0


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 200))
def test_an_nps_is_a_sum_of_scored_shares(promoters: int, passives: int, detractors: int) -> None:
    groups = Recommenders(promoters, passives, detractors)
    found = scored_shares([promoters, passives, detractors], [100, 0, -100])
    value, variance = nps_and_variance(groups)
    assert (found.n, found.mean) == (groups.n, pytest.approx(value, abs=1e-9))
    if groups.n > 1:
        assert found.variance * (groups.n - 1) / groups.n / groups.n == pytest.approx(variance, abs=1e-6)


def test_the_published_nps_variance_is_met() -> None:
    # Cross Validated, "How can I calculate margin of error in a NPS result?": 1/2, 1/3, 1/6 have a variance of 5/9.
    found = scored_shares([162, 108, 54], [1, 0, -1])
    assert found.mean == pytest.approx(1 / 3)
    assert found.variance * 323 / 324 == pytest.approx(5 / 9)
    estimate = nps(Recommenders(162, 108, 54))
    assert (estimate.high - estimate.value) / z_quantile(0.95) == pytest.approx(4.140867, abs=5e-7)


@given(st.lists(st.integers(0, 30), min_size=11, max_size=11).filter(sum))
def test_a_mean_and_a_box_are_scored_shares_too(counts: list[int]) -> None:
    answers = [score for score, count in enumerate(counts) for _ in range(count)]
    found, straight = scored_shares(counts, range(11)), Sample.of(answers)
    assert (found.mean, found.variance) == pytest.approx((straight.mean, straight.variance), abs=1e-9)
    box = scored_shares(counts, [0] * 9 + [1, 1])
    assert box.mean == pytest.approx(sum(answer >= 9 for answer in answers) / len(answers))


@pytest.mark.parametrize("counts", [[0, 0], [3, -1]])
def test_shares_need_answers(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        scored_shares(counts, [1, 0])


def test_how_far_the_care_index_depends_on_each_weight() -> None:
    weights = {"quality": 0.7, "care": 0.15, "market": 0.15}
    values = {"quality": 80.0, "care": 60.0, "market": 40.0}
    found = sensitivity(weights, values, step=0.05)
    # 0.75 * 80 + 0.125 * 60 + 0.125 * 40 = 72.5, and with 0.65: 52 + 0.175 * 100 = 69.5.
    assert (found["quality"].lower, found["quality"].higher) == pytest.approx((69.5, 72.5))
    # 0.2 * 60 + 0.8 * (0.7 * 80 + 0.15 * 40) / 0.85
    assert found["care"].higher == pytest.approx(0.2 * 60 + 0.8 * 62 / 0.85)
    assert found["market"].slope < 0


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.floats(0.01, 1), st.floats(0, 100)), min_size=1),
    st.floats(0, 0.3),
)
def test_an_index_of_equal_parts_depends_on_no_weight(parts: dict[str, tuple[float, float]], step: float) -> None:
    weights = {name: weight for name, (weight, _) in parts.items()}
    for one in sensitivity(weights, dict.fromkeys(parts, 50.0), step=step).values():
        assert one.lower == pytest.approx(one.higher)
    values = {name: value for name, (_, value) in parts.items()}
    whole = sum(weights.values())
    for one in sensitivity(weights, values, step=step).values():
        for end in (one.lower, one.higher):
            assert min(values.values()) - 1e-9 <= end / whole <= max(values.values()) + 1e-9


@pytest.mark.parametrize("weights", [{"a": 0.0}, {"a": 1.5, "b": -0.5}])
def test_weights_that_are_no_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        sensitivity(weights, dict.fromkeys(weights, 1.0), step=0.05)


def test_two_answers_have_a_spread_and_one_has_none() -> None:
    assert scored_shares([1, 1], [1, 0]) == Sample(2, 0.5, 0.5)
    assert scored_shares([1, 0], [1, 0]) == Sample(1, 1.0, 0.0)
