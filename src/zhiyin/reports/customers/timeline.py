"""Everything we asked one person, and why not: one line for each thing that happened, newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.cases.access import visible_cases
from zhiyin.journey.queries import InteractionCard, interactions_of, journey_map
from zhiyin.lib.text import pick
from zhiyin.messaging.queries import contacts
from zhiyin.outreach.queries import DecisionCard, InvitationCard, decisions_of, invitation_cards
from zhiyin.outreach.words import CHANNELS, ending_label, reason_label
from zhiyin.people.access import Viewer
from zhiyin.people.queries import unit_names
from zhiyin.people.roles import Permission
from zhiyin.reports.customers.facts import facts_about
from zhiyin.reports.customers.seeing import Person, may_work
from zhiyin.responses.queries import responses_of
from zhiyin.ui.cards import Happening, Tone

AT_MOST = 500  # of each sort: the page is for people, and the record keeps them all
ON_A_PAGE = 50
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class Sort(StrEnum):
    """What a line is about, and what the page can be filtered by."""

    INTERACTION = "interaction"
    DECISION = "decision"
    MESSAGE = "message"
    ANSWER = "answer"
    CASE = "case"
    CONSENT = "consent"
    PERSON = "person"


LABELS: Mapping[str, Promise] = {
    "": lazy("Everything"),
    Sort.INTERACTION: lazy("Services"),
    Sort.DECISION: lazy("Decisions"),
    Sort.MESSAGE: lazy("Messages"),
    Sort.ANSWER: lazy("Surveys answered"),
    Sort.CASE: lazy("Cases"),
    Sort.CONSENT: lazy("Consent"),
    Sort.PERSON: lazy("Identity"),
}


@dataclass(frozen=True)
class Line:
    """One thing that happened. A decision's address leads to the arithmetic behind it."""

    sort: Sort
    happening: Happening


@dataclass(frozen=True)
class Page:
    """One page of the timeline. ``is_cut``: there is more of some sort than a page like this goes through."""

    lines: Sequence[Line]
    total: int
    next: str | None
    is_cut: bool


def timeline(person: Person, *, sort: str, page: int, by: Viewer, now: datetime) -> Page:
    """The lines of one sort, or of all, newest first. What other branches did is not among them."""
    sources = [
        list(_interactions_and_decisions(person, by=by)),
        list(_messages(person, by=by, now=now)),
        list(_answers(person, by=by)),
        list(_cases(person, by=by)),
        [Line(Sort(kind), fact) for kind, fact in facts_about(person.ids, limit=AT_MOST)][::-1],
    ]
    lines = [line for source in sources for line in source if not sort or line.sort == sort]
    # Of one moment the later step stands above the earlier one: sources, and the steps in each, come in their order.
    lines.reverse()
    lines.sort(key=lambda line: line.happening.at, reverse=True)
    start = ON_A_PAGE * page
    more = len(lines) > start + ON_A_PAGE
    is_cut = any(len(source) >= AT_MOST for source in sources)
    return Page(lines[start : start + ON_A_PAGE], len(lines), str(page + 1) if more else None, is_cut)


def _interactions_and_decisions(person: Person, *, by: Viewer) -> Iterator[Line]:
    cards = [card for one in person.ids for card in interactions_of(one, by=by, limit=AT_MOST)]
    decisions, known = decisions_of([card.id for card in cards]), journey_map()
    units = unit_names({card.unit_id for card in cards}, by.language)
    for card in cards:
        touchpoint = known.touchpoint(card.touchpoint_id)
        place = pick(touchpoint.name, by.language) if touchpoint else ""
        complaint = _("complaint") if card.is_complaint else ""
        note = " · ".join(part for part in (units.get(card.unit_id, ""), complaint) if part)
        yield _line(Sort.INTERACTION, card.ended_at, _("Service: %(place)s") % {"place": place}, note=note)
        if card.id in decisions:
            yield _decision(card, decisions[card.id], place, by=by)


def _decision(card: InteractionCard, decision: DecisionCard, place: str, *, by: Viewer) -> Line:
    tone: Tone = "good" if decision.invited else "warn"
    text = _("To be asked about it")
    if not decision.invited:
        text = _("Not asked: %(why)s") % {"why": reason_label(decision.reason, [decision.policy], by.language)}
    url = reverse("outreach:decision", args=[card.id]) if by.may(Permission.SEE_OUTREACH) else ""
    rules = _("policy version %(number)s") % {"number": decision.policy}
    return _line(Sort.DECISION, decision.at, text, note=f"{place} · {rules}" if place else rules, tone=tone, url=url)


def _messages(person: Person, *, by: Viewer, now: datetime) -> Iterator[Line]:
    for one in person.ids:
        for card in invitation_cards(by=by, limit=AT_MOST - 1, customer_id=one):
            yield from _invitation(card, by=by, now=now)
    words = {"care": _("Care message"), "reminder": _("Reminder")}
    for row in contacts(person.ids, since=BEGINNING):
        if row.category in words and row.at is not None:
            note = _("in doubt") if row.state == "unknown" else ""
            yield _line(Sort.MESSAGE, row.at, _("%(what)s sent") % {"what": words[row.category]}, note=note)


def _invitation(card: InvitationCard, *, by: Viewer, now: datetime) -> Iterator[Line]:
    """Every change of one invitation that has a moment."""
    way = str(CHANNELS.get(card.channel, card.channel))
    about = _("asked whether a case was solved") if card.purpose == "recovery" else ""
    note = " · ".join(part for part in (way, about) if part)
    ending = ending_label(card.reason, card.policy, by.language)
    if card.state in ("withdrawn", "failed"):
        text = _("Taken back before sending") if card.state == "withdrawn" else _("Could not be sent")
        yield _line(Sort.MESSAGE, card.sent_at or card.created_at, text, note=ending or note, tone="warn")
    elif card.sent_at is None:
        yield _line(Sort.MESSAGE, card.created_at, _("Survey waits to be sent"), note=note)
    elif card.state == "unknown":
        yield _line(Sort.MESSAGE, card.sent_at, _("Survey in doubt: it may have left"), note=note, tone="bad")
    else:
        yield _line(Sort.MESSAGE, card.sent_at, _("Survey sent"), note=note)
    if card.delivered_at is not None:
        yield _line(Sort.MESSAGE, card.delivered_at, _("Survey delivered"), note=way)
    if card.opened_at is not None:
        yield _line(Sort.MESSAGE, card.opened_at, _("Survey opened"))
    if card.dies_at is not None and card.dies_at <= now and card.answered_at is None and card.state != "withdrawn":
        yield _line(Sort.MESSAGE, card.dies_at, _("The link ended without an answer"))


def _answers(person: Person, *, by: Viewer) -> Iterator[Line]:
    reads = by.may(Permission.SEE_VERBATIMS)
    for one in person.ids:
        for card in responses_of(one, by=by, limit=AT_MOST):
            # A score is a customer's word: whoever may read those, or works for this customer, sees it.
            tone: Tone = ""
            text = _("Survey answered")
            if card.headline is not None and (reads or may_work(by)):
                text = _("Answered: %(score)s points") % {"score": card.headline}
                tone = "bad" if card.is_low else "good"
            url = reverse("responses:response", args=[card.id]) if reads else ""
            yield _line(Sort.ANSWER, card.answered_at, text, tone=tone, url=url)


def _cases(person: Person, *, by: Viewer) -> Iterator[Line]:
    if not may_work(by):
        return
    rows = visible_cases(by=by).filter(customer_id__in=person.ids).order_by("-opened_at")[:AT_MOST]
    for row in rows:
        url = reverse("cases:case", args=[row.code])
        yield _line(Sort.CASE, row.opened_at, _("Case opened"), note=row.code, tone="bad", url=url)
        if row.closed_at is not None:
            yield _line(Sort.CASE, row.closed_at, _("Case closed"), note=row.code, tone="good", url=url)


def _line(sort: Sort, at: datetime, text: str, *, note: str = "", tone: Tone = "", url: str = "") -> Line:
    return Line(sort, Happening(at=at, text=text, note=note, tone=tone, url=url))
