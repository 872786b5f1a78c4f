"""The five rates of a funnel: what can be measured, what cannot, and which cell differs by more than chance."""

import pytest

from zhiyin.reports.funnel.rules import Rate, State, costliest, flagged, rates

FULL = {"interactions": 1000, "eligible": 900, "sent": 600, "delivered": 590, "opened": 200, "answered": 150}


def test_each_rate_is_a_share_of_the_stage_before():
    found = rates(FULL)
    assert [one.key for one in found] == ["I1", "I2", "I3", "I4", "I5"]
    assert [(one.hits, one.n) for one in found] == [(900, 1000), (600, 900), (590, 600), (200, 590), (150, 200)]
    assert found[0].estimate
    assert found[0].estimate.value == 0.9
    assert found[0].estimate.low < 0.9 < found[0].estimate.high


@pytest.mark.parametrize(
    ("changed", "step", "expected"),
    [
        ({"opened": 0, "answered": 0}, 4, State.NOT_MEASURABLE),
        ({"opened": 29, "answered": 20}, 4, State.FEW),
        ({"opened": 30, "answered": 20}, 4, State.MEASURED),
        ({"interactions": None}, 0, State.UNKNOWN),
        ({"eligible": None}, 1, State.UNKNOWN),
    ],
)
def test_what_cannot_be_divided_is_no_zero(changed, step, expected):
    found = rates({**FULL, **changed})[step]
    assert found.state is expected
    assert (found.estimate is not None) is (expected is State.MEASURED)


def test_more_than_there_were_before_is_never_more_than_all():
    """A decision of the last second of one period may have its invitation in the first of the next."""
    assert rates({**FULL, "sent": 901})[1].estimate == rates({**FULL, "sent": 900})[1].estimate


def test_the_costliest_step_loses_the_largest_share():
    worst = costliest(rates(FULL))
    assert worst
    assert worst.key == "I4"
    assert costliest(rates(dict.fromkeys(FULL, 0))) is None


class TestFlags:
    def test_a_cell_far_from_the_others_is_flagged_on_that_step_alone(self):
        cells = [rates(FULL), rates(FULL), rates({**FULL, "opened": 60, "answered": 45})]
        flags = [[one.flag for one in cell] for cell in flagged(cells)]
        assert flags[2] == ["", "", "", "below", ""]
        assert flags[0][:3] == ["", "", ""]

    def test_alike_cells_are_not(self):
        assert not any(one.flag for cell in flagged([rates(FULL)] * 5) for one in cell)

    def test_what_is_not_measured_is_never_flagged(self):
        empty = rates(dict.fromkeys(FULL, 0))
        assert flagged([rates(FULL), empty])[1] == [Rate(one.key, 0, 0, State.NOT_MEASURABLE) for one in empty]

    def test_a_lone_cell_has_nothing_to_differ_from(self):
        assert not any(one.flag for one in flagged([rates(FULL)])[0])
