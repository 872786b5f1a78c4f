"""The spread between groups against metafor's published figures, statsmodels and its own laws."""

import warnings
from math import inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from zhiyin.lib.intervals import Sample
from zhiyin.lib.spread import (
    Group,
    centre_of,
    dersimonian_laird,
    funnel,
    groups_of,
    heterogeneity,
    paule_mandel,
    share_groups,
    spread_between,
    within,
)

# Colditz et al. 1994, the thirteen trials of the BCG vaccine: (ill, healthy) vaccinated and not.
BCG = [
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]
TRIALS = [Group(log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)) for a, b, c, d in BCG]


def test_the_published_spread_of_the_vaccine_trials_is_met() -> None:
    # Viechtbauer's metafor, the figures that its own tests keep: tau^2 0.3088 (DerSimonian-Laird), Q-profile interval
    # 0.1197 to 1.1115, Q 152.2330.
    assert round(dersimonian_laird(TRIALS), 4) == 0.3088
    found = spread_between(TRIALS)
    assert found is not None
    assert (round(found.low**2, 4), round(found.high**2, 4)) == (0.1197, 1.1115)
    assert round(heterogeneity(TRIALS), 4) == 152.233
    assert found.chance < 1e-9
    assert found.groups == 13


_group = st.builds(Group, st.floats(-10, 10), st.floats(0.01, 10))


@pytest.mark.parametrize("seed", range(12))
def test_the_variance_between_groups_is_that_of_statsmodels(seed: int) -> None:
    random = np.random.default_rng(seed)
    variances = random.uniform(0.1, 4, size=3 + seed)
    values = random.normal(50, np.sqrt(variances + seed / 2))
    groups = [Group(float(value), float(variance)) for value, variance in zip(values, variances, strict=True)]
    with warnings.catch_warnings(action="ignore"):  # of the root of its own negative variance
        theirs = combine_effects(values, variances, method_re="chi2").tau2
    assert dersimonian_laird(groups) == pytest.approx(max(theirs, 0.0), abs=1e-9)
    # Asked for more, statsmodels takes the last rounding error below 0 for "no spread" and returns 0.
    theirs = combine_effects(values, variances, method_re="iterated", atol=1e-7).tau2
    assert paule_mandel(groups) == pytest.approx(theirs, abs=1e-6)


@given(st.lists(_group, min_size=2, max_size=15))
def test_the_variance_between_groups_makes_the_distances_as_large_as_they_should_be(groups: list[Group]) -> None:
    if found := paule_mandel(groups):
        assert heterogeneity(groups, found) == pytest.approx(len(groups) - 1, rel=1e-9)
    else:
        assert heterogeneity(groups) <= len(groups) - 1


@given(st.lists(_group, min_size=2, max_size=15))
def test_the_spread_lies_within_its_interval_and_its_test_agrees(groups: list[Group]) -> None:
    found = spread_between(groups, answers=4.0)
    assert found is not None
    assert 0 <= found.low <= found.deviation <= found.high
    assert 0 <= found.alike < 1
    assert found.chance == pytest.approx(stats.chi2.sf(heterogeneity(groups), len(groups) - 1), abs=1e-9)
    assert (found.low > 0) == (found.chance < 0.025)
    assert min(group.value for group in groups) - 1e-9 <= found.centre <= max(group.value for group in groups) + 1e-9


def test_groups_without_any_doubt_lie_as_far_apart_as_they_lie() -> None:
    groups = [Group(1.0, 0.0), Group(3.0, 0.0)]
    found = spread_between(groups)
    assert found is not None
    assert found.deviation == pytest.approx(sqrt(2.0))
    assert (heterogeneity(groups), found.chance, found.alike) == (inf, 0.0, 1.0)
    assert centre_of(groups, 0.0) == 2.0


def test_groups_that_are_all_the_same_have_no_spread() -> None:
    found = spread_between([Group(1.0, 0.0), Group(1.0, 0.0)])
    assert found is not None
    assert (found.deviation, found.high, found.chance, found.alike) == (0.0, 0.0, 1.0, 0.0)
    assert spread_between([Group(1.0, 0.5)]) is None


def test_a_small_group_is_given_the_spread_that_all_answers_share() -> None:
    samples = [Sample.of([10]), Sample.of([8, 10]), Sample.of([6, 8, 10])]
    assert within(samples) == pytest.approx((2 + 8) / 3)
    assert [group.variance for group in groups_of(samples)] == pytest.approx([10 / 3, 10 / 6, 10 / 9])
    assert within([Sample.of([10])]) == 0.0
    shares = share_groups([(0, 5), (10, 15)])
    assert [group.value for group in shares] == pytest.approx([0.0, 2 / 3])
    assert [group.variance for group in shares] == pytest.approx([0.25 / 5, 0.25 / 15])


def test_funnel_limits_narrow_with_size_and_stay_on_the_scale() -> None:
    small, large = funnel([20, 2_000], centre=0.9, answers=0.09, bounds=(0.0, 1.0))
    # Spiegelhalter 2005: the target plus and minus z times its standard error; 0.9 +- 1.96 * sqrt(0.09 / 2000).
    assert (large.low, large.high) == pytest.approx((0.886852, 0.913148), abs=1e-6)
    assert small.far_low < small.low < large.low
    assert (small.high, small.n) == (1.0, 20)
    fair = funnel([2_000], centre=0.9, answers=0.09, between=0.02**2)[0]
    assert fair.far_low < large.far_low
    assert fair.high - 0.9 == pytest.approx(1.959964 * sqrt(0.09 / 2_000 + 0.0004), abs=1e-6)
