"""Signing in and out, one's own settings, and the people pages of the administrator."""

from dataclasses import replace

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from zhiyin.lib.clean import Field, Kind, Record
from zhiyin.lib.errors import Refused
from zhiyin.people import actions, queries
from zhiyin.people.access import Viewer, viewer_of
from zhiyin.people.roles import Permission, Role
from zhiyin.people.sign_in import try_sign_in

STAFF = Record(
    {
        "name": Field(Kind.TEXT, required=True, max_length=120),
        "unit": Field(Kind.CODE, required=True, max_length=60),
        "role": Field(Kind.CHOICE, required=True, choices=tuple(Role.values)),
        "code": Field(Kind.CODE, max_length=60),
        "email": Field(Kind.EMAIL),
    }
)


def viewer(request: HttpRequest) -> Viewer:
    """The signed-in member of staff as a viewer, once per request, reading the language that the page is written in."""
    found: Viewer | None = getattr(request, "zhiyin_viewer", None)
    if found is None:
        found = viewer_of(request.user)  # type: ignore[arg-type]  # the middleware lets only staff in
        found = replace(found, language=get_language() or found.language)
        request.zhiyin_viewer = found  # type: ignore[attr-defined]  # our own cache on the request
    return found


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The log-in page. One sentence for every failure."""
    next_url = _safe_next(request, request.POST.get("next") or request.GET.get("next") or "/")
    if request.method == "GET":
        if request.user.is_authenticated:
            return HttpResponseRedirect(next_url)
        return render(request, "people/log_in.html", {"next": next_url})
    email = request.POST.get("email", "")[:254]
    verdict = try_sign_in(
        email=email, password=request.POST.get("password", ""), address=client_address(request), now=timezone.now()
    )
    if verdict.staff is None:
        context = {"next": next_url, "email": email, "must_wait": verdict.must_wait, "failed": True}
        return render(request, "people/log_in.html", context, status=429 if verdict.must_wait else 422)
    login(request, verdict.staff, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(next_url)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("people:log_in")


def client_address(request: HttpRequest) -> str:
    """The address that our own proxies saw; a header that a stranger wrote is never believed."""
    from django.conf import settings  # noqa: PLC0415  (settings differ between tests)

    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def _safe_next(request: HttpRequest, url: str) -> str:
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else "/"


@require_http_methods(["GET", "POST"])
def staff(request: HttpRequest) -> HttpResponse:
    """Settings › people: the tree, who is in it, and adding somebody."""
    by = viewer(request)
    by.require(Permission.MANAGE_PEOPLE)
    if request.method == "POST":
        try:
            actions.put_staff(_given(request), by=by, now=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("people:staff")
    return render(request, "people/staff.html", queries.staff_page(by=by) | {"roles": Role.choices})


@require_http_methods(["GET"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """The first page of the settings that this person may open."""
    if viewer(request).may(Permission.MANAGE_PEOPLE):
        return redirect("people:staff")
    return redirect("reports:audit")


def _given(request: HttpRequest) -> actions.StaffGiven:
    """What the form says about somebody. Raises Refused with a sentence for everything that is wrong."""
    typed = {name: request.POST.get(name, "").strip() for name in STAFF.fields}
    clean, faults = STAFF.clean(typed)
    if faults:
        language = get_language() or "en"
        raise Refused(" ".join(fault.sentence(language) for fault in faults), code=faults[0].code)
    return actions.StaffGiven(
        name=clean["name"],
        unit=clean["unit"],
        role=clean["role"],
        code=clean["code"] or "",
        email=clean["email"] or "",
        password=request.POST.get("password") or None,
    )


@require_POST
def staff_active(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Let somebody in or keep them out."""
    active = request.POST.get("active") == "1"
    try:
        actions.set_staff_active(staff_id, active=active, by=viewer(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("people:staff")


@require_POST
def away(request: HttpRequest) -> HttpResponse:
    """Out at a customer's, or back at the desk."""
    by = viewer(request)
    if by.staff_id:
        actions.set_away(by.staff_id, away=request.POST.get("away") == "1", by=by, now=timezone.now())
    return HttpResponseRedirect(_safe_next(request, request.POST.get("next") or "/"))
