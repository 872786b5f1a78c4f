"""Clusters and populations that end, against statsmodels, published tables and their own laws."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.intervals import Sample, mean, share
from zhiyin.lib.sampling import (
    Cluster,
    clustered,
    effect_of_clusters,
    intraclass_correlation,
    mean_by_design,
    mean_of_population,
    remaining,
    share_by_design,
    share_of_population,
)

_clusters = st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=12), min_size=2, max_size=12)


def _cluster(values: list[float]) -> Cluster:
    return Cluster(len(values), sum(values), sum(value * value for value in values))


@given(_clusters)
def test_the_variance_over_clusters_is_the_one_of_statsmodels(answers: list[list[int]]) -> None:
    design = clustered([_cluster(values) for values in answers])
    flat = [value for values in answers for value in values]
    owners = [number for number, values in enumerate(answers) for _ in values]
    theirs = sm.OLS(flat, [[1.0]] * len(flat)).fit(
        cov_type="cluster", cov_kwds={"groups": owners, "use_correction": False}
    )
    corrected = float(theirs.cov_params()[0][0]) * len(answers) / (len(answers) - 1)
    independent = Sample.of(flat).variance / len(flat)
    assert design.value == pytest.approx(sum(flat) / len(flat))
    assert design.variance == pytest.approx(max(corrected, independent), abs=1e-9)
    if independent:
        assert design.effect == pytest.approx(corrected / independent, abs=1e-6)
        assert design.size <= design.n


def test_the_intraclass_correlation_is_the_published_one() -> None:
    # Shrout and Fleiss 1979 (Psychological Bulletin 86: 420), table 2: six targets, four judges; ICC(1,1) = .17.
    targets = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert intraclass_correlation([_cluster(values) for values in targets]) == pytest.approx(0.165742, abs=5e-7)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[1, 1], [0, 0]], 1.0),
        ([[1, 0], [1, 0]], -1.0),
        ([[1], [0]], None),  # nobody was asked about twice
        ([[1, 1], [1, 1]], None),  # all of one mind
        ([[1, 0]], None),  # one agent alone
    ],
)
def test_how_alike_answers_about_one_agent_are(answers: list[list[int]], expected: float | None) -> None:
    assert intraclass_correlation([_cluster(values) for values in answers]) == expected


def test_clusters_of_one_answer_cost_nothing() -> None:
    design = clustered([Cluster(1, float(hit), float(hit)) for hit in [1, 0, 1, 1, 0, 1, 1, 0]])
    assert design.effect == pytest.approx(1.0)
    assert design.size == pytest.approx(8)


def test_answers_about_nobody_at_another_level_are_no_likeness_within_clusters() -> None:
    agents = [Cluster(30, 24.0, 24.0), Cluster(30, 23.0, 23.0), Cluster(30, 25.0, 25.0), Cluster(30, 24.0, 24.0)]
    own = clustered(agents)
    design = clustered(agents, alone=Cluster(60, 6.0, 6.0))
    assert own.effect < 1
    assert design.effect < 1
    assert (design.n, design.clusters, design.alone) == (180, 4, 60)
    assert design.value == pytest.approx(102 / 180)


@given(_clusters, st.lists(st.integers(0, 10), min_size=2, max_size=9))
def test_strata_add_up_to_what_they_are_alone(answers: list[list[int]], loose: list[int]) -> None:
    flat = [value for values in answers for value in values]
    inside, outside = [_cluster(values) for values in answers], _cluster(loose)
    own, found = clustered(inside), clustered(inside, alone=outside)
    independent = Sample.of([*flat, *loose]).variance / found.n
    plain = Sample.of(flat).variance / own.n
    added = (own.effect - 1) * plain * (own.n / found.n) ** 2
    assert found.effect * independent == pytest.approx(max(independent + added, 0.0), abs=1e-9)


def test_one_agent_and_a_hundred_answers_about_nobody_are_no_hundred_and_one_clusters() -> None:
    with pytest.raises(ValueError, match="at least two clusters"):
        clustered([Cluster(10, 9.0, 9.0)], alone=Cluster(100, 80.0, 80.0))


def test_agents_all_of_one_mind_make_every_further_answer_worthless() -> None:
    clusters = [Cluster(10, total, total) for total in (10.0, 0.0, 10.0, 0.0)]
    design = clustered(clusters)
    assert design.alike == 1.0
    # Kish: 1 + (10 - 1) * 1; the estimate from few clusters scatters around it by m / (m - 1) and n / (n - 1).
    assert design.effect == pytest.approx(effect_of_clusters(1.0, 10) * (4 / 3) * (39 / 40))
    assert share_by_design(design).low < share(hits=20, n=40).low


@given(_clusters)
def test_allowing_for_clusters_never_makes_a_figure_surer(answers: list[list[int]]) -> None:
    hits = [[float(value >= 9) for value in values] for values in answers]
    design = clustered([_cluster(values) for values in hits])
    found = share_by_design(design)
    plain = share(hits=int(sum(map(sum, hits))), n=design.n)
    assert found.low <= plain.low + 1e-12
    assert found.high >= plain.high - 1e-12
    flat = [value for values in answers for value in values]
    design = clustered([_cluster(values) for values in answers])
    wide, narrow = mean_by_design(design), mean(Sample.of(flat))
    assert wide.high - wide.low >= narrow.high - narrow.low - 1e-9


def test_a_cluster_without_answers_is_none() -> None:
    with pytest.raises(ValueError, match="two clusters"):
        clustered([Cluster(5, 4.0, 4.0), Cluster(0, 0.0, 0.0)])


def test_a_finite_population_makes_a_figure_surer() -> None:
    # Cochran 1977, 2.14: with f = n / N the standard error shrinks by the root of 1 - f.
    sample = Sample.of([7, 8, 9, 10, 6, 8, 9, 7, 10, 8])
    plain, ended = mean(sample), mean_of_population(sample, population=40)
    assert (ended.high - ended.low) / (plain.high - plain.low) == pytest.approx((1 - 10 / 40) ** 0.5)
    assert mean_of_population(sample, population=10).low == pytest.approx(sample.mean)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 300))
def test_the_more_of_a_population_have_answered_the_surer_its_share(hits: int, others: int, silent: int) -> None:
    n = hits + others
    if not n:
        return
    found, plain = share_of_population(hits=hits, n=n, population=n + silent), share(hits=hits, n=n)
    assert plain.low - 1e-12 <= found.low <= found.value <= found.high <= plain.high + 1e-12
    surer = share_of_population(hits=hits, n=n, population=n + silent // 2)
    assert surer.high - surer.low <= found.high - found.low + 1e-12
    if not silent:
        assert found.low == found.high == found.value


def test_clusters_within_a_population_that_has_wholly_answered_leave_no_doubt() -> None:
    design = clustered([Cluster(3, 2.0, 2.0), Cluster(3, 1.0, 1.0)])
    assert share_by_design(design, population=6).low == 0.5
    assert mean_by_design(design, population=6).high == 0.5
    assert share_by_design(design, population=12).low > share_by_design(design).low
    assert mean_by_design(design, population=12).low > mean_by_design(design).low


@pytest.mark.parametrize(("n", "population"), [(0, 5), (6, 5)])
def test_more_answers_than_people_are_refused(n: int, population: int) -> None:
    with pytest.raises(ValueError, match="population"):
        remaining(n, population)


def test_the_interval_holds_as_often_as_it_says_where_the_plain_one_does_not() -> None:
    # Two hundred surveys of thirty agents whose true shares differ (an intraclass correlation of 0.05 around 80 %).
    random = np.random.default_rng(5)
    held = plainly = 0
    for _survey in range(200):
        sizes = random.integers(10, 80, 30)
        hits = random.binomial(sizes, random.beta(0.8 * 19, 0.2 * 19, 30))
        found = share_by_design(
            clustered([Cluster(int(n), float(hit), float(hit)) for n, hit in zip(sizes, hits, strict=True)])
        )
        plain = share(hits=int(hits.sum()), n=int(sizes.sum()))
        held += found.low <= 0.8 <= found.high
        plainly += plain.low <= 0.8 <= plain.high
    assert 0.92 <= held / 200 <= 0.98
    assert plainly / 200 < 0.85
