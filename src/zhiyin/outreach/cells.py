"""How well the cells of a policy's targets are known by now: the measure itself, asked as anybody asks it.

Read at most once a minute in each process: a target is a size to reach, not a limit to keep, so a few more answers than
needed do no harm. What the mirror has not heard of yet is not counted yet.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from zhiyin.outreach.rules.facts import Cell
from zhiyin.outreach.rules.groups import CellOf, Target

KEPT = 60.0  # seconds
_kept: dict[tuple[Target, ...], tuple[float, list[dict[Any, Cell]]]] = {}


def cells_of(
    targets: Sequence[Target], *, touchpoint: str, scenario: str, unit: int, staff: int | None, now: datetime
) -> tuple[Cell | None, ...]:
    """The cell of each target that a message would add to."""
    keys: Mapping[CellOf, object] = {
        CellOf.TOUCHPOINT: touchpoint,
        CellOf.SCENARIO: scenario,
        CellOf.UNIT: unit,
        CellOf.STAFF: staff,
    }
    return tuple(
        known.get(keys[target.per]) for target, known in zip(targets, _known(tuple(targets), now=now), strict=True)
    )


def forget_cells() -> None:
    """For tests, and after a new policy."""
    _kept.clear()


def _known(targets: tuple[Target, ...], *, now: datetime) -> list[dict[Any, Cell]]:
    kept = _kept.get(targets)
    if kept is None or time.monotonic() - kept[0] >= KEPT:
        _kept.clear()
        kept = _kept[targets] = (time.monotonic(), [_asked(target, now=now) for target in targets])
    return kept[1]


def _asked(target: Target, *, now: datetime) -> dict[Any, Cell]:
    # Only who has a target pays for loading the engine.
    from zhiyin.metrics.engine import ask  # noqa: PLC0415
    from zhiyin.metrics.language import Question  # noqa: PLC0415

    since = now - timedelta(days=target.days)
    answer = ask(Question(measure=target.measure, by=(str(target.per),), since=since, units=None))
    return {figure.key[0]: Cell(figure.n, _half_width(figure.low, figure.high)) for figure in answer.figures}


def _half_width(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else (high - low) / 2
