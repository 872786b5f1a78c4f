"""A policy written as a file that reads back as the same policy."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

from zhiyin.outreach.rules.facts import Kind
from zhiyin.outreach.rules.groups import FLAGS, SHARE_KEYS, Groups
from zhiyin.outreach.rules.hours import DAY, SendingHours, clock
from zhiyin.outreach.rules.terms import Gap, Limit, Policy

UNITS = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}


def to_toml(policy: Policy) -> str:
    """The policy as a file that reads back as the same policy, with every table that says something written out."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    yield f"version = {_quoted(policy.version)}"
    for limit in policy.limits:
        yield from ("", "[[limit]]", f"per = {_quoted(limit.per)}", f"max = {limit.most}")
        yield from (_length(limit.period, "days"), *_reason(limit))
    yield from _gaps(policy)
    yield from ("", "[link]", f"hours = {_hours(policy.link_life)}")
    yield from ("", "[sending_hours]", *_clock(policy.sending_hours))
    for row in policy.hours:
        yield from ("", "[[sending_hours.for]]", *_names(row, ("channel", "region", "time_zone")), *_clock(row.hours))
    yield from ("", "[age]", f"max_hours = {_hours(policy.max_age)}" if policy.max_age else "off = true")
    yield from ("", "[sampling]", f"share = {policy.share:f}")
    for share in policy.shares:
        yield from ("", "[[sampling.for]]", *_names(share, SHARE_KEYS), f"share = {share.share:f}")
    yield from _targets(policy)
    yield from _caps(policy)
    if policy.eligible:
        yield from ("", "[eligible]", *_lists(policy.eligible))
    flags = [f"{flag} = false" for flag in FLAGS if not getattr(policy.exclude, flag)]
    if policy.exclude.groups or flags:
        yield from ("", "[exclude]", *_lists(policy.exclude.groups), *flags)
    if policy.reminder:
        yield from (
            "",
            "[reminder]",
            f"after_hours = {_hours(policy.reminder.after)}",
            f"most = {policy.reminder.most}",
        )


def _gaps(policy: Policy) -> Iterator[str]:
    if policy.gaps or (policy.gap and policy.gap % UNITS["hours"]):
        for gap in policy.all_gaps:
            yield from ("", "[[gap]]", f"per = {_quoted(gap.per)}", _length(gap.span, "hours"), *_reason(gap))
    else:
        yield from ("", "[gap]", f"hours = {_hours(policy.gap)}" if policy.gap else "off = true")


def _reason(rule: Limit | Gap) -> tuple[str, str]:
    kinds = ", ".join(_quoted(kind.name.lower()) for kind in Kind if kind in rule.counts)
    return f"reason = {_quoted(rule.reason)}", f"counts = [{kinds}]"


def _targets(policy: Policy) -> Iterator[str]:
    for target in policy.targets:
        yield from ("", "[[target]]", f"per = {_quoted(target.per)}", f"measure = {_quoted(target.measure)}")
        yield f"half_width = {target.half_width:f}"
        if target.max_answers is not None:
            yield f"max_answers = {target.max_answers}"
        yield f"days = {target.days}"


def _caps(policy: Policy) -> Iterator[str]:
    if policy.per_number_per_day:
        yield from ("", "[caps]", f"per_number_per_day = {policy.per_number_per_day}")
    for cap in policy.caps:
        yield from ("", "[[caps.channel]]", f"channel = {_quoted(cap.channel)}")
        for key in ("per_day", "price", "spend_per_day", "spend_per_month"):
            value: int | Decimal | None = getattr(cap, key)
            if value is not None:
                yield f"{key} = {value:f}" if isinstance(value, Decimal) else f"{key} = {value}"


def _lists(groups: Groups) -> Iterator[str]:
    for field in fields(groups):
        names: tuple[str, ...] = getattr(groups, field.name)
        if names:
            yield f"{field.name} = [{', '.join(map(_quoted, names))}]"


def _names(row: object, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        if name := getattr(row, key):
            yield f"{key} = {_quoted(name)}"


def _clock(hours: SendingHours | None) -> tuple[str, str]:
    hours = hours or SendingHours(opens=0, closes=DAY)
    return f'from = "{clock(hours.opens)}"', f'to = "{clock(hours.closes)}"'


def _length(length: timedelta, longest: str) -> str:
    """In the largest unit that comes out even, this one or a smaller."""
    units = list(UNITS)
    unit = next(unit for unit in units[units.index(longest) :] if not length % UNITS[unit])
    return f"{unit} = {length // UNITS[unit]}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _hours(length: timedelta) -> int:
    return length // timedelta(hours=1)
