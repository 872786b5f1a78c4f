"""What follows from the outcome of one attempt: the next state, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from zhiyin.messaging.rules.states import Category, State, may_repeat


class Result(StrEnum):
    """What one attempt came to, as far as it can be proven."""

    ACCEPTED = "accepted"  # the gateway has it
    REFUSED = "refused"  # the gateway said no, for good; it does not have it
    LATER = "later"  # the gateway said: not now; it does not have it
    NOT_SENT = "not_sent"  # certain that it left nothing behind: no such host, connection refused, TLS failed
    DOUBTFUL = "doubtful"  # bytes left and no answer proves anything


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt's result. ``detail`` is for staff and must not carry an address."""

    result: Result
    detail: str = ""
    provider_id: str = ""
    retry_after: timedelta | None = None
    delivered: bool = False  # the channel proves delivery by itself, not only that it took the message
    is_out_of_credit: bool = False  # the account is empty: nothing leaves by this channel until it is filled (G71)
    is_daily_cap: bool = False  # this number has had what the carrier allows in a day: tomorrow again (G72)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to try. The last wait repeats until ``most`` attempts have been made."""

    waits: tuple[timedelta, ...]
    most: int

    def wait(self, attempts: int) -> timedelta:
        return self.waits[min(attempts, len(self.waits)) - 1]


# Half a working day for a customer: later the question would be about something forgotten. Three days for staff.
CUSTOMER_RETRIES = Retries(waits=tuple(timedelta(seconds=s) for s in (30, 120, 480, 1800, 3600, 7200, 14400)), most=8)
STAFF_RETRIES = Retries(waits=tuple(timedelta(seconds=s) for s in (10, 30, 120, 300, 600)), most=440)
PREPARING_TRIES = 5  # a message that cannot be prepared (no survey version, unreadable address) is parked then


@dataclass(frozen=True, slots=True)
class Verdict:
    """The next state; ``not_before`` only where that is QUEUED."""

    state: State
    not_before: datetime | None = None


def retries_of(category: Category) -> Retries:
    return STAFF_RETRIES if may_repeat(category) else CUSTOMER_RETRIES


def after(outcome: Outcome, *, category: Category, attempts: int, now: datetime) -> Verdict:
    """What becomes of a message whose attempt number ``attempts`` (from 1) had this outcome.

    A doubtful customer message is parked and never sent again by itself; a doubtful staff alert is.
    """
    match outcome.result:
        case Result.ACCEPTED:
            return Verdict(State.SENT)
        case Result.REFUSED:
            return Verdict(State.FAILED)
        case Result.DOUBTFUL if not may_repeat(category):
            return Verdict(State.UNKNOWN)
    retries = retries_of(category)
    if attempts >= retries.most:
        return Verdict(State.UNKNOWN if outcome.result is Result.DOUBTFUL else State.FAILED)
    wait = max(retries.wait(attempts), outcome.retry_after or timedelta())
    return Verdict(State.QUEUED, now + wait)


def after_a_crash(*, category: Category, now: datetime) -> Verdict:
    """What becomes of a message that was SENDING when its worker died, where nothing can tell what left."""
    return Verdict(State.QUEUED, now) if may_repeat(category) else Verdict(State.UNKNOWN)


def after_failed_preparation(*, attempts: int, now: datetime) -> Verdict:
    """What becomes of a message that could not be prepared for the ``attempts``-th time."""
    if attempts >= PREPARING_TRIES:
        return Verdict(State.FAILED)
    return Verdict(State.QUEUED, now + CUSTOMER_RETRIES.wait(attempts))
