"""Who may be given a case, and who is told of one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.cases.models import Case
from zhiyin.lib.errors import NotFound
from zhiyin.people.access import Viewer
from zhiyin.people.queries import StaffCard, staff_of, units_of
from zhiyin.people.roles import GRANTS, Permission, Role

WORKERS = tuple(role for role, granted in GRANTS.items() if Permission.WORK_CASES in granted)


@dataclass(frozen=True)
class Candidate:
    """Somebody who could have the case. ``sees_unit``: without moving it to their own unit."""

    id: int
    name: str
    role: str
    unit_id: int
    is_away: bool
    sees_unit: bool


def candidates(*, case: Case, by: Viewer) -> list[Candidate]:
    """Everybody of the viewer's units with a workbench, except whom the case is about."""
    above = lineage(case.unit_id)
    return [_candidate(card, above) for card in staff_of(by=by, roles=WORKERS) if card.id != case.about_id]


def candidate(staff_id: int, *, case: Case, by: Viewer) -> Candidate:
    """One of them. Raises NotFound for everybody else."""
    found = next((one for one in candidates(case=case, by=by) if one.id == staff_id), None)
    if found is None:
        raise NotFound(
            _("This person cannot have the case."),
            next_step=_("Choose a colleague of your own units who works on cases."),
        )
    return found


def colleagues(*, by: Viewer) -> list[StaffCard]:
    """Everybody of the viewer's units with a workbench."""
    return staff_of(by=by, roles=WORKERS)


def leads_of(unit_id: int, *, roles: Iterable[str] = (Role.TEAM_LEAD,)) -> list[StaffCard]:
    """The people of these roles nearest above a unit: its own, else those of the next unit up that has any."""
    staff = staff_of(by=Viewer.system("cases"), roles=roles)
    for unit in lineage(unit_id):
        here = [card for card in staff if card.unit_id == unit]
        if here:
            return here
    return []


def lineage(unit_id: int) -> list[int]:
    """The unit and all above it, nearest first."""
    parents = {unit.id: unit.parent_id for unit in units_of(by=Viewer.system("cases"))}
    found: list[int] = []
    here: int | None = unit_id
    while here is not None and here in parents:
        found.append(here)
        here = parents[here]
    return found


def _candidate(card: StaffCard, above: list[int]) -> Candidate:
    return Candidate(
        id=card.id,
        name=card.name,
        role=card.role,
        unit_id=card.unit_id,
        is_away=card.is_away,
        sees_unit=card.unit_id in above,
    )
