"""Pages over many rooms: home, the overview, what a figure means, the audit log."""

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhiyin.cases.queries.queue import Wanted, queue
from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotFound
from zhiyin.lib.faults import Unclean
from zhiyin.lib.text import pick
from zhiyin.metrics import mirror
from zhiyin.metrics.engine import measures
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports import defining, files
from zhiyin.reports import overview as screen
from zhiyin.reports.causes import ALONG, why
from zhiyin.reports.figures import Desk
from zhiyin.reports.frame import desk_of, download, frame, seen_desk
from zhiyin.reports.records import address
from zhiyin.reports.sureness import sureness
from zhiyin.reports.trends import GRAINS, trend

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
    now = timezone.now()
    desk = desk_of(request, now=now)
    chosen = {
        "metric": _one_of(request, "metric", TRENDS, "top_box"),
        "grain": _one_of(request, "grain", tuple(GRAINS), "week"),
        "why": _one_of(request, "why", tuple(ALONG), ""),
    }
    kept = {key: value for key, value in chosen.items() if key in request.GET}
    pair, found, moved = desk.pair("top_box"), why(desk, chosen["why"]), trend(desk, chosen["metric"], chosen["grain"])
    kpis, matrix, moments = screen.kpi_cards(desk), screen.matrix(desk), screen.worst_moments(desk)
    if file := download(request, files.tables(kpis, moved, matrix, moments, found)):
        return file
    alerts = queue(Wanted(tab="team"), by=desk.by, now=now) if desk.by.may(Permission.LEAD_CASES) else None
    context = frame(desk, now=now, **kept) | {
        "alerts": alerts,
        "alert_cards": alerts.cards[:4] if alerts else (),
        "conclusion": screen.conclusion(desk, pair, found),
        "kpis": kpis,
        "metric": chosen["metric"],
        "trends": screen.trend_tabs(desk, TRENDS, kept),
        "grain": chosen["grain"],
        "grains": [(key, one.name, _address(desk, kept, grain=key)) for key, one in GRAINS.items()],
        "trend": moved,
        "matrix": matrix,
        "grid_url": address("care_grid:grid", **desk.address),
        "moments": moments,
        "why": found,
        "why_choices": [(one, _address(desk, kept, why=one.key)) for one in found.choices] if found else (),
        "has_answers": pair.now.whole.n > 0,
        "address": urlencode({**desk.address, **kept}),
        "definition_url": address("reports:definition", chosen["metric"], **desk.address),
    }
    return render(request, "reports/overview.html", context)


def _one_of(request: HttpRequest, name: str, known: Sequence[str], otherwise: str) -> str:
    """What the address chooses; nonsense is the default."""
    wanted = request.GET.get(name, "")
    return wanted if wanted in known else otherwise


def _address(desk: Desk, kept: Mapping[str, str], **changed: str) -> str:
    return f"?{urlencode({**desk.address, **kept, **changed})}"


@require_http_methods(["GET", "HEAD", "POST"])
def definition(request: HttpRequest, key: str) -> HttpResponse:
    """What a figure means: words, formula, interval, source; of a composite also its parts, weights and versions."""
    by = viewer(request)
    by.require(Permission.SEE_FIGURES)
    measure = measures().get(key)
    if measure is None:
        raise NotFound
    faults: list[str] = []
    if request.method == "POST":
        if not measure.parts:
            raise NotFound
        try:
            defining.define_version(key, request.POST, by=by, now=timezone.now())
            return redirect(request.get_full_path())
        except Unclean as unclean:
            faults = defining.sentences(unclean, by.language)
    desk = desk_of(request, now=timezone.now())
    if not desk.can_ask(key):
        raise NotFound(_("This figure cannot be cut by these filters."), next_step=_("Drop them from the address."))
    context = {
        "measure": measure,
        "name": pick(measure.name, by.language),
        "definition": pick(measure.definition, by.language),
        "entry": defining.about(measure, by.language),
        "making": defining.making(measure, desk),
        "faults": faults,
        "figure": desk.ask(key).whole,
        "sure": sureness(desk, key),
        "desk": desk,
        "as_of": mirror.manifest().as_of,
    }
    return render(request, "reports/definition.html", context, status=422 if faults else 200)


@require_GET
def how_sure(request: HttpRequest, key: str) -> HttpResponse:
    """The line on a card that says how much wider the interval is for answers that cluster by agent. It reads every
    answer, so no page waits for it."""
    desk = seen_desk(request, now=timezone.now())
    if key not in measures() or not desk.can_ask(key):
        raise NotFound
    return render(request, "reports/parts/sureness.html", {"sure": sureness(desk, key)})


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
