"""Why a figure changed: the parts add up, and chance is no explanation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.decomposition import Amount, explanations, split_change
from zhiyin.lib.intervals import Sample

_amount = st.tuples(st.integers(1, 400), st.floats(-1, 1)).map(lambda pair: Amount(pair[0] * pair[1], pair[0]))
_groups = st.dictionaries(st.sampled_from("abcdefgh"), _amount, min_size=1)


@given(_groups, _groups)
def test_the_parts_add_up_to_the_whole_change(now: dict[str, Amount], before: dict[str, Amount]) -> None:
    found = split_change(now, before)
    assert found is not None
    assert found.own + found.mix == pytest.approx(found.total, abs=1e-9)
    then = sum(one.total for one in before.values()) / sum(one.n for one in before.values())
    assert then + found.total == pytest.approx(sum(a.total for a in now.values()) / sum(a.n for a in now.values()))
    assert {one.key for one in found.contributions} == {*now, *before}


def test_a_worked_change_of_a_share() -> None:
    # Hotline 60 of 100, shop 90 of 100; then the hotline falls to 50 % and takes three quarters of the answers.
    now = {"hotline": Amount(75.0, 150), "shop": Amount(45.0, 50)}
    before = {"hotline": Amount(60.0, 100), "shop": Amount(90.0, 100)}
    found = split_change(now, before)
    assert found is not None
    parts = {one.key: (one.own, one.mix) for one in found.contributions}
    # own: 0.75 * (0.5 - 0.6); mix: (0.75 - 0.5) * (0.6 - 0.75) and (0.25 - 0.5) * (0.9 - 0.75).
    assert parts["hotline"] == pytest.approx((-0.075, -0.0375))
    assert parts["shop"] == pytest.approx((0.0, -0.0375))
    assert found.total == pytest.approx(-0.15)


def test_a_group_that_comes_or_goes_is_all_mix() -> None:
    found = split_change({"a": Amount(8.0, 10), "new": Amount(1.0, 10)}, {"a": Amount(8.0, 10), "old": Amount(9.0, 10)})
    assert found is not None
    parts = {one.key: (one.own, one.mix) for one in found.contributions}
    assert parts["new"] == pytest.approx((0.0, 0.5 * (0.1 - 0.85)))
    assert parts["old"] == pytest.approx((0.0, -0.5 * (0.9 - 0.85)))
    assert found.own + found.mix == pytest.approx(found.total)


def test_a_group_that_never_answered_is_no_part_of_it() -> None:
    found = split_change({"a": Amount(8.0, 10), "b": Amount(0.0, 0)}, {"a": Amount(7.0, 10)})
    assert found is not None
    assert [one.key for one in found.contributions] == ["a"]
    assert split_change({"b": Amount(0.0, 0)}, {"a": Amount(7.0, 10)}) is None
    assert split_change({"a": Amount(7.0, 10)}, {}) is None


def _share(hits: int, n: int) -> Sample:
    return Sample.of([1.0] * hits + [0.0] * (n - hits))


def test_the_dimension_along_which_it_changed_comes_first() -> None:
    dimensions = {
        # Every segment fell by five points: this says nothing about segments.
        "segment": (
            {"gold": _share(350, 500), "plain": _share(350, 500)},
            {"gold": _share(375, 500), "plain": _share(375, 500)},
        ),
        # The whole fall is the hotline's.
        "touchpoint": (
            {"hotline": _share(300, 500), "shop": _share(400, 500)},
            {"hotline": _share(350, 500), "shop": _share(400, 500)},
        ),
    }
    found = explanations(dimensions)
    assert [one.dimension for one in found] == ["touchpoint", "segment"]
    assert found[0].apart > 0.02
    assert found[0].chance < 0.1
    assert (found[1].apart, found[1].strength) == (0.0, pytest.approx(0.0))
    assert found[0].split.contributions[0].key == "hotline"


def test_a_dimension_of_many_groups_explains_nothing_by_their_number() -> None:
    chance = random.Random(7)
    agents = {
        when: {number: _share(sum(chance.random() < 0.8 for _ in range(30)), 30) for number in range(60)}
        for when in ("now", "before")
    }
    shops = (
        {"north": _share(500, 900), "south": _share(720, 900)},
        {"north": _share(720, 900), "south": _share(720, 900)},
    )
    found = explanations({"agent": (agents["now"], agents["before"]), "shop": shops})
    assert [one.dimension for one in found] == ["shop", "agent"]
    assert found[1].chance > 0.05


def test_a_shift_of_weights_is_an_explanation_too() -> None:
    found = explanations(
        {"channel": ({"a": _share(90, 100), "b": _share(200, 400)}, {"a": _share(360, 400), "b": _share(50, 100)})}
    )
    assert found[0].apart == 0.0
    assert found[0].mix == pytest.approx(-0.24)
    assert found[0].strength == pytest.approx(0.24)


def test_a_dimension_without_a_period_before_is_left_out() -> None:
    assert explanations({"new": ({"a": _share(5, 10)}, {})}) == []
    (one,) = explanations({"alone": ({"a": _share(5, 10)}, {"a": _share(6, 10)})})
    assert (one.apart, one.chance) == (0.0, 1.0)
