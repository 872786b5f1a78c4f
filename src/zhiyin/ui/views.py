"""The frame's pages: switching theme, language and single keys, help, the phone's menu, and the specimen."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from zhiyin.ui import components, context, preferences
from zhiyin.ui.specimen import specimen_cards


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light or dark; an unknown word changes nothing."""
    wanted = request.POST.get("theme", "")
    response = _back(request)
    if wanted in context.THEMES:
        _set(response, context.THEME_COOKIE, wanted)
        preferences.remember(request, theme=wanted)
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """One of the console's languages; an unknown one changes nothing."""
    wanted = request.POST.get("language", "")
    response = _back(request)
    if wanted in dict(settings.LANGUAGES):
        _set(response, settings.LANGUAGE_COOKIE_NAME, wanted)
        preferences.remember(request, language=wanted)
    return response


@require_POST
def keys(request: HttpRequest) -> HttpResponse:
    """Single-key shortcuts on or off, for this browser."""
    wanted = request.POST.get("keys", "")
    response = _back(request)
    if wanted in ("on", "off"):
        _set(response, context.KEYS_COOKIE, wanted)
    return response


@require_safe
def help(request: HttpRequest) -> HttpResponse:
    """How to read the numbers, and the keys. In a dialog when htmx asks, as a page otherwise."""
    is_part = request.headers.get("HX-Request") == "true"
    facts = {
        "is_dialog": is_part,
        "verdicts": components.VERDICTS_EXPLAINED,
        "back": urlsplit(request.headers.get("HX-Current-URL", "")).path or request.path,
    }
    return render(request, "ui/help_text.html" if is_part else "ui/help.html", facts)


@require_safe
def menu(request: HttpRequest) -> HttpResponse:
    """Everything this person may open, who they are, and how the console looks: the phone's 「我」."""
    return render(request, "ui/menu.html")


@require_safe
def specimen(request: HttpRequest) -> HttpResponse:
    """Every part with example values, for those who build and test screens. Not in production."""
    if not getattr(settings, "UI_SPECIMEN", settings.DEBUG):
        raise Http404
    return render(request, "ui/specimen.html", specimen_cards(now=timezone.now()))


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Where the form was, if that is an address of ours; otherwise the front page."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(wanted if is_ours else "/")


def _set(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=preferences.YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
