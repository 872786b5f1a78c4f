"""Files for the tests of ``lib.tables``: columns as an import has them, and workbooks taken apart and rebuilt."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from zhiyin.lib.clean import Field, Kind
from zhiyin.lib.tables import Column, Columns, Options, Row, open_table

CUSTOMERS = Columns(
    {
        "external_id": Column(Field(Kind.CODE, required=True, max_length=64), ("外部编号", "客户编号")),
        "phone": Column(Field(Kind.PHONE), ("手机号", "电话")),
        "name": Column(Field(Kind.TEXT, max_length=100), ("姓名",)),
        "seen_at": Column(Field(Kind.TIME), ("时间",)),
        "visits": Column(Field(Kind.INT, min=0), ("次数",)),
        "comment": Column(Field(Kind.LINES, max_length=2_000), ("备注",)),
    }
)
HEADER = "外部编号,手机号,姓名,时间,次数,备注"
HEADERS = HEADER.split(",")


def csv_file(folder: Path, text: str | bytes, name: str = "customers.csv") -> Path:
    """A file with exactly these bytes."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def xlsx_file(folder: Path, rows: Sequence[Sequence[object]], name: str = "customers.xlsx") -> Path:
    """A workbook of one sheet with these rows, the header among them."""
    path = folder / name
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet("客户")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def good_xlsx(folder: Path, *more: list[object]) -> Path:
    """A workbook with one good row, and more below it."""
    return xlsx_file(folder, [HEADERS, ["C1", 13800138000, "王小明", "2026-03-05 15:05", 3, "好"], *more])


def two_sheets(folder: Path) -> Path:
    """Two sheets with rows, one without, one hidden."""
    path = folder / "two.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name, value in (("甲", "C1"), ("乙", "C2"), ("空", None), ("藏", "C3")):
            sheet = workbook.add_worksheet(name)
            if value:
                sheet.write_row(0, 0, ["外部编号"])
                sheet.write_row(1, 0, [value])
            if name == "藏":
                sheet.hide()
    return path


def rows_of(path: Path, **options: Any) -> list[Row]:
    """All rows of the table."""
    return list(open_table(path, CUSTOMERS, options=Options(**options)).rows())


def rebuilt(path: Path, parts: Mapping[str, bytes | None] | None = None, **replace: tuple[str, str]) -> Path:
    """The workbook with parts replaced, added or (None) left out; ``sheet=(old, new)`` edits the first sheet's XML."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for old, new in replace.values():
        text = members["xl/worksheets/sheet1.xml"].decode()
        assert old in text
        members["xl/worksheets/sheet1.xml"] = text.replace(old, new).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in {**members, **(parts or {})}.items():
            if body is not None:
                archive.writestr(name, body)
    return path
