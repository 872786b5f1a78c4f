"""What a change is made of, and what goes together with overall satisfaction."""

from typing import Any

import pytest

from zhiyin.metrics.explaining import explained, related, what_explains
from zhiyin.metrics.tests.kinds import hits, recommenders, scores


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
