"""What is asked: every measure by every dimension that it allows, found in the catalogue, and random cuts of each.

Derived figures (parts of a whole, spreads, composites) are reckoned here from the answers to plain questions, whichever
engine gave them; it is the plain ones that are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from zhiyin.metrics.engine import ask, dimensions, measures
from zhiyin.metrics.language import NOT_KNOWN, Measure, Question

SEED = 20_261_130
RANDOM_OF_EACH = 2  # for each measure, on top of one for each dimension
STRANGE = ("", "没有这个值", "it's \\ a\ttab", "99999999999999999999")


@dataclass(frozen=True)
class World:
    """Where values come from: the units there are, and the stretch of time that has facts."""

    units: tuple[int, ...]
    since: datetime
    until: datetime


def usable(measure: Measure) -> list[str]:
    return sorted(key for key, one in dimensions().items() if measure.fact in one.facts)


def plain_measures() -> dict[str, Measure]:
    """Those that an engine answers itself."""
    return {key: one for key, one in measures().items() if not one.is_derived}


def every_cut() -> Iterator[Question]:
    """Each measure whole and by each dimension, of the whole organisation."""
    for key, measure in plain_measures().items():
        yield Question(measure=key, units=None)
        for dimension in usable(measure):
            yield Question(measure=key, by=(dimension,), units=None)


def random_cuts(world: World) -> Iterator[Question]:
    """Each measure by up to two dimensions, under filters, in a period, for a viewer of some units."""
    dice = Random(SEED)
    for key, measure in plain_measures().items():
        for _ in range(RANDOM_OF_EACH):
            yield _random(dice, key, usable(measure), world)


def _random(dice: Random, key: str, keys: list[str], world: World) -> Question:
    cut = Question(measure=key, by=tuple(dice.sample(keys, dice.randint(0, 2))), units=None)
    for dimension in dice.sample(keys, dice.randint(1, 2)):
        cut = replace(cut, where=(*cut.where, *_values(dice, key, dimension)))
    since, until = _period(dice, world)
    return replace(cut, since=since, until=until, units=_scope(dice, world))


def _values(dice: Random, measure: str, dimension: str) -> list[tuple[str, str]]:
    """One to three values that there are, now and then one that there is not, and what is not known."""
    there = [one.key[0] for one in ask(Question(measure=measure, by=(dimension,), units=None)).figures]
    picked = [_spelled(one) for one in dice.sample(there, min(len(there), dice.randint(1, 3)))]
    if not picked or dice.random() < 0.2:
        picked.append(dice.choice(STRANGE))
    return [(dimension, one) for one in picked]


def _spelled(value: object) -> str:
    if value is None:
        return NOT_KNOWN
    return str(value).lower() if isinstance(value, bool) else str(value)


def _period(dice: Random, world: World) -> tuple[datetime | None, datetime | None]:
    """Between two days, or in the middle of them, or open at either end."""
    days = max((world.until - world.since).days, 2)
    first = world.since + timedelta(days=dice.randint(0, days // 2))
    last = first + timedelta(days=dice.randint(1, days))
    if dice.random() < 0.5:
        first, last = (one.replace(hour=0, minute=0, second=0, microsecond=0) for one in (first, last))
    else:
        first += timedelta(microseconds=dice.randrange(10**10))
    return (first if dice.random() < 0.8 else None), (last if dice.random() < 0.8 else None)


def _scope(dice: Random, world: World) -> frozenset[int] | None:
    if dice.random() < 0.3:
        return None
    return frozenset(dice.sample(world.units, dice.randint(0, len(world.units))))
