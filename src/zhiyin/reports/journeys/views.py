"""The map of the journey, and one moment of it: beside the map when htmx asks, otherwise as a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from zhiyin.metrics import mirror
from zhiyin.people.queries import units_of
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports.figures import Desk
from zhiyin.reports.journeys import map as screen
from zhiyin.reports.journeys.moment import moment_page
from zhiyin.reports.journeys.rules import BAD_BELOW, FLOOR, GOOD_FROM
from zhiyin.reports.journeys.shapes import Addresses
from zhiyin.ui.period import CHOICES, period_of

PLAIN = ("touchpoint", "segment", "brand")
BESIDE, ALONE = 3, 20  # quotes


@require_GET
def journeys(request: HttpRequest) -> HttpResponse:
    """Which moment dissatisfies customers most?"""
    desk, addresses = _desk(request), Addresses.of(request.GET)
    chosen = request.GET["moment"][:60] if "moment" in request.GET else None
    found = screen.journey_screen(desk, addresses, chosen=chosen)
    beside = next((one.key for one in found.moments if one.is_chosen), "")
    context = _frame(request, desk) | {
        "journey": found,
        "is_table": request.GET.get("view") == "table",
        "moment": moment_page(beside, desk, quotes=BESIDE) if beside else None,
        "moment_url": addresses.moment(beside) if beside else "",
        "is_default": chosen is None,
        "costs": screen.costs(found.costly),
        "good_from": GOOD_FROM,
        "bad_below": BAD_BELOW,
        "shown_each": screen.SHOWN,
        "map_url": addresses.journeys(),
        "table_url": addresses.journeys(view="table"),
        "closed_url": addresses.journeys(moment=""),
    }
    return render(request, "reports/journeys/journeys.html", context)


@require_GET
def moment(request: HttpRequest, key: str) -> HttpResponse:
    """What is expected at this moment, and how well is it met?"""
    desk, addresses = _desk(request), Addresses.of(request.GET)
    is_beside = "panel" in request.GET and request.headers.get("HX-Request") == "true"
    context = _frame(request, desk) | {
        "moment": moment_page(key, desk, quotes=BESIDE if is_beside else ALONE),
        "moment_url": addresses.moment(key),
        "map_url": addresses.journeys(moment=key),
        "closed_url": addresses.journeys(moment=""),
    }
    template = "reports/journeys/parts/panel.html" if is_beside else "reports/journeys/moment.html"
    return render(request, template, context)


def _desk(request: HttpRequest) -> Desk:
    """The viewer's desk; a unit that they do not see, or that there is not, filters nothing."""
    by = viewer(request)
    by.require(Permission.SEE_FIGURES)
    where = [(key, value) for key in PLAIN if (value := request.GET.get(key, "")[:60]) and value.isprintable()]
    if (unit := request.GET.get("unit")) and any(card.code == unit for card in units_of(by=by)):
        where.append(("unit", unit))
    return Desk(by, period_of(request.GET, today=timezone.localdate()), tuple(where))


def _frame(request: HttpRequest, desk: Desk) -> dict[str, object]:
    return {
        "desk": desk,
        "choices": CHOICES,
        "units": units_of(by=desk.by),
        "unit": dict(desk.where).get("unit", ""),
        "floor": FLOOR,
        "as_of": mirror.manifest().as_of,
        "now": timezone.now(),
    }
