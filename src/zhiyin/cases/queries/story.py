"""The case's course as people read it: what happened before it, and every step, note and hand-over since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.cases.models import Case, Entry
from zhiyin.cases.reading import Version
from zhiyin.cases.rules.texts import cause_named, complaint_steps, gap_named
from zhiyin.cases.words import COMPENSATIONS, reason_word
from zhiyin.journey.queries import interaction_cards
from zhiyin.lib.text import pick
from zhiyin.outreach.queries import invitation_cards
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards
from zhiyin.responses.queries import response_cards
from zhiyin.ui.cards import Happening, Tone

TONES: Mapping[str, Tone] = {
    "opened": "bad",
    "joined": "bad",
    "reopen": "bad",
    "escalate": "warn",
    "close": "good",
    "confirm": "good",
}
CALLS = frozenset({"connect", "commit", "complete", "confirm", "callback", "reveal", "solved"})


@dataclass(frozen=True)
class Told:
    """One line of the course, and in which of the filters it stands: ``calls``, ``notes`` or neither."""

    happening: Happening
    group: str


def course(case: Case, version: Version, *, by: Viewer) -> list[Told]:
    """Newest first."""
    entries = list(Entry.objects.filter(case_id=case.pk).order_by("-at", "-id"))
    people = _names(entries)
    told = [_told(entry, people, version, by.language) for entry in entries]
    return sorted([*told, *_before(case)], key=lambda one: one.happening.at, reverse=True)


def _told(entry: Entry, people: Mapping[int, str], version: Version, language: str) -> Told:
    text, note = _worded(entry, people, version, language)
    happening = Happening(
        at=entry.at,
        text=text,
        who=people.get(entry.staff_id or 0, "") or ("" if entry.actor.startswith("system:") else entry.actor),
        note=note,
        tone=TONES.get(entry.kind, ""),
    )
    group = "calls" if entry.kind in CALLS else "notes" if entry.kind in ("note", "promise") else ""
    return Told(happening, group)


def _worded(entry: Entry, people: Mapping[int, str], version: Version, language: str) -> tuple[str, str]:
    """What it says, and what stands small beside the time."""
    data: dict[str, Any] = entry.data
    owner = people.get(data.get("owner_id") or 0, _("somebody"))
    plain: dict[str, str] = {
        "opened": _("Case opened: %(reasons)s") % {"reasons": _reasons(data)},
        "joined": _("Another signal about the same matter: %(reasons)s") % {"reasons": _reasons(data)},
        "accept": _("accepted the case"),
        "assign": _("gave the case to %(who)s") % {"who": owner},
        "connect": _("reached the customer"),
        "commit": _("made the customer a promise"),
        "complete": _("handled the matter"),
        "solved": _("solved the problem that was found"),
        "confirm": _("confirmed: the customer agrees")
        if data.get("agreed")
        else _("asked: the customer does not agree yet"),
        "callback": _("called back: still solved") if data.get("solved") else _("called back: not solved"),
        "planned": _("planned the callback"),
        "note": entry.text,
        "promise": _("promised: %(what)s") % {"what": entry.text},
        "escalate": _("escalated the case"),
        "pause": _("paused: waiting for the customer"),
        "resume": _("resumed"),
        "close": _("closed the case"),
        "undo": _("took the closing back"),
        "reopen": _("opened the case again"),
        "reveal": _("looked at the full number"),
    }
    note = "" if entry.kind in ("note", "promise") else entry.text
    if entry.kind == "classify":
        return _("classified the cause"), _classified(data, version, language)
    if entry.kind == "check":
        return _ticked(data, version, language), note
    if entry.kind == "compensate":
        word = str(COMPENSATIONS.get(data["kind"], data["kind"]))
        amount = _("%(amount)s yuan") % {"amount": data["amount"]}
        return _("granted: %(what)s") % {"what": word}, " · ".join(part for part in (amount, note) if part)
    if entry.kind == "told":
        return _("%(who)s was told that a step is late") % {"who": owner}, note
    return plain.get(entry.kind, entry.kind), note


def _reasons(data: Mapping[str, Any]) -> str:
    words = [str(reason_word(reason)) for reason in data.get("reasons", ())]
    if data.get("headline") is not None:
        words.append(_("%(score)s points") % {"score": data["headline"]})
    return _(", ").join(words)


def _classified(data: Mapping[str, Any], version: Version, language: str) -> str:
    cause, gap = cause_named(version.content, data["cause"]), gap_named(version.content, data["gap"])
    return " · ".join(pick(one.name, language) for one in (cause, gap) if one is not None)


def _ticked(data: Mapping[str, Any], version: Version, language: str) -> str:
    steps = {step.key: step.name for step in complaint_steps(version.content)}
    name = pick(steps.get(data["step"]), language) or data["step"]
    return _("did: %(step)s") % {"step": name} if data["done"] else _("unticked: %(step)s") % {"step": name}


def _before(case: Case) -> Iterable[Told]:
    """What led to the case: the encounter, the survey message, the answer."""
    system = Viewer.system("cases")
    if case.interaction_id is not None:
        for card in interaction_cards([case.interaction_id], by=system).values():
            yield _fact(card.ended_at, _("Service took place"), card.external_id)
        for sent in invitation_cards(by=system, interaction_id=case.interaction_id):
            if sent.sent_at is not None:
                yield _fact(sent.sent_at, _("Survey sent"), sent.channel)
    if case.response_id is not None:
        for answer in response_cards([case.response_id], by=system).values():
            yield _fact(answer.answered_at, _("The customer answered"), "")


def _fact(at: datetime, text: str, note: str) -> Told:
    return Told(Happening(at=at, text=text, note=note), "")


def _names(entries: Iterable[Entry]) -> dict[int, str]:
    ids = {entry.staff_id for entry in entries} | {entry.data.get("owner_id") for entry in entries}
    return {card.id: card.name for card in staff_cards(ids).values()}
