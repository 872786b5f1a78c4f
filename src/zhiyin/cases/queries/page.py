"""One case's page: everything that the person who handles it needs, on one screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.cases.access import hand_of, visible_case_by_code
from zhiyin.cases.models import Case, Pause, Problem, Trigger
from zhiyin.cases.queries.customer import Panel, panel
from zhiyin.cases.queries.entries import closed_by, granted
from zhiyin.cases.queries.people import Candidate, candidates
from zhiyin.cases.queries.queue import shown_title, touchpoint_names
from zhiyin.cases.queries.story import Told, course
from zhiyin.cases.queries.voice import Voice, voice
from zhiyin.cases.reading import Reckoned, reckon
from zhiyin.cases.rules.clocks import Deadline, callback_window, left_of, next_due, of_step
from zhiyin.cases.rules.facts import Step
from zhiyin.cases.rules.steps import STEPS, UNDO_WITHIN, Action, may_undo, next_action, why_not
from zhiyin.cases.rules.texts import (
    COMPENSATIONS,
    CauseGroup,
    ComplaintStep,
    Gap,
    authority_of,
    cause_groups,
    complaint_steps,
    gaps,
    step_texts,
)
from zhiyin.cases.words import NEXT, REASONS, Word
from zhiyin.cases.words import STEPS as STEP_WORDS
from zhiyin.lib.text import pick
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards, unit_names
from zhiyin.ui import cards, times

SLOTS = (time(10), time(15), time(19))  # local hours to offer for a callback
MOST_SLOTS = 4


@dataclass(frozen=True)
class Guide:
    """What the workbench advises for one of the six complaint steps, in the reader's language."""

    key: str
    name: str
    goal: str
    points: tuple[str, ...]
    ask: tuple[str, ...]
    say: tuple[str, ...]
    avoid: tuple[tuple[str, str, str], ...]  # phrase, why it makes it worse, what to say instead
    source: str
    is_done: bool


@dataclass(frozen=True)
class Choice:
    """One of a few to choose from."""

    key: str
    label: str
    is_chosen: bool = False
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """All that the template shows. ``may`` tells which buttons there are."""

    id: int
    code: str
    version: int
    title: str
    reasons: tuple[str, ...]
    touchpoint: str
    unit: str
    is_urgent: bool
    state: str
    pause_reason: str
    problem: str
    owner_id: int | None
    owner: str
    about: str
    next: Action | None
    next_label: str
    next_step: Guide | None
    due_at: datetime | None
    left: timedelta | None
    steps: Sequence[cards.Step]
    voice: Voice | None
    guides: tuple[Guide, ...]
    current_guide: str
    compensations: tuple[Choice, ...]
    authority: Decimal
    granted: Decimal
    window: tuple[datetime, datetime] | None
    slots: tuple[datetime, ...]
    callback_is_late: bool  # not made yet, and its window is over
    is_called_back: bool
    planned_at: datetime | None
    gaps: tuple[Choice, ...]
    causes: tuple[tuple[str, tuple[Choice, ...]], ...]
    is_classified: bool
    panel: Panel
    course: Sequence[Told]
    candidates: Sequence[Candidate]
    may: Mapping[str, bool]
    is_mine: bool  # to act on: the owner's, or a lead's
    can_undo: bool
    promised_for: datetime | None
    suggested_promise: datetime | None

    @property
    def ticked(self) -> int:
        """How many of the six complaint steps are done."""
        return sum(guide.is_done for guide in self.guides)


def case_page(code: str, *, by: Viewer, now: datetime) -> CasePage:
    """The page of one case. Raises NotFound, or ConflictOfInterest for whom it is about."""
    at = reckon(visible_case_by_code(code, by=by))
    case, content = at.case, at.version.content
    due = next_due(at.deadlines)
    action = next_action(at.facts)
    language = by.language
    guides = tuple(_guide(step, case, language) for step in complaint_steps(content))
    people = staff_cards([case.owner_id, case.about_id])
    place = touchpoint_names([case.touchpoint_id]).get(case.touchpoint_id, "")
    return CasePage(
        id=case.pk,
        code=case.code,
        version=case.version,
        title=shown_title(case, place),
        reasons=_reasons(case),
        touchpoint=place,
        unit=unit_names([case.unit_id], language).get(case.unit_id, ""),
        is_urgent=case.priority == "high",
        state=case.state,
        pause_reason=_pause_reason(case),
        problem=_open_problem(case),
        owner_id=case.owner_id,
        owner=people[case.owner_id].name if case.owner_id in people else "",
        about=people[case.about_id].name if case.about_id in people else "",
        next=action,
        next_label=str(_next_label(at, action)),
        next_step=_step_guide(at, action, language),
        due_at=due.due_at if due else None,
        left=_left(at, due, now),
        steps=stepper(at, now=now, language=language),
        voice=voice(case.response_id, by=by),
        guides=guides,
        current_guide=next((guide.key for guide in guides if not guide.is_done), guides[-1].key if guides else ""),
        compensations=tuple(Choice(key, "") for key in COMPENSATIONS),
        authority=authority_of(by.role, content),
        granted=granted(case.pk),
        window=callback_window(at.facts, clocks=at.clocks, calendars=at.version.terms.calendars),
        slots=_slots(at, now),
        callback_is_late=_callback_is_late(at, now),
        is_called_back=case.called_back_at is not None,
        planned_at=case.callback_planned_at,
        gaps=_gaps(gaps(content), case, language),
        causes=_causes(cause_groups(content), case, language),
        is_classified=bool(case.cause and case.gap),
        panel=panel(case, by=by, now=now),
        course=course(case, at.version, by=by),
        candidates=candidates(case=case, by=by),
        may=_may(at, by),
        is_mine=case.owner_id == by.staff_id or hand_of(by).leads,
        can_undo=_can_undo(case, by, now),
        promised_for=case.promised_for,
        suggested_promise=_suggested_promise(at, now),
    )


def stepper(at: Reckoned, *, now: datetime, language: str) -> list[cards.Step]:
    """The five C with what is due, what was done, and what was late."""
    action = next_action(at.facts)
    clock = times.Clock(zone=timezone.get_current_timezone(), language=language, now=now)
    found = []
    for step in Step:
        deadline, done_at = of_step(at.deadlines, step), at.facts.done_at(step)
        is_late = any(one.is_overdue(now) for one in at.deadlines if one.step is step)
        state = "done" if done_at else "current" if action and STEPS.get(action) is step else "todo"
        found.append(
            cards.Step(
                label=str(STEP_WORDS[step]),
                note=_step_note(step, deadline, done_at, is_late=is_late, clock=clock),
                state=state,  # type: ignore[arg-type]  # one of the three words, by the line above
                is_late=is_late,
            )
        )
    return found


def _step_note(
    step: Step, deadline: Deadline | None, done_at: datetime | None, *, is_late: bool, clock: times.Clock
) -> str:
    if done_at is not None:
        words = _("%(time)s, late") if is_late else _("%(time)s")
        return words % {"time": clock.recent(done_at)}
    if deadline is None:
        return str(_("1–2 days after handling") if step is Step.CALLBACK else _("not yet"))
    if deadline.due_at is None:
        return _("standing still")
    if is_late:
        return _("late since %(time)s") % {"time": clock.recent(deadline.due_at)}
    return _("by %(time)s") % {"time": clock.recent(deadline.due_at)}


def _next_label(at: Reckoned, action: Action | None) -> Word:
    if action is None:
        return ""
    if action is Action.COMPLETE and at.facts.open_problem is not None:
        return _("Problem solved")
    return NEXT[action]


def _step_guide(at: Reckoned, action: Action | None, language: str) -> Guide | None:
    """What the terms say about the step that is next."""
    step = STEPS.get(action) if action else None
    text = step_texts(at.version.content).get(step.value) if step else None
    if text is None:
        return None
    points = tuple(pick(point, language) for point in text.points)
    return Guide(text.key, pick(text.name, language), pick(text.goal, language), points, (), (), (), "", False)


def _guide(step: ComplaintStep, case: Case, language: str) -> Guide:
    return Guide(
        key=step.key,
        name=pick(step.name, language),
        goal=pick(step.goal, language),
        points=tuple(pick(point, language) for point in step.points),
        ask=tuple(pick(line, language) for line in step.ask),
        say=tuple(pick(line, language) for line in step.say),
        avoid=tuple((pick(a.phrase, language), pick(a.why, language), pick(a.instead, language)) for a in step.avoid),
        source=step.source,
        is_done=step.key in case.checklist,
    )


def _reasons(case: Case) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for reasons in Trigger.objects.filter(case_id=case.pk).order_by("at").values_list("reasons", flat=True):
        keys.update(dict.fromkeys(one["reason"] for one in reasons))
    return tuple(str(REASONS.get(key, key)) for key in keys)


def _pause_reason(case: Case) -> str:
    if case.state != Case.State.PAUSED:
        return ""
    return Pause.objects.filter(case_id=case.pk, ended_at=None).values_list("reason", flat=True).first() or ""


def _open_problem(case: Case) -> str:
    found = Problem.objects.filter(case_id=case.pk, solved_at=None).values_list("text", flat=True).first()
    return "" if found is None else found or _("It turned out not to be solved.")


def _left(at: Reckoned, due: Deadline | None, now: datetime) -> timedelta | None:
    if due is None or due.due_at is None:
        return None
    return left_of(due, now=now, calendars=at.version.terms.calendars)


def _slots(at: Reckoned, now: datetime) -> tuple[datetime, ...]:
    """Hours to offer for the callback, inside its window; before completion, as if it were done now."""
    calendars = at.version.terms.calendars
    window = callback_window(at.facts, clocks=at.clocks, calendars=calendars)
    if window is None or at.facts.called_back_at is not None:
        return ()
    first, last = max(window[0], now), window[1]
    day, found = timezone.localtime(first).date(), []
    while day <= timezone.localtime(last).date():
        moments = [timezone.make_aware(datetime.combine(day, hour)) for hour in SLOTS]
        found += [moment for moment in moments if first < moment <= last]
        day += timedelta(days=1)
    return tuple(found[:MOST_SLOTS])


def _callback_is_late(at: Reckoned, now: datetime) -> bool:
    window = callback_window(at.facts, clocks=at.clocks, calendars=at.version.terms.calendars)
    return at.facts.called_back_at is None and window is not None and now > window[1]


def _gaps(all_gaps: Sequence[Gap], case: Case, language: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(gap.key, pick(gap.name, language), gap.key == case.gap, pick(gap.definition, language))
        for gap in all_gaps
    )


def _causes(groups: Sequence[CauseGroup], case: Case, language: str) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    return tuple(
        (
            pick(group.name, language),
            tuple(
                Choice(leaf.key, pick(leaf.name, language), leaf.key == case.cause, leaf.gap) for leaf in group.causes
            ),
        )
        for group in groups
    )


def _may(at: Reckoned, by: Viewer) -> dict[str, bool]:
    """Which verbs have a button: those allowed to this person now."""
    hand, needs = hand_of(by), at.version.terms.closing_needs
    return {action.value: why_not(action, facts=at.facts, hand=hand, closing_needs=needs) is None for action in Action}


def _can_undo(case: Case, by: Viewer, now: datetime) -> bool:
    if case.closed_at is None or now - case.closed_at > UNDO_WITHIN:
        return False
    return may_undo(closed_at=case.closed_at, closed_by=closed_by(case.pk), actor=by.actor, now=now) is None


def _suggested_promise(at: Reckoned, now: datetime) -> datetime | None:
    """What to propose for the promise: when the general deadline for handling falls, if it lies ahead."""
    complete = of_step(at.deadlines, Step.COMPLETE)
    if complete is None or complete.due_at is None or complete.due_at <= now:
        return None
    return complete.due_at
