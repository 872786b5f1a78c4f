"""Agents and sites: small samples do not win by luck."""

from random import Random

from zhiyin.metrics.ranking import funnel_limits, ranked, spread
from zhiyin.metrics.tests.kinds import COUNT, LOW_IS_GOOD, NPS, SCORE, SHARE, hits, recommenders, scores


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
