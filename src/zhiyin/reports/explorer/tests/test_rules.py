"""Days that are missing, and when a report goes out next."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from zhiyin.reports.explorer.rules import Days, Rhythm, next_due, step_at, steps, the_year_before, with_gaps

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("grain", "since", "until", "expected"),
    [
        (
            "hour",
            date(2026, 2, 28),
            date(2026, 3, 1),
            [*(f"2026-02-28 {hour:02}:00" for hour in range(24)), *(f"2026-03-01 {hour:02}:00" for hour in range(24))],
        ),
        ("day", date(2026, 11, 29), date(2026, 12, 1), ["2026-11-29", "2026-11-30", "2026-12-01"]),
        ("week", date(2026, 11, 4), date(2026, 11, 17), ["2026-11-02", "2026-11-09", "2026-11-16"]),
        ("month", date(2025, 12, 31), date(2026, 2, 1), ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("month", date(2024, 1, 31), date(2024, 3, 1), ["2024-01-01", "2024-02-01", "2024-03-01"]),
        ("quarter", date(2025, 11, 30), date(2026, 7, 1), ["2025-10-01", "2026-01-01", "2026-04-01", "2026-07-01"]),
        ("year", date(2023, 12, 31), date(2025, 1, 1), ["2023-01-01", "2024-01-01", "2025-01-01"]),
        ("day", date(2019, 1, 1), date(2026, 1, 1), []),  # too many to draw
        ("hour", date(2026, 1, 1), date(2026, 12, 1), []),
    ],
)
def test_every_step_of_a_period_is_there(grain, since, until, expected):
    assert steps(grain, Days(since, until)) == expected


@pytest.mark.parametrize(
    ("grain", "known", "expected"),
    [
        ("day", ["2026-11-02", "2026-11-01"], ["2026-11-01", "2026-11-02"]),
        ("day", ["2026-11-01", "2026-11-09"], ["2026-11-01", "2026-11-02", "2026-11-09"]),
        (
            "hour",
            ["2026-11-01 23:00", "2026-11-02 05:00"],
            ["2026-11-01 23:00", "2026-11-02 00:00", "2026-11-02 05:00"],
        ),
        ("year", [], []),
    ],
)
def test_a_gap_breaks_the_line_however_long_it_is(grain, known, expected):
    assert with_gaps(grain, known) == expected


@given(
    grain=some.sampled_from(["hour", "day", "week", "month", "quarter", "year"]),
    since=some.dates(date(2000, 1, 1), date(2100, 1, 1)),
    length=some.integers(0, 90),
)
def test_steps_are_in_order_and_every_moment_belongs_to_one(grain, since, length):
    until = since + timedelta(days=length)
    found = steps(grain, Days(since, until))
    assert found == sorted(set(found))
    for day in (since, until):
        assert step_at(grain, datetime.combine(day, time(13, 30))) in found
    assert with_gaps(grain, found) == found


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
