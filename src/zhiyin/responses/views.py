"""The answers behind the figures, one answer, the preview of a questionnaire, and Django's door to the public pages."""

from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from zhiyin.lib.errors import NotFound
from zhiyin.people.access import Viewer
from zhiyin.people.queries import units_of
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.responses import preview as previews
from zhiyin.responses import queries, screen
from zhiyin.responses.hot import Desk
from zhiyin.surveys.queries import version
from zhiyin.ui.cards import Crumb
from zhiyin.ui.period import CHOICES, Period, period_of

SHOWN = 50  # answers on one page of the list


@cache
def _desk() -> Desk:
    """One for this process, as behind granian."""
    return Desk()


@csrf_exempt
def public(request: HttpRequest, token: str) -> HttpResponse:
    """The public pages, for servers that are not started through ``config.wsgi``."""
    answer = _desk().answer(request.META)
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        response.headers[name] = value
    return response


@csrf_exempt  # it changes nothing
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, version_id: int) -> HttpResponse:
    """The real page of a version for members of staff, framed in the console. What they submit is not counted (S68)."""
    if not request.user.is_authenticated or not viewer(request).may(Permission.SEE_OUTREACH):
        raise PermissionDenied
    card = version(version_id)
    if card is None:
        raise Http404
    page = previews.page(card, request.GET, posted=request.POST.lists() if request.method == "POST" else None)
    response = HttpResponse(page.html, status=page.status)
    response.headers["Content-Security-Policy"] = page.policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@require_GET
def responses(request: HttpRequest) -> HttpResponse:
    """The answers behind a figure, newest first, filtered as the figure was."""
    by = _reader(request)
    period = period_of(request.GET, today=timezone.localdate())
    asked = screen.asked_of(request.GET, by=by, since=_begin(period), until=_end(period))
    cursor = request.GET.get("cursor", "")
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    cards = queries.responses(asked, by=by, before=before, limit=SHOWN)
    following = str(cards[SHOWN - 1].id) if len(cards) > SHOWN else None
    context: dict[str, Any] = {
        "rows": screen.rows(cards[:SHOWN], asked, by=by),
        "next": following,
        "total": queries.count_listed(asked, by=by),
        "period": period,
        "choices": CHOICES,
        "filters": screen.filters(request.GET, by=by),
        "units": units_of(by=by),
        "is_filtered": screen.is_filtered(request.GET),
    }
    return render(request, "responses/responses.html", context)


@require_GET
def response(request: HttpRequest, response_id: int) -> HttpResponse:
    """One answer: every score, what was ticked and written, and the way that led to it."""
    by = _reader(request)
    try:
        card = queries.response_card(response_id, by=by)
    except NotFound as absent:
        raise Http404 from absent
    context = {
        "card": card,
        "crumbs": [Crumb(_("Responses"), reverse("responses:responses")), Crumb(str(card.id))],
        "shown": screen.detail(card, by=by),
    }
    return render(request, "responses/response.html", context)


def _reader(request: HttpRequest) -> Viewer:
    by = viewer(request)
    if not by.may(Permission.SEE_VERBATIMS):
        raise PermissionDenied
    return by


def _begin(period: Period) -> datetime:
    return datetime.combine(period.since, time.min, tzinfo=timezone.get_default_timezone())


def _end(period: Period) -> datetime:
    return datetime.combine(period.until + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone())
