"""Around every answer: a request id, one neutral page for bad input, no caching of what names people."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from zhiyin.ui import errors
from zhiyin.ui.for_pages import NOTHING_MAY_LOAD

log = logging.getLogger("zhiyin.request")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
# Whoever could say "this POST is a DELETE" would walk around every rule that looks at the method (A79).
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def without_nul(request: HttpRequest) -> None:
    """No name of ours holds NUL, and PostgreSQL will not even look for one that does: a mark that nothing is called by
    takes its place. A query of the API keeps it, to be refused by name."""
    request.path = request.path.replace("\0", "\ufffd")
    request.path_info = request.path_info.replace("\0", "\ufffd")
    if not request.path.startswith("/api/"):
        request.META["QUERY_STRING"] = request.META["QUERY_STRING"].replace("%00", "%EF%BF%BD")


def request_frame(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the request an id that every error shows and every log line carries."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]  # ours, read by error pages and the API
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            without_nul(request)
        if request.method not in METHODS or any(name in request.headers for name in OVERRIDES):
            response: HttpResponse = HttpResponseNotAllowed(METHODS)
        else:
            response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.path.startswith("/api/"):
            response = errors.method_not_allowed(request, allowed=response.headers["Allow"])
        response.headers.setdefault("X-Request-Id", request.request_id)  # type: ignore[attr-defined]  # set above
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("Content-Security-Policy", NOTHING_MAY_LOAD)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response

    answer.process_exception = errors.refused  # type: ignore[attr-defined]  # how Django asks a middleware
    return answer
