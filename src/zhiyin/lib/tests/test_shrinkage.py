"""Ranking with shrinkage: the published baseball players, and the laws of fairness."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from zhiyin.lib.intervals import Sample
from zhiyin.lib.shrinkage import Shrinkage, Shrunk, beta_binomial, shrink, shrink_means, shrink_shares, standings
from zhiyin.lib.spread import Group, paule_mandel

# Efron and Morris 1977, Stein's Paradox in Statistics (Scientific American 236: 119): hits of 18 players' first 45
# times at bat in 1970, and what the James-Stein estimator makes of them: .265 + .212 (y - .265).
HITS = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
PUBLISHED = [0.294, 0.289, 0.285, 0.280, 0.275, 0.275, 0.270, 0.266, 0.261, 0.261, *[0.256] * 5, 0.252, 0.247, 0.242]


def test_the_baseball_players_of_efron_and_morris() -> None:
    average = sum(HITS) / 45 / 18
    groups = [Group(hits / 45, average * (1 - average) / 45) for hits in HITS]
    found = shrink(groups, [45] * 18, paule_mandel(groups, lost=3))
    assert found.centre == pytest.approx(0.265, abs=5e-4)
    assert found.figures[0].kept == pytest.approx(0.212, abs=5e-4)
    assert [figure.value for figure in found.figures] == pytest.approx(PUBLISHED, abs=6e-4)
    # To six digits, by the formula as printed: 1 - (k - 3) s^2 / sum of squares.
    squares = sum((hits / 45 - average) ** 2 for hits in HITS)
    kept = 1 - 15 * average * (1 - average) / 45 / squares
    assert found.figures[0].kept == pytest.approx(kept, abs=1e-9)
    assert found.figures[0].value == pytest.approx(average + kept * (0.4 - average), abs=1e-9)


def test_the_baseball_players_as_shares_are_drawn_in_further() -> None:
    found = shrink_shares([(hits, 45) for hits in HITS])
    # With groups of one size the moment equation has a closed solution: (n s^2 / (p q) - 1) / (n - 1).
    average = sum(HITS) / 45 / 18
    variance = float(np.var([hits / 45 for hits in HITS], ddof=1))
    alike = (45 * variance / (average * (1 - average)) - 1) / 44
    assert beta_binomial([(hits, 45) for hits in HITS]) == pytest.approx(alike, abs=1e-9)
    strength = 1 / alike - 1
    assert found.figures[0].value == pytest.approx((18 + strength * average) / (45 + strength), abs=1e-9)
    assert found.between == pytest.approx(sqrt(alike * average * (1 - average)), abs=1e-9)
    low, high = found.figures[0].interval()
    assert low < found.figures[0].value < high


_counts = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 80)).map(lambda pair: (min(pair), max(pair))), min_size=2, max_size=20
)


@given(_counts)
def test_the_spread_of_shares_solves_its_moment_equation(counts: list[tuple[int, int]]) -> None:
    shares, sizes = np.array([hits / n for hits, n in counts]), np.array([float(n) for _, n in counts])

    def excess(alike: float) -> float:
        weights = 1 / (alike + (1 - alike) / sizes)
        centre = float((weights * shares).sum() / weights.sum())
        common = centre * (1 - centre)
        return float((weights * (shares - centre) ** 2).sum() / common) - (len(counts) - 1) if common > 0 else -1.0

    found = beta_binomial(counts)
    if excess(0.0) <= 0:
        assert found == 0.0
    elif excess(1 - 1e-6) > 0:
        assert found == 1 - 1e-6
    else:
        assert found == pytest.approx(brentq(excess, 0.0, 1 - 1e-6, xtol=1e-14), abs=1e-6)


@given(_counts)
def test_shares_are_drawn_to_the_centre_and_the_small_ones_further(counts: list[tuple[int, int]]) -> None:
    found = shrink_shares(counts)
    for figure, (hits, n) in zip(found.figures, counts, strict=True):
        low, high = sorted((hits / n, found.centre))
        assert low - 1e-12 <= figure.value <= high + 1e-12
        assert (figure.raw, figure.n) == (hits / n, n)
        ends = figure.interval()
        assert ends[0] <= ends[1] + 1e-9
        assert not found.between or (ends[0] >= -1e-9 and ends[1] <= 1 + 1e-9)
    by_size = sorted(found.figures, key=lambda figure: figure.n)
    assert [figure.kept for figure in by_size] == sorted(figure.kept for figure in by_size)


@given(st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=15), min_size=1, max_size=12))
def test_means_are_drawn_to_the_centre_and_the_small_ones_further(answers: list[list[int]]) -> None:
    samples = [Sample.of(values) for values in answers]
    found = shrink_means(samples)
    for figure, sample in zip(found.figures, samples, strict=True):
        low, high = sorted((sample.mean, found.centre))
        assert low - 1e-9 <= figure.value <= high + 1e-9
        assert figure.interval()[0] <= figure.value <= figure.interval()[1]
    by_size = sorted(found.figures, key=lambda figure: figure.n)
    kept = [figure.kept for figure in by_size]
    assert kept == sorted(kept)
    if not found.between:
        assert len({round(figure.value, 9) for figure in found.figures}) == 1


def test_luck_does_not_win() -> None:
    # Ten answers, all of them tens, against two hundred and 95 %: the plain ranking has them the other way round.
    counts = [(10, 10), (190, 200), *[(hits, 100) for hits in (70, 75, 80, 85, 90)]]
    found = shrink_shares(counts)
    lucky, good = found.figures[0], found.figures[1]
    assert (lucky.raw, good.raw) == (1.0, 0.95)
    assert lucky.value < good.value
    assert lucky.kept < good.kept


def test_without_spread_nobody_stands_above_anybody() -> None:
    found = shrink_shares([(80, 100), (16, 20), (39, 50), (8, 10)])
    assert found.between == 0.0
    assert {figure.value for figure in found.figures} == {found.centre}
    assert found.figures[0].interval()[0] < found.centre
    for one in standings(found, part=0.25):
        assert (one.rank, one.low, one.high, one.in_lowest, one.in_highest) == (2.5, 1, 4, 0.25, 0.25)


@pytest.mark.parametrize("counts", [[(0, 5), (0, 20)], [(5, 5), (20, 20)], [(3, 4)]])
def test_groups_of_one_mind_or_one_group_alone_are_left_as_they_are(counts: list[tuple[int, int]]) -> None:
    found = shrink_shares(counts)
    assert found.between == 0.0
    assert found.figures[0].value == pytest.approx(sum(hits for hits, _ in counts) / sum(n for _, n in counts))


def test_groups_that_agree_within_and_differ_wholly_keep_their_figures() -> None:
    found = shrink_shares([(0, 50), (50, 50), (0, 50), (50, 50)])
    assert [figure.value for figure in found.figures] == pytest.approx([0, 1, 0, 1], abs=1e-6)
    same = shrink_means([Sample.of([3, 3]), Sample.of([7, 7])])
    assert [figure.value for figure in same.figures] == [3.0, 7.0]
    assert standings(same)[0].in_lowest == 1.0
    all_one = shrink_means([Sample.of([3, 3]), Sample.of([3])])
    assert [(figure.value, figure.deviation) for figure in all_one.figures] == [(3.0, 0.0), (3.0, 0.0)]


def test_the_interval_of_a_share_is_that_of_a_beta_distribution() -> None:
    figure = Shrunk(0.3, 50, 0.28, 0.05, 0.8, is_share=True)
    strength = 0.28 * 0.72 / 0.0025 - 1
    expected = stats.beta.ppf([0.025, 0.975], 0.28 * strength, 0.72 * strength)
    assert figure.interval() == pytest.approx(tuple(expected), abs=1e-9)
    plain = Shrunk(7.0, 50, 7.0, 0.5, 0.8)
    assert plain.interval(0.9) == pytest.approx(tuple(stats.norm.ppf([0.05, 0.95], 7.0, 0.5)))


def test_how_sure_a_rank_is_agrees_with_arithmetic_for_two() -> None:
    figures = (Shrunk(0.0, 9, 0.0, 1.0, 0.5), Shrunk(0.0, 9, 1.5, 2.0, 0.5))
    first, second = standings(Shrinkage(0.0, 1.0, figures), part=0.5)
    lower = stats.norm.cdf(1.5 / sqrt(5.0))
    assert first.in_lowest == pytest.approx(lower, abs=0.03)
    assert second.in_highest == first.in_lowest
    assert first.rank == pytest.approx(2 - lower, abs=0.03)
    assert (first.low, first.high) == (1, 2)
    assert standings(Shrinkage(0.0, 1.0, figures), part=0.5) == [first, second]


@given(_counts)
def test_the_chances_of_all_groups_add_up(counts: list[tuple[int, int]]) -> None:
    found = standings(shrink_shares(counts), part=0.3)
    size = max(1, round(0.3 * len(counts)))
    assert sum(one.in_lowest for one in found) == pytest.approx(size)
    assert sum(one.in_highest for one in found) == pytest.approx(size)
    assert sum(one.rank for one in found) == pytest.approx(len(counts) * (len(counts) + 1) / 2)
    assert all(1 <= one.low <= one.high <= len(counts) for one in found)


@pytest.mark.parametrize("build", [lambda: shrink_shares([]), lambda: shrink_shares([(0, 0)])])
def test_shares_to_rank_need_answers(build) -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        build()


@pytest.mark.parametrize("samples", [[], [Sample.of([])]])
def test_means_to_rank_need_answers(samples: list[Sample]) -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        shrink_means(samples)


def test_shrunk_figures_are_nearer_the_truth_and_their_chances_come_true() -> None:
    # Forty agents with 8 to 119 answers each, thirty times over, whose true shares are known.
    random = np.random.default_rng(5)
    nearer = farther = 0.0
    held: list[bool] = []
    chances: list[tuple[float, bool]] = []
    for _time in range(30):
        sizes, truth = random.integers(8, 120, 40), random.beta(40, 10, 40)
        hits = random.binomial(sizes, truth)
        found = shrink_shares([(int(hit), int(n)) for hit, n in zip(hits, sizes, strict=True)])
        worst = set(np.argsort(truth)[:8])
        for place, (figure, standing) in enumerate(zip(found.figures, standings(found), strict=True)):
            nearer += (figure.value - truth[place]) ** 2
            farther += (figure.raw - truth[place]) ** 2
            low, high = figure.interval()
            held.append(low <= truth[place] <= high)
            chances.append((standing.in_lowest, place in worst))
    assert nearer < 0.55 * farther
    assert 0.9 <= sum(held) / len(held) <= 0.97
    for least, most in ((0.0, 0.2), (0.2, 0.5), (0.5, 1.01)):
        group = [(said, was) for said, was in chances if least <= said < most]
        assert sum(said for said, _ in group) / len(group) == pytest.approx(
            sum(was for _, was in group) / len(group), abs=0.06
        )
