"""Declare, rename and retire what figures are cut by."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhiyin.journey import declaring
from zhiyin.journey.declaring import AttributeGiven, CannotDeclare, ShiftGiven
from zhiyin.lib.errors import NotAllowed, Refused
from zhiyin.lib.text import Text, both
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports.cuts.screen import cuts_of

LONGEST_FORM = 20_000  # characters of the named values


@require_GET
def cuts(request: HttpRequest) -> HttpResponse:
    """What can figures be cut by?"""
    by = viewer(request)
    by.require(Permission.MANAGE_SETTINGS)
    return _page(request, by, typed={"key": request.GET.get("key", "")[:60]})


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Declare, rename or retire something: for the whole organisation, so only at its head."""
    by = viewer(request)
    by.require(Permission.MANAGE_SETTINGS)
    if by.units is not None:
        raise NotAllowed
    try:
        messages.success(request, _done(request, by))
    except Refused as refused:
        if refused.status != 422:
            raise
        return _page(request, by, typed=request.POST.dict(), refused=refused)
    return redirect("cuts:cuts")


def _page(
    request: HttpRequest, by: Viewer, *, typed: Mapping[str, object], refused: Refused | None = None
) -> HttpResponse:
    """The page; with what was typed and why it was refused."""
    context = {
        "cuts": cuts_of(by.language),
        "refused": refused,
        "typed": typed,
        "doing": typed.get("do", ""),
        "may_change": by.units is None,
        "may_look": by.may(Permission.SEE_FIGURES),
        "hours": range(25),
    }
    return render(request, "reports/cuts.html", context, status=422 if refused else 200)


def _done(request: HttpRequest, by: Viewer) -> str:
    """Do what the form says; returns the sentence about it."""
    form, now = request.POST, timezone.now()
    key = form.get("key", "").strip()
    match form.get("do"):
        case "attribute":
            given = AttributeGiven(key=key, name=_name(request), values=_values(form.get("values", "")))
            if declaring.put_attribute(given, by=by, now=now):
                return _("Declared. Figures are built anew from the record now; until that is done they are empty.")
            return _("Saved.")
        case "retire_attribute":
            declaring.retire_attribute(key, by=by, now=now)
            return _("Retired. Figures are built anew from the record now; until that is done they are empty.")
        case "shift":
            first, until = _hour(form.get("from_hour", "")), _hour(form.get("until_hour", ""))
            shift = ShiftGiven(key=key, name=_name(request), from_hour=first, until_hour=until)
            declaring.put_shift(shift, by=by, now=now)
            return _("Saved. Figures of the past are cut by it too.")
        case "retire_shift":
            declaring.retire_shift(key, by=by, now=now)
            return _("Retired. Its hours belong to no shift now.")
    raise CannotDeclare(_("This form does nothing that is known here."), next_step=_("Load the page again."))


def _name(request: HttpRequest) -> Text:
    return both(request.POST.get("name_zh", "").strip(), request.POST.get("name_en", "").strip())


def _hour(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1


def _values(text: str) -> dict[str, Text]:
    """A line for each: ``value = 中文 | English``."""
    found: dict[str, Text] = {}
    for number, line in enumerate(text[:LONGEST_FORM].splitlines(), 1):
        if not line.strip():
            continue
        value, equals, names = line.partition("=")
        chinese, bar, english = names.partition("|")
        if not equals or not bar or not value.strip() or value.strip() in found:
            raise CannotDeclare(
                _("Line %(number)s of the values cannot be read, or its value stands there twice.")
                % {"number": number},
                next_step=_("Write: value = 中文 | English"),
            )
        found[value.strip()] = both(chinese.strip(), english.strip())
    return found
