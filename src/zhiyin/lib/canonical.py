"""One spelling for one value: JSON that always comes out as the same bytes, for hashes and comparisons."""

from datetime import UTC, datetime
from decimal import Decimal

from zhiyin.lib.json_text import encoder


def canonical(value: object) -> bytes:
    """Keys sorted, no spaces, UTF-8, moments in UTC with microseconds. Raises TypeError for what has no spelling."""
    return _encode(value).encode()


def canonical_text(value: object) -> str:
    """The same as text, for a part of something larger."""
    return _encode(value)


def in_utc(value: datetime) -> str:
    """A moment as ``canonical`` spells it."""
    moved = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moved.isoformat(timespec="microseconds")[:-6] + "Z"  # instead of +00:00


def _spell(value: object) -> object:
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical spelling")


_encode = encoder(sort_keys=True, default=_spell)
