"""The dimensions of time, reckoned by the engine from a row's own local day and hour."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import ibis
import pytest

from zhiyin.lib.holidays import NO_HOLIDAYS, Holidays, chinese_holidays
from zhiyin.lib.text import LANGUAGES
from zhiyin.metrics.language import Dimension
from zhiyin.metrics.times import kind_of_day, shift_of_hour, time_dimensions, unknown_years

FACTS = frozenset({"rows"})
DIMENSIONS = {one.key: one for one in time_dimensions(FACTS, hourly=FACTS)}
MOMENTS = [  # a day and an hour, as the clock on the wall shows them
    *((date(2026, 1, 1), 0), (date(2026, 2, 14), 9), (date(2026, 11, 22), 23), (date(2026, 11, 23), 8)),
    *((date(2024, 12, 30), 7), (date(2026, 10, 10), 12), (date(2027, 3, 1), 15)),
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect(":memory:")
    made.execute("CREATE TABLE rows (day DATE, hour SMALLINT)")
    made.executemany("INSERT INTO rows VALUES (?, ?)", MOMENTS)
    yield made
    made.close()


def column(connection: duckdb.DuckDBPyConnection, build: Any) -> list[Any]:
    table = ibis.table({"day": "date", "hour": "int16"}, name="rows")
    sql = str(ibis.to_sql(table.select(found=build(table)), dialect="duckdb"))
    return [row[0] for row in connection.execute(sql).fetchall()]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "hour",
            ["2026-01-01 00:00", "2026-02-14 09:00", "2026-11-22 23:00", "2026-11-23 08:00"]
            + ["2024-12-30 07:00", "2026-10-10 12:00", "2027-03-01 15:00"],
        ),
        ("day", [f"{day:%Y-%m-%d}" for day, _hour in MOMENTS]),
        # Monday begins the week, also where the year changes within it.
        (
            "week",
            ["2025-12-29", "2026-02-09", "2026-11-16", "2026-11-23", "2024-12-30", "2026-10-05", "2027-03-01"],
        ),
        (
            "month",
            ["2026-01-01", "2026-02-01", "2026-11-01", "2026-11-01", "2024-12-01", "2026-10-01", "2027-03-01"],
        ),
        (
            "quarter",
            ["2026-01-01", "2026-01-01", "2026-10-01", "2026-10-01", "2024-10-01", "2026-10-01", "2027-01-01"],
        ),
        ("year", ["2026-01-01"] * 4 + ["2024-01-01", "2026-01-01", "2027-01-01"]),
        ("weekday", [4, 6, 7, 1, 1, 6, 1]),
        ("hour_of_day", [0, 9, 23, 8, 7, 12, 15]),
        # New Year; a Saturday worked for the Spring Festival; a Sunday; a Monday; a Monday; a Saturday worked for the
        # National Day; a year whose holidays nobody has announced.
        ("calendar", ["holiday", "makeup", "weekend", "workday", "workday", "makeup", "unknown"]),
    ],
)
def test_each_moment_is_put_where_people_would_put_it(
    connection: duckdb.DuckDBPyConnection, key: str, expected: list[Any]
) -> None:
    assert column(connection, DIMENSIONS[key].column) == expected


def test_every_day_of_the_years_we_know_is_of_the_kind_that_the_holidays_say() -> None:
    known = chinese_holidays()
    assert known.years
    made = duckdb.connect(":memory:")
    made.execute(
        f"CREATE TABLE rows AS SELECT d::DATE AS day, 0::SMALLINT AS hour FROM "
        f"range(DATE '{min(known.years)}-01-01', DATE '{max(known.years) + 1}-01-01', INTERVAL 1 DAY) AS t(d)"
    )
    days = [row[0] for row in made.execute("SELECT day FROM rows").fetchall()]
    found = dict(zip(days, column(made, DIMENSIONS["calendar"].column), strict=True))

    def kind(day: date) -> str:
        if day in known.closed:
            return "holiday"
        if day in known.workdays:
            return "makeup"
        return "weekend" if day.weekday() >= 5 else "workday"

    assert found == {day: kind(day) for day in days}
    assert len(days) > 2500
    made.close()


def test_where_no_year_has_holidays_every_year_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    kinds = column(connection, lambda rows: kind_of_day(rows.day, NO_HOLIDAYS))
    assert kinds == ["workday", "weekend", "weekend", "workday", "workday", "weekend", "workday"]


def test_the_years_that_nobody_has_announced_are_named() -> None:
    known = Holidays(years=frozenset({2026}))
    assert unknown_years(date(2026, 1, 1), date(2026, 12, 31), known) == ()
    assert unknown_years(date(2025, 12, 31), date(2028, 1, 1), known) == (2025, 2027, 2028)
    assert unknown_years(date(2019, 5, 1), date(2021, 1, 1)) == (2019,)  # of the file that came with this version


def test_a_shift_goes_past_midnight_and_an_hour_in_none_is_in_none(connection: duckdb.DuckDBPyConnection) -> None:
    shifts = [("night", (22, 23, 0, 1, 2, 3, 4, 5)), ("day", tuple(range(8, 16)))]
    assert column(connection, shift_of_hour(shifts)) == ["night", "day", "night", "day", "", "day", "day"]
    assert set(column(connection, shift_of_hour([]))) == {""}


@pytest.mark.parametrize("dimension", DIMENSIONS.values(), ids=lambda one: one.key)
def test_people_read_something_for_each_in_both_languages(
    connection: duckdb.DuckDBPyConnection, dimension: Dimension
) -> None:
    values = list(dict.fromkeys(column(connection, dimension.column)))
    for language in LANGUAGES:
        assert dimension.labels is not None
        labels = dimension.labels([*values, None], language)
        assert set(labels) >= {one for one in values if one != 0} - {None}
        assert all(labels.values())
    if dimension.key not in ("hour", "hour_of_day"):
        assert dimension.labels(values, "zh-hans") != dimension.labels(values, "en")
