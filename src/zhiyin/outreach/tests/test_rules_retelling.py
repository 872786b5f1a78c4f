"""A stored decision told again says what the decision itself said on its day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.outreach.rules import DEFAULT, Contact, Decision, Facts, Limit, Outcome, Policy, Scope, decide
from zhiyin.outreach.rules.checks import checks_of
from zhiyin.outreach.rules.retelling import Sent, retold
from zhiyin.outreach.rules.terms import ALL_KINDS
from zhiyin.outreach.tests.test_rules_properties import contacts, policies, questions, times

CHECKS = checks_of(DEFAULT)
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HOTLINE = Facts(scenario="hotline", touchpoint="phone")


def told_again(was: Decision, history: list[Contact], policy: Policy) -> Decision:
    """As the record keeps it: reason, counts, next time, and when messages went."""
    sent = [Sent(one.at, one.scenario, one.touchpoint, one.kind) for one in history if one.at is not None]
    return retold(
        reason=was.reason,
        counts=was.counts,
        next_allowed_at=was.next_allowed_at,
        facts=was.facts,
        sent=sent,
        policy=policy,
        at=was.at,
    )


@given(questions, st.lists(contacts, max_size=8), policies, times)
def test_it_is_the_same_story_whatever_the_policy_and_history(facts, history, policy, now):
    past = [one for one in history if one.at <= now]
    was = decide(facts=facts, history=past, policy=policy, now=now)
    again = told_again(was, past, policy)
    assert again.verdict == was.verdict
    spoken = False
    for step, first in zip(again.trace, was.trace, strict=True):
        if step.gap and spoken:
            assert step.outcome is Outcome.NOT_JUDGED  # what a later gap would have said was never kept
        elif step.limit and step.limit.per.is_group:
            assert (step.outcome, step.count) == (first.outcome, first.count)
        else:
            assert step == first
        spoken = spoken or step.outcome is Outcome.BLOCKED


@pytest.mark.parametrize("check", CHECKS)
def test_what_stands_before_the_check_that_blocked_has_passed_and_nothing_after_it_was_judged(check):
    steps = retold(reason=check, counts=(), next_allowed_at=None, facts=HOTLINE, sent=(), policy=DEFAULT, at=NOW).trace
    place = CHECKS.index(check)
    assert [step.outcome for step in steps[: place + 1]] == [Outcome.PASSED] * place + [Outcome.BLOCKED]
    assert {step.outcome for step in steps[place + 1 :]} == {Outcome.NOT_JUDGED}


def story(reason: str, counts: tuple[int, ...], *sent: Sent, policy: Policy = DEFAULT):
    return retold(reason=reason, counts=counts, next_allowed_at=None, facts=HOTLINE, sent=sent, policy=policy, at=NOW)


def test_messages_that_waited_then_count_as_going_at_that_moment():
    went = Sent(NOW - 3 * DAY, "hotline", "phone")
    limit = story("scenario_limit", (2, 2), went).trace[len(CHECKS) + 1]
    assert (limit.outcome, limit.count, limit.contacts) == (Outcome.BLOCKED, 2, (NOW - 3 * DAY, NOW))


def test_the_counts_are_those_of_the_day_also_when_a_merge_has_added_messages_since():
    sent = [Sent(NOW - day * DAY, "hotline", "phone") for day in (9, 8, 7)]
    everybody = story("", (2, 1), *sent).trace[len(CHECKS)]
    assert (everybody.count, everybody.contacts) == (2, (NOW - 8 * DAY, NOW - 7 * DAY))


def test_a_gap_that_a_waiting_message_made_names_that_moment():
    assert story("gap", (1, 1)).trace[-1].contacts == (NOW,)
    assert story("gap", (2, 1), Sent(NOW - 2 * DAY, "x", "y")).trace[-1].contacts == (NOW,)
    assert story("gap", (1, 1), Sent(NOW - HOUR, "x", "y")).trace[-1].contacts == (NOW - HOUR,)


def test_messages_sent_later_are_no_part_of_the_story():
    assert story("", (0, 0), Sent(NOW + HOUR, "hotline", "phone")).trace[-1].contacts == ()


def test_of_two_limits_with_one_reason_the_full_one_blocked():
    week = Limit(per=Scope.CUSTOMER, most=3, period=7 * DAY, reason="too_many", counts=ALL_KINDS)
    month = replace(week, most=5, period=30 * DAY)
    policy = replace(DEFAULT, limits=(week, month))
    assert story("too_many", (1, 5), policy=policy).rule == "limit[2]"
    assert story("too_many", (3, 5), policy=policy).trace[len(CHECKS) + 1].outcome is Outcome.ALSO_BLOCKED


def test_the_sample_is_told_last():
    policy = replace(DEFAULT, share=Decimal("0.5"))
    assert story("sampled_out", (0, 0), policy=policy).trace[-1].outcome is Outcome.BLOCKED
    assert story("", (0, 0), policy=policy).trace[-1].outcome is Outcome.PASSED
    assert story("gap", (0, 0), policy=policy).trace[-1].outcome is Outcome.NOT_JUDGED


def test_without_a_gap_there_is_no_line_about_it():
    assert [step.reason for step in story("", (0, 0), policy=replace(DEFAULT, gap=None)).trace][len(CHECKS) :] == [
        "customer_limit",
        "scenario_limit",
    ]
