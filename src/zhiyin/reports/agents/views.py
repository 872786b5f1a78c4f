"""The list of people, and one person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from zhiyin.lib.intervals import FLOOR
from zhiyin.metrics import mirror
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports.agents.listing import choices, listing, table
from zhiyin.reports.agents.person import person_page, visible_person
from zhiyin.reports.frame import download, frame, seen_desk
from zhiyin.reports.records import address
from zhiyin.ui.period import CHOICES, period_of


@require_GET
def agents(request: HttpRequest) -> HttpResponse:
    """Who may need support, whose way could others learn, and what is only luck?"""
    by, now = viewer(request), timezone.now()
    if by.staff_id and by.may(Permission.WORK_CASES) and not by.may(Permission.SEE_FIGURES):
        return redirect("agents:agent", by.staff_id)
    desk = seen_desk(request, now=now)
    measures = choices(desk)
    key = request.GET.get("measure", "top_box")
    key = key if key in dict(measures) else "top_box"
    found = listing(desk, key)
    if file := download(request, {"agents": table(found)}):
        return file
    context = frame(desk, now=now, measure=key if "measure" in request.GET else "") | {
        "found": found,
        "measures": measures,
        "key": key,
        "floor": FLOOR,
        "address": urlencode({**desk.address, "measure": key}),
        "definition_url": address("reports:definition", key, **desk.address),
    }
    return render(request, "reports/agents.html", context)


@require_GET
def agent(request: HttpRequest, staff_id: int) -> HttpResponse:
    """How is it going, compared fairly, and what may we talk about?"""
    by, now = viewer(request), timezone.now()
    card = visible_person(staff_id, by=by)
    period = period_of(request.GET, today=timezone.localtime(now).date())
    context = {
        "person": person_page(card, by=by, period=period),
        "period": period,
        "choices": CHOICES,
        "may_list": by.may(Permission.SEE_FIGURES),
        "floor": FLOOR,
        "as_of": mirror.manifest().as_of,
        "now": now,
    }
    return render(request, "reports/agent.html", context)
