"""A clock that slips back revives nothing; one that was set right is believed."""

from datetime import timedelta

import pytest

from zhiyin.ledger.clock import note_time, steady
from zhiyin.ledger.testing import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("back", "then"),
    [
        (timedelta(0), timedelta(0)),
        (-HOUR, -HOUR),  # it goes on
        (timedelta(microseconds=1), timedelta(0)),
        (3 * HOUR, timedelta(0)),
        (24 * HOUR, timedelta(0)),
        (24 * HOUR + timedelta(microseconds=1), 24 * HOUR + timedelta(microseconds=1)),  # it was wrong before
    ],
)
def test_how_far_back_a_slip_goes(back: timedelta, then: timedelta) -> None:
    note_time(NOW)
    assert steady(NOW - back) == NOW - then


def test_before_anything_was_noted_the_clock_is_believed() -> None:
    assert steady(NOW) == NOW


def test_a_slip_changes_nothing_and_a_correction_does() -> None:
    note_time(NOW)
    note_time(NOW - 3 * HOUR)
    assert steady(NOW - HOUR) == NOW
    note_time(NOW - 90 * 24 * HOUR)
    assert steady(NOW - 90 * 24 * HOUR - HOUR) == NOW - 90 * 24 * HOUR
    assert steady(NOW) == NOW


def test_every_second_is_enough(django_assert_num_queries) -> None:
    note_time(NOW)
    steady(NOW)
    with django_assert_num_queries(0):
        note_time(NOW + timedelta(milliseconds=900))
