"""When a message may leave: sending hours on the local clock, the life of its link, the last look before it goes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from zhiyin.outreach.rules.facts import Contact, Facts
from zhiyin.outreach.rules.hours import ChannelCap, SendingHours, hours_for
from zhiyin.outreach.rules.instants import utc
from zhiyin.outreach.rules.judge import NO_GROUPS, decide_batch
from zhiyin.outreach.rules.memory import GroupLogs
from zhiyin.outreach.rules.terms import Policy


def next_send_at(
    *, now: datetime, policy: Policy, tz: tzinfo, channel: str = "", unit_path: Sequence[str] = ()
) -> datetime:
    """``now`` while messages may leave, otherwise the first instant at which they may again (夜间顺延).

    ``channel`` and ``unit_path`` (codes: the unit, then each above it) choose among ``[[sending_hours.for]]``.
    """
    now = utc(now)
    hours, zone = hours_for(policy.hours, policy.sending_hours, channel=channel, unit_path=unit_path)
    tz = ZoneInfo(zone) if zone else tz
    if hours is None or _open(now, hours, tz):
        return now
    return next_change(after=now, hours=hours, tz=tz)


def next_change(*, after: datetime, hours: SendingHours, tz: tzinfo) -> datetime:
    """The first instant after this one at which sending begins or stops.

    Only the wall clock decides, also in the nights when it is put forward or back: an opening time that the clock
    skips opens at the jump, an hour that comes twice counts twice.
    """
    after = utc(after)
    was_open = _open(after, hours, tz)
    changes = (
        moment for moment in _candidates(after, hours, tz) if moment > after and _open(moment, hours, tz) != was_open
    )
    return min(changes)


def link_dead_at(*, sent_at: datetime, policy: Policy) -> datetime:
    """From this instant on the link is dead: 8 h 00 m 00.000 s after it was sent, not a moment later."""
    return utc(sent_at) + policy.link_life


@dataclass(frozen=True, slots=True)
class Departure:
    """The last look before a message leaves: with a reason it is withdrawn, with a time it waits, else it goes."""

    reason: str = ""
    wait_until: datetime | None = None

    @property
    def goes(self) -> bool:
        return not self.reason and self.wait_until is None


class Spent(NamedTuple):
    """What a channel has sent by now: on this local day, and segments (the price is per segment) this local month."""

    messages_today: int = 0
    segments_today: int = 0
    segments_this_month: int = 0


NOTHING_SPENT = Spent()


def still_allowed(
    *,
    facts: Facts,
    history: Iterable[Contact],
    policy: Policy,
    now: datetime,
    tz: tzinfo,
    sent_to_number_today: int = 0,
    group_logs: GroupLogs = NO_GROUPS,
    spent: Spent = NOTHING_SPENT,
    segments: int = 1,
) -> Departure:
    """Judge a queued message again at the moment it would leave.

    ``history`` and ``group_logs`` are without the message itself. Who opted out while it waited is not written to; at
    night and beyond a cap it waits. ``spent`` is that of the message's channel, ``segments`` how many it is cut into.
    The draw, the targets and the groups of the policy were looked at when it was decided to ask, and are not again.
    """
    now = utc(now)
    asks = [(None, facts)]
    decided = _as_decided(policy)
    verdict = decide_batch(asks=asks, histories={None: [*history]}, policy=decided, now=now, group_logs=group_logs)[0]
    if not verdict.invited:
        return Departure(reason=verdict.reason)
    first = now
    if policy.per_number_per_day is not None and sent_to_number_today >= policy.per_number_per_day:
        first = _tomorrow(now, tz)
    cap = next((cap for cap in policy.caps if cap.channel == facts.channel), None)
    if cap:
        first = max(first, _within(cap, spent, segments, now, tz))
    leaves = next_send_at(now=first, policy=policy, tz=tz, channel=facts.channel, unit_path=facts.unit_path)
    return Departure(wait_until=leaves if leaves > now else None)


def _within(cap: ChannelCap, spent: Spent, segments: int, now: datetime, tz: tzinfo) -> datetime:
    """``now`` while the channel may send this message, otherwise the local midnight from which it may again."""
    first = now
    if cap.per_day is not None and spent.messages_today >= cap.per_day:
        first = _tomorrow(now, tz)
    if cap.price is not None:
        today, month = (cap.price * (before + segments) for before in (spent.segments_today, spent.segments_this_month))
        if cap.spend_per_day is not None and today > cap.spend_per_day:
            first = _tomorrow(now, tz)
        if cap.spend_per_month is not None and month > cap.spend_per_month:
            first = _next_month(now, tz)
    return first


@lru_cache(maxsize=8)
def _as_decided(policy: Policy) -> Policy:
    return policy.as_decided()


def _open(moment: datetime, hours: SendingHours, tz: tzinfo) -> bool:
    local = moment.astimezone(tz)
    return hours.holds(local.hour * 60 + local.minute)


def _candidates(after: datetime, hours: SendingHours, tz: tzinfo) -> list[datetime]:
    """Every instant of the next two days at which sending might begin or stop."""
    today = after.astimezone(tz).date()
    moments = []
    for day in range(3):
        for minute in (hours.opens, hours.closes):
            wall = _wall(today + timedelta(days=day), minute)
            moments += [wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1)]
    jump = _clock_change(after, after + timedelta(days=2), tz)
    return [*moments, jump] if jump else moments


def _wall(day: date, minute: int) -> datetime:
    return datetime.combine(day, time.min) + timedelta(minutes=minute)


def _clock_change(start: datetime, end: datetime, tz: tzinfo) -> datetime | None:
    """The instant between the two at which the zone's clock is put forward or back, to the second."""
    before = start.astimezone(tz).utcoffset()
    if end.astimezone(tz).utcoffset() == before:
        return None
    start, end = (moment.astimezone(UTC).replace(microsecond=0) for moment in (start, end))
    while end - start > timedelta(seconds=1):
        middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == before:
            start = middle
        else:
            end = middle
    return end


def _tomorrow(now: datetime, tz: tzinfo) -> datetime:
    midnight = _wall(now.astimezone(tz).date() + timedelta(days=1), 0)
    return midnight.replace(tzinfo=tz).astimezone(UTC)


def _next_month(now: datetime, tz: tzinfo) -> datetime:
    today = now.astimezone(tz).date()
    first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return _wall(first, 0).replace(tzinfo=tz).astimezone(UTC)
