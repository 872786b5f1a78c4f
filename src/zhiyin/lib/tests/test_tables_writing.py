"""Files that people open in a spreadsheet: inert, whole or absent, the same when read again (R16, I47, I69)."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from zhiyin.lib.clean import Field, Kind, fault
from zhiyin.lib.tables import (
    Column,
    Columns,
    Refusal,
    open_table,
    refusals_of,
    safe,
    write_csv,
    write_refusals,
    write_xlsx,
)

RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a", "'=1", "''=1"]


def _cells(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", RISKY)
def test_what_a_spreadsheet_would_run_is_quoted_in_cells_and_headers(tmp_path: Path, text: str) -> None:  # I47, I69
    path = tmp_path / "x.csv"
    write_csv(path, [text, "b"], [[text, "safe"]])
    assert _cells(path) == [["'" + text, "b"], ["'" + text, "safe"]]
    write_xlsx(tmp_path / "x.xlsx", [text], [[text]])
    read = CalamineWorkbook.from_path(tmp_path / "x.xlsx").get_sheet_by_index(0).to_python()
    assert read == [["'" + text], ["'" + text]]


@pytest.mark.parametrize("text", ["", "王小明", "a=b", " =1", "'王'", "1-1", "http://x.cn", "<script>"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_csv_has_a_mark_for_excel_and_numbers_are_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    moment = datetime(2026, 3, 5, 7, 5, tzinfo=UTC)
    assert write_csv(path, ["值"], [[-5], [-0.5], [None], [True], [moment], [date(2026, 3, 5)]]) == 6
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [row[0] if row else "" for row in _cells(path)[1:]] == [
        "-5",
        "-0.5",
        "",
        "true",
        "2026-03-05T07:05:00+00:00",
        "2026-03-05",
    ]


def test_a_workbook_has_typed_cells_and_neither_formulas_nor_links(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    moment = datetime(2026, 3, 5, 7, 5, tzinfo=UTC)
    texts = ['=HYPERLINK("http://x")', "http://x.cn", "00123", "a\x07b\x00c\ud800"]
    assert (
        write_xlsx(path, ["甲", "乙", "丙", "丁", "戊", "己"], [[*texts[:2], -5, True, moment, None], texts[2:]]) == 2
    )
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
    first, second = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]
    assert first == ["'" + texts[0], texts[1], -5, True, moment.replace(tzinfo=None), ""]
    assert second[:2] == ["00123", "a\ufffdb\ufffdc\ufffd"]


def test_a_text_longer_than_a_cell_is_cut(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "x.xlsx", ["a"], [["x" * 40_000]])
    (row,) = CalamineWorkbook.from_path(tmp_path / "x.xlsx").get_sheet_by_index(0).to_python()[1:]
    assert len(str(row[0])) == 32_766


def _failing() -> Iterator[list[str]]:
    yield ["one"]
    raise OSError("disk full")


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx"])
def test_a_file_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, name: str) -> None:  # I67
    path = tmp_path / name
    path.write_text("the old one")
    write = write_csv if name.endswith("csv") else write_xlsx
    with pytest.raises(OSError, match="disk full"):
        write(path, ["a"], _failing())
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert path.read_text() == "the old one"


def test_the_refusal_file_says_row_column_reason_and_masked_value(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    faults = [fault("phone_letters", field="手机号", value="138***"), fault("cell_error", field="姓名", error="#N/A")]
    lines = [*refusals_of(7, faults, language="zh-hans"), Refusal(8, "=cmd|' /C calc'!A0", "<b>x</b>", "-1")]
    assert write_refusals(path, lines) == 3
    assert _cells(path) == [
        ["行号", "列", "原因", "内容"],
        ["7", "手机号", "「手机号」的号码里夹有文字。", "138***"],
        ["7", "姓名", "「姓名」是表格错误 #N/A，请改成实际内容。", ""],
        ["8", "'=cmd|' /C calc'!A0", "<b>x</b>", "'-1"],
    ]
    write_refusals(path, refusals_of(7, faults, language="en"), language="en")
    assert _cells(path)[:2] == [
        ["Row", "Column", "Reason", "Value"],
        ["7", "手机号", "手机号 has letters among the digits.", "138***"],
    ]


TEXTS = Columns({"id": Column(Field(Kind.CODE)), "text": Column(Field(Kind.LINES, max_length=100))})
_texts = st.text(max_size=20) | st.sampled_from(RISKY) | st.text("'=+-@\t\r\n＝王a ", max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_texts, min_size=1, max_size=5))
def test_what_was_exported_and_is_imported_is_what_it_was(tmp_path: Path, texts: list[str]) -> None:  # R16
    path = tmp_path / "x.csv"
    write_csv(path, ["id", "text"], [["x", text] for text in texts if not _surrogate(text)])
    kept = [text for text in texts if not _surrogate(text)]
    if not kept:
        return
    for row, text in zip(open_table(path, TEXTS).rows(), kept, strict=True):
        if not row.faults:
            assert row.values["text"] == (text or None)
        else:
            assert row.faults[0].code in ("text_nul", "text_control", "blank", "cell_boolean", "cell_error")


def _surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
