"""Put the Chinese together: ``src/zhiyin/locale/parts/*.po`` become Django's ``django.po`` and ``django.mo``.

    .venv/bin/python scripts/build_locale.py

Each room keeps its own part, plain entries without a header, so that two people never edit the same file. Both
outputs are git-ignored. No gettext binary is needed. The build stops, naming file and line, at a message that has
two translations, none, or other placeholders than its original. It does nothing when the outputs are up to date.
"""

import ast
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "src" / "zhiyin" / "locale" / "parts"
OUTPUT = ROOT / "src" / "zhiyin" / "locale" / "zh_Hans" / "LC_MESSAGES"
HEADER = {
    "Project-Id-Version": "zhiyin",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d+)\])?)\s+(".*")$')
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-z]|%(?=[sdif])[a-z]|\{\w*\}")
MO_MAGIC = 0x950412DE


class BadTranslation(Exception):
    """One line: the file, the line, what is wrong there."""


@dataclass
class Entry:
    """One message. ``translations`` has one item: Chinese has one plural form."""

    where: str
    context: str | None = None
    original: str = ""
    plural: str | None = None
    translations: dict[int, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str | None, str]:
        """What a program looks this message up by."""
        return self.context, self.original

    @property
    def translation(self) -> str:
        """The Chinese."""
        return self.translations.get(0, "")


def read_part(path: Path) -> Iterator[Entry]:
    """The entries of one file, in order. Raises BadTranslation at a line that is not PO."""
    entry: Entry | None = None
    setting = ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line, where = raw.strip(), f"{_shown(path)}:{number}"
        if not line or line.startswith("#"):
            continue
        keyword = KEYWORD.match(line)
        previous, setting = setting, keyword[1] if keyword else setting
        if keyword and (setting == "msgctxt" or (setting == "msgid" and previous != "msgctxt")):
            if entry:
                yield entry
            entry = Entry(where=where)
        if entry is None:
            raise BadTranslation(f"{where}: expected msgid or msgctxt, found {line!r}")
        _add(entry, setting, _unquoted(keyword[3] if keyword else line, where=where))
    if entry:
        yield entry


def _add(entry: Entry, setting: str, text: str) -> None:
    if setting == "msgctxt":
        entry.context = (entry.context or "") + text
    elif setting == "msgid":
        entry.original += text
    elif setting == "msgid_plural":
        entry.plural = (entry.plural or "") + text
    else:
        form = int(setting[7:-1]) if setting.startswith("msgstr[") else 0
        entry.translations[form] = entry.translations.get(form, "") + text


def _unquoted(text: str, *, where: str) -> str:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise BadTranslation(f"{where}: expected a string in double quotes, found {text!r}")
    return value


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def merged(paths: Iterable[Path]) -> list[Entry]:
    """All entries of the parts, each message once. Raises BadTranslation for the first that cannot stand."""
    found: dict[tuple[str | None, str], Entry] = {}
    for path in paths:
        for entry in read_part(path):
            _check(entry)
            first = found.setdefault(entry.key, entry)
            if (first.translation, first.plural) != (entry.translation, entry.plural):
                raise BadTranslation(
                    f"{entry.where}: {entry.original!r} is translated as {entry.translation!r}, "
                    f"but as {first.translation!r} in {first.where}"
                )
    return list(found.values())


def _check(entry: Entry) -> None:
    if not entry.original:
        raise BadTranslation(f"{entry.where}: a part has no header and no empty msgid")
    if set(entry.translations) != {0} or not entry.translation:
        raise BadTranslation(f"{entry.where}: {entry.original!r} needs exactly one translation")
    wanted, found = (set(PLACEHOLDER.findall(text)) for text in (entry.plural or entry.original, entry.translation))
    if wanted != found:
        raise BadTranslation(
            f"{entry.where}: the original has the placeholders {sorted(wanted)}, the translation {sorted(found)}"
        )


def po_text(entries: Iterable[Entry]) -> str:
    """The whole as one PO file, for people and tools that read those."""
    blocks = ['msgid ""\nmsgstr ""\n' + "".join(f'"{key}: {value}\\n"\n' for key, value in HEADER.items())]
    for entry in entries:
        lines = [f"#: {entry.where}"]
        lines += [f"msgctxt {_quoted(entry.context)}"] if entry.context is not None else []
        lines += [f"msgid {_quoted(entry.original)}"]
        if entry.plural is None:
            lines += [f"msgstr {_quoted(entry.translation)}"]
        else:
            lines += [f"msgid_plural {_quoted(entry.plural)}", f"msgstr[0] {_quoted(entry.translation)}"]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _quoted(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def mo_bytes(entries: Iterable[Entry]) -> bytes:
    """The whole as a MO file (GNU gettext manual, section "The Format of GNU MO Files")."""
    messages = {b"": "".join(f"{key}: {value}\n" for key, value in HEADER.items()).encode()}
    for entry in entries:
        looked_up = entry.original if entry.plural is None else f"{entry.original}\0{entry.plural}"
        looked_up = looked_up if entry.context is None else f"{entry.context}\x04{looked_up}"
        messages[looked_up.encode()] = entry.translation.encode()
    ordered = sorted(messages.items())
    originals_at, translations_at = 28, 28 + 8 * len(ordered)
    text_at = translations_at + 8 * len(ordered)
    tables: list[list[int]] = [[], []]
    texts = bytearray()
    for pair in ordered:
        for table, text in zip(tables, pair, strict=True):
            table += [len(text), text_at + len(texts)]
            texts += text + b"\0"
    head = struct.pack("<7I", MO_MAGIC, 0, len(ordered), originals_at, translations_at, 0, text_at)
    return head + struct.pack(f"<{4 * len(ordered)}I", *tables[0], *tables[1]) + bytes(texts)


def main() -> int:
    """Build if a part changed. Returns 0, or 1 with one line on standard error."""
    parts = sorted(PARTS.glob("*.po"))
    outputs = [OUTPUT / "django.po", OUTPUT / "django.mo"]
    try:
        entries = merged(parts)
    except BadTranslation as reason:
        print(f"build_locale: {reason}", file=sys.stderr)
        return 1
    OUTPUT.mkdir(parents=True, exist_ok=True)
    changed = False
    for path, content in zip(outputs, (po_text(entries).encode(), mo_bytes(entries)), strict=True):
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            changed = True
    if changed:
        print(f"Chinese: {len(entries)} messages from {len(parts)} parts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
