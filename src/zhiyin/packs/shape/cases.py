"""terms.toml, causes.toml, steps.toml, emotions.toml: how a case is opened, run, explained and closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from zhiyin.lib.text import Text
from zhiyin.packs.schema import HOUR, Source, key_of, many, rule
from zhiyin.packs.shape.about import Role

Step = Literal["connect", "commit", "complete", "confirm", "callback"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Event = Literal["opened", "dispatched", "connected", "committed", "completed", "problem_found", "returned"]
CloseRuleKey = Literal["customer_agreed", "cause_classified", "not_by_whom_it_is_about", "found_problem_solved"]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When a clock runs. ``holidays`` says whether statutory holidays are working time."""

    key: str = key_of("calendar")
    name: Text = rule(longest=40)
    begin: str = rule(name="from", shape=HOUR)
    end: str = rule(name="to", shape=HOUR)
    days: tuple[Day, ...] = rule(least=1, most=7)
    holidays: Literal["open", "closed"]
    source: Source


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A promise in time: done ``within`` so long of ``starts``, and not before ``not_before``.

    ``instead_of`` names the clock that this one replaces when the owner was away with another customer.
    """

    key: str = key_of("clock")
    step: Step | None = None  # None: a clock beside the five steps
    name: Text = rule(longest=60)
    starts: Event
    within: timedelta
    not_before: timedelta | None = None
    calendar: str = rule(refers="calendar")
    pauses: bool  # stands still while the customer is awaited
    instead_of: str | None = rule(default=None, refers="clock")
    source: Source


@dataclass(frozen=True, kw_only=True)
class Rung:
    """Of the escalation ladder: so long after ``when``, this role is told."""

    key: str = key_of("escalation")
    when: Literal["overdue", "reopened", "regulator"]
    after: timedelta
    to: Role
    text: Text = rule(longest=120)
    source: Source


@dataclass(frozen=True, kw_only=True)
class CloseRule:
    key: CloseRuleKey
    text: Text = rule(longest=120)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Terms:
    calendars: tuple[Calendar, ...] = many("calendar", least=1)
    clocks: tuple[Clock, ...] = many("clock", least=1)
    ladder: tuple[Rung, ...] = many("escalation")
    close_rules: tuple[CloseRule, ...] = many("close_rule", least=1)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Between what the customer expected and what we did: which kind of distance it was (S4.9)."""

    key: str = key_of("gap")
    name: Text = rule(longest=40)
    definition: Text = rule(longest=200)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A leaf of the cause tree. ``gap`` is our proposal, changed on the case where it does not fit."""

    key: str = key_of("cause")
    name: Text = rule(longest=60)
    gap: str | None = rule(default=None, refers="gap")
    source: Source


@dataclass(frozen=True, kw_only=True)
class CauseGroup:
    key: str = key_of("cause group")
    name: Text = rule(longest=40)
    causes: tuple[Cause, ...] = many("cause", least=1)
    source: Source


@dataclass(frozen=True, kw_only=True)
class CauseTree:
    gaps: tuple[Gap, ...] = many("gap", least=1)
    groups: tuple[CauseGroup, ...] = many("group", least=1)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One point of guidance, one question to ask, or one sentence to say."""

    text: Text = rule(longest=160)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Avoid:
    """A phrase that makes it worse, why it does, and what to say instead."""

    key: str = key_of("forbidden phrase")
    phrase: Text = rule(longest=60)
    why: Text = rule(name="because", longest=120)
    instead: Text = rule(longest=120)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Phase:
    key: str = key_of("phase")
    name: Text = rule(longest=40)
    source: Source


@dataclass(frozen=True, kw_only=True)
class CaseStep:
    """One of the five C steps, as the workbench explains it."""

    key: Step
    phase: str = rule(refers="phase")
    name: Text = rule(longest=40)
    goal: Text = rule(longest=120)
    points: tuple[Line, ...] = many("point", least=1)
    source: Source


@dataclass(frozen=True, kw_only=True)
class ComplaintStep:
    """One of the six complaint steps. ``missing`` says what the source does not print: it stays missing."""

    key: str = key_of("complaint step")
    name: Text = rule(longest=40)
    goal: Text = rule(longest=120)
    points: tuple[Line, ...] = many("point", least=1)
    ask: tuple[Line, ...] = ()
    say: tuple[Line, ...] = ()
    avoid: tuple[Avoid, ...] = ()
    missing: Text | None = rule(default=None, longest=120)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Steps:
    phases: tuple[Phase, ...] = many("phase", least=1)
    case_steps: tuple[CaseStep, ...] = many("case_step", least=5, most=5)
    complaint_steps: tuple[ComplaintStep, ...] = many("complaint_step", least=1)


Words = Mapping[str, tuple[str, ...]]  # per language


@dataclass(frozen=True, kw_only=True)
class Expressions:
    """Words of one strength. A weight below zero soothes."""

    key: str = key_of("expressions")
    name: Text = rule(longest=40)
    weight: float = rule(least=-3, most=3)
    words: Words = rule(longest=40)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Negations:
    """Words that turn off an expression beginning within ``reach`` (Chinese characters, English words) after them."""

    reach: Mapping[str, int] = rule(least=1, most=10)
    words: Words = rule(longest=40)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Emotions:
    """A comment is angry once the weights of its expressions, the longest match first, add up to ``angry_from``."""

    angry_from: float = rule(least=0.5)
    expressions: tuple[Expressions, ...] = many("expressions", least=1)
    negations: Negations
    source: Source
