"""Workbooks that must not be opened, or not as they ask (RELIABILITY I04-I21, R32): refused fast, never a crash."""

import io
import re
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin.lib.clean import Unclean
from zhiyin.lib.tables import TableLimits, open_table
from zhiyin.lib.tests.table_files import (
    CUSTOMERS,
    HEADERS,
    csv_file,
    good_xlsx,
    rebuilt,
    rows_of,
    two_sheets,
    xlsx_file,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><x>&c;</x>'
EXTERNAL = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def _named(name: str, body: bytes) -> Callable[[Path], Path]:
    return lambda folder: csv_file(folder, body, name)


def _part(name: str, body: bytes | str | None) -> Callable[[Path], Path]:
    content = body.encode() if isinstance(body, str) else body
    return lambda folder: rebuilt(good_xlsx(folder), {name: content})


def _sheet(old: str, new: str) -> Callable[[Path], Path]:
    return lambda folder: rebuilt(good_xlsx(folder), sheet=(old, new))


def _symlink(folder: Path) -> Path:
    path = good_xlsx(folder)
    member = zipfile.ZipInfo("xl/media/x")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, "/etc/passwd")
    return path


def _locked_member(folder: Path) -> Path:
    path = good_xlsx(folder)
    body = bytearray(path.read_bytes())
    at = body.index(b"PK\x01\x02")
    struct.pack_into("<H", body, at + 8, struct.unpack_from("<H", body, at + 8)[0] | 1)
    path.write_bytes(bytes(body))
    return path


def _lying_size(folder: Path) -> Path:
    """A member that claims to hold one byte and holds ten million."""
    path = good_xlsx(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big.xml", b" " * 10_000_000)
    body = path.read_bytes()
    path.write_bytes(body.replace(struct.pack("<I", 10_000_000), struct.pack("<I", 1)))
    return path


def _empty_workbook(folder: Path) -> Path:
    return xlsx_file(folder, [])


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(_named("x.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(100)), "file_kind", id="I04"),
        pytest.param(_named("x.xlsx", b"a,b\n1,2\n"), "file_kind", id="I04-text"),
        pytest.param(lambda folder: good_xlsx(folder).rename(folder / "x.csv"), "file_named_wrongly", id="I05"),
        pytest.param(_named("x.xls", OLE), "file_old_excel", id="I06"),
        pytest.param(_named("x.csv", OLE), "file_old_excel", id="I06-named-csv"),
        pytest.param(lambda folder: good_xlsx(folder).rename(folder / "x.xlsm"), "file_macro", id="I07-name"),
        pytest.param(_part("xl/vbaProject.bin", b"x"), "file_macro", id="I07-part"),
        pytest.param(_part("[Content_Types].xml", '<Types a="macroEnabled"/>'), "file_macro", id="I07-type"),
        pytest.param(_named("x.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")), "file_encrypted", id="I08"),
        pytest.param(_locked_member, "file_encrypted", id="I08-member"),
        pytest.param(_part("xl/media/zeros.bin", bytes(60_000_000)), "file_bomb", id="I09"),
        pytest.param(_part("xl/embeddings/inner.zip", b"x"), "file_nested", id="I10-name"),
        pytest.param(_part("xl/media/picture.png", _zip({"a": b"b"})), "file_nested", id="I10-content"),
        pytest.param(_named("x.xlsx", _zip({"customers.xlsx": b"x"})), "file_nested", id="I10-outside"),
        pytest.param(_part("xl/styles.xml", DOCTYPE), "file_doctype", id="I11"),
        pytest.param(_part("xl/workbook.xml", DOCTYPE), "file_doctype", id="I11-workbook"),
        pytest.param(_part("xl/sharedStrings.xml", EXTERNAL), "file_doctype", id="I12"),
        pytest.param(_part("xl/sharedStrings.xml", DOCTYPE.encode("utf-16")), "file_doctype", id="I12-utf16"),
        pytest.param(_sheet("<worksheet", "<!DOCTYPE worksheet><worksheet"), "file_doctype", id="I12-sheet"),
        pytest.param(_part("../../evil.xml", "<a/>"), "file_unsafe_member", id="I13"),
        pytest.param(_part("/etc/evil", "x"), "file_unsafe_member", id="I13-absolute"),
        pytest.param(_part("..\\evil", "x"), "file_unsafe_member", id="I13-backslash"),
        pytest.param(_part("C:/evil", "x"), "file_unsafe_member", id="I13-drive"),
        pytest.param(_symlink, "file_unsafe_member", id="I14"),
        pytest.param(_part("xl/workbook.xml", None), "file_no_workbook", id="I15"),
        pytest.param(_named("x.xlsx", _zip({"readme.txt": b"hello"})), "file_no_workbook", id="I15-any-zip"),
        pytest.param(_part("xl/_rels/workbook.xml.rels", None), "file_broken", id="I15-no-relations"),
        pytest.param(lambda folder: _cut(good_xlsx(folder)), "file_broken", id="I16"),
        pytest.param(_lying_size, "file_broken", id="I16-lying-size"),
        pytest.param(_part("xl/workbook.xml", "<workbook><sheets>"), "file_broken", id="I16-cut-part"),
        pytest.param(_part("xl/worksheets/sheet1.xml", "<worksheet><sheetData/>"), "file_broken", id="I16-cut-sheet"),
        pytest.param(_sheet('<row r="2"', '<row r="second"'), "file_broken", id="I16-row-number"),
        pytest.param(
            _sheet('<c r="A2" t="s"><v>6<', '<c r="A2" t="s"><v>99999<'), "file_broken", id="I16-no-such-text"
        ),
        pytest.param(_part("XL/Workbook.xml", "<workbook/>"), "file_broken", id="I16-part-twice"),
        pytest.param(two_sheets, "file_sheets", id="I21"),
        pytest.param(_empty_workbook, "file_no_rows", id="I02"),
        pytest.param(lambda folder: xlsx_file(folder, [HEADERS]), "file_no_rows", id="I02-header-only"),
    ],
)
def test_a_workbook_that_must_not_be_opened_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    started = time.perf_counter()
    with pytest.raises(Unclean) as refused:
        open_table(make(tmp_path), CUSTOMERS)
    assert refused.value.faults[0].code == code
    assert refused.value.faults[0].sentence("zh-hans")
    assert time.perf_counter() - started < 10


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-300])
    return path


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        pytest.param(TableLimits(max_rows=1), "file_too_many_rows", id="I17"),
        pytest.param(TableLimits(max_bytes=1_000), "file_too_big", id="I18"),
        pytest.param(TableLimits(max_unpacked=1_000), "file_bomb", id="I18-unpacked"),
        pytest.param(TableLimits(max_cells=10), "file_scattered", id="I18-cells"),
    ],
)
def test_limits_refuse_the_workbook_whole(tmp_path: Path, limits: TableLimits, code: str) -> None:
    with pytest.raises(Unclean) as refused:
        rows_of(good_xlsx(tmp_path, ["C2"]), limits=limits)
    assert refused.value.faults[0].code == code


def test_a_dimension_that_lies_is_not_believed(tmp_path: Path) -> None:  # I19
    path = rebuilt(good_xlsx(tmp_path), dimension=('<dimension ref="A1:F2"/>', '<dimension ref="A1:XFD1048576"/>'))
    started = time.perf_counter()
    assert [row.values["external_id"] for row in rows_of(path)] == ["C1"]
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("name", ["ZZZZZZZ2", "XFE2", "E1048577", "E1048576", "E0", "2E", "e2", "E"])
def test_a_cell_whose_name_lies_cannot_make_the_reader_take_all_memory(tmp_path: Path, name: str) -> None:
    """Found by fuzzing: the reader lays out the whole rectangle up to the cell's name, and aborts the process."""
    path = rebuilt(good_xlsx(tmp_path), sheet=('<c r="E2"><v>3<', f'<c r="{name}"><v>3<'))
    with pytest.raises(Unclean) as refused:
        open_table(path, CUSTOMERS)
    assert refused.value.faults[0].code == "file_broken"


@pytest.mark.parametrize("row", ["0", "-5", "1048577", "4294967295"])
def test_a_row_that_no_spreadsheet_has_is_refused(tmp_path: Path, row: str) -> None:
    path = rebuilt(good_xlsx(tmp_path), sheet=('<row r="2"', f'<row r="{row}"'))
    with pytest.raises(Unclean) as refused:
        open_table(path, CUSTOMERS)
    assert refused.value.faults[0].code == "file_broken"


def test_a_count_that_lies_cannot_make_the_reader_take_all_memory(tmp_path: Path) -> None:
    """Found by fuzzing: the reader sets memory aside for as many texts as the part claims to have."""
    path = good_xlsx(tmp_path)
    with zipfile.ZipFile(path) as archive:
        texts = archive.read("xl/sharedStrings.xml")
    lying = re.sub(rb'uniqueCount="\d+"', b'uniqueCount="4294967295"', texts)
    with pytest.raises(Unclean) as refused:
        open_table(rebuilt(path, {"xl/sharedStrings.xml": lying}), CUSTOMERS)
    assert refused.value.faults[0].code == "file_broken"


def test_a_number_without_end_is_no_value(tmp_path: Path) -> None:
    (row,) = rows_of(rebuilt(good_xlsx(tmp_path), sheet=('<c r="B2"><v>13800138000<', '<c r="B2"><v>1e999<')))
    assert [one.code for one in row.faults] == ["phone_letters"]


def test_a_merged_range_that_runs_backwards_hides_nothing(tmp_path: Path) -> None:
    merged = '</sheetData><mergeCells><mergeCell ref="F2:A1"/></mergeCells>'
    (row,) = rows_of(rebuilt(good_xlsx(tmp_path), sheet=("</sheetData>", merged)))
    assert row.faults == ()


def test_a_stray_cell_far_away_is_named(tmp_path: Path) -> None:
    path = rebuilt(
        good_xlsx(tmp_path), cell=("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    )
    with pytest.raises(Unclean) as refused:
        open_table(path, CUSTOMERS)
    assert refused.value.faults[0].code == "file_scattered"
    assert "XFD1048576" in refused.value.faults[0].sentence("en")


@pytest.mark.parametrize("count", [90_000, pytest.param(900_000, marks=pytest.mark.slow)])
def test_empty_formatted_rows_are_read_by_the_real_cells(tmp_path: Path, count: int) -> None:  # I20
    empty = "".join(f'<row r="{row}" s="1" customFormat="1"><c r="A{row}" s="1"/></row>' for row in range(3, count))
    path = rebuilt(good_xlsx(tmp_path), rows=("</sheetData>", f"{empty}</sheetData>"))
    started = time.process_time()
    assert [row.number for row in rows_of(path)] == [2]
    assert time.process_time() - started < 5


def _read_or_refused(path: Path) -> str:
    """What came of it, in words; anything but rows or a refusal comes out as the exception it is."""
    try:
        return f"{len(list(open_table(path, CUSTOMERS).rows()))} rows"
    except Unclean as refused:
        return refused.faults[0].sentence("zh-hans")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_workbook_damaged_anywhere_is_read_or_refused_never_a_crash(tmp_path: Path, data: st.DataObject) -> None:
    path = good_xlsx(tmp_path, ["C2", "", "李雷", "2026/3/5", 1, ""])
    with zipfile.ZipFile(path) as archive:
        members = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(members)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(members[name]) - 1))
        members[name][place] = data.draw(st.sampled_from(b'0<>/"=A9 \xff&'))
    path.write_bytes(_zip({name: bytes(body) for name, body in members.items()}))
    assert _read_or_refused(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=4))
def test_an_archive_damaged_anywhere_is_read_or_refused_never_a_crash(tmp_path: Path, at: int, junk: bytes) -> None:
    path = good_xlsx(tmp_path)
    body = path.read_bytes()
    place = at % len(body)
    path.write_bytes(body[:place] + junk + body[place + len(junk) :])
    assert _read_or_refused(path)


def test_the_checks_above_work_on_deflated_members() -> None:
    """Guard for the helper: a stored archive would make the bomb test mean nothing."""
    assert len(_zip({"a": bytes(100_000)})) < len(zlib.compress(bytes(100_000))) + 200
