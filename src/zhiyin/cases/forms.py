"""The forms of the workbench: what each verb needs from a person."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.cases.rules.steps import Action
from zhiyin.cases.words import COMPENSATIONS

LONGEST = 2000
YES_NO = (("yes", _("Yes")), ("no", _("No")))


class Moment(forms.DateTimeInput):
    """The browser's own field for a day and a time, in local time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", attrs={"class": "form-control"})


def words(label: Any, *, required: bool = False, rows: int = 3) -> forms.CharField:
    """A few words."""
    widget = forms.Textarea(attrs={"class": "form-control", "rows": rows})
    return forms.CharField(label=label, required=required, max_length=LONGEST, widget=widget)


def yes_or_no(label: Any) -> forms.ChoiceField:
    """Nothing is chosen beforehand: the customer's answer is never assumed."""
    return forms.ChoiceField(label=label, choices=YES_NO, widget=forms.RadioSelect)


class Verb(forms.Form):
    """What every verb brings along: the version that the person was looking at."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    def given(self) -> dict[str, Any]:
        """What was filled in, as ``perform`` takes it."""
        return dict(self.cleaned_data)


class Plain(Verb):
    """Nothing more to say."""


class Worded(Verb):
    text = words(_("Note"))


class Note(Verb):
    text = words(_("Note"), required=True)


class Reasoned(Verb):
    reason = words(_("Reason"), required=True)


class Commit(Verb):
    promised_for = forms.DateTimeField(label=_("Promised for"), required=False, widget=Moment())
    text = words(_("What was promised"))


class Confirm(Verb):
    agreed = yes_or_no(_("Does the customer agree to the solution?"))
    text = words(_("What the customer said"))

    def given(self) -> dict[str, Any]:
        return super().given() | {"agreed": self.cleaned_data["agreed"] == "yes"}


class Callback(Verb):
    solved = yes_or_no(_("Is it still solved?"))
    text = words(_("What the customer said"))

    def given(self) -> dict[str, Any]:
        return super().given() | {"solved": self.cleaned_data["solved"] == "yes"}


class Assign(Verb):
    staff = forms.TypedChoiceField(label=_("To"), coerce=int, widget=forms.Select(attrs={"class": "form-select"}))
    text = words(_("Note for your colleague"), rows=2)


class Plan(Verb):
    at = forms.DateTimeField(label=_("Call back at"), widget=Moment())


class Check(Verb):
    step = forms.CharField(max_length=60)
    done = forms.BooleanField(required=False)


class Classify(Verb):
    gap = forms.CharField(label=_("Gap"), max_length=30, required=False)  # else the cause's usual one
    cause = forms.CharField(label=_("Root cause"), max_length=60)


class Close(Verb):
    gap = forms.CharField(label=_("Gap"), max_length=30, required=False)
    cause = forms.CharField(label=_("Root cause"), max_length=60, required=False)
    text = words(_("Closing note"), rows=2)


class Compensate(Verb):
    kind = forms.ChoiceField(label=_("Kind"), choices=tuple(COMPENSATIONS.items()), widget=forms.RadioSelect)
    amount = forms.DecimalField(
        label=_("Amount in yuan"),
        required=False,
        min_value=0,
        max_value=99_999,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "decimal"}),
    )
    text = words(_("Note"), rows=2)


class Promise(Verb):
    text = words(_("What was promised"), required=True)
    promised_for = forms.DateTimeField(label=_("Promised for"), required=False, widget=Moment())


FORMS: Mapping[Action, type[Verb]] = {
    Action.ACCEPT: Plain,
    Action.ASSIGN: Assign,
    Action.CONNECT: Worded,
    Action.COMMIT: Commit,
    Action.COMPLETE: Worded,
    Action.CONFIRM: Confirm,
    Action.CALLBACK: Callback,
    Action.NOTE: Note,
    Action.PROMISE: Promise,
    Action.COMPENSATE: Compensate,
    Action.ESCALATE: Reasoned,
    Action.PAUSE: Reasoned,
    Action.RESUME: Plain,
    Action.REOPEN: Reasoned,
    Action.CLOSE: Close,
    Action.CHECK: Check,
    Action.CLASSIFY: Classify,
    Action.PLAN: Plan,
    Action.REVEAL: Reasoned,
    Action.UNDO: Plain,
}
