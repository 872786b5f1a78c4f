"""Everything around the five steps: who has the case, what was noted, promised, granted, paused, handed up."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from zhiyin.cases.actions.changing import Change, changing
from zhiyin.cases.actions.closing import ReasonMissing
from zhiyin.cases.actions.stepping import FARTHEST_PROMISE, BadMoment
from zhiyin.cases.actions.telling import tell_of_escalation, tell_of_handover
from zhiyin.cases.events import CaseAssigned, CaseEscalated
from zhiyin.cases.models import Case, Pause
from zhiyin.cases.queries.entries import granted
from zhiyin.cases.queries.people import Candidate, candidate
from zhiyin.cases.refusals import NotYours, OverAuthority, refused
from zhiyin.cases.rules.clocks import of_step
from zhiyin.cases.rules.facts import Step
from zhiyin.cases.rules.occasions import Priority
from zhiyin.cases.rules.steps import Action, may_own
from zhiyin.cases.rules.texts import COMPENSATIONS, authority_of, complaint_steps
from zhiyin.lib.errors import Refused
from zhiyin.people.access import Viewer
from zhiyin.people.actions import reveal_contact


class Empty(Refused):
    """There is nothing in it."""

    code = "text_missing"
    status = 422


class UnknownKind(Refused):
    """Not one of the known kinds."""

    code = "unknown_kind"
    status = 422


def accept(*, case_id: int, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Take a case that nobody has. Raises AlreadyTaken when a colleague was quicker."""
    with changing(case_id, Action.ACCEPT, by=by, now=now, version=version) as change:
        if by.staff_id is None:
            raise NotYours(_("A program cannot accept a case."), next_step=_("Assign it to somebody."))
        _hand_to(change, candidate(by.staff_id, case=change.case, by=by), "accept")


def assign(
    *, case_id: int, staff_id: int, by: Viewer, now: datetime, text: str = "", version: int | None = None
) -> None:
    """Give the case to somebody. Where it lies outside their units, it goes to their unit with it.

    Raises ConflictOfInterest for whom it is about, NotFound for somebody outside the viewer's units or without a
    workbench.
    """
    with changing(case_id, Action.ASSIGN, by=by, now=now, version=version) as change:
        refusal = may_own(staff_id, facts=change.at.facts)
        if refusal is not None:
            raise refused(refusal)
        _hand_to(change, candidate(staff_id, case=change.case, by=by), "assign", text=text)
        if staff_id != by.staff_id:
            tell_of_handover(change.case, to=staff_id, now=now)


def assign_all(
    *, case_ids: Sequence[int], staff_id: int, by: Viewer, now: datetime
) -> tuple[list[int], list[tuple[int, Refused]]]:
    """Give several cases to somebody: which ones went, and why the others did not."""
    given: list[int] = []
    not_given: list[tuple[int, Refused]] = []
    for case_id in case_ids:
        try:
            assign(case_id=case_id, staff_id=staff_id, by=by, now=now)
            given.append(case_id)
        except Refused as why:
            not_given.append((case_id, why))
    return given, not_given


def note(*, case_id: int, text: str, by: Viewer, now: datetime) -> None:
    """Add a note to the case's course."""
    with changing(case_id, Action.NOTE, by=by, now=now) as change:
        change.tell("note", text=_worded(text))


def promise(
    *,
    case_id: int,
    text: str,
    by: Viewer,
    now: datetime,
    promised_for: datetime | None = None,
    version: int | None = None,
) -> None:
    """Add to the register of promises (S1.10d). The deadline of the first promise stays what it was."""
    with changing(case_id, Action.PROMISE, by=by, now=now, version=version) as change:
        if promised_for is not None and not now < promised_for <= now + FARTHEST_PROMISE:
            raise BadMoment(_("A promise is for a time to come, within 90 days."), next_step=_("Choose another time."))
        when = promised_for.isoformat() if promised_for else None
        change.tell("promise", text=_worded(text), promised_for=when)


def compensate(
    *,
    case_id: int,
    kind: str,
    by: Viewer,
    now: datetime,
    amount: Decimal = Decimal(0),
    text: str = "",
    version: int | None = None,
) -> None:
    """Grant goodwill (S3.34), ``amount`` in yuan, within what the role may grant on one case in all.

    Raises OverAuthority above that. It never takes the place of solving the matter.
    """
    with changing(case_id, Action.COMPENSATE, by=by, now=now, version=version) as change:
        if kind not in COMPENSATIONS:
            raise UnknownKind(
                _("There is no compensation '%(kind)s'.") % {"kind": kind}, next_step=", ".join(COMPENSATIONS)
            )
        limit = authority_of(by.role, change.at.version.content) if by.role else None
        if limit is not None and granted(case_id) + amount > limit:
            raise OverAuthority(
                _("You may grant up to %(limit)s yuan on one case.") % {"limit": limit},
                next_step=_("Ask the team lead to grant it."),
            )
        # Written to the row all the same, so that two grants at once cannot both stay under the limit.
        change.fields["priority"] = change.case.priority
        change.tell("compensate", text=text, kind=kind, amount=str(amount))


def escalate(*, case_id: int, reason: str, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Hand the case up: high priority, and the leads of the unit are told. Raises ReasonMissing."""
    _reasoned(reason)
    with changing(case_id, Action.ESCALATE, by=by, now=now, version=version) as change:
        change.fields |= {"escalated_at": now, "priority": Priority.HIGH}
        change.tell("escalate", text=reason)
        change.facts.append(CaseEscalated(case_id=case_id))
        tell_of_escalation(change.case, now=now)


def pause(*, case_id: int, reason: str, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Stop the clocks while the customer is awaited. Raises ReasonMissing."""
    _reasoned(reason)
    with changing(case_id, Action.PAUSE, by=by, now=now, version=version) as change:
        Pause.objects.create(case=change.case, began_at=now, reason=reason[:300])
        change.fields["state"] = Case.State.PAUSED
        change.tell("pause", text=reason)


def resume(*, case_id: int, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Let the clocks run again."""
    with changing(case_id, Action.RESUME, by=by, now=now, version=version) as change:
        Pause.objects.filter(case_id=case_id, ended_at=None).update(ended_at=now)
        change.fields["state"] = Case.State.OPEN
        change.tell("resume")


def check(*, case_id: int, step: str, done: bool, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Tick one of the six complaint steps, or take the tick back. Raises UnknownKind."""
    with changing(case_id, Action.CHECK, by=by, now=now, version=version) as change:
        order = [one.key for one in complaint_steps(change.at.version.content)]
        if step not in order:
            raise UnknownKind(_("There is no complaint step '%(key)s'.") % {"key": step})
        ticked = set(change.case.checklist) | {step} if done else set(change.case.checklist) - {step}
        change.fields["checklist"] = [key for key in order if key in ticked]
        change.tell("check", step=step, done=done)


def reveal(*, case_id: int, reason: str, by: Viewer, now: datetime) -> str:
    """The customer's full phone number, for a reason that is kept. The 31st within an hour raises TooManyReveals."""
    _reasoned(reason)
    with changing(case_id, Action.REVEAL, by=by, now=now) as change:
        customer_id = change.case.customer_id
    # Outside of that transaction: an attempt that is refused must be on record too.
    number = reveal_contact(customer_id, reason=reason, by=by, now=now)
    with changing(case_id, Action.REVEAL, by=by, now=now) as change:
        change.tell("reveal", text=reason)
    return number


def _hand_to(change: Change, to: Candidate, kind: str, *, text: str = "") -> None:
    case = change.case
    change.fields["owner_id"] = to.id
    if not to.sees_unit:
        change.fields["unit_id"] = to.unit_id
    if to.is_away and _still_in_time_to_connect(change):
        change.fields["owner_was_away"] = True
    unit_id = int(change.fields.get("unit_id", case.unit_id))
    away = bool(change.fields.get("owner_was_away", False))
    change.tell(kind, text=text, owner_id=to.id)
    change.facts.append(CaseAssigned(case_id=case.pk, owner_id=to.id, unit_id=unit_id, away=away))


def _still_in_time_to_connect(change: Change) -> bool:
    """The longer clock for somebody who is away (S1.7) never heals a case that was late before they got it."""
    connect = of_step(change.at.deadlines, Step.CONNECT)
    return connect is not None and connect.done_at is None and not connect.is_overdue(change.now)


def _worded(text: str) -> str:
    if not text.strip():
        raise Empty(_("There is nothing in it yet."), next_step=_("Write a few words."))
    return text.strip()


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(_("Say why."), next_step=_("A few words are enough."))
