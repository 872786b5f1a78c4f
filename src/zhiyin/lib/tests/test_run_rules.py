"""The run rules, one table of cases each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.run_rules import NELSON, NELSON_FIRST_FOUR, WESTERN_ELECTRIC, RunRule, signals_of

_ZIGZAG = [0.5, -0.5] * 7


@pytest.mark.parametrize(
    ("rule", "distances", "at"),
    [
        (RunRule.BEYOND_LIMITS, [0.0, 3.0, 3.01, -3.01, 2.9], [2, 3]),
        (RunRule.NINE_ON_ONE_SIDE, [0.1] * 8, []),
        (RunRule.NINE_ON_ONE_SIDE, [0.1] * 10, [8, 9]),
        (RunRule.NINE_ON_ONE_SIDE, [-0.1] * 9, [8]),
        (RunRule.NINE_ON_ONE_SIDE, [0.1] * 8 + [0.0], []),
        (RunRule.NINE_ON_ONE_SIDE, [0.1] * 5 + [-0.1] + [0.1] * 5, []),
        (RunRule.SIX_RISING_OR_FALLING, [0.1, 0.2, 0.3, 0.4, 0.5], []),
        (RunRule.SIX_RISING_OR_FALLING, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [5]),
        (RunRule.SIX_RISING_OR_FALLING, [0.5, 0.4, 0.1, 0.0, -0.5, -0.6, -0.7], [5, 6]),
        (RunRule.SIX_RISING_OR_FALLING, [0.1, 0.2, 0.3, 0.3, 0.5, 0.6], []),
        (RunRule.FOURTEEN_ALTERNATING, _ZIGZAG, [13]),
        (RunRule.FOURTEEN_ALTERNATING, [*_ZIGZAG[:13], 0.5], []),
        (RunRule.FOURTEEN_ALTERNATING, _ZIGZAG[:13], []),
        (RunRule.TWO_OF_THREE_FAR_OUT, [2.1, 0.0, 2.1], [2]),
        (RunRule.TWO_OF_THREE_FAR_OUT, [2.1, 0.0, 0.0, 2.1], []),
        (RunRule.TWO_OF_THREE_FAR_OUT, [2.1, 0.0, -2.1], []),
        (RunRule.TWO_OF_THREE_FAR_OUT, [-2.1, -2.1, 0.0], []),
        (RunRule.TWO_OF_THREE_FAR_OUT, [0.0, -2.1, -2.1], [2]),
        (RunRule.FOUR_OF_FIVE_OUT, [1.1, 1.1, 0.0, 1.1, 1.1], [4]),
        (RunRule.FOUR_OF_FIVE_OUT, [1.1, 1.1, 1.1, -1.1, 1.1], [4]),
        (RunRule.FOUR_OF_FIVE_OUT, [1.1, 0.9, 0.9, 1.1, 1.1], []),
        (RunRule.FIFTEEN_NEAR_CENTRE, [0.9, -0.9, 0.1] * 5, [14]),
        (RunRule.FIFTEEN_NEAR_CENTRE, [0.9, -0.9, 0.1] * 4 + [0.9, 1.0, 0.1], []),
        (RunRule.EIGHT_AWAY_FROM_CENTRE, [1.1, -1.1] * 4, [7]),
        (RunRule.EIGHT_AWAY_FROM_CENTRE, [1.1, -1.1] * 3 + [1.1, 0.9], []),
        (RunRule.EIGHT_AWAY_FROM_CENTRE, [1.1, -1.1] * 3 + [1.1, 1.0], []),
        (RunRule.TWO_OF_THREE_FAR_OUT, [2.0, 0.0, 2.1], []),
        (RunRule.FOUR_OF_FIVE_OUT, [1.1, 1.1, 1.1, 0.0, 1.0], []),
        (RunRule.EIGHT_ON_ONE_SIDE, [0.1] * 7, []),
        (RunRule.EIGHT_ON_ONE_SIDE, [0.1] * 8, [7]),
    ],
)
def test_where_a_rule_signals(rule: RunRule, distances: list[float], at: list[int]) -> None:
    found = signals_of(distances, distances, rules=[rule])
    assert [place for place, rules in enumerate(found) if rules] == at
    mirrored = [-one for one in distances]
    assert signals_of(mirrored, mirrored, rules=[rule]) == found


@pytest.mark.parametrize("rule", [rule for rule in RunRule if rule is not RunRule.BEYOND_LIMITS])
def test_a_missing_point_breaks_every_run(rule: RunRule) -> None:
    runs = {
        RunRule.SIX_RISING_OR_FALLING: [0.1 * step for step in range(15)],
        RunRule.FOURTEEN_ALTERNATING: [*_ZIGZAG, 0.5],
        RunRule.FIFTEEN_NEAR_CENTRE: [0.5] * 15,
    }
    run: list[float | None] = list(runs.get(rule, [2.5] * 15))
    assert any(signals_of(run, run, rules=[rule]))
    for gap in range(2, 15, 2):  # a gap so often that no run is long enough
        run[gap] = None
    assert not any(signals_of(run, run, rules=[rule]))


def test_the_limits_are_as_wide_as_asked() -> None:
    assert signals_of([2.5], [2.5], sigmas=2.0) == [(RunRule.BEYOND_LIMITS,)]
    assert signals_of([2.5], [2.5]) == [()]


def test_rules_come_in_the_sets_of_the_books() -> None:
    assert len(NELSON) == 8
    assert set(NELSON_FIRST_FOUR) < set(NELSON)
    assert len(WESTERN_ELECTRIC) == 4
    assert RunRule.EIGHT_ON_ONE_SIDE in WESTERN_ELECTRIC


@given(st.lists(st.one_of(st.none(), st.floats(-4, 4)), max_size=40))
def test_every_point_has_its_signals_and_a_missing_one_has_none(distances: list[float | None]) -> None:
    found = signals_of(distances, distances, rules=NELSON)
    assert len(found) == len(distances)
    for distance, rules in zip(distances, found, strict=True):
        assert distance is not None or rules == ()
        assert (RunRule.BEYOND_LIMITS in rules) == (distance is not None and abs(distance) > 3)
