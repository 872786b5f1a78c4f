"""What a file is, by its first bytes and its name: only text and XLSX are read (RELIABILITY I01, I04-I08, I18)."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from zhiyin.lib.faults import Unclean, fault

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, and the envelope of encrypted new ones
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FOREIGN = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"PAR1",
    b"MZ",
    b"\x7fELF",
)
_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".xltx", ".xls", ".xlsb", ".ods")
_LOOK = 1 << 20


class FileKind(StrEnum):
    TEXT = "text"
    XLSX = "xlsx"


def file_kind(path: Path, max_bytes: int) -> FileKind:
    """Raises Unclean for anything that is not to be read, saying what to do instead."""
    size = path.stat().st_size
    if size == 0:
        raise _refused("file_empty")
    if size > max_bytes:
        raise _refused("file_too_big", size=size // 2**20 + 1, limit=max_bytes // 2**20)
    with path.open("rb") as file:
        head = file.read(_LOOK)
    name = path.name.lower()
    if head.startswith(_OLE):
        raise _refused("file_encrypted" if _ENCRYPTED in head else "file_old_excel")
    if head.startswith(b"PK\x03\x04"):
        if name.endswith((".xlsm", ".xltm")):
            raise _refused("file_macro")
        if not name.endswith(".xlsx"):
            raise _refused("file_named_wrongly")
        return FileKind.XLSX
    if name.endswith(_WORKBOOK_NAMES) or head.startswith(_FOREIGN):
        raise _refused("file_kind")
    return FileKind.TEXT


def _refused(key: str, **params: Any) -> Unclean:
    return Unclean([fault(key, **params)])
