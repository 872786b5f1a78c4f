"""What goes out by mail: set up, change, stop, leave."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.lib.errors import NotAllowed, NotFound
from zhiyin.people.access import Viewer
from zhiyin.reports.explorer import keeping, scheduling
from zhiyin.reports.explorer.rules import Rhythm
from zhiyin.reports.explorer.views.asking import reader
from zhiyin.reports.explorer.views.kept import tried, version_in

RHYTHMS = ("daily", "weekly", "monthly")


@require_GET
def schedules(request: HttpRequest) -> HttpResponse:
    """One's own schedules, and the mails that one gets from others."""
    by = reader(request)
    context = {"cards": scheduling.schedules(by=by), "weekdays": WEEKDAYS, "now": timezone.now(), "me": by.staff_id}
    return render(request, "reports/explorer/schedules.html", context)


@require_http_methods(["GET", "POST"])
def new_schedule(request: HttpRequest) -> HttpResponse:
    """``?view=`` or ``?dashboard=`` says what is to be mailed."""
    by = reader(request)
    view_id, dashboard_id = _given(request, "view"), _given(request, "dashboard")
    if (view_id is None) == (dashboard_id is None):
        raise NotFound
    what = keeping.view_card(view_id, by=by) if view_id else keeping.dashboard_card(dashboard_id or 0, by=by)
    form = _form(request, by=by) | {"what": what, "is_dashboard": view_id is None}
    if request.method != "POST":
        return render(request, "reports/explorer/schedule.html", form)

    def plan() -> str:
        scheduling.plan(_wanted(request), view_id=view_id, dashboard_id=dashboard_id, by=by, now=timezone.now())
        return reverse("explorer:schedules")

    return tried(request, plan, "reports/explorer/schedule.html", form, told=_("It will be mailed."))


@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """To its owner the form; to a reader what it is and the way to stop it."""
    by = reader(request)
    card = scheduling.schedule_card(schedule_id, by=by)
    if not card.is_own and request.method == "POST":
        raise NotAllowed
    form = _form(request, by=by, card=card) | {"card": card, "weekdays": WEEKDAYS, "now": timezone.now()}
    if request.method != "POST":
        return render(request, "reports/explorer/schedule.html", form)

    def change() -> str:
        scheduling.change(
            _wanted(request), schedule_id=schedule_id, version=version_in(request), by=by, now=timezone.now()
        )
        return reverse("explorer:schedules")

    return tried(request, change, "reports/explorer/schedule.html", form, told=_("Saved."))


@require_POST
def switch_schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """The owner stops or starts it; a reader leaves it."""
    by, what, now = reader(request), request.POST.get("do", ""), timezone.now()
    if what == "leave":
        scheduling.leave(schedule_id=schedule_id, by=by, now=now)
    else:
        scheduling.switch(schedule_id=schedule_id, on=what == "start", by=by, now=now)
    return redirect("explorer:schedules")


def _given(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _wanted(request: HttpRequest) -> scheduling.Wanted:
    """The form's fields; nonsense reads as every morning at eight."""
    given = request.POST
    every = given.get("rhythm", "")
    every = every if every in RHYTHMS else "daily"
    hours, _colon, minutes = given.get("at", "").partition(":")
    at = _between(hours, 0, 23, 8) * 60 + _between(minutes[:2], 0, 59, 0)
    day = _between(given.get("weekday", ""), 0, 6, 0) if every == "weekly" else 0
    if every == "monthly":
        day = _between(given.get("day", ""), 1, 31, 1)
    readers = [int(one) for one in given.getlist("reader") if one.isascii() and one.isdigit() and len(one) < 19]
    return scheduling.Wanted(Rhythm(every, at, day), tuple(readers))


def _between(text: str, low: int, high: int, otherwise: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise
    return number if low <= number <= high else otherwise


def _form(request: HttpRequest, *, by: Viewer, card: scheduling.ScheduleCard | None = None) -> dict[str, object]:
    chosen: tuple[int, ...]
    if request.method == "POST":
        wanted = _wanted(request)
        rhythm, chosen = wanted.rhythm, wanted.readers
    elif card is not None:
        rhythm, chosen = Rhythm(card.rhythm, card.at_minute, card.on_day), card.reader_ids
    else:
        rhythm, chosen = Rhythm("weekly", 8 * 60, 0), (by.staff_id or 0,)
    return {
        "rhythm": rhythm,
        "at": f"{rhythm.at_minute // 60:02d}:{rhythm.at_minute % 60:02d}",
        "weekdays": WEEKDAYS,
        "people": [(identifier, name, identifier in chosen) for identifier, name in scheduling.may_read(by=by)],
        "version": card.version if card else 0,
    }
