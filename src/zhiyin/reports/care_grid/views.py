"""The matrix of touchpoints and dimensions, cell by cell."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from zhiyin.lib.intervals import FLOOR
from zhiyin.lib.text import pick
from zhiyin.metrics.engine import measures
from zhiyin.reports.care import GIVEN
from zhiyin.reports.care_grid import screen
from zhiyin.reports.care_grid.cells import grid as ask
from zhiyin.reports.frame import download, frame, seen_desk
from zhiyin.reports.records import address

BY = ("top_box", "bottom_box", "mean", "csat")
FILTERS = ("segment", "brand", "unit")  # a touchpoint is a row


@require_GET
def grid(request: HttpRequest) -> HttpResponse:
    """Which care reaches the customer, and what do we not know?"""
    now = timezone.now()
    desk = seen_desk(request, now=now, filters=FILTERS)
    key = request.GET.get("measure", "")
    key = key if key in BY else "top_box"
    found = ask(desk, key)
    if file := download(request, {"grid": screen.table(found, desk.by.language)}):
        return file
    kept = {**desk.address, **({"measure": key} if key != "top_box" else {})}
    shown = screen.screen(found, desk, kept, chosen=request.GET.get("cell", "")[:130])
    context = frame(desk, now=now, measure=key if "measure" in request.GET else "") | {
        "grid": shown,
        "measures": [(one, pick(measures()[one].name, desk.by.language)) for one in BY],
        "key": key,
        "floor": FLOOR,
        "all": len(found.cells),
        "address": urlencode(kept),
        "closed_url": f"?{urlencode(kept)}",
        "given_url": address("reports:definition", GIVEN, **desk.address),
        "definition_url": address("reports:definition", key, **desk.address),
    }
    return render(request, "reports/grid.html", context)
