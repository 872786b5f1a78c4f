"""Ask, look, open the records, take the figures away."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from zhiyin.lib.errors import NotFound
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports.explorer import actions, files, page
from zhiyin.reports.explorer import records as behind
from zhiyin.reports.explorer.asked import asked_of, period_asked
from zhiyin.reports.explorer.making import sheet_of
from zhiyin.reports.explorer.names import Names
from zhiyin.reports.explorer.question import Asking
from zhiyin.ui.cards import FLOOR


def reader(request: HttpRequest) -> Viewer:
    """Who looks at figures. Raises NotAllowed."""
    by = viewer(request)
    by.require(Permission.SEE_FIGURES)
    return by


@require_GET
def explorer(request: HttpRequest) -> HttpResponse:
    """Any measure, cut any way. The whole question stands in the address."""
    by = reader(request)
    asking = asked_of(request.GET, by=by)
    if not asking.measure:
        return unknown_measure(request, asking)
    today, now = timezone.localdate(), timezone.now()
    context = {
        "asking": asking,
        "pick": page.pickers(asking, by=by, today=today, adding=request.GET.getlist("add")[:4]),
        "shown": page.shown(asking, by=by, today=today, number=_number(request.GET.get("page", ""))),
        "wrong": asking.wrong,
        "floor": FLOOR,
        "as_of": mirror.manifest().as_of,
        "now": now,
    }
    answer = render(request, "reports/explorer/explorer.html", context)
    if request.headers.get("HX-Request") == "true":
        answer.headers["HX-Push-Url"] = f"{request.path}?{asking.query}"
    return answer


def unknown_measure(request: HttpRequest, asking: Asking) -> HttpResponse:
    """The address names a measure that there is not: say so, and offer those that there are."""
    context = {"wrong": asking.wrong[0], "pick": page.pickers(Asking(), by=reader(request), today=timezone.localdate())}
    return render(request, "reports/explorer/unknown.html", context, status=404)


@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """The records behind one figure, as many as it says."""
    by = reader(request)
    asking = asked_of(request.GET, by=by)
    if not asking.measure:
        return unknown_measure(request, asking)
    at, wrong = behind.places_of(request.GET, asking)
    cursor = request.GET.get("cursor", "")
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    now = timezone.now()
    period = period_asked(asking, today=timezone.localdate())
    found = behind.page_of(asking, at, period, by=by, now=now, before=before)
    if found is None:
        raise NotFound
    names = Names(by.language)
    context = {
        "asking": asking,
        "found": found,
        "measure": page.name_of(asking, by=by),
        "places": behind.told(at, names),
        "filters": page.filters_told(asking, names),
        "period": period,
        "wrong": (*asking.wrong, *wrong),
        "next": str(found.next) if found.next else None,
        "now": now,
    }
    return render(request, "reports/explorer/records.html", context)


@require_POST
def download(request: HttpRequest) -> StreamingHttpResponse:
    """The figures as a file. Who took which figures away is written down."""
    by = reader(request)
    asking = asked_of(request.POST, by=by)
    if not asking.measure:
        raise NotFound
    sheet = sheet_of(asking, by=by, today=timezone.localdate(), most_columns=files.COLUMNS)
    actions.note_download(asking, lines=len(sheet.lines), by=by, now=timezone.now())
    answer = StreamingHttpResponse(files.lines_of(sheet), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = content_disposition_header(True, files.file_name(sheet)) or "attachment"
    return answer


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
