"""From the sums of figures to what may be said about them: did it change, who stands out, what explains it. Pure.

Every function takes the ``sums`` that travel with a ``Figure``; which method fits follows from what they add up: hits
of n is a share, promoters and detractors an NPS, total and squares a mean. The arithmetic is in ``zhiyin.lib``;
docs/formulas.md ("How sure a figure is") names each method and its source.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from zhiyin.lib import intervals
from zhiyin.lib.control_charts import (
    SIGMAS,
    Baseline,
    Chart,
    Period,
    rate_baseline,
    share_baseline,
    value_baseline,
)
from zhiyin.lib.control_charts import chart as control_chart
from zhiyin.lib.decomposition import Amount, Explanation, Split, explanations, split_change
from zhiyin.lib.differences import difference_of, p_value, p_value_of_means, p_value_of_nps
from zhiyin.lib.distributions import z_quantile
from zhiyin.lib.intervals import FLOOR, LEVEL, Difference, Estimate, Recommenders, Sample, Verdict
from zhiyin.lib.relation import Relation, spearman
from zhiyin.lib.run_rules import NELSON_FIRST_FOUR, RunRule
from zhiyin.lib.shrinkage import shrink_means, shrink_shares, standings
from zhiyin.lib.signals import confirmed, discoveries
from zhiyin.lib.spread import Funnel, Spread, funnel, groups_of, share_groups, spread_between, within
from zhiyin.metrics.language import Figure, Measure, Unit

Key = TypeVar("Key", bound=Hashable)
Sums = Mapping[str, float]
# The smallest change that matters, in each unit's own scale: below it a difference is not worth a word.
RELEVANT: Mapping[str, float] = {"share": 0.01, "nps": 2.0, "score": 0.1, "index": 1.0}
BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0.0, 1.0), "nps": (-100.0, 100.0)}


def sample_of(sums: Sums) -> Sample | None:
    """Number, mean and variance of the answers behind a figure: 1 or 0 for a share; 100, 0 or -100 for an NPS. None
    without answers, and for a count, which has no answers behind it."""
    n = int(sums.get("n", 0))
    if not n:
        return None
    if "hits" in sums:
        total, squares = sums["hits"], sums["hits"]
    elif "promoters" in sums:
        total, squares = 100 * (sums["promoters"] - sums["detractors"]), 1e4 * (sums["promoters"] + sums["detractors"])
    elif "squares" in sums:
        total, squares = sums["total"], sums["squares"]
    else:
        return None
    mean = total / n
    return Sample(n, mean, max(squares - n * mean * mean, 0.0) / (n - 1) if n > 1 else 0.0)


# Two periods, two groups


@dataclass(frozen=True)
class Change:
    """How far a figure lies from another, with its verdict. ``chance`` is the p-value that they are one; ``adjusted``
    the same corrected for all that were looked at together (equal to ``chance`` for a single look)."""

    difference: Difference
    verdict: Verdict
    chance: float
    adjusted: float


def compare(
    measure: Measure,
    now: Sums,
    before: Sums,
    *,
    relevant: float | None = None,
    floor: int = FLOOR,
    level: float = LEVEL,
) -> Change | None:
    """The difference of two periods (or groups) with interval and verdict: Newcombe for shares, Welch for means, the
    multinomial variance for NPS. None where one has no answers, and for counts.

    ``relevant`` is the smallest change that matters; None takes the unit's (1 point of a share or an index, 2 of NPS,
    0.1 of a score).
    """
    found = _difference(now, before, level)
    if found is None:
        return None
    difference, chance = found
    matters = RELEVANT.get(measure.unit, 0.0) if relevant is None else relevant
    word = intervals.verdict(difference=difference, relevant=matters, floor=floor)
    return Change(difference, word, chance, chance)


def compare_figures(
    measure: Measure, now: Figure, before: Figure, *, relevant: float | None = None, floor: int = FLOOR
) -> Change | None:
    """The same for any two figures that rest on different answers, composites too: where their sums are of no kind that
    ``compare`` knows, from the two intervals (of 95 %). None where a figure is missing or has no interval."""
    if found := compare(measure, now.sums, before.sums, relevant=relevant, floor=floor):
        return found
    first, second = _estimate(measure, now), _estimate(measure, before)
    if first is None or second is None:
        return None
    return compare_estimates(measure, first, second, relevant=relevant, floor=floor)


def compare_estimates(
    measure: Measure, now: Estimate, before: Estimate, *, relevant: float | None = None, floor: int = FLOOR
) -> Change:
    """The difference of two figures that rest on different answers, from their intervals (of 95 %) alone: for figures
    whose intervals allow for more than chance, such as ``adjusting.by_design``."""
    difference = difference_of(now, before)
    # The interval and the p-value agree: the reach towards 0 is that of 1.96 standard errors.
    reach = difference.value - difference.low if difference.value > 0 else difference.high - difference.value
    chance = p_value(difference.value, (reach / z_quantile(LEVEL)) ** 2)
    matters = RELEVANT.get(measure.unit, 0.0) if relevant is None else relevant
    word = intervals.verdict(difference=difference, relevant=matters, floor=floor)
    return Change(difference, word, chance, chance)


def _estimate(measure: Measure, figure: Figure) -> Estimate | None:
    if measure.unit == Unit.COUNT or figure.value is None or figure.low is None or figure.high is None:
        return None
    return Estimate(figure.value, figure.low, figure.high, figure.n)


def compare_many(
    measure: Measure,
    pairs: Mapping[Key, tuple[Sums, Sums]],
    *,
    strict: bool = False,
    relevant: float | None = None,
    floor: int = FLOOR,
    rate: float = 1 - LEVEL,
) -> dict[Key, Change | None]:
    """Many comparisons looked at together (cells of a matrix, sites): a difference is called significant only when its
    corrected p-value stands. Benjamini-Hochberg keeps the share of false findings at ``rate``; ``strict`` (Holm) the
    chance of even one. Pairs too small to be judged do not count as looks."""
    found = {key: compare(measure, *pair, relevant=relevant, floor=floor) for key, pair in pairs.items()}
    return _corrected(measure, found, strict=strict, relevant=relevant, floor=floor, rate=rate)


def compare_many_figures(
    measure: Measure,
    pairs: Mapping[Key, tuple[Figure, Figure]],
    *,
    strict: bool = False,
    relevant: float | None = None,
    floor: int = FLOOR,
    rate: float = 1 - LEVEL,
) -> dict[Key, Change | None]:
    """The same for any figures that rest on different answers, composites too: see ``compare_figures``."""
    found = {key: compare_figures(measure, *pair, relevant=relevant, floor=floor) for key, pair in pairs.items()}
    return _corrected(measure, found, strict=strict, relevant=relevant, floor=floor, rate=rate)


def _corrected(
    measure: Measure,
    found: Mapping[Key, Change | None],
    *,
    strict: bool,
    relevant: float | None,
    floor: int,
    rate: float,
) -> dict[Key, Change | None]:
    judged = {key: one for key, one in found.items() if one and one.verdict is not Verdict.LOW_N}
    correct = confirmed if strict else discoveries
    matters = RELEVANT.get(measure.unit, 0.0) if relevant is None else relevant
    looks = correct([one.chance for one in judged.values()], rate=rate)
    told = dict(found)
    for (key, one), looked in zip(judged.items(), looks, strict=True):
        word = intervals.verdict(difference=one.difference, relevant=matters, floor=floor, stands=looked.found)
        told[key] = replace(one, adjusted=looked.adjusted, verdict=word)
    return told


def _difference(now: Sums, before: Sums, level: float) -> tuple[Difference, float] | None:
    first, second = sample_of(now), sample_of(before)
    if first is None or second is None:
        return None
    if "hits" in now:
        counts = {"hits": int(now["hits"]), "n": first.n, "hits_before": int(before["hits"]), "n_before": second.n}
        return intervals.difference_of_shares(**counts, level=level), intervals.p_value_of_shares(**counts)
    if "promoters" in now:
        groups, groups_before = _groups(now), _groups(before)
        difference = intervals.difference_of_nps(groups, groups_before, level=level)
        return difference, p_value_of_nps(groups, groups_before)
    if first.n < 2 or second.n < 2:
        return None
    return intervals.difference_of_means(first, second, level=level), p_value_of_means(first, second)


def _groups(sums: Sums) -> Recommenders:
    n, promoters, detractors = int(sums["n"]), int(sums["promoters"]), int(sums["detractors"])
    return Recommenders(promoters, n - promoters - detractors, detractors)


# Agents, sites, shifts


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
    without answers are left out; None when nobody has any, and for counts."""
    samples = {key: sample for key, sums in groups.items() if (sample := sample_of(sums))}
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
    samples = {key: sample for key, sums in groups.items() if (sample := sample_of(sums))}
    n = sum(sample.n for sample in samples.values())
    if not n:
        return {}
    centre = sum(sample.mean * sample.n for sample in samples.values()) / n
    bounds = BOUNDS.get(measure.unit, (float("-inf"), float("inf")))
    answers = centre * (1 - centre) if measure.unit == Unit.SHARE else within(list(samples.values()))
    limits = funnel([sample.n for sample in samples.values()], centre=centre, answers=answers, bounds=bounds)
    return dict(zip(samples, limits, strict=True))


# Over time


def chart(
    measure: Measure,
    periods: Sequence[Sums | None],
    *,
    baseline: int | Baseline | None = None,
    floor: int = 1,
    sigmas: float = SIGMAS,
    rules: Collection[RunRule] = NELSON_FIRST_FOUR,
) -> Chart | None:
    """A control chart of consecutive periods: p for shares (p' where they scatter more than counting makes them), XmR
    for means and NPS, u for counts. None, and a period below ``floor`` answers, is missing: it has no point and breaks
    runs. ``baseline`` is how many first periods are frozen as such (None: two thirds), or one kept from before. None
    where the baseline has too little to judge by."""
    counted = measure.unit == Unit.COUNT
    found = [_period(measure, sums, floor, counted) for sums in periods]
    if not isinstance(baseline, Baseline):
        first = found[: max(len(found) * 2 // 3, 1) if baseline is None else baseline]
        frozen = _baseline(measure, first)
        if frozen is None:
            return None
        baseline = frozen
    return control_chart(found, baseline, sigmas=sigmas, rules=rules)


def chart_figures(
    measure: Measure,
    figures: Sequence[Figure | None],
    *,
    baseline: int | Baseline | None = None,
    floor: int = 1,
    sigmas: float = SIGMAS,
    rules: Collection[RunRule] = NELSON_FIRST_FOUR,
) -> Chart | None:
    """The same for any measure, composites too: where a figure's sums are of no kind that ``chart`` knows, its values
    make an XmR chart. A figure that is withheld is missing."""
    periods = [None if figure is None else figure.sums for figure in figures]
    if measure.unit not in (Unit.SHARE, Unit.COUNT) and not any(sample_of(sums) for sums in periods if sums):
        periods = [
            None if figure is None or figure.value is None or figure.n < floor else _lone(figure.value)
            for figure in figures
        ]
        floor = 1
    return chart(measure, periods, baseline=baseline, floor=floor, sigmas=sigmas, rules=rules)


def _lone(value: float) -> Sums:
    """A figure without answers of its own, as the mean of a single one."""
    return {"n": 1.0, "total": value, "squares": value * value}


def _period(measure: Measure, sums: Sums | None, floor: int, counted: bool) -> Period:
    missing = Period(0.0, 0.0)
    if sums is None:
        return missing
    if counted:
        return Period(sums["n"], 1.0)
    sample = sample_of(sums)
    if sample is None or sample.n < floor:
        return missing
    return Period(sums["hits"], sample.n) if measure.unit == Unit.SHARE else Period(sample.mean, 1.0)


def _baseline(measure: Measure, periods: Sequence[Period]) -> Baseline | None:
    known = [period for period in periods if period.size]
    if measure.unit in (Unit.SHARE, Unit.COUNT):
        build = share_baseline if measure.unit == Unit.SHARE else rate_baseline
        return build(periods) if known else None
    return value_baseline([period.total if period.size else None for period in periods]) if len(known) > 1 else None


# Why


def explained(now: Mapping[Key, Sums], before: Mapping[Key, Sums]) -> Split[Key] | None:
    """What a change is made of: each group's own figure and the mix between groups; all add up to the change exactly,
    for shares, means and NPS alike. None where one of the periods has no answers, and for counts."""
    return split_change(_amounts(now), _amounts(before))


def _amounts(groups: Mapping[Key, Sums]) -> dict[Key, Amount]:
    samples = ((key, sample_of(sums)) for key, sums in groups.items())
    return {key: Amount(sample.mean * sample.n, sample.n) for key, sample in samples if sample}


def what_explains(
    dimensions: Mapping[str, tuple[Mapping[Key, Sums], Mapping[Key, Sums]]],
) -> list[Explanation]:
    """Along which dimension a figure changed most unevenly, the strongest first; each with its split. ``dimensions``:
    key of a dimension → sums by group now and before. ``chance`` is corrected for the number of dimensions."""
    return explanations({key: (_samples(now), _samples(before)) for key, (now, before) in dimensions.items()})


def _samples(groups: Mapping[Key, Sums]) -> dict[Key, Sample]:
    samples = ((key, sample_of(sums)) for key, sums in groups.items())
    return {key: sample for key, sample in samples if sample}


@dataclass(frozen=True)
class Strength:
    """How strongly a cell goes together with overall satisfaction; ``stands`` after correction for all cells."""

    relation: Relation
    adjusted: float
    stands: bool


def related(
    cells: Mapping[Key, Mapping[tuple[float, float], int]], *, rate: float = 1 - LEVEL
) -> dict[Key, Strength | None]:
    """Spearman's rank correlation of each cell's answers with the overall answer of the same responses, from a table of
    how often each pair (cell, overall) was given. None where it cannot be known; Benjamini-Hochberg over the rest."""
    found = {key: spearman(counts) for key, counts in cells.items()}
    known = {key: relation for key, relation in found.items() if relation}
    looked = discoveries([relation.chance for relation in known.values()], rate=rate)
    strengths = {
        key: Strength(relation, one.adjusted, one.found)
        for (key, relation), one in zip(known.items(), looked, strict=True)
    }
    return {key: strengths.get(key) for key in cells}
