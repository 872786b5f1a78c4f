"""The navigation, declared once, in the order of the loop: listen, act, understand, change (DESIGN section 2).

An item is shown to the roles it names, and only where its address exists: a room that is not built yet has no item.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.ui import cards, supplies

FIGURES = frozenset({"team_lead", "quality_manager", "touchpoint_owner", "executive"})
CASES = frozenset({"agent", "team_lead", "quality_manager", "touchpoint_owner"})
OUTREACH = frozenset({"quality_manager", "touchpoint_owner", "executive", "auditor", "administrator"})
SURVEYS = frozenset({"quality_manager", "touchpoint_owner", "administrator"})
SETTINGS = frozenset({"administrator"})
AUDIT = frozenset({"auditor", "administrator"})
EVERYBODY = CASES | FIGURES | OUTREACH

LISTEN = _("Listen to customers")
ACT = _("Get things done")
UNDERSTAND = _("Understand why")
CHANGE = _("Change the cause")
LAST: str = ""  # the group that stands at the foot of the sidebar


@dataclass(frozen=True)
class NavItem:
    """One declared entry. ``group`` is a translated heading; the overview stands above all groups."""

    group: Promise | str
    key: str
    label: Promise
    icon: str
    url_name: str
    roles: frozenset[str]


TOP = "top"
ITEMS = (
    NavItem(TOP, "overview", _("Overview"), "layout-dashboard", "reports:overview", FIGURES),
    NavItem(LISTEN, "journey", pgettext_lazy("nav", "Journeys"), "route", "journey:journeys", FIGURES),
    NavItem(LISTEN, "surveys", pgettext_lazy("nav", "Surveys"), "clipboard-list", "surveys:surveys", SURVEYS),
    NavItem(LISTEN, "outreach", pgettext_lazy("nav", "Outreach"), "send", "outreach:monitor", OUTREACH),
    NavItem(LISTEN, "funnel", pgettext_lazy("nav", "Funnel"), "filter", "funnel:funnel", OUTREACH),
    NavItem(LISTEN, "customers", pgettext_lazy("nav", "Customers"), "user", "customers:find", CASES | OUTREACH),
    NavItem(ACT, "cases", pgettext_lazy("nav", "Workbench"), "headset", "cases:queue", CASES),
    NavItem(ACT, "alerts", pgettext_lazy("nav", "Alerts"), "urgent", "alerts:alerts", FIGURES),
    NavItem(ACT, "care", pgettext_lazy("nav", "Care"), "heart-handshake", "care:calendar", FIGURES),
    NavItem(UNDERSTAND, "explorer", pgettext_lazy("nav", "Explorer"), "compass", "explorer:explorer", FIGURES),
    NavItem(UNDERSTAND, "insights", pgettext_lazy("nav", "Insights"), "bulb", "insight:insights", FIGURES),
    NavItem(UNDERSTAND, "compare", pgettext_lazy("nav", "Sites"), "chart-dots", "sites:compare", FIGURES),
    NavItem(UNDERSTAND, "agents", pgettext_lazy("nav", "Agents"), "users", "agents:agents", CASES | FIGURES),
    NavItem(CHANGE, "improvement", pgettext_lazy("nav", "Initiatives"), "refresh-dot", "improvement:board", FIGURES),
    NavItem(CHANGE, "enablement", pgettext_lazy("nav", "Enablement"), "school", "enablement:scripts", CASES),
    NavItem(LAST, "audit", pgettext_lazy("nav", "Audit log"), "history", "reports:audit", AUDIT),
    NavItem(LAST, "settings", pgettext_lazy("nav", "Settings"), "settings", "people:settings", SETTINGS),
)
# The pages of the settings, as tabs above each of them.
SETTINGS_PAGES = (
    NavItem(LAST, "people", _("Organisation and staff"), "user", "people:staff", SETTINGS),
    NavItem(LAST, "channels", _("Message channels"), "send", "outreach:channels", SETTINGS),
    NavItem(LAST, "cuts", _("What figures are cut by"), "filter", "cuts:cuts", SETTINGS),
)
# The bar at the foot of a phone: five things within reach of a thumb.
PHONE = (
    ITEMS[0],
    next(item for item in ITEMS if item.key == "cases"),
    NavItem(ACT, "callbacks", pgettext_lazy("nav", "Callbacks"), "calendar-check", "cases:callbacks", CASES),
    NavItem(CHANGE, "scripts", pgettext_lazy("nav", "Scripts"), "message-search", "enablement:scripts", CASES),
    NavItem(LAST, "me", pgettext_lazy("nav", "Me"), "user", "ui:menu", EVERYBODY),
)


@dataclass(frozen=True)
class Shown:
    """An entry as the page shows it."""

    key: str
    label: str
    icon: str
    url: str
    badge: int | None
    active: bool


@dataclass(frozen=True)
class Group:
    label: str
    items: tuple[Shown, ...]


def groups(request: HttpRequest) -> list[Group]:
    """What this member of staff may open, by group; groups with nothing in them are left out."""
    shown = _shown(ITEMS, request)
    found: dict[str, list[Shown]] = {}
    for item in ITEMS:
        if item.key in shown:
            found.setdefault(str(item.group), []).append(shown[item.key])
    return [Group(label, tuple(items)) for label, items in found.items()]


def phone(request: HttpRequest) -> list[Shown]:
    """The phone's bottom bar for this member of staff."""
    return list(_shown(PHONE, request).values())


def settings_tabs(request: HttpRequest) -> list[cards.Tab]:
    """The pages of the settings that this member of staff may open."""
    shown = _shown(SETTINGS_PAGES, request).values()
    return [cards.Tab(label=item.label, url=item.url, is_active=item.active) for item in shown]


def _shown(items: Sequence[NavItem], request: HttpRequest) -> dict[str, Shown]:
    role = getattr(getattr(request, "user", None), "role", "")
    addresses = {item.key: _address(item) for item in items if role in item.roles}
    here = _active(addresses, request.path)
    return {
        item.key: Shown(
            key=item.key,
            label=str(item.label),
            icon=item.icon,
            url=addresses[item.key],
            badge=supplies.count(f"badge:{item.key}", request),
            active=item.key == here,
        )
        for item in items
        if addresses.get(item.key)
    }


def _address(item: NavItem) -> str:
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return ""


def _active(addresses: dict[str, str], path: str) -> str:
    """The item whose address is the longest beginning of ``path``: a case is under the workbench."""
    fitting = {key: url for key, url in addresses.items() if url and url != "/" and path.startswith(url)}
    return max(fitting, key=lambda key: len(fitting[key]), default="") or next(
        (key for key, url in addresses.items() if url == path), ""
    )
