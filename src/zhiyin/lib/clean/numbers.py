"""Numbers and yes/no from outside: 5.5 is no count, and "true" no truth (RELIABILITY A28-A31)."""

from math import isfinite

from zhiyin.lib.clean.texts import Cleaner
from zhiyin.lib.clean.wrong import Wrong

INT_LOW, INT_HIGH = -(2**31), 2**31 - 1  # what every store holds in an integer column


def int_cleaner(*, low: float | None = None, high: float | None = None) -> Cleaner:
    """A whole number between the two, both included; 32 bits unless told otherwise."""
    least = INT_LOW if low is None else int(low)
    most = INT_HIGH if high is None else int(high)

    def clean(value: object) -> int:
        if type(value) is not int:
            raise Wrong("type.int")
        if least <= value <= most:
            return value
        raise Wrong("int_range", low=least, high=most)

    return clean


def number_cleaner(*, low: float | None = None, high: float | None = None) -> Cleaner:
    """A finite number between the two, both included."""
    least = float("-inf") if low is None else low
    most = float("inf") if high is None else high

    def clean(value: object) -> float:
        if type(value) is int and not -(2**63) <= value < 2**63:
            raise Wrong("int_range", low=-(2**63), high=2**63 - 1)
        if type(value) not in (int, float) or not isinstance(value, int | float) or not isfinite(value):
            raise Wrong("type.number")
        if least <= value <= most:
            return value
        raise Wrong("number_range", low=least, high=most)

    return clean


def truth(value: object) -> bool:
    """True or false, and not a word or a number that stands for them."""
    if value is True or value is False:
        return value is True
    raise Wrong("type.bool")
