"""Where and why a body is not the JSON we take. Runs only for bodies found wanting, so it may be slow and exact."""

import json
import re
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

# A text that never ends is one token up to the end: looked for again from each quote inside, it would take for ever.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}:]|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|NaN|-?Infinity', re.DOTALL
)
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Finding:
    """``key`` into the sentences; ``position`` in bytes of the body."""

    key: str
    position: int
    params: dict[str, Any] = field(default_factory=dict)


def finite(number: str) -> float:
    """A float that is one: ``1e999`` raises ValueError instead of becoming infinity."""
    value = float(number)
    if not isfinite(value):
        raise ValueError("number out of range")
    return value


def no_constant(name: str) -> float:
    """NaN and Infinity are not JSON."""
    raise ValueError(name)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, or ValueError when a key comes twice."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("duplicate key")
    return record


def unsafe_escape(body: bytes) -> int | None:
    """Byte offset of the first escaped NUL or lone surrogate; None if there is none."""
    high: re.Match[bytes] | None = None
    for match in _ESCAPE.finditer(body):
        code = int(match[1], 16) if match[1] else -1
        if high is not None:
            if 0xDC00 <= code <= 0xDFFF and match.start() == high.end():
                high = None
                continue
            return high.start()
        if code == 0 or 0xDC00 <= code <= 0xDFFF:
            return match.start()
        if 0xD800 <= code <= 0xDBFF:
            high = match
    return high.start() if high else None


def diagnose(body: bytes, *, max_depth: int, unsafe_text: bool) -> Finding:
    """The first thing that is wrong with the body."""
    try:
        text = body.decode()
    except UnicodeDecodeError as broken:
        return Finding("json_invalid.encoding", broken.start)
    if not text.strip(" \t\r\n"):
        return Finding("json_invalid.empty", 0)
    if "\0" in text[:4]:
        return Finding("json_invalid.encoding", text.index("\0"))
    found = _structure(text, max_depth)
    if found and found.key == "json_invalid.depth":
        return _in_bytes(found, text)
    return _grammar(text) or (_in_bytes(found, text) if found else _unsafe(body, unsafe_text))


def _grammar(text: str) -> Finding | None:
    """What the standard parser says, in our words."""
    try:
        json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as broken:
        key, position = "json_invalid.syntax", broken.pos
        if position >= len(text.rstrip(" \t\r\n")) or broken.msg.startswith("Unterminated string"):
            key = "json_invalid.truncated"
        elif broken.msg == "Extra data":
            key = "json_invalid.trailing"
        elif broken.msg.startswith("Invalid control character"):
            key = "json_invalid.control"
        return _in_bytes(Finding(key, position), text)
    return None


def _structure(text: str, max_depth: int) -> Finding | None:
    """Too deep, or else the first duplicate key or impossible number; positions in characters."""
    later: Finding | None = None
    keys: list[set[str]] = []
    last_text: tuple[str, int] | None = None
    for match in _TOKEN.finditer(text):
        token, at = match[0], match.start()
        if token in "[{":
            keys.append(set())
            if len(keys) > max_depth:
                return Finding("json_invalid.depth", at, {"limit": max_depth})
        elif token in "]}":
            if keys:
                keys.pop()
        elif token == ":" and last_text and keys:
            later = later or _repeated(keys[-1], *last_text)
        elif token[0] not in ':"':
            later = later or _impossible(token, at)
        last_text = (token, at) if token[0] == '"' else None
    return later


def _repeated(keys: set[str], token: str, at: int) -> Finding | None:
    try:
        name = str(json.loads(token))
    except json.JSONDecodeError:
        return None
    if name in keys:
        return Finding("json_invalid.duplicate_key", at)
    keys.add(name)
    return None


def _impossible(token: str, at: int) -> Finding | None:
    if token.endswith(("NaN", "Infinity")):
        return Finding("json_invalid.constant", at)
    try:
        if token.lstrip("-").isdigit():
            int(token)
        else:
            finite(token)
    except ValueError:
        return Finding("json_invalid.number", at)
    return None


def _unsafe(body: bytes, unsafe_text: bool) -> Finding:
    position = None if unsafe_text else unsafe_escape(body)
    return Finding("json_invalid.syntax", 0) if position is None else Finding("json_invalid.unsafe_text", position)


def _in_bytes(found: Finding, text: str) -> Finding:
    return Finding(found.key, len(text[: found.position].encode()), found.params)
