"""Columns in, verdicts out: who would have been asked, had this policy been in force."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt

from zhiyin.outreach.rules import core
from zhiyin.outreach.rules.checks import is_drawn, outside_groups
from zhiyin.outreach.rules.instants import instant, micros
from zhiyin.outreach.rules.sending import next_change, next_send_at
from zhiyin.outreach.rules.terms import Policy, rules_of
from zhiyin.outreach.simulate.columns import GROUP_COLUMNS, Columns, counted_by, kinds_of_events
from zhiyin.outreach.simulate.engine import Engine

PART = 200_000  # people, or events, between two signs of progress
Progress = Callable[[int], object]  # told how many more events are done
Moments = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Replay:
    """One verdict for each event, and what each verdict is called: the first name is that of core.INVITE."""

    verdicts: npt.NDArray[np.int8]
    reasons: tuple[str, ...]

    @property
    def noted(self) -> int:
        """The verdict of an answer: nothing was asked."""
        return self.reasons.index("completion") - 1


def replay_columns(columns: Columns, *, policy: Policy, tz: tzinfo, engine: Engine, progress: Progress) -> Replay:
    """Judge every event at its time; an invitation is sent then, or when the sending hours of the policy next allow it.

    Age, caps, targets and the hours of single channels and regions play no part: the event is the interaction, and
    there are no numbers, channels and intervals. An answer (a completion) is taken as it came. Raises ColumnMissing.
    """
    for name in counted_by(policy):
        columns.column(name)
    verdicts = np.empty(len(columns), np.int8)
    work = _Work(columns, policy, tz, engine)
    if policy.groups:
        work.in_time(verdicts, progress)
    else:
        work.by_person(verdicts, progress)
    late = ("sampled_out", "completion", "not_eligible", "excluded")
    return Replay(verdicts, ("", *(rule.reason for rule in policy.counted_rules), *late))


class _Work:
    """What both ways of replaying need."""

    def __init__(self, columns: Columns, policy: Policy, tz: tzinfo, engine: Engine) -> None:
        self.columns, self.policy, self.tz, self.engine = columns, policy, tz, engine
        rules = rules_of(policy)
        self.rules = core.Rules(*(np.array(column, np.int64) for column in rules))
        self.counts = np.zeros(len(rules.most), np.int64)
        self.barred, self.drawn = _chosen(columns, policy, len(rules.most))
        by = counted_by(policy)
        labels = ("scenario", "touchpoint") if "touchpoint" in by else ("scenario",)
        nothing = np.empty(0, np.int32) if by.issuperset(labels) else np.zeros(len(columns), np.int32)
        # The core reads scenarios first, then touchpoints; without a rule about the latter it does not look.
        self.labels = tuple(_int32(columns.column(name)) if name in by else nothing for name in labels)
        self.ask = np.zeros(1 + len(self.labels), np.int64)

    def log(self, room: int) -> core.Log:
        return core.Log(np.zeros(room, np.int64), np.zeros(room, np.int8), np.zeros((len(self.ask), room), np.int32))

    def by_person(self, verdicts: Any, progress: Progress) -> None:
        columns, engine = self.columns, self.engine
        people = _starts(columns.customer, columns.customers)
        order, at = np.empty(len(columns), np.int32), np.empty(len(columns), np.int64)
        engine.put_in_order(columns.customer, columns.at, people[:-1].copy(), order, at)
        longest = int(np.diff(people).max(initial=0))
        engine.sort_people(people, order, at, np.empty(longest, np.int32), np.empty(longest, np.int64))
        goes, log = _goes(at, self.policy, self.tz), self.log(longest)
        near = np.zeros((len(self.labels), longest), np.int32)
        settled = (columns.of_kind, self.labels, self.drawn, self.barred, self.rules, log, self.ask, near, self.counts)
        for first in range(0, columns.customers, PART):
            some = people[first : first + PART + 1]
            engine.replay(some, order, at, goes, *settled, verdicts)
            progress(int(some[-1] - some[0]))

    def in_time(self, verdicts: Any, progress: Progress) -> None:
        columns = self.columns
        order = np.argsort(columns.at, kind="stable")
        starts = _starts(columns.customer, columns.customers)
        room = (starts[:-1], starts[:-1].copy(), columns.of_kind, self.labels, self.drawn, self.barred, self.rules)
        state = (self.log(len(columns)), _books(columns, self.policy), self.ask, self.counts, verdicts)
        goes = _goes(columns.at, self.policy, self.tz)
        for first in range(0, len(order), PART):
            some = order[first : first + PART]
            self.engine.replay_in_time(some, columns.at, goes, columns.customer, *room, *state)
            progress(len(some))


def _int32(codes: Any) -> npt.NDArray[np.int32]:
    return np.asarray(codes, np.int32)


def _starts(codes: Any, count: int) -> Moments:
    """Where the entries of each code begin when they stand together, and where the last ones end."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(codes, minlength=count), out=starts[1:])
    return starts


def _books(columns: Columns, policy: Policy) -> core.Books:
    """An empty book for each pair of scope and kinds that the rules over groups count."""
    rules = policy.counted_rules
    pairs = list(dict.fromkeys((rule.per, sum(rule.counts)) for rule in rules if rule.per.is_group))
    of_rule = [pairs.index((rule.per, sum(rule.counts))) if rule.per.is_group else -1 for rule in rules]
    keys = np.stack([columns.column(GROUP_COLUMNS[per]).astype(np.int32) for per, _ in pairs])
    groups = int(keys.max(initial=-1)) + 1
    starts = np.stack([_starts(row[row >= 0], groups) for row in keys])
    return core.Books(
        of_rule=np.array(of_rule, np.int64),
        counted=np.array([kinds for _, kinds in pairs], np.int64),
        keys=keys,
        starts=starts,
        ends=starts.copy(),
        sent=np.zeros(keys.shape, np.int64),
    )


def _chosen(columns: Columns, policy: Policy, rules: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Which events the policy's groups leave out (as a verdict), and whom its sample holds. Empty: no such rule."""
    combinations, place = kinds_of_events(columns, policy)
    verdict = {"": core.INVITE, "not_eligible": rules + 2, "excluded": rules + 3}
    barred = np.array([verdict[_outside(facts, policy)] for facts in combinations], np.int8)[place]
    if columns.happened is not None:
        barred[columns.happened] = rules + 1  # noted
    elif not policy.eligible and not policy.exclude.groups:
        barred = np.empty(0, np.int8)
    if not policy.has_sample:
        return barred, np.empty(0, np.bool_)
    if columns.external_id is None:
        raise ValueError("A sample is drawn by external ids, and the events have none.")
    shares = [policy.share_for(facts) for facts in combinations]
    named = columns.external_id
    drawn = (is_drawn(named(row), shares[which]) for row, which in enumerate(place.tolist()))
    return barred, np.fromiter(drawn, np.bool_, len(columns))


def _outside(facts: Any, policy: Policy) -> str:
    """As online, except that no channel is known: lists of channels play no part."""
    eligible = replace(policy.eligible, channels=())
    groups = replace(policy.exclude.groups, channels=())
    return outside_groups(facts, replace(policy, eligible=eligible, exclude=replace(policy.exclude, groups=groups)))


def _goes(at: Moments, policy: Policy, tz: tzinfo) -> Moments:
    """When each invitation would leave."""
    if policy.sending_hours is None or not len(at):
        return at
    plain = policy.sending_hours
    first, last = instant(int(at.min())), instant(int(at.max()))
    opens: list[int] = []
    closes: list[int] = []
    start = next_send_at(now=first, policy=replace(policy, hours=()), tz=tz)
    while not opens or start <= last:
        opens.append(micros(start))
        end = next_change(after=start, hours=plain, tz=tz)
        closes.append(micros(end))
        start = next_change(after=end, hours=plain, tz=tz)
    opens.append(micros(start))
    # The first time that sending stops after the event tells which stretch it falls into, or before which.
    stretch = np.searchsorted(np.array(closes), at, side="right")
    goes: Moments = np.maximum(at, np.array(opens)[stretch])
    return goes
