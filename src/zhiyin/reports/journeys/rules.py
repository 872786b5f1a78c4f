"""What a journey map may conclude: scores of stages, tones of moments, what each moment costs. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate

FLOOR = intervals.FLOOR
# Where a top-box rate looks good or bad at a glance. Our own defaults: neither is a test of anything.
GOOD_FROM, BAD_BELOW = 0.82, 0.75

Tone = Literal["", "good", "bad"]
Hits = tuple[int, int]  # hits of n


def hits_of(sums: Mapping[str, float]) -> Hits:
    """(hits, n) of a share's sums; nothing measured is (0, 0)."""
    return int(sums.get("hits", 0)), int(sums.get("n", 0))


def total(parts: Iterable[Hits]) -> Hits:
    """Several groups together."""
    hits = n = 0
    for some, size in parts:
        hits, n = hits + some, n + size
    return hits, n


def estimate(part: Hits, *, floor: int = FLOOR) -> Estimate | None:
    """The share with its interval; None below the floor."""
    hits, n = part
    return intervals.share(hits=hits, n=n) if n >= max(floor, 1) else None


def tone(value: float | None) -> Tone:
    """Good from 82 %, bad below 75 %."""
    if value is None or BAD_BELOW <= value < GOOD_FROM:
        return ""
    return "good" if value >= GOOD_FROM else "bad"


def pull(part: Hits, whole: Hits) -> float:
    """By how much a group moves the whole's share from the share of the others' average: the sum over all is zero.

    In the share's own scale: −0.01 means that the group pulls the whole down by one point.
    """
    hits, n = part
    all_hits, size = whole
    return (hits / n - all_hits / size) * n / size if n and size else 0.0


@dataclass(frozen=True)
class Pulled:
    """A group with what it costs or brings."""

    key: str
    by: float
    n: int


def heaviest(parts: Mapping[str, Hits], *, floor: int = FLOOR) -> Sequence[Pulled]:
    """Every group of at least ``floor`` answers, the one that pulls the whole down most first."""
    whole = total(parts.values())
    pulls = [Pulled(key, pull(part, whole), part[1]) for key, part in parts.items() if part[1] >= floor]
    return sorted(pulls, key=lambda one: (one.by, one.key))
