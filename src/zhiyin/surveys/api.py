"""``/surveys``: what is asked now, with its questions and the ends of its scales."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from zhiyin.lib.clean import PAGING, Query
from zhiyin.people.api_auth import viewer
from zhiyin.people.roles import Permission
from zhiyin.surveys import openapi, queries
from zhiyin.surveys.rules import CALL_ME, COMMENT, REASONS, Question, Questionnaire, Scale
from zhiyin.ui.api_frame import answer, clean_query, page

router = Router(tags=["surveys"])
PREFIX = "q_"


@router.get("/surveys", summary="Every survey with a published version", openapi_extra=openapi.GET_SURVEYS)
def get_surveys(request: HttpRequest) -> HttpResponse:
    """By key. ``version`` is the number of the version in use."""
    viewer(request).require(Permission.SEE_OUTREACH)
    asked = clean_query(request, Query(PAGING))
    cards = [card for card in queries.surveys() if card.key > (asked["cursor"] or "")]
    shown = [
        {
            "key": card.key,
            "name": dict(card.name),
            "purpose": card.purpose,
            "version": card.number,
            "questions": card.questions,
            "published_at": card.published_at.isoformat(),
        }
        for card in cards[: asked["limit"] + 1]
    ]
    return answer(page(shown, limit=asked["limit"], cursor_of=lambda item: item["key"]))


@router.get("/surveys/{key}", summary="One survey: the published version", openapi_extra=openapi.GET_SURVEY)
def get_survey(request: HttpRequest, key: str) -> HttpResponse:
    """With every field of its page: ``field`` is its name in the form, ``key`` its name in ``POST /responses``."""
    viewer(request).require(Permission.SEE_OUTREACH)
    clean_query(request, Query({}))
    card = queries.current_version(key)
    one = card.questionnaire
    return answer(
        {
            "key": card.survey,
            "name": dict(one.name),
            "purpose": one.purpose,
            "version": card.number,
            "published_at": card.published_at.isoformat(),
            "languages": list(one.languages),
            "headline": one.roles.headline,
            "top_from": one.roles.top_from,
            "low_to": one.follow_up.low_to if one.follow_up else None,
            "roles": dict(one.roles.named),
            "questions": [_question(question) for question in one.questions] + _further(one),
        }
    )


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "field": PREFIX + question.key,
        "kind": question.kind.value,
        "title": dict(question.title),
        "dimension": question.dimension or None,
        "required": question.required,
        "scale": _scale(question.scale) if question.scale else None,
        "options": [{"key": option.key, "text": dict(option.text)} for option in question.options],
        "multiple": question.multiple,
        "source": list(question.source),
    }


def _scale(scale: Scale) -> dict[str, Any]:
    ends = {"low_label": dict(scale.low_label), "high_label": dict(scale.high_label)}
    return {"low": scale.low, "high": scale.high, **ends}


def _further(one: Questionnaire) -> list[dict[str, Any]]:
    """The fields beside the questions: reasons after a low score, the comment, call me."""
    plain: dict[str, Any] = {
        "dimension": None,
        "required": False,
        "scale": None,
        "options": [],
        "multiple": False,
        "source": [],
    }
    found: list[dict[str, Any]] = []
    if one.follow_up:
        options = [{"key": reason.key, "text": dict(reason.text)} for reason in one.follow_up.reasons]
        reasons = {"key": REASONS, "kind": "choice", "title": dict(one.follow_up.title), "shown": "low"}
        found.append({**plain, **reasons, "options": options, "multiple": True, "source": list(one.follow_up.source)})
    if one.comment:
        comment = {"key": COMMENT, "kind": "text", "title": dict(one.comment.title), "shown": one.comment.shown.value}
        found.append({**plain, **comment, "source": list(one.comment.source)})
    if one.call_me:
        call_me = {"key": CALL_ME, "kind": "tick", "title": dict(one.call_me.label), "shown": one.call_me.shown.value}
        found.append({**plain, **call_me, "source": list(one.call_me.source)})
    return [{**each, "field": PREFIX + each["key"]} for each in found]
