"""Whether a policy's reminders can ever leave. One that never can is a slip, and is said when the policy is read."""

from datetime import timedelta

from zhiyin.lib.text import Text, both, pick
from zhiyin.outreach.rules.facts import Kind
from zhiyin.outreach.rules.problems import Problem
from zhiyin.outreach.rules.terms import Gap, Limit, Policy
from zhiyin.outreach.rules.wording import hours_text, period_text

HOUR = timedelta(hours=1)


def hindered(policy: Policy) -> Problem | None:
    """The first of the policy's own rules that holds its reminders back at the moment when they are due; None if no
    rule does.

    Looked at is a customer who got nothing else: the first message, then a reminder each time ``after`` has passed.
    Whatever else they get makes it later, never earlier.
    """
    reminder = policy.reminder
    if reminder is None:
        return None
    for number in range(1, reminder.most + 1):
        if policy.max_age is not None and number * reminder.after >= policy.max_age:
            return _too_old(policy.max_age, number, reminder.after)
        for place, rule in enumerate(policy.counted_rules):
            most = rule.most if isinstance(rule, Limit) else 1
            if Kind.REMINDER in rule.holds and _sent_before(rule, number, reminder.after) >= most:
                return _held(policy, place, rule, number, reminder.after)
    return None


def _sent_before(rule: Limit | Gap, number: int, after: timedelta) -> int:
    """How many messages this rule counts when the reminder of this number is due."""
    reminders = sum(after * back < rule.period for back in range(1, number)) if Kind.REMINDER in rule.counts else 0
    return reminders + (Kind.SURVEY in rule.counts and after * number < rule.period)


def _held(policy: Policy, place: int, rule: Limit | Gap, number: int, after: timedelta) -> Problem:
    if isinstance(rule, Gap):
        name = f"gap[{place - len(policy.limits) + 1}]" if policy.gaps else "[gap]"
        zh, en = _both(hours_text(rule.span))
        least = rule.span // HOUR + 1
        return _problem(
            "after_hours",
            after // HOUR,
            f"{name} 要求超过 {zh}，到时提醒还发不出去；至少写 {least}，或把间隔改短",
            f"{name} asks for more than {en}, so a reminder could not leave then; write at least {least}, "
            "or shorten the gap",
        )
    name, (zh, en) = f"limit[{place + 1}]", _both(period_text(rule.period))
    if number == 1:
        return _problem(
            "after_hours",
            after // HOUR,
            f"{name} 在 {zh}内只许 {rule.most} 条，邀请本身已占满，提醒发不出去；把 max 改大，或去掉 [reminder]",
            f"{name} lets {rule.most} in {en}, which the invitation itself has taken, so no reminder could leave; "
            "raise its max, or leave [reminder] out",
        )
    return _problem(
        "most",
        number,
        f"{name} 在 {zh}内只许 {rule.most} 条，第 {number} 次提醒发不出去；写 most = {number - 1}，或把 max 改大",
        f"{name} lets {rule.most} in {en}, so reminder {number} could not leave; "
        f"write most = {number - 1}, or raise its max",
    )


def _too_old(age: timedelta, number: int, after: timedelta) -> Problem:
    zh, en = _both(hours_text(age))
    longest = (age - HOUR) // HOUR // number
    zh_cure, en_cure = ("[age] 改长", "let [age] be longer")
    if longest:
        zh_cure, en_cure = f"最多写 {longest}，或把 {zh_cure}", f"write at most {longest}, or {en_cure}"
    return _problem(
        "after_hours",
        after // HOUR,
        f"第 {number} 次提醒要在 {number} × {after // HOUR} 小时之后，而 [age] 满 {zh}就不再发；{zh_cure}",
        f"reminder {number} is due after {number} × {after // HOUR} hours, when [age] lets nothing leave "
        f"that is {en} old; {en_cure}",
    )


def _problem(key: str, got: int, zh: str, en: str) -> Problem:
    return Problem(f"reminder.{key}", str(got), both(zh, en))


def _both(text: Text) -> tuple[str, str]:
    return pick(text, "zh-hans"), pick(text, "en")
