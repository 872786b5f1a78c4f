"""Why a figure changed: the groups' own rates, or the mix of groups; and along which dimension it changed unevenly.

Sources: Kitagawa 1955 (JASA 50: 1168), with the weights of the present; Cochran's test and the Paule-Mandel variance
(``spread.py``) for whether the groups moved apart more than chance moves them.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Generic, TypeVar

from zhiyin.lib.intervals import Sample
from zhiyin.lib.signals import confirmed
from zhiyin.lib.spread import Group, spread_between, within

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a group's answers add up to: hits of a share, points of a mean, 100 times promoters less detractors."""

    total: float
    n: float


@dataclass(frozen=True, slots=True)
class Contribution(Generic[Key]):
    """What one group does to the change: by its ``own`` figure, and by its weight (``mix``)."""

    key: Key
    own: float
    mix: float


@dataclass(frozen=True, slots=True)
class Split(Generic[Key]):
    """All contributions, the largest own first. ``own`` and ``mix`` add up to ``total`` exactly."""

    contributions: tuple[Contribution[Key], ...]
    total: float

    @property
    def own(self) -> float:
        return fsum(one.own for one in self.contributions)

    @property
    def mix(self) -> float:
        return fsum(one.mix for one in self.contributions)


def split_change(now: Mapping[Key, Amount], before: Mapping[Key, Amount]) -> Split[Key] | None:
    """Split the change of a share, a mean or an NPS; None where one of the periods has no answers.

    own = the group's weight now times the change of its figure; mix = the change of its weight times how far it stood
    from the average before. A group that is new or gone has no figure to change: it is all mix.
    """
    n, n_before = fsum(one.n for one in now.values()), fsum(one.n for one in before.values())
    if not n or not n_before:
        return None
    average = fsum(one.total for one in now.values()) / n
    average_before = fsum(one.total for one in before.values()) / n_before
    nothing = Amount(0.0, 0.0)
    found = []
    for key in dict.fromkeys([*now, *before]):
        here, there = now.get(key, nothing), before.get(key, nothing)
        weight, weight_before = here.n / n, there.n / n_before
        if here.n and there.n:
            was = there.total / there.n
            own = weight * (here.total / here.n - was)
            found.append(Contribution(key, own, (weight - weight_before) * (was - average_before)))
        elif here.n:
            found.append(Contribution(key, 0.0, weight * (here.total / here.n - average_before)))
        elif there.n:
            found.append(Contribution(key, 0.0, -weight_before * (there.total / there.n - average_before)))
    found.sort(key=lambda one: -abs(one.own))
    return Split(tuple(found), average - average_before)


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much a dimension has to do with a change. ``apart`` is how far its groups' own changes truly lie apart (a
    standard deviation, chance taken out), ``mix`` what the shifted weights did, ``chance`` the corrected p-value that
    all groups moved alike."""

    dimension: str
    apart: float
    mix: float
    chance: float
    split: "Split[Hashable]"

    @property
    def strength(self) -> float:
        return self.apart + abs(self.mix)


def explanations(
    dimensions: Mapping[str, tuple[Mapping[Key, Sample], Mapping[Key, Sample]]],
) -> list[Explanation]:
    """Dimensions with the samples of their groups now and before, the one that explains most first. One whose groups
    all moved alike and kept their weights explains nothing, however many groups it has; Holm corrects for the looks."""
    found = []
    for dimension, (now, before) in dimensions.items():
        split = split_change(_amounts(now), _amounts(before))
        if split is None:
            continue
        spread = spread_between(_changes(now, before))
        apart, chance = (spread.deviation, spread.chance) if spread else (0.0, 1.0)
        found.append(Explanation(dimension, apart, split.mix, chance, split))
    corrected = confirmed([one.chance for one in found])
    result = [
        Explanation(one.dimension, one.apart, one.mix, looked.adjusted, one.split)
        for one, looked in zip(found, corrected, strict=True)
    ]
    return sorted(result, key=lambda one: -one.strength)


def _amounts(samples: Mapping[Key, Sample]) -> dict[Hashable, Amount]:
    return {key: Amount(sample.mean * sample.n, sample.n) for key, sample in samples.items()}


def _changes(now: Mapping[Key, Sample], before: Mapping[Key, Sample]) -> list[Group]:
    """How far each group that was there in both periods has moved, with the variance that chance gives such a move."""
    both = [key for key in now if key in before and now[key].n and before[key].n]
    spread = within([*(now[key] for key in both), *(before[key] for key in both)])
    return [Group(now[key].mean - before[key].mean, spread / now[key].n + spread / before[key].n) for key in both]
