"""The words in which a pack's shape is written down: a dataclass field's type, and its limits.

``reading.py`` reads a TOML table by them. Pure: no files, no clock, no Django.
"""

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any

from zhiyin.lib.text import Text

KEY = re.compile(r"[a-z][a-z0-9_]*")
DEFAULT = "default"
HOUR = r"([01]\d|2[0-3]):[0-5]\d|24:00"  # of the day; 24:00 is its end


@dataclass(frozen=True)
class Source:
    """Where an item comes from: S-ids of the source list, or our own default with the reason for it.

    Both together mean: the source asks for it (the ids) and leaves it open, so this is how we filled the gap (``why``).
    """

    ids: tuple[str, ...]
    why: Text | None = None

    @property
    def is_default(self) -> bool:
        return self.why is not None

    def __str__(self) -> str:
        return ", ".join((*self.ids, DEFAULT) if self.is_default else self.ids)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a key may hold beyond its type."""

    name: str = ""  # the key in the file, where the attribute is called otherwise
    declares: str = ""  # the value names a new thing of this kind, once in the pack
    once_here: bool = False  # ... or once among its neighbours in the same list
    refers: str = ""  # the value, or each key of a mapping, must name a declared thing of this kind
    longest: int = 400  # characters, in each language
    shape: str = ""  # a regular expression for the whole value
    least: float | None = None  # the smallest number, or the fewest entries of a list
    most: float | None = None
    holds: frozenset[str] = frozenset()  # the {words} that a text may hold


def rule(*, default: Any = dataclasses.MISSING, **limits: Any) -> Any:
    """A field with limits. Without a default its key must be in the file."""
    return field(default=default, metadata={"rule": Rule(**limits)})


def many(name: str, *, least: int = 0, **limits: Any) -> Any:
    """A list; its key in the file is singular, as ``[[stage]]`` reads best. Without a least it may be left out."""
    return rule(default=dataclasses.MISSING if least else (), name=name, least=least, **limits)


def key_of(kind: str, *, once_here: bool = False) -> Any:
    """The key by which others name this item: small letters, digits, underscores, at most 60."""
    return rule(declares=kind, once_here=once_here, shape=KEY.pattern, longest=60)
