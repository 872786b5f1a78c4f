"""Verbs of the explorer. Each is one transaction and writes down what happened."""

from datetime import datetime

from django.db import transaction

from zhiyin.ledger.record import record
from zhiyin.people.access import Viewer
from zhiyin.reports.explorer.events import FiguresDownloaded
from zhiyin.reports.explorer.question import Asking


@transaction.atomic
def note_download(asking: Asking, *, lines: int, by: Viewer, now: datetime) -> None:
    """Somebody takes figures away."""
    fact = FiguresDownloaded(query=asking.query[:2000], lines=lines)
    record(fact, by=by, now=now, subject=f"measure:{asking.measure}", unit_id=by.unit_id)
