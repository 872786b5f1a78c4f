"""Writing a fact down, in the transaction of the change that it tells of."""

from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from zhiyin.ledger import chain
from zhiyin.ledger.bulk import Writing, as_json, insert_rows, moment
from zhiyin.ledger.events import to_data
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.models import Event


class Actor(Protocol):
    """Who did it; ``people.access.Viewer`` is one."""

    @property
    def actor(self) -> str: ...


def record(
    event: Any,
    *,
    by: Actor,
    now: datetime,
    subject: str = "",
    unit_id: int | None = None,
    writing: Writing | None = None,
) -> int:
    """Write one fact and return its id. Must run inside the transaction of what it tells of; with ``writing``, it
    travels with what that writes."""
    return record_all([(event, subject, unit_id)], by=by, now=now, writing=writing)[0]


def record_all(
    facts: Iterable[tuple[Any, str, int | None]], *, by: Actor, now: datetime, writing: Writing | None = None
) -> list[int]:
    """Write several facts ``(event, subject, unit)`` with one statement."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A fact must be recorded in the transaction of the change that it tells of.")
    listed = list(facts)
    rows = [
        event_row(event, identifier=identifier, by=by, now=now, subject=subject, unit_id=unit_id)
        for identifier, (event, subject, unit_id) in zip(new_ids(len(listed), now=now), listed, strict=True)
    ]
    insert_rows(Event, EVENT, [_as_tuple(row) for row in rows], writing)
    return [row.id for row in rows]


EVENT = ("id", "at", "kind", "actor", "subject", "unit_id", "data", "mark", "wants_delivery")


def _as_tuple(row: Event) -> tuple[object, ...]:
    at, data = moment(row.at), as_json(row.data)
    return (row.id, at, row.kind, row.actor, row.subject, row.unit_id, data, row.mark, row.wants_delivery)


def event_row(
    event: Any, *, identifier: int, by: Actor, now: datetime, subject: str = "", unit_id: int | None = None
) -> Event:
    """The row of a fact, marked, not yet written: for a hot path that inserts it with its own statement."""
    row = Event(
        id=identifier,
        at=now,
        kind=event.fact_kind,
        actor=by.actor,
        subject=subject,
        unit_id=unit_id,
        data=to_data(event),
        wants_delivery=has_reactions(event.fact_kind),
    )
    row.mark = chain.mark(row)
    return row


def has_reactions(kind: str) -> bool:
    """Whether ``loop.py`` does anything when this happens."""
    return kind in import_module(settings.LOOP).REACTIONS
