"""Agents, sites, shifts beside each other: who stands out, how far they lie apart, what chance alone makes. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from zhiyin.lib.intervals import LEVEL
from zhiyin.lib.shrinkage import shrink_means, shrink_shares, standings
from zhiyin.lib.spread import Funnel, Spread, funnel, groups_of, share_groups, spread_between, within
from zhiyin.metrics.comparing import BOUNDS, Sums, answers_of, sample_of
from zhiyin.metrics.language import Measure, Unit

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Ranked(Generic[Key]):
    """One agent: the ``raw`` figure beside the shrunk ``value`` with its interval; ``kept`` is the part of the distance
    from the centre that survives. Rank 1 is the best; ``rank_best`` and ``rank_worst`` are the ranks that it may be."""

    key: Key
    n: int
    raw: float
    value: float
    low: float
    high: float
    kept: float
    rank: float
    rank_best: int
    rank_worst: int
    in_best: float
    in_worst: float


@dataclass(frozen=True)
class Ranking(Generic[Key]):
    """The best first. ``between`` is how far the true figures lie apart (a standard deviation); 0: nobody stands out,
    and the order says nothing."""

    centre: float
    between: float
    rows: tuple[Ranked[Key], ...]


def ranked(
    measure: Measure, groups: Mapping[Key, Sums], *, part: float = 0.2, level: float = LEVEL
) -> Ranking[Key] | None:
    """Groups (agents, sites) ranked with shrinkage, so that small samples do not win or lose by luck. ``part`` is how
    large the best and the worst group are, to which ``in_best`` and ``in_worst`` are the chances of belonging. Groups
    without answers are left out; None when nobody has any, and for
    counts and whatever else is no share, NPS or mean."""
    samples = {key: sample for key, sums in groups.items() if (sample := answers_of(measure, sums))}
    if not samples:
        return None
    if all("hits" in groups[key] for key in samples):
        found = shrink_shares([(int(groups[key]["hits"]), sample.n) for key, sample in samples.items()])
    else:
        found = shrink_means(list(samples.values()))
    bottom, top = BOUNDS.get(measure.unit, (float("-inf"), float("inf")))
    rows = []
    for key, figure, standing in zip(samples, found.figures, standings(found, part=part, level=level), strict=True):
        low, high = figure.interval(level)
        turned = measure.higher_is_better
        rows.append(
            Ranked(
                key=key,
                n=figure.n,
                raw=figure.raw,
                value=figure.value,
                low=max(bottom, low),
                high=min(top, high),
                kept=figure.kept,
                rank=len(samples) + 1 - standing.rank if turned else standing.rank,
                rank_best=len(samples) + 1 - standing.high if turned else standing.low,
                rank_worst=len(samples) + 1 - standing.low if turned else standing.high,
                in_best=standing.in_highest if turned else standing.in_lowest,
                in_worst=standing.in_lowest if turned else standing.in_highest,
            )
        )
    rows.sort(key=lambda row: -row.value if measure.higher_is_better else row.value)
    return Ranking(found.centre, found.between, tuple(rows))


def spread(groups: Mapping[Key, Sums], *, level: float = LEVEL) -> Spread | None:
    """How far groups truly lie apart: the standard deviation between them with its interval, chance taken out, and the
    p-value that there is no spread. None for fewer than two groups with answers."""
    samples = [sample for sums in groups.values() if (sample := sample_of(sums))]
    if len(samples) < 2:
        return None
    is_share = all("hits" in sums for sums in groups.values() if sample_of(sums))
    found = share_groups([(round(one.mean * one.n), one.n) for one in samples]) if is_share else groups_of(samples)
    return spread_between(found, answers=within(samples), level=level)


def funnel_limits(measure: Measure, groups: Mapping[Key, Sums]) -> dict[Key, Funnel]:
    """For each group with answers the 95 % and 99.8 % funnel limits at its size, around the figure of all answers. Pure
    chance only: a group outside differs from the whole; whether that is unusual among groups says ``ranked``."""
    samples = {key: sample for key, sums in groups.items() if (sample := answers_of(measure, sums))}
    n = sum(sample.n for sample in samples.values())
    if not n:
        return {}
    centre = sum(sample.mean * sample.n for sample in samples.values()) / n
    bounds = BOUNDS.get(measure.unit, (float("-inf"), float("inf")))
    answers = centre * (1 - centre) if measure.unit == Unit.SHARE else within(list(samples.values()))
    limits = funnel([sample.n for sample in samples.values()], centre=centre, answers=answers, bounds=bounds)
    return dict(zip(samples, limits, strict=True))
