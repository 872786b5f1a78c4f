"""Questions about what happened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhiyin.ledger.models import Event
from zhiyin.ledger.reading import rows


@dataclass(frozen=True, slots=True)
class Sealed:
    """A fact in the chain's order."""

    sequence: int
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class EventCard:
    """A fact as the audit page shows it."""

    id: int
    at: datetime
    kind: str
    actor: str
    subject: str
    data: dict[str, Any]
    sequence: int | None


def sealed_after(sequence: int, *, limit: int) -> list[Sealed]:
    """The next facts behind this place in the chain, in order."""
    found = rows(
        "SELECT sequence, kind, data FROM ledger_event WHERE sequence > %s ORDER BY sequence LIMIT %s",
        [sequence, limit],
    )
    told = json.loads(f"[{','.join(data for _place, _kind, data in found)}]")  # once, and not for each
    return [Sealed(place, kind, data) for (place, kind, _data), data in zip(found, told, strict=True)]


def events(
    *,
    before: int | None = None,
    kind: str = "",
    subject: str = "",
    actor: str = "",
    units: frozenset[int] | None = None,
    limit: int = 100,
) -> list[EventCard]:
    """Facts, newest first, ``limit + 1`` of them. ``units``: only what concerns these; None is everything."""
    rows = Event.objects.order_by("-id")
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    for name, value in (("kind", kind), ("subject", subject), ("actor", actor)):
        if value:
            rows = rows.filter(**{name: value})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_card(row) for row in rows[: limit + 1]]


def count_since(since: datetime, *, subject: str = "", kind: str = "", actor: str = "") -> int:
    """How many facts of this subject, kind and actor there are after ``since``: what quotas are measured by."""
    rows = Event.objects.filter(at__gt=since)
    for name, value in (("subject", subject), ("kind", kind), ("actor", actor)):
        if value:
            rows = rows.filter(**{name: value})
    return rows.count()


def events_about(subjects: Sequence[str]) -> list[EventCard]:
    """Every fact about these subjects, oldest first."""
    return [_card(row) for row in Event.objects.filter(subject__in=list(subjects)).order_by("id")]


def _card(row: Event) -> EventCard:
    return EventCard(row.pk, row.at, row.kind, row.actor, row.subject, row.data, row.sequence)
