"""The dimensions of time: grains from the hour to the year, weekdays, hours of the day, the Chinese calendar, shifts.

Every fact brings its local ``day`` and ``hour``, so nothing here reckons a time zone and every engine can do it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import ibis

from zhiyin.lib.holidays import Holidays, chinese_holidays
from zhiyin.lib.text import Text, both, pick
from zhiyin.metrics.language import Dimension

WEEKDAYS: Sequence[Text] = [
    both(f"周{chinese}", english)
    for chinese, english in zip(
        "一二三四五六日",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
]
KINDS_OF_DAY: Mapping[str, Text] = {
    "workday": both("工作日", "Workday"),
    "weekend": both("周末", "Weekend"),
    "holiday": both("法定节假日", "Public holiday"),
    "makeup": both("调休上班", "Make-up workday"),
    "unknown": both("未知（没有这一年的节假日安排）", "Unknown: the holidays of this year are not known"),
}
CALENDAR = "calendar"
_SUNDAY = 6


def time_dimensions(facts: frozenset[str], *, hourly: frozenset[str]) -> list[Dimension]:
    """The dimensions of time over facts with a ``day``, those of the clock over facts with an ``hour``."""
    return [
        Dimension(key="hour", name=both("小时", "Hour"), facts=hourly, column=_hour, labels=_as_written),
        _grain("day", both("日", "Day"), facts, lambda rows: rows.day.cast("string"), _day_label),
        _grain("week", both("周", "Week"), facts, _period("W"), _week_label),
        _grain("month", both("月", "Month"), facts, _period("M"), _month_label),
        _grain("quarter", both("季度", "Quarter"), facts, _period("Q"), _quarter_label),
        _grain("year", both("年", "Year"), facts, _period("Y"), _year_label),
        Dimension(
            key="weekday",
            name=both("星期", "Day of the week"),
            facts=facts,
            column=lambda rows: (rows.day.day_of_week.index() + 1).cast("int64"),
            labels=lambda values, language: {one: pick(WEEKDAYS[int(one) - 1], language) for one in values if one},
        ),
        Dimension(
            key="hour_of_day",
            name=both("时段", "Hour of the day"),
            facts=hourly,
            column=lambda rows: rows.hour.cast("int64"),
            labels=lambda values, _language: {one: f"{one:02d}:00" for one in values if one is not None},
        ),
        Dimension(
            key=CALENDAR,
            name=both("日历", "Chinese calendar"),
            facts=facts,
            column=lambda rows: kind_of_day(rows.day, chinese_holidays()),
            labels=lambda values, language: {
                one: pick(KINDS_OF_DAY[one], language) for one in values if one in KINDS_OF_DAY
            },
        ),
    ]


def kind_of_day(day: Any, holidays: Holidays) -> Any:
    """Workday, weekend, public holiday or make-up workday 调休; unknown in a year whose holidays nobody has told us."""
    cases = []
    if holidays.years is not None:
        cases.append((~day.year().isin(sorted(holidays.years)), "unknown"))
    if holidays.closed:
        cases.append((day.isin(_dates(holidays.closed)), "holiday"))
    if holidays.workdays:
        cases.append((day.isin(_dates(holidays.workdays)), "makeup"))
    return ibis.cases(*cases, (day.day_of_week.index() >= _SUNDAY - 1, "weekend"), else_="workday")


def unknown_years(since: date, until: date, holidays: Holidays | None = None) -> tuple[int, ...]:
    """The years between these days whose holidays are not known: figures by calendar carry a warning then."""
    known = holidays or chinese_holidays()
    return tuple(year for year in range(since.year, until.year + 1) if not known.knows(year))


def shift_of_hour(shifts: Sequence[tuple[str, Sequence[int]]]) -> Callable[[Any], Any]:
    """A column that names the shift of a row's hour; the first that fits, and nothing where none does."""

    def column(rows: Any) -> Any:
        cases = [(rows.hour.isin(list(hours)), key) for key, hours in shifts if hours]
        return ibis.cases(*cases, else_="") if cases else ibis.literal("")

    return column


def _dates(days: frozenset[date]) -> list[Any]:
    return [ibis.date(day.isoformat()) for day in sorted(days)]


def _grain(key: str, name: Text, facts: frozenset[str], column: Any, label: Callable[[date, str], str]) -> Dimension:
    def labels(values: Sequence[Any], language: str) -> dict[Any, str]:
        return {one: label(date.fromisoformat(str(one)[:10]), language) for one in values if one}

    return Dimension(key=key, name=name, facts=facts, column=column, labels=labels)


def _period(unit: str) -> Callable[[Any], Any]:
    # Some engines truncate a date to a moment, so it is one from the start, and a day again in the end.
    return lambda rows: rows.day.cast("timestamp").truncate(unit).cast("date").cast("string")


def _hour(rows: Any) -> Any:
    hour = rows.hour.cast("string")
    padded = ibis.cases((rows.hour < 10, ibis.literal("0") + hour), else_=hour)
    return rows.day.cast("string") + " " + padded + ":00"


def _as_written(values: Sequence[Any], _language: str) -> dict[Any, str]:
    return {one: str(one) for one in values if one}


def _day_label(day: date, language: str) -> str:
    return f"{day.month}月{day.day}日" if language == "zh-hans" else f"{day:%d %b}".lstrip("0")


def _week_label(day: date, language: str) -> str:
    _year, week, _weekday = day.isocalendar()
    return f"第{week}周（{day.month}/{day.day}起）" if language == "zh-hans" else f"Week {week} (from {day:%d %b})"


def _month_label(day: date, language: str) -> str:
    return f"{day.year}年{day.month}月" if language == "zh-hans" else f"{day:%b %Y}"


def _quarter_label(day: date, language: str) -> str:
    quarter = (day.month + 2) // 3
    return f"{day.year}年第{quarter}季度" if language == "zh-hans" else f"Q{quarter} {day.year}"


def _year_label(day: date, language: str) -> str:
    return f"{day.year}年" if language == "zh-hans" else str(day.year)
