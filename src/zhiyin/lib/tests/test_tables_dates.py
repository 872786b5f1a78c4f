"""Moments as people write them, and the promise that the fast way of reading a column is the slow way (I51-I54)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.clean import Field, Kind
from zhiyin.lib.clean.fields import Nested
from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.tables.cells import cell_reader
from zhiyin.lib.tables.dates import Reckoning, read_day, read_moment
from zhiyin.lib.tables.whole_columns import many_reader

SHANGHAI = Reckoning(ZoneInfo("Asia/Shanghai"))
NEW_YORK = Reckoning(ZoneInfo("America/New_York"))
AFTERNOON = datetime(2026, 3, 5, 7, 5, tzinfo=UTC)  # five past three in Shanghai


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05 15:05",
        "2026-3-5 15:05:00",
        "2026/3/5 15:05",
        "2026.3.5 15:05",
        "2026年3月5日 15:05",
        "2026年3月5日15时5分",
        "2026年3月5日 15点05分00秒",
        "2026年3月5日 下午3:05",
        "2026年3月5日 下午 3:05",
        "2026-03-05 3:05 PM",
        "2026-03-05 03:05:00pm",
        "2026-03-05T15:05:00.000",
        "2026-03-05T15:05:00+08:00",
        "2026-03-05 07:05:00Z",
        "20260305150500",
        "2026-03-05 15:05:00.0",
        "'2026-03-05 15:05",
        " 2026－03－05　15：05 ",
        "2026年3月5日 下午15:05",
        46086.62847222222,
        "46086.62847222222",
        datetime.fromisoformat("2026-03-05T15:05:00"),
    ],
)
def test_one_moment_however_it_is_written(written: object) -> None:
    assert read_moment(written, SHANGHAI) == AFTERNOON


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("上午12:00", 0),
        ("凌晨1:00", 1),
        ("早上8:00", 8),
        ("中午12:00", 12),
        ("中午1:00", 13),
        ("中午11:00", 11),
        ("下午12:00", 12),
        ("晚上8:00", 20),
        ("12:00 AM", 0),
        ("12:00 PM", 12),
    ],
)
def test_the_hours_of_the_day_have_their_names(written: str, hour: int) -> None:
    found = read_moment(f"2026-03-05 {written}", SHANGHAI).astimezone(SHANGHAI.zone)
    assert (found.date(), found.hour) == (date(2026, 3, 5), hour)


@pytest.mark.parametrize(
    "written", ["2026-03-05", "2026/3/5", "2026年3月5日", "20260305", 20260305.0, 46086, date(2026, 3, 5)]
)
def test_a_day_without_a_time_is_its_midnight_where_the_file_comes_from(written: object) -> None:
    assert read_moment(written, SHANGHAI) == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert read_moment(written, NEW_YORK) == datetime(2026, 3, 5, 5, tzinfo=UTC)
    assert read_day(written, NEW_YORK) == date(2026, 3, 5)


def test_parts_of_a_second_are_kept() -> None:
    assert read_moment("2026/3/5 15:05:01.5", SHANGHAI).microsecond == 500_000


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("2026/2/30", "time_invalid.calendar"),
        ("2026-03-05 25:00", "time_invalid.calendar"),
        ("2026-03-05 上午15:00", "time_invalid.calendar"),
        ("20261305", "time_invalid.calendar"),
        ("2026-03-05 10:60", "time_invalid.calendar"),
        ("03/04/2026", "time_ambiguous"),
        ("13/13/2026", "time_invalid.calendar"),
        ("1999-12-31", "time_year"),
        ("2101-01-02", "time_year"),
        ("9999-12-31", "time_year"),
        ("0001-01-01", "time_year"),
        ("soon", "time_invalid.cell"),
        ("10:00", "time_invalid.cell"),
        ("2026-03-05 15:05:00+25:00", "time_invalid"),
        ("12345", "time_invalid.cell"),
        (3.5, "time_invalid.cell"),
        (float("nan"), "time_invalid.cell"),
        (float("inf"), "time_invalid.cell"),
        (True, "time_invalid.cell"),
        (time(3, 5), "time_invalid.cell"),
    ],
)
def test_what_is_no_moment_is_told_why(written: object, key: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read_moment(written, SHANGHAI)
    assert wrong.value.key == key


@given(
    st.text(max_size=25) | st.text("0123456789-/:.年月日时分 上下午APMTZ+", max_size=25) | st.floats() | st.integers()
)
def test_whatever_stands_in_the_cell_the_answer_is_a_moment_or_a_reason(written: object) -> None:
    try:
        found = read_moment(written, SHANGHAI)
    except Wrong:
        return
    assert 2000 <= found.year <= 2100
    assert found.tzinfo is UTC


FIELDS = [
    Field(Kind.TEXT, max_length=6),
    Field(Kind.CODE, max_length=6),
    Field(Kind.CODE, pattern="[a-z]+"),
    Field(Kind.CHOICE, choices=("sms", "email")),
    Field(Kind.PHONE),
    Field(Kind.INT, min=1, max=20),
    Field(Kind.INT),
    Field(Kind.TIME),
    Field(Kind.LINES),
]
_words = [
    "王",
    "a b",
    " a",
    "a ",
    " ",
    "\u3000",
    "'=a",
    "'a",
    "TRUE",
    "#N/A",
    "1E+5",
    "sms",
    "abcdefg",
    "a\x00",
    "=1",
    "\n",
]
_digits = ["13800138000", "+8613800138000", "5", "0", "21", "-5", "５", "1234567890"]
_times = [
    "2026-03-05 15:05",
    "2026-03-05T15:05:00+08:00",
    "2026-02-30 10:00",
    "2101-01-02 00:00",
    "1999-12-31T23:00:00-08:00",
    "2026-11-01 01:30:00",
    "0001-01-01T00:00:00+08:00",
]
_cells = st.sampled_from(_words) | st.sampled_from(_digits) | st.sampled_from(_times)


@given(
    st.sampled_from(FIELDS),
    st.sampled_from([SHANGHAI, NEW_YORK]),
    st.lists(_cells, min_size=1, max_size=3) | st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3),
)
def test_a_column_read_at_once_is_the_column_read_cell_by_cell(
    field: Field, reckoning: Reckoning, cells: Sequence[str]
) -> None:
    _compare(field, reckoning, cells)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("reckoning", [SHANGHAI, NEW_YORK])
def test_every_odd_cell_alone_is_read_alike_in_both_ways(field: Field, reckoning: Reckoning) -> None:
    for cell in (*_words, *_digits, *_times):
        _compare(field, reckoning, [cell])


def _compare(field: Field, reckoning: Reckoning, cells: Sequence[str]) -> None:
    """What is read at once must be what is read one by one; refusing is the slow way's work alone."""
    at_once = many_reader(field, reckoning)(cells)
    if at_once is None:
        return
    read = cell_reader(field, reckoning)
    try:
        assert list(at_once) == [read(cell) for cell in cells]
    except (Wrong, Nested) as wrong:
        pytest.fail(f"read at once, and refused one by one: {wrong!r}")


@pytest.mark.parametrize("field", FIELDS[:-1])
def test_plain_columns_are_read_at_once(field: Field) -> None:
    plain = {Kind.PHONE: "13800138000", Kind.INT: "5", Kind.TIME: "2026-03-05 15:05", Kind.CHOICE: "sms"}
    assert many_reader(field, NEW_YORK)([plain.get(field.kind, "abc")] * 3) is not None
    assert many_reader(field, NEW_YORK)([5.0]) is None
    assert many_reader(field, NEW_YORK)([]) == ()


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK])
@pytest.mark.parametrize("written", ["2026-03-05T15:05:00+08:00", "2026-07-05T15:05:00", "2026-11-01 01:30"])
def test_a_column_of_times_read_at_once_keeps_the_zones_summer(zone: Reckoning, written: str) -> None:
    assert many_reader(Field(Kind.TIME), zone)([written]) == [read_moment(written, zone)]


def test_days_that_do_not_exist_are_left_to_the_slow_reading() -> None:
    read = many_reader(Field(Kind.TIME), SHANGHAI)
    assert read(["2026-02-30 10:00"]) is None
    assert read(["0001-01-01T00:00:00+08:00"]) is None
    assert read(["2101-01-02 00:00"]) is None
