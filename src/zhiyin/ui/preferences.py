"""Theme, language and single keys: a cookie here, and in the profile where a room has offered to keep them.

The room that owns the profile registers in its ``AppConfig.ready``::

    preferences.keep_with(remember)      # remember(request, {"theme": "dark"})
"""

from collections.abc import Callable, Mapping

from django.http import HttpRequest

Keeper = Callable[[HttpRequest, Mapping[str, str]], None]
_KEEPERS: list[Keeper] = []
YEAR = 365 * 24 * 3600


def keep_with(keeper: Keeper) -> Keeper:
    """Have ``keeper`` called with what a signed-in person chose; registering twice has no effect."""
    if keeper not in _KEEPERS:
        _KEEPERS.append(keeper)
    return keeper


def remember(request: HttpRequest, **chosen: str) -> None:
    """Tell the keepers what this person chose; nobody is told of a visitor's choice."""
    if getattr(getattr(request, "user", None), "is_authenticated", False):
        for keeper in _KEEPERS:
            keeper(request, chosen)
