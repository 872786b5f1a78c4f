"""Cutting figures by the journey: touchpoint, stage, moment, scenario, the four 纬, shifts, and declared attributes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis

from zhiyin.journey.queries import AttributeCard, journey_map
from zhiyin.lib.text import Text, both, pick
from zhiyin.metrics.language import Dimension
from zhiyin.metrics.times import shift_of_hour

Facts = frozenset[str]


def column_named(name: str) -> Callable[[Any], Any]:
    """The column as it stands."""
    return lambda rows: rows[name]


def labelled(names: Callable[[], Mapping[Any, Text]]) -> Callable[[Sequence[Any], str], Mapping[Any, str]]:
    """What people read for each value, by names that are looked up when they are wanted."""

    def labels(values: Sequence[Any], language: str) -> dict[Any, str]:
        known = names()
        return {one: pick(known[one], language) for one in values if one in known}

    return labels


def journey_dimensions(
    *, placed: Facts, scenes: Facts, moments: Facts, scored: Facts, hourly: Facts
) -> list[Dimension]:
    """The dimensions of the map, each over the facts that have its column."""
    return [
        Dimension(
            key="touchpoint",
            name=both("触点", "Touchpoint"),
            facts=placed,
            column=column_named("touchpoint"),
            labels=labelled(lambda: {key: card.name for key, card in journey_map().touchpoints.items()}),
        ),
        Dimension(
            key="dimension",
            name=both("维度", "Dimension"),
            facts=scored,
            column=column_named("dimension"),
            labels=labelled(lambda: {one.key: one.name for one in journey_map().dimensions}),
        ),
        Dimension(
            key="stage",
            name=both("旅程阶段", "Stage"),
            facts=moments,
            column=_stage,
            labels=labelled(lambda: {one.key: one.name for one in journey_map().stages}),
            version=lambda: repr(sorted((key, stage) for key, (stage, _name) in journey_map().moments.items())),
        ),
        Dimension(
            key="moment",
            name=both("关键时刻", "Moment"),
            facts=moments,
            column=column_named("moment"),
            labels=labelled(lambda: {key: name for key, (_stage, name) in journey_map().moments.items()}),
        ),
        Dimension(
            key="scenario",
            name=both("场景", "Scenario"),
            facts=scenes,
            column=column_named("scenario"),
            labels=labelled(lambda: {key: one.name for key, one in journey_map().scenarios.items()}),
        ),
        Dimension(
            key="shift",
            name=both("班次", "Shift"),
            facts=hourly,
            column=lambda rows: shift_of_hour(_shifts())(rows),
            labels=labelled(lambda: {one.key: one.name for one in journey_map().shifts}),
            version=lambda: repr(_shifts()),
        ),
    ]


def attribute_dimensions(facts: Facts) -> list[Dimension]:
    """``attr.KEY`` for each declared attribute. The same object while it stays the same: an engine keeps its plans by
    that."""
    found = []
    for card in journey_map().attributes:
        kept = _made.get(card.key)
        if kept is None or kept[0] != (card, facts):
            kept = _made[card.key] = ((card, facts), _attribute(card, facts))
        found.append(kept[1])
    return found


_made: dict[str, tuple[tuple[AttributeCard, Facts], Dimension]] = {}


def _attribute(card: AttributeCard, facts: Facts) -> Dimension:
    return Dimension(
        key=f"attr.{card.key}",
        name=card.name,
        facts=facts,
        column=column_named(f"attr_{card.slot}"),
        labels=lambda values, language: {
            one: pick(card.values.get(one), language) or str(one) for one in values if one is not None
        },
    )


def _shifts() -> list[tuple[str, tuple[int, ...]]]:
    return [(one.key, one.hours) for one in journey_map().shifts]


def _stage(rows: Any) -> Any:
    """The stage of a row's moment, by the map as it stands."""
    stages: dict[str, list[str]] = {}
    for moment, (stage, _name) in journey_map().moments.items():
        stages.setdefault(stage, []).append(moment)
    cases = [(rows.moment.isin(moments), stage) for stage, moments in stages.items()]
    return ibis.cases(*cases, else_="") if cases else ibis.literal("")
