"""Honest workbooks (RELIABILITY I21, I33, I39-I55): what is in the cells, and what is only between the lines."""

import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from zhiyin.lib.clean import Field, Kind, Unclean
from zhiyin.lib.phones import Phone, PhoneKind
from zhiyin.lib.tables import Column, Columns, open_table
from zhiyin.lib.tables.sheet_facts import letters, number
from zhiyin.lib.tests.table_files import CUSTOMERS, HEADERS, good_xlsx, rebuilt, rows_of, two_sheets, xlsx_file

MOBILE = Phone(PhoneKind.MOBILE, "+8613800138000", "13800138000")


def test_of_several_sheets_the_one_asked_for_is_read(tmp_path: Path) -> None:  # I21
    path = two_sheets(tmp_path)
    with pytest.raises(Unclean) as refused:
        open_table(path, CUSTOMERS)
    assert refused.value.faults[0].params["sheets"] == "甲, 乙"
    assert [row.values["external_id"] for row in rows_of(path, sheet="乙")] == ["C2"]
    assert [row.values["external_id"] for row in rows_of(path, sheet="藏")] == ["C3"]
    with pytest.raises(Unclean) as unknown:
        rows_of(path, sheet="丙")
    assert unknown.value.faults[0].code == "file_no_sheet"


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        pytest.param(["C1", "1.38E+10"], "手机号", "phone_digits_lost", id="I39"),
        pytest.param([1.2345678901234567e17], "外部编号", "digits_lost", id="I39-code"),
        pytest.param(["C1", 1065529988], "手机号", "phone_leading_zero", id="I40"),
        pytest.param(["C1", "", "", "2026/2/30"], "时间", "time_invalid", id="I41"),
        pytest.param(["C1", "", True], "姓名", "cell_boolean", id="I43"),
        pytest.param(["合计", "", "", "", 120], "", "row_total", id="I45"),
        pytest.param(["C1", "", "", True], "时间", "time_invalid", id="bool-for-time"),
        pytest.param(["C1", "", "", 3.5], "时间", "time_invalid", id="number-for-time"),
        pytest.param(["C1", "", "", "", 3.5], "次数", "type", id="not-whole"),
        pytest.param(["C1", "", "", "", True], "次数", "type", id="bool-for-int"),
    ],
)
def test_a_bad_cell_refuses_its_row(tmp_path: Path, cells: list[object], column: str, code: str) -> None:
    good, bad = rows_of(good_xlsx(tmp_path, cells))
    assert good.faults == ()
    assert [(one.field, one.code) for one in bad.faults] == [(column, code)]
    assert bad.number == 3


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2" t="e"><v>#N/A</v></c>', "cell_error", id="I42"),
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2" t="e"><f>NA()</f><v>#REF!</v></c>', "cell_error", id="I42-f"),
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2"><f>1+2</f></c>', "cell_formula", id="I46"),
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2"><f>1+2</f><v></v></c>', "cell_formula", id="I46-empty"),
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2"><f>1+2</f><v>\n</v></c>', "cell_formula", id="I46-blank"),
        pytest.param(
            "</sheetData>", '</sheetData><mergeCells><mergeCell ref="E1:E2"/></mergeCells>', None, id="I44-filled"
        ),
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2"><f>1+2</f><v>3</v></c>', None, id="formula-with-value"),
        pytest.param('<c r="E2"><v>3</v></c>', '<c r="E2" t="str"><f>""</f><v></v></c>', None, id="formula-empty-text"),
        pytest.param('<c r="E2"><v>3</v></c>', "<c><f>1+2</f></c>", "cell_formula", id="I46-no-place"),
    ],
)
def test_what_the_sheet_says_between_the_lines(tmp_path: Path, old: str, new: str, code: str | None) -> None:
    (row,) = rows_of(rebuilt(good_xlsx(tmp_path), sheet=(old, new)))
    assert [one.code for one in row.faults] == ([code] if code else [])
    assert all(one.field == "次数" for one in row.faults)


def test_an_unsolved_formula_at_the_end_of_a_row_belongs_to_that_row(tmp_path: Path) -> None:  # I46
    cell = '<c r="A{0}" t="inlineStr"><is><t>C{0}</t></is></c>'
    more = f'<row r="3">{cell.format(3)}<c r="E3"><f>1</f></c></row><row r="4">{cell.format(4)}</row>'
    rows = rows_of(rebuilt(good_xlsx(tmp_path), sheet=("</sheetData>", f"{more}</sheetData>")))
    assert [[one.code for one in row.faults] for row in rows] == [[], ["cell_formula"], []]


def test_a_hole_under_a_merged_cell_refuses_its_row(tmp_path: Path) -> None:  # I44
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["外部编号", "姓名"])
        for row in (1, 2, 3):
            sheet.write(row, 0, f"C{row}")
        sheet.merge_range(1, 1, 2, 1, "王小明")
    rows = rows_of(path)
    assert [(row.number, [one.code for one in row.faults]) for row in rows] == [(2, []), (3, ["cell_merged"]), (4, [])]


def test_merging_without_end_is_refused(tmp_path: Path) -> None:
    merged = "".join(f'<mergeCell ref="A1:F{row}"/>' for row in range(2, 1_200))
    tall = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(3, 1_200))
    path = rebuilt(good_xlsx(tmp_path), sheet=("</sheetData>", f"{tall}</sheetData><mergeCells>{merged}</mergeCells>"))
    with pytest.raises(Unclean) as refused:
        open_table(path, CUSTOMERS)
    assert refused.value.faults[0].code == "file_merged"


def test_hidden_rows_are_imported_and_noticed(tmp_path: Path) -> None:  # I55
    table = open_table(rebuilt(good_xlsx(tmp_path), sheet=('<row r="2"', '<row r="2" hidden="1"')), CUSTOMERS)
    assert len(list(table.rows())) == 1
    assert [(one.code, one.params["count"]) for one in table.notices] == [("notice_hidden_rows", 1)]


def test_cells_of_every_type_are_understood(tmp_path: Path) -> None:  # I33, I47, I49, I51
    path = tmp_path / "types.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(2, 1, HEADERS)  # neither the first row nor the first column
        sheet.write_row(4, 1, [1001, 13800138000, "𠀀𮯰"])
        sheet.write_datetime(4, 4, datetime.fromisoformat("2026-03-05T15:05:00"), moment)
        sheet.write_row(4, 5, [3, 2.5])
        sheet.write_row(5, 1, [2.5, "'13800138000", "=1+1", 46086.62847222222, "３"])
        sheet.write_datetime(5, 6, date(2026, 3, 5), workbook.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_row(6, 1, ["C3", "", 1.5, 20260305])
        sheet.write_datetime(6, 6, datetime.fromisoformat("2026-03-05T15:05:00"), moment)
    first, second, third = rows_of(path)
    seen = datetime(2026, 3, 5, 7, 5, tzinfo=UTC)
    assert [one.number for one in (first, second, third)] == [5, 6, 7]
    assert [one.faults for one in (first, second, third)] == [(), (), ()]
    assert list(first.values.values()) == ["1001", MOBILE, "𠀀𮯰", seen, 3, "2.5"]
    assert list(second.values.values()) == ["2.5", MOBILE, "=1+1", seen, 3, "2026-03-05"]
    assert list(third.values.values())[2:4] == ["1.5", datetime(2026, 3, 4, 16, tzinfo=UTC)]
    assert third.values["comment"] == "2026-03-05 15:05:00"


def test_yes_no_and_numbers_keep_their_type(tmp_path: Path) -> None:
    columns = Columns(
        {"open": Column(Field(Kind.BOOL)), "share": Column(Field(Kind.NUMBER)), "t": Column(Field(Kind.TEXT))}
    )
    path = xlsx_file(tmp_path, [["open", "share", "t"], [True, 0.5, "a"], [1, 2, "b"], [0, -1, "c"], [2, True, "d"]])
    rows = list(open_table(path, columns).rows())
    assert [(row.values["open"], row.values["share"]) for row in rows[:3]] == [(True, 0.5), (True, 2), (False, -1)]
    assert [one.code for one in rows[3].faults] == ["type", "type"]


def test_a_clock_time_in_a_text_column_is_text(tmp_path: Path) -> None:
    path = tmp_path / "clock.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["外部编号", "备注"])
        sheet.write(1, 0, "C1")
        three = datetime.fromisoformat("2026-03-05T03:00:00").time()
        sheet.write_datetime(1, 1, three, workbook.add_format({"num_format": "hh:mm"}))
    assert [row.values["comment"] for row in rows_of(path)] == ["03:00:00"]


def test_days_counted_from_1904_are_understood(tmp_path: Path) -> None:  # I52
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["外部编号", "时间"])
        sheet.write(1, 0, "C1")
        sheet.write_datetime(
            1, 1, datetime.fromisoformat("2026-03-05T15:05:00"), workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )
        sheet.write_row(2, 0, ["C2", 46086.62847222222 - 1462])
    assert {row.values["seen_at"] for row in rows_of(path)} == {datetime(2026, 3, 5, 7, 5, tzinfo=UTC)}


def test_a_sheet_whose_writer_prefixes_every_name_is_read(tmp_path: Path) -> None:
    """Some libraries write <x:c>; some leave out the names of cells and rows."""
    path = good_xlsx(tmp_path)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    prefixed = re.sub(r"<(/?)(\w)", r"<\1x:\2", sheet.partition("?>")[2]).replace("xmlns=", "xmlns:x=")
    (row,) = rows_of(rebuilt(path, {"xl/worksheets/sheet1.xml": prefixed.encode()}))
    assert (row.values["phone"], row.values["visits"]) == (MOBILE, 3)
    nameless = re.sub(r'<c r="\w+"', "<c", re.sub(r'<row r="\d+"', "<row", sheet))
    (row,) = rows_of(rebuilt(path, {"xl/worksheets/sheet1.xml": nameless.encode()}))
    assert (row.values["phone"], row.values["visits"]) == (MOBILE, 3)


def test_other_kinds_of_sheets_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "chart.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet().write_column(0, 0, ["外部编号", "C1"])
        workbook.add_chartsheet()
    assert len(rows_of(path)) == 1


def test_columns_have_letters() -> None:
    names = {0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16_383: "XFD"}
    assert {place: letters(place) for place in names} == names
    assert {number(name): name for name in names.values()} == names
