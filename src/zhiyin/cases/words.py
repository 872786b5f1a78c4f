"""The words in which a case's keys are shown to people."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.cases.rules.facts import Step
from zhiyin.cases.rules.occasions import Reason
from zhiyin.cases.rules.steps import Action

Word = str | Promise

REASONS: Mapping[str, Word] = {
    Reason.COMPLAINT: _("Complaint"),
    Reason.CALL_ME_BACK: _("Asks to be called"),
    Reason.ANGRY_COMMENT: _("Angry comment"),
    Reason.LOW_SCORE: _("Low score"),
    Reason.LOW_SCORE_RISK: _("Low-score risk"),
    Reason.NOT_SOLVED: _("Says it is not solved"),
    Reason.MANUAL: _("Opened by hand"),
}
STEPS: Mapping[str, Word] = {
    Step.CONNECT: pgettext_lazy("five C", "Connect"),
    Step.COMMIT: pgettext_lazy("five C", "Commit"),
    Step.COMPLETE: pgettext_lazy("five C", "Complete"),
    Step.CONFIRM: pgettext_lazy("five C", "Confirm"),
    Step.CALLBACK: pgettext_lazy("five C", "Callback"),
}
# The one primary button: what pressing it says has been done.
NEXT: Mapping[Action, Word] = {
    Action.CONNECT: _("Customer reached"),
    Action.COMMIT: _("Promise made"),
    Action.COMPLETE: _("Handled"),
    Action.CONFIRM: _("Customer confirmed"),
    Action.CLOSE: _("Close case"),
    Action.CALLBACK: _("Called back"),
}
TABS: Mapping[str, Word] = {
    "todo": _("To do"),
    "callbacks": _("To call back"),
    "team": _("Whole team"),
    "closed": _("Done"),
}
COMPENSATIONS: Mapping[str, Word] = {
    "discount": _("Discount"),
    "gift": _("Small gift"),
    "cost_taken_over": _("Cost taken over"),
    "personal_attention": _("Call by somebody in charge"),
}


def reason_word(reason: str) -> Word:
    """The word for a reason; its key where a later version brought one that this page does not know."""
    return REASONS.get(reason, reason)


# The heading of a verb's form, and its button.
TITLES: Mapping[Action, Word] = {
    Action.ACCEPT: _("Accept"),
    Action.ASSIGN: _("Reassign"),
    Action.CONNECT: _("Customer reached"),
    Action.COMMIT: _("Promise made"),
    Action.COMPLETE: _("Handled"),
    Action.CONFIRM: _("Customer confirmed"),
    Action.CALLBACK: _("Called back"),
    Action.NOTE: _("Add note"),
    Action.PROMISE: _("Note a promise"),
    Action.COMPENSATE: _("Grant goodwill"),
    Action.ESCALATE: _("Escalate"),
    Action.PAUSE: _("Pause"),
    Action.RESUME: _("Resume"),
    Action.REOPEN: _("Reopen"),
    Action.CLOSE: _("Close case"),
    Action.CHECK: _("Tick"),
    Action.CLASSIFY: _("Classify"),
    Action.PLAN: _("Plan callback"),
    Action.REVEAL: _("Show full number"),
    Action.UNDO: _("Undo"),
}
# What the short message says afterwards.
DONE: Mapping[Action, Word] = {
    Action.ACCEPT: _("The case is yours."),
    Action.ASSIGN: _("Reassigned."),
    Action.CONNECT: _("Noted: the customer was reached."),
    Action.COMMIT: _("Promise noted."),
    Action.COMPLETE: _("Noted: handled."),
    Action.CONFIRM: _("The customer's answer is noted."),
    Action.CALLBACK: _("Callback noted."),
    Action.NOTE: _("Note added."),
    Action.ESCALATE: _("Escalated; the leads have been told."),
    Action.PAUSE: _("Paused; the clocks stand still."),
    Action.RESUME: _("The clocks run again."),
    Action.CLOSE: _("Closed."),
    Action.REOPEN: _("Open again."),
    Action.UNDO: _("Closing taken back."),
    Action.PLAN: _("Callback planned."),
}
