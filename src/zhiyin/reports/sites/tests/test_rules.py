"""Rolling up a tree, and what a site's own mix lets one expect of it."""

import pytest

from zhiyin.lib.intervals import Estimate, Sample
from zhiyin.reports.sites.rules import Place, added, adjusted, ancestors_at, less, rolled_up

TREE = (Place(1, None, 0), Place(2, 1, 1), Place(4, 2, 2), Place(5, 2, 2), Place(3, 1, 1), Place(6, 3, 2))


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (0, dict.fromkeys((1, 2, 4, 5, 3, 6), 1)),
        (1, {2: 2, 4: 2, 5: 2, 3: 3, 6: 3}),
        (2, {4: 4, 5: 5, 6: 6}),
        (3, {}),
    ],
)
def test_who_stands_above_whom(depth, expected):
    assert ancestors_at(depth, TREE) == expected


def test_a_branchs_part_of_the_tree_has_no_head():
    assert ancestors_at(1, TREE[1:4]) == {2: 2, 4: 2, 5: 2}


def test_sums_roll_up_and_what_lies_above_is_nobodys():
    by_unit = {1: {"n": 9.0, "hits": 1.0}, 4: {"n": 10.0, "hits": 7.0}, 5: {"n": 5.0, "hits": 5.0}, 6: {"n": 2.0}}
    assert rolled_up(by_unit, ancestors_at(1, TREE)) == {2: {"n": 15.0, "hits": 12.0}, 3: {"n": 2.0}}


def test_adding_and_taking_away_are_each_others_reverse():
    one, other = {"n": 3.0, "hits": 2.0}, {"n": 4.0, "hits": 1.0}
    assert less(added([one, other]), other) == one


class TestAdjusting:
    WHOLE = {"easy": Sample(100, 0.9, 0.09), "hard": Sample(100, 0.5, 0.25)}
    CENTRE = 0.7

    def moved(self, raw: float, **sizes: int) -> float:
        strata = {key: Sample(n, raw, 0.1) for key, n in sizes.items()}
        found = adjusted(Estimate(raw, raw - 0.1, raw + 0.1, 50), strata, self.WHOLE, centre=self.CENTRE, bounds=(0, 1))
        assert found
        return found.estimate.value

    def test_a_site_with_only_the_hard_half_is_no_worse_for_it(self):
        """By hand: its mix lets expect 50 %; it reaches 60 %, ten points more: 70 % + 10."""
        assert self.moved(0.6, hard=50) == pytest.approx(0.8)

    def test_the_same_mix_as_the_whole_moves_nothing(self):
        assert self.moved(0.6, easy=25, hard=25) == pytest.approx(0.6)

    def test_a_share_stays_a_share(self):
        found = adjusted(
            Estimate(0.95, 0.9, 0.99, 50), {"hard": Sample(50, 0.95, 0.05)}, self.WHOLE, centre=0.7, bounds=(0, 1)
        )
        assert found
        assert found.estimate.high == 1.0

    def test_without_answers_nothing_is_known(self):
        assert adjusted(Estimate(0.5, 0.4, 0.6, 0), {}, self.WHOLE, centre=0.7, bounds=(0, 1)) is None
