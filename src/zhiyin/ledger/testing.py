"""Facts for tests: ``write(3)`` records three; ``Happened`` says nothing in particular."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from zhiyin.ledger.events import fact
from zhiyin.ledger.models import Event
from zhiyin.ledger.record import record_all

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai


@fact("test.happened")
@dataclass(frozen=True)
class Happened:
    number: int = 0
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class Somebody:
    """Who did it."""

    def __init__(self, actor: str = "system:test") -> None:
        self.actor = actor


def write(count: int, *, now: datetime = NOW, subject: str = "", unit_id: int | None = None) -> list[int]:
    """Record so many facts in a transaction of their own; returns their ids."""
    with transaction.atomic():
        facts = ((Happened(number, "发生了"), subject, unit_id) for number in range(count))
        return record_all(facts, by=Somebody(), now=now)


def event_rows() -> QuerySet[Event]:
    """All rows, for a test of another room to count, and to meddle with."""
    return Event.objects.all()
