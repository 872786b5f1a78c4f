"""Which step may follow which in the life of a message."""

from itertools import product

import pytest

from zhiyin.messaging.rules.states import NEXT, Category, NoSuchStep, State, may_repeat, step

STEPS = {
    ("queued", "leased"),
    ("queued", "withdrawn"),
    ("leased", "queued"),
    ("leased", "sending"),
    ("leased", "failed"),
    ("leased", "withdrawn"),
    ("sending", "sent"),
    ("sending", "unknown"),
    ("sending", "failed"),
    ("sending", "queued"),
    ("unknown", "sent"),
    ("unknown", "failed"),
    ("unknown", "queued"),
    ("failed", "queued"),
}


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_only_these_steps_exist(before: State, after: State) -> None:
    if (before, after) in STEPS:
        assert step(before, after) is after
    else:
        with pytest.raises(NoSuchStep):
            step(before, after)


def test_what_was_sent_or_withdrawn_stays_so() -> None:
    assert NEXT[State.SENT] == NEXT[State.WITHDRAWN] == frozenset()


@pytest.mark.parametrize(("category", "repeats"), [(each, each is Category.STAFF) for each in Category])
def test_only_alerts_to_our_own_staff_are_repeated_in_doubt(category: Category, repeats: bool) -> None:
    assert may_repeat(category) is repeats
