"""``/customers``: refusing messages and being forgotten, for the organisation's own systems."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from zhiyin.lib.clean import Query
from zhiyin.lib.errors import NotFound
from zhiyin.people.access import Viewer
from zhiyin.people.actions import ALL_PURPOSES, erase, opt_out
from zhiyin.people.api_auth import viewer
from zhiyin.people.identify import find_customer
from zhiyin.people.queries import preferences
from zhiyin.people.roles import Permission
from zhiyin.people.rules import Purpose
from zhiyin.reports.customers import openapi
from zhiyin.reports.customers.seeing import Person, visible_person
from zhiyin.ui.api_frame import Problem, answer, clean_query, read_json, refusal

router = Router(tags=["customers"])
LONGEST = 120  # characters of an external id


@router.put(
    "/customers/{external_id}/opt-out",
    summary="No more messages to this customer, for one purpose or for all",
    openapi_extra=openapi.PUT_OPT_OUT,
)
def put_opt_out(request: HttpRequest, external_id: str) -> HttpResponse:
    """In force before the answer leaves; messages that wait are taken back. No import can revive it."""
    by = viewer(request)
    by.require(Permission.IMPORT)
    clean_query(request, Query({}))
    given, faults = openapi.OPT_OUT.clean(read_json(request) if _has_body(request) else {})
    if faults:
        raise refusal(faults)
    person = _person(external_id, by=by)
    purposes = [Purpose(given["purpose"])] if given["purpose"] else ALL_PURPOSES
    opt_out(person.id, purposes=purposes, via="api", proof=given["proof"] or "", by=by, now=timezone.now())
    known = preferences(person.id)
    refused = [str(one.purpose) for one in known.purposes if one.is_refused] if known else []
    return answer({"customer": str(person.id), "opted_out": bool(known and known.opted_out), "refuses": refused})


@router.delete(
    "/customers/{external_id}",
    summary="Forget who this customer was",
    openapi_extra=openapi.DELETE_CUSTOMER,
)
def delete_customer(request: HttpRequest, external_id: str) -> HttpResponse:
    """Names, numbers and ids go; figures stay, and so does the refusal, as a keyed hash. There is no way back."""
    by = viewer(request)
    by.require(Permission.IMPORT)
    clean_query(request, Query({}))
    person = _person(external_id, by=by)
    erase(person.id, by=by, now=timezone.now())
    return answer({"customer": str(person.id), "erased": True})


def _person(external_id: str, *, by: Viewer) -> Person:
    """Whoever has this id. Another branch's, an erased one's and an unknown one's answer alike."""
    if not external_id.isprintable() or len(external_id) > LONGEST:
        raise Problem(404, "not_found")
    found = find_customer("external", external_id)
    try:
        person = visible_person(found or 0, by=by)
    except NotFound:
        raise Problem(404, "not_found") from None
    if person.card.is_erased:
        raise Problem(404, "not_found")
    return person


def _has_body(request: HttpRequest) -> bool:
    return request.headers.get("Content-Length", "0") not in ("", "0") or "Transfer-Encoding" in request.headers
