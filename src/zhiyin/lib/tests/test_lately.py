"""Read once, kept a moment, read again when it is old, when somebody forgot it or when all is forgotten."""

import pytest

from zhiyin.lib import lately
from zhiyin.lib.lately import Lately, forget_all


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(lately.time, "monotonic", lambda: now[0])
    return now


def counting() -> Lately[int]:
    numbers = iter(range(100))
    return Lately(lambda: next(numbers))


def test_it_is_read_once_in_two_seconds(clock: list[float]) -> None:
    number = counting()
    assert [number(), number()] == [0, 0]
    clock[0] += 1.99
    assert number() == 0
    clock[0] += 0.01
    assert number() == 1


def test_who_changes_it_sees_the_change_at_once(clock: list[float]) -> None:
    number = counting()
    assert number() == 0
    number.forget()
    assert number() == 1
    assert number.fresh() == 2
    assert number() == 2
    forget_all()
    assert number() == 3
