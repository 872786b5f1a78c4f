"""The page of one customer, looking one up, and the verbs on them. What may be a phone number stands in no address."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from zhiyin.lib.errors import NotAllowed, Refused
from zhiyin.people.access import Viewer
from zhiyin.people.queries import merges_of, preferences
from zhiyin.people.roles import Permission
from zhiyin.people.rules import Flag
from zhiyin.people.views import viewer
from zhiyin.people.words import BASES, FLAGS, LANGUAGES, PURPOSES, source_word
from zhiyin.reports.customers.seeing import Person, look_up, may_work, visible_person
from zhiyin.reports.customers.timeline import LABELS, timeline
from zhiyin.reports.customers.verbs import IN_PLACE, VERBS, Verb

LAST_PAGE = 200


@sensitive_post_parameters("q")
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Looking somebody up. What was typed stands in no address and no log."""
    by, typed = viewer(request), request.POST.get("q", "")[:254]
    if not may_work(by):
        by.require(Permission.SEE_OUTREACH)
    if request.method == "POST" and (person := look_up(typed, by=by)):
        return redirect("customers:customer", customer_id=person.id)
    context = {"typed": typed, "asked": request.method == "POST"}
    return render(request, "reports/customers/find.html", context)


@require_GET
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Everything we asked this person, and why not."""
    by, now = viewer(request), timezone.now()
    person = visible_person(customer_id, by=by)
    if person.id != customer_id:  # merged: who they are now
        return redirect("customers:customer", customer_id=person.id)
    sort = request.GET.get("kind", "")
    sort = sort if sort in LABELS else ""
    cursor = request.GET.get("cursor", "")
    place = min(int(cursor), LAST_PAGE) if cursor.isascii() and cursor.isdigit() and len(cursor) < 6 else 0
    page = timeline(person, sort=sort, page=place, by=by, now=now)
    context = _about(person, by) | {
        "page": page,
        "sort": sort,
        "sorts": [(key, label, f"?kind={key}" if key else "?") for key, label in LABELS.items()],
        "verbs": [(key, verb.heading) for key, verb in VERBS.items() if key not in IN_PLACE and verb.is_for(by)],
        "merges": merges_of(person.id),
        "may_unmerge": VERBS["unmerge"].is_for(by),
        "may_change_language": VERBS["language"].is_for(by) and not person.card.is_erased,
        "is_linked_to_outreach": by.may(Permission.SEE_OUTREACH),
        "now": now,
    }
    return render(request, "reports/customers/customer.html", context)


def _about(person: Person, by: Viewer) -> dict[str, Any]:
    card, known = person.card, preferences(person.id)
    flags = {
        Flag.INTERNAL: card.is_internal,
        Flag.UNDER_14: card.is_minor,
        Flag.OPEN_LEGAL_CASE: card.has_open_legal_case,
    }
    return {
        "person": person,
        "card": card,
        "language": LANGUAGES.get(card.language, card.language),
        "flags": [FLAGS[flag] for flag, is_set in flags.items() if is_set],
        "purposes": [
            {"card": one, "name": PURPOSES[one.purpose], "basis": BASES[one.basis], "source": source_word(one.source)}
            for one in (known.purposes if known else ())
        ],
    }


@sensitive_post_parameters("other")
@require_http_methods(["GET", "POST"])
def do(request: HttpRequest, customer_id: int, verb: str) -> HttpResponse:
    """The form of a verb, which says what it means; and the verb itself."""
    by, now = viewer(request), timezone.now()
    known = VERBS.get(verb)
    if known is None:
        raise Http404(verb)
    known.require(by)
    person = visible_person(customer_id, by=by)
    if request.method == "GET":
        return _form(request, person, verb, known, known.form(initial=_initial(verb, person)), by=by)
    form = known.form(request.POST)
    if not form.is_valid():
        return _form(request, person, verb, known, form, by=by, status=422)
    try:
        known.do(person, form.cleaned_data, by, now)
    except NotAllowed:
        raise
    except Refused as refusal:
        return _form(request, person, verb, known, form, by=by, status=422, refusal=refusal)
    messages.success(request, str(known.done))
    return redirect("customers:customer", customer_id=person.id)


def _initial(verb: str, person: Person) -> dict[str, object]:
    if verb == "unmerge":
        newest = next(iter(merges_of(person.id)), None)
        return {"merged": newest.merged if newest else None}
    if verb == "language":
        return {"language": person.card.language}
    return {}


def _form(
    request: HttpRequest,
    person: Person,
    verb: str,
    known: Verb,
    form: Any,
    *,
    by: Viewer,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    context = _about(person, by) | {"verb": verb, "known": known, "form": form, "refusal": refusal}
    return render(request, "reports/customers/form.html", context, status=status)
