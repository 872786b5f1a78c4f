"""Bringing facts to the reactions of ``loop.py``, each at least once, in order of their ids, none holding up others."""

import logging
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from zhiyin.ledger.events import Envelope, from_data
from zhiyin.ledger.models import Event, Reaction

log = logging.getLogger("zhiyin.ledger")
TRIES = 5
BACKOFF = (timedelta(seconds=1), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
Handler = Callable[[Envelope, datetime], None]
M = TypeVar("M", bound=Model)


def deliver_pending(*, now: datetime, limit: int = 100) -> int:
    """Run the reactions of up to ``limit`` undelivered facts in one transaction; returns how many facts.

    A reaction that fails is rolled back alone and noted for another try; a crash rolls the whole batch back and it is
    delivered again, which is why every reaction must be safe to repeat.
    """
    with transaction.atomic():
        rows = list(_claimed(limit))
        tried = {*Reaction.objects.filter(event_id__in=[row.pk for row in rows]).values_list("event_id", "name")}
        for row in rows:
            for handler in _handlers(row.kind):
                _try(row, handler, now=now, again=(row.pk, handler.__name__) in tried)
        Event.objects.filter(pk__in=[row.pk for row in rows]).update(wants_delivery=False)
    return len(rows)


def retry_failed(*, now: datetime, limit: int = 50) -> int:
    """Give failed reactions whose time has come another try."""
    done = 0
    with transaction.atomic():
        due = Reaction.objects.filter(parked_at=None, next_try_at__lte=now).order_by("next_try_at")
        for reaction in _skipping_locked(due)[:limit]:
            row = Event.objects.get(pk=reaction.event_id)
            handler = next((one for one in _handlers(row.kind) if one.__name__ == reaction.name), None)
            if handler is None:
                _park(reaction, "There is no reaction of this name any more.", now=now)
            else:
                _try(row, handler, now=now, again=True)
            done += 1
    return done


def _claimed(limit: int) -> list[Event]:
    return list(_skipping_locked(Event.objects.filter(wants_delivery=True).order_by("id"))[:limit])


def _skipping_locked(rows: QuerySet[M]) -> QuerySet[M]:
    return rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)


def _handlers(kind: str) -> list[Handler]:
    reactions: dict[str, list[Handler]] = import_module(settings.LOOP).REACTIONS
    return reactions.get(kind, [])


def _try(row: Event, handler: Handler, *, now: datetime, again: bool) -> None:
    try:
        with transaction.atomic():
            handler(Envelope(row.pk, row.kind, row.actor, row.subject, from_data(row.kind, row.data)), now)
    except Exception as broken:  # whatever it is, it must not hold up the others; it is kept and shown
        log.warning("reaction %s to event %s failed: %s", handler.__name__, row.pk, broken)
        _note_failure(row, handler, now=now)
        return
    if again:
        Reaction.objects.filter(event_id=row.pk, name=handler.__name__).delete()


def _note_failure(row: Event, handler: Handler, *, now: datetime) -> None:
    reaction, _ = Reaction.objects.get_or_create(event_id=row.pk, name=handler.__name__)
    reaction.attempts += 1
    gave_up = reaction.attempts >= TRIES
    reaction.parked_at = now if gave_up else None
    reaction.next_try_at = None if gave_up else now + BACKOFF[reaction.attempts - 1]
    reaction.error = traceback.format_exc(limit=-4)[-4000:]
    reaction.save(update_fields=["attempts", "parked_at", "next_try_at", "error"])


def _park(reaction: Reaction, why: str, *, now: datetime) -> None:
    reaction.parked_at, reaction.next_try_at, reaction.error = now, None, why
    reaction.save(update_fields=["parked_at", "next_try_at", "error"])


def undelivered() -> tuple[int, int]:
    """How many facts wait for their reactions, and how many reactions gave up: for health checks and screens."""
    return Event.objects.filter(wants_delivery=True).count(), Reaction.objects.exclude(parked_at=None).count()
