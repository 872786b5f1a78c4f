"""In which encoding a text file is written, judged by all of its bytes (RELIABILITY I22, I23, I27, I34)."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from zhiyin.lib.faults import Unclean, fault

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(path: Path) -> str:
    """``utf-8``, ``utf-8-sig``, ``utf-16``, ``utf-16-le`` or ``gb18030``. Raises Unclean with the byte that fits none.

    The whole file is read: a file may hold a million plain rows before the first Chinese name.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "")
    if not encoding and len(head) >= 4 and head[1::2].count(0) * 4 > len(head):
        encoding = "utf-16-le"  # saved as "Unicode" without its mark
    if encoding:
        broken = _broken_at(path, encoding)
        if broken is not None:
            raise Unclean([fault("file_encoding", position=broken)])
        return encoding
    not_utf8 = _broken_at(path, "utf-8")
    if not_utf8 is None:
        return "utf-8"
    lines = _judge_lines(path)
    if lines.utf8 is not None and lines.other is not None:
        raise Unclean([fault("file_encoding.mixed", position=max(lines.utf8, lines.other))])
    not_gb = _broken_at(path, "gb18030")
    if not_gb is not None:
        raise Unclean([fault("file_encoding", position=max(not_utf8, not_gb))])
    return "gb18030"


def twice_encoded(text: str) -> bool:
    """Whether the text looks like UTF-8 that some program took for another encoding and saved again (I34)."""
    if text.isascii():
        return False
    for wrong in ("gb18030", "cp1252", "latin-1"):
        try:
            again = text.encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
        if any("\u4e00" <= character <= "\u9fff" for character in again):
            return True
    return False


def _broken_at(path: Path, encoding: str) -> int | None:
    """Where the bytes stop being this encoding; None if they never do."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeError as broken:
                return done - waiting + (broken.start if isinstance(broken, UnicodeDecodeError) else 0)
            if not chunk:
                return None
            done += len(chunk)


@dataclass(slots=True)
class _Lines:
    """Byte offsets of the first line that is surely UTF-8 and of the first that surely is not."""

    utf8: int | None = None
    other: int | None = None


def _judge_lines(path: Path) -> _Lines:
    found, offset = _Lines(), 0
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                if found.other is None and not _is(line, "utf-8"):
                    found.other = offset
                elif found.utf8 is None and _surely_utf8(line):
                    found.utf8 = offset
            offset += len(line)
    return found


def _surely_utf8(line: bytes) -> bool:
    """Valid UTF-8 with Chinese characters that would not also make sense as GB 2312.

    Some GBK words are valid UTF-8 by accident (the famous 联通); then the GBK reading consists of everyday characters.
    """
    if not _is(line, "utf-8") or not any(character >= "\u0800" for character in line.decode()):
        return False
    return not _is(line, "gb2312")


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
