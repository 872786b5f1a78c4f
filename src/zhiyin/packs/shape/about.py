"""pack.toml: what the pack is, and the invented organisation that the demo shows it with."""

from dataclasses import dataclass
from typing import Literal

from zhiyin.lib.text import Text
from zhiyin.packs.schema import Source, many, rule

Role = Literal["agent", "team_lead", "quality_manager", "touchpoint_owner", "executive", "auditor", "administrator"]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A node of the sample organisation. A parent stands above its children in the file."""

    code: str = rule(declares="unit", shape=r"[A-Z][A-Z0-9-]*", longest=60)
    parent: str | None = rule(default=None, refers="unit")
    kind: Literal["province", "centre", "team"]
    name: Text = rule(longest=40)


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """An invented member of staff. Without an e-mail address they are only named in data and never sign in."""

    code: str = rule(declares="staff", shape=r"[A-Z]\d{4}")
    name: Text = rule(longest=40)
    role: Role
    unit: str = rule(refers="unit")
    email: str | None = rule(default=None, declares="e-mail address", shape=r"[a-z0-9.]+@example\.com")
    employment: Literal["own", "crowdsourced", "partner"] = "own"
    touchpoints: tuple[str, ...] = rule(default=(), refers="touchpoint")  # those that a touchpoint owner answers for


@dataclass(frozen=True, kw_only=True)
class SampleOrganisation:
    organisation: Text = rule(longest=40)
    units: tuple[Unit, ...] = many("unit", least=1)
    staff: tuple[StaffMember, ...] = many("staff", least=1)
    source: Source


@dataclass(frozen=True, kw_only=True)
class About:
    key: str = rule(shape=r"[a-z][a-z0-9_]*", longest=40)
    version: int = rule(least=1)
    languages: tuple[str, ...] = rule(least=1)
    name: Text = rule(longest=40)
    description: Text
    time_zone: str
    source: Source
    sample: SampleOrganisation
