"""journey.toml and moments.toml: where customers meet the organisation, and what is to be done there."""

from dataclasses import dataclass
from typing import Literal

from zhiyin.lib.text import Text
from zhiyin.packs.schema import Source, key_of, many, rule


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The survey scene that fatigue limits count by."""

    key: str = key_of("scenario")
    name: Text = rule(longest=40)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Stage:
    key: str = key_of("stage")
    name: Text = rule(longest=40)
    definition: Text = rule(longest=160)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Dimension:
    key: str = key_of("dimension")
    name: Text = rule(longest=40)
    definition: Text = rule(longest=240)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Touchpoint:
    """Where customers meet the organisation. An interaction here asks ``survey`` and counts under ``scenario``."""

    key: str = key_of("touchpoint")
    name: Text = rule(longest=40)
    aliases: tuple[Text, ...] = rule(default=(), longest=40)
    kind: Literal["call", "visit", "repair", "message", "self_service"]
    scenario: str = rule(refers="scenario")
    survey: str | None = rule(default=None, refers="survey")
    in_matrix: bool = True
    order: int = rule(least=1)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What to improve where a touchpoint meets a dimension. No points: the source says that there are none."""

    touchpoint: str = rule(refers="touchpoint")
    dimension: str = rule(refers="dimension")
    points: tuple[Text, ...] = rule(longest=80)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A part of the day by the clock on the wall. ``until`` at or before ``from`` goes past midnight."""

    key: str = key_of("shift")
    name: Text = rule(longest=40)
    begin: int = rule(name="from", least=0, most=23)
    until: int = rule(least=0, most=24)
    source: Source


@dataclass(frozen=True, kw_only=True)
class AttributeValue:
    """What people read instead of a value that a system writes."""

    value: str = rule(longest=60)
    name: Text = rule(longest=40)


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """An attribute of interactions that figures may be cut by; what is not declared stays in the record."""

    key: str = key_of("attribute")
    name: Text = rule(longest=40)
    values: tuple[AttributeValue, ...] = many("value")
    source: Source


@dataclass(frozen=True, kw_only=True)
class Journey:
    scenarios: tuple[Scenario, ...] = many("scenario", least=1)
    stages: tuple[Stage, ...] = many("stage", least=1)
    dimensions: tuple[Dimension, ...] = many("dimension", least=1)
    touchpoints: tuple[Touchpoint, ...] = many("touchpoint", least=1)
    cells: tuple[Cell, ...] = many("cell")
    shifts: tuple[Shift, ...] = many("shift", most=8)
    attributes: tuple[Attribute, ...] = many("attribute", most=12)


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    key: str = key_of("checklist item", once_here=True)
    text: Text = rule(longest=120)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A touchpoint at a stage, with one sentence that can be measured and what to do each time."""

    key: str = key_of("moment")
    stage: str = rule(refers="stage")
    touchpoint: str = rule(refers="touchpoint")
    name: Text = rule(longest=60)
    dimensions: tuple[str, ...] = rule(refers="dimension", least=1)
    standard: Text = rule(longest=160)
    checklist: tuple[ChecklistItem, ...] = rule(least=3, most=7)
    source: Source


@dataclass(frozen=True, kw_only=True)
class Moments:
    moments: tuple[Moment, ...] = many("moment", least=1)
