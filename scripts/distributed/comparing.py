"""Whether two engines said the same.

Keys, their order, n, and every sum of whole numbers have to be equal, and then value and interval are, too: both come
from the same arithmetic on the same sums. Sums of fractions (hours, amounts) may differ by the order of additions:
adding n numbers rounds at most n - 1 times, each time by half a unit in the last place of what was added up so far, so
two orders differ by less than 2·n·2⁻⁵³ of the sum of the numbers' sizes. What is worked out from such sums may lose
digits again where they are subtracted, as in a variance.
"""

from collections.abc import Sequence

from zhiyin.metrics.engine import Records
from zhiyin.metrics.language import Answer, Figure

UNIT = 2.0**-53
SUBTRACTED = 1e6  # how much smaller a variance may be than the sums that it is the difference of


def differences(one: Answer, other: Answer) -> list[str]:
    """A line for each thing that is not the same."""
    keys, others = [figure.key for figure in one.figures], [figure.key for figure in other.figures]
    if keys != others:
        return [f"keys {_short(keys)} against {_short(others)}"]
    if one.as_of != other.as_of:
        return [f"as of {one.as_of} against {other.as_of}"]
    return [
        f"{figure.key}: {what}"
        for figure, twin in zip(one.figures, other.figures, strict=True)
        for what in _figures(figure, twin)
    ]


def differing_records(one: Records, other: Records) -> list[str]:
    return [] if one == other else [f"{one} against {other}"]


def _figures(one: Figure, other: Figure) -> list[str]:
    if one.sums.keys() != other.sums.keys() or one.n != other.n:
        return [f"n {one.n} {sorted(one.sums)} against {other.n} {sorted(other.sums)}"]
    allowed = 2 * max(one.n, 1) * UNIT
    wrong = [
        f"{name} {mine!r} against {other.sums[name]!r}"
        for name, mine in one.sums.items()
        if not _same(mine, other.sums[name], 0.0 if _is_whole(mine, other.sums[name]) else allowed)
    ]
    loose = 0.0 if one.sums == other.sums else allowed * SUBTRACTED
    for name in ("value", "low", "high"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if (mine is None) != (theirs is None) or (mine is not None and not _same(mine, theirs, loose)):
            wrong.append(f"{name} {mine!r} against {theirs!r}")
    return wrong


def _is_whole(*numbers: float) -> bool:
    return all(number.is_integer() for number in numbers)


def _same(one: float, other: float, allowed: float) -> bool:
    return one == other or abs(one - other) <= allowed * max(abs(one), abs(other))


def _short(keys: Sequence[object]) -> str:
    return f"{len(keys)}: {keys[:4]!r}"
