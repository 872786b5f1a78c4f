"""What follows from the outcome of one attempt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.messaging.rules.outcomes import (
    CUSTOMER_RETRIES,
    STAFF_RETRIES,
    Outcome,
    Result,
    Retries,
    after,
    after_a_crash,
    after_failed_preparation,
)
from zhiyin.messaging.rules.states import NEXT, Category, State

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
CUSTOMERS = [each for each in Category if each is not Category.STAFF]


@pytest.mark.parametrize(
    ("result", "category", "attempts", "state", "wait"),
    [
        (Result.ACCEPTED, Category.SURVEY, 1, State.SENT, None),
        (Result.REFUSED, Category.SURVEY, 1, State.FAILED, None),
        (Result.REFUSED, Category.STAFF, 1, State.FAILED, None),
        (Result.NOT_SENT, Category.SURVEY, 1, State.QUEUED, 30),
        (Result.NOT_SENT, Category.SURVEY, 2, State.QUEUED, 120),
        (Result.NOT_SENT, Category.SURVEY, 7, State.QUEUED, 14400),
        (Result.NOT_SENT, Category.SURVEY, 8, State.FAILED, None),
        (Result.LATER, Category.CARE, 1, State.QUEUED, 30),
        (Result.LATER, Category.CARE, 8, State.FAILED, None),
        (Result.NOT_SENT, Category.STAFF, 1, State.QUEUED, 10),
        (Result.NOT_SENT, Category.STAFF, 100, State.QUEUED, 600),
        (Result.NOT_SENT, Category.STAFF, 440, State.FAILED, None),
        (Result.DOUBTFUL, Category.SURVEY, 1, State.UNKNOWN, None),
        (Result.DOUBTFUL, Category.REMINDER, 1, State.UNKNOWN, None),
        (Result.DOUBTFUL, Category.CARE, 1, State.UNKNOWN, None),
        (Result.DOUBTFUL, Category.STAFF, 1, State.QUEUED, 10),
        (Result.DOUBTFUL, Category.STAFF, 440, State.UNKNOWN, None),
    ],
)
def test_the_next_state(result: Result, category: Category, attempts: int, state: State, wait: int | None) -> None:
    verdict = after(Outcome(result), category=category, attempts=attempts, now=NOW)
    assert verdict.state is state
    assert verdict.not_before == (None if wait is None else NOW + timedelta(seconds=wait))


def test_a_gateway_that_names_a_longer_wait_gets_it() -> None:
    told = Outcome(Result.LATER, retry_after=timedelta(hours=1))
    assert after(told, category=Category.SURVEY, attempts=1, now=NOW).not_before == NOW + timedelta(hours=1)


def test_a_gateway_that_names_a_shorter_wait_does_not_hurry_us() -> None:
    told = Outcome(Result.LATER, retry_after=timedelta(seconds=1))
    assert after(told, category=Category.SURVEY, attempts=3, now=NOW).not_before == NOW + timedelta(seconds=480)


@pytest.mark.parametrize("category", list(Category))
def test_after_a_crash_only_an_alert_goes_again_by_itself(category: Category) -> None:
    state = after_a_crash(category=category, now=NOW).state
    assert state is (State.QUEUED if category is Category.STAFF else State.UNKNOWN)


def test_what_cannot_be_prepared_is_parked_at_the_fifth_try() -> None:
    states = [after_failed_preparation(attempts=n, now=NOW).state for n in range(1, 6)]
    assert states == [State.QUEUED] * 4 + [State.FAILED]


@given(
    result=st.sampled_from(Result), category=st.sampled_from(Category), attempts=st.integers(min_value=1, max_value=500)
)
def test_every_verdict_is_a_step_that_exists_and_a_customers_doubt_never_queues(
    result: Result, category: Category, attempts: int
) -> None:
    verdict = after(Outcome(result), category=category, attempts=attempts, now=NOW)
    assert verdict.state in NEXT[State.SENDING]
    assert (verdict.not_before is not None) == (verdict.state is State.QUEUED)
    if result is Result.DOUBTFUL and category in CUSTOMERS:
        assert verdict.state is State.UNKNOWN


@pytest.mark.parametrize("retries", [CUSTOMER_RETRIES, STAFF_RETRIES])
def test_waits_grow_and_the_last_one_repeats(retries: Retries) -> None:
    waits = [retries.wait(n) for n in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[-1] == retries.waits[-1]
