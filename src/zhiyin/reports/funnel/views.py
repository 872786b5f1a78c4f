"""The funnel from interaction to answer."""

from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from zhiyin.journey.queries import journey_map
from zhiyin.outreach.monitor import ALSO, Window
from zhiyin.outreach.screen import Links
from zhiyin.outreach.words import CHANNELS
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.tree import OrganisationTree
from zhiyin.people.views import viewer
from zhiyin.reports.figures import Desk
from zhiyin.reports.frame import desk_of, download, frame
from zhiyin.reports.funnel import screen

FILTERS = ("unit", "scenario", "touchpoint", "channel", *ALSO)


@require_GET
def funnel(request: HttpRequest) -> HttpResponse:
    """From service to answer: where do we lose most?"""
    by, now = _watcher(request), timezone.now()
    desk = desk_of(request, now=now, filters=FILTERS)
    cut = request.GET.get("by", "")
    cut = cut if cut in screen.CUTS else "touchpoint"
    links = Links({**desk.address})
    window = _window(desk, desk.period.since, desk.period.until)
    before = _window(desk, desk.period.before_since, desk.period.before_until)
    found = screen.funnel(window, before, links, by=by, now=now)
    rows, left_out = screen.table(cut, window, links, by=by, now=now)
    if file := download(request, screen.tables(found, rows, cut)):
        return file
    context = frame(desk, now=now, by=cut if "by" in request.GET else "") | {
        "funnel": found,
        "rows": rows,
        "left_out": left_out,
        "cut": cut,
        "cut_name": screen.CUTS[cut],
        "cuts": [(key, label, f"?{urlencode({**desk.address, 'by': key})}#by") for key, label in screen.CUTS.items()],
        "stages": list(screen.NAMES.values()),
        "narrowed": [(key, value) for key, value in desk.where if key != "unit"],
        "clear_url": f"?{urlencode({k: v for k, v in desk.address.items() if k in ('period', 'from', 'to', 'unit')})}",
        "address": urlencode({**desk.address, "by": cut}),
    }
    return render(request, "reports/funnel.html", context)


def _watcher(request: HttpRequest) -> Viewer:
    by = viewer(request)
    by.require(Permission.SEE_OUTREACH)
    return by


def _window(desk: Desk, first: date, last: date) -> Window:
    """From the beginning of the first day to the end of the last. An unknown name finds nothing."""
    where, known, zone = dict(desk.where), journey_map(), timezone.get_default_timezone()
    touchpoint, scenario = (
        known.touchpoints.get(where.get("touchpoint", "")),
        known.scenarios.get(where.get("scenario", "")),
    )
    return Window(
        since=datetime.combine(first, time.min, tzinfo=zone),
        until=datetime.combine(last, time.min, tzinfo=zone) + timedelta(days=1),
        units=OrganisationTree().below(where["unit"]) if "unit" in where else None,
        scenario_id=(scenario.id if scenario else -1) if "scenario" in where else None,
        touchpoint_id=(touchpoint.id if touchpoint else -1) if "touchpoint" in where else None,
        channel=where.get("channel", "") if where.get("channel", "") in CHANNELS else "",
        also=tuple((key, value) for key, value in desk.where if key in ALSO),
    )
