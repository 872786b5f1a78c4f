"""Which stretches of the ledger have a segment of their own: a function of how far the mirror has read, only of that.

Stretches are of 512 facts, 4,096, 32,768 and so on; a stretch is merged from its eighths once it is complete, so a row
is written once for each size and never again. The last, incomplete one holds what came since. Merging a long one takes
seconds, so that is not done while somebody waits for what is new, but behind it. Pure.
"""

from collections.abc import Sequence

Stretch = tuple[int, int]  # behind this sequence, up to and with that one
# A file costs as much to write as the answers of several hundred responses, so smaller ones would only be more of them.
LEAST, FAN = 512, 8
SIZES = (LEAST, LEAST * FAN, 32_768, 262_144)
ROLLUP_SIZES = (*SIZES, 2_097_152, 16_777_216)  # roll-ups are small, so they may be merged further
LONG_FROM = 32_768  # a segment this long holds one month, and is merged behind the refreshes


def stretches(sequence: int, sizes: Sequence[int] = SIZES) -> list[Stretch]:
    """The segments of a mirror that has read up to here, in order, without a gap."""
    found, at = [], 0
    for size in reversed(sizes):
        while at + size <= sequence:
            found.append((at, at + size))
            at += size
    return [*found, (at, sequence)] if at < sequence else found


def changes(before: int, after: int, sizes: Sequence[int] = SIZES) -> tuple[list[Stretch], list[Stretch]]:
    """What goes and what comes when the mirror reads on."""
    same = before // sizes[-1] * sizes[-1]  # whole stretches of the longest size stay
    old, new = ([(same + one, same + end) for one, end in stretches(at - same, sizes)] for at in (before, after))
    kept = set(old) & set(new)
    return [one for one in old if one not in kept], [one for one in new if one not in kept]


def short(sizes: Sequence[int] = SIZES) -> Sequence[int]:
    """The sizes that are merged at once."""
    return [size for size in sizes if size < LONG_FROM] or sizes[:1]


def is_long(stretch: Stretch) -> bool:
    return stretch[1] - stretch[0] >= LONG_FROM


def inside(stretch: Stretch, other: Stretch) -> bool:
    return other[0] <= stretch[0] and stretch[1] <= other[1]


def good_stop(before: int, reached: int) -> int:
    """Where to pause when there is more to read than is taken at once: on the roundest number there is, so that as
    little as possible is written twice."""
    for size in reversed(SIZES):
        stop = reached // size * size
        if stop > before:
            return stop
    return reached
