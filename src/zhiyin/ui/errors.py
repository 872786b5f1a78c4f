"""The four error pages: what may have happened, what to do now, and a short code to quote.

``config.urls`` names these as ``handler400`` … ``handler500``. Addresses under ``/api/`` answer a problem document
(RFC 9457) instead of a page.
"""

import json

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import translation

from zhiyin.lib.errors import Refused
from zhiyin.ui import context
from zhiyin.ui.api_frame import Problem, problem_response

_CODES = {400: "bad_request", 403: "not_allowed", 404: "not_found", 500: "internal_error"}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """A page's rule said no and its view let that through: a role's 403, a row's 404, otherwise the rule's sentence."""
    if not isinstance(exception, Refused) or request.path.startswith("/api/"):
        return None
    if exception.status in (403, 404):
        return _answer(request, exception.status)
    if exception.status == 503:
        return _unavailable(request, exception)
    page = loader.render_to_string("refused.html", {"refused": exception}, request=request)
    return HttpResponse(page, status=exception.status)


def _unavailable(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The console stays around it: everything else works. A part of a page is told by a toast instead."""
    is_part = request.headers.get("HX-Request") == "true"
    template = "unavailable_part.html" if is_part else "unavailable.html"
    page = loader.render_to_string(template, {"refused": refused, "again": request.get_full_path()}, request=request)
    response = HttpResponse(page, status=refused.status, headers={"Retry-After": str(refused.retry_after)})
    if is_part:
        response.headers["HX-Trigger"] = json.dumps({"zhiyin:toast": {"text": str(refused), "tone": "error"}})
    return response


def method_not_allowed(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """The problem that an API call of the wrong method gets, with the methods that there are."""
    with translation.override(translation.get_language_from_request(request)):
        response = problem_response(request, Problem(405, "method_not_allowed"))
    response.headers["Allow"] = allowed
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose token is missing or old: usually a page left open over a log-out."""
    return _answer(request, 403, "403_csrf.html")


def _answer(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(request, Problem(status, _CODES[status]))
    try:
        page = loader.render_to_string(template or f"{status}.html", request=request)
    except Exception:
        # The page that reports a fault must not fail with it: the database, a supply or the template may be what broke.
        if status != 500:
            raise
        page = loader.render_to_string("500_plain.html", {"code": context.Console(request).error_code})
    return HttpResponse(page, status=status)
