"""A policy in plain sentences, Chinese first: what the editor shows beside each rule."""

from collections.abc import Iterator
from datetime import timedelta

from zhiyin.lib.text import Text, both, pick
from zhiyin.outreach.rules.facts import Kind
from zhiyin.outreach.rules.hours import DAY, SendingHours, clock
from zhiyin.outreach.rules.terms import ALL_KINDS, Gap, Limit, Policy, Scope
from zhiyin.outreach.rules.wording_more import (
    cap_sentences,
    chosen_sentences,
    sample_sentences,
    target_sentences,
    times_text,
    where_text,
)

_WHO = {
    Scope.CUSTOMER: both("每位客户", "A customer gets"),
    Scope.SCENARIO: both("每位客户在同一场景", "Within one scenario, a customer gets"),
    Scope.TOUCHPOINT: both("每位客户在同一触点", "At one touchpoint, a customer gets"),
    Scope.STAFF: both("每位员工服务过的全部客户", "All customers served by one member of staff get"),
    Scope.UNIT: both("每个单位的全部客户", "All customers of one unit get"),
    Scope.BRAND: both("每个品牌的全部客户", "All customers of one brand get"),
    Scope.SEGMENT: both("每个客户群的全部客户", "All customers of one segment get"),
}
_SINCE = {
    Scope.CUSTOMER: both("", ""),
    Scope.SCENARIO: both("同一场景的", " of the same scenario"),
    Scope.TOUCHPOINT: both("同一触点的", " of the same touchpoint"),
    Scope.STAFF: both("同一员工的", " about the same member of staff"),
    Scope.UNIT: both("同一单位的", " about the same unit"),
    Scope.BRAND: both("同一品牌的", " of the same brand"),
    Scope.SEGMENT: both("同一客户群的", " to the same segment"),
}
_KINDS = {
    Kind.SURVEY: both("问卷", "surveys"),
    Kind.REMINDER: both("提醒", "reminders"),
    Kind.CARE: both("关怀", "care"),
    Kind.COMPLETION: both("答卷", "answers"),
}


def render_policy(policy: Policy, *, language: str) -> list[str]:
    """The whole policy, a sentence for each rule in the order of their use, then what happens to links."""
    return [pick(sentence, language) for sentence in _sentences(policy)]


def period_text(period: timedelta) -> Text:
    """``90 天``, ``36 小时``, ``45 分钟``: whole days where they come out even, else whole hours, else minutes."""
    days, rest = divmod(period, timedelta(days=1))
    if days and not rest:
        return both(f"{days} 天", "1 day" if days == 1 else f"{days} days")
    return hours_text(period)


def hours_text(length: timedelta) -> Text:
    """``24 小时``: the way gaps and link lives are spoken of. In minutes where hours do not come out even."""
    hours, rest = divmod(length, timedelta(hours=1))
    if rest:
        minutes = length // timedelta(minutes=1)
        return both(f"{minutes} 分钟", "1 minute" if minutes == 1 else f"{minutes} minutes")
    return both(f"{hours} 小时", "1 hour" if hours == 1 else f"{hours} hours")


def _sentences(policy: Policy) -> Iterator[Text]:
    yield from chosen_sentences(policy)
    if policy.max_age:
        zh, en = _two(period_text(policy.max_age))
        yield both(
            f"服务接触结束超过 {zh}的，不再邀请。", f"An interaction that ended more than {en} ago gets no invitation."
        )
    for limit in policy.limits:
        yield _limit(limit)
    for gap in policy.all_gaps:
        yield _gap(gap)
    yield from target_sentences(policy)
    yield from sample_sentences(policy)
    yield _hours(policy.sending_hours, "")
    for row in policy.hours:
        yield _hours(row.hours, row.time_zone, where_text(row))
    if policy.per_number_per_day:
        most = policy.per_number_per_day
        yield both(
            f"同一号码每天最多下发 {most} 条，多出的顺延到第二天。",
            f"At most {most} a day go to one number; the rest wait until the next day.",
        )
    for cap in policy.caps:
        yield from cap_sentences(cap)
    if policy.reminder:
        zh, en = _two(hours_text(policy.reminder.after))
        most = policy.reminder.most
        yield both(
            f"下发满 {zh}仍未作答的，提醒最多 {most} 次；提醒带一个新链接，也计入各项上限和间隔。",
            f"Who has not answered {en} after a message is reminded, at most {times_text(most)};"
            " a reminder brings a new link and counts for every limit and gap.",
        )
    zh, en = _two(hours_text(policy.link_life))
    yield both(f"链接提交后失效，下发满 {zh}也失效。", f"A link dies when it is submitted, and {en} after it was sent.")


def kinds_text(counts: frozenset[Kind]) -> Text:
    """``问卷、提醒合计``: what a rule counts."""
    if counts == ALL_KINDS:
        return both("问卷、提醒、关怀合计", "surveys, reminders and care messages together")
    kinds = [kind for kind in Kind if kind in counts]
    several = len(kinds) > 1
    return both(
        "、".join(pick(_KINDS[kind], "zh-hans") for kind in kinds) + ("合计" if several else ""),
        " and ".join(pick(_KINDS[kind], "en") for kind in kinds) + (" together" if several else " only"),
    )


def _gap(gap: Gap) -> Text:
    zh, en = _two(hours_text(gap.span))
    where = _SINCE[gap.per]
    only = both("", "")
    if gap.counts != ALL_KINDS:
        kinds = kinds_text(gap.counts)
        only = both(f"（{kinds['zh-hans']}）", f" ({kinds['en']})")
    return both(
        f"距{where['zh-hans']}上一条消息{only['zh-hans']}要超过 {zh}，刚满 {zh}仍算太近。",
        f"More than {en} must have passed since the last message{where['en']}{only['en']}; {en} exactly is too soon.",
    )


def _limit(limit: Limit) -> Text:
    period, who = _two(period_text(limit.period)), _two(_WHO[limit.per])
    kinds = _two(kinds_text(limit.counts))
    if limit.counts == {Kind.COMPLETION}:
        answers = "is 1 answer" if limit.most == 1 else f"are {limit.most} answers"
        return both(
            f"{who[0]}，任意连续 {period[0]}内收到 {limit.most} 份答卷后不再邀请。",
            f"{who[1]} no invitation once there {answers} in any rolling {period[1]}.",
        )
    messages = "1 message" if limit.most == 1 else f"{limit.most} messages"
    return both(
        f"{who[0]}，任意连续 {period[0]}内最多收到 {limit.most} 条消息（{kinds[0]}）。",
        f"{who[1]} at most {messages} in any rolling {period[1]} ({kinds[1]}).",
    )


def _hours(hours: SendingHours | None, zone: str, where: Text | None = None) -> Text:
    """When messages leave; ``where`` is the channel and region that the sentence is about."""
    zh, en = _two(where) if where else ("", "")
    at = both(f" {zone} ", f"{zone} time") if zone else both("当地", "local time")
    zh_at, en_at = f"{at['zh-hans']}时间", at["en"]
    messages = f"{en}, messages" if en else "Messages"
    if hours is None:
        return both(f"{zh}不限时段，随时下发。", f"{messages} leave at any time of day.")
    opens, closes = clock(hours.opens), clock(hours.closes)
    if hours.closes == DAY or hours.opens < hours.closes:
        return both(
            f"{zh}只在{zh_at} {opens}–{closes} 下发，其余时间顺延到下一个 {opens}。",
            f"{messages} leave between {opens} and {closes} {en_at}; at other times they wait until {opens}.",
        )
    return both(
        f"{zh}只在{zh_at} {opens} 到次日 {closes} 下发，其余时间顺延到下一个 {opens}。",
        f"{messages} leave from {opens} to {closes} of the next day, {en_at}; at other times they wait until {opens}.",
    )


def _two(text: Text) -> tuple[str, str]:
    return text["zh-hans"], text["en"]
