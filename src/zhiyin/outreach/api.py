"""``/interactions`` and ``/invitations``: what comes in, what was decided, who was asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from zhiyin.journey.queries import InteractionCard, interaction_card, journey_map
from zhiyin.lib.clean import Query
from zhiyin.outreach import intake, openapi, queries, why
from zhiyin.outreach.judging import policy_version
from zhiyin.outreach.rules import Line
from zhiyin.people.access import Viewer
from zhiyin.people.api_auth import viewer
from zhiyin.people.identify import find_customer
from zhiyin.people.queries import customer_cards, staff_cards, unit_codes
from zhiyin.people.roles import Permission
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

DAY = timedelta(days=1)
LANGUAGES = ("zh-hans", "en")
STEP = ("title", "detail")
router = Router(tags=["interactions"])


@router.post(
    "/interactions",
    summary="Take in one interaction, or an array of up to 1,000",
    openapi_extra=openapi.POST_INTERACTIONS,
)
def post_interactions(request: HttpRequest) -> HttpResponse:
    """One object answers 201, 200 (the same again), 409, 404 (a unit, a member of staff or a scenario that is not
    there) or 422; an array always 200 with a result for each."""
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
        return answer(intake.as_json(result), headers={"Idempotent-Replayed": "true"})
    return answer(intake.as_json(result), status=201)


def _result(result: intake.Result) -> dict[str, Any]:
    if result.status in ("created", "replayed"):
        return intake.as_json(result)
    return {"status": result.status, "errors": shown_faults(result.faults)}


@router.get(
    "/interactions/{interaction_id}",
    summary="One interaction with its decision",
    openapi_extra=openapi.GET_INTERACTION,
)
def get_interaction(request: HttpRequest, interaction_id: str) -> HttpResponse:
    """With rule and policy version, the counts in each window and the next time allowed."""
    clean_query(request, Query({}))
    by = viewer(request)
    card = interaction_card(id_in_path(interaction_id), by=by)
    return answer(_interaction(card, by=by))


def _interaction(card: InteractionCard, *, by: Viewer) -> dict[str, Any]:
    known = journey_map()
    touchpoint = known.touchpoint(card.touchpoint_id)
    customer = customer_cards([card.customer_id], by=by).get(card.customer_id)
    staff = staff_cards([card.staff_id]).get(card.staff_id or 0)
    return {
        "id": str(card.id),
        "source": card.source,
        "external_id": card.external_id,
        "customer": {
            "id": str(card.customer_id),
            "external_id": customer.external_id if customer else None,
            "phone": customer.phone or None if customer else None,
            "email": customer.email or None if customer else None,
            "name": customer.name if customer else None,
        },
        "touchpoint": touchpoint.key if touchpoint else None,
        "scenario": known.scenario_key(card.scenario_id),
        "unit": unit_codes([card.unit_id]).get(card.unit_id),
        "staff": staff.code if staff else None,
        "channel": card.channel,
        "started_at": _time(card.started_at),
        "ended_at": _time(card.ended_at),
        "received_at": _time(card.received_at),
        "attributes": card.attributes,
        "decision": _decision(queries.decisions_of([card.id])[card.id], card),
    }


def _decision(card: queries.DecisionCard, about: InteractionCard) -> dict[str, Any]:
    policy = policy_version(card.policy)
    told = why.explanations(card, about, languages=LANGUAGES, tz=timezone.get_current_timezone())
    again = {language: one.again for language, one in told.items()}
    return {
        "outcome": "invite" if card.invited else "suppress",
        "reason": card.reason or None,
        "rule": card.rule or None,
        "inputs": dict(card.inputs),
        "sentence": {language: one.sentence for language, one in told.items()},
        "again": again if any(again.values()) else None,
        "trace": [_step(lines) for lines in zip(*(one.lines for one in told.values()), strict=True)],
        "policy": card.policy,
        "counts": [
            {
                "rule": f"limit[{number}]",
                "reason": limit.reason,
                "per": str(limit.per),
                "days": None if limit.period % DAY else limit.period.days,
                "seconds": limit.period // timedelta(seconds=1),
                "count": count,
                "max": limit.most,
            }
            for number, (limit, count) in enumerate(zip(policy.limits, card.counts, strict=False), 1)
        ],
        "next_allowed_at": _time(card.next_allowed_at),
        "at": _time(card.at),
        "invitation": str(card.invitation_id) if card.invitation_id else None,
    }


def _step(lines: Sequence[Line]) -> dict[str, Any]:
    """One rule of the trace; ``lines`` say it in each of the languages."""
    words = {name: {key: getattr(line, name) for key, line in zip(LANGUAGES, lines, strict=True)} for name in STEP}
    return {"outcome": str(lines[0].outcome), **words}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@router.get("/invitations", summary="Invitations, newest first", openapi_extra=openapi.GET_INVITATIONS)
def get_invitations(request: HttpRequest) -> HttpResponse:
    """Filtered by interaction, customer (your own id for them) and status. Never shows a token."""
    by = viewer(request)
    asked = clean_query(request, openapi.INVITATIONS)
    where: dict[str, Any] = {}
    if asked["interaction"]:
        where["interaction_id"] = id_in_query(asked["interaction"], name="interaction")
    if asked["customer"]:
        where["customer_id"] = find_customer("external", asked["customer"]) or -1
    if asked["status"]:
        where["state"] = asked["status"]
    cards = queries.invitation_cards(by=by, before=id_in_query(asked["cursor"]), limit=asked["limit"], **where)
    shown = [_invitation(card) for card in cards]
    return answer(page(shown, limit=asked["limit"], cursor_of=lambda item: item["id"]))


@router.get("/invitations/{invitation_id}", summary="One invitation", openapi_extra=openapi.GET_INVITATION)
def get_invitation(request: HttpRequest, invitation_id: str) -> HttpResponse:
    clean_query(request, Query({}))
    return answer(_invitation(queries.invitation_card(id_in_path(invitation_id), by=viewer(request))))


def _invitation(card: queries.InvitationCard) -> dict[str, Any]:
    known = journey_map()
    touchpoint = known.touchpoint(card.touchpoint_id)
    return {
        "id": str(card.id),
        "customer": str(card.customer_id) if card.customer_id else None,
        "interaction": str(card.interaction_id) if card.interaction_id else None,
        "purpose": card.purpose,
        "scenario": known.scenario_key(card.scenario_id),
        "touchpoint": touchpoint.key if touchpoint else None,
        "channel": card.channel,
        "language": card.language,
        "policy": card.policy,
        "status": card.state,
        "reason": card.reason or None,
        "created_at": _time(card.created_at),
        "sent_at": _time(card.sent_at),
        "expires_at": _time(card.dies_at),
        "delivered_at": _time(card.delivered_at),
        "opened_at": _time(card.opened_at),
        "answered_at": _time(card.answered_at),
    }
