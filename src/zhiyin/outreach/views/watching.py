"""The monitor, and the lists behind its numbers."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from zhiyin.journey.queries import journey_map
from zhiyin.lib.text import pick
from zhiyin.messaging import queries as messaging
from zhiyin.outreach import lists, screen, standing
from zhiyin.outreach import monitor as counting
from zhiyin.outreach.breakdown import HEADINGS, breakdown
from zhiyin.outreach.fairness import Fairness, fairness
from zhiyin.outreach.judging import current_policy
from zhiyin.outreach.monitor import Window
from zhiyin.outreach.replies import reply_rows
from zhiyin.outreach.rules import Loss
from zhiyin.outreach.views.fields import cursor
from zhiyin.outreach.words import CHANNELS, PARTS
from zhiyin.people.access import Viewer
from zhiyin.people.queries import UnitCard, organisation, units_of
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.ui import times
from zhiyin.ui.filters import language
from zhiyin.ui.period import CHOICES, Period, period_of

FILTERS = ("period", "from", "to", "unit", "scenario", "touchpoint", "channel", *counting.ALSO)
MOST_DOUBTS = 1000  # counted one by one
MOST_REPLIES = 200


@require_GET
def monitor(request: HttpRequest) -> HttpResponse:
    """Who was asked? Who was not, and why?"""
    by, now = _watcher(request), timezone.now()
    frame = _Frame(request, by)
    found = counting.tally(frame.now, by=by, now=now)
    before = counting.tally(frame.before, by=by, now=now)
    policy = current_policy()[1]
    as_share = request.GET.get("as") == "share"
    cut = request.GET.get("by", "")
    cut = cut if cut in HEADINGS else "touchpoint"
    queue = messaging.queue(now=now, by=by)
    channels = standing.channel_rows(messaging.channels(now=now))
    hours = counting.hours(frame.now, longest=policy.link_life / timedelta(hours=1), by=by)
    context = frame.context | {
        "now": now,
        "stages": screen.funnel(found, frame.links, is_by_channel=bool(frame.now.channel)),
        "kept": [*([("as", "share")] if as_share else []), *([("by", cut)] if "by" in request.GET else [])],
        "as_share": as_share,
        "url_counts": frame.links.monitor(),
        "url_shares": frame.links.monitor(**{"as": "share"}),
        "url_withdrawn": frame.links.invitations("withdrawn"),
        "rate": screen.response_rate(found, before, language=by.language),
        "decided": found.decided or found.steps["invited"],
        "table": breakdown(cut, frame.now, frame.links, by=by, now=now),
        "cuts": [(key, label, frame.links.monitor(by=key) + "#by") for key, label in HEADINGS.items()],
        "fairness": frame.fairness(by),
        "sent": found.steps["sent"],
        "excluded": found.excluded,
        "suppressed": found.suppressed,
        "withdrawn": found.steps["withdrawn"],
        "why_suppressed": screen.reasons(found, Loss.SUPPRESSED, frame.links, language=by.language),
        "why_excluded": screen.reasons(found, Loss.EXCLUDED, frame.links, language=by.language),
        "hours": None if hours.is_empty else screen.hours_chart(hours),
        "channels": channels,
        "channels_work": all(row.card.state in ("working", "off") for row in channels),
        "sees_all": by.units is None,
        "queue": standing.queue_in_words(queue),
        "matters": _matters(found, queue, frame, by, now=now),
        "may_run": by.may(Permission.RUN_OUTREACH),
        "is_paused": _is_paused(),
    }
    return render(request, "outreach/monitor.html", context)


@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """The interactions behind a number, with what was decided about each."""
    by, now = _watcher(request), timezone.now()
    frame = _Frame(request, by)
    part, which = lists.which_decisions(request.GET)
    rows, following = lists.decision_rows(frame.now, which, by=by, before=cursor(request.GET))
    known = counting.decision_sets()
    context = (
        frame.context
        | {
            "rows": rows,
            "next": following,
            "channel_choices": (),  # a decision is made before there is a channel
            "part": part,
            "reason": "" if part in known else rows[0].reason if rows else part,
            "kept": [(name, request.GET[name][:40]) for name in ("part", "reason") if request.GET.get(name)],
            "now": now,
        }
    )
    return render(request, "outreach/decisions.html", context)


@require_GET
def invitations(request: HttpRequest) -> HttpResponse:
    """The invitations behind a number, and how far each got."""
    by, now = _watcher(request), timezone.now()
    frame = _Frame(request, by)
    state, which = lists.which_invitations(request.GET, now=now)
    rows, following = lists.invitation_rows(frame.now, which, by=by, before=cursor(request.GET))
    parts = [(name, word, frame.links.invitations(name)) for name, word in PARTS.items()]
    kept = [("state", state)]
    context = frame.context | {
        "rows": rows,
        "next": following,
        "state": state,
        "parts": parts,
        "kept": kept,
        "now": now,
    }
    return render(request, "outreach/invitations.html", context)


class _Frame:
    """The period and filters that the address names, as windows, as links and as the form's values."""

    def __init__(self, request: HttpRequest, by: Viewer) -> None:
        query, units = request.GET, units_of(by=by)
        self.period: Period = period_of(query, today=timezone.localdate())
        scenarios = journey_map().scenarios
        scenario = scenarios.get(query.get("scenario", ""))
        chosen = next((unit for unit in units if unit.code == query.get("unit")), None)
        within = None if chosen is None else _below(chosen, units)
        scenario_id = scenario.id if scenario else None
        channel = query.get("channel", "") if query.get("channel", "") in CHANNELS else ""
        touchpoint = query.get("touchpoint", "")[:60]
        found = journey_map().touchpoints.get(touchpoint)
        touchpoint_id = (found.id if found else -1) if touchpoint else None
        also = tuple((name, query[name][:60]) for name in counting.ALSO if query.get(name))
        # As the question language names them.
        self.names = {
            "unit": chosen.code if chosen else "",
            "scenario": scenario.key if scenario else "",
            "channel": channel,
        }

        self._is_cut_otherwise = bool(touchpoint or also)

        def window(since: datetime, until: datetime) -> Window:
            return Window(
                since=since,
                until=until,
                units=within,
                scenario_id=scenario_id,
                touchpoint_id=touchpoint_id,
                channel=channel,
                also=also,
            )

        self.now = window(*_days(self.period.since, self.period.until))
        self.before = window(*_days(self.period.before_since, self.period.before_until))
        self.links = screen.Links({name: query[name][:60] for name in FILTERS if query.get(name)})
        self.context: dict[str, object] = {
            "period": self.period,
            "choices": CHOICES,
            "units": units,
            "unit": chosen.code if chosen else "",
            "scenarios": [(key, pick(card.name, by.language)) for key, card in scenarios.items()],
            "scenario": scenario.key if scenario else "",
            "channel_choices": list(CHANNELS.items()),
            "channel": channel,
            "links": self.links,
            "given": [*([("touchpoint", touchpoint)] if touchpoint else []), *also],
        }

    def fairness(self, by: Viewer) -> Fairness | None:
        """None where a filter stands that the card is not cut by: it would be about another part."""
        if self._is_cut_otherwise:
            return None
        return fairness(since=self.period.since, until=self.period.until, where=self.names, by=by)


def _watcher(request: HttpRequest) -> Viewer:
    by = viewer(request)
    by.require(Permission.SEE_OUTREACH)
    return by


def _days(first: object, last: object) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, on the organisation's clock."""
    zone = timezone.get_default_timezone()
    start, end = (datetime.combine(day, time.min, tzinfo=zone) for day in (first, last))  # type: ignore[arg-type]
    return start, end + timedelta(days=1)


def _below(unit: UnitCard, units: Sequence[UnitCard]) -> frozenset[int]:
    """The unit and all below it; parents stand above their children."""
    found = {unit.id}
    for card in units:
        if card.parent_id in found:
            found.add(card.id)
    return frozenset(found)


def _is_paused() -> bool:
    card = organisation()
    return card is not None and card.is_paused


def _matters(
    found: counting.Tally, queue: messaging.QueueCard, frame: _Frame, by: Viewer, *, now: datetime
) -> list[standing.Matter]:
    doubts = messaging.doubts(by=by, now=now, limit=MOST_DOUBTS)
    pending = standing.Pending(
        queue=queue,
        doubts=len(doubts),
        oldest_doubt=max((one.age for one in doubts), default=timedelta()),
        unreachable=found.unreachable,
        excluded=found.excluded,
        policy=current_policy()[1],
        is_paused=_is_paused(),
        failed=found.steps["lost"],
        replies=len(reply_rows(by=by, limit=MOST_REPLIES)),
    )
    clock = times.Clock(zone=timezone.get_current_timezone(), language=language(), now=now)
    return standing.matters(pending, frame.links, clock)
