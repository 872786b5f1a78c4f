"""The latest time that the server's clock has shown, so that a small step back revives nothing that was over.

A clock goes back by seconds when it is set right, by minutes or hours when a machine wakes up or is restored. Until it
has caught up, what ends by the clock is judged by the latest time seen. A step of more than a day is no such slip: then
the clock was wrong before and is right now, and holding on to the wrong time would end every link for as long as it was
off.
"""

from datetime import datetime, timedelta

from zhiyin.ledger.models import Clock
from zhiyin.lib.lately import Lately

THE_CLOCK = 1
SLIP = timedelta(days=1)
WORTH_NOTING = timedelta(seconds=1)


def note_time(now: datetime) -> None:
    """Remember this time if it is the latest. The worker does it every other second."""
    latest = _latest()
    if latest is not None and latest - SLIP <= now < latest + WORTH_NOTING:
        return
    Clock.objects.update_or_create(pk=THE_CLOCK, defaults={"latest": now})
    _latest.forget()


def steady(now: datetime) -> datetime:
    """``now``, or the latest time seen where the clock has slipped back since."""
    latest = _latest()
    return latest if latest is not None and timedelta() < latest - now <= SLIP else now


def _read() -> datetime | None:
    return Clock.objects.filter(pk=THE_CLOCK).values_list("latest", flat=True).first()


_latest = Lately(_read)
