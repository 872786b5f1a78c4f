"""The alarm of the list of messages in doubt: somebody is told, once, when one has stood there for an hour."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min

from zhiyin.ledger.record import Actor, record
from zhiyin.messaging.events import DoubtsOld
from zhiyin.messaging.models import Hearing, Message
from zhiyin.messaging.receiving.hearing import locked_row
from zhiyin.messaging.rules.receipts import OLD_DOUBT, tells_of_doubts
from zhiyin.messaging.rules.states import State


@transaction.atomic
def tell_of_old_doubts(*, by: Actor, now: datetime) -> int:
    """Record an alarm for each channel with messages that have long been in doubt. Returns how many alarms.

    A channel that has none any more begins anew. Safe in any number of workers: the channel's row is locked.
    """
    old = Message.objects.filter(state=State.UNKNOWN, sent_at__lte=now - OLD_DOUBT).values("via")
    found = {
        row["via"]: row for row in old.annotate(n=Count("pk"), first=Min("sent_at"), last=Max("sent_at")).order_by()
    }
    Hearing.objects.filter(told_doubts_at__isnull=False).exclude(channel__in=found).update(told_doubts_at=None)
    told = 0
    for channel, row in sorted(found.items()):
        hearing = locked_row(channel)
        if not tells_of_doubts(newest_old=row["last"], told=hearing.told_doubts_at, now=now):
            continue
        hearing.told_doubts_at = now
        hearing.save(update_fields=["told_doubts_at"])
        fact = DoubtsOld(channel=channel, count=row["n"], since=row["first"].isoformat())
        record(fact, by=by, now=now, subject=f"channel:{channel}")
        told += 1
    return told
