"""How the way back fares: when something was last heard, what was refused, and of what somebody has to be told."""

from datetime import datetime, timedelta
from threading import Lock

from django.db import transaction
from django.db.models import F, Q

from zhiyin.ledger.record import Actor, record
from zhiyin.messaging.events import CallbacksRefused, ReceiptsUnread
from zhiyin.messaging.models import Channel, Hearing
from zhiyin.messaging.rules.receipts import is_unreadable

AN_HOUR = timedelta(hours=1)
MARKED_EVERY = timedelta(minutes=1)
WRITTEN_EVERY = timedelta(seconds=1)  # so that a flood of forged calls is no flood of writes
_lock = Lock()
_unwritten: dict[str, tuple[int, datetime]] = {}  # channel → refusals not written yet, when the last were


def heard(channel: str, *, now: datetime) -> None:
    """Something verified came in. Written once a minute."""
    stale = Q(heard_at=None) | Q(heard_at__lt=now - MARKED_EVERY) | Q(heard_at__gt=now + MARKED_EVERY)
    if Hearing.objects.filter(stale, channel=channel).update(heard_at=now):
        return
    if not Hearing.objects.filter(channel=channel).exists():
        Hearing.objects.bulk_create([Hearing(channel=channel, heard_at=now)], ignore_conflicts=True)


def refused(channel: str, why: str, *, by: Actor, now: datetime) -> None:
    """Count a call that did not prove where it comes from, and tell of it, at most once an hour."""
    count = _to_write(channel, now=now)
    if not count or not Channel.objects.filter(key=channel).exists():
        return
    with transaction.atomic():
        row = _row(channel)
        _begin_anew(row, now=now)
        row.refused += count
        tells = row.told_refused_at is None or now - row.told_refused_at >= AN_HOUR
        if tells:
            row.told_refused_at = now
            fact = CallbacksRefused(channel=channel, count=row.refused, why=why[:100])
            record(fact, by=by, now=now, subject=f"channel:{channel}")
        row.save(update_fields=["refused", "receipts", "unread", "counted_since", "told_refused_at"])


def count_receipts(channel: str, *, receipts: int, unread: int, by: Actor, now: datetime) -> None:
    """Keep count of unknown words; tell of them when they are more than one in a hundred."""
    if not unread:
        Hearing.objects.filter(channel=channel).update(receipts=F("receipts") + receipts)
        return
    row = _row(channel)
    _begin_anew(row, now=now)
    row.receipts += receipts
    row.unread += unread
    told = row.told_unread_at is not None and now - row.told_unread_at < AN_HOUR
    if is_unreadable(row.receipts, row.unread) and not told:
        row.told_unread_at = now
        fact = ReceiptsUnread(channel=channel, receipts=row.receipts, unread=row.unread)
        record(fact, by=by, now=now, subject=f"channel:{channel}")
    row.save(update_fields=["refused", "receipts", "unread", "counted_since", "told_unread_at"])


def hearing_of(channel: str) -> Hearing | None:
    """The row as it stands, for a screen."""
    return Hearing.objects.filter(channel=channel).first()


def locked_row(channel: str) -> Hearing:
    """The row, locked until the transaction ends; made where there is none."""
    return _row(channel)


def _row(channel: str) -> Hearing:
    Hearing.objects.bulk_create([Hearing(channel=channel)], ignore_conflicts=True)
    return Hearing.objects.select_for_update().get(channel=channel)


def _begin_anew(row: Hearing, *, now: datetime) -> None:
    """Counts are of the last hour, nearly: they begin anew when the hour is over."""
    if row.counted_since is None or now - row.counted_since >= AN_HOUR or row.counted_since > now:
        row.counted_since, row.refused, row.receipts, row.unread = now, 0, 0, 0


def _to_write(channel: str, *, now: datetime) -> int:
    """How many refusals to write now: at once for the first, then those of a second together."""
    with _lock:
        waiting, last = _unwritten.get(channel, (0, now - WRITTEN_EVERY))
        if abs(now - last) < WRITTEN_EVERY:
            _unwritten[channel] = (waiting + 1, last)
            return 0
        if len(_unwritten) > 1000:
            _unwritten.clear()
        _unwritten[channel] = (0, now)
        return waiting + 1
