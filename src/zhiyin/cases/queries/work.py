"""What is to be done next on open cases, for programs that work them."""

from dataclasses import dataclass
from datetime import datetime

from zhiyin.cases.models import Case
from zhiyin.people.access import Viewer, visible


@dataclass(frozen=True)
class InHand:
    """An open case and the moments of its steps."""

    id: int
    unit_id: int
    owner_id: int | None
    about_id: int | None
    version: int
    opened_at: datetime
    connected_at: datetime | None
    committed_at: datetime | None
    completed_at: datetime | None
    confirmed_at: datetime | None
    called_back_at: datetime | None
    agreed_at: datetime | None
    problem_found_at: datetime | None  # of the newest
    has_problem: bool  # which is not solved yet


def cases_in_hand(*, by: Viewer) -> list[InHand]:
    """Every case of the viewer's units that is open, oldest first."""
    rows = visible(Case.objects.filter(state=Case.State.OPEN), by=by).order_by("id")
    return [
        InHand(
            row.pk,
            row.unit_id,
            row.owner_id,
            row.about_id,
            row.version,
            row.opened_at,
            row.connected_at,
            row.committed_at,
            row.completed_at,
            row.confirmed_at,
            row.called_back_at,
            row.agreed_at,
            max((problem.found_at for problem in row.problems.all()), default=None),
            has_problem=any(problem.solved_at is None for problem in row.problems.all()),
        )
        for row in rows.prefetch_related("problems")
    ]
