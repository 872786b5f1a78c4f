"""Open cases as pages outside the workbench name them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from zhiyin.cases.access import visible_case_by_code, visible_cases
from zhiyin.cases.models import Case
from zhiyin.cases.queries.queue import shown_title, touchpoint_names
from zhiyin.people.access import Viewer


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """One case that is not closed."""

    code: str
    title: str
    interaction_id: int | None
    headline: int | None
    is_urgent: bool
    opened_at: datetime


def open_cases_at(touchpoint_id: int, *, by: Viewer) -> list[OpenCase]:
    """The open cases of a touchpoint that this viewer sees, newest first. Raises NotAllowed without a workbench."""
    place = touchpoint_names([touchpoint_id]).get(touchpoint_id, "")
    rows = visible_cases(by=by).filter(touchpoint_id=touchpoint_id).exclude(state=Case.State.CLOSED)
    return _cards(rows, {touchpoint_id: place})


def open_cases_about(staff_id: int, *, by: Viewer) -> list[OpenCase]:
    """The open cases about what this member of staff did, newest first: never shown to themself (S0.41). Raises
    NotAllowed without a workbench."""
    rows = visible_cases(by=by).filter(about_id=staff_id).exclude(state=Case.State.CLOSED)
    return _cards(rows, touchpoint_names(rows.values_list("touchpoint_id", flat=True)))


def _cards(rows: QuerySet[Case], places: Mapping[int, str]) -> list[OpenCase]:
    return [
        OpenCase(
            code=row.code,
            title=shown_title(row, places.get(row.touchpoint_id, "")),
            interaction_id=row.interaction_id,
            headline=row.headline,
            is_urgent=row.priority == "high",
            opened_at=row.opened_at,
        )
        for row in rows.order_by("-opened_at", "-pk")
    ]


def interaction_of(code: str, *, by: Viewer) -> int | None:
    """The interaction that a case is about. Raises NotFound, or a refusal where the case is somebody else's."""
    return visible_case_by_code(code, by=by).interaction_id
