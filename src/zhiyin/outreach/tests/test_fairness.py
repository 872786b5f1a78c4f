"""Cherry-picking: whoever asks about complaints less often than about the rest is shown, and nobody else."""

from datetime import timedelta

import pytest

from zhiyin.lib import intervals
from zhiyin.metrics import mirror
from zhiyin.outreach.fairness import compared, fairness
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import NOW, SYSTEM, make_world
from zhiyin.outreach.tests.test_monitor import call
from zhiyin.people.actions import StaffGiven, put_staff

TODAY = {"since": NOW.date(), "until": NOW.date()}


@pytest.mark.parametrize(
    ("complaints", "others", "is_flagged"),
    [
        ((10, 40), (80, 100), True),
        ((32, 40), (80, 100), False),
        ((40, 40), (50, 100), False),  # more often is no cherry-picking
        ((0, 29), (100, 100), False),  # too few to say
        ((0, 100), (29, 29), False),
    ],
)
def test_only_a_difference_that_chance_hardly_explains_is_marked(complaints, others, is_flagged):
    found = compared("A1", {True: complaints, False: others})
    assert found.is_flagged is is_flagged
    enough = min(complaints[1], others[1]) >= intervals.FLOOR
    assert (found.difference is not None) is enough
    if found.difference is not None:
        (hits, n), (before, n_before) = complaints, others
        known = intervals.difference_of_shares(hits=hits, n=n, hits_before=before, n_before=n_before)
        assert (found.difference.low, found.difference.high) == (known.low, known.high)


@pytest.mark.django_db
def test_an_agent_whose_angry_customers_have_no_number_stands_out(settings, tmp_path):
    settings.DATA_DIR = tmp_path  # a mirror of its own
    make_world()
    for code, name in (("A1", "甲"), ("A2", "乙")):
        put_staff(StaffGiven(name=name, unit="HQ", code=code), by=SYSTEM, now=NOW)
    items = []
    for number in range(160):
        staff, complaint = ("A1", "A2")[number % 2], number % 4 < 2
        one = call(number, staff=staff, attributes={"complaint": complaint})
        if staff == "A1" and complaint and number % 8 < 4:  # "forgets" to write the number down
            one["customer"] = {"external_id": f"K{number:05}"}
        items.append(one)
    receive(items, by=SYSTEM, now=NOW)
    assert fairness(where={}, by=SYSTEM, **TODAY) is None  # the mirror has not read them yet
    mirror.catch_up(now=NOW + timedelta(hours=1))
    found = fairness(where={"unit": "HQ", "scenario": "hotline"}, by=SYSTEM, **TODAY)
    assert found is not None
    assert (found.whole.complaints.n, found.whole.others.n) == (80, 80)
    assert [(one.name, one.is_flagged) for one in found.agents] == [("甲", True), ("乙", False)]
    assert (found.flagged, found.flagged_units, found.judged) == (1, 1, 3)
    assert [one.is_flagged for one in found.units] == [True]
    assert found.as_of is not None
