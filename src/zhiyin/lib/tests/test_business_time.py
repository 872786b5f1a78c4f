"""Working time against a minute counter that knows nothing but the clock on the wall (RELIABILITY R10)."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.lib.business_time import (
    ALL_DAY,
    CLOSED,
    DAYS,
    Calendar,
    CalendarInvalid,
    CalendarYearUnknown,
    Hours,
    NeverOpen,
    Span,
    add_working,
    deadline,
    hours,
    working_between,
)
from zhiyin.lib.holidays import Holidays, chinese_holidays

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DESK = Calendar.of(dict.fromkeys(DAYS[:5], "09:00-18:00"), holidays=chinese_holidays())
SPLIT = Calendar.of(dict.fromkeys(DAYS[:5], "08:30-12:00 13:30-17:30") | {"sat": "09:00-12:00"})


def _at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "length", "due"),
    [
        pytest.param("2026-03-06 17:00", 2 * HOUR, "2026-03-09 10:00", id="friday-17:00-plus-2h-is-monday-10:00"),
        pytest.param("2026-03-06 17:00", 1 * HOUR, "2026-03-06 18:00", id="due-at-closing-time-not-next-morning"),
        pytest.param("2026-03-06 18:00", 1 * HOUR, "2026-03-09 10:00", id="from-closing-time"),
        pytest.param("2026-03-07 11:00", 30 * MINUTE, "2026-03-09 09:30", id="on-saturday"),
        pytest.param("2026-03-06 08:00", 0 * HOUR, "2026-03-06 09:00", id="nothing-to-do-is-due-at-opening"),
        pytest.param("2026-03-06 10:00", 0 * HOUR, "2026-03-06 10:00", id="nothing-to-do-is-due-at-once"),
        pytest.param("2026-09-30 17:00", 2 * HOUR, "2026-10-08 10:00", id="over-national-day"),
        pytest.param("2026-02-14 10:00", 9 * HOUR, "2026-02-24 10:00", id="make-up-saturday-then-spring-festival"),
        pytest.param("2026-10-09 17:00", 2 * HOUR, "2026-10-10 10:00", id="saturday-10-october-is-worked"),
        pytest.param("2025-12-31 17:00", 2 * HOUR, "2026-01-04 10:00", id="new-year-and-make-up-sunday"),
        pytest.param("2024-02-28 17:00", 2 * HOUR, "2024-02-29 10:00", id="leap-day"),
        pytest.param("2026-03-06 17:59:59.999999", timedelta(microseconds=2), "2026-03-09 09:00:00.000001", id="split"),
    ],
)
def test_a_promise_is_due_when_the_desk_has_had_its_time(start: str, length: timedelta, due: str) -> None:
    found = add_working(_at(start), length, DESK)
    assert found == _at(due)
    assert found.tzinfo is UTC
    assert working_between(_at(start), found, DESK) == length


@pytest.mark.parametrize(
    ("start", "length", "due"),
    [
        pytest.param("2026-03-06 11:45", 30 * MINUTE, "2026-03-06 13:45", id="over-lunch"),
        pytest.param("2026-03-06 12:30", 30 * MINUTE, "2026-03-06 14:00", id="at-lunch"),
        pytest.param("2026-03-06 17:00", 1 * HOUR, "2026-03-07 09:30", id="into-saturday"),
        pytest.param("2026-03-07 11:30", 1 * HOUR, "2026-03-09 09:00", id="over-sunday"),
    ],
)
def test_split_shifts_stop_the_clock_at_noon(start: str, length: timedelta, due: str) -> None:
    assert add_working(_at(start), length, SPLIT) == _at(due)


def test_a_day_round_the_clock_has_no_lost_minute() -> None:  # D42, Zammad 3180
    week = Calendar.of(dict.fromkeys(DAYS, "00:00-24:00"))
    for calendar in (week, Calendar.always()):
        assert working_between(_at("2026-03-01 00:00"), _at("2026-04-01 00:00"), calendar) == timedelta(days=31)
        assert add_working(_at("2026-03-01 23:59"), 2 * MINUTE, calendar) == _at("2026-03-02 00:01")


def test_the_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    calendar = Calendar.always("America/New_York")
    spring, autumn = _at("2026-03-08 00:00", NEW_YORK), _at("2026-11-01 00:00", NEW_YORK)
    assert working_between(spring, _at("2026-03-09 00:00", NEW_YORK), calendar) == 23 * HOUR
    assert working_between(autumn, _at("2026-11-02 00:00", NEW_YORK), calendar) == 25 * HOUR
    # From one to two it is 01:30 twice, so a shift until 01:30 is open on both occasions.
    early = Calendar.of({"sun": "00:00-01:30"}, zone="America/New_York")
    assert working_between(autumn, _at("2026-11-02 00:00", NEW_YORK), early) == 2 * HOUR
    daily = Calendar.of(dict.fromkeys(DAYS, "09:00-18:00"), zone="America/New_York")
    assert add_working(spring, HOUR, daily) == _at("2026-03-08 10:00", NEW_YORK)
    assert add_working(autumn, HOUR, daily) == _at("2026-11-01 10:00", NEW_YORK)
    missing = Calendar.of({"sun": "02:00-03:00"}, zone="America/New_York")
    assert working_between(spring, _at("2026-03-09 00:00", NEW_YORK), missing) == timedelta(0)


def test_shanghai_had_summer_time_once() -> None:
    """In July 1991 the offset was nine hours, so local noon was 03:00 UTC."""
    assert _at("1991-07-01 12:00").astimezone(UTC).hour == 3
    calendar = Calendar.of(dict.fromkeys(DAYS, "09:00-18:00"))
    assert add_working(_at("1991-07-01 17:00"), 2 * HOUR, calendar) == datetime(1991, 7, 2, 1, 0, tzinfo=UTC)
    whole = Calendar.always()
    assert working_between(_at("1986-05-04 00:00"), _at("1986-05-05 00:00"), whole) == 23 * HOUR


def test_time_runs_backwards_too() -> None:
    start, end = _at("2026-03-06 17:00"), _at("2026-03-09 10:00")
    assert working_between(end, start, DESK) == -2 * HOUR
    assert working_between(start, start, DESK) == timedelta(0)


def test_special_days_beat_holidays_and_make_up_days() -> None:
    calendar = Calendar.of(
        {"mon": "09:00-18:00"},
        holidays=chinese_holidays(),
        makeup="10:00-12:00",
        special={date(2026, 10, 1): "08:00-09:00", date(2026, 10, 10): "", date(2026, 3, 9): "13:00-14:00"},
    )
    assert calendar.hours_on(date(2026, 10, 1)) == hours("08:00-09:00")
    assert calendar.hours_on(date(2026, 10, 2)) == CLOSED
    assert calendar.hours_on(date(2026, 10, 10)) == CLOSED
    assert calendar.hours_on(date(2026, 9, 20)) == hours("10:00-12:00")
    assert calendar.hours_on(date(2026, 3, 9)) == hours("13:00-14:00")
    assert calendar.hours_on(date(2026, 3, 16)) == hours("09:00-18:00")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-06 09:00", True),
        ("2026-03-06 17:59:59", True),
        ("2026-03-06 18:00", False),
        ("2026-03-07 10:00", False),
    ],
)
def test_the_closing_minute_is_closed(moment: str, is_open: bool) -> None:
    assert DESK.is_open(_at(moment)) is is_open


def test_a_year_without_holiday_data_warns_and_works() -> None:  # D43
    found = deadline(_at("2026-12-31 17:00"), 2 * HOUR, DESK)
    assert found.at == _at("2027-01-01 10:00")
    assert found.warning == CalendarYearUnknown((2027,))
    assert deadline(_at("2026-12-30 17:00"), 2 * HOUR, DESK).warning is None
    assert deadline(_at("2031-01-01 10:00"), HOUR, Calendar.always()).warning is None
    assert DESK.years_unknown(_at("2028-06-01 00:00"), _at("2026-06-01 00:00")) == CalendarYearUnknown((2027, 2028))


def test_a_desk_that_closes_for_good_never_has_a_deadline() -> None:
    end = date(2026, 3, 9)
    closed = frozenset(end + timedelta(days=step) for step in range(7_400))
    calendar = Calendar(SHANGHAI, (hours("09:00-10:00"),) * 7, holidays=Holidays(closed=closed, years=None))
    assert add_working(_at("2026-03-08 09:30"), 30 * MINUTE, calendar) == _at("2026-03-08 10:00")
    with pytest.raises(NeverOpen, match="ten years"):
        add_working(_at("2026-03-08 09:30"), 31 * MINUTE, calendar)
    assert working_between(_at("2026-03-08 09:30"), _at("2030-03-08 09:30"), calendar) == 30 * MINUTE


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("09:00", "09:00"),
        ("09:00-09:00", "09:00-09:00"),
        ("18:00-09:00", "18:00-09:00"),
        ("09:00-24:01", "09:00-24:01"),
        ("9-18", "9-18"),
        ("09:60-18:00", "09:60-18:00"),
        ("09:00-12:00 11:00-13:00", "09:00-12:00 11:00-13:00"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_name(text: str, key: str) -> None:  # D36
    with pytest.raises(CalendarInvalid) as refused:
        Calendar.of({"mon": text})
    assert refused.value.key == key


def test_a_calendar_must_open_and_know_its_days() -> None:  # D35
    with pytest.raises(CalendarInvalid, match="once a week"):
        Calendar.of({"mon": ""})
    with pytest.raises(CalendarInvalid, match="name the days"):
        Calendar.of({"monday": "09:00-18:00"})
    with pytest.raises(CalendarInvalid, match="seven days"):
        Calendar(SHANGHAI, (ALL_DAY,))


def test_neither_a_naive_moment_nor_a_negative_length_is_taken() -> None:
    with pytest.raises(ValueError, match="time zone"):
        add_working(datetime.fromisoformat("2026-03-06 17:00"), HOUR, DESK)
    with pytest.raises(ValueError, match="negative"):
        add_working(_at("2026-03-06 17:00"), -HOUR, DESK)


# ---- The oracle: walk minute by minute and look at the clock on the wall. ----

_marks = st.lists(st.integers(0, 24 * 4), min_size=2, max_size=4, unique=True).map(sorted)
_days = st.dates(date(2026, 9, 15), date(2026, 10, 20))


def _spans(marks: list[int]) -> Hours:
    quarters = [timedelta(minutes=15 * mark) for mark in marks]
    return tuple(Span(start, end) for start, end in zip(quarters[::2], quarters[1::2], strict=False))


# Where something happens: clocks change (at midnight in Havana, by half an hour on Lord Howe), Shanghai has a summer,
# a leap day, the year's end, National Day with its make-up days.
_occasions = st.sampled_from(
    [
        ("Asia/Shanghai", "1986-05-03"),
        ("Asia/Shanghai", "1991-09-14"),
        ("Asia/Shanghai", "2024-02-28"),
        ("Asia/Shanghai", "2025-12-31"),
        ("Asia/Shanghai", "2026-09-19"),
        ("Asia/Shanghai", "2026-09-30"),
        ("America/New_York", "2026-03-07"),
        ("America/New_York", "2026-10-31"),
        ("America/Havana", "2026-03-07"),
        ("America/Havana", "2026-10-31"),
        ("Australia/Lord_Howe", "2026-04-04"),
        ("Australia/Lord_Howe", "2026-10-03"),
    ]
)
_weeks = st.lists(_marks.map(_spans) | st.just(CLOSED) | st.just(ALL_DAY), min_size=7, max_size=7).filter(any)
_holidays = st.sampled_from([chinese_holidays(), Holidays(years=None)])
_specials = st.dictionaries(_days, st.just(CLOSED) | st.just(ALL_DAY) | _marks.map(_spans), max_size=3)


WINDOWS, DAYS_WALKED = 40, 3


def _open_minutes_before(calendar: Calendar, start: datetime) -> list[int]:
    """For each minute of three days, how many before it were open, by the calendar's hours and nothing else."""
    by_day: dict[date, set[int]] = {}
    counts = [0]
    for step in range(DAYS_WALKED * 24 * 60):
        wall = (start + step * MINUTE).astimezone(calendar.zone)
        if wall.date() not in by_day:
            spans = [(span.start // MINUTE, span.end // MINUTE) for span in calendar.hours_on(wall.date())]
            by_day[wall.date()] = {minute for opens, closes in spans for minute in range(opens, closes)}
        counts.append(counts[-1] + (wall.hour * 60 + wall.minute in by_day[wall.date()]))
    return counts


@settings(max_examples=250, deadline=None)
@given(_occasions, _weeks, _holidays, _specials, st.integers(0, 24 * 60), st.randoms(use_true_random=False))
def test_every_minute_counts_exactly_once(
    occasion: tuple[str, str],
    week: list[Hours],
    holidays: Holidays,
    special: dict[date, Hours],
    offset: int,
    chance: Random,
) -> None:
    """Forty windows for each of 250 calendars and starts: ten thousand cases against the counter."""
    zone, day = ZoneInfo(occasion[0]), occasion[1]
    makeup = next(spans for spans in week if spans)
    calendar = Calendar(zone, tuple(week), holidays=holidays, makeup=makeup, special=special)
    start = _at(day, zone).astimezone(UTC) + offset * MINUTE
    before = _open_minutes_before(calendar, start)
    for _ in range(WINDOWS):
        first, second = sorted(chance.choices(range(len(before)), k=2))
        a, b = start + first * MINUTE, start + second * MINUTE
        worked = (before[second] - before[first]) * MINUTE
        assert working_between(a, b, calendar) == worked
        if worked:
            due = add_working(a, worked, calendar)
            assert due <= b
            assert working_between(a, due, calendar) == worked
            assert calendar.is_open(due - timedelta(microseconds=1))
