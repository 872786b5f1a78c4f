"""What every template knows: the theme, who is signed in, and the navigation that this person may use."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from zhiyin.ui import cards, nav, supplies

THEME_COOKIE = "zhiyin_theme"
KEYS_COOKIE = "zhiyin_keys"
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Person:
    """Who is signed in, as the foot of the sidebar shows it."""

    name: str
    role: str

    @property
    def initial(self) -> str:
        return self.name[:1]


class Console:
    """The frame's facts. Everything is worked out when a template asks, so that plain pages cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def theme(self) -> str:
        """The cookie of this browser, else what the profile says, else light."""
        kept = getattr(getattr(self._request, "user", None), "theme", "")
        wanted = self._request.COOKIES.get(THEME_COOKIE) or kept
        return wanted if wanted in THEMES else "light"

    @property
    def other_theme(self) -> str:
        return "light" if self.theme == "dark" else "dark"

    @property
    def keys_on(self) -> bool:
        """Single-key shortcuts can be switched off (WCAG 2.1.4)."""
        return self._request.COOKIES.get(KEYS_COOKIE) != "off"

    @property
    def here(self) -> str:
        """This address, to come back to after switching theme or language."""
        return self._request.get_full_path() if self._request.method == "GET" else self._request.path

    @property
    def error_code(self) -> str:
        """The request's id in the short form that a person can read out: 7F3A-1120."""
        request_id: str = getattr(self._request, "request_id", "")
        return f"{request_id[:4]}-{request_id[4:8]}".upper() if request_id else ""

    @cached_property
    def person(self) -> Person | None:
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        spoken = getattr(user, "get_role_display", lambda: "")
        return Person(name=str(getattr(user, "name", "") or user), role=str(spoken()))

    @cached_property
    def organisation(self) -> str:
        return supplies.text("organisation", self._request)

    @cached_property
    def scope(self) -> str:
        return supplies.text("scope", self._request)

    @cached_property
    def paused(self) -> str:
        return supplies.text("paused", self._request)

    @cached_property
    def notices(self) -> int | None:
        return supplies.count("notices", self._request)

    @cached_property
    def phone_bar(self) -> list[nav.Shown]:
        return nav.phone(self._request)

    @cached_property
    def settings_tabs(self) -> list[cards.Tab]:
        return nav.settings_tabs(self._request)

    @property
    def search_url(self) -> str:
        return _address("reports:search")

    @property
    def notices_url(self) -> str:
        return _address("alerts:alerts")

    @property
    def log_out_url(self) -> str:
        return _address("people:log_out")


def console(request: HttpRequest) -> dict[str, object]:
    """The context processor: ``console`` (the frame's facts) and ``nav`` (a list of groups, worked out when asked)."""
    return {"console": Console(request), "nav": SimpleLazyObject(lambda: nav.groups(request))}


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
