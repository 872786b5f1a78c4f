"""Plain sentences for the tables of a policy that choose: groups, samples, targets, channels and regions."""

from collections.abc import Iterator
from decimal import Decimal

from zhiyin.lib.text import Text, both
from zhiyin.outreach.rules.groups import CellOf, Groups, ShareFor, Target
from zhiyin.outreach.rules.hours import ChannelCap, HoursFor
from zhiyin.outreach.rules.terms import Policy

_LISTS = {
    "segments": both("客户群", "segments"),
    "brands": both("品牌", "brands"),
    "units": both("单位及其下级", "units with all below them"),
    "scenarios": both("场景", "scenarios"),
    "channels": both("通道", "channels"),
}
_FLAGS = {
    "internal": both("内部号码也邀请。", "Internal numbers are asked, too."),
    "under_14": both("未满 14 岁的客户也邀请。", "Customers under 14 are asked, too."),
    "open_legal_case": both("有未结法律案件的客户也邀请。", "Customers with an open legal case are asked, too."),
}
_CELLS = {
    CellOf.TOUCHPOINT: both("每个触点", "each touchpoint"),
    CellOf.SCENARIO: both("每个场景", "each scenario"),
    CellOf.UNIT: both("每个单位", "each unit"),
    CellOf.STAFF: both("每位员工", "each member of staff"),
}
MEASURES = {
    "top_box": both("满意率", "top box share"),
    "bottom_box": both("不满意率", "bottom box share"),
    "csat": both("CSAT", "CSAT"),
    "mean": both("平均分", "mean"),
    "nps": both("NPS", "NPS"),
}


def times_text(times: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def percent(share: Decimal) -> str:
    """A share as people write it: 85."""
    text = f"{share * 100:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def where_text(row: HoursFor) -> Text:
    """The channel and region that sending hours are for."""
    zh = "、".join(filter(None, (row.region and f"{row.region} 及其下级单位", row.channel and f"通道 {row.channel}")))
    en = ", ".join(filter(None, (row.region and f"in {row.region} and below", row.channel and f"by {row.channel}")))
    return both(f"{zh}：", _upper(en))


def chosen_sentences(policy: Policy) -> Iterator[Text]:
    """Whom the policy asks at all."""
    if policy.eligible:
        zh, en = _lists(policy.eligible, "，并且", "; and ")
        yield both(f"只邀请这些：{zh}。", f"Only these are asked: {en}.")
    if policy.exclude.groups:
        zh, en = _lists(policy.exclude.groups, "，以及", "; and ")
        yield both(f"不邀请这些：{zh}。", f"These are not asked: {en}.")
    yield from (sentence for flag, sentence in _FLAGS.items() if not getattr(policy.exclude, flag))


def _lists(groups: Groups, zh_and: str, en_and: str) -> tuple[str, str]:
    named = [(words, getattr(groups, key)) for key, words in _LISTS.items() if getattr(groups, key)]
    return (
        zh_and.join(f"{words['zh-hans']} {'、'.join(names)}" for words, names in named),
        en_and.join(f"{words['en']} {', '.join(names)}" for words, names in named),
    )


def sample_sentences(policy: Policy) -> Iterator[Text]:
    """Which share of those who pass every other rule is asked."""
    for row in policy.shares:
        share, (zh, en) = percent(row.share), _for_whom(row)
        yield both(f"{zh} 按 {share}% 抽样邀请。", f"{en}: {share}% of those who pass the other rules are invited.")
    if policy.share < 1:
        share = percent(policy.share)
        zh, en = ("其余", ", all others") if policy.shares else ("", "")
        yield both(
            f"{zh}通过以上规则的，按 {share}% 抽样邀请。",
            f"Of those who pass the rules above{en}, {share}% are invited.",
        )


def _for_whom(row: ShareFor) -> tuple[str, str]:
    words = {"scenario": "场景", "touchpoint": "触点", "unit": "单位", "segment": "客户群"}
    named = [(key, zh, getattr(row, key)) for key, zh in words.items() if getattr(row, key)]
    return (
        "、".join(f"{zh} {name}" for _, zh, name in named),
        _upper(", ".join(f"{key} {name}" for key, _, name in named)),
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def target_sentences(policy: Policy) -> Iterator[Text]:
    """When a cell has answers enough."""
    yield from (target_sentence(target) for target in policy.targets)


def target_sentence(target: Target) -> Text:
    """One target, as a rule."""
    cell, measure, width = _CELLS[target.per], MEASURES[target.measure], width_text(target)
    zh_most = en_most = ""
    if target.max_answers is not None:
        zh_most, en_most = f"，或答卷满 {target.max_answers} 份", f" or it has {target.max_answers} answers"
    return both(
        f"{cell['zh-hans']}近 {target.days} 天的{measure['zh-hans']}区间窄到 ±{width}{zh_most or ' '}后，不再邀请。",
        f"In {cell['en']}, nobody more is asked once the {measure['en']} of the last {target.days} days is known to"
        f" ±{width}{en_most}.",
    )


def width_text(target: Target) -> str:
    """The half width that a target asks for: 3%, 0.2."""
    shares = ("top_box", "bottom_box", "csat")
    return f"{percent(target.half_width)}%" if target.measure in shares else f"{target.half_width:f}"


def cap_sentences(cap: ChannelCap) -> Iterator[Text]:
    """What a channel may send and spend."""
    name = cap.channel
    if cap.per_day is not None:
        yield both(
            f"通道 {name} 每天最多下发 {cap.per_day} 条，多出的顺延到第二天。",
            f"At most {cap.per_day} messages a day leave by {name}; the rest wait until the next day.",
        )
    for most, zh, en, zh_then, en_then in (
        (cap.spend_per_day, "每天", "a day", "第二天", "the next day"),
        (cap.spend_per_month, "每月", "a month", "下个月", "the next month"),
    ):
        if most is not None:
            yield both(
                f"通道 {name} {zh}最多花费 {most:f} 元（每段 {cap.price:f} 元），多出的顺延到{zh_then}。",
                f"At most {most:f} yuan {en} are spent by {name} ({cap.price:f} a segment);"
                f" the rest wait until {en_then}.",
            )
