"""What the console's frame is lent by cases: the numbers beside the workbench and the callbacks."""

from django.http import HttpRequest
from django.utils import timezone

from zhiyin.cases.queries.queue import tab_counts, waiting
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.ui import supplies


def register() -> None:
    """Called once when the room is ready."""
    supplies.supply("badge:cases")(cases_waiting)
    supplies.supply("badge:callbacks")(callbacks_waiting)


def cases_waiting(request: HttpRequest) -> int:
    """Cases that wait for this person."""
    by = viewer(request)
    return waiting(by=by) if by.may(Permission.WORK_CASES) else 0


def callbacks_waiting(request: HttpRequest) -> int:
    """Customers whom this person still has to call back."""
    by = viewer(request)
    if not by.may(Permission.WORK_CASES):
        return 0
    return tab_counts(by=by, now=timezone.now())["callbacks"]  # noqa: TID251  (counts of a page, as views have them)
