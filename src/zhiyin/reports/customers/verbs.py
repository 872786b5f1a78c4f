"""The verbs on a customer's page: each with its form, its words and what it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.lib.errors import NotFound
from zhiyin.people import actions
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.people.rules import Flag, Purpose
from zhiyin.reports.customers.forms import Agree, Language, Merge, OptOut, SetFlag, Unmerge
from zhiyin.reports.customers.seeing import Person, look_up

Do = Callable[[Person, Mapping[str, Any], Viewer, datetime], object]


@dataclass(frozen=True)
class Verb:
    """``permissions``: one of them is enough. ``warning``: what it means, before it is done."""

    heading: Promise
    warning: Promise
    done: Promise
    form: type[forms.Form]
    permissions: tuple[Permission, ...]
    do: Do

    def require(self, by: Viewer) -> None:
        """Raise NotAllowed unless the role may do it."""
        if not self.is_for(by):
            by.require(self.permissions[0])

    def is_for(self, by: Viewer) -> bool:
        return any(by.may(permission) for permission in self.permissions)


def _opt_out(person: Person, given: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    purposes = [Purpose(one) for one in given["purposes"]]
    actions.opt_out(person.id, purposes=purposes, via="staff", proof=given["proof"], by=by, now=now)


def _agree(person: Person, given: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    proof = actions.Proof(
        source=given["source"],
        said_at=given["said_at"],
        text_version=given["text_version"],
        place=given["place"],
        reference=given["reference"],
    )
    purposes = [Purpose(one) for one in given["purposes"]]
    actions.record_consent(person.id, purposes=purposes, proof=proof, by=by, now=now)


def _flag(person: Person, given: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    on = given["on"] == "1"
    actions.set_flag(person.id, Flag(given["flag"]), on=on, reason=given["reason"], by=by, now=now)


def _speak(person: Person, given: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    actions.set_language(person.id, given["language"], reason=given["reason"], by=by, now=now)


def _merge(person: Person, given: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    other = look_up(given["other"], by=by)
    if other is None:
        raise NotFound(_("Nobody was found by this number."), next_step=_("Check it, or look them up first."))
    actions.merge_customers(person.id, other.id, because=given["reason"], by=by, now=now)


def _unmerge(person: Person, given: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    actions.unmerge(person.id, given["merged"], because=given["reason"], by=by, now=now)


_CORRECT = (Permission.CORRECT_CUSTOMERS,)
_TOLD = (Permission.WORK_CASES, Permission.CORRECT_CUSTOMERS)
IN_PLACE = ("language", "unmerge")  # offered beside what they change, not above the page
VERBS: Mapping[str, Verb] = {
    "opt-out": Verb(
        lazy("Record a refusal"),
        lazy("Nothing is sent for it any more, what waits is taken back. Only a newer consent of theirs changes that."),
        lazy("Recorded. Nothing is sent for it any more."),
        OptOut,
        _TOLD,
        _opt_out,
    ),
    "consent": Verb(
        lazy("Record a consent"),
        lazy("Only what the customer said themselves, with the moment they said it. It is kept as the proof."),
        lazy("Consent recorded."),
        Agree,
        _CORRECT,
        _agree,
    ),
    "flag": Verb(
        lazy("Set or take away a flag"),
        lazy("A flagged customer is not asked. While a legal case is open, nothing about them may be deleted either."),
        lazy("Flag recorded."),
        SetFlag,
        _CORRECT,
        _flag,
    ),
    "language": Verb(
        lazy("Change the language"),
        lazy(
            "New invitations and their surveys are written in it. A newer import that names another changes it again."
        ),
        lazy("Language recorded."),
        Language,
        _TOLD,
        _speak,
    ),
    "merge": Verb(
        lazy("Merge with another customer"),
        lazy("Both histories become one person's. Whatever either refused is refused. It can be undone."),
        lazy("Merged."),
        Merge,
        _CORRECT,
        _merge,
    ),
    "unmerge": Verb(
        lazy("Undo the merge"),
        lazy("Ids and numbers go back to whose they were. What was refused meanwhile stays refused by both."),
        lazy("They are two customers again."),
        Unmerge,
        _CORRECT,
        _unmerge,
    ),
}
