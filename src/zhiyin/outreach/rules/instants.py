"""Moments as whole microseconds since 1970 (UTC), because the rule core counts in plain integers."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def utc(moment: datetime) -> datetime:
    """The same moment on the clock of UTC: sums and differences on a local clock lose the hours that it jumps.

    Raises TypeError for a moment without an offset.
    """
    if moment.tzinfo is None:
        raise TypeError(f"{moment.isoformat()} has no offset, so it is no moment in time")
    return moment.astimezone(UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exact. Raises TypeError for a moment without an offset."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def span_micros(span: timedelta) -> int:
    """The length of a span in microseconds, exact."""
    return span // MICROSECOND


def instant(micros_since_1970: int) -> datetime:
    """The aware UTC moment of a count of microseconds."""
    return EPOCH + timedelta(microseconds=micros_since_1970)
