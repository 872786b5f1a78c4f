"""The rehearsal: a changed policy, what it is tried on, and what would have come of it."""

from time import perf_counter

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhiyin.lib.errors import Refused
from zhiyin.outreach import policies
from zhiyin.outreach.past import MOST, MOST_BYTES, Past, from_file, from_record
from zhiyin.outreach.policies import located
from zhiyin.outreach.rehearsing import Outcome, rehearse_both
from zhiyin.outreach.rules import Policy, PolicyInvalid, parse_policy
from zhiyin.outreach.simulate.columns import ColumnMissing
from zhiyin.outreach.simulate.faults import EventsInvalid
from zhiyin.outreach.views.fields import number
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer

DAYS = (30, 90, 180)
MOST_POLICY_BYTES = 400_000


@require_http_methods(["GET", "POST"])
def rehearsal(request: HttpRequest) -> HttpResponse:
    """What would have happened under another policy? Shows the form, or the outcome. Writes nothing."""
    by = viewer(request)
    by.require(Permission.SEE_OUTREACH)
    cards = policies.versions(language=by.language)
    chosen = policies.version_of(number(request.GET, "version", digits=9) or cards[0].number, cards)
    context: dict[str, object] = {
        "cards": cards,
        "current": cards[0],
        "version": chosen.number,
        "text": chosen.toml,
        "days": 90,
        "choices": DAYS,
        "most": MOST,
        "may_run": by.may(Permission.RUN_OUTREACH),
        "now": timezone.now(),
    }
    if request.method == "GET":
        return _shown(request, context)
    by.require(Permission.RUN_OUTREACH)
    return _rehearsed(request, by, cards[0].toml, context)


def _rehearsed(request: HttpRequest, by: Viewer, in_force: str, context: dict[str, object]) -> HttpResponse:
    """Whatever is wrong with what was given is answered in words, and what was typed stays."""
    days = number(request.POST, "days", digits=3)
    context["days"] = days = days if days in DAYS else 90
    started = perf_counter()
    text = request.POST.get("toml", "").replace("\r\n", "\n")
    context["text"] = text
    try:
        context["text"] = text = _policy_text(request, text)
        before, after = parse_policy(in_force, is_new=False), parse_policy(text)
        past = _past(request, by, days, (before, after))
        outcome = _outcome(past, by, before, after)
    except PolicyInvalid as invalid:
        return _shown(request, context | {"problems": located(text, invalid, by.language)}, status=422)
    except EventsInvalid as invalid:
        return _shown(request, context | {"refused": invalid.line(by.language)}, status=422)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return _shown(request, context | {"refused": str(refused)}, status=422)
    seconds = perf_counter() - started
    return _shown(request, context | {"outcome": outcome, "seconds": max(seconds, 0.1), "is_same": text == in_force})


def _policy_text(request: HttpRequest, typed: str) -> str:
    """The text of the form, or of the file where one was chosen."""
    file = request.FILES.get("policy")
    if not isinstance(file, UploadedFile) or not file.size:
        return typed
    if file.size > MOST_POLICY_BYTES:
        raise Refused(_("This is too large for a policy."), next_step=_("Choose a policy file, a few kilobytes long."))
    try:
        return bytes(file.read()).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as broken:
        wrong = Refused(_("The policy file is not UTF-8 text."), next_step=_("Save it as UTF-8 and choose it again."))
        raise wrong from broken


def _past(request: HttpRequest, by: Viewer, days: int, given: tuple[Policy, Policy]) -> Past:
    file = request.FILES.get("events")
    if isinstance(file, UploadedFile) and file.size:
        return from_file(bytes(file.read(MOST_BYTES + 1)))
    return from_record(days=days, policies=given, by=by, now=timezone.now())


def _outcome(past: Past, by: Viewer, before: Policy, after: Policy) -> Outcome:
    zone = timezone.get_default_timezone()
    try:
        return rehearse_both(past, before=before, after=after, by=by, now=timezone.now(), tz=zone)
    except ColumnMissing as missing:
        told = {"column": missing.column}
        wrong = Refused(
            _("The policy counts or chooses by %(column)s, which these events do not tell.") % told,
            next_step=_("Choose a file of events with the column %(column)s.") % told,
        )
        raise wrong from missing


def _shown(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    is_part = request.headers.get("HX-Request") == "true"
    template = "outreach/parts/rehearsed.html" if is_part else "outreach/rehearsal.html"
    return render(request, template, context, status=status)
