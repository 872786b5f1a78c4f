"""Whom a policy means: the groups it asks or leaves out, shares of their own, and cells that have answers enough."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from zhiyin.outreach.rules.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Lists of names, as a policy file gives them. An empty list says nothing."""

    segments: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    units: tuple[str, ...] = ()  # codes; a unit stands for all below it
    scenarios: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.segments or self.brands or self.units or self.scenarios or self.channels)

    def hold_all(self, facts: Facts) -> bool:
        """Whether every list that says something holds this message."""
        return all(found for named, found in self._found(facts) if named)

    def hold_any(self, facts: Facts) -> bool:
        """Whether one of the lists holds this message."""
        return any(found for named, found in self._found(facts) if named)

    def _found(self, facts: Facts) -> tuple[tuple[bool, bool], ...]:
        return (
            (bool(self.segments), facts.segment in self.segments),
            (bool(self.brands), facts.brand in self.brands),
            (bool(self.units), any(unit in self.units for unit in facts.unit_path)),
            (bool(self.scenarios), facts.scenario_name in self.scenarios),
            (bool(self.channels), facts.channel in self.channels),
        )


GROUP_LISTS = ("segments", "brands", "units", "scenarios", "channels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """Who is never asked. The three flags hold unless a policy switches them off."""

    groups: Groups = Groups()
    internal: bool = True  # our own numbers, test calls
    under_14: bool = True  # without separate consent
    open_legal_case: bool = True


FLAGS = ("internal", "under_14", "open_legal_case")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFor:
    """A sampling share for some; empty keys mean all. The first that fits, in the order of the policy, is used."""

    share: Decimal
    scenario: str = ""
    touchpoint: str = ""
    unit: str = ""  # a code: the unit or any above
    segment: str = ""

    def fits(self, facts: Facts) -> bool:
        """Whether the share is meant for this message."""
        return (
            (not self.scenario or self.scenario == facts.scenario_name)
            and (not self.touchpoint or self.touchpoint == facts.touchpoint_name)
            and (not self.unit or self.unit in facts.unit_path)
            and (not self.segment or self.segment == facts.segment)
        )


SHARE_KEYS = ("scenario", "touchpoint", "unit", "segment")


class CellOf(StrEnum):
    """What a target's cells are."""

    TOUCHPOINT = "touchpoint"
    SCENARIO = "scenario"
    UNIT = "unit"
    STAFF = "staff"


# The measures that a target may name, and the widest interval that would still say something.
TARGET_MEASURES = {
    "top_box": Decimal(1),
    "bottom_box": Decimal(1),
    "csat": Decimal(1),
    "mean": Decimal(10),
    "nps": Decimal(100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A sample size to reach: a cell whose interval is narrow enough, or that has answers enough, is asked no more."""

    per: CellOf
    measure: str
    half_width: Decimal
    max_answers: int | None  # None: only the width decides
    days: int  # answers this recent make the cell
