"""Replies that wait for a person: the list, and that somebody has dealt with one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhiyin.lib.errors import Refused
from zhiyin.outreach import replies as waiting
from zhiyin.outreach.views.fields import written
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer

MOST = 200


@require_GET
def replies(request: HttpRequest) -> HttpResponse:
    """What customers wrote back that no machine may answer, the oldest first."""
    by = viewer(request)
    by.require(Permission.SEE_OUTREACH)
    context = {
        "rows": waiting.reply_rows(by=by, limit=MOST),
        "unusable": waiting.unusable(by=by, limit=MOST),
        "most": MOST,
        "may_run": by.may(Permission.RUN_OUTREACH),
        "now": timezone.now(),
    }
    return render(request, "outreach/replies.html", context)


@require_POST
def settle(request: HttpRequest, reply_id: int) -> HttpResponse:
    """Somebody has read it and done what was to be done."""
    by = viewer(request)
    by.require(Permission.RUN_OUTREACH)
    try:
        waiting.settle_reply(reply_id, note=written(request, "note"), by=by, now=timezone.now())
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Recorded."))
    return redirect("outreach:replies")
