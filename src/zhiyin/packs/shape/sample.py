"""sample.toml: what the demo's simulated customers do, feel and write. Nothing here reaches a real organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zhiyin.lib.text import Text
from zhiyin.packs.schema import Source, key_of, many, rule

Feeling = Literal["positive", "neutral", "negative", "angry"]


@dataclass(frozen=True, kw_only=True)
class Volume:
    """How much happened. ``by_hour``: 24 weights of the day, midnight first; ``by_day``: 7, Monday first."""

    weeks: int = rule(least=1, most=104)  # of history
    per_day: int = rule(least=1)
    live_per_minute: float = rule(least=0)
    by_hour: tuple[float, ...] = ()
    by_day: tuple[float, ...] = ()
    source: Source


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Of all interactions, invitations or answers, as each name says; between 0 and 1."""

    complaint: float = rule(least=0, most=1)
    returning: float = rule(least=0, most=1)  # interactions by a customer seen before
    no_phone: float = rule(least=0, most=1)
    opted_out: float = rule(least=0, most=1)
    delivered: float = rule(least=0, most=1)  # of sent
    opened: float = rule(least=0, most=1)  # of delivered
    completed: float = rule(least=0, most=1)  # of opened
    comment_when_low: float = rule(least=0, most=1)
    comment_otherwise: float = rule(least=0, most=1)
    call_me_when_low: float = rule(least=0, most=1)
    recovered: float = rule(least=0, most=1)  # of customers asked again after their case was closed
    observed: float = rule(default=0.0, least=0, most=1)  # interactions at which somebody noted the checklist
    item_done: float = rule(default=0.0, least=0, most=1)  # of the items looked for
    begged: float = rule(default=0.0, least=0, most=1)  # interactions in which a score was begged for
    begged_top: float = rule(default=0.0, least=0, most=1)  # of their answers
    again: float = rule(default=0.0, least=0, most=1)  # of interactions: not the first about the matter
    compensated: float = rule(default=0.0, least=0, most=1)  # of cases
    source: Source


@dataclass(frozen=True, kw_only=True)
class ScoreShape:
    """Within a band: weights of 0–6 and of 7–9. ``halo``: how far one person's answers follow their overall one."""

    low: tuple[float, ...]
    middle: tuple[float, ...]
    halo: float = rule(least=0, most=1)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A touchpoint's part of all interactions, who serves them, and how they score.

    ``top`` and each of ``by_dimension`` are the share of 10s, ``low`` the share of 0–6 of the overall question.
    """

    touchpoint: str = rule(refers="touchpoint")
    share: float = rule(least=0, most=1)
    units: tuple[str, ...] = rule(refers="unit", least=1)
    top: float = rule(least=0, most=1)
    low: float = rule(least=0, most=1)
    by_dimension: Mapping[str, float] = rule(refers="dimension", least=0, most=1)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What happens in the sample: for ``from_week`` weeks now, part of a touchpoint's traffic scores otherwise."""

    key: str = key_of("plot")
    name: Text = rule(longest=80)
    touchpoint: str = rule(refers="touchpoint")
    moment: str = rule(refers="moment")
    units: tuple[str, ...] = rule(refers="unit", least=1)
    staff: tuple[str, ...] = rule(default=(), refers="staff")
    from_week: int = rule(least=1)
    share: float = rule(least=0, most=1)  # of the interactions of these units
    top: float = rule(least=0, most=1)
    low: float = rule(least=0, most=1)
    by_dimension: Mapping[str, float] = rule(refers="dimension", least=0, most=1)
    topics: tuple[str, ...] = rule(default=(), refers="topic")
    reasons: tuple[str, ...] = rule(default=(), refers="reason")
    source: Source


@dataclass(frozen=True, kw_only=True)
class Sparing:
    """Units that spare themselves the angry ones: for ``from_week`` weeks now they book part of those who complain
    without a number, so that nobody can ask them. The monitor must notice (S0.14)."""

    units: tuple[str, ...] = rule(refers="unit", least=1)
    from_week: int = rule(least=1)
    complaint: float = rule(least=0, most=1)  # of the interactions of these units
    numberless: float = rule(least=0, most=1)  # of those complaints
    source: Source


@dataclass(frozen=True, kw_only=True)
class Topic:
    key: str = key_of("topic")
    name: Text = rule(longest=40)


@dataclass(frozen=True, kw_only=True)
class Verbatim:
    """An invented comment. Without touchpoints it fits anywhere."""

    topic: str = rule(refers="topic")
    feeling: Feeling
    text: Text = rule(longest=300)
    touchpoints: tuple[str, ...] = rule(default=(), refers="touchpoint")


@dataclass(frozen=True, kw_only=True)
class Group:
    """A brand or a segment of the invented customers."""

    name: Text = rule(longest=40)
    share: float = rule(least=0, most=1)


@dataclass(frozen=True, kw_only=True)
class Names:
    """Surnames and forms of address for invented customers: 王女士, never a full name."""

    surnames: tuple[str, ...] = rule(least=10, longest=4)
    forms: tuple[str, ...] = rule(least=1, longest=8)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Study:
    """Interviews of a study: so many a week, by how much expectations lie above what was found."""

    survey: str = rule(refers="survey")
    per_week: int = rule(least=1)
    gap: float = rule(least=-5, most=5)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """A usual day of the purchase funnel: how many there are of its first step, and which share goes on each time."""

    touchpoint: str = rule(refers="touchpoint")
    first: int = rule(least=1)
    steps: tuple[float, ...] = rule(least=5, most=5)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Sample:
    volume: Volume
    shares: Shares
    scores: ScoreShape
    traffic: tuple[Traffic, ...] = many("traffic", least=1)
    plots: tuple[Plot, ...] = many("plot")
    sparing: tuple[Sparing, ...] = many("sparing")
    topics: tuple[Topic, ...] = many("topic", least=1)
    verbatims: tuple[Verbatim, ...] = many("verbatim", least=1)
    brands: tuple[Group, ...] = many("brand", least=1)
    segments: tuple[Group, ...] = many("segment", least=1)
    names: Names
    studies: tuple[Study, ...] = many("study")
    funnels: tuple[Funnel, ...] = many("funnel")
    source: Source
