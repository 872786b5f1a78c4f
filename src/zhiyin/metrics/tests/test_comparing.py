"""What may be said about figures: each kind of figure gets its own method, and chance is told from change."""

from random import Random
from typing import Any

import pytest

from zhiyin.lib import intervals
from zhiyin.lib.control_charts import Kind
from zhiyin.lib.intervals import Recommenders, Sample, Verdict
from zhiyin.lib.run_rules import RunRule
from zhiyin.lib.text import both
from zhiyin.metrics.comparing import (
    chart,
    chart_figures,
    compare,
    compare_figures,
    compare_many,
    explained,
    funnel_limits,
    ranked,
    related,
    sample_of,
    spread,
    what_explains,
)
from zhiyin.metrics.language import Figure, Measure, Unit


def _measure(unit: Unit, **rest: Any) -> Measure:
    words = {"name": both(unit, unit), "definition": both(unit, unit), "formula": unit}
    return Measure(
        key=unit, unit=unit, fact="visits", at="at", sums={}, estimate=lambda _sums: None, **{**words, **rest}
    )


SHARE, NPS, SCORE, COUNT = (_measure(unit) for unit in (Unit.SHARE, Unit.NPS, Unit.SCORE, Unit.COUNT))
LOW_IS_GOOD = _measure(Unit.SHARE, higher_is_better=False)


def hits(hits: int, n: int) -> dict[str, float]:
    return {"n": float(n), "hits": float(hits)}


def scores(values: list[int]) -> dict[str, float]:
    return {"n": float(len(values)), "total": float(sum(values)), "squares": float(sum(v * v for v in values))}


def recommenders(promoters: int, passives: int, detractors: int) -> dict[str, float]:
    n = promoters + passives + detractors
    return {"n": float(n), "promoters": float(promoters), "detractors": float(detractors)}


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


def figure(value: float | None, half: float = 1.0, n: int = 200, sums: dict[str, float] | None = None) -> Figure:
    if value is None:
        return Figure((), n, None, None, None, sums or {})
    return Figure((), n, value, value - half, value + half, sums or {})


def test_any_two_figures_with_intervals_are_compared_and_the_p_value_agrees_with_the_interval() -> None:
    index = _measure(Unit.SCORE)
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


def test_any_figure_over_time_has_a_chart() -> None:
    values = [74.0, 75.0, 73.5, 74.5, 75.5, 74.0]
    found = chart_figures(SCORE, [figure(value) for value in values] + [None, figure(None), figure(90.0)], baseline=6)
    assert found is not None
    assert [point.value for point in found.points] == [*values, None, None, 90.0]
    assert found.points[-1].is_out
    small = chart_figures(SCORE, [figure(value, n=9) for value in values], floor=30)
    assert small is None
    shares = [figure(0.8, sums=hits(80, 100)) for _ in range(6)]
    assert chart_figures(SHARE, shares) == chart(SHARE, [one.sums for one in shares])
    means = [figure(8.0, sums=scores([8, 9, 7 + number % 2])) for number in range(6)]
    assert chart_figures(SCORE, means) == chart(SCORE, [one.sums for one in means])


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


def test_agents_are_ranked_so_that_small_samples_do_not_win_by_luck() -> None:
    groups = {"lucky": hits(10, 10), "good": hits(190, 200), "none": hits(0, 0)}
    groups |= {f"agent {number}": hits(number, 100) for number in (70, 75, 80, 85, 90)}
    found = ranked(SHARE, groups)
    assert found is not None
    keys = [row.key for row in found.rows]
    assert keys[0] == "good"
    assert "none" not in keys
    lucky = next(row for row in found.rows if row.key == "lucky")
    assert (lucky.raw, lucky.n) == (1.0, 10)
    assert lucky.low < lucky.value < lucky.high <= 1.0
    assert lucky.rank_worst - lucky.rank_best > found.rows[0].rank_worst - found.rows[0].rank_best
    worst = found.rows[-1]
    assert worst.key == "agent 70"
    assert worst.in_worst > 0.6 > 0.1 > worst.in_best
    assert [row.rank for row in found.rows][0] < 2
    # Where less is better the same figures stand the other way round.
    turned = ranked(LOW_IS_GOOD, groups)
    assert turned is not None
    assert [row.key for row in turned.rows] == keys[::-1]
    assert turned.rows[0].in_best == worst.in_worst
    assert (turned.rows[0].rank_best, turned.rows[0].rank_worst) == (8 - worst.rank_worst, 8 - worst.rank_best)


def test_an_nps_is_ranked_within_its_scale_and_a_count_not_at_all() -> None:
    found = ranked(NPS, {"a": recommenders(30, 0, 0), "b": recommenders(10, 10, 10), "c": recommenders(0, 5, 25)})
    assert found is not None
    assert [row.key for row in found.rows] == ["a", "b", "c"]
    assert all(-100 <= row.low <= row.value <= row.high <= 100 for row in found.rows)
    mean = ranked(SCORE, {"a": scores([9, 9, 10]), "b": scores([5, 6, 5])})
    assert mean is not None
    assert mean.rows[0].key == "a"
    assert ranked(COUNT, {"a": {"n": 57.0}}) is None


def test_the_spread_between_sites_takes_chance_out() -> None:
    chance = Random(3)
    same = {site: hits(sum(chance.random() < 0.8 for _ in range(200)), 200) for site in range(12)}
    apart = {site: hits(round(200 * (0.6 + 0.03 * site)), 200) for site in range(12)}
    alike, unlike = spread(same), spread(apart)
    assert alike is not None
    assert unlike is not None
    assert alike.low == 0.0
    assert alike.chance > 0.05
    assert 0.05 < unlike.low < unlike.deviation < unlike.high
    assert 0 < unlike.alike < 1
    assert spread({"a": hits(5, 10), "b": hits(0, 0)}) is None
    means = spread({"a": scores([9, 9, 10, 8]), "b": scores([3, 4, 2, 3])})
    assert means is not None
    assert means.deviation > 3


def test_funnel_limits_show_which_group_differs_from_the_whole() -> None:
    groups = {"far": hits(100, 200), "usual": hits(1_600, 2_000), "small": hits(3, 5), "none": hits(0, 0)}
    found = funnel_limits(SHARE, groups)
    assert set(found) == {"far", "usual", "small"}
    assert found["far"].far_low > 0.5
    assert found["usual"].low < 0.79 < found["usual"].high
    assert found["small"].far_low < 0.6
    assert found["small"].far_high == 1.0
    assert funnel_limits(SHARE, {}) == {}
    assert funnel_limits(SCORE, {"a": scores([9, 8, 7]), "b": scores([5, 6])})["a"].high > 7


def test_a_share_over_time_is_a_p_chart_with_a_frozen_baseline() -> None:
    weeks: list[Any] = [hits(80 + number % 3 - 1, 100) for number in range(12)] + [hits(60, 100), None, hits(9, 10)]
    found = chart(SHARE, weeks, baseline=12)
    assert found is not None
    assert found.baseline.kind is Kind.SHARES
    assert found.baseline.centre == pytest.approx(0.8)
    assert found.points[12].signals == (RunRule.BEYOND_LIMITS,)
    assert found.points[13].value is None
    small = chart(SHARE, weeks, baseline=found.baseline, floor=30)
    assert small is not None
    assert small.points[14].value is None
    # By default the newest third is judged by the two thirds before it.
    usual = chart(SHARE, weeks)
    assert usual is not None
    assert usual.baseline.periods == 10


def test_means_and_nps_over_time_are_charts_of_individual_values_and_counts_u_charts() -> None:
    means = chart(SCORE, [scores([8, 9, 7 + number % 3]) for number in range(9)])
    assert means is not None
    assert means.baseline.kind is Kind.VALUES
    assert means.points[0].value == pytest.approx(8.0)
    nps = chart(NPS, [recommenders(50 + number % 4, 20, 10) for number in range(9)])
    assert nps is not None
    assert nps.points[0].value == pytest.approx(50.0)
    counts = chart(COUNT, [{"n": 100.0}, {"n": 110.0}, None, {"n": 200.0}], baseline=2)
    assert counts is not None
    assert counts.baseline.kind is Kind.RATES
    assert [point.is_out for point in counts.points] == [False, False, False, True]


@pytest.mark.parametrize(
    ("measure", "periods"),
    [(SHARE, [None, None]), (SHARE, []), (SCORE, [scores([8, 9]), None]), (COUNT, [None])],
)
def test_a_chart_without_a_baseline_is_none(measure: Measure, periods: list[Any]) -> None:
    assert chart(measure, periods) is None


def test_a_change_is_split_for_shares_means_and_nps_alike() -> None:
    for now, before in (
        ({"a": hits(75, 150), "b": hits(45, 50)}, {"a": hits(60, 100), "b": hits(90, 100)}),
        ({"a": scores([9, 8]), "b": scores([5])}, {"a": scores([9, 9, 9]), "c": scores([5, 6])}),
        ({"a": recommenders(5, 2, 1), "none": hits(0, 0)}, {"a": recommenders(3, 3, 3)}),
    ):
        found = explained(now, before)
        assert found is not None
        assert found.own + found.mix == pytest.approx(found.total)
    assert explained({"a": hits(5, 9)}, {"a": {"n": 5.0}}) is None


def test_what_explains_a_change_best_comes_first() -> None:
    found = what_explains(
        {
            "segment": (
                {"gold": hits(350, 500), "plain": hits(350, 500)},
                {"gold": hits(375, 500), "plain": hits(375, 500), "none": hits(0, 0)},
            ),
            "touchpoint": (
                {"hotline": hits(300, 500), "shop": hits(400, 500)},
                {"hotline": hits(350, 500), "shop": hits(400, 500)},
            ),
        }
    )
    assert [one.dimension for one in found] == ["touchpoint", "segment"]


def test_cells_that_go_with_overall_satisfaction_are_told_from_those_that_do_not() -> None:
    tied = {(float(score), float(score)): 10 for score in range(11)} | {(0.0, 10.0): 3}
    loose = {(float(cell), float(overall)): 1 for cell in range(5) for overall in range(5)}
    found: dict[Any, Any] = related({"tied": tied, "loose": loose, "empty": {}})
    assert found["tied"].stands
    assert found["tied"].relation.value > 0.8
    assert not found["loose"].stands
    assert found["loose"].relation.value == pytest.approx(0.0, abs=1e-9)
    assert found["empty"] is None
    assert list(found) == ["tied", "loose", "empty"]
