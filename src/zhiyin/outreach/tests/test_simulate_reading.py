"""The strict boundary: what is wrong with a file of events is named by row and field; what is right is read exactly."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.outreach.simulate import engine as engines
from zhiyin.outreach.simulate import events as reading
from zhiyin.outreach.simulate import scanning
from zhiyin.outreach.simulate.engine import PLAIN, Engine, engine_for
from zhiyin.outreach.simulate.events import Events, read_events
from zhiyin.outreach.simulate.faults import EventsInvalid

HEADER = b"external_id,customer,scenario,at\n"
GOOD = b"e1,C1,hotline,2026-11-22T10:00:00+08:00\n"


@pytest.fixture(scope="module", params=["plain", "compiled"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return PLAIN if request.param == "plain" else engine_for(engines.COMPILE_FROM)


def read(data: bytes, engine: Engine = PLAIN) -> Events:
    return read_events(data, engine=engine, progress=lambda done: None)


def refusal(data: bytes, engine: Engine = PLAIN) -> tuple[int, str, str]:
    with pytest.raises(EventsInvalid) as caught:
        read(data, engine)
    line = caught.value.line("en")
    assert "\n" not in line + caught.value.line("zh-hans")
    return caught.value.row, caught.value.field, line


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        (b"e2,C1,hotline", "at", "too few"),
        (b"e2", "customer", "too few"),
        (b"e2,C1,hotline,2026-11-22T10:00Z,more", "", "too many"),
        (b"e2,C1,hotline,2026-11-22T10:00Z,", "", "too many"),
        (b",C1,hotline,2026-11-22T10:00Z", "external_id", "missing"),
        (b"e2,,hotline,2026-11-22T10:00Z", "customer", "missing"),
        (b'e2,"",hotline,2026-11-22T10:00Z', "customer", "missing"),
        (b"e2,C1,,2026-11-22T10:00Z", "scenario", "missing"),
        (b"e2,C1,hotline,", "at", "missing"),
        (b"e2, C1,hotline,2026-11-22T10:00Z", "customer", "space"),
        (b'e2,"C1 ",hotline,2026-11-22T10:00Z', "customer", "space"),
        (b"   ,C1,hotline,2026-11-22T10:00Z", "external_id", "space"),
        (b"e2,C\x001,hotline,2026-11-22T10:00Z", "customer", "control"),
        (b"e2,C\t1,hotline,2026-11-22T10:00Z", "customer", "control"),
        (b"e2,C\x7f1,hotline,2026-11-22T10:00Z", "customer", "control"),
        (b'e2,"C\x001",hotline,2026-11-22T10:00Z', "customer", "control"),
        (b"e2,C1,hotline,2026-11-22T10:00Z\re3", "at", "control"),
        (b"e2,C1,hotline,2026-11-22T10:00Z\r", "at", "control"),
        (b'e2,"C1,hotline,2026-11-22T10:00Z', "customer", "quote"),
        (b'e2,"C1\n",hotline,2026-11-22T10:00Z', "customer", "quote"),
        (b'e2,"C1"x,hotline,2026-11-22T10:00Z', "customer", "quote"),
        (b'e2,C"1,hotline,2026-11-22T10:00Z', "customer", "quote"),
        (b'e2,C1,hotline,"2026-11-22T10:00Z', "at", "quote"),
        (b'e2,C1,hotline,"2026-11-22T10:00Z""', "at", "quote"),
        (b"e2,C1,hotline,2026-11-22T10:00:00", "at", '("2026-11-22T10:00:00")'),
        (b"e2,C1,hotline,yesterday", "at", '("yesterday")'),
        (b"e2,C1,hotline,1999-12-31T23:59:59Z", "at", "year"),
        (b"e2,C1,hotline,2101-01-01T00:00:00Z", "at", "year"),
        (b'e2,C1,hotline,"9999-12-31T23:00-08:00"', "at", "year"),
        (b"e2,C1,hotline,\xce\xde\xcf\xde", None, "UTF-8"),
        (b"e2,C1,\xe7\x83,2026-11-22T10:00Z", None, "UTF-8"),
    ],
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\n" + GOOD])
def test_the_first_thing_wrong_is_named(row: bytes, field: str | None, words: str, end: bytes, engine: Engine) -> None:
    if row.endswith(b"\r") and end:
        return  # a line that ends in CR LF is a good one
    got_row, got_field, line = refusal(HEADER + GOOD + row + end, engine)
    assert (got_row, got_field) == (3, field or "")
    assert words in line


def test_lines_far_too_short_for_a_time_do_not_overrun(engine: Engine) -> None:
    assert refusal(HEADER + b"a,b,c,d\n" * 5_000, engine)[:2] == (2, "at")
    assert refusal(HEADER + GOOD + b"a,b,c,d\n" * 5_000 + b"a", engine)[:2] == (3, "at")


def test_the_first_of_two_faults_is_named_whichever_kind_it_is(engine: Engine) -> None:
    late, few = b"e2,C1,hotline,soon\n", b"e3\n"
    assert refusal(HEADER + GOOD + late + few, engine)[:2] == (3, "at")
    assert refusal(HEADER + GOOD + few + late, engine)[:2] == (3, "customer")
    assert refusal(HEADER + b"\n\r\n" + GOOD + late, engine)[:2] == (5, "at")


@pytest.mark.parametrize(
    ("header", "field", "words"),
    [
        (b"id,customer,scenario,at", "id", "no such column"),
        (b"external_id,costumer,scenario,at", "costumer", "did you mean customer?"),
        (b"external_id,customer,scenario", "at", "missing"),
        (b"external_id,customer,scenario,at,at", "at", "twice"),
        (b"external_id,customer,scenario,at,", "", "no such column"),
        (b"\n", "external_id", "missing"),
        (b"e1,C1,hotline,2026-11-22T10:00:00+08:00", "e1", "no such column"),
        (b'external_id,customer,"scenario,at', "", "quote"),
        (b"external_id\x00,customer,scenario,at", "external_id·", "did you mean external_id?"),
        (b"external_id;customer;scenario;at" + b"x" * 50, "external_id;customer;scenario;atxxxxxxx…", "no such"),
    ],
)
def test_a_bad_header_is_row_1(header: bytes, field: str, words: str) -> None:
    row, got, line = refusal(header + b"\n" + GOOD)
    assert (row, got) == (1, field)
    assert words in line


def test_utf_16_and_gb18030_are_named_as_not_utf_8() -> None:
    assert refusal("external_id,customer,scenario,at\n".encode("utf-16"))[0] == 1
    row, _, line = refusal(HEADER + GOOD + "e2,C1,宽带,2026-11-22T10:00Z\n".encode("gb18030"))
    assert (row, "UTF-8" in line) == (3, True)


def test_a_refusal_reads_well_in_both_languages() -> None:
    with pytest.raises(EventsInvalid) as caught:
        read(HEADER + b"e1,C1,hotline,2026-11-22 10:00\n")
    assert caught.value.line("en") == (
        'row 2, at: the time has no offset; write it as 2026-11-22T10:00:00+08:00 ("2026-11-22 10:00").'
    )
    assert caught.value.line("zh-hans") == (
        '第 2 行 at：时间没有时区偏移，应写成 2026-11-22T10:00:00+08:00 ("2026-11-22 10:00")。'
    )
    assert str(caught.value) == caught.value.line("en")


def test_bom_crlf_quotes_blank_lines_any_order_of_columns(engine: Engine) -> None:
    data = (
        b'\xef\xbb\xbfat,"customer",touchpoint,external_id,scenario\r\n\r\n'
        b'2026-11-22T10:00:00+08:00,"C1",phone,e1,hotline\r\n'
        b'"2026-11-22T02:00:01Z",C1,hall,"e,""2""",\xe5\xae\xbd\xe5\xb8\xa6\r\n\n'
        b"2026-11-22T02:00:02Z,C2,phone,e3,hotline"
    )
    events = read(data, engine)
    assert len(events) == 3
    assert events.customer.tolist() == [0, 0, 1]
    assert events.scenario.tolist() == [0, 1, 0]
    assert events.codes["touchpoint"].tolist() == [0, 1, 0]
    assert events.header == ("at", "customer", "touchpoint", "external_id", "scenario")
    assert np.diff(events.at).tolist() == [1_000_000, 1_000_000]
    ids = [data[first:last] for first, last in zip(events.id_from, events.id_to, strict=True)]
    assert ids == [b"e1", b'"e,""2"""', b"e3"]


@pytest.mark.parametrize("size", [1, 60, 100, 1 << 20])
def test_windows_of_any_size_read_the_same(size: int, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than a window, names that outgrow their table many times over, a fault in a late window."""
    rows = [
        f"e{number},customer-{number * 7 % 3001},s{number % 11},2026-11-22T10:00:{number % 60:02}Z\n"
        for number in range(4000)
    ]
    data = HEADER + "".join(rows).encode()
    monkeypatch.setattr(reading, "WINDOW", size)
    if engine is PLAIN and size == 1:
        data, rows = data[: data.index(b"e500,")], rows[:500]
    events = read(data, engine)
    numbers: dict[str, int] = {}
    assert events.customer.tolist() == [numbers.setdefault(row.split(",")[1], len(numbers)) for row in rows]
    assert events.customers == len(numbers)
    assert events.scenario.tolist() == [number % 11 for number in range(len(rows))]
    assert refusal(data + b"x,y,z,never\n", engine)[:2] == (len(rows) + 2, "at")


fields = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda text: not text.startswith(" ") and not text.endswith(" ") and "\x7f" not in text
)


@given(st.lists(st.tuples(fields, fields, fields), max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_the_csv_module_writes_is_read_as_it_was(
    rows: list[tuple[str, str, str]], end: str, all_quoted: bool
) -> None:
    text = StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["external_id", "customer", "scenario", "at"])
    writer.writerows((*row, "2026-11-22T10:00Z") for row in rows)
    data = text.getvalue().encode()
    events = read(data)
    raw = [data[first:last].decode() for first, last in zip(events.id_from, events.id_to, strict=True)]
    assert [next(csv.reader([each]))[0] for each in raw] == [row[0] for row in rows]
    for column, place in ((events.customer, 1), (events.scenario, 2)):
        numbers: dict[str, int] = {}
        assert column.tolist() == [numbers.setdefault(row[place], len(numbers)) for row in rows]


def moment(text: str) -> int:
    return int(scanning.read_moment(text.encode(), 0, len(text.encode())))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-22T10:00:00+08:00", "2026-11-22T02:00:00+00:00"),
        ("2026-11-22 10:00+0800", "2026-11-22T02:00:00+00:00"),
        ("2026-11-22t10:00:00.5z", "2026-11-22T10:00:00.500000+00:00"),
        ("2026-11-22T10:00:00.123456789Z", "2026-11-22T10:00:00.123456+00:00"),
        ("2026-11-22T10:00:00-03:30", "2026-11-22T13:30:00+00:00"),
        ("2026-11-22T10:00:00-03", "2026-11-22T13:00:00+00:00"),
        ("2000-01-01T00:00+14:00", "1999-12-31T10:00:00+00:00"),
        ("2100-12-31T23:59:59.999999-12:00", "2101-01-01T11:59:59.999999+00:00"),
        ("2028-02-29T00:00Z", "2028-02-29T00:00:00+00:00"),
        ("2000-02-29T23:59Z", "2000-02-29T23:59:00+00:00"),
    ],
)
def test_times_that_are_read(text: str, same: str) -> None:
    assert moment(text) == (datetime.fromisoformat(same) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@pytest.mark.parametrize(
    "text",
    [
        *("2023-02-29T10:00Z", "2100-02-29T10:00Z", "2026-00-22T10:00Z", "2026-13-22T10:00Z", "2026-11-00T10:00Z"),
        *("2026-11-31T10:00Z", "2026-12-32T10:00Z", "2026-11-22T24:00Z", "2026-11-22T10:60Z", "2026-11-22T10:00:60Z"),
        *("2026-11-22T10:00:0Z", "2026-11-22T10:00:Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00.1234567890Z"),
        *("2026-11-22T10:00:00,5Z", "2026-11-22T10:00+24:00", "2026-11-22T10:00+08:60", "2026-11-22T10:00+8:00"),
        *("2026-11-22T10:00+08:0", "2026-11-22T10:00+08.00", "2026-11-22T10:00ZZ", "2026-11-22T10:00 Z", "2026-11-22"),
        *("2026-11-22_10:00Z", "2026/11/22T10:00Z", "20261122T100000Z", "1795312800", "-026-11-22T10:00Z", "now"),
        *("２026-11-22T10:00Z", "2026-11-22T10-00Z", "2026-1a-22T10:00Z", "2026-11-2aT10:00Z", "2026-11-22Ta0:00Z"),
        *("2026-11-22T1a:00Z", "2026-11-22T10:0aZ", "2026-11-22T10:00:aaZ", "2026-11-22T10:00+aa:00"),
        "2026-11-22T10:00+08:aa",
    ],
)  # fmt: skip
def test_times_that_are_none(text: str) -> None:
    assert moment(text) == -scanning.TIME


@pytest.mark.parametrize("text", ["2026-11-22T10:00:00", "2026-11-22T10:00", "2026-11-22T10:00:00.5"])
def test_times_without_offset(text: str) -> None:
    assert moment(text) == -scanning.OFFSET


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31, 23, 59, 59, 999999), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.integers(-1439, 1439))
def test_every_time_is_read_as_python_reads_it(when: datetime, minutes: int) -> None:
    text = (
        when.replace(tzinfo=None).isoformat()
        + f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    )
    expected = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    assert moment(text) == expected // timedelta(microseconds=1)


@given(st.binary(max_size=40))
def test_no_bytes_break_the_reading_of_a_time(data: bytes) -> None:
    got = scanning.read_moment(data, 0, len(data))
    assert got > 0 or -got in (scanning.TIME, scanning.OFFSET, scanning.YEAR)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_alike_in_python_and_compiled(data: bytes) -> None:
    compiled = engine_for(engines.COMPILE_FROM)

    def outcome(engine: Engine, data: bytes) -> Any:
        try:
            events = read(data, engine)
        except EventsInvalid as invalid:
            return invalid.row, invalid.field, invalid.line("en")
        return events.id_from.tolist(), events.customer.tolist(), events.at.tolist()

    for each in (data, HEADER + data, HEADER + GOOD + data.replace(b"\n", b",")):
        assert outcome(PLAIN, each) == outcome(compiled, each)
