"""Opening cases: once for each occasion, joined where the matter is in hand, reopened where it was not solved."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from zhiyin.cases.actions.closing import open_again
from zhiyin.cases.actions.telling import tell_of_new_case
from zhiyin.cases.cleaning import ByHand
from zhiyin.cases.events import CaseJoined, CaseOpened
from zhiyin.cases.models import Case, CaseNumber, Entry, Trigger
from zhiyin.cases.reading import terms_in_force
from zhiyin.cases.rules.occasions import (
    Kind,
    Occasion,
    Opened,
    Priority,
    Reason,
    Signal,
    code_of,
    main_reason,
    priority_of,
    title_of,
)
from zhiyin.ledger.ids import new_id
from zhiyin.ledger.record import record
from zhiyin.lib.crypto import digest
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.people.access import Viewer
from zhiyin.people.queries import units_of
from zhiyin.people.roles import Permission

DOOR = "door"


@transaction.atomic
def open_case(occasion: Occasion, *, by: Viewer, now: datetime) -> Opened:
    """Open a case for this occasion, or say which one it belongs to. Safe to repeat.

    The same occasion again is ``known``. A signal about an interaction that already has an open case ``joined`` it.
    An answer to a recovery survey joins the case it asks about, and has ``reopened`` it if that was closed (S3.36).
    The case goes to the unit without an owner; its clocks are frozen as the terms stand now. Raises NoTerms.
    """
    _hold_openings()
    known = Trigger.objects.filter(kind=occasion.kind, ref_id=occasion.ref_id).select_related("case").first()
    if known is not None:
        return _opened(known.case, "known")
    case = _case_in_hand(occasion)
    if case is None:
        return _open(occasion, by=by, now=now)
    return _join(case, occasion, by=by, now=now)


def open_cases(occasions: Iterable[Occasion], *, by: Viewer, now: datetime) -> list[Opened]:
    """Several, each in its own transaction, so that one that fails does not undo the others."""
    return [open_case(occasion, by=by, now=now) for occasion in occasions]


def open_by_hand(given: ByHand, *, by: Viewer, now: datetime) -> Opened:
    """Open a case that no answer and no flag asked for. With an ``external_id`` it is safe to repeat."""
    by.require(Permission.WORK_CASES)
    reason = Reason.COMPLAINT if given.is_complaint else Reason.MANUAL
    unit_id = given.unit_id or _root_unit()
    if not by.sees_unit(unit_id):
        raise NotFound(_("There is no such unit."), next_step=_("Check its code."))
    named = digest(f"{by.actor} {given.external_id}".encode())
    ref_id = int.from_bytes(named[:8], "big") >> 1 if given.external_id else new_id(now=now)
    occasion = Occasion(
        kind=Kind.MANUAL,
        ref_id=ref_id,
        signals=(Signal(reason, {"by": by.actor}),),
        customer_id=given.customer_id,
        unit_id=unit_id,
        touchpoint_id=given.touchpoint_id,
        interaction_id=given.interaction_id,
        about_id=given.about_id,
        title=given.title,
        comment=given.text,
    )
    return open_case(occasion, by=by, now=now)


def _hold_openings() -> None:
    """Hold the one row that every opening needs until the transaction ends: they come one after another."""
    door = CaseNumber.objects.select_for_update().filter(pk=DOOR)
    if door.first() is None:
        CaseNumber.objects.bulk_create([CaseNumber(day=DOOR)], ignore_conflicts=True)
        door.get()


def _case_in_hand(occasion: Occasion) -> Case | None:
    """The case that this occasion belongs to, its row locked."""
    rows = Case.objects.select_for_update()
    if occasion.asks_about_case is not None:
        asked = rows.filter(pk=occasion.asks_about_case).first()
        if asked is not None:
            return asked
    if occasion.interaction_id is None:
        return None
    return rows.filter(interaction_id=occasion.interaction_id).exclude(state=Case.State.CLOSED).order_by("pk").first()


def _open(occasion: Occasion, *, by: Viewer, now: datetime) -> Opened:
    version = terms_in_force()
    reasons = [signal.reason.value for signal in occasion.signals]
    case = Case.objects.create(
        id=new_id(now=now),
        code=_next_code(now=now),
        customer_id=occasion.customer_id,
        interaction_id=occasion.interaction_id,
        response_id=occasion.response_id,
        touchpoint_id=occasion.touchpoint_id,
        unit_id=occasion.unit_id or _root_unit(),
        about_id=occasion.about_id,
        reason=main_reason(occasion.signals),
        priority=priority_of(occasion.signals, headline=occasion.headline),
        headline=occasion.headline,
        title=title_of(title=occasion.title, comment=occasion.comment),
        terms=version.number,
        clocks=version.frozen,
        opened_at=now,
        dispatched_at=now,
    )
    _keep_trigger(case, occasion, now=now)
    _enter(case, "opened", occasion, by=by, now=now)
    fact = CaseOpened(case_id=case.pk, code=case.code, customer_id=case.customer_id, reasons=reasons)
    record(fact, by=by, now=now, subject=f"case:{case.pk}", unit_id=case.unit_id)
    tell_of_new_case(case, now=now)
    return _opened(case, "opened")


def _join(case: Case, occasion: Occasion, *, by: Viewer, now: datetime) -> Opened:
    _keep_trigger(case, occasion, now=now)
    _enter(case, "joined", occasion, by=by, now=now)
    reasons = [signal.reason.value for signal in occasion.signals]
    fact = CaseJoined(case_id=case.pk, kind=occasion.kind, ref_id=occasion.ref_id, reasons=reasons)
    record(fact, by=by, now=now, subject=f"case:{case.pk}", unit_id=case.unit_id)
    changed = _taken_over(case, occasion)
    if changed:
        Case.objects.filter(pk=case.pk).update(**changed, version=case.version + 1)
    if case.state != Case.State.CLOSED:
        return _opened(case, "joined")
    case.refresh_from_db()
    open_again(case, because="recovery", text=occasion.comment, by=by, now=now)
    return _opened(case, "reopened")


def _taken_over(case: Case, occasion: Occasion) -> dict[str, object]:
    """What an open case learns from another signal: the answer it lacked, its words for a title, more urgency."""
    learnt: dict[str, object] = {}
    if occasion.asks_about_case is None and case.response_id is None and occasion.response_id is not None:
        learnt |= {"response_id": occasion.response_id, "headline": occasion.headline}
    if not case.title and (title := title_of(title=occasion.title, comment=occasion.comment)):
        learnt["title"] = title
    if case.about_id is None and occasion.about_id is not None:
        learnt["about_id"] = occasion.about_id
        if case.owner_id == occasion.about_id:
            learnt["owner_id"] = None  # it turns out to be about its owner: back to the team (S0.41)
    if priority_of(occasion.signals, headline=occasion.headline) is Priority.HIGH and case.priority != Priority.HIGH:
        learnt["priority"] = Priority.HIGH
    order = list(Reason)
    heavier = main_reason(occasion.signals)
    if order.index(heavier) < order.index(Reason(case.reason)):
        learnt["reason"] = heavier
    return learnt


def _keep_trigger(case: Case, occasion: Occasion, *, now: datetime) -> None:
    reasons = [{"reason": signal.reason.value, "evidence": dict(signal.evidence)} for signal in occasion.signals]
    Trigger.objects.create(case=case, kind=occasion.kind, ref_id=occasion.ref_id, reasons=reasons, at=now)


def _enter(case: Case, kind: str, occasion: Occasion, *, by: Viewer, now: datetime) -> None:
    data = {"reasons": [signal.reason.value for signal in occasion.signals], "headline": occasion.headline}
    # A customer's words stay with their answer; what somebody of ours wrote has no other place.
    text = occasion.comment if occasion.kind is Kind.MANUAL else ""
    Entry.objects.create(case=case, at=now, actor=by.actor, staff_id=by.staff_id, kind=kind, text=text, data=data)


def _next_code(*, now: datetime) -> str:
    day = localtime(now).date()
    number, _made = CaseNumber.objects.get_or_create(day=day.isoformat())
    number.last += 1
    number.save(update_fields=["last"])
    return code_of(day, number.last)


def _root_unit() -> int:
    """Where a case goes that nobody's unit claims."""
    units = units_of(by=Viewer.system("cases"))
    if not units:
        raise Refused(_("There is no organisation yet."), next_step=_("Create it first."), code="no_organisation")
    return units[0].id


def _opened(case: Case, outcome: str) -> Opened:
    return Opened(case_id=case.pk, code=case.code, outcome=outcome, at=case.opened_at)
