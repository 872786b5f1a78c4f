"""What upper rooms lend to every page: a name, a label, a count. ``ui`` asks by key and never imports them.

A room registers in its ``AppConfig.ready``::

    @supplies.supply("badge:cases")
    def waiting(request: HttpRequest) -> int: ...

Keys: ``organisation`` and ``scope`` (text beside the mark), ``badge:<nav key>`` and ``notices`` (counts), ``paused``
(a sentence that stands above every page while outreach is paused). Each is asked at most once a page, only when shown.
"""

from collections.abc import Callable

from django.http import HttpRequest

Supply = Callable[[HttpRequest], object]
_SUPPLIES: dict[str, Supply] = {}


def supply(key: str) -> Callable[[Supply], Supply]:
    """Register the decorated function as the one that supplies ``key``. A second one for the same key is an error."""

    def register(function: Supply) -> Supply:
        if _SUPPLIES.setdefault(key, function) is not function:
            raise ValueError(f"{key!r} is already supplied by {_SUPPLIES[key].__qualname__}.")
        return function

    return register


def text(key: str, request: HttpRequest) -> str:
    """The text supplied for ``key``, or an empty one."""
    found = _SUPPLIES.get(key)
    return str(found(request) or "") if found else ""


def count(key: str, request: HttpRequest) -> int | None:
    """The count supplied for ``key``; None where nobody supplies it or there is nothing to count."""
    found = _SUPPLIES.get(key)
    value = found(request) if found else None
    return value if isinstance(value, int) and value > 0 else None
