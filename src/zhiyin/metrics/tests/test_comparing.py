"""Two figures: each kind gets its own method, and among many luck is not called change."""

from typing import Any

import pytest

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Recommenders, Sample, Verdict
from zhiyin.metrics.comparing import compare, compare_figures, compare_many, sample_of
from zhiyin.metrics.language import Measure, Unit
from zhiyin.metrics.tests.kinds import COUNT, NPS, SCORE, SHARE, figure, hits, measure_of, recommenders, scores


def word(now: dict[str, float], before: dict[str, float], **rest: Any) -> Verdict:
    found = compare(SHARE, now, before, **rest)
    assert found is not None
    return found.verdict


def test_every_kind_of_figure_rests_on_a_sample() -> None:
    assert sample_of(hits(3, 4)) == Sample(4, 0.75, 0.25)
    assert sample_of(scores([7, 9])) == Sample(2, 8.0, 2.0)
    found = sample_of(recommenders(2, 1, 1))
    assert found == Sample.of([100, 100, 0, -100])
    assert sample_of(hits(1, 1)) == Sample(1, 1.0, 0.0)
    assert sample_of(hits(0, 0)) is None
    assert sample_of({"n": 57.0}) is None


def test_a_share_is_compared_by_newcombe_and_gets_its_word() -> None:
    # Newcombe 1998, table II: 56/70 against 48/80.
    found = compare(SHARE, hits(56, 70), hits(48, 80))
    assert found is not None
    assert (found.difference.low, found.difference.high) == pytest.approx((0.052431, 0.333873), abs=5e-7)
    assert found.verdict is Verdict.SIGNIFICANT_UP
    assert found.chance == found.adjusted == pytest.approx(0.008045, abs=5e-7)  # statsmodels: proportions_ztest
    assert word(hits(48, 80), hits(56, 70)) is Verdict.SIGNIFICANT_DOWN
    assert word(hits(56, 70), hits(16, 20)) is Verdict.LOW_N
    assert word(hits(56, 70), hits(16, 20), floor=20) is Verdict.INCONCLUSIVE
    assert word(hits(56, 70), hits(64, 80), relevant=0.5) is Verdict.NOT_SIGNIFICANT


def test_an_nps_and_a_mean_are_compared_by_their_own_methods() -> None:
    found = compare(NPS, recommenders(78, 24, 18), recommenders(60, 30, 40))
    straight = intervals.difference_of_nps(Recommenders(78, 24, 18), Recommenders(60, 30, 40))
    assert found is not None
    assert found.difference == straight
    assert found.verdict is Verdict.SIGNIFICANT_UP
    now, before = [9, 8, 10, 7] * 20, [9, 8, 8, 6] * 20
    mean = compare(SCORE, scores(now), scores(before))
    assert mean is not None
    welch = intervals.difference_of_means(Sample.of(now), Sample.of(before))
    assert (mean.difference.low, mean.difference.high) == pytest.approx((welch.low, welch.high))
    assert mean.chance < 0.001


@pytest.mark.parametrize(
    ("measure", "now", "before"),
    [
        (SHARE, hits(0, 0), hits(4, 9)),
        (SHARE, hits(4, 9), {}),
        (SCORE, scores([9]), scores([8, 9])),
        (COUNT, {"n": 57.0}, {"n": 60.0}),
    ],
)
def test_what_has_nothing_to_compare_is_not_compared(measure: Measure, now: Any, before: Any) -> None:
    assert compare(measure, now, before) is None


def test_any_two_figures_with_intervals_are_compared_and_the_p_value_agrees_with_the_interval() -> None:
    index = measure_of(Unit.SCORE)
    up = compare_figures(index, figure(76.0), figure(74.0))
    assert up is not None
    assert (up.difference.low, up.difference.high) == pytest.approx((2 - 2**0.5, 2 + 2**0.5))
    assert up.verdict is Verdict.SIGNIFICANT_UP
    # Two standard errors of 1 / 1.96 each: z = 2 * 1.96 / sqrt(2).
    assert up.chance == pytest.approx(0.005575, abs=1e-6)
    for difference in (-1.5, -1.414, 1.414, 1.5):
        found = compare_figures(index, figure(74.0 + difference), figure(74.0))
        assert found is not None
        assert (found.chance < 0.05) == (found.verdict in (Verdict.SIGNIFICANT_UP, Verdict.SIGNIFICANT_DOWN))
    few = compare_figures(index, figure(76.0), figure(74.0), floor=500)
    assert few is not None
    assert few.verdict is Verdict.LOW_N


def test_figures_with_sums_are_compared_by_their_own_method_and_those_without_an_interval_not_at_all() -> None:
    now, before = figure(0.8, sums=hits(56, 70)), figure(0.6, sums=hits(48, 80))
    assert compare_figures(SHARE, now, before) == compare(SHARE, now.sums, before.sums)
    assert compare_figures(SCORE, figure(None), figure(74.0)) is None
    assert compare_figures(SCORE, figure(74.0), figure(None)) is None
    assert compare_figures(COUNT, figure(60.0, half=0.0), figure(50.0, half=0.0)) is None


def test_among_many_cells_luck_is_not_called_change() -> None:
    # Two cells truly differ. Of forty that do not, chance makes some look so one by one; none is left together.
    pairs: dict[Any, Any] = {"up": (hits(95, 100), hits(70, 100)), "down": (hits(40, 100), hits(70, 100))}
    pairs |= {number: (hits(82 if number == 3 else 70, 100), hits(70, 100)) for number in range(40)}
    pairs |= {"small": (hits(9, 9), hits(1, 9)), "empty": (hits(0, 0), hits(1, 9))}
    alone = compare(SHARE, *pairs[3])
    assert alone is not None
    assert alone.verdict is Verdict.SIGNIFICANT_UP
    for strict in (False, True):
        found: dict[Any, Any] = compare_many(SHARE, pairs, strict=strict)
        assert found["up"].verdict is Verdict.SIGNIFICANT_UP
        assert found["down"].verdict is Verdict.SIGNIFICANT_DOWN
        assert found[3].verdict is Verdict.INCONCLUSIVE
        assert found[3].adjusted > found[3].chance == alone.chance
        assert found["small"].verdict is Verdict.LOW_N
        assert found["empty"] is None
        assert list(found) == list(pairs)
    strictly: dict[Any, Any] = compare_many(SHARE, pairs, strict=True)
    usually: dict[Any, Any] = compare_many(SHARE, pairs)
    assert strictly["up"].adjusted >= usually["up"].adjusted > usually["up"].chance
