"""After a crash: what a dead or stopped worker had in its hands goes on, is parked, or is proven to have left."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from zhiyin.ledger.record import Actor, record, record_all
from zhiyin.lib.crypto import Unreadable
from zhiyin.messaging.actions.leasing import LONGEST_LEASE, move
from zhiyin.messaging.actions.sending import finish_attempts
from zhiyin.messaging.channels.protocol import Blind, Witness
from zhiyin.messaging.events import MessageInDoubt, MessagesSettled
from zhiyin.messaging.models import Attempt, Message
from zhiyin.messaging.rules.outcomes import after_a_crash
from zhiyin.messaging.rules.setups import BadSetup
from zhiyin.messaging.rules.states import Category, State
from zhiyin.messaging.ways import sender_of

DIED = "the worker died while sending"


class Held(NamedTuple):
    """A message whose lease ran out."""

    id: int
    invitation_id: int | None
    unit_id: int
    category: str
    via: str
    place: str


@dataclass(slots=True)
class Recovered:
    """What became of messages whose lease ran out."""

    never_started: list[int] = field(default_factory=list)  # queued again; nothing had been said to leave
    left: list[Held] = field(default_factory=list)  # proven sent
    had_not_left: list[Held] = field(default_factory=list)  # proven unsent, queued again
    again: list[Held] = field(default_factory=list)  # to staff: queued again although it may have left
    unknown: list[Held] = field(default_factory=list)  # parked

    def __bool__(self) -> bool:
        return any((self.never_started, self.left, self.had_not_left, self.again, self.unknown))


@contextmanager
def recovering(*, by: Actor, now: datetime, limit: int = 1000) -> Iterator[Recovered]:
    """Take what ran out of its lease from whoever had it, and yield what became of it, inside the transaction.

    The caller sets its own rows right in the same transaction. Channels that can look back are held for as long, so
    that a worker waking up meanwhile cannot send what was just found not to have left. The fencing number rises, so
    nothing such a worker writes later counts.
    """
    with ExitStack() as stack:
        names = list(_run_out(now).filter(state=State.SENDING).values_list("via", flat=True).distinct())
        witnesses = {via: stack.enter_context(_witness(via)) for via in names}
        with transaction.atomic():
            recovered = Recovered()
            _requeue_leased(recovered, now=now, limit=limit)
            _judge_sending(recovered, witnesses, now=now, limit=limit)
            _write(recovered, by=by, now=now)
            yield recovered


def _run_out(now: datetime) -> QuerySet[Message]:
    late = Q(leased_until__lte=now) | Q(leased_until__gt=now + LONGEST_LEASE)
    return Message.objects.filter(late, state__in=[State.LEASED, State.SENDING])


def _locked(rows: QuerySet[Message]) -> QuerySet[Message]:
    skip = connection.features.has_select_for_update_skip_locked
    return rows.select_for_update(skip_locked=skip).order_by("pk")


@contextmanager
def _witness(via: str) -> Iterator[Witness | None]:
    try:
        sender = sender_of(via)
    except (BadSetup, Unreadable):  # the channel cannot be opened any more, so nobody can be asked
        sender = None
    if sender is None:
        yield Blind()
        return
    try:
        with sender.witness() as witness:
            yield witness
    finally:
        sender.close()


def _requeue_leased(recovered: Recovered, *, now: datetime, limit: int) -> None:
    rows = _locked(_run_out(now).filter(state=State.LEASED))[:limit]
    recovered.never_started = list(rows.values_list("pk", flat=True))
    move(recovered.never_started, State.LEASED, State.QUEUED, leased_until=None, fencing=F("fencing") + 1)


def _judge_sending(recovered: Recovered, witnesses: Mapping[str, Witness | None], *, now: datetime, limit: int) -> None:
    known = [via for via, witness in witnesses.items() if witness is not None]
    rows = _locked(_run_out(now).filter(state=State.SENDING, via__in=known))[:limit]
    found = list(rows.values_list("pk", "invitation_id", "unit_id", "category", "via")) if known else []
    if not found:
        return
    places = dict(
        Attempt.objects.filter(message_id__among=[row[0] for row in found], finished_at=None).values_list(
            "message_id", "place"
        )
    )
    for row in found:
        one = Held(*row, place=places.get(row[0], ""))
        witness = witnesses[one.via]
        left = witness.left(one.place, str(one.invitation_id or one.id)) if witness and one.place else None
        if left is None:
            verdict = after_a_crash(category=Category(one.category), now=now)
            (recovered.again if verdict.state is State.QUEUED else recovered.unknown).append(one)
        else:
            (recovered.left if left else recovered.had_not_left).append(one)


def _write(recovered: Recovered, *, by: Actor, now: datetime) -> None:
    if not recovered:
        return
    taken = {"leased_until": None, "fencing": F("fencing") + 1}
    left = [one.id for one in recovered.left]
    back = [one.id for one in recovered.had_not_left]
    again = [one.id for one in recovered.again]
    unknown = [one.id for one in recovered.unknown]
    # Who can look back can also say that it arrived: the outbox is where it was to go.
    move(left, State.SENDING, State.SENT, delivered_at=F("sent_at"), **taken)
    move(back + again, State.SENDING, State.QUEUED, sent_at=None, not_before=now, error=DIED, **taken)
    move(unknown, State.SENDING, State.UNKNOWN, error=DIED, **taken)
    for ids, outcome in ((left, "accepted"), (back, "not_sent"), (again + unknown, "doubtful")):
        finish_attempts(ids, outcome, DIED, now=now)
    for ids, sent in ((left, True), (back, False)):
        if ids:
            fact = MessagesSettled(ids=ids, sent=sent, because=f"{DIED}; the channel was asked")
            record(fact, by=by, now=now, subject=f"message:{ids[0]}")
    if unknown:
        facts = [(MessageInDoubt(one.id, one.via, DIED), f"message:{one.id}", one.unit_id) for one in recovered.unknown]
        record_all(facts, by=by, now=now)
