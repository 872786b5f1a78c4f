"""What else figures may be cut by, as an administrator declares it: attributes of interactions, and shifts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from zhiyin.journey.actions import declare_attribute, withdraw_attribute
from zhiyin.journey.events import AttributeDeclared, AttributeRetired, ShiftPut, ShiftRetired
from zhiyin.journey.models import Shift
from zhiyin.journey.queries import forget_map
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.lib.text import Text

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
OWN = frozenset({"moment", "complaint", "begged", "checklist"})  # dimensions of their own already
LONGEST_NAME, LONGEST_VALUE, MOST_VALUES, MOST_SHIFTS = 40, 60, 60, 8


class CannotDeclare(Refused):
    """Nothing was changed; the sentence says what is wrong."""

    code = "cannot_declare"
    status = 422


@dataclass(frozen=True, kw_only=True)
class AttributeGiven:
    """``values``: what a system writes → what people read instead."""

    key: str
    name: Text
    values: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ShiftGiven:
    key: str
    name: Text
    from_hour: int
    until_hour: int  # before ``from_hour``: past midnight


@transaction.atomic
def put_attribute(given: AttributeGiven, *, by: Actor, now: datetime) -> bool:
    """Declare an attribute, or give a declared one other names. Returns whether it is new: the mirror is built anew
    then. Raises CannotDeclare and NoSlotLeft."""
    _check_key(given.key)
    _check_name(given.name)
    if given.key in OWN:
        raise CannotDeclare(
            _("“%(key)s” cuts figures already, under a name of its own.") % {"key": given.key},
            next_step=_("Declare another attribute."),
        )
    if len(given.values) > MOST_VALUES:
        raise CannotDeclare(_("At most %(most)s values can have names.") % {"most": MOST_VALUES})
    for value, name in given.values.items():
        if len(value) > LONGEST_VALUE:
            raise CannotDeclare(_("A value has at most %(most)s characters.") % {"most": LONGEST_VALUE})
        _check_name(name)
    is_new = declare_attribute(given.key, name=given.name, values=given.values)
    record(AttributeDeclared(given.key, is_new), by=by, now=now, subject=f"attribute:{given.key}")
    return is_new


@transaction.atomic
def retire_attribute(key: str, *, by: Actor, now: datetime) -> None:
    """Free its place. Raises NotFound."""
    if not withdraw_attribute(key):
        raise NotFound(_("There is no such attribute."))
    record(AttributeRetired(key), by=by, now=now, subject=f"attribute:{key}")


@transaction.atomic
def put_shift(given: ShiftGiven, *, by: Actor, now: datetime) -> None:
    """Add a shift behind the others, or change its name and hours. Raises CannotDeclare."""
    _check_key(given.key)
    _check_name(given.name)
    if not (0 <= given.from_hour <= 23 and 0 <= given.until_hour <= 24):
        raise CannotDeclare(_("Hours go from 0 to 24."))
    if given.from_hour == given.until_hour:
        raise CannotDeclare(_("A shift must not end when it begins."), next_step=_("From 0 until 24 is the whole day."))
    rest = {"name": dict(given.name), "from_hour": given.from_hour, "until_hour": given.until_hour}
    orders = list(Shift.objects.select_for_update().order_by("order").values_list("order", flat=True))
    if not Shift.objects.filter(key=given.key).update(**rest):
        if len(orders) >= MOST_SHIFTS:
            raise CannotDeclare(
                _("There are %(most)s shifts, and no room for more.") % {"most": MOST_SHIFTS},
                next_step=_("Retire one first."),
            )
        Shift.objects.create(key=given.key, order=max(orders, default=-1) + 1, source="", **rest)
    forget_map()
    fact = ShiftPut(given.key, given.from_hour, given.until_hour)
    record(fact, by=by, now=now, subject=f"shift:{given.key}")


@transaction.atomic
def retire_shift(key: str, *, by: Actor, now: datetime) -> None:
    """Its hours belong to no shift from now on, unless another has them. Raises NotFound."""
    gone, _rows = Shift.objects.filter(key=key).delete()
    if not gone:
        raise NotFound(_("There is no such shift."))
    forget_map()
    record(ShiftRetired(key), by=by, now=now, subject=f"shift:{key}")


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise CannotDeclare(
            _("“%(key)s” is no key.") % {"key": key[:60]},
            next_step=_("Use small letters, digits and underscores, a letter first, at most 60."),
        )


def _check_name(name: Text) -> None:
    for text in name.values():
        if not text or len(text) > LONGEST_NAME or not text.isprintable():
            raise CannotDeclare(
                _("A name has 1 to %(most)s characters in Chinese and in English.") % {"most": LONGEST_NAME}
            )
