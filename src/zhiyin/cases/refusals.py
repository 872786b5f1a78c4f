"""The sentence for each refusal of ``rules.steps``: what holds, and what to do instead."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.cases.rules.steps import Refusal
from zhiyin.lib.errors import Refused


class CaseRuleBroken(Refused):
    """A rule of the case said no. ``code`` is the refusal's own."""

    code = "case_rule_broken"


class ConflictOfInterest(CaseRuleBroken):
    status = 403


class NotYours(CaseRuleBroken):
    status = 403


class AlreadyTaken(CaseRuleBroken): ...


class AlreadyContacted(CaseRuleBroken): ...


class AlreadyDone(CaseRuleBroken): ...


class StepSkipped(CaseRuleBroken): ...


class ClosedTooEarly(CaseRuleBroken): ...


class CauseMissing(CaseRuleBroken): ...


class WrongState(CaseRuleBroken): ...


class OverAuthority(CaseRuleBroken):
    code = "over_authority"
    status = 403


SENTENCES: Mapping[Refusal, tuple[type[CaseRuleBroken], str | Promise, str | Promise]] = {
    Refusal.CONFLICT_OF_INTEREST: (
        ConflictOfInterest,
        _("This case is about the service of this very person."),
        _("A colleague must handle it."),
    ),
    Refusal.NOT_YOURS: (
        NotYours,
        _("A colleague is handling this case."),
        _("Leave a note, or ask the team lead to reassign it."),
    ),
    Refusal.ACCEPT_FIRST: (NotYours, _("Nobody has this case yet."), _("Accept it first.")),
    Refusal.ALREADY_TAKEN: (AlreadyTaken, _("A colleague has already accepted this case."), _("Take the next one.")),
    Refusal.ALREADY_CONTACTED: (
        AlreadyContacted,
        _("This customer has already been reached."),
        _("Go on with the next step."),
    ),
    Refusal.ALREADY_DONE: (AlreadyDone, _("This step is already done."), _("Go on with the next step.")),
    Refusal.STEP_SKIPPED: (StepSkipped, _("An earlier step is still to do."), _("Take the five steps in their order.")),
    Refusal.CLOSED_TOO_EARLY: (
        ClosedTooEarly,
        _("The customer has not agreed to the solution yet."),
        _("Record the customer's agreement before closing the case."),
    ),
    Refusal.CAUSE_MISSING: (
        CauseMissing,
        _("The cause is not classified yet."),
        _("Choose a root cause and a gap, then close the case."),
    ),
    Refusal.PROBLEM_UNSOLVED: (
        StepSkipped,
        _("A problem was found and is not solved yet."),
        _("Solve it, then ask the customer again."),
    ),
    Refusal.ALREADY_CLOSED: (WrongState, _("This case is closed."), _("Reopen it if something is left to do.")),
    Refusal.NOT_CLOSED: (WrongState, _("This case is not closed."), _("Go on with the next step.")),
    Refusal.IS_PAUSED: (WrongState, _("This case is paused: it waits for the customer."), _("Resume it first.")),
    Refusal.NOT_PAUSED: (WrongState, _("This case is not paused."), _("Go on with the next step.")),
    Refusal.ALREADY_ESCALATED: (
        AlreadyDone,
        _("This case has already been escalated."),
        _("Leave a note for the team lead."),
    ),
    Refusal.UNDO_TOO_LATE: (
        WrongState,
        _("Closing can be undone for 8 seconds, by whoever closed the case."),
        _("Reopen the case instead."),
    ),
}


def refused(refusal: Refusal) -> CaseRuleBroken:
    """The exception to raise for this refusal."""
    kind, sentence, next_step = SENTENCES[refusal]
    return kind(sentence, next_step=next_step, code=refusal.value)
