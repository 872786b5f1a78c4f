"""Why was this customer not asked? By a number that somebody types, or for one interaction of a list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from zhiyin.journey.queries import journey_map
from zhiyin.lib.errors import NotFound
from zhiyin.lib.text import pick
from zhiyin.outreach.policies import applied_at
from zhiyin.outreach.rules import Outcome
from zhiyin.outreach.views.fields import written
from zhiyin.outreach.why import Answer, look_up, look_up_interaction, shortened
from zhiyin.outreach.words import ending_label, reason_label
from zhiyin.people.access import Viewer
from zhiyin.people.queries import unit_names
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer


@sensitive_post_parameters("q")
@require_http_methods(["GET", "POST"])
def why(request: HttpRequest) -> HttpResponse:
    """The lookup. What was typed comes back in the field and stands in no address and no log."""
    by, typed = viewer(request), written(request, "q")
    context: dict[str, object] = {"typed": typed, "now": timezone.now()}
    if request.method == "POST":
        zone = timezone.get_current_timezone()
        answer = look_up(typed, by=by, now=timezone.now(), tz=zone) if typed else None
        context |= {"asked": bool(typed), "answer": _shown(answer, by) if answer else None}
    else:
        by.require(Permission.SEE_OUTREACH)
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "outreach/parts/why.html" if is_part else "outreach/why.html", context)


@require_GET
def decision(request: HttpRequest, interaction_id: int) -> HttpResponse:
    """The same for one interaction."""
    by, now = viewer(request), timezone.now()
    answer = look_up_interaction(interaction_id, by=by, now=now, tz=timezone.get_current_timezone())
    if answer is None:
        raise NotFound
    context = {"typed": "", "asked": True, "answer": _shown(answer, by), "now": now}
    return render(request, "outreach/why.html", context)


def _shown(answer: Answer, by: Viewer) -> dict[str, object]:
    """The answer in the words of the screen."""
    card, decision, known = answer.interaction, answer.decision, journey_map()
    touchpoint = known.touchpoint(card.touchpoint_id)
    scenario = next((one for one in known.scenarios.values() if one.id == card.scenario_id), None)
    passed = sum(line.outcome is Outcome.PASSED and not line.detail for line in answer.explanation.lines)
    title = ngettext("%(count)s condition holds", "%(count)s conditions hold", passed) % {"count": passed}
    invitation = answer.invitation
    return {
        "customer": answer.customer,
        "interaction": card,
        "touchpoint": pick(touchpoint.name, by.language) if touchpoint else "",
        "scenario": pick(scenario.name, by.language) if scenario else "",
        "unit": unit_names([card.unit_id], by.language).get(card.unit_id, ""),
        "decision": decision,
        "explanation": answer.explanation,
        "lines": list(shortened(answer.explanation.lines, passed=title, joined=_("; "))),
        "invitation": invitation,
        "ending": ending_label(invitation.reason, invitation.policy, by.language) if invitation else "",
        "applied_at": applied_at(decision.policy),
        "others": [
            (one, other, reason_label(other.reason, [other.policy], by.language) if other.reason else "")
            for one, other in answer.others
        ],
    }
