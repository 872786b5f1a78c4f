"""Where in a policy's text a key stands, and its value changed in place: comments and order stay as they are. Pure.

Keys are spelled as problems spell them: ``limit[2].max``, ``gap.hours``, ``caps.channel[1].per_day``.
"""

import re
from collections.abc import Iterator

_TABLE = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(?:#.*)?$")
_VALUE = re.compile(r"(\s*)([A-Za-z0-9_\-]+)(\s*=\s*)(.*)$")
_PLAIN = re.compile(r"\d{1,12}(\.\d{1,12})?")
_AT_LINE = re.compile(r"at line (\d+)")
_COMMENT = re.compile(r"""(?:"[^"]*"|'[^']*'|[^#"'\s]*)(\s*#.*)?\s*$""")


def line_of(text: str, key: str, sentence: str = "") -> int | None:
    """The line of a problem, from 1; that of its table where the key is missing. None: it concerns no one line."""
    if found := _AT_LINE.search(sentence):
        return int(found[1])
    best: int | None = None
    parent = key.rpartition(".")[0]
    for number, path in _paths(text):
        if path == key or path == f"{key}[1]":
            return number
        if best is None and path and path in (parent, key.partition(".")[0]):
            best = number
        if path == parent:
            best = number
    return best


def value_of(text: str, key: str) -> str | None:
    """What stands behind a key, without quotes; None where the text does not name it."""
    lines = text.split("\n")
    for number, path in _paths(text):
        if path == key and (found := _VALUE.match(lines[number - 1])):
            comment = _COMMENT.match(found[4])
            value = found[4][: -len(comment[1])] if comment and comment[1] else found[4]
            return value.strip().strip("\"'")
    return None


def with_value(text: str, key: str, value: str) -> str:
    """The text with this key's value changed; a key that is not there is added to its table, or with its table."""
    written = value if _PLAIN.fullmatch(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    lines = text.split("\n")
    table, _, name = key.rpartition(".")
    for number, path in _paths(text):
        if path == key and (found := _VALUE.match(lines[number - 1])):
            comment = _COMMENT.match(found[4])
            lines[number - 1] = f"{found[1]}{found[2]}{found[3]}{written}{(comment and comment[1]) or ''}"
            return "\n".join(lines)
    for number, path in _paths(text):
        if path == table:
            lines.insert(number, f"{name} = {written}")
            return "\n".join(lines)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{end}\n[{table}]\n{name} = {written}\n"


def _paths(text: str) -> Iterator[tuple[int, str]]:
    """The line and the full key of each table and of each value that begins on a line of its own."""
    table, counts = "", dict[str, int]()
    for number, line in enumerate(text.split("\n"), 1):
        if found := _TABLE.match(line):
            table = found[2]
            if found[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                table = f"{table}[{counts[table]}]"
            yield number, table
        elif found := _VALUE.match(line):
            yield number, f"{table}.{found[2]}" if table else found[2]
