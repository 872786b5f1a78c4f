"""Correlations from tables of counts, against scipy."""

from collections import Counter
from math import atanh, sqrt, tanh

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhiyin.lib.relation import Products, pearson, spearman

_pairs = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=60)


@given(_pairs)
def test_both_correlations_are_scipys(pairs: list[tuple[int, int]]) -> None:
    counts = Counter((float(x), float(y)) for x, y in pairs)
    linear, ranked = pearson(Products.of(counts)), spearman(counts)
    first, second = zip(*pairs, strict=True)
    if len(pairs) < 4 or len(set(first)) == 1 or len(set(second)) == 1:
        assert linear is None
        assert ranked is None
        return
    assert linear is not None
    assert ranked is not None
    theirs = stats.pearsonr(first, second)
    assert linear.value == pytest.approx(theirs.statistic, abs=1e-9)
    if abs(linear.value) < 0.999999:
        assert linear.chance == pytest.approx(theirs.pvalue, abs=1e-7)
        assert (linear.low, linear.high) == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-7)
    theirs = stats.spearmanr(first, second)
    assert ranked.value == pytest.approx(theirs.statistic, abs=1e-9)
    if abs(ranked.value) < 0.999999:
        assert ranked.chance == pytest.approx(theirs.pvalue, abs=1e-7)
        half = 1.959963984540054 * sqrt((1 + ranked.value**2 / 2) / (len(pairs) - 3))
        ends = tanh(atanh(ranked.value) - half), tanh(atanh(ranked.value) + half)
        assert (ranked.low, ranked.high) == pytest.approx(ends, abs=1e-9)
    assert ranked.n == len(pairs)


def test_a_rank_correlation_asks_only_for_order() -> None:
    counts = {(1.0, 1.0): 5, (2.0, 10.0): 5, (3.0, 1_000.0): 5}
    found, linear = spearman(counts), pearson(Products.of(counts))
    assert found is not None
    assert (found.value, found.low, found.high, found.chance) == (1.0, 1.0, 1.0, 0.0)
    assert linear is not None
    assert linear.value < 0.95


def test_the_published_rank_correlation() -> None:
    # "Spearman's rank correlation coefficient", Wikipedia: intelligence and hours of television, rho = -29/165.
    iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    found = spearman(Counter((float(x), float(y)) for x, y in zip(iq, hours, strict=True)))
    assert found is not None
    assert found.value == pytest.approx(-29 / 165)
    assert found.chance == pytest.approx(0.627188, abs=1e-6)
    assert found.low < 0 < found.high


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {(1.0, 2.0): 2, (2.0, 3.0): 1},  # three pairs: Fisher's interval needs four
        {(5.0, 1.0): 20, (5.0, 9.0): 20},  # one of the two never varies
        {(1.0, 5.0): 20, (9.0, 5.0): 20},
    ],
)
def test_what_cannot_be_known_is_not_told(counts: dict[tuple[float, float], int]) -> None:
    assert spearman(counts) is None
    assert pearson(Products.of(counts)) is None
