"""The queue with one case beside it. Every part is also there as a plain page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhiyin.cases import actions
from zhiyin.cases.queries.page import CasePage, case_page
from zhiyin.cases.queries.people import colleagues
from zhiyin.cases.queries.queue import Queue, Wanted, load, queue, tab_counts, tabs_of, touchpoints_in
from zhiyin.cases.views.refusing import or_refused
from zhiyin.cases.words import TABS
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.ui.cards import Crumb, Tab

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Way:
    """One filter that could be dropped: what it is called, the address without it, and what would come back."""

    label: str
    url: str
    count: int


@require_GET
@or_refused
def show_queue(request: HttpRequest, tab: str = "") -> HttpResponse:
    """Who is to be dealt with next? On a wide screen the first case stands open beside the queue."""
    by, now = viewer(request), timezone.now()
    wanted = wanted_of(request, by=by, tab=tab)
    found = queue(wanted, by=by, now=now)
    if not found.cards and not tab and "tab" not in request.GET and by.may(Permission.LEAD_CASES):
        wanted = replace(wanted, tab="team")  # who leads and has nothing of their own looks after the others'
        found = queue(wanted, by=by, now=now)
    first = found.cards[0].code if found.cards else ""
    page = case_page(first, by=by, now=now) if first else None
    context = {**bench(request, wanted, found, page, by=by, now=now), "is_chosen": False}
    return render(request, "cases/bench.html", context)


@require_GET
@or_refused
def show_rows(request: HttpRequest) -> HttpResponse:
    """The queue alone: what the page asks for every 20 seconds while somebody looks at it."""
    by, now = viewer(request), timezone.now()
    wanted = wanted_of(request, by=by)
    found = queue(wanted, by=by, now=now)
    chosen = request.GET.get("case", "")[:30]
    return render(request, "cases/parts/queue.html", queue_context(request, wanted, found, chosen, by=by, now=now))


@require_GET
@or_refused
def show_case(request: HttpRequest, code: str) -> HttpResponse:
    """One case, with the queue it was opened from."""
    by, now = viewer(request), timezone.now()
    page = case_page(code, by=by, now=now)
    if request.headers.get("HX-Target") == "guides":
        context = {
            "case": page,
            "guide": _guide_shown(request, page),
            "here": urlencode(parameters(wanted_of(request, by=by))),
        }
        return render(request, "cases/parts/guides.html", context)
    return answer_with(request, page, by=by, now=now)


@require_POST
@or_refused
def assign_many(request: HttpRequest) -> HttpResponse:
    """Give the ticked cases to somebody; those that could not go are named with the reason."""
    by, now = viewer(request), timezone.now()
    by.require(Permission.LEAD_CASES)
    chosen = [int(text) for text in request.POST.getlist("case") if text.isascii() and text.isdigit()][:MOST_AT_ONCE]
    to = request.POST.get("staff", "")
    back = f"{reverse('cases:queue')}?tab=team"
    if not chosen or not (to.isascii() and to.isdigit()):
        say(request, _("Tick the cases and choose who is to have them."), is_error=True)
        return redirect(f"{back}&bulk=1")
    given, others = actions.assign_all(case_ids=chosen, staff_id=int(to), by=by, now=now)
    if given:
        say(request, _("%(count)s cases assigned.") % {"count": len(given)})
    for _case_id, why in others:
        say(request, str(why), is_error=True)
    return redirect(back)


def answer_with(
    request: HttpRequest, page: CasePage, *, by: Viewer, now: datetime, extra: Mapping[str, object] | None = None
) -> HttpResponse:
    """The case after a look or a verb: the whole page, or for htmx the case, its customer and the queue."""
    wanted = wanted_of(request, by=by)
    found = queue(wanted, by=by, now=now)
    context = {**bench(request, wanted, found, page, by=by, now=now), "is_chosen": True, **(extra or {})}
    template = "cases/parts/changed.html" if request.headers.get("HX-Request") else "cases/bench.html"
    return render(request, template, context)


def wanted_of(request: HttpRequest, *, by: Viewer, tab: str = "") -> Wanted:
    """Tab and filters from the address; what makes no sense there is left out."""
    asked = tab or request.GET.get("tab", "")
    owner = request.GET.get("owner", "")
    return Wanted(
        tab=asked if asked in tabs_of(by) else "todo",
        touchpoint=request.GET.get("touchpoint", "")[:60],
        owner=int(owner) if owner.isascii() and owner.isdigit() and len(owner) < 19 else None,
        late=request.GET.get("late") == "1",
    )


def bench(
    request: HttpRequest, wanted: Wanted, found: Queue, page: CasePage | None, *, by: Viewer, now: datetime
) -> dict[str, object]:
    """What the whole page needs."""
    label = str(TABS[wanted.tab])
    crumbs = [Crumb(_("Workbench"), reverse("cases:queue")), Crumb(label, address(wanted))]
    if page is not None:
        crumbs.append(Crumb(page.code))
    chosen = page.code if page is not None else ""
    return {
        **queue_context(request, wanted, found, chosen, by=by, now=now),
        "case": page,
        "guide": _guide_shown(request, page),
        "crumbs": crumbs,
        "back": address(wanted),
        "here": urlencode(parameters(wanted)),
    }


def queue_context(
    request: HttpRequest, wanted: Wanted, found: Queue, chosen: str, *, by: Viewer, now: datetime
) -> dict[str, object]:
    """What the queue needs."""
    counts = tab_counts(by=by, now=now)
    leads = by.may(Permission.LEAD_CASES)
    return {
        "queue": found,
        "wanted": wanted,
        "chosen": chosen,
        "tabs": [Tab(str(TABS[tab]), f"?tab={tab}", counts[tab], tab == wanted.tab) for tab in tabs_of(by)],
        "counts": counts,
        "query": urlencode(parameters(wanted)),
        "rows_url": f"{reverse('cases:rows')}?{urlencode([*parameters(wanted), ('case', chosen)])}",
        "touchpoints": touchpoints_in(by=by),
        "loads": _loads(by) if leads and wanted.tab == "team" else [],
        "bulk": leads and wanted.tab == "team" and request.GET.get("bulk") == "1",
        "leads": leads,
        "ways": _ways(wanted, by=by, now=now) if wanted.is_filtered and not found.cards else [],
        "clear_url": address(Wanted(tab=wanted.tab)),
        "now": now,
    }


def parameters(wanted: Wanted) -> list[tuple[str, str]]:
    """The address's parameters for this part of the queue."""
    given: list[tuple[str, str]] = [("tab", wanted.tab)]
    if wanted.touchpoint:
        given.append(("touchpoint", wanted.touchpoint))
    if wanted.owner is not None:
        given.append(("owner", str(wanted.owner)))
    if wanted.late:
        given.append(("late", "1"))
    return given


def address(wanted: Wanted) -> str:
    return f"{reverse('cases:queue')}?{urlencode(parameters(wanted))}"


def say(request: HttpRequest, text: str, *, is_error: bool = False) -> None:
    """A short message on the next page."""
    (messages.error if is_error else messages.success)(request, text)


def _ways(wanted: Wanted, *, by: Viewer, now: datetime) -> list[Way]:
    """Which filter to drop, and how many cases would come back: the one that brings most first."""
    dropped: list[tuple[str, Wanted]] = []
    if wanted.late:
        dropped.append((_("overdue only"), replace(wanted, late=False)))
    if wanted.touchpoint:
        dropped.append((_("touchpoint"), replace(wanted, touchpoint="")))
    if wanted.owner is not None:
        dropped.append((_("owner"), replace(wanted, owner=None)))
    ways = [Way(label, address(less), queue(less, by=by, now=now).total) for label, less in dropped]
    return sorted(ways, key=lambda way: -way.count)


def _loads(by: Viewer) -> list[tuple[int, str, int]]:
    """Who has how many: staff id, name, open cases; the heaviest first, nobody's at the top."""
    counts = load(by=by)
    people = [(card.id, card.name, counts.get(card.id, 0)) for card in colleagues(by=by)]
    nobody = [(0, _("Nobody's"), counts[0])] if counts.get(0) else []
    return [*nobody, *sorted(people, key=lambda one: (-one[2], one[1]))]


def _guide_shown(request: HttpRequest, page: CasePage | None) -> object:
    """Which of the six steps is explained: the one asked for, else the first that is still to do."""
    if page is None:
        return None
    asked = request.GET.get("step", "") or page.current_guide
    return next((guide for guide in page.guides if guide.key == asked), page.guides[0] if page.guides else None)
