"""Dashboards: tiles of saved views, each of which asks for itself."""

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.lib.errors import NotFound, Refused
from zhiyin.metrics import mirror
from zhiyin.metrics.engines import FiguresUnavailable
from zhiyin.people.access import Viewer
from zhiyin.reports.explorer import keeping, page
from zhiyin.reports.explorer.asked import asked_of
from zhiyin.reports.explorer.views.asking import reader
from zhiyin.reports.explorer.views.kept import audience_in, form_of, gone, tried, version_in

log = logging.getLogger("zhiyin.explorer")
TILE_LINES = 8


@require_http_methods(["GET", "POST"])
def dashboards(request: HttpRequest) -> HttpResponse:
    """The dashboards there are, and a form for another."""
    by = reader(request)
    cards = keeping.dashboards(by=by)
    context = form_of(request, by=by) | {
        "own": [card for card in cards if card.is_own],
        "shared": [card for card in cards if not card.is_own],
        "gone": gone("dashboard", request, by=by),
        "now": timezone.now(),
    }
    if request.method != "POST":
        return render(request, "reports/explorer/dashboards.html", context)

    def make() -> str:
        audience = audience_in(request, by=by)
        name = request.POST.get("name", "")
        made = keeping.make_dashboard(name=name, audience=audience, by=by, now=timezone.now())
        return reverse("explorer:dashboard", args=(made,))

    return tried(request, make, "reports/explorer/dashboards.html", context, told=_("Saved."))


@require_GET
def dashboard(request: HttpRequest, dashboard_id: int) -> HttpResponse:
    """One dashboard. Its tiles come by themselves; without a script ``?plain=1`` brings them with the page."""
    by = reader(request)
    card = keeping.dashboard_card(dashboard_id, by=by)
    found = keeping.tiles(dashboard_id, by=by)
    pinned = {tile.view_id for tile in found}
    is_plain = request.GET.get("plain") == "1"
    context = {
        "card": card,
        "tiles": [(tile, _tile(tile, by=by) if is_plain else None) for tile in found],
        "is_plain": is_plain,
        "rest": [view for view in keeping.views(by=by) if view.id not in pinned] if card.is_own else [],
        "as_of": mirror.manifest().as_of,
        "now": timezone.now(),
    }
    return render(request, "reports/explorer/dashboard.html", context)


@require_GET
def tile(request: HttpRequest, dashboard_id: int, tile_id: int) -> HttpResponse:
    """One tile's figures, of the reader's own units, by itself."""
    by = reader(request)
    card = keeping.tile_card(dashboard_id, tile_id, by=by)
    return render(request, "reports/explorer/parts/tile.html", {"tile": card, **_tile(card, by=by)})


def _tile(card: keeping.TileCard, *, by: Viewer) -> dict[str, object]:
    """What a tile shows: figures, or why there are none. A tile that fails must not take the others with it."""
    asking = asked_of(QueryDict(card.query), by=by)
    if not asking.measure:
        return {"problem": "unknown", "asking": asking}
    try:
        shown = page.shown(asking, by=by, today=timezone.localdate())
    except FiguresUnavailable as away:
        return {"problem": "away", "away": away, "asking": asking}
    except Exception:
        log.exception("A tile could not be worked out: %s", card.query)
        return {"problem": "failed", "asking": asking}
    return {
        "shown": shown,
        "asking": asking,
        "lines": shown.lines[:TILE_LINES],
        "rest": len(shown.sheet.lines) - len(shown.lines[:TILE_LINES]),
        "chart_id": f"tile-chart-{card.id}",
        "as_of": shown.sheet.as_of,
        "now": timezone.now(),
    }


@require_http_methods(["GET", "POST"])
def edit_dashboard(request: HttpRequest, dashboard_id: int) -> HttpResponse:
    by = reader(request)
    card = keeping.own_card("dashboard", dashboard_id, by=by)
    form = form_of(request, by=by, card=card) | {"card": card, "is_dashboard": True}
    if request.method != "POST":
        return render(request, "reports/explorer/edit.html", form)

    def change() -> str:
        keeping.change_dashboard(
            dashboard_id=dashboard_id,
            name=request.POST.get("name", ""),
            audience=audience_in(request, by=by),
            version=version_in(request),
            by=by,
            now=timezone.now(),
        )
        return reverse("explorer:dashboard", args=(dashboard_id,))

    return tried(request, change, "reports/explorer/edit.html", form, told=_("Saved."))


@require_POST
def delete_dashboard(request: HttpRequest, dashboard_id: int) -> HttpResponse:
    keeping.delete("dashboard", dashboard_id, by=reader(request), now=timezone.now())
    return redirect(f"{reverse('explorer:dashboards')}?gone={dashboard_id}")


@require_POST
def restore_dashboard(request: HttpRequest, dashboard_id: int) -> HttpResponse:
    keeping.restore("dashboard", dashboard_id, by=reader(request), now=timezone.now())
    messages.success(request, _("It is back."))
    return redirect("explorer:dashboard", dashboard_id)


@require_POST
def pin(request: HttpRequest, dashboard_id: int) -> HttpResponse:
    """Put a saved view on a dashboard."""
    by, view = reader(request), request.POST.get("view", "")
    keeping.own_card("dashboard", dashboard_id, by=by)
    if not view:
        raise Refused(_("Choose a saved view."), next_step=_("Save one first if there is none."), code="no_view")
    keeping.pin(dashboard_id=dashboard_id, view_id=_number(view), by=by, now=timezone.now())
    return redirect("explorer:dashboard", dashboard_id)


@require_POST
def move(request: HttpRequest, dashboard_id: int, tile_id: int) -> HttpResponse:
    """Up, down, onto another tile's place, or off."""
    by, now, what = reader(request), timezone.now(), request.POST.get("do", "")
    if what == "off":
        keeping.unpin(dashboard_id=dashboard_id, tile_id=tile_id, by=by, now=now)
    elif what == "onto":
        onto = _number(request.POST.get("before", ""))
        keeping.move(dashboard_id=dashboard_id, tile_id=tile_id, onto=onto, by=by, now=now)
    else:
        step = {"up": -1, "down": 1}.get(what, 0)
        keeping.move(dashboard_id=dashboard_id, tile_id=tile_id, step=step, by=by, now=now)
    return redirect(f"{reverse('explorer:dashboard', args=(dashboard_id,))}#tile-{tile_id}")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)
