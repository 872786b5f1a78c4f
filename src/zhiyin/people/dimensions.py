"""Cutting figures by the organisation: a unit at any level of the tree, its team, and who served.

The levels follow the tree as it stands when the question is asked: a team that moved to another centre takes its past
along. ``version`` tells the engine that the tree has changed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis

from zhiyin.lib.lately import Lately
from zhiyin.lib.text import Text, both, pick
from zhiyin.metrics.language import Dimension
from zhiyin.people.models import Staff, Unit

TEAM = "team"
LEVELS = ("顶层单元", "一级单元", "二级单元", "三级单元", "四级单元")


@dataclass(frozen=True)
class Tree:
    """Unit → its ancestors' keys from the root down to itself; which units are teams; a mark that changes with it."""

    paths: Mapping[int, tuple[int, ...]]
    teams: frozenset[int]
    version: str

    @property
    def depth(self) -> int:
        return max((len(path) for path in self.paths.values()), default=0)

    def at(self, level: int) -> dict[int, list[int]]:
        """The units of a level, each with all below it. What lies higher is in none."""
        found: dict[int, list[int]] = {}
        for unit, path in self.paths.items():
            if len(path) > level:
                found.setdefault(path[level], []).append(unit)
        return found

    def by_team(self) -> dict[int, list[int]]:
        """The teams, each with all below it."""
        found: dict[int, list[int]] = {}
        for unit, path in self.paths.items():
            team = next((one for one in path if one in self.teams), None)
            if team is not None:
                found.setdefault(team, []).append(unit)
        return found


def _read() -> Tree:
    rows = list(Unit.objects.order_by("pk").values_list("pk", "path", "kind"))
    paths = {pk: tuple(int(one) for one in path.strip("/").split("/") if one) for pk, path, _kind in rows}
    teams = frozenset(pk for pk, _path, kind in rows if kind == TEAM)
    return Tree(paths, teams, str(hash((tuple(sorted(paths.items())), teams))))


tree = Lately(_read)


def unit_dimensions(facts: frozenset[str], *, staffed: frozenset[str]) -> list[Dimension]:
    """``unit`` as the row has it, its ``team``, and ``staff``."""
    return [
        Dimension(
            key="unit",
            name=both("组织单元", "Unit"),
            facts=facts,
            column=lambda rows: rows["unit_id"],
            labels=unit_labels,
        ),
        Dimension(
            key="team",
            name=both("班组", "Team"),
            facts=facts,
            column=_grouped(lambda: tree().by_team()),
            labels=unit_labels,
            version=lambda: tree().version,
        ),
        Dimension(
            key="staff",
            name=both("人员", "Staff"),
            facts=staffed,
            column=lambda rows: rows["staff_id"],
            labels=staff_labels,
        ),
    ]


@lru_cache(maxsize=64)
def level_dimension(level: int, facts: frozenset[str]) -> Dimension:
    """``unit.0`` is the top, ``unit.1`` what lies right below it, and so on by depth."""
    return Dimension(
        key=f"unit.{level}",
        name=_level_name(level),
        facts=facts,
        column=_grouped(lambda: tree().at(level)),
        labels=unit_labels,
        version=lambda: tree().version,
    )


def level_dimensions(facts: frozenset[str]) -> list[Dimension]:
    """One for each level that the tree has now, and the first below the top whatever there is."""
    return [level_dimension(level, facts) for level in range(max(tree().depth, 2))]


def unit_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    rows = Unit.objects.filter(pk__in=_whole(values)).values_list("pk", "name")
    return {pk: pick(name, language) for pk, name in rows}


def staff_labels(values: Sequence[Any], _language: str) -> dict[Any, str]:
    return dict(Staff.objects.filter(pk__in=_whole(values)).values_list("pk", "name"))


def _whole(values: Sequence[Any]) -> list[int]:
    return [one for one in values if isinstance(one, int)]


def _level_name(level: int) -> Text:
    chinese = LEVELS[level] if level < len(LEVELS) else f"{level} 级单元"
    return both(chinese, f"Unit, level {level}" if level else "Top unit")


def _grouped(groups: Callable[[], Mapping[int, Sequence[int]]]) -> Callable[[Any], Any]:
    """A column that names the group a row's unit belongs to; nothing where it belongs to none."""

    def column(rows: Any) -> Any:
        found = groups()
        nothing = ibis.null("int64")
        cases = [(rows["unit_id"].isin(list(units)), ibis.literal(key, "int64")) for key, units in found.items()]
        return ibis.cases(*cases, else_=nothing) if cases else nothing

    return column
