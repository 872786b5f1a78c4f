"""Texts from outside: kept exactly as they came, or refused. Nothing is normalised (RELIABILITY A24-A27, A37-A39)."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from zhiyin.lib.clean.wrong import Wrong

# What no store, screen, spreadsheet and message all carry: control characters, lone surrogates, two non-characters.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNSAFE_IN_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Letters and marks by their category, and yet nothing to see.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_NAMES_COMPARED = 64  # characters; longer names are nobody's typing error

Cleaner = Callable[[object], object]


def is_blank(text: str) -> bool:
    """Nothing to see: spaces of any width, zero-width and control characters only."""
    return all(c in _INVISIBLE or unicodedata.category(c) in _INVISIBLE_CATEGORIES for c in text)


def near(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or ""."""
    return next(iter(get_close_matches(name[:_NAMES_COMPARED], list(known), n=1, cutoff=0.75)), "")


def refuse_unsafe(text: str, *, lines: bool) -> None:
    """Raise Wrong for the first character that cannot be kept. ``lines`` allows line ends and tabs."""
    found = (_UNSAFE_IN_LINES if lines else _UNSAFE).search(text)
    if not found:
        return
    character = found[0]
    if character == "\0":
        raise Wrong("text_nul", place=found.start() + 1)
    if "\ud800" <= character <= "\udfff":
        raise Wrong("text_surrogate", place=found.start() + 1)
    raise Wrong("text_control", place=found.start() + 1, character=f"U+{ord(character):04X}")


def text_cleaner(*, max_length: int, lines: bool = False, code: bool = False, pattern: str = "") -> Cleaner:
    """A text of one line, or of several (``lines``), or an identifier (``code``: no spaces at its ends).

    ``pattern`` is a regular expression for the whole text.
    """
    matches = re.compile(pattern).fullmatch if pattern else None

    def slow(value: object) -> str:
        if type(value) is not str:
            raise Wrong("type.text")
        if len(value) > max_length:
            raise Wrong("text_too_long", limit=max_length, length=len(value))
        refuse_unsafe(value, lines=lines)
        if is_blank(value):
            raise Wrong("blank")
        if code and value != value.strip():
            raise Wrong("text_padded")
        if matches and not matches(value):
            raise Wrong("text_pattern", pattern=pattern)
        return value

    def clean(value: object) -> str:
        # Printable leaves the plain space as the only invisible character; everything rarer takes the slow path.
        if (
            type(value) is str
            and value.isprintable()
            and len(value) <= max_length
            and value
            and not (value[0] == " " or value[-1] == " ")
            and (matches is None or matches(value))
        ):
            return value
        return slow(value)

    return clean


def choice_cleaner(choices: tuple[str, ...]) -> Cleaner:
    """One of the words, written exactly so."""
    allowed = frozenset(choices)

    def clean(value: object) -> str:
        if type(value) is not str:
            raise Wrong("type.text")
        if value in allowed:
            return value
        meant = near(value, choices)
        raise Wrong("choice.near" if meant else "choice", choices=", ".join(choices), near=meant)

    return clean
