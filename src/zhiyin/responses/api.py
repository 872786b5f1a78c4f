"""``/responses``: answers from other systems in, all answers out."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from zhiyin.journey.queries import journey_map
from zhiyin.lib.clean import Query
from zhiyin.people.access import Viewer
from zhiyin.people.api_auth import viewer
from zhiyin.people.queries import customer_cards, staff_cards, unit_codes
from zhiyin.people.roles import Permission
from zhiyin.responses import intake, openapi, queries
from zhiyin.responses.queries import Asked, ResponseCard
from zhiyin.surveys.queries import versions_by_id
from zhiyin.ui.api_frame import (
    Problem,
    answer,
    clean_query,
    id_in_path,
    id_in_query,
    page,
    read_batch,
    refusal,
    shown_faults,
)

router = Router(tags=["responses"])


@router.post(
    "/responses",
    summary="Take in one answer from another system, or an array of up to 1,000",
    openapi_extra=openapi.POST_RESPONSES,
)
def post_responses(request: HttpRequest) -> HttpResponse:
    """Idempotent on ``source`` and ``external_id``. One object answers 201, 200 (the same again), 409 or 422; an array
    always 200 with a result for each. ``answers`` maps question keys to scores, options or texts."""
    by = viewer(request)
    by.require(Permission.IMPORT)
    clean_query(request, Query({}))
    items, is_array = read_batch(request)
    results = intake.receive(items, by=by, now=timezone.now())
    if is_array:
        return answer({"results": [_result(result) for result in results]})
    result = results[0]
    if result.status == "conflict":
        raise Problem(409, "conflict", faults=result.faults)
    if result.status == "invalid":
        raise refusal(result.faults)
    if result.status == "replayed":
        return answer(_result(result), headers={"Idempotent-Replayed": "true"})
    return answer(_result(result), status=201)


def _result(result: intake.Result) -> dict[str, Any]:
    if result.response is not None:
        return {"status": result.status, "response": str(result.response)}
    return {"status": result.status, "errors": shown_faults(result.faults)}


@router.get("/responses", summary="Answers in the order in which they came in", openapi_extra=openapi.GET_RESPONSES)
def get_responses(request: HttpRequest) -> HttpResponse:
    """``since``: answered at that time or later. ``next`` is the ``cursor`` of the next page."""
    by = viewer(request)
    by.require(Permission.SEE_VERBATIMS)
    asked = clean_query(request, openapi.LIST)
    after = id_in_query(asked["cursor"]) or 0
    chosen = Asked(survey=asked["survey"] or "", since=asked["since"])
    cards = queries.responses_since(chosen, by=by, after=after, limit=asked["limit"])
    return answer(page(_shown(cards, by=by), limit=asked["limit"], cursor_of=lambda item: item["id"]))


@router.get("/responses/{response_id}", summary="One answer", openapi_extra=openapi.GET_RESPONSE)
def get_response(request: HttpRequest, response_id: str) -> HttpResponse:
    by = viewer(request)
    by.require(Permission.SEE_VERBATIMS)
    clean_query(request, Query({}))
    return answer(_shown([queries.response_card(id_in_path(response_id), by=by)], by=by)[0])


def _shown(cards: list[ResponseCard], *, by: Viewer) -> list[dict[str, Any]]:
    versions = versions_by_id({card.survey_version_id for card in cards})
    customers = customer_cards([card.customer_id for card in cards], by=by)
    staff = staff_cards([card.served_by for card in cards])
    units = unit_codes([card.unit_id for card in cards])
    known = journey_map()
    found = []
    for card in cards:
        version = versions.get(card.survey_version_id)
        touchpoint = known.touchpoint(card.touchpoint_id)
        customer = customers.get(card.customer_id or 0)
        member = staff.get(card.served_by or 0)
        found.append(
            {
                "id": str(card.id),
                "survey": version.survey if version else None,
                "version": version.number if version else None,
                "purpose": card.purpose,
                "source": card.source,
                "external_id": card.external_id or None,
                "customer": customer.external_id if customer else None,
                "interaction": _id(card.interaction_id),
                "invitation": _id(card.invitation_id),
                "case": _id(card.case_id),
                "touchpoint": touchpoint.key if touchpoint else None,
                "scenario": known.scenario_key(card.scenario_id) or None,
                "unit": units.get(card.unit_id),
                "staff": member.code if member else None,
                "language": card.language,
                "answers": {**card.scores, **{key: list(ticks) for key, ticks in card.ticked.items()}, **card.texts},
                "headline": card.headline,
                "comment": card.comment,
                "call_me": card.wants_contact,
                "answered_at": _time(card.answered_at),
                "received_at": _time(card.received_at),
                "flags": list(queries.flags(card)) if len(cards) == 1 else None,
                "attributes": dict(card.attributes),
            }
        )
    return found


def _id(value: int | None) -> str | None:
    return str(value) if value else None


def _time(moment: datetime) -> str:
    return moment.isoformat()
