"""What each verb on a customer needs from a member of staff."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.people.rules import Flag, Purpose
from zhiyin.people.words import FLAGS, LANGUAGES, PURPOSES

LONGEST = 300


def _line(label: Any, *, required: bool = True, longest: int = LONGEST, hint: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(label=label, required=required, max_length=longest, widget=widget, help_text=hint)


def _purposes(*, chosen: bool) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("For what"),
        choices=[(str(one), PURPOSES[one]) for one in Purpose],
        initial=[str(one) for one in Purpose] if chosen else [],
        widget=forms.CheckboxSelectMultiple,
    )


class OptOut(forms.Form):
    """The customer said no."""

    purposes = _purposes(chosen=True)
    proof = _line(_("Where it can be looked up"), required=False, hint=_("A call, a letter, a case."))


class Agree(forms.Form):
    """The customer said yes: nothing is chosen for them."""

    purposes = _purposes(chosen=False)
    source = _line(_("How they said it"), longest=40, hint=_("On the phone, on a form, in the shop."))
    said_at = forms.DateTimeField(
        label=_("When they said it"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"class": "form-control", "type": "datetime-local"}),
    )
    text_version = _line(_("Which text they were told"), required=False, longest=60)
    place = _line(_("Where"), required=False, longest=120)
    reference = _line(_("Where it can be looked up"), required=False)


class SetFlag(forms.Form):
    flag = forms.ChoiceField(
        label=_("Flag"), choices=[(str(one), FLAGS[one]) for one in Flag], widget=forms.RadioSelect
    )
    on = forms.ChoiceField(
        label=_("Now"), choices=(("1", _("Set it")), ("0", _("Take it away"))), widget=forms.RadioSelect
    )
    reason = _line(_("Reason"))


class Language(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"), choices=[*LANGUAGES.items()], required=False, widget=forms.RadioSelect
    )
    reason = _line(_("Reason"), hint=_("Who said it, and where."))


class Merge(forms.Form):
    other = _line(_("Who is the same person"), longest=254, hint=_("Their phone number, e-mail or own number."))
    reason = _line(_("Reason"))


class Unmerge(forms.Form):
    merged = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    reason = _line(_("Reason"))
