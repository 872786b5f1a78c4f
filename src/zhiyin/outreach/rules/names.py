"""Names in a policy: of scenarios, touchpoints, units and channels, brands and segments. One that nobody bears chooses
nothing, so a slip of the pen would silence a rule, or everybody."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace

from zhiyin.lib.text import both
from zhiyin.outreach.rules.groups import SHARE_KEYS, Groups
from zhiyin.outreach.rules.problems import Problem, shown
from zhiyin.outreach.rules.terms import Policy

LISTED = 12  # names that a problem lists
KINDS = {
    "scenario": both("场景", "scenario"),
    "touchpoint": both("触点", "touchpoint"),
    "unit": both("单位", "unit"),
    "channel": both("通道", "channel"),
    "brand": both("品牌", "brand"),
    "segment": both("客户群", "segment"),
}


def names_in(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """Of each name what it names, the key that it stands at, and the name itself."""
    yield from _lists("eligible", policy.eligible)
    yield from _lists("exclude", policy.exclude.groups)
    for number, row in enumerate(policy.hours, 1):
        yield "channel", f"sending_hours.for[{number}].channel", row.channel
        yield "unit", f"sending_hours.for[{number}].region", row.region
    for number, share in enumerate(policy.shares, 1):
        yield from ((key, f"sampling.for[{number}].{key}", getattr(share, key)) for key in SHARE_KEYS)
    for number, cap in enumerate(policy.caps, 1):
        yield "channel", f"caps.channel[{number}].channel", cap.channel


def _lists(table: str, groups: Groups) -> Iterator[tuple[str, str, str]]:
    for field in fields(groups):
        for name in getattr(groups, field.name):
            yield field.name.removesuffix("s"), f"{table}.{field.name}", name


def called(policy: Policy, names: Mapping[str, Mapping[str, str]]) -> Policy:
    """The policy with names in place of keys, to be read and never applied. A key without a name stays."""

    def name(kind: str, key: str) -> str:
        return names.get(kind, {}).get(key, key)

    def listed(groups: Groups) -> Groups:
        kinds = {field.name: field.name.removesuffix("s") for field in fields(groups)}
        return Groups(**{many: tuple(name(one, key) for key in getattr(groups, many)) for many, one in kinds.items()})

    return replace(
        policy,
        eligible=listed(policy.eligible),
        exclude=replace(policy.exclude, groups=listed(policy.exclude.groups)),
        hours=tuple(
            replace(row, channel=name("channel", row.channel), region=name("unit", row.region)) for row in policy.hours
        ),
        shares=tuple(
            replace(
                row,
                scenario=name("scenario", row.scenario),
                touchpoint=name("touchpoint", row.touchpoint),
                unit=name("unit", row.unit),
            )
            for row in policy.shares
        ),
        caps=tuple(replace(cap, channel=name("channel", cap.channel)) for cap in policy.caps),
    )


def misnamed(policy: Policy, known: Mapping[str, Collection[str]]) -> list[Problem]:
    """The names of these kinds that nothing bears, each with the near one; kinds that are not ``known`` pass."""
    return [
        _unknown(kind, key, name, sorted(known[kind]))
        for kind, key, name in names_in(policy)
        if name and kind in known and name not in known[kind]
    ]


def _unknown(kind: str, key: str, name: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    zh, en = f"没有这个{KINDS[kind]['zh-hans']}", f"there is no such {KINDS[kind]['en']}"
    if kind in ("brand", "segment"):
        zh, en = f"还没有客户属于这个{KINDS[kind]['zh-hans']}", f"no customer has this {KINDS[kind]['en']} yet"
    elif 0 < len(known) <= LISTED:
        zh, en = f"{zh}；现有：{'、'.join(known)}", f"{en}; there are {', '.join(known)}"
    return Problem(key, shown(name), both(zh, en), near[0] if near else "")
