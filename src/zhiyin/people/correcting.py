"""Verbs that set right who a customer is: flags, language, merging by hand and undoing it. Each keeps its reason."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from zhiyin.ledger.record import record, record_all
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.lib.masking import scrub
from zhiyin.lib.text import LANGUAGES
from zhiyin.people.access import Viewer
from zhiyin.people.consenting import RENEWED
from zhiyin.people.events import CustomerFlagged, CustomerLanguageSet, CustomersUnmerged
from zhiyin.people.identify import lock_customers
from zhiyin.people.merging import FLAGS, merge
from zhiyin.people.models import Consent, Customer, Identity, Merge
from zhiyin.people.roles import Permission
from zhiyin.people.rules import Flag, Purpose, Said, Standing, flag_after_parting, parted
from zhiyin.people.vault import name_place, vault

FLAG_FIELDS = {
    Flag.INTERNAL: "is_internal",
    Flag.UNDER_14: "is_minor",
    Flag.OPEN_LEGAL_CASE: "has_open_legal_case",
}
LONGEST_REASON = 300


@transaction.atomic
def set_flag(customer_id: int, flag: Flag, *, on: bool, reason: str, by: Viewer, now: datetime) -> bool:
    """Say that this person is one of us, under 14 or in a legal case with us, or no longer. False: it was so before."""
    by.require(Permission.CORRECT_CUSTOMERS)
    why = _reason(reason)
    person = lock_customers([customer_id]).get(customer_id)
    if person is None:
        raise NotFound(_("There is no such customer."))
    field = FLAG_FIELDS[flag]
    if getattr(person, field) is on:
        return False
    Customer.objects.filter(pk=person.id).update(**{field: on})
    fact = CustomerFlagged(customer_id=person.id, flag=str(flag), on=on, reason=why)
    record(fact, by=by, now=now, subject=f"customer:{person.id}")
    return True


@transaction.atomic
def set_language(customer_id: int, language: str, *, reason: str, by: Viewer, now: datetime) -> bool:
    """Write to this person in ``language`` from the next invitation on; empty: in the installation's. A newer import
    that names one changes it. False: it was so before. Raises NotAllowed, NotFound and Refused.
    """
    if not by.may(Permission.WORK_CASES):  # whoever speaks with the customer hears it
        by.require(Permission.CORRECT_CUSTOMERS)
    why = _reason(reason)
    if language and language not in LANGUAGES:
        raise Refused(
            _("There are no messages in this language."),
            next_step=_("Use one of: %(known)s.") % {"known": ", ".join(LANGUAGES)},
            code="language_unknown",
        )
    person = lock_customers([customer_id]).get(customer_id)
    if person is None:
        raise NotFound(_("There is no such customer."))
    if person.is_erased:
        raise Refused(_("Who this was is forgotten; nothing is sent to them."), code="erased")
    if person.language == language:
        return False
    Customer.objects.filter(pk=person.id).update(language=language)
    fact = CustomerLanguageSet(customer_id=person.id, before=person.language, language=language, reason=why)
    record(fact, by=by, now=now, subject=f"customer:{person.id}")
    return True


def _reason(typed: str) -> str:
    if not typed.strip():
        raise Refused(_("Say why. It is recorded."), code="reason_missing")
    return scrub(typed.strip())[:LONGEST_REASON]


@transaction.atomic
def merge_customers(one: int, other: int, *, because: str, by: Viewer, now: datetime) -> int:
    """Say that these two are one person; returns who stays, which is the older. Raises NotFound and Refused."""
    by.require(Permission.CORRECT_CUSTOMERS)
    why = _reason(because)
    locked = lock_customers({one, other}, to_merge=True)
    if {one, other} - locked.keys():
        raise NotFound(_("There is no such customer."))
    older, younger = sorted((locked[one], locked[other]), key=lambda known: known.id)
    if older.id == younger.id:
        raise Refused(_("These two are one person already."), code="same_person")
    if older.is_erased or younger.is_erased:
        raise Refused(_("One of them was erased; who that was is forgotten."), code="erased")
    merge(younger, into=older, because=why, by=by, now=now)
    return older.id


@transaction.atomic
def unmerge(kept: int, merged: int, *, because: str, by: Viewer, now: datetime) -> None:
    """They are two after all: handles go back to whose they were, flags and refusals to what they were.

    What was refused while they were one stays refused by both. A phone or address that had brought them together is
    known as shared from now on, so that the next import does not merge them again. Raises NotFound where there is no
    such merge, and Refused: an older one than the last, one that was merged further, somebody erased.
    """
    by.require(Permission.CORRECT_CUSTOMERS)
    why = _reason(because)
    stays = Customer.objects.select_for_update().filter(pk=kept).first()
    step = Merge.objects.filter(kept=kept, merged=merged, undone_at=None).first()
    if stays is None or step is None:
        raise NotFound(_("There is no such merge."), next_step=_("It may have been undone already."))
    group = _with_those_merged_before(merged)
    # The kept one is the oldest, so that with it the rows are locked in the order of their ids.
    leaving = {row.pk: row for row in Customer.objects.select_for_update().filter(pk__in=group).order_by("pk")}
    _may_be_undone(step, stays, [stays, *leaving.values()])
    _part(step, stays, leaving[merged], group)
    shared = _give_back(step, group)
    Merge.objects.filter(pk=step.pk).update(undone_at=now, undone_by=by.actor, undone_because=why)
    fact = CustomersUnmerged(kept=kept, merged=merged, because=why, handles=shared)
    record_all([(fact, f"customer:{kept}", None), (fact, f"customer:{merged}", None)], by=by, now=now)


def _with_those_merged_before(customer: int) -> set[int]:
    """A former customer and who had been merged into them before they were merged themselves."""
    found, fresh = {customer}, {customer}
    while fresh:
        fresh = set(Merge.objects.filter(kept__in=fresh, undone_at=None).values_list("merged", flat=True)) - found
        found |= fresh
    return found


def _may_be_undone(step: Merge, stays: Customer, rows: Collection[Customer]) -> None:
    if any(row.erased_at is not None for row in rows):
        raise Refused(_("One of them was erased; who that was is forgotten."), code="erased")
    if stays.merged_into is not None:
        raise Refused(
            _("Who stayed was merged into somebody else since."),
            next_step=_("Undo that merge first."),
            code="merged_further",
        )
    if Merge.objects.filter(kept=step.kept, undone_at=None, pk__gt=step.pk).exists():
        raise Refused(
            _("Somebody else was merged into this customer since."),
            next_step=_("Undo the newest merge first."),
            code="later_merge_first",
        )


def _part(step: Merge, stays: Customer, leaves: Customer, group: Collection[int]) -> None:
    """Write what holds for each of the two."""
    whole = {stays.pk, *Customer.objects.filter(merged_into=stays.pk).values_list("pk", flat=True)}
    said = _said_since(step, whole)
    before = step.before
    since = datetime.fromisoformat(before["opted_out_at"]) if before["opted_out_at"] else None
    # What neither had refused before was refused since, even if it was in the same instant.
    since_then = stays.refuses & ~(before["refuses"] | leaves.refuses)
    staying = parted(Standing(before["refuses"], before["agrees"], since), said, own=whole - set(group))
    leaving = parted(Standing(leaves.refuses, leaves.agrees, leaves.opted_out_at), said, own=group)
    mine: dict[str, object] = dict(staying.refusing(since_then, at=step.at)._asdict())
    theirs: dict[str, object] = dict(leaving.refusing(since_then, at=step.at)._asdict()) | {"merged_into": None}
    for flag in FLAGS:
        was, other, now_is = before[flag], getattr(leaves, flag), getattr(stays, flag)
        mine[flag] = flag_after_parting(before=was, of_the_other=other, now=now_is)
        theirs[flag] = flag_after_parting(before=other, of_the_other=was, now=now_is)
    if not before["had_name"] and _name(stays) and _name(stays) == _name(leaves):
        mine["name_sealed"] = None
    if before.get("language") == "" and stays.language == leaves.language:
        mine["language"] = ""
    Customer.objects.filter(pk=stays.pk).update(**mine)
    Customer.objects.filter(pk=leaves.pk).update(**theirs)


def _said_since(step: Merge, whole: Collection[int]) -> list[Said]:
    """Every yes and no on record since they became one."""
    found = []
    for row in Consent.objects.filter(customer_id__in=whole):
        purpose = Purpose(row.purpose)
        if row.given_at is not None and row.recorded_at > step.at:
            found.append(Said(row.customer_id, purpose, False, row.recorded_at))
        if row.withdrawn_at is not None and row.withdrawn_how != RENEWED and row.withdrawn_at > step.at:
            found.append(Said(row.customer_id, purpose, True, row.withdrawn_at))
    return found


def _give_back(step: Merge, group: Collection[int]) -> int:
    """Handles and former customers to whose they were; returns how many handles are shared from now on."""
    own = Identity.objects.filter(customer_id=step.kept, first_customer_id__in=group)
    own.update(customer_id=step.merged)
    Customer.objects.filter(pk__in=set(group) - {step.merged}).update(merged_into=step.merged)
    shared = 0
    for kind, value in step.handles:
        shared += Identity.objects.filter(kind=kind, value_hash=bytes.fromhex(value)).update(is_shared=True)
    return shared


def _name(row: Customer) -> str:
    return vault().open(bytes(row.name_sealed), place=name_place(row.pk)) if row.name_sealed else ""
