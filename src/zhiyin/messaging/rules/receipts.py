"""What a message's receipts come to, whatever order they arrive in.

The fate of a message is a function of the set of its receipts: a receipt that comes twice, late, or after a newer one
changes nothing that it would not have changed in its turn. Adding a receipt never takes a fate back (RELIABILITY R5).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple

from zhiyin.messaging.rules.signals import Delivery, Receipt
from zhiyin.messaging.rules.states import NoSuchStep, State

AHEAD = timedelta(minutes=10)  # how far another machine's clock may be ahead of ours
BEHIND = timedelta(days=8)  # receipts come up to 72 hours late, and are themselves not old news
KEPT_TRYING = timedelta(hours=24)  # a receipt may outrun our own commit, by far after an outage
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=30)
ENOUGH_TO_TELL, MOST_UNREAD = 100, 0.01


class Fate(IntEnum):
    """From no news to the best: a higher one is never taken back by a lower one."""

    NO_NEWS = 0
    ACCEPTED = 1
    FAILED = 2
    DELIVERED = 3


class Again(StrEnum):
    """When a message goes again that failed for a reason that passes."""

    NEXT_DAY = "next_day"  # the carrier's cap for this number and day
    LATER = "later"  # our account was empty


class Report(NamedTuple):
    """A receipt as it is kept beside its message. ``is_current``: about the attempt that stands now."""

    delivery: Delivery
    part: int = 0
    segments: int | None = None
    at: datetime | None = None
    is_daily_cap: bool = False
    is_out_of_credit: bool = False
    is_current: bool = True


class Standing(NamedTuple):
    """What all the receipts of a message say together."""

    fate: Fate
    delivered_at: datetime | None = None
    again: Again | None = None


def standing(reports: Iterable[Report]) -> Standing:
    """What they come to. Of an earlier attempt only one thing counts: that it arrived after all."""
    known = [one for one in reports if one.delivery is not Delivery.UNREAD]
    arrived, when = _arrived([one for one in known if one.delivery is Delivery.DELIVERED])
    if arrived:
        return Standing(Fate.DELIVERED, when)
    current = [one for one in known if one.is_current]
    failed = [one for one in current if one.delivery is Delivery.FAILED]
    if failed:
        return Standing(Fate.FAILED, again=_again(failed, current))
    return Standing(Fate.ACCEPTED if current else Fate.NO_NEWS)


def _arrived(delivered: list[Report]) -> tuple[bool, datetime | None]:
    """Whether the whole message arrived, and when its last part did. Parts count once their number is known."""
    whole = [one for one in delivered if one.part == 0]
    if whole:
        return True, min((one.at for one in whole if one.at), default=None)
    first: dict[int, list[datetime]] = defaultdict(list)
    for one in delivered:
        first[one.part] += [one.at] if one.at else []
    # Any number of parts that a receipt named will do: then one that comes later cannot take the arrival back.
    for number in sorted({one.segments for one in delivered if one.segments}):
        if all(part in first for part in range(1, number + 1)):
            moments = [min(first[part]) for part in range(1, number + 1) if first[part]]
            return True, max(moments, default=None)
    return False, None


def _again(failed: list[Report], current: list[Report]) -> Again | None:
    """Only where nothing of it can have arrived and every failure is one that passes."""
    if any(one.delivery is Delivery.DELIVERED for one in current):
        return None
    if not all(one.is_daily_cap or one.is_out_of_credit for one in failed):
        return None
    return Again.NEXT_DAY if any(one.is_daily_cap for one in failed) else Again.LATER


# Beyond the steps of a worker (``states.NEXT``), what proof from outside may still change.
BY_RECEIPT: Mapping[State, frozenset[State]] = {
    State.UNKNOWN: frozenset({State.SENT, State.FAILED, State.QUEUED}),
    State.SENT: frozenset({State.FAILED, State.QUEUED}),
    State.FAILED: frozenset({State.SENT, State.QUEUED}),
    State.QUEUED: frozenset({State.SENT, State.FAILED}),  # it waits to go again, and arrived after all
}


def step_by_receipt(before: State, after: State) -> State:
    """``after``, if a receipt may bring it about. Raises NoSuchStep."""
    if after not in BY_RECEIPT.get(before, ()):
        raise NoSuchStep(f"{before} → {after}, by a receipt")
    return after


def state_after(state: State, found: Standing, *, requeued_by_receipt: bool = False) -> State:
    """Where a message belongs that stands at ``state``: what it left proven, waiting or failed.

    A message that somebody decided to send again is not stopped by an old failure, only by proof that it arrived.
    """
    if state is State.WITHDRAWN:
        return state
    if found.fate is Fate.DELIVERED:
        return State.SENT
    if state is State.QUEUED and not requeued_by_receipt:
        return state
    if found.fate is Fate.FAILED:
        return State.QUEUED if found.again else State.FAILED
    if found.fate is Fate.ACCEPTED and state is State.UNKNOWN:
        return State.SENT
    return state


def clamped(at: datetime | None, *, now: datetime) -> tuple[datetime, bool]:
    """When it happened, as far as that can be believed, and whether the gateway's word had to be mended (G45–G47)."""
    if at is None:
        return now, False
    if at > now + AHEAD or at < now - BEHIND:
        return now, True
    return min(at, now), False


def wait_before_try(tries: int) -> timedelta:
    """How long a signal that fits nothing yet waits before the next try: at first seconds, later half an hour."""
    return min(FIRST_WAIT * (1 << min(tries, 12)), LONGEST_WAIT)


def is_unreadable(receipts: int, unread: int) -> bool:
    """Whether so many receipts carry an unknown status that somebody must look: the provider has new words (G30)."""
    return receipts >= ENOUGH_TO_TELL and unread > receipts * MOST_UNREAD


def is_silent(
    *, first_sent: datetime | None, last_sent: datetime | None, heard: datetime | None, now: datetime
) -> bool:
    """Whether a channel that is sending hears nothing back: for half an hour, since the first message after the last
    thing heard (G51)."""
    if first_sent is None or last_sent is None or last_sent < now - SILENT_AFTER:
        return False
    return first_sent <= now - SILENT_AFTER and (heard is None or heard <= now - SILENT_AFTER)


SILENT_AFTER = timedelta(minutes=30)


OLD_DOUBT = timedelta(hours=1)  # gateways answer within minutes: later than this somebody has to find out
TOLD_OF_DOUBTS = timedelta(days=1)


def tells_of_doubts(*, newest_old: datetime, told: datetime | None, now: datetime) -> bool:
    """Whether somebody must be told of messages in doubt. ``newest_old``: when the last of those left that have been in
    doubt for too long.

    Once for the same messages; when others have grown as old, again, at most once a day.
    """
    return told is None or (now - told >= TOLD_OF_DOUBTS and newest_old + OLD_DOUBT > told)


def same_address(said: str, ours: str) -> bool:
    """Whether a receipt names the address that we wrote to (G34). Stars stand for digits that a gateway hides."""
    if not said or said == ours:
        return True
    if "@" in ours or "@" in said:
        return said.lower() == ours.lower()
    theirs, known = (word.strip().removeprefix("+").removeprefix("86") for word in (said, ours))
    return len(theirs) == len(known) and all(a in (b, "*") for a, b in zip(theirs, known, strict=True))


def content_of(receipt: Receipt) -> str:
    """What makes two receipts the same one, in one line."""
    moment = receipt.at.isoformat() if receipt.at else ""
    parts = (receipt.provider_id, receipt.message_id, receipt.delivery, receipt.code, receipt.part, moment, receipt.to)
    return "\x1f".join(str(one) for one in (*parts, receipt.segments))
