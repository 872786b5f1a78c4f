"""Which files of the mirror a plan reads. The same for every engine."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan

_DAY = timedelta(days=1)


def files_of(plan: Plan, values: Mapping[str, Any], held: Manifest) -> list[str]:
    """The names of the files that may hold rows of the plan's period."""
    files = held.files(plan.source.name, *(_days(values) if plan.by_day else ()))
    if not files:  # nothing of these days: the table is there all the same, without rows
        files = held.files(plan.source.name)[:1]
    return files


def _days(values: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """The days that a question reads, both included, a day wider where the period is cut by moments: which local day
    those fall on is not decided here."""
    since, until = values.get("since"), values.get("until")
    first = since.date() - _DAY if isinstance(since, datetime) else since
    last = until.date() + _DAY if isinstance(until, datetime) else until and until - _DAY
    return first, last
