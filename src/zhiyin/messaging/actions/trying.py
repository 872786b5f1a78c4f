"""Trying a channel out: one message to whoever set it up, at once and past the queue, and what the other side says."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread

from django.db import connections, transaction
from django.utils.translation import gettext as _

from zhiyin.ledger.record import Actor, record
from zhiyin.lib.crypto import Unreadable
from zhiyin.lib.errors import Refused
from zhiyin.messaging.actions.setting_up import no_such_channel
from zhiyin.messaging.channels.protocol import Envelope, Sender
from zhiyin.messaging.events import ChannelTried
from zhiyin.messaging.rules.answers import Broken, broken
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import BadSetup
from zhiyin.messaging.ways import sender_of

log = logging.getLogger("zhiyin.messaging")
LONGEST = timedelta(seconds=20)  # somebody sits in front of the page and waits


def try_channel(key: str, envelope: Envelope, *, masked: str, by: Actor, now: datetime) -> Outcome:
    """Hand one message to a channel, in use or not, and record what came of it. It counts as nobody's contact.

    ``masked`` is the address as the ledger may keep it. Call it outside of any transaction: it waits for the gateway,
    though never longer than ``LONGEST``. Raises NotFound, and Refused where the settings cannot be used.
    """
    try:
        sender = sender_of(key)
    except (BadSetup, Unreadable) as broken_settings:
        raise Refused(
            _("The settings of this channel cannot be used."),
            next_step=_("Fill them in again and save them."),
            code="channel_broken",
        ) from broken_settings
    if sender is None:
        raise no_such_channel(key)
    outcome = _in_time(lambda: _sent(sender, envelope))
    with transaction.atomic():
        fact = ChannelTried(
            key=key, to=masked, result=str(outcome.result), detail=outcome.detail, provider_id=outcome.provider_id
        )
        record(fact, by=by, now=now, subject=f"channel:{key}")
    return outcome


def _sent(sender: Sender, envelope: Envelope) -> Outcome:
    with closing(sender):
        try:
            (outcome,) = sender.send([envelope], still_ours=lambda: {envelope.message_id})
        except Exception:
            # A fault in the channel's own code: nobody can say what left.
            log.exception("The channel %s broke off", sender.key)
            return Outcome(Result.DOUBTFUL, "the channel broke off")
    return outcome


def _in_time(work: Callable[[], Outcome]) -> Outcome:
    """What it comes to, or that it took too long. A server that drips its answer may keep the thread; nobody waits."""
    answers: SimpleQueue[Outcome] = SimpleQueue()

    def run() -> None:
        try:
            outcome = work()
        finally:
            connections.close_all()  # some channels keep a borrowed key: a session of this thread's own
        answers.put(outcome)

    Thread(target=run, daemon=True).start()
    try:
        return answers.get(timeout=LONGEST.total_seconds())
    except Empty:
        return broken(Broken.WAITING)
