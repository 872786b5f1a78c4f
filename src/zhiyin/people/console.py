"""What the console's frame is lent by people: the organisation's name, the viewer's part, a pause, preferences."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhiyin.lib.text import pick
from zhiyin.people.models import Staff
from zhiyin.people.queries import organisation, unit_names
from zhiyin.ui import preferences, supplies

KEPT = {"theme": ("light", "dark"), "language": ("zh-hans", "en")}


def register() -> None:
    """Called once when the room is ready."""
    supplies.supply("organisation")(organisation_name)
    supplies.supply("scope")(scope)
    supplies.supply("paused")(paused)
    preferences.keep_with(remember)


def organisation_name(request: HttpRequest) -> str:
    found = organisation()
    return pick(found.name, get_language() or "zh-hans") if found else ""


def scope(request: HttpRequest) -> str:
    """The unit whose subtree this person sees."""
    unit_id = getattr(request.user, "unit_id", None)
    return unit_names([unit_id], get_language() or "zh-hans").get(unit_id, "") if unit_id else ""


def paused(request: HttpRequest) -> str:
    """Who paused outreach and why, above every page."""
    found = organisation()
    if found is None or not found.is_paused:
        return ""
    who = found.paused_by
    kind, _sign, number = who.partition(":")
    if kind == "staff" and number.isdigit():
        who = Staff.objects.filter(pk=int(number)).values_list("name", flat=True).first() or who
    return _("Outreach is paused by %(who)s: %(reason)s") % {"who": who, "reason": found.pause_reason}


def remember(request: HttpRequest, chosen: Mapping[str, str]) -> None:
    """Keep theme and language in the profile, so that they follow the person to another browser."""
    changes = {key: value for key, value in chosen.items() if value in KEPT.get(key, ())}
    if changes and request.user.pk:
        Staff.objects.filter(pk=request.user.pk).update(**changes)
