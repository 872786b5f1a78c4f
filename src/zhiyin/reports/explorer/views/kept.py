"""Saved views: keep, share, rename, delete, take back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.people.access import Viewer
from zhiyin.people.queries import units_of
from zhiyin.people.roles import Role
from zhiyin.reports.explorer import keeping
from zhiyin.reports.explorer.asked import asked_of
from zhiyin.reports.explorer.views.asking import reader


@require_GET
def views(request: HttpRequest) -> HttpResponse:
    """What is kept: one's own, and what others share."""
    by = reader(request)
    cards = keeping.views(by=by)
    context = {
        "own": [card for card in cards if card.is_own],
        "shared": [card for card in cards if not card.is_own],
        "gone": gone("view", request, by=by),
        "now": timezone.now(),
    }
    return render(request, "reports/explorer/views.html", context)


def gone(kind: keeping.Kind, request: HttpRequest, *, by: Viewer) -> keeping.KeptCard | None:
    """What was deleted a moment ago, while the way back is shown."""
    text = request.GET.get("gone", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    try:
        return keeping.own_card(kind, int(text), by=by, deleted=True)
    except NotFound:
        return None


@require_GET
def view(request: HttpRequest, view_id: int) -> HttpResponse:
    """A saved view is its question: on to that address, within the reader's own units."""
    card = keeping.view_card(view_id, by=reader(request))
    return redirect(f"{reverse('explorer:explorer')}?{card.query}")


@require_http_methods(["GET", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Keep the question of the address under a name, or put it in the place of one's own view."""
    by = reader(request)
    given = request.POST if request.method == "POST" else request.GET
    asking = asked_of(given, by=by)
    if not asking.measure:
        raise NotFound
    form = form_of(request, by=by) | {
        "asking": asking,
        "own": [card for card in keeping.views(by=by) if card.is_own],
        "boards": [card for card in keeping.dashboards(by=by) if card.is_own],
    }
    if request.method != "POST":
        return render(request, "reports/explorer/save.html", form)
    place, _colon, version = request.POST.get("instead", "").partition(":")
    now = timezone.now()

    def keep() -> str:
        audience = audience_in(request, by=by)
        name = request.POST.get("name", "")
        if place.isdigit() and version.isdigit():
            card = keeping.own_card("view", int(place), by=by)
            keeping.change_view(
                view_id=card.id,
                name=name or card.name,
                query=asking.query,
                audience=audience,
                version=int(version),
                by=by,
                now=now,
            )
            view_id = card.id
        else:
            view_id = keeping.save_view(name=name, query=asking.query, audience=audience, by=by, now=now)
        board = request.POST.get("dashboard", "")
        if board.isdigit() and len(board) < 19:
            keeping.pin(dashboard_id=int(board), view_id=view_id, by=by, now=now)
            return reverse("explorer:dashboard", args=(int(board),))
        return reverse("explorer:views")

    return tried(request, keep, "reports/explorer/save.html", form, told=_("Saved."))


@require_http_methods(["GET", "POST"])
def edit_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename, share with others, or with nobody any more."""
    by = reader(request)
    card = keeping.own_card("view", view_id, by=by)
    form = form_of(request, by=by, card=card) | {"card": card}
    if request.method != "POST":
        return render(request, "reports/explorer/edit.html", form)

    def change() -> str:
        keeping.change_view(
            view_id=view_id,
            name=request.POST.get("name", ""),
            query=card.query,
            audience=audience_in(request, by=by),
            version=version_in(request),
            by=by,
            now=timezone.now(),
        )
        return reverse("explorer:views")

    return tried(request, change, "reports/explorer/edit.html", form, told=_("Saved."))


@require_POST
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    keeping.delete("view", view_id, by=reader(request), now=timezone.now())
    return redirect(f"{reverse('explorer:views')}?gone={view_id}")


@require_POST
def restore_view(request: HttpRequest, view_id: int) -> HttpResponse:
    keeping.restore("view", view_id, by=reader(request), now=timezone.now())
    messages.success(request, _("It is back."))
    return redirect("explorer:views")


# What the forms of views and of dashboards have in common


def form_of(request: HttpRequest, *, by: Viewer, card: keeping.KeptCard | None = None) -> dict[str, object]:
    """The fields as they were typed, or as the card has them."""
    units = units_of(by=by)
    given: QueryDict | None = request.POST if request.method == "POST" else None
    code = next((one.code for one in units if card and one.id == card.shared_unit_id), "")
    return {
        "name": given.get("name", "") if given else card.name if card else "",
        "unit": given.get("unit", "") if given else code,
        "role": given.get("role", "") if given else card.shared_role if card else "",
        "version": card.version if card else 0,
        "units": units,
        "roles": Role.choices,
    }


def audience_in(request: HttpRequest, *, by: Viewer) -> keeping.Audience:
    return keeping.audience_of(request.POST.get("unit", "")[:60], request.POST.get("role", ""), by=by)


def version_in(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def tried(
    request: HttpRequest, verb: Callable[[], str], template: str, form: dict[str, object], *, told: str
) -> HttpResponse:
    """Do it and go on; or show the form again with what was typed and why not."""
    try:
        url = verb()
    except NotFound:
        raise
    except Refused as refusal:
        status = 409 if isinstance(refusal, StaleEdit) else 422
        return render(request, template, form | {"refusal": refusal}, status=status)
    messages.success(request, told)
    return redirect(url)
