"""Every reason why somebody is not asked, with its label for charts and its sentence for people."""

from dataclasses import dataclass
from enum import StrEnum

from zhiyin.lib.text import Text, both
from zhiyin.outreach.rules.terms import GAP_REASONS, LIMIT_REASONS, Policy


class Loss(StrEnum):
    """Two words that the outreach screen keeps apart: never in scope, or in scope and held back by a rule."""

    EXCLUDED = "excluded"  # 排除
    SUPPRESSED = "suppressed"  # 抑制


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is not asked: the key that is stored, a label for charts and a sentence for people."""

    key: str
    loss: Loss
    label: Text
    sentence: Text


def _reason(key: str, loss: Loss, zh: str, en: str, zh_sentence: str, en_sentence: str) -> Reason:
    return Reason(key, loss, both(zh, en), both(zh_sentence, en_sentence))


_EXCLUDED, _SUPPRESSED = Loss.EXCLUDED, Loss.SUPPRESSED
REASONS = {
    reason.key: reason
    for reason in (
        _reason(
            "internal_only", _EXCLUDED, "内部号码", "Internal number",
            "这是内部号码或测试，不向客户下发。", "This is an internal number or a test; nothing goes to a customer.",
        ),
        _reason(
            "no_survey", _EXCLUDED, "没有可发的问卷", "No survey to send",
            "这个触点没有已发布的问卷。", "This touchpoint has no published survey.",
        ),
        _reason(
            "under_14", _EXCLUDED, "未满 14 岁", "Under 14",
            "客户未满 14 岁，没有单独同意就不邀请。",
            "The customer is under 14 and is not asked without separate consent.",
        ),
        _reason(
            "open_legal_case", _EXCLUDED, "有未结的法律案件", "Open legal case",
            "客户有未结的法律案件，结案前不邀请。",
            "The customer has a legal case that is still open and is not asked until it is closed.",
        ),
        _reason(
            "not_eligible", _EXCLUDED, "不在邀请范围", "Not among those asked",
            "不属于策略要邀请的客户群、品牌、单位、场景或通道。",
            "The policy asks other segments, brands, units, scenarios or channels.",
        ),
        _reason(
            "excluded", _EXCLUDED, "策略排除", "Left out by the policy",
            "策略不邀请这个客户群、品牌、单位、场景或通道。",
            "The policy leaves out this segment, brand, unit, scenario or channel.",
        ),
        _reason(
            "too_old", _EXCLUDED, "服务接触太久以前", "Interaction too old",
            "服务接触结束得太久，再问已经记不清了。", "The interaction ended too long ago to ask about it.",
        ),
        _reason(
            "no_address", _EXCLUDED, "没有联系方式", "No address",
            "没有可用的号码或地址。", "There is no number or address to write to.",
        ),
        _reason(
            "no_mobile", _EXCLUDED, "不是手机号", "Not a mobile number",
            "登记的是固定电话，收不到短信。", "The number on file is a landline, which takes no text message.",
        ),
        _reason(
            "channel_refused", _EXCLUDED, "通道不支持该号码", "Channel does not take the address",
            "当前通道发不到这类号码或地址。", "The channel does not deliver to this kind of number or address.",
        ),
        _reason(
            "opted_out", _SUPPRESSED, "客户已退订", "Opted out",
            "客户已退订。", "The customer opted out.",
        ),
        _reason(
            "do_not_contact", _SUPPRESSED, "免打扰名单", "Do-not-contact list",
            "客户在免打扰名单上。", "The customer is on the do-not-contact list.",
        ),
        _reason(
            "customer_limit", _SUPPRESSED, "消息总量已满", "Message limit reached",
            "这位客户收到的消息已达上限。", "The customer has received as many messages as the policy allows.",
        ),
        _reason(
            "scenario_limit", _SUPPRESSED, "同一场景已满", "Scenario limit reached",
            "这位客户在同一场景收到的问卷已达上限。",
            "The customer has received as many survey messages of this scenario as the policy allows.",
        ),
        _reason(
            "touchpoint_limit", _SUPPRESSED, "同一触点已满", "Touchpoint limit reached",
            "这位客户在同一触点收到的问卷已达上限。",
            "The customer has received as many survey messages of this touchpoint as the policy allows.",
        ),
        _reason(
            "staff_limit", _SUPPRESSED, "同一员工已满", "Staff member limit reached",
            "同一员工下发的消息已达上限。",
            "As many messages about this member of staff have gone out as the policy allows.",
        ),
        _reason(
            "unit_limit", _SUPPRESSED, "同一单位已满", "Unit limit reached",
            "同一单位下发的消息已达上限。", "As many messages about this unit have gone out as the policy allows.",
        ),
        _reason(
            "brand_limit", _SUPPRESSED, "同一品牌已满", "Brand limit reached",
            "同一品牌下发的消息已达上限。", "As many messages about this brand have gone out as the policy allows.",
        ),
        _reason(
            "segment_limit", _SUPPRESSED, "同一客户群已满", "Segment limit reached",
            "同一客户群下发的消息已达上限。", "As many messages about this segment have gone out as the policy allows.",
        ),
        _reason(
            "gap", _SUPPRESSED, "两次间隔不足", "Too soon after the last message",
            "距上一条消息太近。", "The last message is too recent.",
        ),
        _reason(
            "scenario_gap", _SUPPRESSED, "同一场景间隔不足", "Too soon for this scenario",
            "距同一场景的上一条消息太近。", "The last message of this scenario is too recent.",
        ),
        _reason(
            "touchpoint_gap", _SUPPRESSED, "同一触点间隔不足", "Too soon for this touchpoint",
            "距同一触点的上一条消息太近。", "The last message of this touchpoint is too recent.",
        ),
        _reason(
            "staff_gap", _SUPPRESSED, "同一员工间隔不足", "Too soon for this member of staff",
            "同一员工的上一条消息太近。", "The last message about this member of staff is too recent.",
        ),
        _reason(
            "unit_gap", _SUPPRESSED, "同一单位间隔不足", "Too soon for this unit",
            "同一单位的上一条消息太近。", "The last message about this unit is too recent.",
        ),
        _reason(
            "brand_gap", _SUPPRESSED, "同一品牌间隔不足", "Too soon for this brand",
            "同一品牌的上一条消息太近。", "The last message about this brand is too recent.",
        ),
        _reason(
            "segment_gap", _SUPPRESSED, "同一客户群间隔不足", "Too soon for this segment",
            "同一客户群的上一条消息太近。", "The last message about this segment is too recent.",
        ),
        _reason(
            "target_reached", _SUPPRESSED, "样本已足够", "Answers enough",
            "这一格的样本已经足够，不再邀请。", "There are answers enough here; nobody more is asked for now.",
        ),
        _reason(
            "sampled_out", _SUPPRESSED, "抽样未抽中", "Not in the sample",
            "这次抽样没有抽中。", "The sample did not pick this interaction.",
        ),
    )
}  # fmt: skip


def reason_of(key: str, *, policy: Policy) -> Reason:
    """The reason behind a stored key, also one that a policy gave to a rule of its own; otherwise KeyError."""
    if key in REASONS:
        return REASONS[key]
    own = {limit.reason: LIMIT_REASONS[limit.per] for limit in policy.limits}
    own |= {gap.reason: GAP_REASONS[gap.per] for gap in policy.gaps}
    like = REASONS[own[key]]
    return Reason(key, like.loss, like.label, like.sentence)
