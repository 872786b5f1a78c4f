"""Look into an XLSX before any library reads it: bombs, traps, macros, broken parts (RELIABILITY I04-I16, I19, I20).

Every part is unpacked once, piece by piece, and every XML part goes through expat, which stops at the first DOCTYPE.
The sheet in question is also asked what the reader will not tell later: errors, formulas without a value, hidden rows,
and how far its real cells reach, whatever its dimension claims.
"""

import stat
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from zhiyin.lib.faults import Unclean, fault
from zhiyin.lib.tables.limits import TableLimits
from zhiyin.lib.tables.sheet_facts import SheetFacts, SheetScanner

_CHUNK = 1 << 18
_MEMBERS = 2_000
_WORST_RATIO = 200  # honest sheets pack to a tenth or a thirtieth, a bomb to a thousandth
_SMALL = 8 * 1024 * 1024  # unpacked, up to which the ratio does not matter
_TYPES = "[Content_Types].xml"
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    part: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook found harmless. ``facts`` are those of each sheet that has cells, by name."""

    sheets: tuple[Sheet, ...]
    since_1904: bool
    facts: dict[str, SheetFacts] = field(default_factory=dict)


def check_workbook(path: Path, limits: TableLimits) -> Workbook:
    """What is in the file. Raises Unclean for everything that must not be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, limits)
            sheets, since_1904 = _contents(archive)
            facts = _scan(archive, sheets, limits)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error, OSError):
        raise _refused("file_broken") from None
    except (expat.ExpatError, ElementTree.ParseError, LookupError, ValueError):
        raise _refused("file_broken.part") from None
    return Workbook(sheets, since_1904, facts)


def _refused(key: str, **params: Any) -> Unclean:
    return Unclean([fault(key, **params)])


def _check_members(archive: zipfile.ZipFile, limits: TableLimits) -> None:
    """What the table of contents alone gives away."""
    members = archive.infolist()
    names = {member.filename.lower() for member in members}
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > limits.max_unpacked or (unpacked > _SMALL and unpacked > packed * _WORST_RATIO):
        raise _refused("file_bomb", limit=limits.max_unpacked // 2**20)
    if len(members) > _MEMBERS or len(names) != len(members):
        raise _refused("file_broken")
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0] or stat.S_ISLNK(member.external_attr >> 16):
            raise _refused("file_unsafe_member")
        if member.flag_bits & 1:
            raise _refused("file_encrypted")
    if any(name.endswith((".zip", ".xlsx", ".xls", ".docx")) for name in names):
        raise _refused("file_nested")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise _refused("file_macro")
    if _WORKBOOK not in names:
        raise _refused("file_no_workbook")


def _contents(archive: zipfile.ZipFile) -> tuple[tuple[Sheet, ...], bool]:
    """The sheets in their order, and whether days are counted from 1904."""
    for part in (_TYPES, _WORKBOOK, _RELATIONS):
        _parse(archive, part, _parser())
    if b"macroEnabled" in archive.read(_TYPES):
        raise _refused("file_macro")
    relations = ElementTree.fromstring(archive.read(_RELATIONS))
    targets = {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    root = ElementTree.fromstring(archive.read(_WORKBOOK))
    sheets = []
    for element in root.iter():
        if element.tag.endswith("}sheet"):
            relation = next((value for key, value in element.items() if key.endswith("}id")), "")
            if relation in targets:
                part = targets[relation].removeprefix("/")
                part = part if part.startswith("xl/") else f"xl/{part}"
                sheets.append(Sheet(element.get("name", ""), part, element.get("state", "visible") == "visible"))
    properties = next((element for element in root.iter() if element.tag.endswith("}workbookPr")), None)
    since_1904 = properties is not None and properties.get("date1904", "0") in ("1", "true")
    return tuple(sheets), since_1904


def _scan(archive: zipfile.ZipFile, sheets: tuple[Sheet, ...], limits: TableLimits) -> dict[str, SheetFacts]:
    """Unpack every part once; the facts of every sheet with cells."""
    by_part = {sheet.part: sheet.name for sheet in sheets}
    facts: dict[str, SheetFacts] = {}
    for member in archive.infolist():
        if member.filename in by_part:
            parser = _parser()
            scanner = SheetScanner(parser, limits)
            _parse(archive, member.filename, parser)
            found = scanner.finish()
            if found.cells:
                facts[by_part[member.filename]] = found
        elif member.filename.lower().endswith((".xml", ".rels", ".vml")):
            parser = _parser()
            parser.StartElementHandler = _honest_counts(member.file_size)
            _parse(archive, member.filename, parser)
        else:
            deque(_pieces(archive, member.filename), maxlen=0)
    return facts


def _parser() -> expat.XMLParserType:
    """One that stops at a document type."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def _honest_counts(size: int) -> Callable[[str, dict[str, str]], None]:
    """The reader sets memory aside for as many shared texts as the part claims; ``<si/>`` takes five bytes at least."""

    def check(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("sst") and max(int(attributes.get(key, 0)) for key in ("count", "uniqueCount")) > size // 5:
            raise _refused("file_broken.part")

    return check


def _parse(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> None:
    """The part through the parser, which must find it well-formed."""
    for piece in _pieces(archive, part):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _no_doctype(*_: object) -> None:
    raise _refused("file_doctype")


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The part, piece by piece, so that no claim about its size is believed."""
    with archive.open(part) as file:
        piece = file.read(_CHUNK)
        if piece.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise _refused("file_nested")
        while piece:
            yield piece
            piece = file.read(_CHUNK)
