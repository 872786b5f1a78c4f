"""The one door to rows: who is asking, what they may do, which units they may see.

A Viewer goes into every action and query. What lies outside the viewer's units is not "forbidden", it is not there:
``NotFound`` for the one and the other alike.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.lib.errors import NotAllowed, NotFound
from zhiyin.people.models import ApiKey, Staff, Unit
from zhiyin.people.roles import GRANTS, Permission

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Viewer:
    """Somebody, or some program, that asks. ``units`` None means the whole organisation."""

    actor: str
    permissions: frozenset[Permission]
    units: frozenset[int] | None = frozenset()
    staff_id: int | None = None
    role: str = ""
    unit_id: int | None = None
    language: str = "zh-hans"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the role has this permission."""
        if not self.may(permission):
            raise NotAllowed(
                _("Your role does not include this."),
                next_step=_("Ask an administrator who may do it."),
                code=permission,
            )

    def sees_unit(self, unit_id: int | None) -> bool:
        return self.units is None or unit_id in self.units

    @staticmethod
    def system(name: str) -> "Viewer":
        """The loop, the command line and the worker: everything, under their own name."""
        return Viewer(actor=f"system:{name}", permissions=frozenset(Permission), units=None)


def viewer_of(staff: Staff) -> Viewer:
    """The viewer that a signed-in member of staff is."""
    return Viewer(
        actor=f"staff:{staff.pk}",
        permissions=GRANTS.get(staff.role, frozenset()) if staff.is_active else frozenset(),
        units=subtree(staff.unit),
        staff_id=staff.pk,
        role=staff.role,
        unit_id=staff.unit_id,
        language=staff.language or "zh-hans",
    )


def viewer_of_key(key: ApiKey) -> Viewer:
    """The viewer that an API key is: read keys may look, write keys may also bring in."""
    reading = frozenset(
        {Permission.SEE_FIGURES, Permission.SEE_VERBATIMS, Permission.SEE_OUTREACH, Permission.LEAD_CASES}
    )
    writing = reading | {Permission.IMPORT, Permission.WORK_CASES}
    return Viewer(
        actor=f"api:{key.pk}",
        permissions=writing if key.scope == "write" else reading,
        units=subtree(key.unit) if key.unit else None,
        unit_id=key.unit_id,
    )


def subtree(unit: Unit) -> frozenset[int] | None:
    """The keys of a unit and all below it; None for the root, which is everything."""
    if unit.parent_id is None:
        return None
    return frozenset(Unit.objects.filter(path__startswith=unit.path).values_list("pk", flat=True))


def visible(rows: QuerySet[M], *, by: Viewer, unit: str = "unit_id") -> QuerySet[M]:
    """Only the rows of the viewer's units. Every list in the product goes through here."""
    if by.units is None:
        return rows
    return rows.filter(**{f"{unit}__in": by.units})


def one_visible(rows: QuerySet[M], *, by: Viewer, unit: str = "unit_id", **lookup: Any) -> M:
    """The row, or NotFound in the same words whether it is absent or another branch's."""
    found = visible(rows, by=by, unit=unit).filter(Q(**lookup)).first()
    if found is None:
        raise NotFound(_("There is nothing at this address."), next_step=_("Check the number, or go back to the list."))
    return found


def viewer_by_id(staff_id: int) -> Viewer:
    """The viewer that a member of staff is, for programs that act in their name (the demo). Raises NotFound."""
    staff = Staff.objects.select_related("unit").filter(pk=staff_id, is_active=True).first()
    if staff is None:
        raise NotFound(_("There is nobody here by this number."))
    return viewer_of(staff)
