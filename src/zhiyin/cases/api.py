"""``/cases``: what is being put right, and the same verbs as on the workbench."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from zhiyin.cases import openapi
from zhiyin.cases.actions.opening import open_by_hand
from zhiyin.cases.actions.performing import perform
from zhiyin.cases.cleaning import ACTION, ACTIONS, CASE, LIST, ByHand
from zhiyin.cases.queries.cards import CaseCard, CaseFilter, case_card, case_cards, find_case
from zhiyin.cases.rules.steps import Action
from zhiyin.journey.queries import interaction_cards, journey_map
from zhiyin.lib.clean import Query
from zhiyin.lib.faults import Fault
from zhiyin.people.access import Viewer
from zhiyin.people.api_auth import viewer
from zhiyin.people.identify import find_customer
from zhiyin.people.places import unit_ids
from zhiyin.people.queries import customer_cards, staff_by_code, staff_cards, unit_codes
from zhiyin.people.roles import Permission
from zhiyin.ui.api_frame import LARGEST_ID, answer, clean_query, id_in_query, page, read_json, refusal

router = Router(tags=["cases"])


@router.get("/cases", summary="Cases, newest first", openapi_extra=openapi.GET_CASES)
def get_cases(request: HttpRequest) -> HttpResponse:
    """Filtered by ``state`` (open, paused, closed), ``owner`` (staff code, or none), ``unit`` (with all below it),
    ``customer`` (your own id for them) and ``interaction``."""
    by = viewer(request)
    asked = clean_query(request, LIST)
    before = id_in_query(asked["cursor"])
    cards = case_cards(_filter(asked, by), by=by, now=timezone.now(), before=before, limit=asked["limit"])
    return answer(page(_shown(cards, by=by), limit=asked["limit"], cursor_of=lambda item: item["id"]))


@router.post("/cases", summary="Open a case by hand", openapi_extra=openapi.POST_CASE)
def post_case(request: HttpRequest) -> HttpResponse:
    """For a ``customer`` (your own id for them) with a ``title``. Optional: ``interaction``, ``touchpoint``, ``unit``,
    ``staff`` (whom it is about), ``complaint``, ``text``, and an ``external_id`` that makes it safe to repeat."""
    by, now = viewer(request), timezone.now()
    by.require(Permission.WORK_CASES)
    clean_query(request, Query({}))
    given = _clean(CASE, read_json(request))
    opened = open_by_hand(_by_hand(given, by), by=by, now=now)
    card = case_card(opened.case_id, by=by, now=now)
    is_known = opened.outcome == "known"
    headers = {"Idempotent-Replayed": "true"} if is_known else None
    return answer(
        _shown([card], by=by)[0], status=200 if is_known or opened.outcome == "joined" else 201, headers=headers
    )


@router.get("/cases/{case}", summary="One case with its clocks and course", openapi_extra=openapi.GET_CASE)
def get_case(request: HttpRequest, case: str) -> HttpResponse:
    """By id or by code. Each clock with when it began, is due and was stopped; a late one stays late."""
    clean_query(request, Query({}))
    by = viewer(request)
    return answer(_shown([case_card(find_case(case, by=by), by=by, now=timezone.now())], by=by)[0])


@router.post(
    "/cases/{case}/actions",
    summary="Take a step, or do anything else to a case",
    openapi_extra=openapi.POST_ACTION,
)
def post_action(request: HttpRequest, case: str) -> HttpResponse:
    """``action``: assign connect commit complete confirm callback note promise compensate escalate pause resume reopen
    close. With it: ``version`` (409 ``stale`` when somebody changed the case since), and what the action takes —
    assign ``staff``; confirm ``agreed``; callback ``solved``; commit and promise ``promised_for``; compensate ``kind``,
    ``amount``; escalate, pause, reopen ``reason``; close ``cause``, ``gap``; most of them ``text``."""
    by, now = viewer(request), timezone.now()
    by.require(Permission.WORK_CASES)
    clean_query(request, Query({}))
    case_id = find_case(case, by=by)
    body = read_json(request)
    action = _action(body)
    given = _clean(ACTIONS[action], body)
    perform(action, case_id, _prepared(given, by), by=by, now=now)
    return answer(_shown([case_card(case_id, by=by, now=now)], by=by)[0])


def _action(body: Any) -> Action:
    """The verb decides which other fields there may be, so it is looked at first."""
    if isinstance(body, dict) and isinstance(name := body.get("action"), str) and name in {a.value for a in ACTIONS}:
        return Action(name)
    _values, faults = ACTION.clean({"action": body.get("action")} if isinstance(body, dict) else body)
    raise refusal(faults)


def _clean(record: Any, body: Any) -> dict[str, Any]:
    values, faults = record.clean(body)
    if faults:
        raise refusal(faults)
    return dict(values)


def _unknown(name: str) -> Fault:
    return Fault("unknown_key", name, "{field} names nothing that is here.", "「{field}」在这里不存在。")


def _prepared(given: Mapping[str, Any], by: Viewer) -> dict[str, Any]:
    """From what a program writes to what the verbs take: a member of staff by code, an amount in fen exactly."""
    ready = dict(given)
    if given.get("staff"):
        found = staff_by_code([given["staff"]], by=by).get(given["staff"])
        if found is None:
            raise refusal([_unknown("staff")])
        ready["staff"] = found.id
    if given.get("amount") is not None:
        ready["amount"] = Decimal(str(given["amount"])).quantize(Decimal("0.01"))
    return ready


def _filter(asked: Mapping[str, Any], by: Viewer) -> CaseFilter:
    owner, is_free = None, asked["owner"] == "none"
    if asked["owner"] and not is_free:
        found = staff_by_code([asked["owner"]], by=by).get(asked["owner"])
        owner = found.id if found else -1
    return CaseFilter(
        state=asked["state"] or "",
        owner_id=owner,
        is_free=is_free,
        unit=asked["unit"] or "",
        customer_id=(find_customer("external", asked["customer"]) or -1) if asked["customer"] else None,
        interaction_id=id_in_query(asked["interaction"], name="interaction"),
    )


def _by_hand(given: Mapping[str, Any], by: Viewer) -> ByHand:
    customer = find_customer("external", given["customer"])
    touchpoint = journey_map().touchpoints.get(given["touchpoint"]) if given["touchpoint"] else None
    unit = unit_ids([given["unit"]], by=by).get(given["unit"]) if given["unit"] else None
    about = staff_by_code([given["staff"]], by=by).get(given["staff"]) if given["staff"] else None
    interaction = _interaction(given["interaction"], by=by) if given["interaction"] else None
    found = {"customer": customer, "touchpoint": touchpoint, "unit": unit, "staff": about, "interaction": interaction}
    missing = [name for name, value in found.items() if given[name] and value is None]
    if missing:
        raise refusal([_unknown(name) for name in missing])
    return ByHand(
        customer_id=customer or 0,
        title=given["title"],
        text=given["text"] or "",
        is_complaint=bool(given["complaint"]),
        interaction_id=interaction,
        touchpoint_id=touchpoint.id if touchpoint else 0,
        unit_id=unit or by.unit_id or 0,
        about_id=about.id if about else None,
        external_id=given["external_id"] or "",
    )


def _interaction(text: str, *, by: Viewer) -> int | None:
    """The interaction of this number, if the viewer may see it."""
    number = int(text)
    return next(iter(interaction_cards([number], by=by)), None) if number <= LARGEST_ID else None


def _shown(cards: list[CaseCard], *, by: Viewer) -> list[dict[str, Any]]:
    customers = customer_cards((card.customer_id for card in cards), by=by)
    staff = staff_cards(person for card in cards for person in (card.owner_id, card.about_id))
    units = unit_codes(card.unit_id for card in cards)
    known = journey_map()
    shown = []
    for card in cards:
        touchpoint, customer = known.touchpoint(card.touchpoint_id), customers.get(card.customer_id)
        owner, about = staff.get(card.owner_id or 0), staff.get(card.about_id or 0)
        shown.append(
            {
                "id": str(card.id),
                "code": card.code,
                "version": card.version,
                "state": card.state,
                "title": card.title,
                "priority": card.priority,
                "reasons": list(card.reasons),
                "customer": {
                    "id": str(card.customer_id),
                    "external_id": customer.external_id if customer else None,
                    "phone": customer.phone if customer else None,
                    "name": customer.name if customer else None,
                },
                "interaction": str(card.interaction_id) if card.interaction_id else None,
                "response": str(card.response_id) if card.response_id else None,
                "headline": card.headline,
                "touchpoint": touchpoint.key if touchpoint else None,
                "unit": units.get(card.unit_id),
                "owner": owner.code if owner else None,
                "about": about.code if about else None,
                "opened_at": _time(card.opened_at),
                "closed_at": _time(card.closed_at),
                "agreed_at": _time(card.agreed_at),
                "next": card.next,
                "overdue": card.is_overdue,
                "due_at": _time(card.due_at),
                "clocks": [
                    {
                        "clock": one.clock,
                        "step": one.step,
                        "began_at": _time(one.began_at),
                        "not_before": _time(one.opens_at),
                        "due_at": _time(one.due_at),
                        "done_at": _time(one.done_at),
                        "late": one.is_overdue(card.as_of),
                    }
                    for one in card.deadlines
                ],
                "cause": card.cause or None,
                "gap": card.gap or None,
                "entries": [
                    {
                        "at": _time(entry.at),
                        "kind": entry.kind,
                        "actor": entry.actor,
                        "text": entry.text,
                        "data": entry.data,
                    }
                    for entry in card.entries
                ],
            }
        )
    return shown


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
