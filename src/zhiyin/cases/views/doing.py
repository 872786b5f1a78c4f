"""One verb on one case: its form, and what came of it.

Without script a form is a page of its own and leads back to the case. With htmx it opens in the dialog; what went well
replaces the case, what was refused stays in the dialog with everything that was typed.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from zhiyin.cases.actions.performing import perform
from zhiyin.cases.forms import FORMS, Verb
from zhiyin.cases.queries.page import CasePage, case_page
from zhiyin.cases.queries.queue import queue
from zhiyin.cases.rules.steps import Action
from zhiyin.cases.views.bench import answer_with, bench, say, wanted_of
from zhiyin.cases.views.refusing import or_refused
from zhiyin.cases.words import DONE, TITLES
from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.people.access import Viewer
from zhiyin.people.views import viewer

SHOWN_FOR = 60  # seconds that a full number stays on the screen


@require_http_methods(["GET", "POST"])
@or_refused
def do(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """The form of a verb, or the verb itself."""
    if verb not in set(Action):
        raise Http404(verb)
    action = Action(verb)
    by, now = viewer(request), timezone.now()
    page = case_page(code, by=by, now=now)
    if request.method == "GET":
        return show_form(request, action, page, form_of(action, page), by=by, now=now)
    form = form_of(action, page, request.POST)
    if not form.is_valid():
        return show_form(request, action, page, form, by=by, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        done = perform(action, page.id, form.given(), by=by, now=now)
    except NotFound:
        raise
    except Refused as refusal:
        return show_refusal(request, action, page, form, refusal, by=by, now=now)
    if action is Action.REVEAL:
        return show_number(request, page, str(done))
    return go_back(request, action, code, by=by, now=now)


def form_of(action: Action, page: CasePage, data: Any = None) -> Verb:
    """The form of this verb on this case, with what can be known beforehand filled in."""
    initial: dict[str, object] = {"version": page.version}
    if action is Action.COMMIT and page.suggested_promise:
        initial["promised_for"] = page.suggested_promise
    if action is Action.PLAN and page.slots:
        initial["at"] = page.slots[0]
    form = FORMS[action](data, initial=initial)
    if action is Action.ASSIGN:
        people = [one for one in page.candidates if one.id != page.owner_id]
        away = _("%(name)s (away)")
        named = [(one.id, away % {"name": one.name} if one.is_away else one.name) for one in people]
        form.fields["staff"].choices = [("", _("To whom?")), *named]  # type: ignore[attr-defined]  # a choice field
    return form


def show_form(
    request: HttpRequest,
    action: Action,
    page: CasePage,
    form: Verb,
    *,
    by: Viewer,
    now: datetime,
    status: HTTPStatus = HTTPStatus.OK,
    extra: Mapping[str, object] | None = None,
) -> HttpResponse:
    """The form, in the dialog or as a page."""
    context = {
        "action": action.value,
        "heading": TITLES[action],
        "case": page,
        "form": form,
        "here": request.GET.urlencode(),
        "now": now,
        **(extra or {}),
    }
    if request.headers.get("HX-Request"):
        response = render(request, "cases/parts/form.html", context, status=status)
        # Also what was sent from the case itself is shown in the dialog when it could not be taken.
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialog", "innerHTML"
        return response
    wanted = wanted_of(request, by=by)
    context |= {"crumbs": bench(request, wanted, queue(wanted, by=by, now=now), page, by=by, now=now)["crumbs"]}
    return render(request, "cases/form.html", context, status=status)


def show_refusal(
    request: HttpRequest, action: Action, page: CasePage, form: Verb, refusal: Refused, *, by: Viewer, now: datetime
) -> HttpResponse:
    """What was typed stays; what a colleague did meanwhile stands above it, and the next try knows of it."""
    fresh = case_page(page.code, by=by, now=now)
    again = form_of(action, fresh, {**request.POST.dict(), "version": str(fresh.version)})
    again.is_valid()
    meanwhile = fresh.course[:3] if isinstance(refusal, StaleEdit) else ()
    extra = {"refusal": refusal, "meanwhile": meanwhile, "can_repeat": isinstance(refusal, StaleEdit)}
    return show_form(request, action, fresh, again, by=by, now=now, status=HTTPStatus(refusal.status), extra=extra)


@sensitive_variables("number")
def show_number(request: HttpRequest, page: CasePage, number: str) -> HttpResponse:
    """The full number, for a minute."""
    context = {"number": number, "case": page, "seconds": SHOWN_FOR}
    if request.headers.get("HX-Request"):
        response = render(request, "cases/parts/number.html", context)
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialog", "innerHTML"
        return response
    response = render(request, "cases/number.html", context)
    response.headers["Refresh"] = f"{SHOWN_FOR}; url=/cases/{page.code}/"
    return response


def go_back(request: HttpRequest, action: Action, code: str, *, by: Viewer, now: datetime) -> HttpResponse:
    """After a verb: back to the case as it is now, or to the queue where it is no longer one's own."""
    word = str(DONE.get(action, _("Saved.")))
    try:
        page = case_page(code, by=by, now=now)
    except Refused:
        say(request, word)
        if not request.headers.get("HX-Request"):
            return redirect("cases:queue")
        return HttpResponse(status=204, headers={"HX-Redirect": "/cases/"})
    if not request.headers.get("HX-Request"):
        say(request, word)
        query = request.GET.urlencode()
        return redirect(f"/cases/{code}/{'?' + query if query else ''}")
    response = answer_with(request, page, by=by, now=now, extra={"toast": word, "undo": action is Action.CLOSE})
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#case", "outerHTML"
    return response
