"""The arithmetic behind a decision, rule by rule: which passed, which blocked first, which were never reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from zhiyin.outreach.rules.checks import checks_of, reached
from zhiyin.outreach.rules.core import Log
from zhiyin.outreach.rules.facts import Cell, Facts
from zhiyin.outreach.rules.groups import Target
from zhiyin.outreach.rules.instants import micros
from zhiyin.outreach.rules.memory import GroupMemory, counted, last_of
from zhiyin.outreach.rules.terms import Gap, Limit, Policy, rule_name
from zhiyin.outreach.rules.verdict import Verdict


class Outcome(StrEnum):
    """How one rule of the trace came out."""

    PASSED = "passed"
    BLOCKED = "blocked"  # the first that did: it gave the reason
    ALSO_BLOCKED = "also_blocked"
    NOT_JUDGED = "not_judged"  # an earlier rule had spoken, or the rule is not for this kind of message


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the arithmetic."""

    reason: str  # what it gives as its reason when it blocks
    outcome: Outcome
    limit: Limit | None = None
    count: int | None = None
    contacts: tuple[datetime, ...] = ()  # the messages that count here, oldest first; none are named for a group
    gap: Gap | None = None
    target: Target | None = None  # the one that is reached, or the first of the policy
    cell: Cell | None = None


def trace_of(
    facts: Facts,
    log: Log,
    policy: Policy,
    verdict: Verdict,
    now: datetime,
    groups: GroupMemory,
    counts: Sequence[int],
) -> tuple[Step, ...]:
    """Every rule of the policy in the order of their use. ``counts`` is what each counted rule found, gaps included."""
    steps = check_steps(policy, verdict.rule)
    for number, limit in enumerate(policy.limits, 1):
        steps.append(_limit_step(limit, f"limit[{number}]", facts, log, verdict, now))
    for place, gap in enumerate(policy.all_gaps, len(policy.limits)):
        last = groups.latest(place, gap, facts) if gap.per.is_group else last_of(log, gap, facts)
        blocked = bool(counts) and counts[place] > 0
        outcome = outcome_of(
            judged=bool(counts) and facts.kind in gap.holds,
            blocked=blocked,
            first=verdict.rule == rule_name(policy, place),
        )
        steps.append(Step(gap.reason, outcome, contacts=last, gap=gap))
    passed = verdict.rule in ("", "sampling")
    if policy.targets:
        full = reached(facts, policy) if passed or verdict.rule == "target" else None
        steps.append(target_step(full, facts, policy, judged=passed or full is not None))
    if policy.has_sample:
        blocked = verdict.rule == "sampling"
        steps.append(Step("sampled_out", outcome_of(judged=blocked or verdict.invited, blocked=blocked, first=True)))
    return tuple(steps)


def check_steps(policy: Policy, rule: str) -> list[Step]:
    """Checks speak before anything is counted: those before the one that blocked passed, later ones were not judged."""
    checks = checks_of(policy)
    spoken = checks.index(rule) if rule in checks else len(checks)
    return [
        Step(check, outcome_of(judged=place <= spoken, blocked=place == spoken, first=True))
        for place, check in enumerate(checks)
    ]


def _limit_step(limit: Limit, rule: str, facts: Facts, log: Log, verdict: Verdict, now: datetime) -> Step:
    if not verdict.counts:  # an earlier check had spoken, so nothing was counted
        return Step(limit.reason, Outcome.NOT_JUDGED, limit)
    count = verdict.counts[int(rule[6:-1]) - 1]
    contacts = () if limit.per.is_group else counted(log, limit, facts, micros(now))
    outcome = outcome_of(judged=facts.kind in limit.holds, blocked=count >= limit.most, first=verdict.rule == rule)
    return Step(limit.reason, outcome, limit, count, contacts)


def target_step(place: int | None, facts: Facts, policy: Policy, *, judged: bool) -> Step:
    """The target at this place, which is reached; or, None, the first of the policy, which is not."""
    target = policy.targets[place or 0]
    cell = facts.cells[place or 0] if len(facts.cells) > (place or 0) else None
    outcome = outcome_of(judged=judged, blocked=place is not None, first=True)
    return Step("target_reached", outcome, target=target, cell=cell)


def outcome_of(*, judged: bool, blocked: bool, first: bool) -> Outcome:
    """How a rule came out."""
    if not judged:
        return Outcome.NOT_JUDGED
    if not blocked:
        return Outcome.PASSED
    return Outcome.BLOCKED if first else Outcome.ALSO_BLOCKED
