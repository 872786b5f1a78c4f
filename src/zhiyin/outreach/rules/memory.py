"""What one person was sent, and what groups were, laid out in columns as the rule core wants it."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime

from zhiyin.outreach.rules import core
from zhiyin.outreach.rules.core import Log
from zhiyin.outreach.rules.facts import Contact, Facts, Kind, Sendings, State
from zhiyin.outreach.rules.instants import instant, micros, span_micros
from zhiyin.outreach.rules.terms import SCOPES, Gap, Limit, Policy, Scope

GroupLogs = Mapping[tuple[Scope, Hashable], Iterable[Sendings]]


def keys_of(facts: Facts) -> tuple[Hashable, Hashable, Hashable]:
    """What a message must share with this one to count, for each of the personal scopes in turn."""
    return None, facts.scenario, facts.touchpoint


def group_of(facts: Facts, scope: Scope) -> Hashable:
    """The group of this scope that the message belongs to; None: to none."""
    if scope is Scope.STAFF:
        return facts.staff
    if scope is Scope.UNIT:
        return facts.unit
    return facts.brand if scope is Scope.BRAND else facts.segment


def log_of(history: Iterable[Contact], now: int) -> Log:
    """One person's messages, oldest first; what still waits counts as if it went now."""
    log = Log([], [], ([], [], []))
    for at, scenario, touchpoint, kind, state in history:
        sent = now if state is State.QUEUED or at is None else micros(at)
        remember(log, sent, kind, scenario, touchpoint)
    return log


def remember(log: Log, at: int, kind: Kind, scenario: Hashable, touchpoint: Hashable) -> None:
    """Put one message in its place by time."""
    place = bisect_right(log.sent, at)
    everybody, scenarios, touchpoints = log.keys
    log.sent.insert(place, at)
    log.kinds.insert(place, kind)
    everybody.append(None)
    scenarios.insert(place, scenario)
    touchpoints.insert(place, touchpoint)


def counted(log: Log, rule: Limit | Gap, facts: Facts, now: int) -> tuple[datetime, ...]:
    """When the messages went that this rule finds in its window, oldest first. For rules per person."""
    since = now - span_micros(rule.period)
    return tuple(instant(sent) for sent in _mine(log, rule, facts) if sent > since)


def last_of(log: Log, gap: Gap, facts: Facts) -> tuple[datetime, ...]:
    """When the last message went that this gap runs from; nothing if there was none."""
    return tuple(instant(sent) for sent in _mine(log, gap, facts)[-1:])


def _mine(log: Log, rule: Limit | Gap, facts: Facts) -> list[int]:
    scope = SCOPES.index(rule.per)
    key = keys_of(facts)[scope]
    rows = zip(log.sent, log.kinds, log.keys[scope], strict=True)
    return [sent for sent, kind, mine in rows if kind in rule.counts and mine == key]


class GroupMemory:
    """What groups were sent, and what a batch adds to it."""

    def __init__(self, logs: GroupLogs, policy: Policy, now: int) -> None:
        self.given, self.now = logs, now
        self.rules = [(place, rule) for place, rule in enumerate(policy.counted_rules) if rule.per.is_group]
        self.pages: dict[tuple[int, Hashable], tuple[list[int], list[int]]] = {}  # times, and how many until then

    def count(self, facts: Facts, counts: list[int]) -> None:
        """Write into ``counts`` what each rule over a group finds in its window."""
        for place, rule in self.rules:
            times, until = self._page(place, rule, facts)
            found = core.first_after(times, 0, len(times), self.now - span_micros(rule.period))
            counts[place] = (until[-1] if until else 0) - (until[found - 1] if found else 0)

    def allowed_again(self, facts: Facts) -> int:
        """The earliest instant from now on at which no rule over a group blocks."""
        again = self.now
        for place, rule in self.rules:
            if facts.kind in rule.holds:
                times, until = self._page(place, rule, facts)
                spare = (until[-1] if until else 0) - (rule.most if isinstance(rule, Limit) else 1)
                if spare >= 0:  # so many must have left the window, and one more
                    leaves = times[bisect_right(until, spare)] + span_micros(rule.period)
                    again = max(again, leaves)
        return again

    def remember(self, facts: Facts) -> None:
        """One message to the person goes out, as if now."""
        for place, rule in self.rules:
            if facts.kind in rule.counts and group_of(facts, rule.per) is not None:
                times, until = self._page(place, rule, facts)
                spot = bisect_right(times, self.now)
                times.insert(spot, self.now)
                until.insert(spot, until[spot - 1] if spot else 0)
                until[spot:] = [number + 1 for number in until[spot:]]

    def _page(self, place: int, rule: Limit | Gap, facts: Facts) -> tuple[list[int], list[int]]:
        group = group_of(facts, rule.per)
        if (place, group) not in self.pages:
            given = () if group is None else self.given.get((rule.per, group), ())
            rows = sorted(
                (self.now if one.at is None else micros(one.at), one.messages)
                for one in given
                if one.kind in rule.counts
            )
            total, until = 0, []
            for _, count in rows:
                total += count
                until.append(total)
            self.pages[place, group] = ([at for at, _ in rows], until)
        return self.pages[place, group]

    def latest(self, place: int, rule: Limit | Gap, facts: Facts) -> tuple[datetime, ...]:
        """When the group's last message went that this rule counts; nothing if there was none."""
        return tuple(instant(at) for at in self._page(place, rule, facts)[0][-1:])
