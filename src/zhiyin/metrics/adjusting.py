"""Figures that allow for how they came about: answers in clusters, populations that end, those who stayed silent. Pure.

Each function gives the plain figure beside the adjusted one: nobody has to take an adjustment on trust.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

from zhiyin.lib.combining import Pair, combined, widest
from zhiyin.lib.distributions import z_quantile
from zhiyin.lib.formula import Formula
from zhiyin.lib.intervals import LEVEL, Estimate, Sample, wilson
from zhiyin.lib.sampling import (
    Cluster,
    Design,
    clustered,
    mean_by_design,
    mean_of_population,
    share_by_design,
    share_of_population,
)
from zhiyin.lib.weighting import Weighted, cell_weights, weighted_mean
from zhiyin.metrics.comparing import BOUNDS, Sums, answers_of
from zhiyin.metrics.language import Measure, Unit

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class ByDesign:
    """A figure whose answers cluster: its interval allows for that. ``design.effect`` says how much less they tell."""

    estimate: Estimate
    design: Design


def by_design(
    measure: Measure,
    clusters: Iterable[Sums],
    *,
    alone: Sums | None = None,
    population: int | None = None,
    level: float = LEVEL,
) -> ByDesign | None:
    """The figure over all clusters (the same question asked ``by`` staff, say) with an interval that allows for agents
    differing. ``alone``: answers about no agent, a stratum of their own. ``population``: how many people there were,
    for a statement about just these people. None for fewer than two clusters with answers, and for counts."""
    found = [_cluster(sample) for sums in clusters if (sample := answers_of(measure, sums))]
    loose = answers_of(measure, alone or {})
    if len(found) < 2:
        return None
    design = clustered(found, alone=_cluster(loose) if loose else None)
    build = share_by_design if measure.unit == Unit.SHARE else mean_by_design
    return ByDesign(_within(measure, build(design, level=level, population=population)), design)


def _cluster(sample: Sample) -> Cluster:
    return Cluster(sample.n, sample.mean * sample.n, sample.variance * (sample.n - 1) + sample.n * sample.mean**2)


def of_population(measure: Measure, sums: Sums, *, population: int, level: float = LEVEL) -> Estimate | None:
    """The figure as a statement about the ``population`` people themselves: the more of them answered the surer, and
    certain when all did. None without answers (two for a mean), and for counts."""
    sample = answers_of(measure, sums)
    if sample is None or (measure.unit != Unit.SHARE and sample.n < 2):
        return None
    if measure.unit == Unit.SHARE:
        return share_of_population(hits=int(sums["hits"]), n=sample.n, population=population, level=level)
    return _within(measure, mean_of_population(sample, population=population, level=level))


@dataclass(frozen=True)
class Reweighted:
    """The plain figure beside the one in which every group counts as much as it has people. ``weighted.effect`` is what
    the uneven weights cost in certainty."""

    raw: float
    adjusted: Estimate
    weighted: Weighted


def reweighted(
    measure: Measure, groups: Mapping[Key, Sums], population: Mapping[Key, float], *, level: float = LEVEL
) -> Reweighted | None:
    """Bring each group (of customers invited, say) back to its part of the ``population``. Raises ``Unreachable`` where
    a group of the population has no answers: join it with another. None without answers, and for counts."""
    samples = {key: sample for key, sums in groups.items() if (sample := answers_of(measure, sums))}
    if not samples:
        return None
    weights = cell_weights({key: sample.n for key, sample in samples.items()}, population)
    return with_weights(measure, samples, weights, level=level)


def with_weights(
    measure: Measure, samples: Mapping[Key, Sample], weights: Mapping[Key, float], *, level: float = LEVEL
) -> Reweighted:
    """The same with weights from elsewhere, such as ``weighting.rake``."""
    found = weighted_mean(samples, weights)
    n = sum(sample.n for sample in samples.values())
    raw = sum(sample.mean * sample.n for sample in samples.values()) / n
    reach = z_quantile(level)
    if measure.unit == Unit.SHARE:
        spread = found.value * (1 - found.value)
        size = spread / found.variance if found.variance > 0 and spread > 0 else found.size
        low, high = wilson(min(1.0, max(0.0, found.value)), size, reach)
    else:
        low, high = found.value - reach * sqrt(found.variance), found.value + reach * sqrt(found.variance)
    return Reweighted(raw, _within(measure, Estimate(found.value, low, high, n)), found)


def composite(
    formula: Formula,
    figures: Mapping[str, Estimate],
    *,
    together: Mapping[Pair, float] | None = None,
    same_answers: bool = False,
) -> Estimate | None:
    """A composite of figures by a formula, with the interval that theirs make. ``same_answers`` says that the parts
    rest on the same answers: without ``together`` (their correlations) the interval is then the widest possible. None
    where a part is missing or a denominator is 0: not measurable."""
    if any(name not in figures for name in formula.names):
        return None
    used = {name: figures[name] for name in formula.names}
    result = formula.at({name: figure.value for name, figure in used.items()})
    if result is None:
        return None
    if same_answers and together is None:
        return widest(result.value, result.slopes, used)
    return combined(result.value, result.slopes, used, together=together)


def _within(measure: Measure, estimate: Estimate) -> Estimate:
    bottom, top = BOUNDS.get(measure.unit, (float("-inf"), float("inf")))
    return Estimate(estimate.value, max(bottom, estimate.low), min(top, estimate.high), estimate.n)
