"""The five C (S1.6): connect, commit, complete, confirm, callback."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from zhiyin.cases.actions.changing import Change, changing
from zhiyin.cases.actions.closing import found_unsolved
from zhiyin.cases.events import CaseStepped
from zhiyin.cases.models import Problem
from zhiyin.cases.rules.clocks import callback_window
from zhiyin.cases.rules.steps import Action
from zhiyin.lib.errors import Refused
from zhiyin.people.access import Viewer

FARTHEST_PROMISE = timedelta(days=90)
LATE_CALLBACK = timedelta(days=2)  # whoever was not called in time is called soon


class BadMoment(Refused):
    """A time that makes no sense here: in the past, outside the window, years away."""

    code = "bad_moment"
    status = 422


class AnswerMissing(Refused):
    """A yes or no that only the customer can give was not stated."""

    code = "answer_missing"
    status = 422


def connect(*, case_id: int, by: Viewer, now: datetime, text: str = "", version: int | None = None) -> None:
    """Note that the customer was reached (S1.9). Raises AlreadyContacted if someone was quicker."""
    with changing(case_id, Action.CONNECT, by=by, now=now, version=version) as change:
        change.fields["connected_at"] = now
        _step(change, text=text)


def commit(
    *,
    case_id: int,
    by: Viewer,
    now: datetime,
    promised_for: datetime | None = None,
    text: str = "",
    version: int | None = None,
) -> None:
    """Note what was promised to the customer, and until when (S1.10). The promise becomes the deadline to complete."""
    with changing(case_id, Action.COMMIT, by=by, now=now, version=version) as change:
        if promised_for is not None and not now < promised_for <= now + FARTHEST_PROMISE:
            raise BadMoment(_("A promise is for a time to come, within 90 days."), next_step=_("Choose another time."))
        change.fields |= {"committed_at": now, "promised_for": promised_for}
        _step(change, text=text, promised_for=promised_for.isoformat() if promised_for else None)


def complete(*, case_id: int, by: Viewer, now: datetime, text: str = "", version: int | None = None) -> None:
    """Note that the matter was dealt with (S1.11), or that a problem found since is solved (S1.13e)."""
    with changing(case_id, Action.COMPLETE, by=by, now=now, version=version) as change:
        if change.at.facts.open_problem is not None:
            Problem.objects.filter(case_id=case_id, solved_at=None).update(solved_at=now)
            change.fields["agreed_at"] = None  # what the customer agreed to before the problem is void
            change.tell("solved", text=text)
            return
        change.fields["completed_at"] = now
        _step(change, text=text)


def confirm(
    *, case_id: int, by: Viewer, now: datetime, agreed: bool | None, text: str = "", version: int | None = None
) -> None:
    """Note that the result was tried out with the customer, and whether they agree to it (S1.12).

    Where they do not, that is a problem found: it has two days to be solved, then the customer is asked again.
    Raises AnswerMissing unless ``agreed`` is stated.
    """
    if agreed is None:
        raise AnswerMissing(_("Say whether the customer agrees to the solution."), next_step=_("Yes or no?"))
    with changing(case_id, Action.CONFIRM, by=by, now=now, version=version) as change:
        if change.at.facts.confirmed_at is None:
            change.fields["confirmed_at"] = now
        if agreed:
            change.fields["agreed_at"] = now
        _step(change, text=text, agreed=agreed)
        if not agreed:
            found_unsolved(change, text=text)


def callback(
    *, case_id: int, by: Viewer, now: datetime, solved: bool | None, text: str = "", version: int | None = None
) -> None:
    """Note the call after one to two days (S1.13): is it still solved? If not, the case is open again for two days.

    Raises AnswerMissing unless ``solved`` is stated.
    """
    if solved is None:
        raise AnswerMissing(_("Say whether it is still solved."), next_step=_("Yes or no?"))
    with changing(case_id, Action.CALLBACK, by=by, now=now, version=version) as change:
        change.fields["called_back_at"] = now
        _step(change, text=text, solved=solved)
        if not solved:
            found_unsolved(change, text=text)


def plan_callback(*, case_id: int, at: datetime, by: Viewer, now: datetime, version: int | None = None) -> None:
    """Note when the customer would like to be called back: within the window once that is known, or soon after now
    where it is over already."""
    with changing(case_id, Action.PLAN, by=by, now=now, version=version) as change:
        window = callback_window(change.at.facts, clocks=change.at.clocks, calendars=change.at.version.terms.calendars)
        if window is not None and now > window[1]:
            window = (now, now + LATE_CALLBACK)
        if at <= now or (window is not None and not window[0] <= at <= window[1]):
            raise BadMoment(
                _("The callback belongs one to two days after completion."), next_step=_("Choose another time.")
            )
        change.fields["callback_planned_at"] = at
        change.tell("planned", planned_for=at.isoformat())


def _step(change: Change, *, text: str, **data: object) -> None:
    change.tell(change.action.value, text=text, **data)
    change.facts.append(CaseStepped(case_id=change.case.pk, step=change.action.value))
