"""The one door to case rows, on top of ``people.access``.

A lead sees every case of their units. An agent sees their own cases and those that nobody has yet. Nobody sees the
case that is about themselves (S0.41): what a customer said of you is for a colleague to hear.
"""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.cases.models import Case
from zhiyin.cases.refusals import refused
from zhiyin.cases.rules.steps import Hand, Refusal
from zhiyin.lib.errors import NotFound
from zhiyin.people.access import Viewer, visible
from zhiyin.people.roles import Permission


def hand_of(by: Viewer) -> Hand:
    """The viewer as the rules see them."""
    return Hand(staff_id=by.staff_id, leads=by.may(Permission.LEAD_CASES))


def visible_cases(*, by: Viewer) -> QuerySet[Case]:
    """The cases that this viewer may see. Raises NotAllowed for roles without a workbench."""
    if not by.may(Permission.LEAD_CASES):
        by.require(Permission.WORK_CASES)
    rows = visible(Case.objects.all(), by=by)
    if by.staff_id is None:
        return rows
    if not by.may(Permission.LEAD_CASES):
        rows = rows.filter(Q(owner_id=by.staff_id) | Q(owner=None))
    return rows.exclude(about_id=by.staff_id)


def visible_case(case_id: int, *, by: Viewer, held: bool = False) -> Case:
    """The case. Raises ConflictOfInterest for whom it is about, NotYours for a colleague's, NotFound where it is absent
    or another branch's. ``held``: nobody else changes it until the transaction ends."""
    return _the_one(Q(pk=case_id), by=by, held=held)


def visible_case_by_code(code: str, *, by: Viewer) -> Case:
    """The same by its code, as addresses name it."""
    return _the_one(Q(code=code), by=by)


def _the_one(which: Q, *, by: Viewer, held: bool = False) -> Case:
    rows = visible_cases(by=by).filter(which)
    found = (rows.select_for_update() if held else rows).first()
    if found is not None:
        return found
    # Inside one's own units a case is no secret, only not one's own; beyond them it is not there at all.
    hidden = visible(Case.objects.all(), by=by).filter(which).first()
    if hidden is not None:
        is_about = hidden.about_id == by.staff_id
        raise refused(Refusal.CONFLICT_OF_INTEREST if is_about else Refusal.NOT_YOURS)
    raise no_such_case()


def no_such_case() -> NotFound:
    """The one refusal for what is absent and for what is another branch's."""
    return NotFound(_("There is no such case here."), next_step=_("Check its code, or go back to the queue."))
