"""Rows into parts that have nobody in common."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain


def set_apart(handles: Mapping[int, Sequence[Hashable]], count: int) -> list[list[int]]:
    """``count`` lists of the places of ``handles``, about as long as each other, each in rising order. Places that have
    a handle in common, be it by way of others, are in one list."""
    if (by_set := _by_their_set(handles)) is not None:
        together = by_set
    else:
        person = _Persons()
        for place, mine in handles.items():
            for handle in mine:
                person.join(place, handle)
        together = {}
        for place in handles:
            together.setdefault(person.of(place), []).append(place)
    parts: list[list[int]] = [[] for _ in range(count)]
    for places in together.values():
        min(parts, key=len).extend(places)
    return [sorted(part) for part in parts]


def _by_their_set(handles: Mapping[int, Sequence[Hashable]]) -> dict[Hashable, list[int]] | None:
    """The quick way for the usual file, in which each handle comes with the same others always; else None."""
    together: dict[Hashable, list[int]] = {}
    for place, mine in handles.items():
        together.setdefault(tuple(mine) or place, []).append(place)
    every = list(chain.from_iterable(one for one in together if isinstance(one, tuple)))
    return together if len(set(every)) == len(every) else None


class _Persons:
    """Who is the same as whom, by what they have in common."""

    def __init__(self) -> None:
        self._same: dict[int, int] = {}  # a place → an earlier place of the same person
        self._first: dict[Hashable, int] = {}  # a handle → the first place that had it

    def of(self, place: int) -> int:
        while (earlier := self._same.get(place, place)) != place:
            place = earlier
        return place

    def join(self, place: int, handle: Hashable) -> None:
        one, other = sorted((self.of(self._first.setdefault(handle, place)), self.of(place)))
        if one != other:
            self._same[other] = one
