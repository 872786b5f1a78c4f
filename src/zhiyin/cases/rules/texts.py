"""What the workbench says beside a case, and the cause tree: read from a terms version as the pack brought them.

The pack's loader has checked every item, so here they are only given their types.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from zhiyin.lib.text import Text

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Avoid:
    """A phrase that makes it worse, and what to say instead."""

    phrase: Text
    why: Text
    instead: Text


@dataclass(frozen=True)
class ComplaintStep:
    """One of the six complaint steps (S3.30–S3.36)."""

    key: str
    name: Text
    goal: Text
    points: tuple[Text, ...]
    ask: tuple[Text, ...]
    say: tuple[Text, ...]
    avoid: tuple[Avoid, ...]
    source: str


@dataclass(frozen=True)
class StepText:
    """What one of the five C is for (S1.9–S1.13)."""

    key: str
    name: Text
    goal: Text
    points: tuple[Text, ...]


@dataclass(frozen=True)
class Cause:
    """A leaf of the cause tree (S4.8), with the gap that it usually is."""

    key: str
    name: Text
    gap: str


@dataclass(frozen=True)
class CauseGroup:
    key: str
    name: Text
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Gap:
    """A gap class (S4.9)."""

    key: str
    name: Text
    definition: Text


def complaint_steps(content: Content) -> tuple[ComplaintStep, ...]:
    """The six steps in their order."""
    return tuple(
        ComplaintStep(
            key=row["key"],
            name=row["name"],
            goal=row["goal"],
            points=_texts(row.get("point", ())),
            ask=_texts(row.get("ask", ())),
            say=_texts(row.get("say", ())),
            avoid=tuple(Avoid(one["phrase"], one["because"], one["instead"]) for one in row.get("avoid", ())),
            source=_source(row.get("source", "")),
        )
        for row in content["steps"].get("complaint_step", ())
    )


def step_texts(content: Content) -> dict[str, StepText]:
    """The five C by key."""
    rows = content["steps"].get("case_step", ())
    return {row["key"]: StepText(row["key"], row["name"], row["goal"], _texts(row.get("point", ()))) for row in rows}


def cause_groups(content: Content) -> tuple[CauseGroup, ...]:
    """The cause tree, groups in their order."""
    return tuple(
        CauseGroup(
            row["key"],
            row["name"],
            tuple(Cause(leaf["key"], leaf["name"], leaf.get("gap", "")) for leaf in row.get("cause", ())),
        )
        for row in content["causes"].get("group", ())
    )


def gaps(content: Content) -> tuple[Gap, ...]:
    """The gap classes in their order."""
    return tuple(Gap(row["key"], row["name"], row["definition"]) for row in content["causes"].get("gap", ()))


def cause_named(content: Content, key: str) -> Cause | None:
    """The leaf with this key."""
    return next((leaf for group in cause_groups(content) for leaf in group.causes if leaf.key == key), None)


def gap_named(content: Content, key: str) -> Gap | None:
    """The gap class with this key."""
    return next((gap for gap in gaps(content) if gap.key == key), None)


# Compensation never takes the place of service (S3.34). The four kinds are the source's; it gives no amounts, so the
# limits in yuan for each role are our default, and a pack may bring its own.
COMPENSATIONS = ("discount", "gift", "cost_taken_over", "personal_attention")
AUTHORITY: Mapping[str, Decimal] = {
    "agent": Decimal(50),
    "team_lead": Decimal(200),
    "quality_manager": Decimal(1000),
}


def authority_of(role: str, content: Content) -> Decimal:
    """How many yuan somebody of this role may grant on one case; 0 for roles that grant nothing."""
    own = {row["role"]: Decimal(str(row["up_to"])) for row in content["terms"].get("compensation", ())}
    return (own or AUTHORITY).get(role, Decimal(0))


def _texts(rows: Iterable[Mapping[str, Any]]) -> tuple[Text, ...]:
    return tuple(row["text"] for row in rows)


def _source(raw: str | list[str]) -> str:
    return raw if isinstance(raw, str) else ", ".join(raw)
