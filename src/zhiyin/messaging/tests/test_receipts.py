"""The fate of a message is a function of the set of its receipts: 10,000 permutations against another way of counting
(RELIABILITY R5), and proof that the check would notice an applier that lets the last word win."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.messaging.rules.receipts import (
    BY_RECEIPT,
    Again,
    Fate,
    Report,
    clamped,
    is_silent,
    is_unreadable,
    same_address,
    standing,
    state_after,
    step_by_receipt,
    wait_before_try,
)
from zhiyin.messaging.rules.signals import Delivery
from zhiyin.messaging.rules.states import NoSuchStep, State
from zhiyin.messaging.testing import NOW

D, F, A, U = Delivery.DELIVERED, Delivery.FAILED, Delivery.ACCEPTED, Delivery.UNREAD
HOUR = timedelta(hours=1)
CASES = [
    ([], Fate.NO_NEWS),
    ([Report(U)], Fate.NO_NEWS),
    ([Report(A)], Fate.ACCEPTED),
    ([Report(F)], Fate.FAILED),
    ([Report(D), Report(A), Report(F)], Fate.DELIVERED),
    ([Report(D, part=1, segments=2)], Fate.ACCEPTED),
    ([Report(D, part=1), Report(D, part=2)], Fate.ACCEPTED),  # nobody said how many there are
    ([Report(D, part=1, segments=2), Report(D, part=2, segments=2)], Fate.DELIVERED),
    ([Report(D, part=1, segments=2), Report(F, part=2, segments=2)], Fate.FAILED),
    ([Report(F, part=2, segments=2), Report(D, part=2), Report(D, part=1)], Fate.FAILED),
    ([Report(D, is_current=False)], Fate.DELIVERED),
    ([Report(F, is_current=False)], Fate.NO_NEWS),
]


@pytest.mark.parametrize(("reports", "fate"), CASES)
def test_what_receipts_come_to(reports: list[Report], fate: Fate) -> None:
    assert standing(reports).fate is fate


@pytest.mark.parametrize(
    ("reports", "again"),
    [
        ([Report(F, is_daily_cap=True)], Again.NEXT_DAY),
        ([Report(F, is_out_of_credit=True)], Again.LATER),
        ([Report(F, is_daily_cap=True), Report(F)], None),
        ([Report(F, is_daily_cap=True, part=2, segments=2), Report(D, part=1, segments=2)], None),
    ],
)
def test_only_what_fails_for_a_passing_reason_goes_again(reports: list[Report], again: Again | None) -> None:
    assert standing(reports).again is again


def oracle(reports: Sequence[Report]) -> tuple[str, object]:
    """Another way of counting: a table of parts, filled in whatever order, then read once."""
    parts: dict[int, set[str]] = {}
    moments: dict[int, list[object]] = {}
    numbers = set()
    for one in sorted(set(reports), key=repr):
        if one.delivery is U or (not one.is_current and one.delivery is not D):
            continue
        parts.setdefault(one.part, set()).add(str(one.delivery))
        if one.delivery is D:
            moments.setdefault(one.part, []).append(one.at)
            numbers |= {one.segments} if one.segments else set()
    if "delivered" in parts.get(0, set()):
        return "delivered", min((at for at in moments[0] if at), default=None)  # type: ignore[type-var]
    for number in sorted(numbers):
        wanted = [parts.get(part, set()) for part in range(1, number + 1)]
        if all("delivered" in said for said in wanted):
            first = [min(at for at in moments[part] if at) for part in range(1, number + 1) if any(moments[part])]  # type: ignore[type-var]
            return "delivered", max(first, default=None)  # type: ignore[type-var]
    said = {word for words in parts.values() for word in words}
    return (
        "failed"
        if "failed" in said
        else "accepted"
        if said and any(o.is_current for o in reports if o.delivery is not U)
        else "nothing"
    ), None


def any_reports(dice: random.Random) -> list[Report]:
    segments = dice.choice([None, None, 1, 2, 3])
    return [
        Report(
            delivery=dice.choice([D, F, A, A, U]),
            part=dice.randint(1, segments) if segments and dice.random() < 0.8 else 0,
            segments=segments,
            at=NOW + dice.randint(0, 72) * HOUR if dice.random() < 0.9 else None,  # up to 72 hours late
            is_current=dice.random() < 0.9,
        )
        for _ in range(dice.randint(1, 6))
    ]


def permuted(reports: list[Report], dice: random.Random) -> list[Report]:
    """Doubled, turned round, mixed."""
    mixed = reports + dice.choices(reports, k=dice.randint(0, 4))
    dice.shuffle(mixed)
    return mixed[::-1] if dice.random() < 0.5 else mixed


NAMES = {"delivered": Fate.DELIVERED, "failed": Fate.FAILED, "accepted": Fate.ACCEPTED, "nothing": Fate.NO_NEWS}


def faults(count: int, applied: object = None) -> int:
    """How many of so many permutations end elsewhere than the oracle says, or go back on the way."""
    dice, wrong = random.Random(5), 0
    for _ in range(count):
        reports = any_reports(dice)
        word, at = oracle(reports)
        order = permuted(reports, dice)
        if applied is not None:
            wrong += applied(order) is not NAMES[word]  # type: ignore[operator]
            continue
        found = standing(order)
        fates = [standing(order[:end]).fate for end in range(len(order) + 1)]
        wrong += (found.fate, found.delivered_at) != (NAMES[word], at) or fates != sorted(fates)
    return wrong


def test_r5_ten_thousand_permutations_end_where_the_oracle_says_and_never_go_back() -> None:
    assert faults(10_000) == 0


def test_r5_an_applier_that_lets_the_last_word_win_is_found_out() -> None:
    def last_wins(order: list[Report]) -> Fate:
        words = [one.delivery for one in order if one.delivery is not U]
        return {D: Fate.DELIVERED, F: Fate.FAILED, A: Fate.ACCEPTED}[words[-1]] if words else Fate.NO_NEWS

    assert faults(1000, last_wins) > 200


report = st.builds(
    Report,
    delivery=st.sampled_from([D, F, A, U]),
    part=st.integers(0, 3),
    segments=st.sampled_from([None, 1, 2, 3]),
    at=st.sampled_from([None, NOW, NOW + HOUR]),
    is_daily_cap=st.booleans(),
    is_current=st.booleans(),
)


@given(st.lists(report, max_size=6), report)
def test_one_more_receipt_never_takes_a_fate_back(reports: list[Report], one: Report) -> None:
    assert standing([*reports, one]).fate >= standing(reports).fate


@given(st.sampled_from(list(State)), st.lists(report, max_size=5), st.booleans())
def test_only_known_steps_are_taken(before: State, reports: list[Report], requeued: bool) -> None:
    after = state_after(before, standing(reports), requeued_by_receipt=requeued)
    if after is not before and before not in (State.LEASED, State.SENDING):  # those are parked before
        assert step_by_receipt(before, after) is after


def test_what_was_withdrawn_stays_so_and_other_steps_are_faults() -> None:
    assert state_after(State.WITHDRAWN, standing([Report(D)])) is State.WITHDRAWN
    assert State.WITHDRAWN not in BY_RECEIPT
    with pytest.raises(NoSuchStep):
        step_by_receipt(State.SENDING, State.SENT)


def test_a_persons_decision_to_send_again_is_not_undone_by_an_old_failure() -> None:
    assert state_after(State.QUEUED, standing([Report(F)])) is State.QUEUED
    assert state_after(State.QUEUED, standing([Report(D)])) is State.SENT
    assert state_after(State.QUEUED, standing([Report(F)]), requeued_by_receipt=True) is State.FAILED


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, (NOW, False)),
        (NOW - 72 * HOUR, (NOW - 72 * HOUR, False)),
        (NOW + timedelta(minutes=9), (NOW, False)),
        (NOW + timedelta(minutes=11), (NOW, True)),
        (NOW - timedelta(days=9), (NOW, True)),
    ],
)
def test_a_time_that_cannot_be_is_mended_and_flagged(at: object, expected: object) -> None:
    assert clamped(at, now=NOW) == expected


def test_waits_grow_from_seconds_to_half_an_hour() -> None:
    waits = [wait_before_try(tries) for tries in (0, 1, 5, 50)]
    assert waits == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=64), timedelta(minutes=30)]


def test_one_unknown_word_in_a_hundred_is_borne() -> None:
    assert not is_unreadable(99, 99)
    assert not is_unreadable(100, 1)
    assert is_unreadable(100, 2)


@pytest.mark.parametrize(
    ("first", "last", "heard", "silent"),
    [
        (None, None, None, False),
        (60, 5, None, True),
        (60, 5, 40, True),
        (60, 5, 20, False),  # minutes ago
        (60, 40, None, False),  # it sends no more
        (20, 5, None, False),  # nothing can have come back yet
        (30, 0, 30, True),
    ],
)
def test_a_channel_is_silent_that_sends_and_hears_nothing_for_half_an_hour(
    first: int | None, last: int | None, heard: int | None, silent: bool
) -> None:
    ago = [None if one is None else NOW - timedelta(minutes=one) for one in (first, last, heard)]
    assert is_silent(first_sent=ago[0], last_sent=ago[1], heard=ago[2], now=NOW) is silent


@pytest.mark.parametrize(
    ("said", "ours", "same"),
    [
        ("", "+8613800138000", True),
        ("+8613800138000", "+8613800138000", True),
        ("13800138000", "+8613800138000", True),
        ("138****8000", "+8613800138000", True),
        ("138****8001", "+8613800138000", False),
        ("+8613800138001", "+8613800138000", False),
        ("Li@example.com", "li@example.com", True),
        ("li@example.com", "+8613800138000", False),
        ("oABC", "oabc", False),
    ],
)
def test_the_address_of_a_receipt_is_compared_with_ours(said: str, ours: str, same: bool) -> None:
    assert same_address(said, ours) is same
