"""Which days a screen looks at, by its address."""

from datetime import date

import pytest

from zhiyin.ui.period import period_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("query", "since", "until", "key"),
    [
        ({}, "2026-10-24", "2026-11-22", "30d"),
        ({"period": "7d"}, "2026-11-16", "2026-11-22", "7d"),
        ({"period": "month"}, "2026-11-01", "2026-11-22", "month"),
        ({"from": "2026-11-01", "to": "2026-11-20"}, "2026-11-01", "2026-11-20", "days"),
        ({"period": "2026-11-01..2026-11-20"}, "2026-11-01", "2026-11-20", "days"),
        ({"period": "90d", "from": "2026-11-01", "to": "2026-11-20"}, "2026-11-01", "2026-11-20", "days"),
        ({"period": "2026-11-20..2026-11-01"}, "2026-10-24", "2026-11-22", "30d"),
        ({"period": "2026-02-30..x"}, "2026-10-24", "2026-11-22", "30d"),
        ({"period": ".."}, "2026-10-24", "2026-11-22", "30d"),
        ({"from": "2026-11-01"}, "2026-10-24", "2026-11-22", "30d"),
    ],
)
def test_choices_days_and_nonsense(query, since, until, key):
    found = period_of(query, today=TODAY)
    assert (str(found.since), str(found.until), found.key) == (since, until, key)
    assert found.until - found.since == found.before_until - found.before_since or key == "month"


def test_a_form_sends_the_same_days_again():
    days = period_of({"from": "2026-11-01", "to": "2026-11-20"}, today=TODAY)
    again = period_of({"period": days.value}, today=TODAY)
    assert (again.since, again.until) == (days.since, days.until)
    assert period_of({"period": "7d"}, today=TODAY).value == "7d"
