"""What is due when, and what was late: a function of the case's moments, its terms and the calendar alone.

Nobody has to have looked at the right time. A step done late is late for ever, also when no screen showed it in
between (others store the verdict when a job happens to run, and a late step that no job saw counts as kept).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhiyin.cases.rules.facts import CaseFacts, Step, Stretch
from zhiyin.cases.rules.terms import Clock
from zhiyin.lib.business_time import Calendar, add_working, working_between

Calendars = Mapping[str, Calendar]
PROMISED = "promised"  # the clock that the owner's own promise to the customer is


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """One promise in time on one case. ``due_at`` is None while the clock stands still."""

    clock: str
    step: Step | None
    calendar: str
    began_at: datetime
    due_at: datetime | None
    opens_at: datetime | None = None  # not before this moment
    done_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the promise is broken as of ``now``. Once true it stays true."""
        return self.due_at is not None and (self.done_at or now) > self.due_at

    @property
    def is_late(self) -> bool:
        """Done, and too late."""
        return self.done_at is not None and self.is_overdue(self.done_at)


def deadlines(facts: CaseFacts, *, clocks: Sequence[Clock], calendars: Calendars) -> tuple[Deadline, ...]:
    """Every clock that has begun on this case, in the order of the terms; a problem found has one of its own each."""
    found: list[Deadline] = []
    for clock in applying(clocks, owner_was_away=facts.owner_was_away):
        for began_at, done_at in _runs(clock, facts):
            # What had stopped does not stand still: a pause that began later changes nothing about it.
            pauses = [one for one in facts.pauses if done_at is None or one.began_at < done_at] if clock.pauses else ()
            calendar = calendars[clock.calendar]
            found.append(
                Deadline(
                    clock=clock.key,
                    step=clock.step,
                    calendar=clock.calendar,
                    began_at=began_at,
                    due_at=due_at(began_at, clock.within, calendar=calendar, pauses=pauses),
                    opens_at=add_working(began_at, clock.not_before, calendar) if clock.not_before else None,
                    done_at=done_at,
                )
            )
    found.extend(_promised(facts, clocks))
    return tuple(found)


def applying(clocks: Sequence[Clock], *, owner_was_away: bool) -> Iterator[Clock]:
    """The clocks that count: where the owner was away, the ones made for that take the others' place (S1.7, S1.8)."""
    replaced = {clock.instead_of for clock in clocks if clock.instead_of}
    for clock in clocks:
        stays = clock.key not in replaced if owner_was_away else not clock.instead_of
        if stays:
            yield clock


def due_at(began_at: datetime, within: timedelta, *, calendar: Calendar, pauses: Sequence[Stretch]) -> datetime | None:
    """When ``within`` of working time will have run since ``began_at``, standing still in the pauses.

    None while a pause lasts that began before the time was up.
    """
    left, running_since = within, began_at
    for pause in sorted(pauses, key=lambda one: one.began_at):
        if pause.ended_at is not None and pause.ended_at <= running_since:
            continue
        worked = working_between(running_since, max(running_since, pause.began_at), calendar)
        if worked >= left:
            break
        if pause.ended_at is None:
            return None
        left -= worked
        running_since = pause.ended_at
    return add_working(running_since, left, calendar)


def next_due(found: Sequence[Deadline]) -> Deadline | None:
    """The one to look at first: of what is not done yet, the earliest; what stands still comes last."""
    return min((one for one in found if one.done_at is None), key=_urgency, default=None)


def of_step(found: Sequence[Deadline], step: Step) -> Deadline | None:
    """The deadline of one of the five steps, once its clock has begun: of several the one that ends first."""
    return min((one for one in found if one.step is step), key=_urgency, default=None)


def overdue(found: Sequence[Deadline], *, now: datetime) -> tuple[Deadline, ...]:
    """What is broken as of ``now``, whether it is still to do or was done late."""
    return tuple(one for one in found if one.is_overdue(now))


def left_of(deadline: Deadline, *, now: datetime, calendars: Calendars) -> timedelta:
    """The working time that is left; below zero, by how much it is overdue. Needs a ``due_at``."""
    if deadline.due_at is None:
        raise ValueError("The clock stands still; there is nothing to count down to.")
    calendar = calendars[deadline.calendar]
    if now <= deadline.due_at:
        return working_between(now, deadline.due_at, calendar)
    # Overdue outside working hours is overdue all the same, if only by no working time yet.
    return -max(working_between(deadline.due_at, now, calendar), timedelta(microseconds=1))


def callback_window(
    facts: CaseFacts, *, clocks: Sequence[Clock], calendars: Calendars
) -> tuple[datetime, datetime] | None:
    """Between when and when the customer is to be called back (S1.13a), once the case is completed."""
    found = of_step(deadlines(facts, clocks=clocks, calendars=calendars), Step.CALLBACK)
    if found is None or found.due_at is None:
        return None
    return found.opens_at or found.began_at, found.due_at


def _runs(clock: Clock, facts: CaseFacts) -> Iterator[tuple[datetime, datetime | None]]:
    """When this clock began and was stopped. None yet: nothing. Several problems: several runs."""
    if clock.starts == "problem_found":
        yield from ((problem.found_at, problem.solved_at) for problem in facts.problems)
        return
    began_at = {
        "opened": facts.opened_at,
        "dispatched": facts.dispatched_at,
        "connected": facts.connected_at,
        "committed": facts.committed_at,
        "completed": facts.completed_at,
    }.get(clock.starts)
    if began_at is not None and clock.step is not None:
        yield began_at, facts.done_at(clock.step)


def _promised(facts: CaseFacts, clocks: Sequence[Clock]) -> Iterator[Deadline]:
    """The owner's word to the customer as one more deadline: a moment by the wall clock, moved on by pauses since.

    The general clock goes on beside it: a promise for next month must not make a case that is late look in time.
    """
    if facts.committed_at is None or facts.promised_for is None:
        return
    due: datetime | None = facts.promised_for
    for pause in sorted(facts.pauses, key=lambda one: one.began_at):
        if due is None or pause.began_at < facts.committed_at or pause.began_at >= due:
            continue
        due = due + (pause.ended_at - pause.began_at) if pause.ended_at is not None else None
    calendar = next((clock.calendar for clock in clocks if clock.step is Step.COMPLETE), clocks[0].calendar)
    yield Deadline(
        clock=PROMISED,
        step=Step.COMPLETE,
        calendar=calendar,
        began_at=facts.committed_at,
        due_at=due,
        done_at=facts.completed_at,
    )


def _urgency(deadline: Deadline) -> tuple[bool, datetime]:
    return deadline.due_at is None, deadline.due_at or deadline.began_at
