"""A page kept as bytes, plain and compressed, with a few open places for what differs between customers.

Compressing a page for every customer would cost more than all the rest, so its fixed parts are compressed once. Each
part ends on a byte border (a full flush); what is filled in goes between them as stored blocks; together they are one
ordinary gzip stream. What is filled in is never compressed, so its length tells nothing about the page's secrets.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

_MARK = re.compile("\ue000([a-z]+)\ue001")
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
_STORED = 0xFFFF  # bytes that one stored block can hold


def mark(name: str) -> str:
    """What a template writes where ``name`` will be filled in (private-use characters, which no text contains)."""
    return f"\ue000{name}\ue001"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rendered page. ``names`` are its open places, one between each two parts."""

    parts: tuple[bytes, ...]
    packed: tuple[bytes, ...]
    names: tuple[str, ...]
    policy: str  # its Content-Security-Policy

    def plain(self, values: Mapping[str, bytes]) -> bytes:
        """The page with every place filled."""
        pieces = [self.parts[0]]
        for name, part in zip(self.names, self.parts[1:], strict=True):
            pieces += (values[name], part)
        return b"".join(pieces)

    def gzip(self, values: Mapping[str, bytes]) -> bytes:
        """The same as a gzip stream."""
        plain = self.plain(values)
        pieces = [_GZIP_HEAD, self.packed[0]]
        for name, part in zip(self.names, self.packed[1:], strict=True):
            pieces += (_stored(values[name]), part)
        pieces += (_LAST_BLOCK, struct.pack("<LL", zlib.crc32(plain), len(plain)))
        return b"".join(pieces)


def prepare(html: str, *, policy: str) -> Prepared:
    """Cut a rendered page at its marks and compress what lies between."""
    pieces = _MARK.split(html)
    parts = tuple(piece.encode() for piece in pieces[::2])
    return Prepared(parts, tuple(map(_packed, parts)), tuple(pieces[1::2]), policy)


def _packed(part: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(value: bytes) -> bytes:
    blocks: list[bytes] = []
    for start in range(0, len(value), _STORED):
        piece = value[start : start + _STORED]
        blocks += (struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF), piece)
    return b"".join(blocks)
