"""The holiday file: the same days as an independent package, and a clear word for a broken file (RELIABILITY C67)."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from zhiyin.lib.holidays import NO_HOLIDAYS, HolidayFileInvalid, chinese_holidays, read_holidays

_GOOD = (
    '[year.2026]\nholiday = [{ zh = "元旦", en = "New Year", from = 2026-01-01, to = 2026-01-03, work = [2026-01-04] }]'
)


def test_every_day_that_the_file_knows_agrees_with_the_independent_calendar() -> None:
    ours = chinese_holidays()
    day, end = date(2020, 1, 1), date(2027, 1, 1)
    while day < end:
        works = (day.weekday() < 5 and day not in ours.closed) or day in ours.workdays
        assert works == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_it_knows_which_years_it_knows() -> None:
    ours = chinese_holidays()
    assert ours.years == frozenset(range(2020, 2027))
    assert not ours.knows(2027)
    assert NO_HOLIDAYS.knows(2027)


def test_holidays_have_names_and_make_up_days_fall_on_weekends() -> None:
    ours = chinese_holidays()
    assert ours.names[date(2026, 2, 17)] == {"zh-hans": "春节", "en": "Spring Festival"}
    assert all(day.weekday() >= 5 for day in ours.workdays)
    assert not ours.closed & ours.workdays


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("year = [", "ours.toml"),
        ("", "a year needs"),
        ("year = 5", "a year needs"),
        ("[year.next]\nholiday = []", "a year needs"),
        ("[year.2026]\nholidays = []", "a year needs"),
        (_GOOD.replace("to = 2026-01-03, ", ""), "a year needs"),
        (_GOOD.replace("2026-01-03", '"tomorrow"'), "needs days such as"),
        (_GOOD.replace("2026-01-03", "2025-12-31"), "the first before the last"),
        (_GOOD.replace("2026-01-03", "2026-12-31"), "does not lie in 2026"),
        (_GOOD.replace("year.2026", "year.2024"), "does not lie in 2024"),
        (_GOOD.replace("2026-01-04", "2026-01-02"), "2026-01-02 is a holiday and a workday"),
    ],
)
def test_a_broken_file_says_what_is_wrong_with_it(text: str, says: str) -> None:
    with pytest.raises(HolidayFileInvalid, match=says) as refused:
        read_holidays(text, origin="ours.toml")
    assert "ours.toml" in str(refused.value)


def test_an_operators_file_is_read_like_ours() -> None:
    found = read_holidays(_GOOD, origin="ours.toml")
    assert found.years == frozenset({2026})
    assert sorted(found.closed) == [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
    assert found.workdays == frozenset({date(2026, 1, 4)})
