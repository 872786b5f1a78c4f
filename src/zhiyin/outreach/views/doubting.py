"""Messages in doubt: the list, and what a person decides about one of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhiyin.lib.errors import Refused
from zhiyin.outreach import doubts as settling
from zhiyin.outreach import lists
from zhiyin.outreach.views.fields import written
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer

MOST = 200


@require_GET
def doubts(request: HttpRequest) -> HttpResponse:
    """Messages that may have arrived or not, the oldest first."""
    by, now = viewer(request), timezone.now()
    by.require(Permission.SEE_OUTREACH)
    rows = lists.doubt_rows(by=by, now=now, limit=MOST)
    context = {"rows": rows, "most": MOST, "may_run": by.may(Permission.RUN_OUTREACH), "now": now}
    return render(request, "outreach/doubts.html", context)


@require_POST
def decide(request: HttpRequest, message_id: int) -> HttpResponse:
    """It arrived, it did not, or it goes again: with a reason, which is recorded."""
    verdict, reason = request.POST.get("verdict", ""), written(request, "reason")
    by, now = viewer(request), timezone.now()
    try:
        if verdict == "resend":
            settling.resend(message_id=message_id, reason=reason, by=by, now=now)
        elif verdict in ("sent", "not_sent"):
            settling.settle(message_id=message_id, sent=verdict == "sent", reason=reason, by=by, now=now)
        else:
            raise Refused(_("Choose what became of the message."), code="verdict_missing")
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Recorded."))
    return redirect("outreach:doubts")
