"""Messages that failed for good: the list, and sending one of them again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhiyin.lib.errors import Refused
from zhiyin.outreach import dead, doubts
from zhiyin.outreach.views.fields import cursor, written
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer


@require_GET
def failed(request: HttpRequest) -> HttpResponse:
    """What did not get out, the newest first, with what was said when it failed."""
    by = viewer(request)
    by.require(Permission.SEE_OUTREACH)
    rows, following = dead.dead_rows(by=by, before=cursor(request.GET))
    context = {"rows": rows, "next": following, "may_run": by.may(Permission.RUN_OUTREACH), "now": timezone.now()}
    return render(request, "outreach/failed.html", context)


@require_POST
def requeue(request: HttpRequest, message_id: int) -> HttpResponse:
    """Send one again, for a stated reason; it is judged anew before it leaves."""
    by = viewer(request)
    try:
        doubts.resend(message_id=message_id, reason=written(request, "reason"), by=by, now=timezone.now())
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        messages.error(request, str(refused))
    else:
        messages.success(request, _("It waits to be sent again."))
    return redirect("outreach:failed")
