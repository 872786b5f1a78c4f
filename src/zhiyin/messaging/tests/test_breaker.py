"""When a channel is left alone, and for how long."""

from datetime import timedelta

import pytest

from zhiyin.messaging.rules.breaker import failures_after, is_probing, rest
from zhiyin.messaging.rules.outcomes import Outcome, Result

GOOD, NO, DOUBT = Outcome(Result.ACCEPTED), Outcome(Result.NOT_SENT), Outcome(Result.DOUBTFUL)
REFUSAL, LATER = Outcome(Result.REFUSED), Outcome(Result.LATER)


@pytest.mark.parametrize(
    ("before", "outcomes", "failures"),
    [
        (0, [], 0),
        (0, [NO, DOUBT], 2),
        (4, [NO], 5),
        (4, [GOOD], 0),
        (3, [NO, GOOD, DOUBT], 1),
        (4, [REFUSAL], 0),  # one message's trouble: the gateway is well
        (4, [LATER], 0),
    ],
)
def test_failures_in_a_row(before: int, outcomes: list[Outcome], failures: int) -> None:
    assert failures_after(before, outcomes) == failures


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, None), (4, None), (5, 30), (6, 60), (7, 120), (8, 240), (9, 300), (900, 300)]
)
def test_rests_grow_to_five_minutes(failures: int, seconds: int | None) -> None:
    assert rest(failures) == (None if seconds is None else timedelta(seconds=seconds))
    assert is_probing(failures) is (seconds is not None)
