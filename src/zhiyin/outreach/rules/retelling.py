"""A stored decision told again, rule by rule, from its reason and counts: nothing is judged anew."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import NamedTuple

from zhiyin.outreach.rules.checks import RULES_OF_LEFT_OUT, reached
from zhiyin.outreach.rules.facts import Facts, Kind
from zhiyin.outreach.rules.judge import Decision
from zhiyin.outreach.rules.terms import Gap, Limit, Policy, Scope, rule_name
from zhiyin.outreach.rules.trace import Outcome, Step, check_steps, target_step
from zhiyin.outreach.rules.verdict import Verdict


class Sent(NamedTuple):
    """A message that had left by then."""

    at: datetime
    scenario: Hashable
    touchpoint: Hashable
    kind: Kind = Kind.SURVEY


def retold(
    *,
    reason: str,
    counts: tuple[int, ...],
    next_allowed_at: datetime | None,
    facts: Facts,
    sent: Sequence[Sent],
    policy: Policy,
    at: datetime,
) -> Decision:
    """The decision with its arithmetic. The counts are those of the day, whatever became of the messages since;
    ``sent`` only gives them dates. ``policy`` is the version that the decision names.
    """
    verdict = Verdict(reason, _rule(reason, counts, facts.kind, policy), counts, next_allowed_at)
    before = sorted(one for one in sent if one.at <= at)
    return Decision(verdict, tuple(_trace(verdict, facts, before, policy, at)), facts, policy, at)


def _rule(reason: str, counts: tuple[int, ...], kind: Kind, policy: Policy) -> str:
    if reason in RULES_OF_LEFT_OUT:
        return RULES_OF_LEFT_OUT[reason]
    full = (
        number
        for number, (limit, count) in enumerate(zip(policy.limits, counts, strict=False), 1)
        if limit.reason == reason and count >= limit.most and kind in limit.holds
    )
    place = next(full, None)
    if place is not None:
        return f"limit[{place}]"
    gaps = (place for place, gap in enumerate(policy.all_gaps, len(policy.limits)) if gap.reason == reason)
    return next((rule_name(policy, place) for place in gaps), reason)


def _trace(verdict: Verdict, facts: Facts, sent: Sequence[Sent], policy: Policy, at: datetime) -> list[Step]:
    steps = check_steps(policy, verdict.rule)
    for number, limit in enumerate(policy.limits, 1):
        place = number - 1
        count = verdict.counts[place] if place < len(verdict.counts) else None
        steps.append(_limit(limit, count, facts, sent, at=at, spoke=verdict.rule == f"limit[{number}]"))
    # Gaps, targets and the sample are looked at only when no rule before them has spoken.
    after = ("", "sampling", "target")
    names = [rule_name(policy, len(policy.limits) + place) for place in range(len(policy.all_gaps))]
    for place, (gap, name) in enumerate(zip(policy.all_gaps, names, strict=True)):
        outcome = _last(verdict.rule, name, after=(*after, *names[place + 1 :]))
        if facts.kind not in gap.holds:
            outcome = Outcome.NOT_JUDGED
        steps.append(Step(gap.reason, outcome, contacts=_latest(outcome, sent, gap, facts, at), gap=gap))
    if policy.targets:
        full = (reached(facts, policy) or 0) if verdict.rule == "target" else None
        steps.append(target_step(full, facts, policy, judged=verdict.rule in ("", "sampling", "target")))
    if policy.has_sample:
        steps.append(Step("sampled_out", _last(verdict.rule, "sampling", after=("",))))
    return steps


def _limit(limit: Limit, count: int | None, facts: Facts, sent: Sequence[Sent], *, at: datetime, spoke: bool) -> Step:
    if count is None:
        return Step(limit.reason, Outcome.NOT_JUDGED, limit)
    dates = () if limit.per.is_group else tuple(one.at for one in sent if _counts(one, limit, facts, at))
    # Messages that still waited counted as if they went at that moment. What a group was sent bears no dates.
    contacts = (*dates, *[at] * (count - len(dates)))[-count:] if count and not limit.per.is_group else ()
    if facts.kind not in limit.holds:
        outcome = Outcome.NOT_JUDGED
    elif count < limit.most:
        outcome = Outcome.PASSED
    else:
        outcome = Outcome.BLOCKED if spoke else Outcome.ALSO_BLOCKED
    return Step(limit.reason, outcome, limit, count, contacts)


def _counts(one: Sent, limit: Limit, facts: Facts, at: datetime) -> bool:
    return _same(one, limit, facts) and at - one.at < limit.period


def _same(one: Sent, rule: Limit | Gap, facts: Facts) -> bool:
    same = {
        Scope.CUSTOMER: True,
        Scope.SCENARIO: one.scenario == facts.scenario,
        Scope.TOUCHPOINT: one.touchpoint == facts.touchpoint,
    }
    return same[rule.per] and one.kind in rule.counts


def _latest(outcome: Outcome, sent: Sequence[Sent], gap: Gap, facts: Facts, at: datetime) -> tuple[datetime, ...]:
    """When the last message went. If it blocked and none went so recently, it waited then and counted as going."""
    if gap.per.is_group:
        return ()
    mine = [one.at for one in sent if _same(one, gap, facts)]
    if outcome is Outcome.BLOCKED and (not mine or at - mine[-1] > gap.span):
        return (at,)
    return tuple(mine[-1:])


def _last(rule: str, mine: str, *, after: tuple[str, ...]) -> Outcome:
    if rule == mine:
        return Outcome.BLOCKED
    return Outcome.PASSED if rule in after else Outcome.NOT_JUDGED
