"""What customers wrote back: kept with what followed, and listed where a person must read it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from zhiyin.ledger.ids import new_id
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.crypto import Place, Unreadable
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.messaging.actions.people import Asker
from zhiyin.messaging.events import ReplyHeard, ReplySettled
from zhiyin.messaging.models import Reply
from zhiyin.messaging.rules.answers import tidy
from zhiyin.messaging.rules.uplinks import LONGEST, Course, Meaning
from zhiyin.messaging.ways import vault


@dataclass(frozen=True, kw_only=True)
class ReplyGiven:
    """A reply, read. ``customer_id`` None: nobody here has this address."""

    channel: str
    uplink_id: str
    text: str
    masked: str
    at: datetime
    received_at: datetime
    meaning: Meaning
    course: Course
    customer_id: int | None = None
    unit_id: int = 0
    invitation_id: int | None = None


class AlreadySettled(Refused):
    """Somebody was quicker."""

    code = "already_settled"


def keep_reply(given: ReplyGiven, *, by: Actor, now: datetime) -> int | None:
    """Write it down, once; None where it is here already. Inside the caller's transaction."""
    identifier = new_id(now=now)
    course = given.course
    row = Reply(
        id=identifier,
        channel=given.channel,
        uplink_id=tidy(given.uplink_id, 120),
        customer_id=given.customer_id,
        unit_id=given.unit_id,
        invitation_id=given.invitation_id,
        sender_masked=given.masked[:80],
        text_sealed=vault().seal(given.text[:LONGEST], place=_place(identifier)),
        meaning=str(given.meaning),
        opted_out=course.opts_out,
        needs_person=course.needs_person,
        at=given.at,
        received_at=given.received_at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    fact = ReplyHeard(
        reply_id=identifier,
        channel=given.channel,
        customer_id=given.customer_id,
        meaning=str(given.meaning),
        opted_out=course.opts_out,
        needs_person=course.needs_person,
    )
    record(fact, by=by, now=now, subject=f"customer:{given.customer_id or 0}", unit_id=given.unit_id or None)
    return identifier


def is_kept(channel: str, uplink_id: str) -> bool:
    """Whether this reply is here already."""
    return Reply.objects.filter(channel=channel, uplink_id=tidy(uplink_id, 120)).exists()


@dataclass(frozen=True)
class ReplyCard:
    """A reply that waits for a person."""

    id: int
    channel: str
    customer_id: int | None
    unit_id: int
    sender: str  # masked
    text: str
    meaning: str
    opted_out: bool
    at: datetime


def replies_waiting(*, by: Asker, limit: int = 200) -> list[ReplyCard]:
    """Those of the viewer's units, the oldest first; a stranger's only for who sees the whole organisation."""
    rows = Reply.objects.filter(needs_person=True, settled_at=None).order_by("pk")
    if by.units is not None:
        rows = rows.filter(unit_id__in=by.units)
    return [
        ReplyCard(
            id=row.pk,
            channel=row.channel,
            customer_id=row.customer_id,
            unit_id=row.unit_id,
            sender=row.sender_masked,
            text=_text(row),
            meaning=row.meaning,
            opted_out=row.opted_out,
            at=row.at,
        )
        for row in rows[:limit]
    ]


@transaction.atomic
def settle_reply(reply_id: int, *, note: str, by: Asker, now: datetime) -> None:
    """Somebody has read it and done what was to be done. Raises NotFound (another unit's, too), AlreadySettled."""
    row = Reply.objects.select_for_update().filter(pk=reply_id, needs_person=True).first()
    if row is None or not by.sees_unit(row.unit_id):
        raise NotFound(_("There is no such reply."), next_step=_("Check the number, or go back to the list."))
    if row.settled_at is not None:
        raise AlreadySettled(_("A colleague has dealt with this reply."), next_step=_("Reload the list."))
    Reply.objects.filter(pk=row.pk).update(settled_at=now, settled_by=by.actor, note=tidy(note))
    record(ReplySettled(reply_id=row.pk), by=by, now=now, subject=f"reply:{row.pk}", unit_id=row.unit_id or None)


def list_for_a_person(reply_id: int) -> None:
    """What the machine was to do with a reply could not be done: somebody reads it."""
    Reply.objects.filter(pk=reply_id, settled_at=None).update(needs_person=True)


def forget_replies(customer_ids: Collection[int]) -> int:
    """These people were erased: their words go, that they opted out stays."""
    rows = Reply.objects.filter(customer_id__in=customer_ids)
    return rows.update(text_sealed=None, sender_masked="", note="", needs_person=False)


def _text(row: Reply) -> str:
    if row.text_sealed is None:
        return ""
    try:
        return vault().open(bytes(row.text_sealed), place=_place(row.pk))
    except Unreadable:
        return ""


def _place(reply_id: int) -> Place:
    return Place(Reply._meta.db_table, "text_sealed", reply_id)
