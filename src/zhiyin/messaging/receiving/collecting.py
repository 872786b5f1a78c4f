"""Fetching what gateways lay into a mailbox: each thing is kept here before it counts as read there."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from zhiyin.lib.crypto import Unreadable as CannotOpen
from zhiyin.messaging.channels.pinned import ConnectionBroke
from zhiyin.messaging.channels.protocol import Laid, Receiver
from zhiyin.messaging.models import Channel
from zhiyin.messaging.receiving.hearing import heard, locked_row
from zhiyin.messaging.receiving.inbox import keep_unreadable, take_in
from zhiyin.messaging.rules.setups import BadSetup
from zhiyin.messaging.rules.signals import Callback, Unreadable
from zhiyin.messaging.ways import collector_of

log = logging.getLogger("zhiyin.messaging")
AGAIN = timedelta(minutes=1)


def collect_all(*, now: datetime) -> int:
    """Look into every mailbox of channels in use; returns how many things were learned. Waits for the network."""
    keys = Channel.objects.filter(is_active=True).order_by("key").values_list("key", flat=True)
    return sum(collect(key, now=now) for key in keys)


def collect(channel: str, *, now: datetime) -> int:
    """Take in what waits for this channel. What came before, in the same mail or in another, has no second effect.

    A mailbox that was read to its end was heard, even when it was empty; one that cannot be read falls silent, and
    after a while somebody is told.
    """
    try:
        found = collector_of(channel)
    except (BadSetup, CannotOpen) as broken:
        log.warning("The mailbox of %s cannot be read: %s", channel, broken)
        return 0
    if found is None or not _is_time(channel, now=now):
        return 0
    collector, receiver = found
    learned = 0

    def take(laid: Laid) -> None:
        nonlocal learned
        learned += _take(channel, receiver, laid, now=now)

    try:
        collector.collect(take)
    except ConnectionBroke as broke:
        log.warning("The mailbox of %s was not read to its end: %s", channel, broke)
    else:
        heard(channel, now=now)
    return learned


@transaction.atomic
def _is_time(channel: str, *, now: datetime) -> bool:
    """One worker at a time, once a minute."""
    row = locked_row(channel)
    if row.pulled_at is not None and timedelta() <= now - row.pulled_at < AGAIN:
        return False
    row.pulled_at = now
    row.save(update_fields=["pulled_at"])
    return True


def _take(channel: str, receiver: Receiver, laid: Laid, *, now: datetime) -> int:
    """Keep what one of them says; what nobody can read is kept raw for somebody to look at, and stops no other."""
    if laid.body is None:
        _list(channel, laid, b"", "too large", now=now)
        return 0
    called = Callback(method="POST", query={}, headers={}, body=laid.body, remote="", now=now)
    try:
        said = receiver.hear(called)
        with transaction.atomic():
            return len(take_in(channel, called, said).fresh)
    except (OperationalError, InterfaceError):
        raise
    except Unreadable as why:
        _list(channel, laid, laid.body, str(why), now=now)
    except Exception as fault:  # our own fault: kept for somebody to look at, and no reason to leave the others
        log.exception("A mail of %s could not be read", channel)
        _list(channel, laid, laid.body, f"our fault: {type(fault).__name__}", now=now)
    return 0


def _list(channel: str, laid: Laid, raw: bytes, why: str, *, now: datetime) -> None:
    words = laid.place.encode() + b"\n\n" + raw
    keep_unreadable(
        channel, Callback(method="POST", query={}, headers={}, body=words, remote="", now=now), f"{why}: {laid.place}"
    )
