"""What a change is made of, and what goes together with what. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from zhiyin.lib.decomposition import Amount, Explanation, Split, explanations, split_change
from zhiyin.lib.intervals import LEVEL, Sample
from zhiyin.lib.relation import Relation, spearman
from zhiyin.lib.signals import discoveries
from zhiyin.metrics.comparing import Sums, sample_of

Key = TypeVar("Key", bound=Hashable)


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
