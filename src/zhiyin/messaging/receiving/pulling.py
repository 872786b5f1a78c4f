"""Asking a gateway what became of messages: where its pushes have fallen silent, and where it never pushes."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min

from zhiyin.ledger.record import Actor, record
from zhiyin.lib.crypto import Unreadable
from zhiyin.messaging.channels.protocol import Puller
from zhiyin.messaging.channels.registry import DIALECTS
from zhiyin.messaging.events import PushesSilent
from zhiyin.messaging.models import Channel, Hearing, Message
from zhiyin.messaging.receiving.hearing import heard, locked_row
from zhiyin.messaging.receiving.inbox import Taken, take_in_pulled
from zhiyin.messaging.rules.receipts import is_silent
from zhiyin.messaging.rules.setups import BadSetup
from zhiyin.messaging.rules.signals import Asked, Signal
from zhiyin.messaging.rules.states import State
from zhiyin.messaging.ways import collector_of, puller_of

log = logging.getLogger("zhiyin.messaging")
Addresses = Callable[[Iterable[int]], Mapping[int, str]]
LOOKED_BACK = timedelta(hours=72)  # later than that no receipt comes any more
AGAIN = timedelta(minutes=5)  # between two rounds of asking
TOLD_AGAIN = timedelta(hours=1)
SETTLES = timedelta(minutes=1)  # a message is not asked for right after it left


def silent_channels(*, now: datetime) -> list[str]:
    """Channels in use that send and hear nothing back, though they could."""
    found = []
    for row in Channel.objects.filter(is_active=True).order_by("key"):
        dialect = DIALECTS.get(row.kind)
        if dialect is None or (dialect.receiver is None and dialect.puller is None) or dialect.listens:
            continue
        if dialect.tells_only_of_failure and not _has_mailbox(row.key):
            continue
        hearing = _heard_at(row.key)
        since = max(now - LOOKED_BACK, hearing) if hearing else now - LOOKED_BACK
        sent = Message.objects.filter(via=row.key, sent_at__gt=since, sent_at__lte=now)
        ends = sent.aggregate(first=Min("sent_at"), last=Max("sent_at"))
        if is_silent(first_sent=ends["first"], last_sent=ends["last"], heard=hearing, now=now):
            found.append(row.key)
    return found


def _has_mailbox(channel: str) -> bool:
    try:
        return collector_of(channel) is not None
    except (BadSetup, Unreadable):
        return True  # it cannot be read, and somebody should know


def _heard_at(channel: str) -> datetime | None:
    """When something was last heard from this channel."""
    return Hearing.objects.filter(channel=channel).values_list("heard_at", flat=True).first()


def listening_channels() -> list[str]:
    """Channels in use whose gateway never calls: what it has to say must be fetched."""
    rows = Channel.objects.filter(is_active=True).order_by("key").values_list("key", "kind")
    return [key for key, kind in rows if kind in DIALECTS and DIALECTS[kind].listens]


def ask(channel: str, *, addresses: Addresses, by: Actor, now: datetime, silent: bool) -> Taken:
    """Ask the gateway about what is unsettled, and take in what it says. Waits for the network, outside transactions.

    ``silent``: its pushes have stopped, which is told once an hour; else it is one that never pushes.
    """
    puller = _puller(channel)
    if silent and not _may_ask(channel, asked=puller is not None, by=by, now=now):
        return Taken()
    if puller is None:
        return Taken()
    try:
        asked = _unsettled(channel, puller.most_at_once, addresses, now=now) if silent else []
        signals: list[Signal] = puller.pull(asked, now=now)
    except Exception:  # a fault in the dialect's own code must not stop the worker's other duties
        log.exception("The channel %s could not be asked", channel)
        return Taken()
    if not signals:
        return Taken()
    with transaction.atomic():
        if not silent:
            heard(channel, now=now)
        return take_in_pulled(channel, signals, now=now)


def _puller(channel: str) -> Puller | None:
    try:
        return puller_of(channel)
    except (BadSetup, Unreadable) as broken:
        log.warning("The channel %s cannot be asked: %s", channel, broken)
        return None


@transaction.atomic
def _may_ask(channel: str, *, asked: bool, by: Actor, now: datetime) -> bool:
    """Whether it is time to ask (one worker at a time, every few minutes), and the alarm, once an hour."""
    row = locked_row(channel)
    if asked and row.pulled_at is not None and timedelta() <= now - row.pulled_at < AGAIN:
        return False
    if row.told_silent_at is None or now - row.told_silent_at >= TOLD_AGAIN:
        row.told_silent_at = now
        last = row.heard_at.isoformat() if row.heard_at else ""
        record(PushesSilent(channel=channel, heard_at=last, asked=asked), by=by, now=now, subject=f"channel:{channel}")
    row.pulled_at = now if asked else row.pulled_at
    row.save(update_fields=["pulled_at", "told_silent_at"])
    return asked


def _unsettled(channel: str, most: int, addresses: Addresses, *, now: datetime) -> list[Asked]:
    """Messages whose fate is not known, those in doubt first, then the oldest."""
    rows = list(_rows(channel, [State.UNKNOWN], most, now=now))
    if len(rows) < most:
        rows += _rows(channel, [State.SENT], most - len(rows), now=now)
    known = addresses([row.identity_id for row in rows if row.identity_id])
    return [
        Asked(
            message_id=row.pk,
            provider_id=row.provider_id,
            to=known[row.identity_id],
            sent_at=row.sent_at,
        )
        for row in rows
        if row.sent_at and row.identity_id and row.identity_id in known
    ]


def _rows(channel: str, states: list[State], most: int, *, now: datetime) -> list[Message]:
    rows = Message.objects.filter(via=channel, sent_at__gt=now - LOOKED_BACK, sent_at__lte=now - SETTLES)
    return list(rows.filter(state__in=states, delivered_at=None).order_by("sent_at")[:most])
