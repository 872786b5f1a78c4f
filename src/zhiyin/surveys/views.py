"""What is asked: the questionnaires, and one of them with its preview and its versions."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhiyin.lib.text import pick
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.surveys import queries, screen
from zhiyin.ui.cards import Crumb


@require_GET
def surveys(request: HttpRequest) -> HttpResponse:
    """Which questionnaires are in use, and where?"""
    rows = screen.survey_rows(queries.surveys(), language=_language(request))
    return render(request, "surveys/surveys.html", {"rows": rows})


@require_GET
def survey(request: HttpRequest, key: str) -> HttpResponse:
    """What does this one ask, and what will the customer see? ``?version=3`` shows an earlier version."""
    language = _language(request)
    versions = queries.versions(key)
    wanted = request.GET.get("version", "")
    card = next((one for one in versions if (str(one.number) == wanted if wanted else one.is_current)), None)
    if card is None:
        raise Http404
    one = card.questionnaire
    shown = request.GET.get("lang", language)
    context = {
        "card": card,
        "name": pick(one.name, language),
        "crumbs": [Crumb(_("Surveys"), reverse("surveys:surveys")), Crumb(pick(one.name, language))],
        "questions": screen.question_rows(one, language=language),
        "reasons": screen.reason_rows(one, language=language),
        "low_to": one.follow_up.low_to if one.follow_up else None,
        "top_from": one.roles.top_from,
        "touchpoints": screen.touchpoints(key, language=language),
        "versions": screen.version_rows(versions),
        "languages": [(each, {"zh-hans": "中", "en": "EN"}[each]) for each in one.languages],
        "shown_language": shown if shown in one.languages else one.languages[0],
        "is_big": request.GET.get("big") == "1",
        "sms": pick(one.sms.signature, language) + pick(one.sms.text, language),
        "email_subject": pick(one.email.signature, language),
        "email": pick(one.email.text, language),
    }
    return render(request, "surveys/survey.html", context)


def _language(request: HttpRequest) -> str:
    """The reader's, once it is clear that they may read this."""
    by = viewer(request)
    if not by.may(Permission.SEE_OUTREACH):
        raise PermissionDenied
    return by.language
