"""What holds for every policy and every history: the rules against a brute-force reading, and against themselves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zhiyin.outreach.rules import (
    DEFAULT,
    Contact,
    Facts,
    Gap,
    Kind,
    Limit,
    Policy,
    Scope,
    Sendings,
    State,
    Verdict,
    decide,
    decide_batch,
)
from zhiyin.outreach.rules.terms import ALL_KINDS, GROUP_SCOPES, LIMIT_REASONS

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SCENARIOS, TOUCHPOINTS = ("hotline", "repair"), ("phone", "hall")

# Times on a coarse grid with a moment to either side: the edges of windows are hit all the time.
times = st.builds(
    lambda hours, off: START + timedelta(hours=12 * hours) + off * MOMENT, st.integers(0, 60), st.integers(-1, 1)
)
GROUPS = ("A", "B", None)
MESSAGES = sorted(ALL_KINDS)
counts = st.frozensets(st.sampled_from(list(Kind)), min_size=1)
limits = st.builds(
    lambda per, most, half_days, counts: Limit(
        per=per, most=most, period=timedelta(hours=12 * half_days), reason=LIMIT_REASONS[per], counts=counts
    ),
    st.sampled_from(list(Scope)),
    st.integers(1, 3),
    st.integers(1, 20),
    counts,
)
gaps = st.builds(
    lambda per, half_days, counts: Gap(
        per=per, span=timedelta(hours=12 * half_days), reason=f"{per.name.lower()}_own_gap", counts=counts
    ),
    st.sampled_from(list(Scope)),
    st.integers(1, 4),
    st.frozensets(st.sampled_from(MESSAGES), min_size=1),
)
policies = st.builds(
    lambda some, gap, more: replace(
        DEFAULT, limits=tuple(some), gap=gap and timedelta(hours=12 * gap), gaps=tuple(more), max_age=None
    ),
    st.lists(limits, max_size=3),
    st.one_of(st.none(), st.integers(1, 4)),
    st.lists(gaps, max_size=2, unique_by=lambda gap: gap.reason),
)
contacts = st.builds(
    lambda *fields: Contact(*fields),
    times,
    st.sampled_from(SCENARIOS),
    st.sampled_from(TOUCHPOINTS),
    st.sampled_from(list(Kind)),
    st.sampled_from([State.SENT, State.UNKNOWN]),
)
histories = st.lists(contacts, max_size=8)
questions = st.builds(
    lambda scenario, touchpoint, kind, staff, unit: Facts(
        scenario, touchpoint, kind=kind, staff=staff, unit=unit, brand="b", segment=staff
    ),
    st.sampled_from(SCENARIOS),
    st.sampled_from(TOUCHPOINTS),
    st.sampled_from(MESSAGES),
    st.sampled_from(GROUPS),
    st.sampled_from(GROUPS),
)
sendings = st.builds(Sendings, times, st.sampled_from(list(Kind)), st.integers(1, 3))
# What each group was sent, all at once or one by one.
Groups = dict[tuple[Scope, Any], list[Sendings]]
group_logs = st.dictionaries(
    st.tuples(st.sampled_from(GROUP_SCOPES), st.sampled_from(GROUPS)), st.lists(sendings, max_size=3), max_size=6
)


def verdict(
    facts: Facts, history: Sequence[Contact], policy: Policy, now: datetime, groups: Groups | None = None
) -> Verdict:
    return decide(facts=facts, history=history, policy=policy, now=now, group_logs=groups or {}).verdict


def in_window(facts: Facts, history: Sequence[Contact], groups: Groups, rule: Limit | Gap, now: datetime) -> int:
    """How many entries the page lets this rule count."""
    group = {
        Scope.STAFF: facts.staff,
        Scope.UNIT: facts.unit,
        Scope.BRAND: facts.brand,
        Scope.SEGMENT: facts.segment,
    }
    counted = 0
    if rule.per in group:
        entries = [] if group[rule.per] is None else groups.get((rule.per, group[rule.per]), [])
        rows = [(one.at, one.kind, one.messages) for one in entries]
    else:
        same = {Scope.CUSTOMER: lambda one: True, Scope.SCENARIO: lambda one: one.scenario == facts.scenario}
        is_same = same.get(rule.per, lambda one: one.touchpoint == facts.touchpoint)
        rows = [(one.at, one.kind, 1) for one in history if is_same(one)]
    for at, kind, count in rows:
        assert at
        inside = at + rule.period > now if isinstance(rule, Limit) else not at + rule.span < now
        if inside and kind in rule.counts:
            counted += count
    return counted


def brute_force(
    facts: Facts, history: Sequence[Contact], policy: Policy, now: datetime, groups: Groups | None = None
) -> str:
    """The page docs/fatigue.md, word by word, with no thought of speed."""
    for limit in policy.limits:
        leads = Kind.COMPLETION in limit.counts and facts.kind in (Kind.SURVEY, Kind.REMINDER)
        if (facts.kind in limit.counts or leads) and in_window(facts, history, groups or {}, limit, now) >= limit.most:
            return limit.reason
    if policy.gap and any(
        contact.at and contact.kind is not Kind.COMPLETION and not contact.at + policy.gap < now for contact in history
    ):
        return "gap"
    for gap in policy.gaps:
        if facts.kind in gap.counts and in_window(facts, history, groups or {}, gap, now):
            return gap.reason
    return ""


@settings(max_examples=400)
@given(questions, histories, policies, times, group_logs)
def test_the_decision_is_the_brute_force_one(
    facts: Facts, history: list[Contact], policy: Policy, now: datetime, groups: Groups
) -> None:
    assert verdict(facts, history, policy, now, groups).reason == brute_force(facts, history, policy, now, groups)


@settings(max_examples=250)
@given(questions, histories, policies, times, group_logs)
def test_the_next_time_allowed_is_exact(
    facts: Facts, history: list[Contact], policy: Policy, now: datetime, groups: Groups
) -> None:
    again = verdict(facts, history, policy, now, groups).next_allowed_at
    blocked = brute_force(facts, history, policy, now, groups)
    assert (again is not None) == bool(blocked)
    if again:
        assert again > now
        assert verdict(facts, history, policy, again, groups).invited
        assert brute_force(facts, history, policy, again - MOMENT, groups)


@given(questions, histories, contacts, policies, times, group_logs)
def test_one_more_message_never_makes_a_person_eligible(
    facts: Facts, history: list[Contact], one_more: Contact, policy: Policy, now: datetime, groups: Groups
) -> None:
    if not verdict(facts, history, policy, now, groups).invited:
        assert not verdict(facts, [*history, one_more], policy, now, groups).invited


@given(questions, histories, sendings, st.sampled_from(GROUP_SCOPES), policies, times, group_logs)
def test_one_more_message_to_a_group_never_makes_a_person_eligible(
    facts: Facts,
    history: list[Contact],
    one_more: Sendings,
    scope: Scope,
    policy: Policy,
    now: datetime,
    groups: Groups,
) -> None:
    if not verdict(facts, history, policy, now, groups).invited:
        more = {(scope, key): [*groups.get((scope, key), []), one_more] for key in GROUPS}
        assert not verdict(facts, history, policy, now, {**groups, **more}).invited


@given(questions, st.data(), policies, times, group_logs)
def test_a_group_may_be_told_in_any_order_and_one_by_one(
    facts: Facts, data: st.DataObject, policy: Policy, now: datetime, groups: Groups
) -> None:
    one_by_one = {
        key: [one._replace(messages=1) for one in log for _ in range(one.messages)] for key, log in groups.items()
    }
    shuffled = {key: data.draw(st.permutations(log)) for key, log in one_by_one.items()}
    assert verdict(facts, [], policy, now, shuffled) == verdict(facts, [], policy, now, groups)


@given(questions, histories, policies, times, st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_shifting_all_times_equally_changes_nothing(
    facts: Facts, history: list[Contact], policy: Policy, now: datetime, shift: timedelta
) -> None:
    shifted = [contact._replace(at=contact.at + shift) for contact in history if contact.at]
    before, after = verdict(facts, history, policy, now), verdict(facts, shifted, policy, now + shift)
    assert (before.reason, before.rule, before.counts) == (after.reason, after.rule, after.counts)
    assert (before.next_allowed_at and before.next_allowed_at + shift) == after.next_allowed_at


@given(questions, st.data(), histories, policies, times)
def test_the_order_of_the_history_does_not_matter(
    facts: Facts, data: st.DataObject, history: list[Contact], policy: Policy, now: datetime
) -> None:
    assert verdict(facts, history, policy, now) == verdict(facts, data.draw(st.permutations(history)), policy, now)


@given(questions, histories, policies, times)
def test_what_is_older_than_the_lookback_changes_nothing(
    facts: Facts, history: list[Contact], policy: Policy, now: datetime
) -> None:
    recent = [contact for contact in history if contact.at and contact.at > now - policy.lookback]
    kept, whole = verdict(facts, recent, policy, now), verdict(facts, history, policy, now)
    assert (kept.reason, kept.next_allowed_at) == (whole.reason, whole.next_allowed_at)


@given(questions, histories, policies, times)
def test_a_tighter_limit_never_lets_more_through(
    facts: Facts, history: list[Contact], policy: Policy, now: datetime
) -> None:
    assume(all(limit.most > 1 for limit in policy.limits))
    tighter = replace(policy, limits=tuple(replace(limit, most=limit.most - 1) for limit in policy.limits))
    if not verdict(facts, history, policy, now).invited:
        assert not verdict(facts, history, tighter, now).invited


@given(
    st.lists(st.tuples(st.integers(0, 2), questions), max_size=12),
    st.dictionaries(st.integers(0, 2), histories),
    policies,
    times,
    group_logs,
)
def test_a_batch_decides_as_one_by_one(
    asks: list[tuple[int, Facts]],
    past: dict[int, list[Contact]],
    policy: Policy,
    now: datetime,
    groups: Groups,
) -> None:
    known = {customer: list(history) for customer, history in past.items()}
    sent = {key: list(log) for key, log in groups.items()}
    expected = []
    for customer, facts in asks:
        history = known.setdefault(customer, [])
        one = verdict(facts, history, policy, now, sent)
        expected.append(one)
        if one.invited:
            history.append(Contact(None, facts.scenario, facts.touchpoint, facts.kind, State.QUEUED))
            for scope, key in zip(GROUP_SCOPES, (facts.staff, facts.unit, facts.brand, facts.segment), strict=True):
                sent.setdefault((scope, key), []).append(Sendings(None, facts.kind))
    assert decide_batch(asks=asks, histories=past, policy=policy, now=now, group_logs=groups) == expected


def test_a_batch_that_forgot_its_own_invitations_would_be_noticed() -> None:
    """The comparison can fail: one by one, with nothing carried over, the limit of a unit lets too many through."""
    unit = Limit(per=Scope.UNIT, most=2, period=timedelta(days=1), reason="unit_limit", counts=ALL_KINDS)
    policy = replace(DEFAULT, limits=(unit,), gap=None)
    asks = [(number, Facts("hotline", unit="SD-05")) for number in range(5)]
    together = decide_batch(asks=asks, histories={}, policy=policy, now=START)
    forgetful = [decide_batch(asks=[ask], histories={}, policy=policy, now=START)[0] for ask in asks]
    assert [one.reason for one in together] == ["", "", "unit_limit", "unit_limit", "unit_limit"]
    assert all(one.invited for one in forgetful)
