"""What gateways say, and what it means for invitations and customers.

A callback is answered within the second: verified, kept as it came, opt-outs carried out, replied to. Receipts wait in
the inbox for the worker, who lets all that is known of a message decide (``messaging.receiving.settling``).
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from zhiyin.ledger.record import record
from zhiyin.lib.crypto import Unreadable as CannotOpen
from zhiyin.lib.masking import mask_email, mask_id, mask_phone
from zhiyin.messaging.queries import kind_of_channel
from zhiyin.messaging.receiving import hearing, inbox
from zhiyin.messaging.receiving.closing import close_address, open_address
from zhiyin.messaging.receiving.collecting import collect_all
from zhiyin.messaging.receiving.inbox import Replayed, Waiting, Whole
from zhiyin.messaging.receiving.pausing import OUT_OF_CREDIT, pause_channel
from zhiyin.messaging.receiving.pulling import ask, listening_channels, silent_channels
from zhiyin.messaging.receiving.replies import ReplyGiven, forget_replies, is_kept, keep_reply
from zhiyin.messaging.receiving.settling import Settled, receiver_of_message, settle_receipts
from zhiyin.messaging.receiving.writing import Kind
from zhiyin.messaging.rules.receipts import clamped
from zhiyin.messaging.rules.setups import BadSetup
from zhiyin.messaging.rules.signals import Callback, Left, Reply, Unreadable, Unverified, Uplink
from zhiyin.messaging.rules.uplinks import meaning_of, score_of, what_follows
from zhiyin.messaging.ways import receiver_of
from zhiyin.outreach.dispatch import take_back
from zhiyin.outreach.events import NumberReplied
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.settled import write_on_invitations
from zhiyin.outreach.tokens import end_links
from zhiyin.people.access import Viewer
from zhiyin.people.actions import refuse_by_address
from zhiyin.people.identify import Known, find_customer, lock_customers
from zhiyin.people.queries import addresses_of, merged_ids
from zhiyin.surveys.queries import version

log = logging.getLogger("zhiyin.outreach")
GATEWAY = Viewer.system("gateway")
A_BATCH = 200
PARTS_WAIT = timedelta(minutes=10)  # for the other parts of a long reply; then what is there is read
REFUSED = Reply(status=HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8", body="refused\n")
UNREADABLE = Reply(status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8", body="unreadable\n")
NOT_NOW = Reply(status=HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/plain; charset=utf-8", body="try again\n")


def answer_callback(channel: str, callback: Callback) -> Reply:
    """What a gateway is answered. A channel that there is not, and one that is not called back, look like a wrong
    secret. Raises OperationalError or InterfaceError while the database is away."""
    now = callback.now
    try:
        receiver = receiver_of(channel)
    except (BadSetup, CannotOpen) as broken:
        log.error("The channel %s cannot be heard: %s", channel, broken)
        return NOT_NOW
    if receiver is None:
        return REFUSED
    try:
        heard = receiver.hear(callback)
    except Unverified as why:
        hearing.refused(channel, str(why), by=GATEWAY, now=now)
        return REFUSED
    except Unreadable as why:
        inbox.keep_unreadable(channel, callback, str(why))
        return UNREADABLE
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # the dialect's own fault: kept for somebody to look at, and no reason to fall over
        log.exception("A callback of %s could not be read", channel)
        inbox.keep_unreadable(channel, callback, f"our fault: {type(fault).__name__}")
        return UNREADABLE
    try:
        with transaction.atomic():
            taken = inbox.take_in(channel, callback, heard)
            carry_out_refusals(taken.fresh, now=now)
            hearing.heard(channel, now=now)
    except Replayed as why:
        hearing.refused(channel, str(why), by=GATEWAY, now=now)
        return REFUSED
    return heard.reply


def carry_out_refusals(fresh: Sequence[Waiting], *, now: datetime) -> None:
    """Opt-outs, complaints and departures, before the reply leaves (G52–G60, G65, G70); the rest can wait.

    Everybody concerned is locked first, ids sorted, as everywhere.
    """
    urgent = [one for one in fresh if _is_urgent(one)]
    known = [_find(one.channel, _sender(one)) for one in urgent]
    lock_customers({customer for customer in known if customer})
    for one in urgent:
        _take_person(one, now=now)


def _is_urgent(one: Waiting) -> bool:
    if isinstance(one.signal, Left):
        return True
    if not isinstance(one.signal, Uplink):
        return False
    whole = inbox.whole_reply(one)
    return whole is not None and what_follows(meaning_of(whole.uplink.text), open_surveys=0).opts_out


def work_through_the_inbox(*, now: datetime, limit: int = A_BATCH) -> int:
    """Let up to ``limit`` things that gateways said have their effect; returns how many were looked at.

    A whole batch shares a transaction. Where it breaks down each is tried by itself, so that a bad one harms no other.
    """
    return _work(_settle_batch, [Kind.RECEIPT], limit, now) + _work(_hear_batch, [Kind.UPLINK, Kind.LEFT], limit, now)


Work = Callable[[Sequence[Waiting], datetime], None]


def _work(work: Work, kinds: Sequence[str], limit: int, now: datetime) -> int:
    try:
        with transaction.atomic():
            batch = inbox.claim(kinds=kinds, limit=limit, now=now)
            if batch:
                work(batch, now)
            return len(batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("A batch of %s broke down; each is tried by itself", ", ".join(kinds))
    return _one_by_one(work, kinds, limit, now)


def _one_by_one(work: Work, kinds: Sequence[str], limit: int, now: datetime) -> int:
    done = 0
    with transaction.atomic():
        batch = inbox.claim(kinds=kinds, limit=limit, now=now)
        for one in batch:
            try:
                with transaction.atomic():
                    work([one], now)
            except (OperationalError, InterfaceError):
                raise
            except Exception as fault:
                log.warning("Signal %s could not be handled", one.id, exc_info=not isinstance(fault, DatabaseError))
                inbox.broke_down(one, f"{type(fault).__name__}", now=now)
            done += 1
    return done


def _settle_batch(batch: Sequence[Waiting], now: datetime) -> None:
    settled: Settled = settle_receipts(batch, addresses=addresses_of, by=GATEWAY, now=now)
    write_on_invitations(settled)
    inbox.done(settled.done)
    inbox.forget(settled.forgotten)
    inbox.park(settled.parked, now=now)
    for channel in sorted(settled.out_of_credit):
        pause_channel(channel, because=OUT_OF_CREDIT, by=GATEWAY, now=now)
    for channel, (receipts, unread) in sorted(settled.receipts.items()):
        hearing.count_receipts(channel, receipts=receipts, unread=unread, by=GATEWAY, now=now)


def _hear_batch(batch: Sequence[Waiting], now: datetime) -> None:
    lock_customers({customer for one in batch if (customer := _find(one.channel, _sender(one)))})
    for one in batch:
        _take_person(one, now=now)


def _sender(one: Waiting) -> str:
    """Whose signal it is; of a complaint about one message whoever got that message, whatever the complaint says."""
    if isinstance(one.signal, Left) and one.signal.message_id is not None:
        return receiver_of_message(one.signal.message_id, channel=one.channel, addresses=addresses_of)
    return one.signal.sender if isinstance(one.signal, Uplink | Left) else ""


def _take_person(one: Waiting, *, now: datetime) -> None:
    """A reply or a departure."""
    if isinstance(one.signal, Left):
        _take_departure(one, one.signal, now=now)
        inbox.done([one.id])
        return
    whole = inbox.whole_reply(one, even_if_cut=now - one.received_at >= PARTS_WAIT)
    if whole is None:
        inbox.put_off(one, until=one.received_at + PARTS_WAIT)
        return
    _take_reply(one, whole, now=now)
    inbox.done(whole.ids)


@dataclass(frozen=True, slots=True)
class _Address:
    """Whose a signal is: the kind of handle, its normalised value, and what of it may be shown."""

    kind: str
    value: str
    masked: str


def _address(channel: str, sender: str) -> _Address:
    kind = kind_of_channel(channel)
    if kind in ("wechat", "wecom"):
        return _Address(kind, sender, mask_id(sender))
    if "@" in sender:
        return _Address("email", sender.lower(), mask_email(sender))
    return _Address("phone", sender, mask_phone(sender))


def _find(channel: str, sender: str) -> int | None:
    """The customer behind an address; None for a stranger."""
    if not sender:
        return None
    address = _address(channel, sender)
    return find_customer(address.kind, address.value)


def _take_departure(one: Waiting, left: Left, *, now: datetime) -> None:
    sender = _sender(one)
    if not sender:
        return  # about nothing that we sent, or somebody who was erased
    address = _address(one.channel, sender)
    at, _ = clamped(left.at, now=one.received_at)
    if left.is_complaint:
        proof = f"{one.channel} {left.signal_id} {at.isoformat()}"
        _refuse(address, via="complaint", proof=proof, now=now)
    elif left.is_back:
        open_address(address.kind, address.value, at=at)
    else:
        close_address(address.kind, address.value, because="left", at=at)


def _take_reply(one: Waiting, whole: Whole, *, now: datetime) -> None:
    uplink = whole.uplink
    if is_kept(one.channel, uplink.uplink_id):
        return
    address = _address(one.channel, uplink.sender)
    customer = find_customer(address.kind, address.value)
    person = lock_customers([customer]).get(customer) if customer else None
    if person is not None and person.is_erased:
        return  # everything is refused already, and nothing about them is kept (G41)
    at, _ = clamped(uplink.at, now=one.received_at)
    asked = _open_invitations(person, now=now)
    meaning = meaning_of(uplink.text)
    scores_answer = settings.NUMBER_REPLIES == "answer" and bool(asked) and _on_the_scale(asked[0], uplink.text)
    course = what_follows(meaning, open_surveys=len(asked), scores_answer=scores_answer)
    if course.opts_out:
        proof = f"{one.channel} {uplink.uplink_id} {at.isoformat()} “{uplink.text[:120]}”"
        _refuse(address, via="sms" if address.kind == "phone" else address.kind, proof=proof, now=now)
    reply = keep_reply(
        ReplyGiven(
            channel=one.channel,
            uplink_id=uplink.uplink_id,
            text=uplink.text,
            masked=address.masked,
            at=at,
            received_at=one.received_at,
            meaning=meaning,
            course=course,
            customer_id=person.id if person else None,
            unit_id=_unit_of(person),
            invitation_id=asked[0].pk if len(asked) == 1 else None,
        ),
        by=GATEWAY,
        now=now,
    )
    score = score_of(uplink.text)
    if reply and course.answers and score is not None:
        fact = NumberReplied(reply, asked[0].pk, score, one.received_at.isoformat())
        record(fact, by=GATEWAY, now=now, subject=f"invitation:{asked[0].pk}", unit_id=asked[0].unit_id)


def _on_the_scale(asked: Invitation, text: str) -> bool:
    """Whether this survey's headline question can be answered by that number."""
    card, score = version(asked.survey_version_id), score_of(text)
    headline = card.questionnaire.headline if card else None
    scale = headline.scale if headline else None
    return scale is not None and score is not None and scale.low <= score <= scale.high


def _refuse(address: _Address, *, via: str, proof: str, now: datetime) -> None:
    """In force when this transaction is: nothing that waits can leave, and no link opens any more. A stranger's
    address is refused too, for whoever is imported with it later (G61)."""
    customer = refuse_by_address(address.kind, address.value, via=via, by=GATEWAY, now=now, proof=proof)
    # Customers, messages, invitations: the order in which everybody locks.
    take_back(customer_ids=[customer], reason="opted_out", by=GATEWAY, now=now)
    end_links(customer, now=now)


def _open_invitations(person: Known | None, *, now: datetime) -> list[Invitation]:
    """Surveys that this person may still answer, under former ids too."""
    if person is None:
        return []
    whole = [person.id, *merged_ids([person.id])]
    alive = Invitation.objects.filter(customer_id__among=whole, answered_at=None, dies_at__gt=now)
    return list(alive.filter(state__in=["sent", "unknown"]).order_by("-pk")[:3])


def _unit_of(person: Known | None) -> int:
    """The unit that last asked them; 0 for a stranger, whom only the whole organisation sees."""
    if person is None:
        return 0
    whole = [person.id, *merged_ids([person.id])]
    rows = Invitation.objects.filter(customer_id__among=whole).order_by("-pk")
    return rows.values_list("unit_id", flat=True).first() or 0


def ask_where_pushes_are_silent(*, now: datetime) -> int:
    """Read the mailboxes, and ask the gateways that should have called and have not (G51). Returns how many things were
    learned."""
    learned = collect_all(now=now)
    for channel in silent_channels(now=now):
        taken = ask(channel, addresses=addresses_of, by=GATEWAY, now=now, silent=True)
        learned += len(taken.fresh)
    return learned


def listen(*, now: datetime) -> int:
    """Fetch what waits at gateways that never call."""
    learned = 0
    for channel in listening_channels():
        taken = ask(channel, addresses=addresses_of, by=GATEWAY, now=now, silent=False)
        learned += len(taken.fresh)
    return learned


@transaction.atomic
def forget_what_they_wrote(customer_ids: Collection[int]) -> int:
    """These customers were erased: their replies lose their words, under former ids too."""
    return forget_replies({*customer_ids, *merged_ids(customer_ids)})
