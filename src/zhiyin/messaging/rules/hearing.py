"""Reading what a gateway sent, whatever its bytes are: strict where a mistake could hide, and never surprised."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from zhiyin.lib.phones import Phone, normalise
from zhiyin.messaging.rules.codes import BEIJING
from zhiyin.messaging.rules.signals import Signal, Unreadable

LONGEST_BODY = 1024 * 1024  # bytes
DEEPEST, LONGEST_NUMBER, MOST_FIELDS = 12, 30, 100
MOST_ITEMS = 10_000
LONGEST_RAW = 500  # characters of a broken item that are kept
AHEAD = timedelta(minutes=10)  # how far a gateway's clock may be ahead of ours
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


T = TypeVar("T")


class Broken(Exception):
    """One item of a callback says something that nobody can use. ``str`` says what."""


def json_of(body: bytes) -> Any:
    """The JSON in a body. Raises Unreadable for anything that two readers might read in two ways."""
    text = _text_of(body)
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole)
        if _is_deep(found):
            raise Unreadable("nested too deep")
        json.dumps(found, ensure_ascii=False).encode()  # halves of characters cannot be written down
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"not JSON: {type(fault).__name__}") from fault
    return found


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form. Raises Unreadable; also where a field stands twice."""
    text = _text_of(body)
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as fault:
        raise Unreadable("not a form") from fault
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a field stands twice")
    if any("\0" in value for value in found.values()):
        raise Unreadable("a zero byte")
    return found


def _text_of(body: bytes) -> str:
    if not body.strip():
        raise Unreadable("empty")
    if len(body) > LONGEST_BODY:
        raise Unreadable("too long")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Unreadable("not UTF-8") from fault
    if "\0" in text:
        raise Unreadable("a zero byte")
    return text


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number without end")
    return int(digits)


def _is_deep(value: Any, left: int = DEEPEST) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left == 0 or any(_is_deep(each, left - 1) for each in inner)


def items_of(found: Any) -> list[Any]:
    """The items of a callback that is an array. Raises Unreadable."""
    if not isinstance(found, list):
        raise Unreadable("not an array")
    if len(found) > MOST_ITEMS:
        raise Unreadable(f"more than {MOST_ITEMS} items")
    return found


def each_read(items: Iterable[T], read: Callable[[T], Signal]) -> tuple[list[Signal], list[tuple[str, str]]]:
    """What could be read of the items, and what not: why, and the raw item cut to size (G28)."""
    signals: list[Signal] = []
    broken: list[tuple[str, str]] = []
    for item in items:
        try:
            signals.append(read(item))
        except Broken as fault:
            broken.append((str(fault), json.dumps(item, ensure_ascii=False, default=str)[:LONGEST_RAW]))
    return signals, broken


def object_of(item: Any) -> Mapping[str, Any]:
    """The item, if it is an object. Raises Broken."""
    if not isinstance(item, Mapping):
        raise Broken("not an object")
    return item


def word(item: Mapping[str, Any], name: str, *, longest: int = 200, needed: bool = False) -> str:
    """A field as a text: numbers and booleans as JSON spells them (G35). Raises Broken."""
    value = item.get(name)
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int):
        value = str(value)
    elif value is None:
        value = ""
    if not isinstance(value, str):
        raise Broken(f"{name} is no text")
    if len(value) > longest:
        raise Broken(f"{name} is too long")
    if "\0" in value:
        raise Broken(f"{name} holds a zero byte")
    if needed and not value.strip():
        raise Broken(f"no {name}")
    return value.strip()


def e164(number: str, *, country: str = "") -> str:
    """The number as we know people by it; nothing where it is masked or no number."""
    plain = number.strip()
    if country and country != "86" and not plain.startswith("+"):
        plain = f"+{country.lstrip('+')}{plain}"
    elif plain.isascii() and plain.isdigit() and len(plain) > 11 and not plain.startswith(("86", "00")):
        plain = f"+{plain}"
    found = normalise(plain)
    return found.e164 if isinstance(found, Phone) else ""


def made_id(*parts: object) -> str:
    """An id for what came without one: the same again for the same words."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, default=str).encode()).hexdigest()[:32]


def our_id(text: str) -> int | None:
    """Our own number of a message, where the gateway repeated one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


def moment(value: Any, *, now: datetime, utc: bool = False) -> tuple[datetime | None, str]:
    """When something happened, as gateways write it, and what is odd about it (G44-G47).

    A time without a zone is Beijing time, or UTC where the provider says so; digits are seconds or milliseconds since
    1970. What lies ahead of our clock is taken as now; what is no time, or older than this century, as unknown.
    """
    at = _parsed(value, utc=utc)
    if at is None:
        return None, "" if value in (None, "") else "no time"
    if at < OLDEST:
        return None, "a time before 2000"
    if at > now + AHEAD:
        return now, "a time ahead of ours"
    return min(at, now), ""


def _parsed(value: Any, *, utc: bool) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    try:
        if text.isascii() and text.isdigit() and len(text) in (10, 13):
            return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
        at = datetime.fromisoformat(text[:40])
        at = at if at.tzinfo else at.replace(tzinfo=UTC if utc else BEIJING)
        return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
