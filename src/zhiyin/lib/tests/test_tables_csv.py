"""CSV imports against the catalogue (RELIABILITY I01-I58, as far as they concern reading)."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from zhiyin.lib.clean import Field, Kind, Unclean
from zhiyin.lib.phones import Phone, PhoneKind
from zhiyin.lib.tables import Column, Columns, Options, Row, TableLimits, open_table
from zhiyin.lib.tests.table_files import CUSTOMERS, HEADER, csv_file

MOBILE = Phone(PhoneKind.MOBILE, "+8613800138000", "13800138000")
GOOD = "C1001,13800138000,王小明,2026-03-05 15:05,3,好"
WANTED = {
    "external_id": "C1001",
    "phone": MOBILE,
    "name": "王小明",
    "seen_at": datetime(2026, 3, 5, 7, 5, tzinfo=UTC),
    "visits": 3,
    "comment": "好",
}


def _rows(folder: Path, text: str | bytes, **options: Any) -> list[Row]:
    return list(open_table(csv_file(folder, text), CUSTOMERS, options=Options(**options)).rows())


def _one(folder: Path, line: str) -> Row:
    (row,) = _rows(folder, f"{HEADER}\n{line}\n")
    return row


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        pytest.param(b"", "file_empty", "empty", id="I01"),
        pytest.param(HEADER, "file_no_rows", "no rows", id="I02"),
        pytest.param(HEADER + "\n\n\n", "file_no_rows", "no rows", id="I02-empty-lines"),
        pytest.param(b"\xef\xbb\xbf", "file_empty", "empty", id="I03"),
        pytest.param(b"\n\n", "file_empty", "empty", id="only-line-ends"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "file_kind", "neither", id="picture"),
        pytest.param(b"PK\x03\x04" + b"x" * 50, "file_named_wrongly", ".xlsx", id="I05"),
        pytest.param(
            (HEADER + "\nC1,,王小明,,,\n").encode() + "C2,,王小明,,,\n".encode("gbk"),
            "file_encoding",
            "mixes",
            id="I27",
        ),
        pytest.param(
            (HEADER + "\nC2,,王小明,,,\n").encode("gbk") + "C1,,王小明,,,\n".encode(),
            "file_encoding",
            "mixes",
            id="I27-b",
        ),
        pytest.param((HEADER + "\nC1,,").encode("gbk") + b"\xff\xff,,,", "file_encoding", "byte", id="no-encoding"),
        pytest.param("\ufeff客".encode("utf-16-le") + b"\x00\xd8", "file_encoding", "byte", id="broken-utf16"),
        pytest.param(f'{HEADER}\n{GOOD}\n\nC2,,"王,,,\nC3,,,,,\n', "file_quote", "on line 4 is never closed", id="I28"),
        pytest.param(f'{HEADER}\n{GOOD}\nC2,,"王"明,,,\n', "file_quote", "on line 3 are wrong", id="I28-bad-quote"),
        pytest.param("手机号,姓名\n13800138000,王\n", "header_missing", "外部编号 / external_id", id="I29"),
        pytest.param("外部编号,姓名,姓名\nC1,a,b\n", "header_duplicate", "column 3", id="I30"),
        pytest.param("外部编号,姓名,name\nC1,a,b\n", "header_duplicate", "column 3", id="I30-alias"),
        pytest.param("外部编号,其他,其他 \nC1,a,b\n", "header_duplicate", "column 3", id="I30-unknown"),
    ],
)
def test_what_spoils_the_file_refuses_it_whole(tmp_path: Path, text: str | bytes, code: str, says: str) -> None:
    with pytest.raises(Unclean) as refused:
        open_table(csv_file(tmp_path, text), CUSTOMERS)
    assert refused.value.faults[0].code == code
    assert says in refused.value.faults[0].sentence("en")
    assert refused.value.faults[0].sentence("zh-hans")


def test_a_mixed_file_names_the_first_byte_of_the_line(tmp_path: Path) -> None:  # I27
    first = f"{HEADER}\nC1,,王小明,,,\n".encode()
    with pytest.raises(Unclean) as refused:
        open_table(csv_file(tmp_path, first + "C2,,李雷,,,\n".encode("gbk")), CUSTOMERS)
    assert refused.value.faults[0].position == len(first)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        pytest.param(TableLimits(max_rows=1), "file_too_many_rows", id="I17"),
        pytest.param(TableLimits(max_bytes=100), "file_too_big", id="I18"),
        pytest.param(TableLimits(max_columns=5), "file_too_many_columns", id="columns"),
    ],
)
def test_limits_refuse_the_file_whole(tmp_path: Path, limits: TableLimits, code: str) -> None:
    with pytest.raises(Unclean) as refused:
        _rows(tmp_path, f"{HEADER}\n{GOOD}\n{GOOD}\n", limits=limits)
    assert refused.value.faults[0].code == code
    assert len(_rows(tmp_path, f"{HEADER}\n{GOOD}\n", limits=TableLimits(max_rows=1))) == 1


@pytest.mark.parametrize(
    ("text", "encoding", "delimiter"),
    [
        pytest.param(f"{HEADER}\n{GOOD}\n".encode(), "utf-8", ",", id="utf8"),
        pytest.param(f"{HEADER}\n{GOOD}\n".encode("utf-8-sig"), "utf-8-sig", ",", id="bom"),
        pytest.param(f"{HEADER}\n{GOOD}\n".encode("gb18030"), "gb18030", ",", id="I22"),
        pytest.param(f"{HEADER}\n{GOOD}\n".encode("utf-16"), "utf-16", ",", id="I23"),
        pytest.param(b"\xfe\xff" + f"{HEADER}\n{GOOD}\n".encode("utf-16-be"), "utf-16", ",", id="I23-big"),
        pytest.param(
            ("external_id,phone,name,seen_at,visits,comment\n" + GOOD).encode("utf-16-le"),
            "utf-16-le",
            ",",
            id="I23-no-mark",
        ),
        pytest.param(f"{HEADER}\r{GOOD}\r".encode(), "utf-8", ",", id="I24"),
        pytest.param(f"{HEADER}\n{GOOD}\n".replace(",", "\t").encode(), "utf-8", "\t", id="I26"),
        pytest.param(f"{HEADER}\n{GOOD}\n".replace(",", ";").encode(), "utf-8", ";", id="I26-semicolon"),
        pytest.param(f"{HEADER}\n\n,,,,,\n{GOOD}".encode(), "utf-8", ",", id="empty-lines"),
    ],
)
def test_encoding_and_delimiter_are_detected(tmp_path: Path, text: bytes, encoding: str, delimiter: str) -> None:
    table = open_table(csv_file(tmp_path, text), CUSTOMERS)
    good = [row for row in table.rows() if not row.faults]
    assert [row.values for row in good] == [WANTED]
    assert (getattr(table.source, "encoding", ""), getattr(table.source, "delimiter", "")) == (encoding, delimiter)


def test_gbk_words_that_are_utf8_by_accident_do_not_make_a_mixed_file(tmp_path: Path) -> None:
    """联通 in GBK is valid UTF-8, the famous Notepad mistake."""
    rows = _rows(tmp_path, f"{HEADER}\nC1,,联通,,,\nC2,,王小明,,,\nC3,,联,,,\n".encode("gbk"))
    assert [row.values["name"] for row in rows] == ["联通", "王小明", "联"]


def test_what_is_both_is_judged_by_the_other_lines(tmp_path: Path) -> None:
    """A line that is good GBK and by accident good UTF-8 says nothing; plain lines say nothing either."""
    text = "external_id,name\nC1,ASCII\nC2,联通\nC3,王小明\nC4,é\n".encode("gb18030")
    assert [row.values["name"] for row in _rows(tmp_path, text)] == ["ASCII", "联通", "王小明", "é"]


def test_a_wrong_choice_of_encoding_is_told_by_line(tmp_path: Path) -> None:
    with pytest.raises(Unclean) as refused:
        _rows(tmp_path, f"{HEADER}\n{GOOD}\n".encode("gbk"), encoding="utf-8", delimiter=",")
    assert refused.value.faults[0].code == "file_encoding"


def test_line_ends_inside_quotes_belong_to_the_text_and_rows_keep_their_numbers(tmp_path: Path) -> None:  # I25
    rows = _rows(tmp_path, f'{HEADER}\nC1,,,,,"一\n二,""三"""\n\nC2,,,,,\n')
    assert [(row.number, row.values["comment"]) for row in rows] == [(2, '一\n二,"三"'), (4, None)]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(" 外部编号 ,手 机 号,姓名（必填）,时间*,次数:,备注", id="I32-padded"),
        pytest.param("Ｅｘｔｅｒｎａｌ＿ＩＤ,Ｐｈｏｎｅ,NAME,Seen At,visits,Comment", id="I32-full-width"),
        pytest.param('"外部编号","手机号","姓名","时间","次数","备注"', id="quoted"),
        pytest.param("客户编号,电话,name,seen-at,次数,备注", id="aliases"),
    ],
)
def test_headers_are_found_however_they_are_written(tmp_path: Path, header: str) -> None:
    (row,) = _rows(tmp_path, f"{header}\n{GOOD}\n")
    assert row.values == WANTED


def test_an_unknown_header_is_noticed_and_can_be_mapped(tmp_path: Path) -> None:  # I31
    path = csv_file(tmp_path, "编号,大名,星级\nC1,王,5\n")
    with pytest.raises(Unclean):
        open_table(path, CUSTOMERS)
    table = open_table(path, CUSTOMERS, options=Options(mapping={"编号": "external_id", "大名": "name"}))
    assert [(one.code, one.field) for one in table.notices] == [("notice_unknown_header", "星级")]
    (row,) = table.rows()
    assert (row.values["external_id"], row.values["name"], row.unknown) == ("C1", "王", {})
    left_out = open_table(path, CUSTOMERS, options=Options(mapping={"编号": "external_id", "大名": None, "星级": None}))
    assert left_out.notices == ()
    keeping = open_table(path, replace(CUSTOMERS, keep_unknown=True), options=Options(mapping={"编号": "external_id"}))
    assert [row.unknown for row in keeping.rows()] == [{"大名": "王", "星级": "5"}]


@pytest.mark.parametrize(
    ("line", "column", "code", "says"),
    [
        pytest.param("C1,,王\x00,,,", "姓名", "text_nul", "NUL", id="I35"),
        pytest.param("C1,,,,," + "x" * 131_073, "备注", "text_too_long", "131073", id="I36"),
        pytest.param("C1,13800138000", "", "row_short", "2 cells", id="I37"),
        pytest.param(GOOD + ",多", "", "row_long", "7 cells", id="I38"),
        pytest.param("C1,1.38E+10,,,,", "手机号", "phone_digits_lost", "Set the column to text", id="I39"),
        pytest.param("1.38E+10,,,,,", "外部编号", "digits_lost", "Set the column to text", id="I39-code"),
        pytest.param("C1,1065529988,,,,", "手机号", "phone_leading_zero", "leading zero", id="I40"),
        pytest.param("C1,,,2026/2/30,,", "时间", "time_invalid", "does not exist", id="I41"),
        pytest.param("C1,,,2026-02-30 10:00,,", "时间", "time_invalid", "does not exist", id="I41-iso"),
        pytest.param("C1,,#N/A,,,", "姓名", "cell_error", "#N/A", id="I42"),
        pytest.param("C1,,,#VALUE!,,", "时间", "cell_error", "#VALUE!", id="I42-time"),
        pytest.param("C1,,,,#DIV/0!,", "次数", "cell_error", "#DIV/0!", id="I42-number"),
        pytest.param("C1,,TRUE,,,", "姓名", "cell_boolean", "TRUE", id="I43"),
        pytest.param("合计,,,,120,", "", "row_total", "totals", id="I45"),
        pytest.param(",,总计：,,120,", "", "row_total", "totals", id="I45-not-first"),
        pytest.param("Total,120", "", "row_total", "totals", id="I45-short"),
        pytest.param("C1,,,03/04/2026,,", "时间", "time_ambiguous", "which comes first", id="I54"),
        pytest.param("C1,,,下周一,,", "时间", "time_invalid", "2026-03-05 15:05", id="no-time"),
        pytest.param("C1,,,99999,,", "时间", "time_invalid", "2026-03-05 15:05", id="serial-too-big"),
        pytest.param("C1,,,1999-12-31,,", "时间", "time_year", "2000", id="year"),
        pytest.param("C1,,,2026-03-05T10:00:00+25:00,,", "时间", "time_invalid", "such as", id="offset"),
        pytest.param("C1,,,,3.5,", "次数", "type", "whole number", id="not-whole"),
        pytest.param("C1,,,,-3,", "次数", "int_range", "0", id="range"),
        pytest.param(",13800138000,,,,", "外部编号", "blank", "Fill", id="required"),
        pytest.param("  ,13800138000,,,,", "外部编号", "blank", "Fill", id="required-spaces"),
    ],
)
def test_what_spoils_a_row_refuses_that_row_alone(tmp_path: Path, line: str, column: str, code: str, says: str) -> None:
    bad, good = _rows(tmp_path, f"{HEADER}\n{line}\n{GOOD}\n")
    assert [(one.field, one.code) for one in bad.faults] == [(column, code)]
    assert says in bad.faults[0].sentence("en")
    assert (bad.number, good.number, good.faults, good.values) == (2, 3, (), WANTED)


def test_a_refused_cell_is_shown_masked(tmp_path: Path) -> None:
    row = _one(tmp_path, "C1,13800138O00,王\x00小明,2026/2/30,3.5,")
    assert {one.field: one.params["value"] for one in row.faults} == {
        "手机号": "138***",
        "姓名": "王***",
        "时间": "2026/2/30",
        "次数": "3.5",
    }


@pytest.mark.parametrize(
    ("line", "key", "expected"),
    [
        pytest.param("C1,,𠀀𮯰,,,", "name", "𠀀𮯰", id="I33"),
        pytest.param("C1,,=1+1,,,", "name", "=1+1", id="I47-equals"),
        pytest.param("C1,,+王,,,", "name", "+王", id="I47-plus"),
        pytest.param("C1,,-王,,,", "name", "-王", id="I47-minus"),
        pytest.param("C1,,@王,,,", "name", "@王", id="I47-at"),
        pytest.param("C1,13800138000.0,,,,", "phone", MOBILE, id="I49"),
        pytest.param("C1,'13800138000,,,,", "phone", MOBILE, id="I50"),
        pytest.param("'001,,,,,", "external_id", "001", id="I50-code"),
        pytest.param("C1,,'=王,,,", "name", "=王", id="I50-escaped"),
        pytest.param("C1,,'王',,,", "name", "'王'", id="apostrophe-of-the-name"),
        pytest.param("C1,,'',,,", "name", "''", id="two-apostrophes"),
        pytest.param("C1,,,46086.62847222222,,", "seen_at", WANTED["seen_at"], id="I51"),
        pytest.param("C1,,,2026年3月5日 下午3:05,,", "seen_at", WANTED["seen_at"], id="I53"),
        pytest.param("C1,,,２０２６／３／５ １５：０５,,", "seen_at", WANTED["seen_at"], id="I53-full-width"),
        pytest.param(" C1 ,,,,,", "external_id", "C1", id="code-padded"),
        pytest.param("C1,, 王 ,,,", "name", " 王 ", id="name-exact"),
        pytest.param("C1,,,,５,", "visits", 5, id="full-width-digit"),
        pytest.param("C1,,,,5.0,", "visits", 5, id="point-zero"),
        pytest.param("C1,,,,,,,", "comment", None, id="empty-cells-at-the-end"),
        pytest.param("0012,,,,,", "external_id", "0012", id="leading-zeros-kept"),
        pytest.param("C1,,,,,<script>alert(1)</script>", "comment", "<script>alert(1)</script>", id="I48-kept"),
    ],
)
def test_what_people_write_is_understood(tmp_path: Path, line: str, key: str, expected: object) -> None:
    row = _one(tmp_path, line)
    assert row.faults == ()
    assert row.values[key] == expected


@pytest.mark.parametrize(("day_first", "month"), [(True, 4), (False, 3)])
def test_told_which_comes_first_a_short_date_is_understood(tmp_path: Path, day_first: bool, month: int) -> None:  # I54
    (row,) = _rows(tmp_path, f"{HEADER}\nC1,,,03/04/2026 9:30,,\n", day_first=day_first)
    assert row.values["seen_at"].month == month
    clear = _rows(tmp_path, f"{HEADER}\nC1,,,13/04/2026,,\nC2,,,04/13/2026,,\nC3,,,05/05/2026,,\n")
    assert [row.faults for row in clear] == [(), (), ()]


def test_the_preview_shows_rows_notices_and_open_questions(tmp_path: Path) -> None:  # I26, I34, I54
    garbled = "王小明".encode().decode("gb18030", errors="ignore")
    lines = "\n".join([*[GOOD] * 30, "C1,,,03/04/2026,,", f"C2,,{garbled},,,"])
    preview = open_table(csv_file(tmp_path, f"{HEADER}\n{lines}\n"), CUSTOMERS).preview(rows=5)
    assert len(preview.rows) == 5
    assert preview.asks_day_first
    plain = open_table(csv_file(tmp_path, f"{HEADER}\n{GOOD}\n" * 1), CUSTOMERS).preview()
    assert (len(plain.rows), plain.notices, plain.asks_day_first) == (1, (), False)


def test_foreign_letters_are_not_taken_for_garbled_text(tmp_path: Path) -> None:
    preview = open_table(csv_file(tmp_path, f"{HEADER}\nC1,,Ã©,,,\nC2,,Ünal,,,\n"), CUSTOMERS).preview()
    assert preview.notices == ()


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252", "gb18030"])
def test_texts_saved_in_the_wrong_encoding_are_noticed(tmp_path: Path, wrong: str) -> None:  # I34
    garbled = "中国移动".encode().decode(wrong)
    preview = open_table(csv_file(tmp_path, f"{HEADER}\nC1,,{garbled.replace(',', '')},,,\n"), CUSTOMERS).preview()
    assert [one.code for one in preview.notices] == ["notice_mojibake"]


def test_a_long_file_is_previewed_only_in_part(tmp_path: Path) -> None:
    path = csv_file(tmp_path, f"{HEADER}\n" + f"{GOOD}\n" * 1_500 + "C1,,,03/04/2026,,\n")
    assert not open_table(path, CUSTOMERS).preview().asks_day_first


OTHERS = Columns(
    {
        "id": Column(Field(Kind.CODE, required=True)),
        "channel": Column(Field(Kind.CHOICE, choices=("sms", "email"))),
        "mail": Column(Field(Kind.EMAIL)),
        "open": Column(Field(Kind.BOOL)),
        "share": Column(Field(Kind.NUMBER)),
        "day": Column(Field(Kind.DATE)),
        "more": Column(Field(Kind.FREE)),
    }
)


def test_every_kind_of_cell_has_its_reading(tmp_path: Path) -> None:
    text = 'id\tchannel\tmail\topen\tshare\tday\tmore\n1\t sms \ta@B.cn\t是\t-0.5\t2026年3月5日\t"{""a"": [1]}"\n'
    (row,) = open_table(csv_file(tmp_path, text), OTHERS).rows()
    assert row.faults == ()
    assert row.values == {
        "id": "1",
        "channel": "sms",
        "mail": "a@b.cn",
        "open": True,
        "share": -0.5,
        "day": datetime(2026, 3, 5, tzinfo=UTC).date(),
        "more": {"a": [1]},
    }


def test_every_kind_of_cell_has_its_refusal(tmp_path: Path) -> None:
    text = 'id\tchannel\tmail\topen\tshare\tday\tmore\n1\tfax\tx\t也许\t五\t32/13/2026\t"{""a"": 1, ""a"": 2}"\n'
    (row,) = open_table(csv_file(tmp_path, text), OTHERS).rows()
    assert [one.code for one in row.faults] == ["choice", "email_invalid", "type", "type", "time_invalid", "cell_json"]
    assert [one.params["value"] for one in row.faults] == ["fax", "***", "也许", "五", "32/13/2026", "{***"]
    false = open_table(csv_file(tmp_path, "id\topen\n1\t否\n"), OTHERS)
    assert [row.values["open"] for row in false.rows()] == [False]


def test_a_table_has_no_cells_for_lists(tmp_path: Path) -> None:
    columns = Columns({"id": Column(Field(Kind.LIST, item=Field(Kind.CODE)))})
    with pytest.raises(ValueError, match="no cells"):
        open_table(csv_file(tmp_path, "id\n1\n"), columns)
