"""The tables of a policy that choose: what they may say, what is refused, what they do, and how they are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from zhiyin.outreach.rules import (
    DEFAULT,
    Address,
    Cell,
    Contact,
    Facts,
    Gap,
    Kind,
    Outcome,
    PolicyInvalid,
    Scope,
    Sendings,
    Spent,
    decide,
    decide_batch,
    explain,
    next_send_at,
    parse_policy,
    reason_of,
    render_policy,
    still_allowed,
    to_toml,
)
from zhiyin.outreach.rules.retelling import Sent, retold

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FACTS = Facts("hotline", "phone", external_id="call-3")  # its draw is 0.3042
WHOLE = """
version = "all"
[[limit]]
per = "staff"
max = 3
days = 7
[[limit]]
per = "customer"
max = 1
minutes = 90
counts = ["completion"]
reason = "answered"
[[gap]]
per = "customer"
hours = 24
[[gap]]
per = "customer+scenario"
minutes = 4330
counts = ["survey"]
[[gap]]
per = "unit"
minutes = 10
[sending_hours]
from = "08:00"
to = "21:00"
[[sending_hours.for]]
channel = "email"
from = "00:00"
to = "24:00"
[[sending_hours.for]]
region = "XJ"
from = "10:00"
to = "22:00"
time_zone = "Asia/Urumqi"
[[sending_hours.for]]
region = "XJ"
channel = "sms"
from = "22:00"
to = "02:00"
[sampling]
share = 0.9
[[sampling.for]]
scenario = "repair"
unit = "XJ"
share = 0.125
[[target]]
per = "touchpoint"
measure = "top_box"
half_width = 0.03
max_answers = 400
days = 30
[[target]]
per = "staff"
measure = "mean"
half_width = 0.2
days = 90
[caps]
per_number_per_day = 3
[[caps.channel]]
channel = "sms"
per_day = 10000
price = 0.045
spend_per_day = 400
spend_per_month = 9000.5
[eligible]
segments = ["gold", "silver"]
units = ["XJ"]
[exclude]
brands = ["测试"]
internal = false
[reminder]
after_hours = 30
most = 2
"""


def test_a_file_with_everything_reads_back_and_is_told_rule_by_rule() -> None:
    policy = parse_policy(WHOLE)
    assert parse_policy(to_toml(policy)) == policy
    assert (policy.gap, [gap.per for gap in policy.gaps]) == (DAY, [Scope.SCENARIO, Scope.UNIT])
    assert render_policy(policy, language="zh-hans") == [
        "只邀请这些：客户群 gold、silver，并且单位及其下级 XJ。",
        "不邀请这些：品牌 测试。",
        "内部号码也邀请。",
        "服务接触结束超过 3 天的，不再邀请。",
        "每位员工服务过的全部客户，任意连续 7 天内最多收到 3 条消息（问卷、提醒合计）。",
        "每位客户，任意连续 90 分钟内收到 1 份答卷后不再邀请。",
        "距上一条消息要超过 24 小时，刚满 24 小时仍算太近。",
        "距同一场景的上一条消息（问卷）要超过 4330 分钟，刚满 4330 分钟仍算太近。",
        "距同一单位的上一条消息要超过 10 分钟，刚满 10 分钟仍算太近。",
        "每个触点近 30 天的满意率区间窄到 ±3%，或答卷满 400 份后，不再邀请。",
        "每位员工近 90 天的平均分区间窄到 ±0.2 后，不再邀请。",
        "场景 repair、单位 XJ 按 12.5% 抽样邀请。",
        "其余通过以上规则的，按 90% 抽样邀请。",
        "只在当地时间 08:00–21:00 下发，其余时间顺延到下一个 08:00。",
        "通道 email：不限时段，随时下发。",
        "XJ 及其下级单位：只在 Asia/Urumqi 时间 10:00–22:00 下发，其余时间顺延到下一个 10:00。",
        "XJ 及其下级单位、通道 sms：只在当地时间 22:00 到次日 02:00 下发，其余时间顺延到下一个 22:00。",
        "同一号码每天最多下发 3 条，多出的顺延到第二天。",
        "通道 sms 每天最多下发 10000 条，多出的顺延到第二天。",
        "通道 sms 每天最多花费 400 元（每段 0.045 元），多出的顺延到第二天。",
        "通道 sms 每月最多花费 9000.5 元（每段 0.045 元），多出的顺延到下个月。",
        "下发满 30 小时仍未作答的，提醒最多 2 次；提醒带一个新链接，也计入各项上限和间隔。",
        "链接提交后失效，下发满 8 小时也失效。",
    ]
    english = render_policy(policy, language="en")
    assert english[:3] == [
        "Only these are asked: segments gold, silver; and units with all below them XJ.",
        "These are not asked: brands 测试.",
        "Internal numbers are asked, too.",
    ]
    assert english[5] == "A customer gets no invitation once there is 1 answer in any rolling 90 minutes."
    assert english[9] == (
        "In each touchpoint, nobody more is asked once the top box share of the last 30 days is known to ±3%"
        " or it has 400 answers."
    )
    assert english[15] == (
        "In XJ and below, messages leave between 10:00 and 22:00 Asia/Urumqi time;"
        " at other times they wait until 10:00."
    )
    assert english[21].startswith("Who has not answered 30 hours after a message is reminded, at most twice;")


def test_the_default_file_is_as_short_as_ever() -> None:
    assert [line for line in to_toml(DEFAULT).splitlines() if line.startswith("[")] == [
        *("[[limit]]", "[[limit]]", "[gap]", "[link]", "[sending_hours]", "[age]", "[sampling]"),
    ]


def test_one_plain_gap_may_be_said_either_way() -> None:
    assert parse_policy('[[gap]]\nper = "customer"\nhours = 24') == DEFAULT
    half = parse_policy('[[gap]]\nper = "customer"\nminutes = 30')
    assert (half.gap, half.gaps) == (timedelta(minutes=30), ())
    assert parse_policy(to_toml(half)) == half
    only = parse_policy('[[gap]]\nper = "customer"\nhours = 24\ncounts = ["survey"]')
    assert only.gap is None
    assert only.gaps == (Gap(per=Scope.CUSTOMER, span=DAY, reason="gap", counts=frozenset({Kind.SURVEY})),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[gap]]\nper = "nobody"\nhours = 1', ["gap[1].per"]),
        ('[[gap]]\nper = "staff"', ["gap[1].hours"]),
        ('[[gap]]\nper = "staff"\nhours = 1\nminutes = 1', ["gap[1].minutes"]),
        ('[[gap]]\nper = "staff"\nminutes = 129601', ["gap[1].minutes"]),
        ('[[gap]]\nper = "staff"\nhours = 1\ncounts = ["completion"]', ["gap[1].counts"]),
        ('[[gap]]\nper = "staff"\nhours = 1\nreason = "too_old"', ["gap[1].reason"]),
        ('[[gap]]\nper = "staff"\nhours = 1\n[[gap]]\nper = "staff"\nhours = 2', ["gap[2].reason"]),
        ('[[limit]]\nper = "staff"\nmax = 1\ndays = 1\nreason = "x"\n[[gap]]\nper = "unit"\nhours = 1\nreason = "x"',
         ["gap[1].reason"]),
        ('[[gap]]\nper = "staff"\nhuors = 1', ["gap[1].huors", "gap[1].hours"]),
        ("gap = []", ["gap"]),
        ('[[limit]]\nper = "customer"\nmax = 1\nminutes = 0', ["limit[1].minutes"]),
        ('[[limit]]\nper = "customer"\nmax = 1001\ndays = 1', ["limit[1].max"]),
        ('[[sending_hours.for]]\nfrom = "08:00"\nto = "21:00"', ["sending_hours.for[1]"]),
        ('[[sending_hours.for]]\nregion = "A"\nfrom = "8"\nto = "21:00"', ["sending_hours.for[1].from"]),
        ('[[sending_hours.for]]\nregion = "A"\nfrom = "08:00"\nto = "08:00"', ["sending_hours.for[1]"]),
        ('[[sending_hours.for]]\nregion = "A"\nfrom = "08:00"\nto = "09:00"\ntime_zone = "Asia/Shanghia"',
         ["sending_hours.for[1].time_zone"]),
        ('[[sending_hours.for]]\nregion = "A"\nfrom = "08:00"\nto = "09:00"\n' * 2, ["sending_hours.for[2]"]),
        ('[sending_hours]\nfrom = "08:00"\nfor = 3', ["sending_hours.to", "sending_hours.for"]),
        ('[[sending_hours.for]]\nchannel = ""\nfrom = "08:00"\nto = "09:00"', ["sending_hours.for[1].channel"]),
        ("[[sampling.for]]\nshare = 0.5", ["sampling.for[1]"]),
        ('[[sampling.for]]\nunit = "A"\nshare = 2', ["sampling.for[1].share"]),
        ('[[sampling.for]]\nunit = 3\nshare = 0.5', ["sampling.for[1].unit"]),
        ('[[sampling.for]]\nunti = "A"\nunit = "A"\nshare = 0.5', ["sampling.for[1].unti"]),
        ("[[caps.channel]]\nper_day = 3", ["caps.channel[1].channel"]),
        ('[[caps.channel]]\nchannel = "sms"', ["caps.channel[1]"]),
        ('[[caps.channel]]\nchannel = "sms"\nspend_per_day = 5', ["caps.channel[1].price"]),
        ('[[caps.channel]]\nchannel = "sms"\nspend_per_day = 0.01\nprice = 0.045', ["caps.channel[1].spend_per_day"]),
        ('[[caps.channel]]\nchannel = "sms"\nper_day = 1\n' * 2, ["caps.channel[2]"]),
        ('[caps]\nper_number_per_day = 0\n[[caps.channel]]\nchannel = "sms"\nper_day = 0',
         ["caps.per_number_per_day", "caps.channel[1].per_day"]),
        ('[[target]]\nper = "brand"\nmeasure = "top_box"\nhalf_width = 0.1\ndays = 3', ["target[1].per"]),
        ('[[target]]\nper = "unit"\nmeasure = "joy"\nhalf_width = 0.1\ndays = 3', ["target[1].measure"]),
        ('[[target]]\nper = "unit"\nmeasure = "csat"\nhalf_width = 1.5\ndays = 0',
         ["target[1].half_width", "target[1].days"]),
        ('[eligible]\nsegment = ["a"]', ["eligible.segment"]),
        ('[eligible]\nsegments = "a"', ["eligible.segments"]),
        ("[exclude]\nunits = [3]\ninternal = 0", ["exclude.internal", "exclude.units"]),
        ("[reminder]\nmost = 9", ["reminder.after_hours", "reminder.most"]),
        ("reminder = 3", ["reminder", "reminder.after_hours", "reminder.most"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, expected: list[str]) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(text)
    assert [problem.key for problem in caught.value.problems] == expected
    assert all(problem.sentence("zh-hans") and problem.sentence("en") for problem in caught.value.problems)


def test_an_unknown_key_suggests_the_near_name() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy('[eligible]\nsegment = ["a"]\n[[target]]\nper = "unit"\nmesure = 1')
    assert {problem.near for problem in caught.value.problems} >= {"segments", "measure"}


@pytest.mark.parametrize(
    ("case", "channel", "path", "expected"),
    [
        ("nobody named: the default", "sms", ("SD",), "2026-11-23T08:00:00+08:00"),
        ("a channel anywhere", "email", ("SD",), None),
        ("a region, by the unit above", "wecom", ("XJ-1", "XJ", "HQ"), None),
        ("the region beats the channel", "email", ("XJ-1", "XJ", "HQ"), None),
        ("of two as near, the one that names the channel", "sms", ("XJ-1", "XJ", "HQ"), "2026-11-22T22:00:00+08:00"),
    ],
)
def test_the_nearest_hours_win(case: str, channel: str, path: tuple[str, ...], expected: str | None) -> None:
    policy = parse_policy(WHOLE)
    now = datetime.fromisoformat("2026-11-22T21:30:00+08:00")
    leaves = next_send_at(now=now, policy=policy, tz=SHANGHAI, channel=channel, unit_path=path)
    assert leaves == (datetime.fromisoformat(expected) if expected else now)


def test_the_nearest_region_is_the_unit_itself() -> None:
    policy = parse_policy(
        '[[sending_hours.for]]\nregion = "XJ"\nfrom = "12:00"\nto = "13:00"\n'
        '[[sending_hours.for]]\nregion = "XJ-1"\nfrom = "14:00"\nto = "15:00"'
    )
    for path, hour in ((("XJ-1", "XJ"), 14), (("XJ-2", "XJ"), 12), ((), 10)):
        leaves = next_send_at(now=NOW, policy=policy, tz=SHANGHAI, unit_path=path)
        assert leaves.astimezone(SHANGHAI).hour == hour


CAPPED = parse_policy(
    '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n[[caps.channel]]\nchannel = "sms"\nper_day = 100\nprice = 0.05\n'
    "spend_per_day = 4\nspend_per_month = 50"
)


@pytest.mark.parametrize(
    ("case", "spent", "segments", "channel", "expected"),
    [
        ("below every cap", Spent(99, 79, 999), 1, "sms", None),
        ("as many as may go today", Spent(100, 0, 0), 1, "sms", "2026-11-23T00:00:00+08:00"),
        ("to spend it all is allowed", Spent(0, 79, 0), 1, "sms", None),
        ("two segments are too much", Spent(0, 79, 0), 2, "sms", "2026-11-23T00:00:00+08:00"),
        ("the month's money is spent", Spent(100, 0, 1000), 1, "sms", "2026-12-01T00:00:00+08:00"),
        ("another channel is not concerned", Spent(999, 999, 9999), 1, "email", None),
    ],
)
def test_beyond_a_cap_of_the_channel_a_message_waits(
    case: str, spent: Spent, segments: int, channel: str, expected: str | None
) -> None:
    facts = FACTS._replace(channel=channel)
    departure = still_allowed(
        facts=facts, history=(), policy=CAPPED, now=NOW, tz=SHANGHAI, spent=spent, segments=segments
    )
    assert departure.wait_until == (datetime.fromisoformat(expected) if expected else None)


def test_a_channel_may_be_capped_by_money_for_the_month_alone_or_not_at_all() -> None:
    monthly = parse_policy('[[caps.channel]]\nchannel = "sms"\nprice = 0.05\nspend_per_month = 50')
    assert len(render_policy(monthly, language="en")) == len(render_policy(DEFAULT, language="en")) + 1
    daily = parse_policy('[[caps.channel]]\nchannel = "sms"\nprice = 0.05\nper_day = 9')
    for policy, goes in ((monthly, False), (daily, True)):
        departure = still_allowed(
            facts=FACTS._replace(channel="sms"),
            history=(),
            policy=policy,
            now=NOW,
            tz=SHANGHAI,
            spent=Spent(0, 9999, 1000),
        )
        assert departure.goes is goes


def test_the_month_after_december_is_january() -> None:
    now = datetime(2026, 12, 31, 1, 0, tzinfo=UTC)
    departure = still_allowed(
        facts=FACTS._replace(channel="sms"), history=(), policy=CAPPED, now=now, tz=SHANGHAI, spent=Spent(0, 0, 1000)
    )
    assert departure.wait_until == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


def test_what_was_decided_is_not_drawn_or_chosen_again_when_it_leaves() -> None:
    policy = parse_policy(
        '[sampling]\nshare = 0.01\n[[sampling.for]]\nscenario = "hotline"\nshare = 0.01\n[eligible]\nsegments = ["a"]\n'
        '[[target]]\nper = "unit"\nmeasure = "csat"\nhalf_width = 0.5\ndays = 9\n[exclude]\nscenarios = ["hotline"]'
    )
    told = FACTS._replace(cells=(Cell(9, 0.1),))
    assert still_allowed(facts=told, history=(), policy=policy, now=NOW, tz=SHANGHAI).goes
    legal = still_allowed(facts=told._replace(open_legal_case=True), history=(), policy=policy, now=NOW, tz=SHANGHAI)
    assert legal.reason == "open_legal_case"


def test_what_a_group_was_sent_while_it_waited_holds_a_message_back() -> None:
    policy = parse_policy('[[gap]]\nper = "unit"\nminutes = 10')
    logs = {(Scope.UNIT, "SD"): [Sendings(NOW - timedelta(minutes=10), Kind.CARE)]}
    facts = FACTS._replace(unit="SD")
    departure = still_allowed(facts=facts, history=(), policy=policy, now=NOW, tz=SHANGHAI, group_logs=logs)
    assert departure.reason == "unit_gap"
    assert still_allowed(facts=facts, history=(), policy=policy, now=NOW, tz=SHANGHAI).goes


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ('[eligible]\nsegments = ["gold"]', {"segment": "gold"}, ""),
        ('[eligible]\nsegments = ["gold"]', {"segment": "silver"}, "not_eligible"),
        ('[eligible]\nsegments = ["gold"]', {}, "not_eligible"),
        ('[eligible]\nsegments = ["gold"]\nbrands = ["b"]', {"segment": "gold", "brand": "c"}, "not_eligible"),
        ('[eligible]\nunits = ["SD"]', {"unit_path": ("SD-05", "SD", "HQ")}, ""),
        ('[eligible]\nscenarios = ["hotline"]', {}, ""),
        ('[eligible]\nscenarios = ["hotline"]', {"scenario": 7, "scenario_key": "hotline"}, ""),
        ('[eligible]\nscenarios = ["hotline"]', {"scenario": 7}, "not_eligible"),
        ('[eligible]\nchannels = ["sms"]', {"channel": "email"}, "not_eligible"),
        ('[exclude]\nsegments = ["press"]\nbrands = ["b"]', {"brand": "b"}, "excluded"),
        ('[exclude]\nunits = ["SD"]', {"unit_path": ("SD-05", "SD")}, "excluded"),
        ('[exclude]\nunits = ["SD"]', {"unit_path": ("GD",)}, ""),
        ('[eligible]\nsegments = ["a"]\n[exclude]\nsegments = ["a"]', {"segment": "a"}, "excluded"),
        ("", {"open_legal_case": True}, "open_legal_case"),
        ("[exclude]\nopen_legal_case = false", {"open_legal_case": True}, ""),
        ("[exclude]\ninternal = false\nunder_14 = false", {"internal": True, "under_14": True}, ""),
    ],
)
def test_who_is_asked_at_all(text: str, facts: dict[str, Any], expected: str) -> None:
    decision = decide(facts=FACTS._replace(**facts), history=(), policy=parse_policy(text), now=NOW)
    assert decision.reason == expected
    assert all(line.title for line in explain(decision, language="en", tz=SHANGHAI).lines)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ""),  # 0.3042 lies below 0.5
        ({"segment": "gold"}, "sampled_out"),
        ({"touchpoint": 3, "touchpoint_key": "hall", "unit_path": ("SD-05", "SD")}, ""),
        ({"touchpoint": "hall", "unit_path": ("SD-05", "SD"), "segment": "gold"}, ""),  # the first that fits
        ({"scenario": "repair", "touchpoint": "hall"}, "sampled_out"),
    ],
)
def test_the_first_share_that_fits_is_drawn_with(facts: dict[str, Any], expected: str) -> None:
    policy = parse_policy(
        '[sampling]\nshare = 0.5\n[[sampling.for]]\ntouchpoint = "hall"\nunit = "SD"\nshare = 1\n'
        '[[sampling.for]]\nsegment = "gold"\nshare = 0.3\n[[sampling.for]]\nscenario = "repair"\nshare = 0.3'
    )
    decision = decide(facts=FACTS._replace(**facts), history=(), policy=policy, now=NOW)
    assert decision.reason == expected
    assert decision.trace[-1].reason == "sampled_out"


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        ((), Kind.SURVEY, ""),
        ((None, Cell(3)), Kind.SURVEY, ""),
        ((Cell(399, 0.031),), Kind.SURVEY, ""),
        ((Cell(10, 0.03),), Kind.SURVEY, "target_reached"),
        ((Cell(10, Decimal("0.03")),), Kind.REMINDER, "target_reached"),
        ((Cell(400, None),), Kind.SURVEY, "target_reached"),
        ((Cell(10, 0.5), Cell(1000, 0.2)), Kind.SURVEY, "target_reached"),
        ((Cell(10, 0.01),), Kind.CARE, ""),
    ],
)
def test_a_cell_with_answers_enough_is_asked_no_more(cells: tuple[Any, ...], kind: Kind, expected: str) -> None:
    policy = replace(parse_policy(WHOLE), eligible=DEFAULT.eligible, share=Decimal(1), shares=())
    decision = decide(facts=FACTS._replace(cells=cells, kind=kind), history=(), policy=policy, now=NOW)
    assert (decision.reason, decision.rule) == (expected, "target" if expected else "")
    step = next(step for step in decision.trace if step.target)
    assert step.outcome is (Outcome.BLOCKED if expected else Outcome.PASSED)
    again = retold(
        reason=decision.reason,
        counts=decision.counts,
        next_allowed_at=None,
        facts=FACTS,
        sent=(),
        policy=policy,
        at=NOW,
    )
    assert again.rule == decision.rule
    assert [step.outcome for step in again.trace if step.target] == [step.outcome]


def test_the_arithmetic_of_every_new_rule_is_shown() -> None:
    policy = replace(parse_policy(WHOLE), eligible=DEFAULT.eligible)
    facts = FACTS._replace(staff="A1", unit="SD", cells=(Cell(120, 0.0412), Cell(7)))
    history = [Contact(NOW - 2 * DAY, "hotline"), Contact(NOW - HOUR, "hotline", kind=Kind.COMPLETION)]
    logs = {
        (Scope.STAFF, "A1"): [Sendings(NOW - DAY, Kind.SURVEY, 2), Sendings(None), Sendings(NOW - 8 * DAY)],
        (Scope.UNIT, "SD"): [Sendings(NOW - timedelta(minutes=9), Kind.CARE)],
    }
    decision = decide(facts=facts, history=history, policy=policy, now=NOW, group_logs=logs)
    assert (decision.reason, decision.rule, decision.counts) == ("staff_limit", "limit[1]", (3, 1))
    assert decision.next_allowed_at == NOW + 6 * DAY
    told = explain(decision, language="zh-hans", tz=SHANGHAI)
    assert told.sentence == "没有下发：同一员工 7 天已满 3 次。"
    assert [f"{line.outcome} | {line.title} | {line.detail}" for line in told.lines][-7:] == [
        "blocked | 同一员工 7 天 3 / 3 | 窗口内共 3 条。",
        "also_blocked | 90 分钟总量 1 / 1 | 2026-11-22 计入。",
        "passed | 距上一条消息超过 24 小时 | 上一条在 2026-11-20 10:00:00 下发。",
        "also_blocked | 距同一场景上一条消息超过 4330 分钟 | 上一条在 2026-11-20 10:00:00 下发。",
        "also_blocked | 距同一单位上一条消息超过 10 分钟 | 上一条在 2026-11-22 09:51:00 下发。",
        "not_judged | 每个触点近 30 天的满意率区间窄到 ±3%，或答卷满 400 份后，不再邀请。 |"
        " 前面的规则已拦下，没有再判断。",
        "not_judged | 抽样抽中 | 前面的规则已拦下，没有再判断。",
    ]
    free = decide(facts=facts, history=(), policy=policy, now=NOW)
    assert explain(free, language="en", tz=SHANGHAI).lines[-2].detail == "120 answers so far, known to ±0.0412."
    few = decide(facts=facts._replace(cells=(Cell(3),)), history=(), policy=policy, now=NOW)
    assert explain(few, language="en", tz=SHANGHAI).lines[-2].detail == "3 answers so far."
    near = decide(facts=facts, history=history[:1], policy=policy, now=NOW)
    assert explain(near, language="en", tz=SHANGHAI).sentence == (
        "Not asked. Not more than 4330 minutes have passed since the last message of this scenario."
    )


def test_a_stored_decision_about_a_group_is_told_without_dates() -> None:
    policy = replace(parse_policy(WHOLE), eligible=DEFAULT.eligible)
    sent = [Sent(NOW - DAY, "hotline", "phone")]
    for reason, counts, rule in (
        ("staff_limit", (3, 0), "limit[1]"),
        ("scenario_gap", (1, 0), "gap[2]"),
        ("unit_gap", (1, 0), "gap[3]"),
        ("gap", (1, 0), "gap"),
    ):
        story = retold(
            reason=reason, counts=counts, next_allowed_at=None, facts=FACTS, sent=sent, policy=policy, at=NOW
        )
        assert story.rule == rule
        blocked = [step for step in story.trace if step.outcome is Outcome.BLOCKED]
        assert [step.reason for step in blocked] == [reason]
        assert all(step.contacts == () for step in story.trace if step.limit and step.limit.per.is_group)
        assert explain(story, language="zh-hans", tz=SHANGHAI).sentence.startswith("没有下发：")


def test_whoever_belongs_to_no_group_is_counted_in_none() -> None:
    policy = parse_policy('[[limit]]\nper = "brand"\nmax = 1\ndays = 1\n[gap]\noff = true')
    logs = {(Scope.BRAND, None): [Sendings(NOW - HOUR)]}
    asks = [(1, FACTS), (2, FACTS), (3, FACTS._replace(brand="b")), (4, FACTS._replace(brand="b"))]
    verdicts = decide_batch(asks=asks, histories={}, policy=policy, now=NOW, group_logs=logs)
    assert [verdict.reason for verdict in verdicts] == ["", "", "", "brand_limit"]


def test_a_completion_limit_holds_back_what_leads_to_one_and_no_care() -> None:
    policy = parse_policy('[[limit]]\nper = "customer"\nmax = 1\ndays = 30\ncounts = ["completion"]\n[gap]\nhours = 1')
    history = [Contact(NOW - DAY, "hotline", kind=Kind.COMPLETION)]
    for kind, expected in ((Kind.SURVEY, "customer_limit"), (Kind.REMINDER, "customer_limit"), (Kind.CARE, "")):
        assert decide(facts=FACTS._replace(kind=kind), history=history, policy=policy, now=NOW).reason == expected
    just = [Contact(NOW, "hotline", kind=Kind.COMPLETION)]
    assert decide(facts=FACTS, history=just, policy=DEFAULT, now=NOW).reason == "", "an answer begins no gap"


def test_a_policy_knows_what_history_it_needs() -> None:
    policy = parse_policy(WHOLE)
    assert (policy.groups, policy.group_lookback) == ({Scope.STAFF, Scope.UNIT}, 7 * DAY + timedelta(minutes=10))
    assert policy.lookback == timedelta(minutes=90) + timedelta(minutes=4330)
    assert (DEFAULT.groups, DEFAULT.group_lookback) == (frozenset(), timedelta(0))
    assert reason_of("answered", policy=policy).label == reason_of("customer_limit", policy=policy).label
    own = parse_policy('[[gap]]\nper = "staff"\nhours = 1\nreason = "easy"')
    assert reason_of("easy", policy=own).label == reason_of("staff_gap", policy=own).label
    assert FACTS._replace(address=Address.NONE).scenario_name == "hotline"
