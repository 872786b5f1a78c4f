"""What governs outreach: the policy in plain sentences and as a file, and the switch that pauses everything."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhiyin.lib.errors import Refused
from zhiyin.outreach import policies
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.naming import named_policy, unheard_of
from zhiyin.outreach.numbers import fields, with_numbers
from zhiyin.outreach.rules import PolicyInvalid, parse_policy
from zhiyin.outreach.views.fields import written
from zhiyin.people import actions as people
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer

MOST_LINES = 2000  # that are numbered


@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Under which rules customers are asked, since when, and who changed them; for those who may, the editor."""
    by = viewer(request)
    by.require(Permission.SEE_OUTREACH)
    cards = policies.versions(language=by.language)
    context: dict[str, object] = {
        "cards": cards,
        "current": cards[0],
        "card": policies.version_of(_number(request, cards[0].number), cards),
        "may_run": by.may(Permission.RUN_OUTREACH),
        "now": timezone.now(),
    }
    if request.method == "GET":
        return _page(request, by, cards[0].toml, context)
    return _propose(request, by, cards[0], context)


def _propose(
    request: HttpRequest, by: Viewer, current: policies.VersionCard, context: dict[str, object]
) -> HttpResponse:
    """Check a proposed policy, or put it in force. Whatever happens, what was typed stays on the page."""
    by.require(Permission.RUN_OUTREACH)
    text = request.POST.get("toml", "").replace("\r\n", "\n")
    context |= {"is_open": True}
    if request.POST.get("base") != str(current.number):
        return _page(request, by, text, context | {"is_stale": True}, status=409)
    try:
        if request.POST.get("do") == "numbers":
            text = with_numbers(text, request.POST, fields(text, parse_policy(text), language=by.language))
        named_policy(text)
        remarks = [one.sentence(by.language) for one in unheard_of(text)]
        sentences, dropped = policies.proposed(text, against=current.toml, language=by.language)
        if request.POST.get("do") != "apply":
            context |= {"proposed": sentences, "proposed_dropped": dropped, "is_same": text == current.toml}
            return _page(
                request, by, text, context | {"diff": policies.changed_lines(current.toml, text), "remarks": remarks}
            )
        number, is_new = apply_policy(text, by=by, now=timezone.now())
    except PolicyInvalid as invalid:
        problems = policies.located(text, invalid, by.language)
        return _page(request, by, text, context | {"problems": problems}, status=422)
    told = _("Policy %(number)s is in force.") if is_new else _("This is policy %(number)s, which is in force already.")
    messages.success(request, told % {"number": number})
    for remark in remarks:
        messages.warning(request, remark)
    return redirect("outreach:policy")


def _page(
    request: HttpRequest, by: Viewer, text: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """The page with this text in its editor; a text that cannot be read has no numbers to offer."""
    try:
        known = fields(text, parse_policy(text), language=by.language)
    except PolicyInvalid:
        known = []
    lines = range(1, min(text.count("\n") + 1, MOST_LINES) + 1)
    faulty = {one.line for one in context.get("problems", ())}  # type: ignore[attr-defined]
    context |= {"text": text, "numbers": known, "lines": [(line, line in faulty) for line in lines]}
    return render(request, "outreach/policy.html", context, status=status)


def _number(request: HttpRequest, usual: int) -> int:
    text = request.GET.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else usual


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Stop sending, for a stated reason that stands above every page."""
    try:
        people.pause_outreach(reason=written(request, "reason"), by=viewer(request), now=timezone.now())
    except Refused as refused:
        if refused.status == 403:
            raise
        messages.error(request, str(refused))
    return redirect("outreach:monitor")


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Send again; whatever waited is judged anew before it leaves."""
    people.resume_outreach(by=viewer(request), now=timezone.now())
    return redirect("outreach:monitor")
