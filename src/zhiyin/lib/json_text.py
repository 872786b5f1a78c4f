"""JSON text on a hot path. ``json.JSONEncoder`` builds its C encoder anew for every value; here it is built once."""

from collections.abc import Callable
from json import JSONEncoder
from json import encoder as standard
from typing import Any

quoted: Callable[[str], str] = standard.encode_basestring  # a text as JSON


def encoder(*, sort_keys: bool = False, default: Callable[[object], object] | None = None) -> Callable[[object], str]:
    """What spells a value as compact JSON, Chinese as Chinese. Raises ValueError for NaN, TypeError for the unknown."""
    whole = JSONEncoder(
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=sort_keys,
        allow_nan=False,
        check_circular=False,
        default=default,
    )
    make: Any = getattr(standard, "c_make_encoder", None)
    if make is None:  # a Python without the C part of the standard library
        return whole.encode
    spelled = make(None, whole.default, quoted, None, ":", ",", sort_keys, False, False)

    def encode(value: object) -> str:
        return quoted(value) if type(value) is str else "".join(spelled(value, 0))

    return encode
