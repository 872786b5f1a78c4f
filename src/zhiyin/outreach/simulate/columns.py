"""Events as columns in memory, whether from a file or from a record, and what a policy wants of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from zhiyin.outreach.rules.facts import Facts, Kind
from zhiyin.outreach.rules.terms import Policy, Scope

Codes = npt.NDArray[np.integer[Any]]
GROUP_COLUMNS = {Scope.STAFF: "staff", Scope.UNIT: "unit", Scope.BRAND: "brand", Scope.SEGMENT: "segment"}


class ColumnMissing(ValueError):
    """The policy counts or chooses by something that the events do not tell."""

    def __init__(self, column: str) -> None:
        self.column = column
        super().__init__(f"The policy needs the column {column!r}, and the events have none.")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """One entry for each event in every column, in any order; ties of time are decided in this order.

    ``customer`` holds numbers from 0 to below ``customers``, ``at`` microseconds since 1970. A code of -1 in a group's
    column means: none. ``kind`` holds the values of `Kind`; None: all are surveys. ``happened``: what was sent whatever
    the policy says, and only counts for what comes after it; None: nothing was. ``names`` tells what the codes of a
    column are called in a policy file (``units`` by code: the unit and each above it); only a policy that chooses by
    name needs it. ``external_id`` tells the id of a row; only a sample needs it.
    """

    customer: Codes
    at: npt.NDArray[np.int64]
    customers: int
    scenario: Codes | None = None
    touchpoint: Codes | None = None
    staff: Codes | None = None
    unit: Codes | None = None
    brand: Codes | None = None
    segment: Codes | None = None
    kind: npt.NDArray[np.integer[Any]] | None = None
    happened: npt.NDArray[np.bool_] | None = None
    names: Mapping[str, Callable[[], list[str]]] = field(default_factory=dict)
    unit_paths: Callable[[], list[tuple[str, ...]]] | None = None
    external_id: Callable[[int], str] | None = None

    def __len__(self) -> int:
        return len(self.at)

    def column(self, name: str) -> Codes:
        """A column that the policy cannot do without. Raises ColumnMissing."""
        found: Codes | None = getattr(self, name)
        if found is None:
            raise ColumnMissing(name)
        return found

    @cached_property
    def of_kind(self) -> npt.NDArray[np.int8]:
        """The kinds as the rule core reads them; empty: all surveys."""
        if self.kind is None or bool(np.all(self.kind == Kind.SURVEY)):
            return np.empty(0, np.int8)
        return self.kind.astype(np.int8, copy=False)


def counted_by(policy: Policy) -> set[str]:
    """The columns that the counted rules of a policy need."""
    names = {Scope.SCENARIO: "scenario", Scope.TOUCHPOINT: "touchpoint", **GROUP_COLUMNS}
    return {names[rule.per] for rule in policy.counted_rules if rule.per in names}


def chosen_by(policy: Policy) -> tuple[str, ...]:
    """The columns by whose names a policy chooses: its groups and the shares of its sample. Channels play no part."""
    lists = (policy.eligible, policy.exclude.groups)
    named = {
        "segment": any(one.segments for one in lists) or any(row.segment for row in policy.shares),
        "brand": any(one.brands for one in lists),
        "unit": any(one.units for one in lists) or any(row.unit for row in policy.shares),
        "scenario": any(one.scenarios for one in lists) or any(row.scenario for row in policy.shares),
        "touchpoint": any(row.touchpoint for row in policy.shares),
    }
    return tuple(name for name, is_named in named.items() if is_named)


def needed_by(policy: Policy) -> set[str]:
    """Every column that the policy reads, besides customer and time."""
    return counted_by(policy) | set(chosen_by(policy))


def kinds_of_events(columns: Columns, policy: Policy) -> tuple[list[Facts], npt.NDArray[np.int64]]:
    """One `Facts` for each combination of names that a policy chooses by, and each event's place among them."""
    chosen = chosen_by(policy)
    if not chosen or not len(columns):
        return [Facts()], np.zeros(len(columns), np.int64)
    together = np.zeros(len(columns), np.int64)
    for name in chosen:  # numbered anew after each column, so that the numbers stay small
        codes = columns.column(name).astype(np.int64) + 1
        together = together * (int(codes.max(initial=0)) + 1) + codes
        together = np.unique(together, return_inverse=True)[1]
    _, rows = np.unique(together, return_index=True)
    names = {name: _names(columns, name) for name in chosen}
    return [_facts(columns, names, int(row)) for row in rows], together


def _names(columns: Columns, name: str) -> list[Any]:
    if name == "unit" and columns.unit_paths:
        return list(columns.unit_paths())
    if name not in columns.names:
        raise ColumnMissing(name)
    return columns.names[name]()


def _facts(columns: Columns, names: Mapping[str, list[Any]], row: int) -> Facts:
    def called(name: str) -> Any:
        code = int(columns.column(name)[row]) if name in names else -1
        return names[name][code] if code >= 0 else ""

    unit = called("unit")
    return Facts(
        scenario_key=called("scenario"),
        touchpoint_key=called("touchpoint"),
        brand=called("brand"),
        segment=called("segment"),
        unit_path=unit if isinstance(unit, tuple) else (unit,) if unit else (),
    )
