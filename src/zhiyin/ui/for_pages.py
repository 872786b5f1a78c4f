"""What only pages for people need around them. A call of the API has a key instead of a session, and no form, no
message and no page of its own: it passes by all of these, which took an eighth of the time of a single call."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxMiddleware

API = "/api/"
PAGES_OF_THE_API = "/api/v1/docs"  # for people, with scripts
NOTHING_MAY_LOAD = "default-src 'none'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'"
GetResponse = Callable[[HttpRequest], HttpResponse]


def is_call(request: HttpRequest) -> bool:
    """Whether a program calls, whatever it is answered."""
    return request.path.startswith(API) and not request.path.startswith(PAGES_OF_THE_API)


def _only_for_pages(middleware: Callable[[GetResponse], Any]) -> Callable[[GetResponse], GetResponse]:
    def around(get_response: GetResponse) -> GetResponse:
        whole = middleware(get_response)

        def answer(request: HttpRequest) -> HttpResponse:
            response: HttpResponse = get_response(request) if is_call(request) else whole(request)
            return response

        def process_view(request: HttpRequest, *view: Any) -> HttpResponse | None:
            return None if is_call(request) else whole.process_view(request, *view)

        if hasattr(whole, "process_view"):
            answer.process_view = process_view  # type: ignore[attr-defined]  # how Django asks a middleware
        return answer

    return around


sessions = _only_for_pages(SessionMiddleware)
forgery = _only_for_pages(CsrfViewMiddleware)
authentication = _only_for_pages(AuthenticationMiddleware)
messages = _only_for_pages(MessageMiddleware)
htmx = _only_for_pages(HtmxMiddleware)


# What answers a program may load nothing at all, should a browser ever show it: see ui.middleware.
content_policy = _only_for_pages(CSPMiddleware)
