"""Every staff page needs a signed-in member of staff; a fresh installation shows the first-run page."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import urlencode

from zhiyin.people.queries import organisation

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)  # however busy; each save of a session moves its own end, so that cannot tell
PUBLIC = (
    *("/s/", "/u/", "/api/", "/gateways/", "/static/", "/healthz", "/readyz", "/metrics", "/start/", "/log-in/"),
    "/ui/",
)


def signed_in_or_sent_to_log_in(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Log out after half an hour of quiet and after twelve hours in any case; send strangers to the log-in page."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PUBLIC):
            return get_response(request)
        now = timezone.now().timestamp()  # noqa: TID251  (a middleware is a view's doorstep)
        if request.user.is_authenticated:
            seen, began = request.session.get("seen", now), request.session.get("began", now)
            if now - seen > IDLE.total_seconds() or now - began > LONGEST.total_seconds():
                logout(request)
            # A page that refreshes itself (ui/assets/js/refresh.js) is no sign of somebody sitting there.
            elif "X-Zhiyin-Refresh" not in request.headers and (now - seen > 60 or "seen" not in request.session):
                request.session["seen"], request.session["began"] = now, began
        if not request.user.is_authenticated:
            login = resolve_url(settings.LOGIN_URL if organisation() else "packs:start")
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": login})
            return HttpResponseRedirect(f"{login}?{urlencode({'next': request.get_full_path()})}")
        return get_response(request)

    return answer
