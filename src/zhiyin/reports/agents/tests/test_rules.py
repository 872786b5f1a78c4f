"""What may be said of somebody's place: only what is nearly sure, and nothing where chance explains all."""

import pytest

from zhiyin.reports.agents.rules import Chances, Place, alike, place_of


@pytest.mark.parametrize(
    ("in_best", "in_worst", "between", "expected"),
    [
        (0.95, 0.0, 0.03, Place.HIGH),
        (0.89, 0.0, 0.03, Place.MIDDLE),
        (0.0, 0.9, 0.03, Place.LOW),
        (0.0, 0.89, 0.03, Place.MIDDLE),
        (1.0, 0.0, 0.0, Place.MIDDLE),
    ],
)
def test_place(in_best, in_worst, between, expected):
    assert place_of(Chances(in_best, in_worst, 1, 9), between=between) is expected


def test_from_how_many_somebody_cannot_be_told_apart():
    first, second, third = Chances(1, 0, 1, 2), Chances(0, 0, 2, 5), Chances(0, 1, 4, 6)
    everybody = [first, second, third]
    assert [alike(one, everybody) for one in everybody] == [1, 2, 1]
