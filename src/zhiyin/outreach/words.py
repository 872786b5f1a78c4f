"""Words of outreach as screens show them: reasons with the numbers of their policy, states, channels."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.lib.text import Text, both, pick
from zhiyin.messaging.channels.registry import DIALECTS
from zhiyin.outreach.judging import policy_version
from zhiyin.outreach.rules import Limit, Loss, Policy, Scope, reason_of
from zhiyin.outreach.rules.reasons import REASONS
from zhiyin.outreach.rules.wording import hours_text, period_text

STATES: Mapping[str, Promise] = {
    "queued": lazy("waiting to be sent"),
    "sent": lazy("sent"),
    "unknown": lazy("in doubt"),
    "answered": lazy("completed"),
    "withdrawn": lazy("withdrawn"),
    "failed": lazy("failed"),
}
CHANNELS: Mapping[str, Promise] = {
    "sms": lazy("SMS"),
    "email": pgettext_lazy("channel", "E-mail"),
    "wechat": lazy("WeChat official account"),
    "wecom": lazy("WeCom"),
    "outbox": lazy("Outbox file"),
}


def channel_name(key: str, kind: str = "") -> str:
    """A channel as every screen calls it: the name that it was given and what it speaks, or the kind alone."""
    kind = kind or key
    dialect = DIALECTS.get(kind)
    name = str(dialect.label) if dialect else str(CHANNELS.get(kind, kind))
    return name if key == kind else f"{key} · {name}"


# The parts of all invitations that a list may show, in the order of the funnel.
PARTS: Mapping[str, Promise] = {
    "invited": lazy("All"),
    "queued": lazy("Waiting"),
    "withdrawn": lazy("Taken back"),
    "failed": lazy("Failed"),
    "sent": lazy("Sent"),
    "unknown": lazy("In doubt"),
    "unconfirmed": lazy("Not confirmed"),
    "delivered": lazy("Delivered"),
    "unopened": lazy("Expired unopened"),
    "not_yet_opened": lazy("Not opened yet"),
    "opened": lazy("Opened"),
    "left": lazy("Left half-way"),
    "answering": lazy("May still answer"),
    "answered": lazy("Completed"),
}
# Beside the reasons of a decision, why an invitation was withdrawn or failed on its way out.
ENDINGS: Mapping[str, Promise] = {
    "no_channel": lazy("no channel is set up for it"),
    "cannot_prepare": lazy("the message could not be put together"),
    "settled": lazy("found not to have been sent"),
    "no_invitation": lazy("the invitation has gone"),
    "case_reopened": lazy("the case was opened again"),
    "erased": lazy("the customer was erased"),
    "not_delivered": lazy("the gateway could not deliver it"),
}


def reason_label(key: str, policies: Iterable[int], language: str) -> str:
    """A reason for charts and lists, with its numbers where all of these policy versions have the same."""
    return label_under(key, [policy_version(number) for number in policies], language)


def label_under(key: str, known: Iterable[Policy], language: str) -> str:
    """The same for policies that are at hand; one that only one of them has is called as that one calls it."""
    known = list(known)
    labels = {label for policy in known if (label := pick(_with_numbers(key, policy), language))}
    if len(labels) == 1:
        return labels.pop()
    return next((label for policy in known if (label := _named(key, policy, language))), key)


def ending_label(key: str, policy: int, language: str) -> str:
    """Why an invitation ended without an answer; nothing where it did not."""
    if not key:
        return ""
    if key in ENDINGS:
        return str(ENDINGS[key])
    return _named(key, policy_version(policy), language) or key


def _named(key: str, policy: Policy, language: str) -> str:
    """What this policy calls a reason; nothing where it has none of this name."""
    try:
        return pick(reason_of(key, policy=policy).label, language)
    except KeyError:
        return ""


def loss_of(key: str) -> Loss:
    """Which of the two words this reason belongs to. One that a policy gave to a limit of its own is a suppression."""
    return REASONS[key].loss if key in REASONS else Loss.SUPPRESSED


def _with_numbers(key: str, policy: Policy) -> Text:
    """In both languages, as the wording of the rules is."""
    if key == "gap" and policy.gap:
        hours = hours_text(policy.gap)
        return both(f"两次间隔不足 {hours['zh-hans']}", f"No more than {hours['en']} since the last message")
    limits = [limit for limit in policy.limits if limit.reason == key]
    return _limit(limits[0]) if len(limits) == 1 else {}


def _limit(limit: Limit) -> Text:
    period, most = period_text(limit.period), limit.most
    where = {
        Scope.CUSTOMER: both("", "message" if most == 1 else "messages"),
        Scope.SCENARIO: both("同一场景 ", "of one scenario"),
        Scope.TOUCHPOINT: both("同一触点 ", "of one touchpoint"),
        Scope.STAFF: both("同一员工 ", "about one member of staff"),
        Scope.UNIT: both("同一单位 ", "about one unit"),
        Scope.BRAND: both("同一品牌 ", "of one brand"),
        Scope.SEGMENT: both("同一客户群 ", "to one segment"),
    }[limit.per]
    return both(f"{where['zh-hans']}{period['zh-hans']}满 {most} 次", f"{most} {where['en']} in {period['en']} reached")
