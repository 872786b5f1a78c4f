"""What hardly ever changes and is asked for with every call, read again when it is a moment old."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
SECONDS = 2.0
_all: list["Lately[object]"] = []


class Lately(Generic[T]):
    """Calls ``read`` at most every two seconds in each process; ``forget`` after a change that this process makes.

    So a change is in force everywhere within two seconds. Not for what must hold at once: an opt-out, a revoked key.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._kept: tuple[float, T] | None = None
        _all.append(self)  # type: ignore[arg-type]  # a list of all kinds

    def __call__(self) -> T:
        kept = self._kept
        if kept is not None and time.monotonic() - kept[0] < SECONDS:
            return kept[1]
        return self.fresh()

    def fresh(self) -> T:
        """As it stands now, for somebody who found that what was kept cannot be all."""
        found = self._read()
        self._kept = (time.monotonic(), found)
        return found

    def forget(self) -> None:
        self._kept = None


def forget_all() -> None:
    """For tests, whose databases come and go."""
    for one in _all:
        one.forget()
