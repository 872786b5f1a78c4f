"""What no single key shows: whether the keys of one item, or the items of one list, agree with each other. Pure.

``check`` yields a key inside the item ("" for the item itself) and a sentence. The reader asks it for every item that
it could read whole, so a list is judged as a list once all of its entries are sound.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhiyin.packs.shape.about import About, SampleOrganisation
from zhiyin.packs.shape.cases import Calendar, Clock, Emotions, Steps, Terms
from zhiyin.packs.shape.journey import Attribute, Journey, Moment, Shift
from zhiyin.packs.shape.sample import Plot, Sample, ScoreShape, Traffic, Volume

Complaints = Iterator[tuple[str, str]]


@singledispatch
def check(item: object) -> Complaints:
    """What is wrong with this item taken as a whole. Most items have nothing that could disagree."""
    yield from ()


@check.register
def _(item: About) -> Complaints:
    try:
        ZoneInfo(item.time_zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        yield "time_zone", f"'{item.time_zone}' is not a time zone; write one such as Asia/Shanghai."


@check.register
def _(item: SampleOrganisation) -> Complaints:
    above: set[str] = set()
    for unit in item.units:
        if unit.parent is not None and unit.parent not in above:
            yield f"unit[{unit.code}].parent", f"'{unit.parent}' must stand above its children."
        above.add(unit.code)
    roots = [unit.code for unit in item.units if unit.parent is None]
    if len(roots) != 1:
        yield "unit", f"exactly one unit has no parent, not {len(roots)}."


@check.register
def _(item: Journey) -> Complaints:
    orders = sorted(touchpoint.order for touchpoint in item.touchpoints)
    if orders != list(range(1, len(orders) + 1)):
        yield "touchpoint", "their `order` must count 1, 2, 3 … without a gap or a repeat."
    yield from _repeats("cell", [f"{cell.touchpoint} and {cell.dimension}" for cell in item.cells])


@check.register
def _(item: Shift) -> Complaints:
    if item.begin == item.until % 24 and item.until != 24:
        yield "", "must not end when it begins."


@check.register
def _(item: Attribute) -> Complaints:
    yield from _repeats("value", [value.value for value in item.values])


@check.register
def _(item: Moment) -> Complaints:
    yield from _repeats("dimensions", item.dimensions)


@check.register
def _(item: Calendar) -> Complaints:
    if item.begin >= item.end:
        yield "", "`from` must be before `to`."
    yield from _repeats("days", item.days)


@check.register
def _(item: Clock) -> Complaints:
    if not item.within:
        yield "within", "must be longer than nothing."
    if item.not_before is not None and item.not_before >= item.within:
        yield "not_before", "must be shorter than `within`."


@check.register
def _(item: Terms) -> Complaints:
    yield from _repeats("close_rule", [rule.key for rule in item.close_rules])


@check.register
def _(item: Steps) -> Complaints:
    yield from _repeats("case_step", [step.key for step in item.case_steps])


@check.register
def _(item: Emotions) -> Complaints:
    yield from _repeats(
        "expressions", [word for each in item.expressions for said in each.words.values() for word in said]
    )


@check.register
def _(item: Volume) -> Complaints:
    yield from _weights("by_hour", item.by_hour, 24)
    yield from _weights("by_day", item.by_day, 7)


@check.register
def _(item: ScoreShape) -> Complaints:
    yield from _weights("low", item.low, 7)
    yield from _weights("middle", item.middle, 3)


@check.register(Traffic)
@check.register(Plot)
def _(item: Traffic | Plot) -> Complaints:
    if item.top + item.low > 1:
        yield "", "`top` and `low` together must not be more than 1."


@check.register
def _(item: Sample) -> Complaints:
    for key, entries in (("traffic", item.traffic), ("brand", item.brands), ("segment", item.segments)):
        total = sum(entry.share for entry in entries)
        if abs(total - 1) > 1e-9:
            yield key, f"the shares add up to {total:g}, not to 1."


def _weights(key: str, weights: Sequence[float], wanted: int) -> Complaints:
    if len(weights) != wanted or min(weights) < 0 or not sum(weights):
        yield key, f"must be {wanted} weights, none below 0 and not all 0."


def _repeats(key: str, names: Iterable[str]) -> Complaints:
    for one, other in pairwise(sorted(names)):
        if one == other:
            yield key, f"'{one}' stands there twice."
