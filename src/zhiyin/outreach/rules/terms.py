"""What a policy is: limits, gaps, life of a link, sending hours, age, samples, caps, groups. A value, not a file."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from zhiyin.outreach.rules.core import Rules
from zhiyin.outreach.rules.facts import Facts, Kind
from zhiyin.outreach.rules.groups import Exclusions, Groups, ShareFor, Target
from zhiyin.outreach.rules.hours import DAY, ChannelCap, HoursFor, Reminder, SendingHours, clock
from zhiyin.outreach.rules.instants import span_micros

__all__ = ["DAY", "SendingHours", "clock"]  # where they were before they had a file of their own


class Scope(StrEnum):
    """Which messages a limit counts together. Its place in SCOPES is what the rule core knows it by."""

    CUSTOMER = "customer"
    SCENARIO = "customer+scenario"
    TOUCHPOINT = "customer+touchpoint"
    STAFF = "staff"  # this and the rest count over all customers
    UNIT = "unit"
    BRAND = "brand"
    SEGMENT = "segment"

    @property
    def is_group(self) -> bool:
        """Whether it counts what all customers were sent together."""
        return self in GROUP_SCOPES


SCOPES = tuple(Scope)
GROUP_SCOPES = (Scope.STAFF, Scope.UNIT, Scope.BRAND, Scope.SEGMENT)
LIMIT_REASONS = {
    Scope.CUSTOMER: "customer_limit",
    Scope.SCENARIO: "scenario_limit",
    Scope.TOUCHPOINT: "touchpoint_limit",
    Scope.STAFF: "staff_limit",
    Scope.UNIT: "unit_limit",
    Scope.BRAND: "brand_limit",
    Scope.SEGMENT: "segment_limit",
}
GAP_REASONS = {
    Scope.CUSTOMER: "gap",
    Scope.SCENARIO: "scenario_gap",
    Scope.TOUCHPOINT: "touchpoint_gap",
    Scope.STAFF: "staff_gap",
    Scope.UNIT: "unit_gap",
    Scope.BRAND: "brand_gap",
    Scope.SEGMENT: "segment_gap",
}
ALL_KINDS = frozenset({Kind.SURVEY, Kind.REMINDER, Kind.CARE})  # of messages
SURVEY_KINDS = frozenset({Kind.SURVEY, Kind.REMINDER})
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``most`` messages in any rolling ``period``; it holds back only the kinds that it counts.

    One that counts completions holds back surveys and reminders, since they are what leads to one.
    """

    per: Scope
    most: int
    period: timedelta
    reason: str
    counts: frozenset[Kind]

    @property
    def holds(self) -> frozenset[Kind]:
        """The kinds of message that it can hold back."""
        return _held(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """More than ``span`` must have passed since the last message that counts; it holds back the kinds it counts."""

    per: Scope
    span: timedelta
    reason: str
    counts: frozenset[Kind]  # messages only: an answer is nothing that we sent

    @property
    def holds(self) -> frozenset[Kind]:
        return _held(self.counts)

    @property
    def period(self) -> timedelta:
        """A gap is a limit of one message within this period: exactly ``span`` ago is too soon."""
        return self.span + _MOMENT


def _held(counts: frozenset[Kind]) -> frozenset[Kind]:
    return (counts | SURVEY_KINDS) - {Kind.COMPLETION} if Kind.COMPLETION in counts else counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole outreach policy (触达策略). None, or nothing in a tuple: there is no such rule."""

    limits: tuple[Limit, ...]
    gap: timedelta | None  # since the last message of any kind; must be exceeded, not only reached
    link_life: timedelta
    sending_hours: SendingHours | None
    max_age: timedelta | None  # of the interaction
    share: Decimal  # of those who pass every other rule, above 0 and at most 1
    per_number_per_day: int | None
    version: str
    gaps: tuple[Gap, ...] = ()  # beside ``gap``
    hours: tuple[HoursFor, ...] = ()  # where they differ from ``sending_hours``
    caps: tuple[ChannelCap, ...] = ()
    shares: tuple[ShareFor, ...] = ()  # where they differ from ``share``
    targets: tuple[Target, ...] = ()
    eligible: Groups = Groups()
    exclude: Exclusions = Exclusions()
    reminder: Reminder | None = None

    @property
    def all_gaps(self) -> tuple[Gap, ...]:
        """The plain gap first, then the others: the order in which they are judged."""
        return plain_gap(self.gap) + self.gaps

    @property
    def counted_rules(self) -> "tuple[Limit | Gap, ...]":
        """Limits and then gaps: everything that counts, in the order of its use."""
        return (*self.limits, *self.all_gaps)

    @property
    def lookback(self) -> timedelta:
        """Messages sent longer ago than this change no decision about a person: how much history to fetch."""
        return self._lookback(group=False)

    @property
    def group_lookback(self) -> timedelta:
        """The same for what groups were sent; zero without a rule that counts over all customers."""
        return self._lookback(group=True)

    def _lookback(self, *, group: bool) -> timedelta:
        limits = [limit.period for limit in self.limits if limit.per.is_group is group]
        gaps = [gap.span for gap in self.all_gaps if gap.per.is_group is group]
        # A gap alone looks a moment further back than it is long: exactly that long ago is too soon.
        return max(limits, default=_MOMENT if gaps else timedelta(0)) + max(gaps, default=timedelta(0))

    @property
    def groups(self) -> frozenset[Scope]:
        """The group scopes whose logs ``decide_batch`` needs."""
        return frozenset(rule.per for rule in self.counted_rules if rule.per.is_group)

    @property
    def putting_off(self) -> tuple[object, ...]:
        """All by which a message that may leave must wait: hours and caps. Alike in two policies: both wait alike."""
        return self.sending_hours, self.hours, self.per_number_per_day, self.caps

    @property
    def has_sample(self) -> bool:
        """Whether anybody may be left out by the draw."""
        return self.share < 1 or any(row.share < 1 for row in self.shares)

    def share_for(self, facts: Facts) -> Decimal:
        """The sampling share that this message is drawn with."""
        return next((row.share for row in self.shares if row.fits(facts)), self.share)

    def as_decided(self) -> "Policy":
        """The policy for a message that it was decided to send: no draw, no target, no groups a second time."""
        exclude = replace(self.exclude, groups=Groups())
        return replace(self, share=Decimal(1), shares=(), targets=(), eligible=Groups(), exclude=exclude)


def plain_gap(span: timedelta | None) -> tuple[Gap, ...]:
    """The gap of ``[gap] hours``: per customer, since the last message of any kind."""
    if span is None:
        return ()
    return (Gap(per=Scope.CUSTOMER, span=span, reason=GAP_REASONS[Scope.CUSTOMER], counts=ALL_KINDS),)


@lru_cache(maxsize=64)
def rules_of(policy: Policy) -> Rules:
    """The counted rules of a policy, limits and then gaps, as plain integers for the rule core."""
    rules = policy.counted_rules
    return Rules(
        scope=tuple(SCOPES.index(rule.per) for rule in rules),
        most=tuple(rule.most if isinstance(rule, Limit) else 1 for rule in rules),
        period=tuple(span_micros(rule.period) for rule in rules),
        counted=tuple(sum(rule.counts) for rule in rules),
        held=tuple(sum(rule.holds) for rule in rules),
    )


def rule_name(policy: Policy, place: int) -> str:
    """What a decision calls the rule at this place among the counted ones: limit[2], gap, gap[2]."""
    if place < len(policy.limits):
        return f"limit[{place + 1}]"
    number = place - len(policy.limits) + 1
    return "gap" if number == 1 and policy.gap else f"gap[{number}]"
