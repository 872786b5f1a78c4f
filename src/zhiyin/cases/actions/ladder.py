"""The escalation ladder: who is told of a broken promise, and how long after it was broken."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from zhiyin.cases.actions.telling import tell_of_late_cases
from zhiyin.cases.events import CaseEscalated
from zhiyin.cases.models import Case, Entry, Told
from zhiyin.cases.queries.people import leads_of
from zhiyin.cases.reading import Reckoned, reckoned
from zhiyin.cases.rules.clocks import Deadline
from zhiyin.cases.rules.terms import Rung
from zhiyin.ledger.record import record
from zhiyin.lib.business_time import add_working
from zhiyin.people.access import Viewer
from zhiyin.people.queries import StaffCard

LADDER = Viewer.system("ladder")


@transaction.atomic
def tell_of_broken_promises(*, now: datetime) -> int:
    """Tell whoever the terms name of every promise that is broken and still open; returns how many rungs were climbed.

    To be called every minute or so. Looking late changes nothing about the verdict, only about when somebody hears of
    it; each rung is climbed once for each run of a clock, however many workers there are.
    """
    climbed = 0
    late: dict[int, list[str]] = {}
    told: dict[tuple[int, str], list[StaffCard]] = {}
    for at in reckoned(Case.objects.filter(state=Case.State.OPEN).order_by("pk")):
        for deadline, rung in _due_rungs(at, now):
            if not _first_time(at.case, deadline, rung, now=now):
                continue
            place = (at.case.unit_id, rung.to)
            if place not in told:
                told[place] = leads_of(at.case.unit_id, roles=(rung.to,))
            people = [card.id for card in told[place] if card.id != at.case.about_id]
            for person in people:
                codes = late.setdefault(person, [])
                codes += [at.case.code] if at.case.code not in codes else []
            _write_down(at.case, deadline, rung, people, now=now)
            climbed += 1
    tell_of_late_cases(late, now=now)
    return climbed


def _due_rungs(at: Reckoned, now: datetime) -> Iterator[tuple[Deadline, Rung]]:
    """Every rung that a broken promise of this case has reached. Time on the ladder runs like the clock itself."""
    for deadline in at.deadlines:
        if deadline.done_at is not None or not deadline.is_overdue(now) or deadline.due_at is None:
            continue
        calendar = at.version.terms.calendars[deadline.calendar]
        for rung in at.version.terms.ladder:
            if rung.when == "overdue" and add_working(deadline.due_at, rung.after, calendar) <= now:
                yield deadline, rung


def _first_time(case: Case, deadline: Deadline, rung: Rung, *, now: datetime) -> bool:
    _row, is_new = Told.objects.get_or_create(
        case=case, rung=rung.key, clock=deadline.clock, began_at=deadline.began_at, defaults={"at": now}
    )
    return is_new


def _write_down(case: Case, deadline: Deadline, rung: Rung, people: list[int], *, now: datetime) -> None:
    data = {"rung": rung.key, "clock": deadline.clock, "owner_id": people[0] if people else None}
    Entry.objects.create(case=case, at=now, actor=LADDER.actor, kind="told", data=data)
    fact = CaseEscalated(case_id=case.pk, rung=rung.key)
    record(fact, by=LADDER, now=now, subject=f"case:{case.pk}", unit_id=case.unit_id)
