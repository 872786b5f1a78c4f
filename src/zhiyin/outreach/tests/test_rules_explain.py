"""What people read: why somebody was not asked, the arithmetic behind it, and the policy in plain sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from zhiyin.lib.text import pick
from zhiyin.outreach.rules import (
    DEFAULT,
    REASONS,
    Address,
    Contact,
    Exclusions,
    Facts,
    Groups,
    Kind,
    Limit,
    Loss,
    Outcome,
    Policy,
    Scope,
    SendingHours,
    State,
    decide,
    explain,
    reason_of,
    render_policy,
)
from zhiyin.outreach.rules.checks import CHECKS as ALL_CHECKS
from zhiyin.outreach.rules.checks import checks_of
from zhiyin.outreach.rules.terms import ALL_KINDS

CHECKS = checks_of(DEFAULT)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 3, 12, 40, tzinfo=UTC)
FACTS = Facts(scenario="hotline", touchpoint="hotline")


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


HISTORY = (
    Contact(china("2026-09-03T10:00"), "hotline"),
    Contact(china("2026-10-28T10:00"), "hotline"),
    Contact(china("2026-10-01T10:00"), "repair"),
    Contact(china("2026-11-12T10:00"), "repair"),
)


def said(
    language: str, *, facts: Facts = FACTS, history: tuple[Contact, ...] = HISTORY, policy: Policy = DEFAULT
) -> list[str]:
    decision = decide(facts=facts, history=history, policy=policy, now=NOW)
    explanation = explain(decision, language=language, tz=SHANGHAI)
    lines = [f"{line.outcome} | {line.title} | {line.detail}" for line in explanation.lines]
    return [explanation.sentence, explanation.again, *lines[len(CHECKS) :]]


def test_the_scenario_limit_as_on_the_outreach_screen() -> None:
    assert said("zh-hans") == [
        "没有下发：同一场景 90 天已满 2 次。",
        "最早 2026-12-02 10:00 可以再问。",
        "passed | 90 天总量 4 / 10 | 已在 2026-09-03、2026-10-01、2026-10-28、2026-11-12 下发。",
        "blocked | 同一场景 90 天 2 / 2 | 已在 2026-09-03、2026-10-28 下发。",
        "passed | 距上一条消息超过 24 小时 | 上一条在 2026-11-12 10:00:00 下发。",
    ]
    assert said("en") == [
        "Not asked. This scenario: the limit of 2 in 90 days is reached.",
        "May be asked again from 2026-12-02 10:00.",
        "passed | Messages in 90 days: 4 / 10 | Sent on 2026-09-03, 2026-10-01, 2026-10-28, 2026-11-12.",
        "blocked | This scenario in 90 days: 2 / 2 | Sent on 2026-09-03, 2026-10-28.",
        "passed | More than 24 hours since the last message | The last one went at 2026-11-12 10:00:00.",
    ]


def test_the_gap_is_rounded_up_to_the_minute() -> None:
    history = (Contact(china("2026-11-20T10:00"), "repair"),)
    sentence, again, *_ = said("zh-hans", history=history)
    assert (sentence, again) == ("没有下发：距上一条消息还没有超过 24 小时。", "最早 2026-11-21 10:01 可以再问。")
    assert said("en", history=history)[0] == "Not asked. Not more than 24 hours have passed since the last message."


def test_an_invitation_and_an_empty_history() -> None:
    assert said("zh-hans", history=()) == [
        "已邀请：通过了全部规则。",
        "",
        "passed | 90 天总量 0 / 10 | 还没有下发过。",
        "passed | 同一场景 90 天 0 / 2 | 还没有下发过。",
        "passed | 距上一条消息超过 24 小时 | 还没有下发过。",
    ]
    assert said("en", history=())[0] == "Invited: every rule passed."


def test_what_was_not_judged_says_so() -> None:
    sentence, again, *lines = said(
        "zh-hans", facts=FACTS._replace(opted_out=True), policy=replace(DEFAULT, share=Decimal("0.5"))
    )
    assert (sentence, again) == ("没有下发：客户已退订。", "")
    assert [line.split(" | ")[0] for line in lines] == ["not_judged"] * 4
    assert lines[0] == "not_judged | 90 天总量 10 | 前面的规则已拦下，没有再判断。"
    assert lines[3] == "not_judged | 抽样抽中 | 前面的规则已拦下，没有再判断。"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_check_has_words_for_both_ways(language: str) -> None:
    blocking: tuple[dict[str, Any], ...] = (
        {"internal": True},
        {"scenario": None},
        {"under_14": True},
        {"open_legal_case": True},
        {"segment": "gold"},
        {"segment": "press"},
        {"ended_at": NOW - timedelta(days=400)},
        {"address": Address.NONE},
        {"address": Address.LANDLINE},
        {"address": Address.FOREIGN},
        {"opted_out": True},
        {"do_not_contact": True},
    )
    some = Exclusions(groups=Groups(segments=("press",)))
    chosen = replace(DEFAULT, eligible=Groups(segments=("vip", "press")), exclude=some)
    for check, facts in zip(ALL_CHECKS, blocking, strict=True):
        asked = FACTS._replace(**{"segment": "vip", **facts})
        decision = decide(facts=asked, history=(), policy=chosen, now=NOW)
        explanation = explain(decision, language=language, tz=SHANGHAI)
        line = next(line for line in explanation.lines if line.outcome is Outcome.BLOCKED)
        assert line.title == pick(REASONS[check].label, language)
        assert explanation.sentence.endswith(pick(REASONS[check].sentence, language))
        assert all(line.title for line in explanation.lines)
        assert explanation.version == "default"


def test_the_sample_and_a_limit_of_ones_own() -> None:
    policy = replace(DEFAULT, share=Decimal("0.01"))
    sentence, *_, last = said("zh-hans", history=(), policy=policy)
    assert sentence == "没有下发：这次抽样没有抽中。"
    assert last == "blocked | 抽样未抽中 | 抽签值 0.8932，小于 0.01 才邀请。"
    weekly = Limit(per=Scope.TOUCHPOINT, most=1, period=timedelta(hours=36), reason="weekly", counts=ALL_KINDS)
    own = replace(DEFAULT, limits=(weekly,), gap=None)
    history = (Contact(NOW - timedelta(hours=1), "x", "hotline"),)
    assert said("zh-hans", history=history, policy=own)[0] == "没有下发：同一触点 36 小时已满 1 次。"
    assert said("en", history=history, policy=own)[2].startswith(
        "blocked | This touchpoint in 36 hours: 1 / 1 | Sent on"
    )
    assert reason_of("weekly", policy=own).label == REASONS["touchpoint_limit"].label
    assert reason_of("gap", policy=own) is REASONS["gap"]
    with pytest.raises(KeyError):
        reason_of("weekly", policy=DEFAULT)


def test_the_three_losses_are_kept_apart() -> None:
    excluded = {key for key, reason in REASONS.items() if reason.loss is Loss.EXCLUDED}
    assert excluded == set(ALL_CHECKS) - {"opted_out", "do_not_contact"}
    assert all(pick(reason.label, "zh-hans") and pick(reason.sentence, "en") for reason in REASONS.values())


def test_the_default_policy_in_plain_words() -> None:
    assert render_policy(DEFAULT, language="zh-hans") == [
        "服务接触结束超过 3 天的，不再邀请。",
        "每位客户，任意连续 90 天内最多收到 10 条消息（问卷、提醒、关怀合计）。",
        "每位客户在同一场景，任意连续 90 天内最多收到 2 条消息（问卷、提醒合计）。",
        "距上一条消息要超过 24 小时，刚满 24 小时仍算太近。",
        "只在当地时间 08:00–21:00 下发，其余时间顺延到下一个 08:00。",
        "链接提交后失效，下发满 8 小时也失效。",
    ]
    assert render_policy(DEFAULT, language="en") == [
        "An interaction that ended more than 3 days ago gets no invitation.",
        "A customer gets at most 10 messages in any rolling 90 days (surveys, reminders and care messages together).",
        "Within one scenario, a customer gets at most 2 messages in any rolling 90 days"
        " (surveys and reminders together).",
        "More than 24 hours must have passed since the last message; 24 hours exactly is too soon.",
        "Messages leave between 08:00 and 21:00 local time; at other times they wait until 08:00.",
        "A link dies when it is submitted, and 8 hours after it was sent.",
    ]


def test_an_unusual_policy_in_plain_words() -> None:
    limit = Limit(
        per=Scope.TOUCHPOINT, most=1, period=timedelta(days=1), reason="x", counts=frozenset({Kind.SURVEY})
    )  # fmt: skip
    policy = Policy(
        limits=(limit,),
        gap=None,
        link_life=timedelta(hours=1),
        sending_hours=SendingHours(opens=1260, closes=480),
        max_age=None,
        share=Decimal("0.850"),
        per_number_per_day=3,
        version="r2",
    )
    assert render_policy(policy, language="zh-hans") == [
        "每位客户在同一触点，任意连续 1 天内最多收到 1 条消息（问卷）。",
        "通过以上规则的，按 85% 抽样邀请。",
        "只在当地时间 21:00 到次日 08:00 下发，其余时间顺延到下一个 21:00。",
        "同一号码每天最多下发 3 条，多出的顺延到第二天。",
        "链接提交后失效，下发满 1 小时也失效。",
    ]
    assert render_policy(policy, language="en") == [
        "At one touchpoint, a customer gets at most 1 message in any rolling 1 day (surveys only).",
        "Of those who pass the rules above, 85% are invited.",
        "Messages leave from 21:00 to 08:00 of the next day, local time; at other times they wait until 21:00.",
        "At most 3 a day go to one number; the rest wait until the next day.",
        "A link dies when it is submitted, and 1 hour after it was sent.",
    ]
    until_midnight = replace(policy, sending_hours=SendingHours(opens=480, closes=1440), share=Decimal(1), limits=())
    assert (
        render_policy(until_midnight, language="zh-hans")[0]
        == "只在当地时间 08:00–24:00 下发，其余时间顺延到下一个 08:00。"
    )
    always = replace(until_midnight, sending_hours=None)
    assert render_policy(always, language="zh-hans")[0] == "不限时段，随时下发。"
    assert render_policy(always, language="en")[0] == "Messages leave at any time of day."


def test_what_waited_at_that_moment_bears_no_date_on_which_nothing_was_sent() -> None:
    past = (Contact(china("2026-11-17T10:00"), "hotline"), Contact(None, "hotline", state=State.QUEUED))
    told = "\n".join(said("en", history=past))
    assert "Sent on 2026-11-17; 1 still waited then, or is no longer on record." in told
    assert "The last one still waited then, or is no longer on record; it counted as sent at that moment." in told
    assert "on 2026-11-20" not in told


def test_the_sample_names_the_lot_and_the_share_that_it_had_to_lie_below() -> None:
    facts = FACTS._replace(external_id="call-3")
    *_others, line = said("en", facts=facts, history=(), policy=replace(DEFAULT, share=Decimal("0.3")))
    assert line == "blocked | Not in the sample | Drawn at 0.3042; below 0.3 is invited."
