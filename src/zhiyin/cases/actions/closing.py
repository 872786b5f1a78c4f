"""Closing with the customer's agreement, and opening again when it was not solved after all (S3.36)."""

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from zhiyin.cases.access import visible_case
from zhiyin.cases.actions.changing import Change, changing
from zhiyin.cases.actions.telling import tell_of_reopened
from zhiyin.cases.events import CaseClosed, CaseReopened
from zhiyin.cases.models import Case, Entry, Problem
from zhiyin.cases.queries.entries import closed_by
from zhiyin.cases.reading import Version, reckon
from zhiyin.cases.refusals import refused
from zhiyin.cases.rules.steps import Action, may_undo
from zhiyin.cases.rules.texts import cause_named, gap_named
from zhiyin.ledger.record import record
from zhiyin.lib.errors import Refused
from zhiyin.people.access import Viewer


class UnknownCause(Refused):
    """No such leaf in the cause tree, or no such gap class."""

    code = "unknown_cause"
    status = 422


class ReasonMissing(Refused):
    """Some things are only done with a reason."""

    code = "reason_missing"
    status = 422


def classify(*, case_id: int, cause: str, gap: str = "", by: Viewer, now: datetime, version: int | None = None) -> None:
    """Say what the root cause was (S4.8) and what kind of gap (S4.9). Raises UnknownCause.

    Without a gap it is the one that the cause tree proposes.
    """
    with changing(case_id, Action.CLASSIFY, by=by, now=now, version=version) as change:
        gap = gap or _usual_gap(change.at.version, cause)
        _check_cause(change.at.version, cause, gap)
        change.fields |= {"cause": cause, "gap": gap}
        change.tell("classify", cause=cause, gap=gap)


def close(
    *,
    case_id: int,
    by: Viewer,
    now: datetime,
    cause: str = "",
    gap: str = "",
    text: str = "",
    version: int | None = None,
) -> None:
    """Close the case. Raises ClosedTooEarly without the customer's agreement, CauseMissing without classification.

    Cause and gap may come along, or have been set before; a cause alone brings the gap that the tree proposes.
    """
    if cause and not gap:
        gap = _usual_gap(reckon(visible_case(case_id, by=by)).version, cause)
    with changing(case_id, Action.CLOSE, by=by, now=now, version=version, classified=(cause, gap)) as change:
        cause, gap = cause or change.case.cause, gap or change.case.gap
        if cause or gap:
            _check_cause(change.at.version, cause, gap)
        change.fields |= {"state": Case.State.CLOSED, "closed_at": now, "cause": cause, "gap": gap}
        change.tell("close", text=text, cause=cause, gap=gap)
        case = change.case
        change.facts.append(
            CaseClosed(
                case_id=case.pk,
                customer_id=case.customer_id,
                unit_id=case.unit_id,
                touchpoint_id=case.touchpoint_id,
                served_by=case.about_id,
                interaction_id=case.interaction_id,
                cause=cause,
                gap=gap,
            )
        )


def undo_close(*, case_id: int, by: Viewer, now: datetime) -> None:
    """Take closing back within eight seconds, as if it had not been; the course keeps both."""
    with changing(case_id, Action.UNDO, by=by, now=now) as change:
        closer = closed_by(case_id)
        refusal = may_undo(closed_at=change.case.closed_at, closed_by=closer, actor=by.actor, now=now)
        if refusal is not None:
            raise refused(refusal)
        change.fields |= {"state": Case.State.OPEN, "closed_at": None}
        change.tell("undo")
        change.facts.append(CaseReopened(case_id=case_id, because="undo"))


def reopen(*, case_id: int, reason: str, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Open a closed case again, for a reason: two days to solve what was found. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing(_("Say why the case is opened again."), next_step=_("A few words are enough."))
    with changing(case_id, Action.REOPEN, by=by, now=now, version=version) as change:
        found_unsolved(change, text=reason, because="hand")


def found_unsolved(change: Change, *, text: str, because: str = "callback") -> None:
    """A problem was found: the case is open, the agreement void, and a new clock of two days runs (S1.13e)."""
    case = change.case
    Problem.objects.create(case=case, found_at=change.now, text=text[:300])
    change.fields["agreed_at"] = None
    if case.state == Case.State.CLOSED:
        change.fields |= {"state": Case.State.OPEN, "closed_at": None}
        change.tell("reopen", text=text, because=because)
        change.facts.append(CaseReopened(case_id=case.pk, because=because))
        tell_of_reopened(case, now=change.now)


def open_again(case: Case, *, because: str, text: str, by: Viewer, now: datetime) -> None:
    """The same from outside: the customer answered the recovery survey that it is not well. The row is locked by the
    caller."""
    Case.objects.filter(pk=case.pk).update(
        state=Case.State.OPEN, closed_at=None, agreed_at=None, version=F("version") + 1
    )
    Problem.objects.get_or_create(case=case, solved_at=None, defaults={"found_at": now, "text": text[:300]})
    Entry.objects.create(
        case=case, at=now, actor=by.actor, staff_id=by.staff_id, kind="reopen", data={"because": because}
    )
    fact = CaseReopened(case_id=case.pk, because=because)
    record(fact, by=by, now=now, subject=f"case:{case.pk}", unit_id=case.unit_id)
    tell_of_reopened(case, now=now)


def _usual_gap(version: Version, cause: str) -> str:
    leaf = cause_named(version.content, cause)
    return leaf.gap if leaf is not None else ""


def _check_cause(version: Version, cause: str, gap: str) -> None:
    if cause and cause_named(version.content, cause) is None:
        raise UnknownCause(
            _("There is no cause '%(key)s' in this case's cause tree.") % {"key": cause},
            next_step=_("Choose one of the list."),
        )
    if gap and gap_named(version.content, gap) is None:
        raise UnknownCause(_("There is no gap '%(key)s'.") % {"key": gap}, next_step=_("Choose one of the list."))
