"""What receipts make of messages: kept as rows, worked out from all of them, written where it changes anything."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import F, Q

from zhiyin.ledger.bulk import insert_new, moment
from zhiyin.ledger.record import Actor, record, record_all
from zhiyin.messaging.actions.sending import note_segments
from zhiyin.messaging.events import MessageFailed, MessagesReported, MessagesSettled
from zhiyin.messaging.models import Attempt, DeliveryReport, Message
from zhiyin.messaging.receiving.inbox import Waiting
from zhiyin.messaging.rules.answers import tidy
from zhiyin.messaging.rules.receipts import (
    Again,
    Fate,
    Report,
    Standing,
    clamped,
    content_of,
    same_address,
    standing,
    state_after,
    step_by_receipt,
)
from zhiyin.messaging.rules.signals import Delivery, Receipt
from zhiyin.messaging.rules.states import Category, State

Addresses = Callable[[Iterable[int]], Mapping[int, str]]
REQUEUED = "receipt: "  # how the error of a message begins that goes again because of what a receipt said
UNTIL_FILLED = timedelta(hours=1)  # the account is looked at again after so long
ON_ITS_WAY = (State.LEASED, State.SENDING)
_LEFT = """
WITH fresh (message, moment) AS (VALUES {rows})
UPDATE messaging_message SET sent_at = moment FROM fresh WHERE id = message AND sent_at IS NULL
"""
_ARRIVED = """
WITH fresh (message, arrived) AS (VALUES {rows})
UPDATE messaging_message SET delivered_at = arrived FROM fresh WHERE id = message AND state = 'sent'
"""


class Because(NamedTuple):
    """A receipt that fits nothing yet, and why."""

    waiting: Waiting
    why: str


@dataclass(slots=True)
class Settled:
    """What a batch of receipts came to. What invitations make of it the room above writes with it."""

    done: list[int] = field(default_factory=list)
    parked: list[Because] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)  # about somebody who was erased
    delivered: dict[int, datetime] = field(default_factory=dict)  # message → when it arrived
    sent: list[int] = field(default_factory=list)  # was in doubt, and left
    failed: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)  # goes again later: cap of the day, empty account
    out_of_credit: set[str] = field(default_factory=set)  # channels
    invitations: dict[int, int] = field(default_factory=dict)  # message → its invitation
    reminders: set[int] = field(default_factory=set)  # the messages among them that only remind of it
    receipts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))  # channel → all, unread


def settle_receipts(waiting: Sequence[Waiting], *, addresses: Addresses, by: Actor, now: datetime) -> Settled:
    """Let these receipts count. Inside the caller's transaction, which holds the rows of ``waiting``.

    ``addresses`` gives the address behind an identity, and nothing for one that was erased.
    """
    settled = Settled()
    receipts = [(one, one.signal) for one in waiting if isinstance(one.signal, Receipt)]
    rows = _locked_messages([receipt for _, receipt in receipts])
    known = addresses({row.identity_id for row in rows.values() if row.identity_id})
    taken: list[tuple[Message, Receipt, Waiting]] = []
    for one, receipt in receipts:
        row, why = _message_of(one, receipt, rows)
        if row is None or why:
            settled.parked.append(Because(one, why))
        elif row.identity_id and row.identity_id not in known:
            settled.forgotten.append(one.id)
        elif row.identity_id and not same_address(receipt.to, known[row.identity_id]):
            settled.parked.append(Because(one, "another address than ours"))
        else:
            taken.append((row, receipt, one))
            settled.done.append(one.id)
    _keep_reports(taken)
    for one, receipt in receipts:
        _count(settled, one, receipt)
    _apply({row.pk: row for row, _, _ in taken}, settled, by=by, now=now)
    return settled


def _count(settled: Settled, one: Waiting, receipt: Receipt) -> None:
    if one.tries:  # counted when it first came
        return
    counts = settled.receipts[one.channel]
    counts[0] += 1
    counts[1] += receipt.delivery is Delivery.UNREAD
    if receipt.is_out_of_credit:
        settled.out_of_credit.add(one.channel)


def _locked_messages(receipts: Sequence[Receipt]) -> dict[int, Message]:
    """Every message that one of these may be about, its row locked, ids sorted."""
    ours = {receipt.message_id for receipt in receipts if receipt.message_id is not None}
    theirs = {receipt.provider_id for receipt in receipts if receipt.message_id is None and receipt.provider_id}
    found = set(Message.objects.filter(pk__among=ours).values_list("pk", flat=True)) if ours else set()
    if theirs:
        found |= set(
            Message.objects.filter(provider_id__in=theirs).exclude(provider_id="").values_list("pk", flat=True)
        )
    rows = Message.objects.select_for_update().filter(pk__among=found).order_by("pk")
    return {row.pk: row for row in rows}


def _message_of(one: Waiting, receipt: Receipt, rows: Mapping[int, Message]) -> tuple[Message | None, str]:
    """The message that a receipt is about, or why it fits none (yet)."""
    if receipt.message_id is None and not receipt.provider_id:
        return None, "names no message"
    if receipt.message_id is not None:
        row = rows.get(receipt.message_id)
    else:
        mine = [row for row in rows.values() if row.provider_id == receipt.provider_id and row.via == one.channel]
        if len(mine) > 1:
            return None, "fits several messages"
        row = mine[0] if mine else None
    if row is None:
        return None, "no such message"
    if row.state in ON_ITS_WAY:
        return None, "the message is still on its way"
    if row.via != one.channel:
        return None, "the message went by another channel"
    return (row, "") if row.attempts else (None, "the message has not left yet")


def _keep_reports(taken: Sequence[tuple[Message, Receipt, Waiting]]) -> None:
    """One row each; the same receipt twice is one row (G36)."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for message, receipt, one in taken:
        for column, value in _report(message, receipt, one).items():
            rows[column].append(value)
    if rows:
        insert_new(DeliveryReport, rows)


def _report(message: Message, receipt: Receipt, one: Waiting) -> dict[str, Any]:
    at, is_mended = clamped(receipt.at, now=one.received_at)
    is_current = message.attempts <= 1 or not receipt.provider_id or receipt.provider_id == message.provider_id
    return {
        "customer_id": message.customer_id,
        "message_id": message.pk,
        "attempt": message.attempts if is_current else 0,
        "digest": sha256(content_of(receipt).encode("utf-8", "replace")).digest(),
        "channel": one.channel,
        "provider_id": tidy(receipt.provider_id, 120),
        "delivery": str(receipt.delivery),
        "code": tidy(receipt.code, 60),
        "part": min(receipt.part, 255),
        "segments": min(receipt.segments, 255) if receipt.segments else None,
        "at": moment(at),
        "is_mended": is_mended,
        "is_daily_cap": receipt.is_daily_cap,
        "is_out_of_credit": receipt.is_out_of_credit,
        "detail": tidy(receipt.detail),
        "received_at": moment(one.received_at),
    }


def _apply(rows: Mapping[int, Message], settled: Settled, *, by: Actor, now: datetime) -> None:
    """Work out each message's fate from all that was ever said about it, and write what is new."""
    reports: dict[int, list[Report]] = defaultdict(list)
    codes: dict[int, str] = {}
    for kept in DeliveryReport.objects.filter(message_id__among=list(rows)).order_by("pk"):
        row = rows[kept.message_id]
        reports[row.pk].append(
            Report(
                delivery=Delivery(kept.delivery),
                part=kept.part,
                segments=kept.segments,
                at=kept.at,
                is_daily_cap=kept.is_daily_cap,
                is_out_of_credit=kept.is_out_of_credit,
                is_current=kept.attempt == row.attempts,
            )
        )
        if kept.delivery == Delivery.FAILED:
            codes[row.pk] = kept.code
    changes = _Changes(settled, _last_tries(row.pk for row in rows.values() if row.sent_at is None), by=by, now=now)
    for pk, row in sorted(rows.items()):
        changes.take(row, standing(reports[pk]), codes.get(pk, ""))
        charged = max((report.segments or 0 for report in reports[pk]), default=0)
        if charged and charged != (row.segments or 1):
            changes.charged[pk] = charged
    changes.write()


class _Move(NamedTuple):
    """What is written alike about all messages that take this step for the same reason."""

    before: State
    after: State
    error: str
    until: datetime | None = None  # when it goes again

    def values(self) -> dict[str, Any]:
        written: dict[str, Any] = {"state": self.after, "error": self.error, "fencing": F("fencing") + 1}
        if self.after is State.FAILED:
            # It left, as far as the carrier counts: ``sent_at`` stays, and its link, should it arrive after all.
            written["delivered_at"] = None
        elif self.until is not None:
            written |= {"not_before": self.until, "sent_at": None}
        return written | {"leased_until": None}


class _Changes:
    """What is to be written about a batch of messages: a statement for what is alike, however many there are."""

    def __init__(self, settled: Settled, last_tries: Mapping[int, datetime], *, by: Actor, now: datetime) -> None:
        self.settled, self.by, self.now = settled, by, now
        self.charged: dict[int, int] = {}  # message → segments, where the provider reckons otherwise than we did
        self._last_tries = last_tries
        self._left: list[tuple[int, datetime]] = []
        self._moves: dict[_Move, list[int]] = defaultdict(list)
        self._arrived: list[tuple[int, datetime]] = []
        self._facts: list[tuple[object, str, int | None]] = []
        self._doubts: dict[bool, list[int]] = {True: [], False: []}

    def take(self, row: Message, found: Standing, code: str) -> None:
        before = State(row.state)
        after = state_after(before, found, requeued_by_receipt=row.error.startswith(REQUEUED))
        if after is not before:
            step_by_receipt(before, after)
            self._move(row, before, after, found, code)
        elif found.fate is Fate.DELIVERED and row.sent_at and before is State.SENT:
            self._arrive(row, row.sent_at, found)
        if row.invitation_id:
            self.settled.invitations[row.pk] = row.invitation_id
            if row.category == Category.REMINDER:
                self.settled.reminders.add(row.pk)

    def _arrive(self, row: Message, sent_at: datetime, found: Standing) -> None:
        at = max(found.delivered_at or sent_at, sent_at)
        if row.delivered_at != at:
            self._arrived.append((row.pk, at))
        self.settled.delivered[row.pk] = at

    def _move(self, row: Message, before: State, after: State, found: Standing, code: str) -> None:
        if after is State.SENT:
            move = _Move(before, after, "")
            self.settled.sent.append(row.pk)
            sent_at = row.sent_at or self._last_tries.get(row.pk, self.now)
            if row.sent_at is None:
                self._left.append((row.pk, sent_at))
            if found.fate is Fate.DELIVERED:
                self._arrive(row, sent_at, found)
        elif after is State.FAILED:
            move = _Move(before, after, tidy(f"not delivered: {code}"))
            self.settled.failed.append(row.pk)
            fact = MessageFailed(row.pk, row.via, move.error)
            self._facts.append((fact, f"message:{row.pk}", row.unit_id))
        else:
            move = _Move(before, after, tidy(f"{REQUEUED}{code}"), self._again(found.again))
            self.settled.again.append(row.pk)
        self._moves[move].append(row.pk)
        if before is State.UNKNOWN:
            self._doubts[after is State.SENT].append(row.pk)

    def _again(self, again: Again | None) -> datetime:
        if again is Again.LATER:
            return self.now + UNTIL_FILLED
        zone = ZoneInfo(settings.TIME_ZONE)
        tomorrow = self.now.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time.min, tzinfo=zone)

    def write(self) -> None:
        _write_moments(_LEFT, self._left)  # first: what left says when
        for move, ids in self._moves.items():
            Message.objects.filter(pk__among=ids, state=move.before).update(**move.values())
        _write_moments(_ARRIVED, self._arrived)
        note_segments(self.charged)
        for was_sent, ids in self._doubts.items():
            if ids:
                fact = MessagesSettled(ids=ids, sent=was_sent, because="a receipt")
                self._facts.append((fact, f"message:{ids[0]}", None))
        told = sorted({*self.settled.failed, *self.settled.again, *self.settled.sent, *(pk for pk, _ in self._arrived)})
        if told:
            kinds = {"delivered": len(self._arrived), "failed": len(self.settled.failed)}
            fact_of_all = MessagesReported(ids=told, again=len(self.settled.again), **kinds)
            record(fact_of_all, by=self.by, now=self.now, subject=f"message:{told[0]}")
        if self._facts:
            record_all(self._facts, by=self.by, now=self.now)


def _write_moments(statement: str, moments: Sequence[tuple[int, datetime]]) -> None:
    if moments:
        values = [value for pair in moments for value in pair]
        with connection.cursor() as cursor:
            cursor.execute(statement.format(rows=", ".join(["(%s, %s)"] * len(moments))), values)


def _last_tries(messages: Iterable[int]) -> dict[int, datetime]:
    """When each was last tried."""
    if not (ids := list(messages)):
        return {}
    return dict(Attempt.objects.filter(message_id__among=ids).order_by("pk").values_list("message_id", "started_at"))


@dataclass(frozen=True)
class ReportCard:
    """One receipt of a message, as screens show it."""

    delivery: str
    code: str
    part: int
    segments: int | None
    at: datetime
    is_mended: bool


def reports_of(message_ids: Iterable[int]) -> dict[int, list[ReportCard]]:
    """Every receipt of messages that the caller was allowed to see, in the order of what they say."""
    found: dict[int, list[ReportCard]] = {}
    for row in DeliveryReport.objects.filter(message_id__among=list(message_ids)).order_by("message_id", "at", "pk"):
        card = ReportCard(row.delivery, row.code, row.part, row.segments, row.at, row.is_mended)
        found.setdefault(row.message_id, []).append(card)
    return found


def segments_charged(*, channel: str, since: datetime) -> int:
    """How many segments the providers have charged for, as far as receipts say (G43)."""
    rows = DeliveryReport.objects.filter(Q(segments__isnull=False), channel=channel, received_at__gte=since)
    most: dict[int, int] = {}
    for message, segments in rows.values_list("message_id", "segments"):
        most[message] = max(most.get(message, 0), segments or 0)
    return sum(most.values())


def receiver_of_message(message_id: int, *, channel: str, addresses: Addresses) -> str:
    """The address that a message went to by this channel; empty where there is none (any more)."""
    rows = Message.objects.filter(pk=message_id, via=channel, identity_id__isnull=False)
    identity = rows.values_list("identity_id", flat=True).first()
    return addresses([identity]).get(identity, "") if identity else ""
