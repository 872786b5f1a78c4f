"""One decision with all its arithmetic, or a thousand in a batch: the same rules, the same core, the same answers."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from zhiyin.outreach.rules import core
from zhiyin.outreach.rules.checks import RULES_OF_LEFT_OUT, barred, left_out
from zhiyin.outreach.rules.facts import Contact, Facts
from zhiyin.outreach.rules.instants import instant, micros, utc
from zhiyin.outreach.rules.memory import GroupLogs, GroupMemory, keys_of, log_of, remember
from zhiyin.outreach.rules.terms import Policy, rule_name, rules_of
from zhiyin.outreach.rules.trace import Step, trace_of
from zhiyin.outreach.rules.verdict import Verdict

Customer = TypeVar("Customer", bound=Hashable)
NO_GROUPS: GroupLogs = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision with everything that led to it."""

    verdict: Verdict
    trace: tuple[Step, ...]
    facts: Facts
    policy: Policy
    at: datetime

    @property
    def outcome(self) -> str:
        """``invite`` or ``suppress``, the words of the API."""
        return "invite" if self.verdict.invited else "suppress"

    @property
    def reason(self) -> str:
        return self.verdict.reason

    @property
    def rule(self) -> str:
        return self.verdict.rule

    @property
    def counts(self) -> tuple[int, ...]:
        return self.verdict.counts

    @property
    def next_allowed_at(self) -> datetime | None:
        return self.verdict.next_allowed_at


def decide(
    *, facts: Facts, history: Iterable[Contact], policy: Policy, now: datetime, group_logs: GroupLogs = NO_GROUPS
) -> Decision:
    """Whether this message may be sent now, why not, and the whole arithmetic.

    ``history`` is all that this person was sent within ``policy.lookback`` or still waits to be sent, in any order.
    ``group_logs`` is as in ``decide_batch``.
    """
    now = utc(now)
    at = micros(now)
    log = log_of(history, at)
    groups = GroupMemory(group_logs, policy, at)
    verdict, counts = _judge(facts, log, at, policy, rules_of(policy), now, groups)
    return Decision(verdict, trace_of(facts, log, policy, verdict, now, groups, counts), facts, policy, now)


def decide_batch(
    *,
    asks: Iterable[tuple[Customer, Facts]],
    histories: Mapping[Customer, Sequence[Contact]],
    policy: Policy,
    now: datetime,
    group_logs: GroupLogs = NO_GROUPS,
) -> list[Verdict]:
    """One verdict for each (customer, facts), in order; an invitation counts at once for the later ones of the batch.

    ``histories`` holds what each customer was sent; one without history may be left out. ``group_logs`` holds, for
    each (scope, key) of ``policy.groups``, what the whole group was sent within ``policy.group_lookback``, in any
    order, one by one or as counts at a time; a group that is left out was sent nothing.
    """
    now = utc(now)
    logs: dict[Customer, core.Log] = {}
    verdicts = []
    at = micros(now)
    rules = rules_of(policy)
    groups = GroupMemory(group_logs, policy, at)
    for customer, facts in asks:
        log = logs.get(customer)
        if log is None:
            log = logs[customer] = log_of(histories.get(customer, ()), at)
        verdict, _ = _judge(facts, log, at, policy, rules, now, groups)
        if not verdict.reason:
            remember(log, at, facts.kind, facts.scenario, facts.touchpoint)  # queued: as if it went now
            groups.remember(facts)
        verdicts.append(verdict)
    return verdicts


def _judge(
    facts: Facts, log: core.Log, at: int, policy: Policy, rules: core.Rules, now: datetime, groups: GroupMemory
) -> tuple[Verdict, Sequence[int]]:
    """The verdict, and what every counted rule found: limits and gaps."""
    if reason := barred(facts, policy, now):
        return Verdict(reason, reason, (), None), ()
    ask = keys_of(facts)
    length = len(log.sent)
    counts = [0] * len(rules.most)
    if groups.rules:
        groups.count(facts, counts)
    # Who was sent nothing, and is in no group that counts, is below every limit there is: the least of them is one.
    is_blank = not length and not groups.rules
    place = core.INVITE if is_blank else core.judge(at, facts.kind, ask, log, 0, length, rules, counts)
    told = tuple(counts[: len(policy.limits)])
    if place == core.INVITE:
        late = left_out(facts, policy)
        return Verdict(late, RULES_OF_LEFT_OUT.get(late, ""), told, None), counts
    again = core.allowed_again(at, facts.kind, ask, log, 0, length, rules)
    if groups.rules:
        again = max(again, groups.allowed_again(facts))
    rule = policy.limits[place] if place < len(told) else policy.all_gaps[place - len(told)]
    return Verdict(rule.reason, rule_name(policy, place), told, instant(again)), counts
