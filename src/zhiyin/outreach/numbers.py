"""The numbers that are changed most, as a form over a policy's text: each field is one value of the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.lib.text import both, pick
from zhiyin.outreach.policy_lines import value_of, with_value
from zhiyin.outreach.rules import Policy, Scope, parse_policy, to_toml
from zhiyin.outreach.words import CHANNELS

LONGEST = 40
COUNTED = {
    Scope.CUSTOMER: both("每位客户", "Each customer"),
    Scope.SCENARIO: both("每位客户同一场景", "Each customer, one scenario"),
    Scope.TOUCHPOINT: both("每位客户同一触点", "Each customer, one touchpoint"),
    Scope.STAFF: both("同一员工", "One member of staff"),
    Scope.UNIT: both("同一单位", "One unit"),
    Scope.BRAND: both("同一品牌", "One brand"),
    Scope.SEGMENT: both("同一客户群", "One segment"),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One number. ``key`` says where in the file it stands; the form sends it under ``name``."""

    key: str
    label: str
    value: str
    unit: str = ""

    @property
    def name(self) -> str:
        return f"number-{self.key}"


def fields(text: str, policy: Policy, *, language: str) -> list[Field]:
    """The numbers of a policy that reads well; what its text leaves out shows what holds without it."""
    return [
        Field(key=key, label=label, value=value_of(text, key) or usual, unit=unit)
        for key, label, usual, unit in _known(policy, language)
    ]


def with_numbers(text: str, given: Mapping[str, str], known: Sequence[Field]) -> str:
    """The text with what was typed into the form; fields left empty or as they were change nothing.

    A number of a table that the text leaves to the default can only be changed once the whole table stands there: then
    the policy is written out in full. Raises PolicyInvalid where the text is none.
    """
    typed = {field.key: given.get(field.name, "").strip()[:LONGEST] for field in known}
    changed = {field.key: typed[field.key] for field in known if typed[field.key] not in ("", field.value)}
    if any("[" in key and value_of(text, key) is None for key in changed):
        text = to_toml(parse_policy(text))
    for key, value in changed.items():
        text = with_value(text, key, value)
    return text


def _known(policy: Policy, language: str) -> Iterator[tuple[str, str, str, str]]:
    """Key, label, what holds where the text is silent, unit."""
    for number, limit in enumerate(policy.limits, 1):
        label = pick(COUNTED[limit.per], language)
        yield f"limit[{number}].max", _("%(rule)s: at most") % {"rule": label}, str(limit.most), _("messages")
        if not limit.period.seconds:
            days = str(limit.period.days)
            yield f"limit[{number}].days", _("%(rule)s: within") % {"rule": label}, days, _("days")
    if policy.gap and not policy.gaps:
        yield "gap.hours", _("More than so long since the last message"), _hours(policy.gap.total_seconds()), _("hours")
    yield "link.hours", _("A link lives"), _hours(policy.link_life.total_seconds()), _("hours")
    if policy.sending_hours:
        opens, closes = policy.sending_hours.opens, policy.sending_hours.closes
        yield "sending_hours.from", _("Messages leave from"), _clock(opens), ""
        yield "sending_hours.to", _("Messages leave until"), _clock(closes), ""
    if policy.max_age:
        hours = _hours(policy.max_age.total_seconds())
        yield "age.max_hours", _("Nobody is asked later than"), hours, _("hours after")
    yield "sampling.share", _("Share that is asked, above 0 to 1"), f"{policy.share:f}", ""
    most = policy.per_number_per_day
    yield "caps.per_number_per_day", _("At most to one number a day"), str(most) if most else "", _("messages")
    for number, cap in enumerate(policy.caps, 1):
        label = _("%(channel)s: at most a day") % {"channel": CHANNELS.get(cap.channel, cap.channel)}
        yield f"caps.channel[{number}].per_day", label, str(cap.per_day) if cap.per_day else "", _("messages")
    for number, target in enumerate(policy.targets, 1):
        label = _("Target %(number)s: half the width of the interval") % {"number": number}
        yield f"target[{number}].half_width", label, f"{target.half_width:f}", ""


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
