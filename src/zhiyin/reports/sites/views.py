"""Sites side by side."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from zhiyin.lib.intervals import FLOOR
from zhiyin.reports.figures import Desk
from zhiyin.reports.frame import download, frame, seen_desk
from zhiyin.reports.records import address, list_url
from zhiyin.reports.sites import screen


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Where is it better, where worse, and is the difference real?"""
    now = timezone.now()
    desk = seen_desk(request, now=now)
    measures, levels = screen.choices(desk), screen.levels(desk)
    key = request.GET.get("measure", "top_box")
    key = key if key in dict(measures) else "top_box"
    wanted = request.GET.get("level", "")
    depths = [str(depth) for depth, _count in levels]
    depth = int(wanted) if wanted in depths else levels[0][0] if levels else None
    mix = request.GET.get("mix", "")
    mix = mix if mix in screen.MIXES and mix not in dict(desk.where) else ""
    found = screen.comparison(desk, key, depth, mix=mix) if depth is not None else None
    if found and (file := download(request, {"sites": screen.table(found)})):
        return file
    chosen = {"measure": key, "level": str(depth), "mix": mix}
    context = frame(desk, now=now, **{name: value for name, value in chosen.items() if name in request.GET}) | {
        "found": found,
        "measures": measures,
        "key": key,
        "levels": [(depth_, count, _with(desk, chosen, level=str(depth_))) for depth_, count in levels],
        "depth": depth,
        "mix": mix,
        "mixes": [("", _with(desk, chosen, mix=""))] + [(one, _with(desk, chosen, mix=one)) for one in screen.MIXES],
        "spread": screen.spread_words(found, desk.by.language) if found else {},
        "floor": FLOOR,
        "address": urlencode({**desk.address, **{name: value for name, value in chosen.items() if value}}),
        "whole_url": list_url(desk, key) if found and not found.rest else "",
        "definition_url": address("reports:definition", key, **desk.address),
    }
    return render(request, "reports/compare.html", context)


def _with(desk: Desk, chosen: dict[str, str], **changed: str) -> str:
    query = {**desk.address, **chosen, **changed}
    return f"?{urlencode({name: value for name, value in query.items() if value})}"
