"""Who may be asked and why not: tables of cases, each named by what it shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from zhiyin.outreach.rules import (
    DEFAULT,
    Address,
    Contact,
    Exclusions,
    Facts,
    Groups,
    Kind,
    Limit,
    Policy,
    Scope,
    State,
    decide,
    decide_batch,
)
from zhiyin.outreach.rules.checks import CHECKS as ALL_CHECKS
from zhiyin.outreach.rules.checks import checks_of, is_drawn
from zhiyin.outreach.rules.terms import ALL_KINDS, SURVEY_KINDS
from zhiyin.outreach.rules.trace import Outcome

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = Facts(scenario="hotline", touchpoint="hotline", ended_at=NOW - HOUR, external_id="call-1")


def sent(ago: timedelta, scenario: str | None = "hotline", **more: Any) -> Contact:
    return Contact(NOW - ago, scenario, "hotline")._replace(**more)


def spread_over(days: int, count: int, *, scenario: str = "other") -> list[Contact]:
    """So many messages of other scenarios, the oldest this many days ago."""
    return [sent(timedelta(days=days) - number * 2 * DAY, f"{scenario}-{number}") for number in range(count)]


def reason(history: list[Contact], *, facts: Facts = ASKED, policy: Policy = DEFAULT) -> str:
    return decide(facts=facts, history=history, policy=policy, now=NOW).reason


@pytest.mark.parametrize(
    ("case", "history", "expected"),
    [
        ("nobody who was never written to is held back", [], ""),
        ("24 h exactly is too soon", [sent(24 * HOUR)], "gap"),
        ("a moment more than 24 h will do", [sent(24 * HOUR + MOMENT)], ""),
        ("a moment ago is too soon", [sent(MOMENT)], "gap"),
        ("this very moment is too soon", [sent(timedelta(0))], "gap"),
        ("the gap looks at messages of every scenario", [sent(HOUR, "repair")], "gap"),
        ("one of the scenario in 90 days leaves one", [sent(3 * DAY)], ""),
        ("two of the scenario in 90 days are the limit", [sent(3 * DAY), sent(5 * DAY)], "scenario_limit"),
        ("exactly 90 days old no longer counts", [sent(3 * DAY), sent(90 * DAY)], ""),
        ("a moment younger than 90 days counts", [sent(3 * DAY), sent(90 * DAY - MOMENT)], "scenario_limit"),
        ("two of another scenario leave this one free", [sent(3 * DAY, "repair"), sent(5 * DAY, "repair")], ""),
        ("nine messages leave one", spread_over(60, 9), ""),
        ("ten messages are the limit", spread_over(60, 10), "customer_limit"),
        ("of ten, one exactly 90 days old no longer counts", spread_over(90, 10), ""),
        ("the customer limit speaks before the gap", [*spread_over(60, 9), sent(HOUR, "x")], "customer_limit"),
        ("the scenario limit speaks before the gap", [sent(HOUR), sent(9 * DAY)], "scenario_limit"),
        (
            "the customer limit speaks before the scenario limit",
            [*spread_over(60, 8), sent(3 * DAY), sent(4 * DAY)],
            "customer_limit",
        ),
        ("a queued message counts as if it went now", [sent(50 * DAY, state=State.QUEUED)], "gap"),
        ("a queued message needs no time", [Contact(None, "repair", state=State.QUEUED)], "gap"),
        ("a doubtful message counts as sent", [sent(24 * HOUR, state=State.UNKNOWN)], "gap"),
        ("a doubtful message of long ago counts from then", [sent(25 * HOUR, state=State.UNKNOWN)], ""),
        ("a clock that stepped back frees nobody", [sent(-HOUR, "repair")], "gap"),
        ("a reminder counts for its scenario", [sent(3 * DAY), sent(5 * DAY, kind=Kind.REMINDER)], "scenario_limit"),
        ("a care message does not count for a scenario", [sent(3 * DAY), sent(5 * DAY, kind=Kind.CARE)], ""),
        (
            "care messages count for the customer",
            [c._replace(kind=Kind.CARE) for c in spread_over(60, 10)],
            "customer_limit",
        ),
        ("a care message begins the gap", [sent(HOUR, kind=Kind.CARE)], "gap"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_default_policy(case: str, history: list[Contact], expected: str) -> None:
    assert reason(history) == expected
    assert reason(history[::-1]) == expected


@pytest.mark.parametrize(
    ("case", "facts", "expected"),
    [
        ("an internal number", {"internal": True}, "internal_only"),
        ("no scenario, no survey", {"scenario": None}, "no_survey"),
        ("a survey not yet published", {"survey_available": False}, "no_survey"),
        ("a child", {"under_14": True}, "under_14"),
        ("72 hours old exactly is not too old", {"ended_at": NOW - 3 * DAY}, ""),
        ("a moment older is", {"ended_at": NOW - 3 * DAY - MOMENT}, "too_old"),
        ("400 days old", {"ended_at": NOW - 400 * DAY}, "too_old"),
        ("no interaction at all cannot be too old", {"ended_at": None}, ""),
        ("no address", {"address": Address.NONE}, "no_address"),
        ("a landline", {"address": Address.LANDLINE}, "no_mobile"),
        ("a foreign number", {"address": Address.FOREIGN}, "channel_refused"),
        (
            "a foreign number on a channel that takes it",
            {"address": Address.FOREIGN, "channel_takes": frozenset({Address.FOREIGN})},
            "",
        ),
        (
            "a landline on a channel that speaks",
            {"address": Address.LANDLINE, "channel_takes": frozenset({Address.LANDLINE})},
            "",
        ),
        ("an e-mail address", {"address": Address.OTHER}, ""),
        ("opted out", {"opted_out": True}, "opted_out"),
        ("on the do-not-contact list", {"do_not_contact": True}, "do_not_contact"),
    ],
)
def test_before_anything_is_counted(case: str, facts: dict[str, Any], expected: str) -> None:
    decision = decide(facts=ASKED._replace(**facts), history=(), policy=DEFAULT, now=NOW)
    assert decision.reason == expected
    assert decision.outcome == ("suppress" if expected else "invite")
    if expected:
        assert (decision.rule, decision.counts, decision.next_allowed_at) == (expected, (), None)


CHECKS = checks_of(DEFAULT)
CHOSEN = replace(
    DEFAULT, eligible=Groups(segments=("vip", "press")), exclude=Exclusions(groups=Groups(segments=("press",)))
)
# Facts that make each check block, in the order of ALL_CHECKS.
BLOCKING: tuple[dict[str, Any], ...] = (
    {"internal": True},
    {"scenario": None},
    {"under_14": True},
    {"open_legal_case": True},
    {"segment": "gold"},
    {"segment": "press"},
    {"ended_at": NOW - 400 * DAY},
    {"address": Address.NONE},
    {"address": Address.LANDLINE},
    {"address": Address.FOREIGN},
    {"opted_out": True},
    {"do_not_contact": True},
)


@pytest.mark.parametrize("place", range(len(ALL_CHECKS)))
def test_checks_speak_in_their_order_and_the_trace_tells_it(place: int) -> None:
    facts = ASKED._replace(segment="vip")
    for later in reversed(BLOCKING[place:]):
        facts = facts._replace(**later)
    full = [sent(HOUR), sent(2 * DAY)]
    decision = decide(facts=facts, history=full, policy=CHOSEN, now=NOW)
    assert decision.reason == ALL_CHECKS[place]
    outcomes = [step.outcome for step in decision.trace]
    assert outcomes[:place] == [Outcome.PASSED] * place
    assert outcomes[place] is Outcome.BLOCKED
    assert set(outcomes[place + 1 :]) == {Outcome.NOT_JUDGED}


def test_the_trace_shows_what_was_counted_and_what_else_would_have_blocked() -> None:
    history = [sent(HOUR), sent(10 * DAY), sent(95 * DAY), sent(20 * DAY, "repair")]
    decision = decide(facts=ASKED, history=history, policy=replace(DEFAULT, share=Decimal("0.5")), now=NOW)
    customer, scenario, gap, sample = decision.trace[len(CHECKS) :]
    assert (customer.outcome, customer.count) == (Outcome.PASSED, 3)
    assert customer.contacts == (NOW - 20 * DAY, NOW - 10 * DAY, NOW - HOUR)
    assert (scenario.outcome, scenario.count) == (Outcome.BLOCKED, 2)
    assert scenario.contacts == (NOW - 10 * DAY, NOW - HOUR)
    assert (gap.outcome, gap.contacts) == (Outcome.ALSO_BLOCKED, (NOW - HOUR,))
    assert sample.outcome is Outcome.NOT_JUDGED
    assert (decision.rule, decision.counts) == ("limit[2]", (3, 2))


def test_a_care_message_is_held_back_only_by_limits_that_count_care() -> None:
    facts = ASKED._replace(kind=Kind.CARE, scenario=None)
    full = [sent(3 * DAY, scenario=None), sent(5 * DAY, scenario=None)]
    decision = decide(facts=facts, history=full, policy=DEFAULT, now=NOW)
    assert decision.outcome == "invite"
    assert decision.trace[len(CHECKS) + 1].outcome is Outcome.NOT_JUDGED


def limit(per: Scope, most: int, days: int, reason: str = "customer_limit") -> Limit:
    counts = ALL_KINDS if per is Scope.CUSTOMER else SURVEY_KINDS
    return Limit(per=per, most=most, period=timedelta(days=days), reason=reason, counts=counts)


def test_limits_speak_in_the_order_of_the_policy_and_by_number() -> None:
    limits = (limit(Scope.CUSTOMER, 3, 30), limit(Scope.CUSTOMER, 2, 7), limit(Scope.TOUCHPOINT, 1, 60, "counter"))
    policy = replace(DEFAULT, limits=limits, gap=None)
    history = [sent(DAY), sent(2 * DAY, "repair")]
    decision = decide(facts=ASKED, history=history, policy=policy, now=NOW)
    assert (decision.reason, decision.rule, decision.counts) == ("customer_limit", "limit[2]", (2, 2, 2))
    elsewhere = decide(facts=ASKED._replace(touchpoint="counter"), history=history[:1], policy=policy, now=NOW)
    assert (elsewhere.outcome, elsewhere.counts) == ("invite", (1, 1, 0))
    here = decide(facts=ASKED, history=history[:1], policy=policy, now=NOW)
    assert (here.reason, here.rule) == ("counter", "limit[3]")


def test_without_limits_and_gap_everybody_may_be_asked() -> None:
    decision = decide(facts=ASKED, history=[sent(timedelta(0))], policy=replace(DEFAULT, limits=(), gap=None), now=NOW)
    assert (decision.outcome, decision.counts) == ("invite", ())


@pytest.mark.parametrize(
    ("case", "history", "expected"),
    [
        ("a gap ends a moment after 24 h", [sent(HOUR)], NOW + 23 * HOUR + MOMENT),
        ("a limit ends when the second newest leaves the window", [sent(3 * DAY), sent(10 * DAY)], NOW + 80 * DAY),
        (
            "with more than the limit in the window, the newer ones decide",
            [sent(3 * DAY), sent(10 * DAY), sent(50 * DAY)],
            NOW + 80 * DAY,
        ),
        ("the latest of several rules decides", [sent(HOUR), sent(89 * DAY + 23 * HOUR)], NOW + 23 * HOUR + MOMENT),
        (
            "where limit and gap end together the gap needs its moment more",
            [sent(14 * HOUR), sent(90 * DAY - 10 * HOUR)],
            NOW + 10 * HOUR + MOMENT,
        ),
        ("nothing blocks, nothing to wait for", [sent(3 * DAY)], None),
    ],
)
def test_next_time_allowed(case: str, history: list[Contact], expected: datetime | None) -> None:
    decision = decide(facts=ASKED, history=history, policy=DEFAULT, now=NOW)
    assert decision.next_allowed_at == expected
    assert decision.at == NOW


def test_an_offset_changes_nothing() -> None:
    newfoundland = timezone(timedelta(hours=-3, minutes=-30))
    history = [contact._replace(at=contact.at.astimezone(newfoundland)) for contact in [sent(24 * HOUR)] if contact.at]
    assert decide(facts=ASKED, history=history, policy=DEFAULT, now=NOW.astimezone(newfoundland)).reason == "gap"


def test_the_night_in_which_the_clock_is_put_back_is_an_hour_longer() -> None:
    """24 h by the wall clock are 25 h by the stopwatch; only the stopwatch counts."""
    new_york = ZoneInfo("America/New_York")
    before, after = datetime(2026, 10, 31, 12, tzinfo=new_york), datetime(2026, 11, 1, 12, tzinfo=new_york)
    policy = replace(DEFAULT, max_age=DAY)
    assert decide(facts=ASKED, history=[Contact(before)], policy=DEFAULT, now=after).outcome == "invite"
    old = decide(facts=ASKED._replace(ended_at=before), history=(), policy=policy, now=after)
    assert old.reason == "too_old"
    assert decide_batch(asks=[(1, ASKED._replace(ended_at=before))], histories={}, policy=policy, now=after)[0].reason


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(TypeError):
        decide(facts=ASKED, history=[Contact(NOW.replace(tzinfo=None))], policy=DEFAULT, now=NOW)
    with pytest.raises(TypeError):
        decide(facts=ASKED, history=(), policy=DEFAULT, now=NOW.replace(tzinfo=None))


def test_the_sample_is_drawn_last_and_always_alike() -> None:
    policy = replace(DEFAULT, share=Decimal("0.3"))
    ids = [f"call-{number}" for number in range(20_000)]
    drawn = [one for one in ids if is_drawn(one, policy.share)]
    assert 0.29 < len(drawn) / len(ids) < 0.31
    assert set(drawn) <= {one for one in ids if is_drawn(one, Decimal("0.31"))}
    out = next(one for one in ids if one not in drawn)
    decision = decide(facts=ASKED._replace(external_id=out), history=(), policy=policy, now=NOW)
    assert (decision.reason, decision.rule, decision.counts) == ("sampled_out", "sampling", (0, 0))
    assert decision.next_allowed_at is None
    assert decision.trace[-1].outcome is Outcome.BLOCKED
    full = decide(facts=ASKED._replace(external_id=out), history=[sent(HOUR)], policy=policy, now=NOW)
    assert full.reason == "gap"
    lucky = decide(facts=ASKED._replace(external_id=drawn[0]), history=(), policy=policy, now=NOW)
    assert lucky.trace[-1].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("external_id", "fraction"), [("call-1", "0.0343"), ("call-3", "0.3042"), ("call-4", "0.8664")]
)
def test_the_draw_is_the_documented_one(external_id: str, fraction: str) -> None:
    below, above = Decimal(fraction), Decimal(fraction) + Decimal("0.0001")
    assert (is_drawn(external_id, below), is_drawn(external_id, above)) == (False, True)
    assert is_drawn(external_id, Decimal(1))


def test_an_invitation_counts_at_once_for_the_rest_of_the_batch() -> None:
    asks = [("wang", ASKED), ("li", ASKED), ("wang", ASKED._replace(scenario="repair"))]
    verdicts = decide_batch(asks=asks, histories={}, policy=DEFAULT, now=NOW)
    assert [verdict.reason for verdict in verdicts] == ["", "", "gap"]
    assert verdicts[2].next_allowed_at == NOW + DAY + MOMENT
    loose = decide_batch(
        asks=[("wang", ASKED)] * 4, histories={"wang": [sent(DAY)]}, policy=replace(DEFAULT, gap=None), now=NOW
    )
    assert [(verdict.reason, verdict.counts) for verdict in loose] == [
        ("", (1, 1)),
        ("scenario_limit", (2, 2)),
        ("scenario_limit", (2, 2)),
        ("scenario_limit", (2, 2)),
    ]


def test_lookback_covers_every_rule() -> None:
    assert DEFAULT.lookback == 91 * DAY
    assert replace(DEFAULT, limits=()).lookback == DAY + MOMENT
    assert replace(DEFAULT, limits=(), gap=None).lookback == timedelta(0)
