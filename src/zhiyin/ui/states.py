"""The states a screen can be in besides full: each says what happened, what follows and one way out (12-states)."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.ui import cards, numerals

Parts = dict[str, object]


def state_empty(
    title: str,
    text: str = "",
    icon: str = "inbox",
    action: str = "",
    url: str = "",
    second: str = "",
    second_url: str = "",
    tone: cards.Tone = "",
) -> Parts:
    """Nothing here yet: what happened, when data will come, one action."""
    return {
        "title": title,
        "text": text,
        "icon": icon,
        "action": action,
        "url": url,
        "second": second,
        "second_url": second_url,
        "tone": tone,
        "is_primary": True,
    }


def state_filtered(title: str, text: str = "", action: str = "", url: str = "", clear_url: str = "") -> Parts:
    """Nothing after filtering: which filter to drop and how many results come back then."""
    return {
        **state_empty(title, text, "filter-off", action, url, _("Clear filters") if clear_url else "", clear_url),
        "is_primary": False,
    }


def state_few(n: int, floor: int = cards.FLOOR, action: str = "", url: str = "") -> Parts:
    """Too few responses for a rate: how many there are, and how many are needed."""
    title = ngettext("Only %(n)s response, no verdict yet", "Only %(n)s responses, no verdict yet", n)
    text = _("Below %(floor)s responses no rate or rank is shown, so that nobody is misjudged.")
    return {
        **state_empty(
            title % {"n": numerals.plain(n)},
            text % {"floor": floor},
            "chart-dots",
            action,
            url,
            tone="warn",
        ),
        "is_primary": False,
    }


def state_error(
    title: str, text: str = "", code: str = "", action: str = "", url: str = "", second: str = "", second_url: str = ""
) -> Parts:
    """Something failed: what was kept, how to try again, and a short code to quote."""
    parts = state_empty(title, text, "plug-connected-x", action, url, second, second_url, tone="bad")
    return {**parts, "code": code}


def state_forbidden(
    title: str, text: str = "", action: str = "", url: str = "", second: str = "", second_url: str = ""
) -> Parts:
    """Not for this role: who owns it and how to ask."""
    return state_empty(title, text, "lock", action, url, second, second_url)


def skeleton(text: str = "") -> Parts:
    """The final layout's grey shape while it loads; it appears after 300 ms."""
    return {"text": text}
