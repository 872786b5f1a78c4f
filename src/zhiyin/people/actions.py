"""Verbs about the organisation, its staff and its customers; those about what customers allow and who they are stand in
``consenting`` and ``correcting``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from zhiyin.ledger.queries import count_since
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.lib.text import Text
from zhiyin.people.access import Viewer
from zhiyin.people.consenting import (
    ALL_PURPOSES,
    ConsentTooOld,
    Proof,
    erase,
    opt_out,
    record_consent,
    refuse_by_address,
)
from zhiyin.people.correcting import FLAG_FIELDS, merge_customers, set_flag, set_language, unmerge
from zhiyin.people.events import (
    ContactRevealed,
    CustomersImported,
    OrganisationFounded,
    OutreachPaused,
    OutreachResumed,
    StaffChanged,
    UnitChanged,
)
from zhiyin.people.identify import Given, identify
from zhiyin.people.models import Organisation, Staff, Unit
from zhiyin.people.queries import address_of, current_identity, now_are
from zhiyin.people.roles import GRANTS, Permission, Role

__all__ = [
    "ALL_PURPOSES",
    "FLAG_FIELDS",
    "LONGEST_PASSWORD",
    "REVEALS_PER_HOUR",
    "AlreadyFounded",
    "ConsentTooOld",
    "Proof",
    "StaffGiven",
    "TooManyReveals",
    "UnitGiven",
    "erase",
    "found_organisation",
    "give_all_the_same_password",
    "merge_customers",
    "opt_out",
    "pause_outreach",
    "put_customers",
    "put_staff",
    "put_unit",
    "record_consent",
    "refuse_by_address",
    "resume_outreach",
    "reveal_contact",
    "set_away",
    "set_flag",
    "set_language",
    "set_staff_active",
    "unmerge",
]
REVEALS_PER_HOUR = 30
LONGEST_PASSWORD = 128  # characters; hashing costs time in proportion


class AlreadyFounded(Refused):
    code = "already_founded"


class TooManyReveals(Refused):
    code = "too_many_reveals"
    status = 429


@transaction.atomic
def found_organisation(*, name: Text, pack: str, by: Actor, now: datetime) -> None:
    """Create the organisation. There is one per deployment. Raises AlreadyFounded."""
    if Organisation.objects.exists():
        raise AlreadyFounded(_("This installation already has its organisation."), next_step=_("Sign in instead."))
    Organisation.objects.create(name=dict(name), pack=pack, created_at=now)
    record(OrganisationFounded(pack=pack), by=by, now=now, subject="organisation")


@dataclass(frozen=True)
class UnitGiven:
    """A unit as a pack or an import names it. The parent comes first or is known."""

    code: str
    name: Text
    kind: str = "team"
    parent: str = ""


@transaction.atomic
def put_unit(given: UnitGiven, *, by: Viewer, now: datetime) -> tuple[int, str]:
    """Create or change one unit; returns its key and ``created``, ``updated`` or ``duplicate``.

    Raises NotFound, also for a unit of somebody else's branch, and Refused for a second root or a circle.
    """
    by.require(Permission.MANAGE_PEOPLE)
    parent = Unit.objects.filter(code=given.parent).first() if given.parent else None
    if given.parent and (parent is None or not by.sees_unit(parent.pk)):
        raise NotFound(_("There is no unit %(code)s.") % {"code": given.parent})
    if parent is None and Unit.objects.filter(parent=None).exclude(code=given.code).exists():
        raise Refused(_("There is one root unit already."), next_step=_("Name a parent."), code="second_root")
    unit = Unit.objects.filter(code=given.code).first()
    if (unit is not None and not by.sees_unit(unit.pk)) or (parent is None and by.units is not None):
        raise NotFound(_("There is no unit %(code)s.") % {"code": given.code})
    if unit is None:
        unit = Unit.objects.create(
            code=given.code, name=dict(given.name), kind=given.kind, parent=parent, path="/", sort_key=given.code
        )
        Unit.objects.filter(pk=unit.pk).update(path=f"{parent.path if parent else '/'}{unit.pk}/")
        done = "created"
    elif (unit.name, unit.kind, unit.parent_id) == (dict(given.name), given.kind, parent.pk if parent else None):
        return unit.pk, "duplicate"
    else:
        _move(unit, given, parent)
        done = "updated"
    record(UnitChanged(unit_id=unit.pk, code=given.code, created=done == "created"), by=by, now=now)
    return unit.pk, done


def _move(unit: Unit, given: UnitGiven, parent: Unit | None) -> None:
    if parent is not None and parent.path.startswith(unit.path):
        raise Refused(_("A unit cannot stand below itself."), code="unit_cycle")
    path = f"{parent.path if parent else '/'}{unit.pk}/"
    for below in Unit.objects.filter(path__startswith=unit.path).exclude(pk=unit.pk):
        Unit.objects.filter(pk=below.pk).update(path=path + below.path.removeprefix(unit.path))
    Unit.objects.filter(pk=unit.pk).update(name=dict(given.name), kind=given.kind, parent=parent, path=path)


@dataclass(frozen=True)
class StaffGiven:
    """A member of staff as a pack, an import or the settings page names them."""

    name: str
    unit: str
    role: str = "agent"
    code: str = ""
    email: str = ""
    password: str | None = None


@transaction.atomic
def put_staff(given: StaffGiven, *, by: Viewer, now: datetime) -> tuple[int, str]:
    """Create or change one member of staff, found by code or e-mail; returns their key and ``created``, ``updated`` or
    ``duplicate``. A new password ends every session that they have.

    Raises NotFound for a unit that the viewer does not see, Refused for the rest.
    """
    by.require(Permission.MANAGE_PEOPLE)
    unit = Unit.objects.filter(code=given.unit).first()
    if unit is None or not by.sees_unit(unit.pk):
        raise NotFound(_("There is no unit %(code)s.") % {"code": given.unit})
    wanted = _wanted(given, unit)
    staff = _found(given, by=by)
    if staff is None:
        staff, done = Staff(created_at=now, **wanted), "created"
    elif given.password is None and all(getattr(staff, key) == value for key, value in wanted.items()):
        return staff.pk, "duplicate"
    else:
        if given.role != Role.ADMINISTRATOR:
            _keep_one_administrator(staff)
        for key, value in wanted.items():
            setattr(staff, key, value)
        done = "updated"
    if given.password is not None or staff.pk is None:
        staff.set_password(_good_password(given.password, staff))
    staff.save()
    facts = {"role": given.role, "unit": given.unit, "password": "set" if given.password else "kept"}
    record(StaffChanged(staff_id=staff.pk, changed=facts), by=by, now=now, subject=f"staff:{staff.pk}")
    return staff.pk, done


def _wanted(given: StaffGiven, unit: Unit) -> dict[str, Any]:
    """What their row is to hold. An empty code or e-mail leaves the old one."""
    if given.role not in GRANTS:
        raise Refused(_("There is no role %(role)s.") % {"role": given.role}, code="unknown_role")
    if not given.name.strip():
        raise Refused(_("Give a name."), code="staff_unnamed")
    email = given.email.strip().lower()
    if not given.code and not email:
        raise Refused(_("Give a code or an e-mail address."), code="staff_unnamed")
    named = {"code": given.code, "email": email}
    return {"name": given.name, "unit_id": unit.pk, "role": given.role} | {k: v for k, v in named.items() if v}


def _found(given: StaffGiven, *, by: Viewer) -> Staff | None:
    """Who has this code or this e-mail. One person must not be two, and nobody takes over another branch's people."""
    named = Q(code=given.code) if given.code else Q()
    if given.email:
        named |= Q(email=given.email.strip().lower())
    found = list(Staff.objects.select_for_update().filter(named)[:2])
    if len(found) > 1:
        raise Refused(_("The code and the e-mail address belong to two different people."), code="staff_two")
    if found and not by.sees_unit(found[0].unit_id):
        raise Refused(_("This code or e-mail address is taken."), code="staff_taken")
    return found[0] if found else None


def _good_password(password: str | None, staff: Staff) -> str | None:
    if password is not None:
        try:
            validate_password(password, staff)
        except ValidationError as weak:
            raise Refused(" ".join(weak.messages), code="weak_password") from weak
        if len(password) > LONGEST_PASSWORD:
            too_long = _("A password has at most %(limit)s characters.") % {"limit": LONGEST_PASSWORD}
            raise Refused(too_long, code="weak_password")
    return password


def _keep_one_administrator(staff: Staff) -> None:
    """Raise Refused if nobody but this person could let others in (D18). Locks, so that two cannot do it at once."""
    if staff.role != Role.ADMINISTRATOR or not staff.is_active:
        return
    others = Staff.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True, email__isnull=False)
    if not [one for one in others.order_by("pk") if one.pk != staff.pk]:
        raise Refused(_("This is the last administrator."), next_step=_("Appoint another first."), code="last_admin")


@transaction.atomic
def give_all_the_same_password(staff_ids: Iterable[int], password: str, *, by: Viewer, now: datetime) -> None:
    """For the demo's invented staff: hashed once, since a good hash takes a sixth of a second."""
    wanted = list(staff_ids)
    Staff.objects.filter(pk__in=wanted).update(password=make_password(password))
    facts = {"password": "set", "count": str(len(wanted))}
    record(StaffChanged(staff_id=0, changed=facts), by=by, now=now, subject="staff")


@transaction.atomic
def set_staff_active(staff_id: int, *, active: bool, by: Viewer, now: datetime) -> None:
    """Let somebody in or keep them out, from their next request on. The last administrator stays (D18)."""
    by.require(Permission.MANAGE_PEOPLE)
    staff = Staff.objects.filter(pk=staff_id).first()
    if staff is None or not by.sees_unit(staff.unit_id):
        raise NotFound(_("There is nobody here by this number."))
    if not active:
        _keep_one_administrator(staff)
    Staff.objects.filter(pk=staff_id).update(is_active=active)
    facts = {"active": "yes" if active else "no"}
    record(StaffChanged(staff_id=staff_id, changed=facts), by=by, now=now, subject=f"staff:{staff_id}")


@transaction.atomic
def set_away(staff_id: int, *, away: bool, by: Viewer, now: datetime) -> None:
    """Say that somebody is out at a customer's: their connect clock is an hour then (S1.7)."""
    if Staff.objects.filter(pk=staff_id).exclude(is_away=away).update(is_away=away):
        facts = {"away": "yes" if away else "no"}
        record(StaffChanged(staff_id=staff_id, changed=facts), by=by, now=now, subject=f"staff:{staff_id}")


def reveal_contact(customer_id: int, *, reason: str, by: Viewer, now: datetime) -> str:
    """The full phone number, for a stated reason, written into the ledger. The 31st in an hour is refused (R27)."""
    by.require(Permission.REVEAL_CONTACT)
    if not reason.strip():
        raise Refused(_("Say why you need the full number."), code="reason_missing", next_step=_("It is recorded."))
    with transaction.atomic():
        refused = _has_looked_enough(by, now=now)
        why = f"refused: {reason.strip()}" if refused else reason.strip()
        fact = ContactRevealed(customer_id=customer_id, reason=why[:300])
        record(fact, by=by, now=now, subject=f"customer:{customer_id}")
    if refused:
        raise TooManyReveals(
            _("You have looked at %(count)s numbers within the hour.") % {"count": REVEALS_PER_HOUR},
            next_step=_("Wait, or ask your team lead. This attempt was recorded."),
        )
    person = now_are([customer_id]).get(customer_id, customer_id)
    identity = current_identity(person, "sms")
    address = address_of(identity) if identity else None
    if address is None:
        raise NotFound(_("No phone number is known."))
    return address


def _has_looked_enough(by: Viewer, *, now: datetime) -> bool:
    """Whether the hour's quota is used up. Their row stays locked until the look is on record, so that two requests at
    the limit do not both find room. On SQLite the transaction itself is the lock."""
    Staff.objects.select_for_update().filter(pk=by.staff_id or 0).first()
    kind: str = ContactRevealed.fact_kind  # type: ignore[attr-defined]  # set by @fact
    return count_since(now - timedelta(hours=1), kind=kind, actor=by.actor) >= REVEALS_PER_HOUR


@transaction.atomic
def pause_outreach(*, reason: str, by: Viewer, now: datetime) -> None:
    """Stop every invitation until resumed; every page shows who paused it and why."""
    by.require(Permission.RUN_OUTREACH)
    if not reason.strip():
        raise Refused(_("Say why outreach is paused."), code="reason_missing")
    Organisation.objects.update(
        outreach_paused_at=now, outreach_paused_by=by.actor, outreach_pause_reason=reason.strip()[:300]
    )
    record(OutreachPaused(reason=reason.strip()[:300]), by=by, now=now, subject="organisation")


@transaction.atomic
def resume_outreach(*, by: Viewer, now: datetime) -> None:
    by.require(Permission.RUN_OUTREACH)
    Organisation.objects.update(outreach_paused_at=None, outreach_paused_by="", outreach_pause_reason="")
    record(OutreachResumed(reason=""), by=by, now=now, subject="organisation")


@transaction.atomic
def put_customers(given: Sequence[Given], *, by: Viewer, now: datetime) -> list[str]:
    """Customers by themselves, in one transaction: for each, in order, ``created``, ``updated`` (something new about
    them was learned) or ``duplicate``."""
    seen: set[int] = set()
    done = []
    for known in identify(given, by=by, now=now):
        first = known.id not in seen
        done.append("created" if known.is_new and first else "updated" if known.is_changed and first else "duplicate")
        seen.add(known.id)
    record(CustomersImported(count=done.count("created")), by=by, now=now, subject="customers")
    return done
