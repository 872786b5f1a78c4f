"""A change has a direction only where it is significant."""

import pytest

from zhiyin.lib.intervals import Difference, Verdict
from zhiyin.metrics.comparing import Change
from zhiyin.reports.rules import arrow


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        *[(Verdict.SIGNIFICANT_UP, "up"), (Verdict.SIGNIFICANT_DOWN, "down"), (Verdict.LOW_N, "")],
        *[(Verdict.INCONCLUSIVE, ""), (Verdict.NOT_SIGNIFICANT, "")],
    ],
)
def test_only_what_chance_hardly_explains_has_an_arrow(verdict, expected):
    assert arrow(Change(Difference(0.1, -0.1, 0.3, 40, 40), verdict, 0.3, 0.3)) == expected


def test_what_was_not_compared_has_none():
    assert arrow(None) == ""
