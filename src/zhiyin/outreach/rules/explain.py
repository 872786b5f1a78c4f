"""Why was this customer not asked? One sentence, then the arithmetic, rule by rule, in Chinese or English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from zhiyin.lib.text import Text, both, pick
from zhiyin.outreach.rules.checks import lot_of
from zhiyin.outreach.rules.facts import Facts, Kind
from zhiyin.outreach.rules.judge import Decision
from zhiyin.outreach.rules.reasons import reason_of
from zhiyin.outreach.rules.terms import Gap, Limit, Policy, Scope
from zhiyin.outreach.rules.trace import Outcome, Step
from zhiyin.outreach.rules.wording import hours_text, period_text
from zhiyin.outreach.rules.wording_more import target_sentence

_WHERE = {
    Scope.CUSTOMER: both("", "Messages"),
    Scope.SCENARIO: both("同一场景 ", "This scenario"),
    Scope.TOUCHPOINT: both("同一触点 ", "This touchpoint"),
    Scope.STAFF: both("同一员工 ", "This member of staff"),
    Scope.UNIT: both("同一单位 ", "This unit"),
    Scope.BRAND: both("同一品牌 ", "This brand"),
    Scope.SEGMENT: both("同一客户群 ", "This segment"),
}
_SINCE = {
    Scope.CUSTOMER: both("", ""),
    Scope.SCENARIO: both("同一场景", " of this scenario"),
    Scope.TOUCHPOINT: both("同一触点", " of this touchpoint"),
    Scope.STAFF: both("同一员工", " about this member of staff"),
    Scope.UNIT: both("同一单位", " about this unit"),
    Scope.BRAND: both("同一品牌", " of this brand"),
    Scope.SEGMENT: both("同一客户群", " to this segment"),
}
_PASSED = {
    "internal_only": both("不是内部号码", "Not an internal number"),
    "no_survey": both("有可发的问卷", "There is a survey to send"),
    "under_14": both("不是未满 14 岁的客户", "Not under 14"),
    "open_legal_case": both("没有未结的法律案件", "No open legal case"),
    "not_eligible": both("在邀请范围内", "Among those asked"),
    "excluded": both("不在策略排除之列", "Not left out by the policy"),
    "too_old": both("服务接触还不算太久", "The interaction is recent enough"),
    "no_address": both("有联系方式", "There is an address"),
    "no_mobile": both("不是固定电话", "Not a landline"),
    "channel_refused": both("通道支持该号码或地址", "The channel takes the address"),
    "opted_out": both("没有退订", "Has not opted out"),
    "do_not_contact": both("不在免打扰名单上", "Not on the do-not-contact list"),
    "sampled_out": both("抽样抽中", "In the sample"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as the console shows it: how it came out, what it says, the figures behind it."""

    outcome: Outcome
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer. ``again`` is empty where no date would help."""

    sentence: str
    again: str
    lines: tuple[Line, ...]
    version: str


def explain(decision: Decision, *, language: str, tz: tzinfo) -> Explanation:
    """The decision for a person to read; times are shown on the local clock, the next time rounded up to the minute."""
    again = decision.next_allowed_at
    return Explanation(
        sentence=pick(_sentence(decision), language),
        again=pick(_again(again, tz), language) if again else "",
        lines=tuple(_line(step, decision, language, tz) for step in decision.trace),
        version=decision.policy.version,
    )


def _sentence(decision: Decision) -> Text:
    if decision.verdict.invited:
        return both("已邀请：通过了全部规则。", "Invited: every rule passed.")
    blocking = next(step for step in decision.trace if step.outcome is Outcome.BLOCKED)
    if blocking.limit:
        zh, en = _two(_full(blocking.limit))
    elif blocking.gap:
        hours, since = _two(hours_text(blocking.gap.span)), _two(_SINCE[blocking.gap.per])
        zh = f"距{since[0]}上一条消息还没有超过 {hours[0]}。"
        en = f"Not more than {hours[1]} have passed since the last message{since[1]}."
    else:
        zh, en = _two(reason_of(decision.reason, policy=decision.policy).sentence)
    return both(f"没有下发：{zh}", f"Not asked. {en}")


def _full(limit: Limit) -> Text:
    period, where = _two(period_text(limit.period)), _two(_WHERE[limit.per])
    return both(
        f"{where[0]}{period[0]}已满 {limit.most} 次。",
        f"{where[1]}: the limit of {limit.most} in {period[1]} is reached.",
    )


def _again(again: datetime, tz: tzinfo) -> Text:
    local = (again.astimezone(tz) + timedelta(minutes=1, microseconds=-1)).strftime("%Y-%m-%d %H:%M")
    return both(f"最早 {local} 可以再问。", f"May be asked again from {local}.")


def _line(step: Step, decision: Decision, language: str, tz: tzinfo) -> Line:
    policy = decision.policy
    if step.limit:
        title, detail = _limit_line(step, step.limit, decision.at, tz)
    elif step.gap:
        title, detail = _gap_line(step, step.gap, decision.at, tz)
    elif step.target:
        title, detail = target_sentence(step.target), _cell(step)
    else:
        blocked = step.outcome is Outcome.BLOCKED
        title = reason_of(step.reason, policy=policy).label if blocked else _PASSED[step.reason]
        detail = reason_of(step.reason, policy=policy).sentence if blocked else both("", "")
        if step.reason == "sampled_out":
            detail = _draw(decision.facts, policy)
    if step.outcome is Outcome.NOT_JUDGED:
        detail = both("前面的规则已拦下，没有再判断。", "An earlier rule had blocked it, so this one was not judged.")
    return Line(step.outcome, pick(title, language), pick(detail, language))


def _draw(facts: Facts, policy: Policy) -> Text:
    """Where the draw put the interaction, and the share that it had to lie below; which share, if there are several,
    the record does not say."""
    lot = f"{lot_of(facts.external_id) / 2**64:.4f}"
    if policy.shares:
        return both(f"抽签值 {lot}。", f"Drawn at {lot}.")
    return both(f"抽签值 {lot}，小于 {policy.share} 才邀请。", f"Drawn at {lot}; below {policy.share} is invited.")


def _limit_line(step: Step, limit: Limit, at: datetime, tz: tzinfo) -> tuple[Text, Text]:
    period, where = _two(period_text(limit.period)), _two(_WHERE[limit.per])
    tally = limit.most if step.count is None else f"{step.count} / {limit.most}"
    title = both(
        f"{where[0]}{period[0]}{'总量' if not where[0] else ''} {tally}", f"{where[1]} in {period[1]}: {tally}"
    )
    if limit.per.is_group and step.count:
        return title, both(f"窗口内共 {step.count} 条。", f"{step.count} within the window.")
    return title, _when(step.contacts, at, tz, answers=Kind.COMPLETION in limit.counts)


def _when(contacts: Sequence[datetime], at: datetime, tz: tzinfo, *, answers: bool) -> Text:
    """When what was counted had left. What counted as going at the very moment of the decision has no date: it
    waited then, and may have been withdrawn since; or its month has gone."""
    if not contacts:
        return both("还没有下发过。", "Nothing sent yet.")
    dates = ", ".join(_day(sent, tz) for sent in contacts if sent != at)
    undated = sum(sent == at for sent in contacts)
    zh_dates = dates.replace(", ", "、")
    zh, en = (f"{zh_dates} 计入", f"Counted: {dates}") if answers else (f"已在 {zh_dates} 下发", f"Sent on {dates}")
    if not undated:
        return both(f"{zh}。", f"{en}.")
    zh_waited = f"{undated} 条当时仍在排队，或已不在记录中"
    en_waited = f"{undated} still waited then, or {'is' if undated == 1 else 'are'} no longer on record"
    return (
        both(f"{zh}；另有 {zh_waited}。", f"{en}; {en_waited}.") if dates else both(f"{zh_waited}。", f"{en_waited}.")
    )


def _gap_line(step: Step, gap: Gap, at: datetime, tz: tzinfo) -> tuple[Text, Text]:
    hours, since = _two(hours_text(gap.span)), _two(_SINCE[gap.per])
    title = both(f"距{since[0]}上一条消息超过 {hours[0]}", f"More than {hours[1]} since the last message{since[1]}")
    if gap.per.is_group and not step.contacts:
        return title, both("", "")
    if not step.contacts:
        return title, both("还没有下发过。", "Nothing sent yet.")
    if step.contacts[-1] == at:
        waited = "The last one still waited then, or is no longer on record; it counted as sent at that moment."
        return title, both("上一条当时仍在排队，或已不在记录中，按当时下发计算。", waited)
    last = step.contacts[-1].astimezone(tz).strftime("%Y-%m-%d %H:%M:%S")
    return title, both(f"上一条在 {last} 下发。", f"The last one went at {last}.")


def _cell(step: Step) -> Text:
    """How well the cell is known; nothing where nobody said."""
    if step.cell is None:
        return both("", "")
    if step.cell.half_width is None:
        return both(f"现有 {step.cell.n} 份答卷。", f"{step.cell.n} answers so far.")
    width = f"{float(step.cell.half_width):.4g}"
    return both(f"现有 {step.cell.n} 份答卷，区间半宽 {width}。", f"{step.cell.n} answers so far, known to ±{width}.")


def _day(moment: datetime, tz: tzinfo) -> str:
    return moment.astimezone(tz).strftime("%Y-%m-%d")


def _two(text: Text) -> tuple[str, str]:
    return text["zh-hans"], text["en"]
