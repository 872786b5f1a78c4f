"""Pages over many rooms: home, the overview, what a figure means, the audit log."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhiyin.cases.queries.queue import Wanted, queue
from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotFound
from zhiyin.lib.text import pick
from zhiyin.metrics import mirror
from zhiyin.metrics.engine import measures
from zhiyin.people.queries import units_of
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports import overview as screen
from zhiyin.reports.frame import desk_of
from zhiyin.ui.period import CHOICES

TRENDS = ("top_box", "nps", "recovery_rate")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where each role begins its day."""
    by = viewer(request)
    if by.may(Permission.SEE_FIGURES):
        return redirect("reports:overview")
    if by.may(Permission.WORK_CASES):
        return redirect("cases:queue")
    if by.may(Permission.MANAGE_PEOPLE):
        return redirect("people:staff")
    return redirect("reports:audit")


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Are customers satisfied this month? Where did it change, and why?"""
    viewer(request).require(Permission.SEE_FIGURES)
    desk = desk_of(request, now=timezone.now())
    metric = request.GET.get("metric", "top_box")
    metric = metric if metric in TRENDS else "top_box"
    pair = desk.pair("top_box")
    why = screen.why(desk)
    as_of = mirror.manifest().as_of
    now = timezone.now()
    alerts = queue(Wanted(tab="team"), by=desk.by, now=now) if desk.by.may(Permission.LEAD_CASES) else None
    context = {
        "alerts": alerts,
        "alert_cards": alerts.cards[:4] if alerts else (),
        "desk": desk,
        "choices": CHOICES,
        "units": units_of(by=desk.by),
        "where": dict(desk.where),
        "kept": [(key, value) for key, value in desk.where if key != "unit"],
        "conclusion": screen.conclusion(desk, pair, why.parts if why else None),
        "kpis": screen.kpi_cards(desk),
        "metric": metric,
        "trends": screen.trend_tabs(desk, TRENDS),
        "trend": screen.trend(desk, metric),
        "matrix": screen.matrix(desk),
        "moments": screen.worst_moments(desk),
        "why": why,
        "has_answers": pair.now.whole.n > 0,
        "as_of": as_of,
        "now": now,
    }
    return render(request, "reports/overview.html", context)


@require_GET
def definition(request: HttpRequest, key: str) -> HttpResponse:
    """What a figure means: words, formula, interval, source."""
    by = viewer(request)
    by.require(Permission.SEE_FIGURES)
    measure = measures().get(key)
    if measure is None:
        raise NotFound
    desk = desk_of(request, now=timezone.now())
    if not desk.can_ask(key):
        raise NotFound(_("This figure cannot be cut by these filters."), next_step=_("Drop them from the address."))
    context = {
        "measure": measure,
        "name": pick(measure.name, by.language),
        "definition": pick(measure.definition, by.language),
        "figure": desk.ask(key).whole,
        "desk": desk,
        "as_of": mirror.manifest().as_of,
    }
    return render(request, "reports/definition.html", context)


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, when: the ledger, newest first. Who has a part of the organisation sees what concerns that part."""
    by = viewer(request)
    by.require(Permission.SEE_AUDIT)
    cursor = request.GET.get("cursor", "")
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 20 else None
    kind = request.GET.get("kind", "")[:60]
    subject = request.GET.get("subject", "")[:80]
    rows = events(before=before, kind=kind, subject=subject, units=by.units, limit=100)
    more = len(rows) > 100
    context = {"events": rows[:100], "next": str(rows[99].id) if more else None, "kind": kind, "subject": subject}
    return render(request, "reports/audit.html", context)
