"""A channel whose account is empty rests: nothing is lost, one message an hour finds out whether it was filled."""

from datetime import datetime, timedelta

from django.db.models import Q

from zhiyin.ledger.record import Actor, record
from zhiyin.messaging.events import ChannelPaused
from zhiyin.messaging.models import Channel
from zhiyin.messaging.rules.breaker import FAILURES

PAUSE = timedelta(hours=1)
OUT_OF_CREDIT = "out of credit"


def pause_channel(key: str, *, because: str, by: Actor, now: datetime) -> bool:
    """Let the channel rest for an hour, then probe. Saving its settings ends the rest at once. False: it rests already.

    Inside the caller's transaction. What is queued waits; nothing fails (G71).
    """
    awake = Q(rests_until=None) | Q(rests_until__lt=now + PAUSE / 2)
    rows = Channel.objects.filter(awake, key=key)
    if not rows.update(rests_until=now + PAUSE, failures=FAILURES, trouble=because[:300]):
        return False
    record(ChannelPaused(key=key, because=because[:300]), by=by, now=now, subject=f"channel:{key}")
    return True
