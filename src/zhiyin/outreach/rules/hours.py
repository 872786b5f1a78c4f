"""When and how much may leave: sending hours by channel and region, what a channel may send and spend, reminders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

DAY = 1440  # minutes; as a time of day: midnight at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingHours:
    """Messages leave while the wall clock reads ``opens`` or later and before ``closes``; both in minutes of the day.

    ``opens`` is 0 to 1439, ``closes`` 1 to 1440 and never equal to ``opens``; a smaller ``closes`` is after midnight.
    A policy without sending hours sends at any time.
    """

    opens: int
    closes: int

    def holds(self, minute: int) -> bool:
        """Whether messages leave in this minute of the day."""
        if self.opens < self.closes:
            return self.opens <= minute < self.closes
        return minute >= self.opens or minute < self.closes


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursFor:
    """Sending hours for a channel, a region, or a channel in a region. ``hours`` None: at any time."""

    hours: SendingHours | None
    channel: str = ""
    region: str = ""  # a unit's code: of the unit itself or of one above it
    time_zone: str = ""  # empty: the clock of the organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCap:
    """What a channel may send and spend; beyond it messages wait. ``price`` is that of one segment, in yuan."""

    channel: str
    per_day: int | None = None
    spend_per_day: Decimal | None = None
    spend_per_month: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Who has not answered is reminded ``after`` this long since the last message about it, at most so often.

    It counts as every message does, is looked at once, when it is due, and brings a link with a life of its own: the
    one before may have died.
    """

    after: timedelta
    most: int


def hours_for(
    rows: Sequence[HoursFor], default: SendingHours | None, *, channel: str, unit_path: Sequence[str]
) -> tuple[SendingHours | None, str]:
    """The sending hours of a message and the name of their time zone (empty: the organisation's).

    The nearest region wins: the unit itself, then each above it, then rows without a region. Of two as near, the one
    that names the channel.
    """
    fitting = [row for row in rows if row.channel in ("", channel) and (not row.region or row.region in unit_path)]
    if not fitting:
        return default, ""
    nearest = min(fitting, key=lambda row: (_distance(row.region, unit_path), not row.channel))
    return nearest.hours, nearest.time_zone


def _distance(region: str, unit_path: Sequence[str]) -> int:
    return list(unit_path).index(region) if region else len(unit_path)


def clock(minute: int) -> str:
    """A minute of the day as people read it: 08:00."""
    return f"{minute // 60:02}:{minute % 60:02}"
