"""When to leave a channel alone for a while: a gateway that hangs must not turn the whole queue into doubts."""

from collections.abc import Iterable
from datetime import timedelta

from zhiyin.messaging.rules.outcomes import Outcome, Result

FAILURES = 5  # in a row, then the channel rests
REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=5)
ILL = (Result.NOT_SENT, Result.DOUBTFUL)


def failures_after(failures: int, outcomes: Iterable[Outcome]) -> int:
    """Failures in a row, after these outcomes in their order. A refusal is about one message, not the channel."""
    for outcome in outcomes:
        failures = failures + 1 if outcome.result in ILL else 0
    return failures


def rest(failures: int) -> timedelta | None:
    """How long the channel rests after so many failures in a row; None: not at all.

    After the rest one message goes as a probe (``is_probing``); if that fails too, the next rest is twice as long.
    """
    if failures < FAILURES:
        return None
    return min(REST * (1 << min(failures - FAILURES, 10)), LONGEST_REST)


def is_probing(failures: int) -> bool:
    """Whether only one message may go at a time until one succeeds."""
    return failures >= FAILURES
