"""Which stretches of the ledger have a segment of their own: a function of how far the mirror has read, only of that.

Stretches are of 64 facts, 512, 4,096 and so on; a stretch is merged from its eighths once it is complete, so a row is
written once for each size and never again. The last, incomplete one holds what came since. Pure.
"""

from collections.abc import Sequence

Stretch = tuple[int, int]  # behind this sequence, up to and with that one
LEAST, FAN = 64, 8
SIZES = (64, 512, 4_096, 32_768, 262_144)
ROLLUP_SIZES = (*SIZES, 2_097_152, 16_777_216)  # roll-ups are small, so they may be merged further
MONTHS_APART_FROM = 32_768  # a segment this long holds one month


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
    old, new = stretches(before, sizes), stretches(after, sizes)
    kept = set(old) & set(new)
    return [one for one in old if one not in kept], [one for one in new if one not in kept]


def good_stop(before: int, reached: int) -> int:
    """Where to pause when there is more to read than is taken at once: on the roundest number there is, so that as
    little as possible is written twice."""
    for size in reversed(SIZES):
        stop = reached // size * size
        if stop > before:
            return stop
    return reached
