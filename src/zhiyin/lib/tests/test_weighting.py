"""Weights for those who did not answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from zhiyin.lib.intervals import Sample
from zhiyin.lib.weighting import Unreachable, cell_weights, effect_of_weights, rake, weighted_mean


def test_each_group_is_brought_back_to_its_part_of_the_population() -> None:
    answered, population = {"young": 20, "old": 80}, {"young": 500.0, "old": 500.0}
    weights = cell_weights(answered, population)
    assert weights == pytest.approx({"young": 2.5, "old": 0.625})
    # n * sum(w^2) / (sum w)^2 by hand: 100 * (20 * 6.25 + 80 * 0.390625) / 100^2.
    assert effect_of_weights(weights, answered) == pytest.approx(1.5625)
    samples = {"young": Sample.of([1.0] * 8 + [0.0] * 12), "old": Sample.of([1.0] * 72 + [0.0] * 8)}
    found = weighted_mean(samples, weights)
    assert found.value == pytest.approx(0.5 * 0.4 + 0.5 * 0.9)
    assert found.variance == pytest.approx(0.25 * (0.4 * 0.6 / 19) + 0.25 * (0.9 * 0.1 / 79))
    assert (found.n, found.size) == (100, pytest.approx(64))


_group = st.tuples(st.lists(st.integers(0, 10), min_size=1, max_size=9), st.floats(0.1, 10))


@given(st.lists(_group, min_size=1, max_size=6))
def test_the_weighted_mean_is_that_of_statsmodels(groups: list[tuple[list[int], float]]) -> None:
    samples = {place: Sample.of(values) for place, (values, _) in enumerate(groups)}
    weights = {place: weight for place, (_, weight) in enumerate(groups)}
    found = weighted_mean(samples, weights)
    theirs = DescrStatsW(
        [value for values, _ in groups for value in values],
        weights=[weight for values, weight in groups for _ in values],
    )
    assert found.value == pytest.approx(float(theirs.mean))
    assert found.effect >= 1 - 1e-12
    assert found.variance >= 0


def test_weights_of_the_population_itself_change_nothing() -> None:
    answered = {"a": 30, "b": 70}
    weights = cell_weights(answered, {"a": 300.0, "b": 700.0})
    assert weights == pytest.approx({"a": 1.0, "b": 1.0})
    assert effect_of_weights(weights, answered) == pytest.approx(1.0)


def test_a_group_of_one_answer_borrows_the_spread_of_the_others() -> None:
    found = weighted_mean({"one": Sample.of([9]), "many": Sample.of([4, 6, 8])}, {"one": 1.0, "many": 1.0})
    assert found.variance == pytest.approx((1 / 4) ** 2 * 4 / 1 + (3 / 4) ** 2 * 4 / 3)
    alone = weighted_mean({"one": Sample.of([9]), "none": Sample.of([])}, {"one": 1.0, "none": 5.0})
    assert (alone.value, alone.variance) == (9.0, 0.0)


def test_a_group_that_nobody_answered_for_is_named() -> None:
    with pytest.raises(Unreachable, match="young") as raised:
        cell_weights({"old": 80, "young": 0}, {"young": 500.0, "old": 500.0})
    assert raised.value.group == "young"
    with pytest.raises(Unreachable, match="north"):
        rake({("south", "old"): 5}, [{"south": 1.0, "north": 1.0}, {"old": 1.0}])


def test_answers_of_a_group_that_the_population_does_not_know_weigh_nothing() -> None:
    weights = cell_weights({"a": 10, "b": 5, "c": 0}, {"a": 100.0})
    assert weights == pytest.approx({"a": 1.5, "b": 0.0, "c": 0.0})
    raked = rake({("a", "x"): 10, ("b", "x"): 5, ("b", "y"): 0}, [{"a": 1.0}, {"x": 1.0}])
    assert raked == pytest.approx({("a", "x"): 1.5, ("b", "x"): 0.0, ("b", "y"): 0.0})


def test_weights_that_add_up_to_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        effect_of_weights({"a": 0.0}, {"a": 5})


_table = st.lists(st.lists(st.integers(1, 60), min_size=3, max_size=3), min_size=2, max_size=4)


@given(_table, st.data())
def test_raking_meets_every_margin_and_keeps_how_groups_go_together(
    table: list[list[int]], data: st.DataObject
) -> None:
    """The two laws that only the raked table obeys (Deming and Stephan): its margins, and the odds ratios of before."""
    size = st.floats(1, 50)
    rows = {place: data.draw(size) for place in range(len(table))}
    columns = {place: data.draw(size) for place in range(3)}
    answered = {(row, column): count for row, counts in enumerate(table) for column, count in enumerate(counts)}
    weights, n = rake(answered, [rows, columns]), sum(answered.values())
    for place, margin in enumerate((rows, columns)):
        for group, part in margin.items():
            held = sum(weights[cell] * count for cell, count in answered.items() if cell[place] == group)
            assert held / n == pytest.approx(part / sum(margin.values()), abs=1e-8)
    for row in range(1, len(table)):
        for column in range(1, 3):
            odds = weights[0, 0] * weights[row, column] / (weights[0, column] * weights[row, 0])
            assert odds == pytest.approx(1.0)


def test_margins_that_no_weights_can_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="all of these margins"):
        rake({("a", "x"): 5, ("b", "y"): 5}, [{"a": 3.0, "b": 1.0}, {"x": 1.0, "y": 3.0}])
