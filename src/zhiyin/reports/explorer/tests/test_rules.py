"""Days that are missing, and when a report goes out next."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from zhiyin.reports.explorer.rules import Days, Rhythm, next_due, step_ends, steps, the_year_before

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("grain", "since", "until", "expected"),
    [
        ("day", date(2026, 11, 29), date(2026, 12, 1), ["2026-11-29", "2026-11-30", "2026-12-01"]),
        ("week", date(2026, 11, 4), date(2026, 11, 17), ["2026-11-02", "2026-11-09", "2026-11-16"]),
        ("month", date(2025, 12, 31), date(2026, 2, 1), ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("day", date(2020, 1, 1), date(2026, 1, 1), []),  # too many to fill in
    ],
)
def test_every_step_of_a_period_is_there(grain, since, until, expected):
    assert steps(grain, Days(since, until)) == expected


@pytest.mark.parametrize(
    ("grain", "begins", "ends"),
    [
        ("day", date(2026, 11, 2), date(2026, 11, 2)),
        ("week", date(2026, 11, 2), date(2026, 11, 8)),
        ("month", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_step_ends_where_the_next_begins(grain, begins, ends):
    assert step_ends(grain, begins) == ends


def test_the_year_before_has_no_leap_day():
    assert the_year_before(Days(date(2024, 2, 29), date(2024, 3, 1))) == Days(date(2023, 2, 28), date(2023, 3, 1))


class TestWhenItGoesOut:
    @pytest.mark.parametrize(
        ("rhythm", "after", "expected"),
        [
            (Rhythm("daily", 8 * 60), (2026, 11, 30, 7, 59), (2026, 11, 30, 8, 0)),
            (Rhythm("daily", 8 * 60), (2026, 11, 30, 8, 0), (2026, 12, 1, 8, 0)),
            (Rhythm("weekly", 9 * 60 + 30, 0), (2026, 11, 24, 12, 0), (2026, 11, 30, 9, 30)),
            (Rhythm("weekly", 0, 6), (2026, 11, 29, 0, 0), (2026, 12, 6, 0, 0)),
            (Rhythm("monthly", 60, 31), (2026, 2, 1, 0, 0), (2026, 2, 28, 1, 0)),
            (Rhythm("monthly", 60, 31), (2026, 2, 28, 1, 0), (2026, 3, 31, 1, 0)),
            (Rhythm("monthly", 60, 1), (2026, 12, 1, 1, 0), (2027, 1, 1, 1, 0)),
        ],
    )
    def test_the_next_moment_of_a_rhythm(self, rhythm, after, expected):
        found = next_due(rhythm, after=datetime(*after, tzinfo=SHANGHAI), zone=SHANGHAI)
        assert found == datetime(*expected, tzinfo=SHANGHAI)

    @given(
        every=some.sampled_from(["daily", "weekly", "monthly"]),
        minute=some.integers(0, 1439),
        day=some.integers(1, 6),
        after=some.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001
    )
    def test_it_is_later_and_at_its_minute_and_soon(self, every, minute, day, after):
        moment = after.replace(tzinfo=UTC)
        found = next_due(Rhythm(every, minute, day), after=moment, zone=SHANGHAI)
        local = found.astimezone(SHANGHAI)
        assert moment < found <= moment + timedelta(days=32)
        assert local.hour * 60 + local.minute == minute
