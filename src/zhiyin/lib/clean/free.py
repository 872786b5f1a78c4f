"""Attributes: a free JSON object that another system may fill as it likes, within bounds (RELIABILITY A25)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zhiyin.lib.clean.texts import Cleaner, refuse_unsafe
from zhiyin.lib.clean.wrong import Wrong

BIGGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FreeLimits:
    """``max_values`` counts values at any depth; lengths are in characters, ``max_total`` over all names and texts."""

    max_depth: int = 4
    max_values: int = 200
    max_name: int = 64
    max_text: int = 4_000
    max_total: int = 16_000


FREE_LIMITS = FreeLimits()


def free_cleaner(limits: FreeLimits = FREE_LIMITS) -> Cleaner:
    """An object whose names and texts are clean and whose numbers a 64-bit store can hold. Raises Wrong."""

    def clean(value: object) -> dict[str, Any]:
        if type(value) is not dict:
            raise Wrong("type.object")
        total = 0
        for count, length in enumerate(_lengths(value, limits, limits.max_depth), start=1):
            total += length
            if count > limits.max_values:
                raise Wrong("object_too_big.values", limit=limits.max_values)
            if total > limits.max_total:
                raise Wrong("object_too_big.total", limit=limits.max_total)
        return value

    return clean


def _lengths(value: dict[str, Any] | list[Any], limits: FreeLimits, depth: int) -> Iterator[int]:
    """The characters that each value brings, once it has been found good."""
    if depth == 0:
        raise Wrong("object_too_big.depth", limit=limits.max_depth)
    pairs: Iterable[tuple[str, Any]] = value.items() if isinstance(value, dict) else (("", child) for child in value)
    for name, child in pairs:
        length = _checked_name(name, limits)
        if type(child) is str:
            length += _checked_text(child, limits)
        elif type(child) is int:
            if not -BIGGEST <= child <= BIGGEST:
                raise Wrong("int_range", low=-BIGGEST, high=BIGGEST)
        elif isinstance(child, dict | list):
            yield from _lengths(child, limits, depth - 1)
        yield length


def _checked_name(name: str, limits: FreeLimits) -> int:
    if len(name) > limits.max_name:
        raise Wrong("object_name_too_long", limit=limits.max_name)
    if not name.isprintable():
        refuse_unsafe(name, lines=False)
    return len(name)


def _checked_text(text: str, limits: FreeLimits) -> int:
    if len(text) > limits.max_text:
        raise Wrong("text_too_long", limit=limits.max_text, length=len(text))
    if not text.isprintable():
        refuse_unsafe(text, lines=True)
    return len(text)
