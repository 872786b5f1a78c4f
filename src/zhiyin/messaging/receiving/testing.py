"""What came back, for tests of the rooms above."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from zhiyin.messaging.models import Arrival, DeliveryReport, Hearing, InboxItem, Reply
from zhiyin.messaging.receiving.replies import ReplyGiven, keep_reply
from zhiyin.messaging.rules.uplinks import Course, Meaning
from zhiyin.messaging.testing import BY, NOW


def make_reply(**changes: Any) -> int:
    """A reply that waits for a person; returns its id."""
    values: dict[str, Any] = {
        "channel": "gate",
        "uplink_id": "up-1",
        "text": "请回电",
        "masked": "138****8000",
        "at": NOW,
        "received_at": NOW,
        "meaning": Meaning.OTHER,
        "course": Course(needs_person=True),
    }
    with transaction.atomic():
        identifier = keep_reply(ReplyGiven(**{**values, **changes}), by=BY, now=NOW)
    assert identifier is not None
    return identifier


def arrivals() -> QuerySet[Arrival]:
    """All rows, for a test of another room to count and look at; so are the next ones."""
    return Arrival.objects.all()


def inbox_items() -> QuerySet[InboxItem]:
    return InboxItem.objects.all()


def delivery_reports() -> QuerySet[DeliveryReport]:
    return DeliveryReport.objects.all()


def reply_rows() -> QuerySet[Reply]:
    return Reply.objects.all()


def hearings() -> QuerySet[Hearing]:
    return Hearing.objects.all()
