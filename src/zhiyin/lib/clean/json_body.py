"""Read a JSON body strictly and fast: what the standard parser lets through is refused here (RELIABILITY A01-A15).

The fast path only answers "surely good" or "look closer", with operations that run at C speed over the whole body;
``json_faults`` then finds out what is wrong and where. Refused: broken or foreign encodings, nesting beyond the limit,
duplicate keys, NaN and Infinity, numbers too big to hold, trailing garbage, and, unless the caller's fields name them
better, NUL and lone surrogates.
"""

import re
from dataclasses import dataclass
from itertools import chain
from json import JSONDecoder
from typing import Any, NoReturn

from zhiyin.lib.clean.json_faults import diagnose, finite, no_constant, unique_keys, unsafe_escape
from zhiyin.lib.faults import Unclean, fault

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """``max_bytes`` and ``max_items`` (of a list at the top) answer 413, the rest 400.

    ``max_depth`` stays far below the 1,000 calls at which the standard parser gives up.
    ``unsafe_text``: let ``\\u0000`` and lone surrogates pass, because a ``Record`` will refuse them and name the field.
    """

    max_bytes: int = 2 * 1024 * 1024
    max_depth: int = 32
    max_items: int = 1_000
    unsafe_text: bool = False


LIMITS = JsonLimits()


_fast = JSONDecoder(parse_float=finite, parse_constant=no_constant)
_exact = JSONDecoder(object_pairs_hook=unique_keys, parse_float=finite, parse_constant=no_constant)


def parse_json(raw: bytes, *, limits: JsonLimits = LIMITS, expect: tuple[type, ...] = (dict,)) -> Any:
    """The value in the body. Raises Unclean (400 or 413) with the byte where it went wrong.

    ``expect`` names what may stand at the top: ``(dict,)``, ``(list,)`` or both.
    """
    if len(raw) > limits.max_bytes:
        raise Unclean([fault("body_too_large", limit=limits.max_bytes)], status=413)
    body = raw[len(_BOM) :] if raw.startswith(_BOM) else raw
    try:
        value = _parsed(body, limits)
    except ValueError:
        _refuse(raw, body, limits)
    if type(value) not in expect:
        key = "json_invalid.object" if list not in expect else "json_invalid.object_or_list"
        raise Unclean([fault(key, position=len(raw) - len(body.lstrip(_SPACE)))])
    if type(value) is list and len(value) > limits.max_items:
        raise Unclean([fault("batch_too_large", limit=limits.max_items, count=len(value))], status=413)
    return value


def _parsed(body: bytes, limits: JsonLimits) -> Any:
    """The value, or ValueError: then ``diagnose`` says why."""
    text = body.decode()
    if not limits.unsafe_text and _SUSPECT_ESCAPE.search(body) and unsafe_escape(body) is not None:
        raise ValueError("unsafe text")
    start = 0 if text[:1] in {"{", "["} else len(text) - len(text.lstrip(" \t\r\n"))
    try:
        value, end = _fast.raw_decode(text, start)
    except RecursionError:
        raise ValueError("too deep") from None
    if end != len(text) and text[end:].strip(" \t\r\n"):
        raise ValueError("trailing garbage")
    # Without white space each key ends in `":`. A text that begins with a colon makes this count too high and costs a
    # second look; nothing makes it too low, so equal counts prove that no key came twice.
    if body.translate(None, _SPACE).count(b'":') != _keys_in(value, limits.max_depth):
        _exact.raw_decode(text, start)
    return value


def _keys_in(value: object, max_depth: int) -> int:
    """How many keys its objects have at every depth. Raises ValueError where it is nested deeper than that."""
    count, depth, level = 0, 0, [value]
    while level:
        depth += 1
        if depth > max_depth:
            raise ValueError("too deep")
        objects = [one for one in level if type(one) is dict]
        count += sum(map(len, objects))
        inside = chain(*map(dict.values, objects), *(one for one in level if type(one) is list))
        level = [one for one in inside if type(one) is dict or type(one) is list]
    return count


def _refuse(raw: bytes, body: bytes, limits: JsonLimits) -> NoReturn:
    found = diagnose(body, max_depth=limits.max_depth, unsafe_text=limits.unsafe_text)
    offset = len(raw) - len(body)
    raise Unclean([fault(found.key, position=found.position + offset, **found.params)]) from None
