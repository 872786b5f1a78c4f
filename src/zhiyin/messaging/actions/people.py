"""What people decide about messages: to send again, to settle a doubt, to write to somebody no more.

Whether ``by`` may decide that is the calling room's to ask: roles are not known down here. What lies outside the units
that ``by`` may see is not there.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from zhiyin.ledger.record import Actor, record
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.messaging.actions.leasing import move
from zhiyin.messaging.events import MessageSentAgain, MessagesSettled, MessagesWithdrawn
from zhiyin.messaging.models import Message
from zhiyin.messaging.rules.states import State


class Asker(Protocol):
    """Who asks, and which units they may see; ``people.access.Viewer`` is one."""

    @property
    def actor(self) -> str: ...
    @property
    def units(self) -> frozenset[int] | None: ...
    def sees_unit(self, unit_id: int | None) -> bool: ...


class NotInDoubt(Refused):
    """The message is neither doubtful nor failed, so there is nothing to decide."""

    code = "not_in_doubt"


@transaction.atomic
def resend(*, message_id: int, reason: str, by: Asker, now: datetime) -> None:
    """Send a doubtful or failed message again: a person's decision, kept with its reason.

    The same message goes on, with another attempt: it stays one contact with the customer, and it is judged again
    before it leaves. A new link takes the place of the old one. Raises NotInDoubt, NotFound.
    """
    row = _decidable(message_id, by, (State.UNKNOWN, State.FAILED))
    why = _said(reason)
    move([row.pk], State(row.state), State.QUEUED, not_before=now, sent_at=None, fencing=F("fencing") + 1, error="")
    fact = MessageSentAgain(message_id=row.pk, was=row.state, reason=why)
    record(fact, by=by, now=now, subject=f"message:{row.pk}", unit_id=row.unit_id)


@transaction.atomic
def settle(*, message_id: int, sent: bool, reason: str, by: Asker, now: datetime) -> None:
    """Say what became of a doubtful message, as somebody found out. Raises NotInDoubt, NotFound."""
    row = _decidable(message_id, by, (State.UNKNOWN,))
    why = _said(reason)
    if sent:
        move([row.pk], State.UNKNOWN, State.SENT, fencing=F("fencing") + 1)
    else:
        move([row.pk], State.UNKNOWN, State.FAILED, fencing=F("fencing") + 1, sent_at=None)
    fact = MessagesSettled(ids=[row.pk], sent=sent, because=why)
    record(fact, by=by, now=now, subject=f"message:{row.pk}", unit_id=row.unit_id)


@transaction.atomic
def settle_as_sent(message_ids: Sequence[int], *, because: str, by: Actor, now: datetime) -> list[int]:
    """Doubtful messages that are proven to have arrived: somebody opened or answered them. Returns which were."""
    rows = Message.objects.select_for_update().filter(pk__among=message_ids, state=State.UNKNOWN).order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        move(ids, State.UNKNOWN, State.SENT, delivered_at=F("sent_at"), fencing=F("fencing") + 1)
        record(MessagesSettled(ids=ids, sent=True, because=because), by=by, now=now, subject=f"message:{ids[0]}")
    return ids


@dataclass(frozen=True)
class Withdrawn:
    """``on_their_way`` may still arrive: a worker had already begun to send them."""

    ids: list[int]
    invitation_ids: list[int]
    on_their_way: list[int]


@transaction.atomic
def withdraw(
    *,
    customer_ids: Collection[int],
    reason: str,
    by: Actor,
    now: datetime,
    invitation_ids: Collection[int] | None = None,
) -> Withdrawn:
    """Take back all that these customers have not been sent yet: they opted out, or were erased. With
    ``invitation_ids`` only what belongs to these invitations.

    Lock the customers first. What is not yet on its way cannot leave after this has been committed.
    """
    rows = Message.objects.select_for_update().filter(
        customer_id__in=customer_ids, state__in=[State.QUEUED, State.LEASED, State.SENDING]
    )
    if invitation_ids is not None:
        rows = rows.filter(invitation_id__in=invitation_ids)
    found = list(rows.order_by("pk").values_list("pk", "state", "invitation_id"))
    waiting = [row for row in found if row[1] != State.SENDING]
    for state in (State.QUEUED, State.LEASED):
        ids = [pk for pk, was, _ in waiting if was == state]
        move(ids, state, State.WITHDRAWN, leased_until=None, fencing=F("fencing") + 1, error=reason)
    ids = [row[0] for row in waiting]
    if ids:
        record(MessagesWithdrawn(ids=ids, reason=reason), by=by, now=now, subject=f"message:{ids[0]}")
    return Withdrawn(ids, list(_given(row[2] for row in waiting)), [row[0] for row in found if row not in waiting])


def _given(numbers: Iterable[int | None]) -> Iterable[int]:
    return (number for number in numbers if number is not None)


def _decidable(message_id: int, by: Asker, states: tuple[State, ...]) -> Message:
    row = Message.objects.select_for_update().filter(pk=message_id).first()
    if row is None or not by.sees_unit(row.unit_id):
        raise NotFound(_("There is no such message."), next_step=_("Check the number, or go back to the list."))
    if row.state not in states:
        raise NotInDoubt(
            _("This message is not in doubt any more."), next_step=_("Reload the list to see what became of it.")
        )
    return row


def _said(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Say why."), next_step=_("It is recorded."), code="reason_missing")
    return reason.strip()[:300]
