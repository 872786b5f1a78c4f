"""Putting messages into the queue, many with one statement: the hot path of outreach."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from zhiyin.ledger.alike import Column, Same
from zhiyin.ledger.bulk import Writing, as_json, moment
from zhiyin.ledger.ids import new_ids
from zhiyin.messaging.models import NOBODY, Message
from zhiyin.messaging.rules.states import Category


class Outgoing(NamedTuple):
    """A message about to be queued. No address: ``identity_id`` says which of a customer's it will be.

    ``body`` holds ``subject`` and ``text`` where no survey brings the words (an alert, a care message).
    """

    id: int
    customer_id: int | None
    identity_id: int | None
    category: str
    scenario_id: int
    touchpoint_id: int
    unit_id: int
    invitation_id: int | None
    channel: str
    body: dict[str, Any]
    not_before: datetime
    staff_id: int | None = None


def enqueue(outgoing: Sequence[Outgoing], *, now: datetime, writing: Writing | None = None) -> None:
    """Queue them, inside the caller's transaction. With ``writing``, they may be on their way afterwards."""
    made_at = moment(now)
    columns: dict[str, Column] = {
        "id": [one.id for one in outgoing],
        "customer_id": [one.customer_id or NOBODY for one in outgoing],
        "identity_id": [one.identity_id for one in outgoing],
        "category": [one.category for one in outgoing],
        "scenario_id": [one.scenario_id for one in outgoing],
        "touchpoint_id": [one.touchpoint_id for one in outgoing],
        "unit_id": [one.unit_id for one in outgoing],
        "invitation_id": [one.invitation_id for one in outgoing],
        "channel": [one.channel for one in outgoing],
        "via": Same(""),
        "body": [as_json(one.body) if one.body else "{}" for one in outgoing],
        "state": Same("queued"),
        "not_before": [made_at if one.not_before is now else moment(one.not_before) for one in outgoing],
        "created_at": Same(made_at),
        "fencing": Same(0),
        "attempts": Same(0),
        "provider_id": Same(""),
        "error": Same(""),
        "staff_id": [one.staff_id for one in outgoing],
    }
    with Writing() if writing is None else nullcontext(writing) as into:
        into.insert(Message, columns)


class Attachment(NamedTuple):
    """A text file that goes with a mail: its name, its kind (``csv``) and what is in it."""

    name: str
    kind: str
    text: str


class Alert(NamedTuple):
    """A message to a member of our own staff. It is sent at least once: a doubt is no reason to stay silent.

    ``html`` and ``files`` go only where a mail goes; every other channel has the text.
    """

    staff_id: int
    subject: str
    text: str
    unit_id: int = 0
    channel: str = "email"
    html: str = ""
    files: tuple[Attachment, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"subject": self.subject, "text": self.text}
        if self.html:
            plain["html"] = self.html
        if self.files:
            plain["files"] = [list(one) for one in self.files]
        return plain


def queue_alert(alerts: Iterable[Alert], *, now: datetime) -> list[int]:
    """Queue alerts to staff inside the caller's transaction; they overtake customers. Returns their ids."""
    listed = list(alerts)
    ids = new_ids(len(listed), now=now)
    enqueue(
        [
            Outgoing(
                id=identifier,
                customer_id=None,
                identity_id=None,
                category=Category.STAFF.value,
                scenario_id=0,
                touchpoint_id=0,
                unit_id=one.unit_id,
                invitation_id=None,
                channel=one.channel,
                body=one.body,
                not_before=now,
                staff_id=one.staff_id,
            )
            for identifier, one in zip(ids, listed, strict=True)
        ],
        now=now,
    )
    return list(ids)
