"""Questions about the map and about what happened on it."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Coalesce

from zhiyin.journey.models import (
    Attribute,
    Cell,
    Dimension,
    Interaction,
    Moment,
    Scenario,
    Shift,
    Stage,
    Touchpoint,
)
from zhiyin.journey.rules import hours_from, was_begged
from zhiyin.ledger.columns import columns_of
from zhiyin.ledger.reading import Micros
from zhiyin.lib.text import Text
from zhiyin.people.access import Viewer, one_visible, visible

MAP_LIVES = 2.0  # seconds that a process may go on with the map it read


@dataclass(frozen=True)
class TouchpointCard:
    id: int
    key: str
    name: Text
    kind: str
    scenario_id: int
    survey: str
    in_matrix: bool
    order: int
    owner_id: int | None
    source: str


@dataclass(frozen=True)
class Named:
    """A stage, a dimension or a scenario. What a scenario is needs no defining."""

    id: int
    key: str
    name: Text
    source: str = ""
    definition: Text = field(default_factory=dict)


@dataclass(frozen=True)
class MomentCard:
    id: int
    key: str
    name: Text
    stage: str
    touchpoint: str
    dimensions: Sequence[str]
    standard: Text
    checklist: Sequence[dict[str, Any]]
    source: str


@dataclass(frozen=True)
class ShiftCard:
    """A part of the day; ``hours`` are those of the clock on the wall in which it begins every hour."""

    key: str
    name: Text
    hours: tuple[int, ...]


@dataclass(frozen=True)
class AttributeCard:
    """A declared attribute: what figures may be cut by beside our own dimensions."""

    key: str
    name: Text
    slot: int
    values: Mapping[str, Text]
    source: str


@dataclass(frozen=True)
class JourneyMap:
    """The small tables, read together. ``moments``: moment → (its stage, its name)."""

    touchpoints: dict[str, TouchpointCard]
    scenarios: dict[str, Named]
    stages: list[Named]
    dimensions: list[Named]
    moments: dict[str, tuple[str, Text]] = field(default_factory=dict)
    shifts: list[ShiftCard] = field(default_factory=list)
    attributes: list[AttributeCard] = field(default_factory=list)

    @property
    def slots(self) -> dict[str, int]:
        """Declared attribute → the mirror's column for it."""
        return {card.key: card.slot for card in self.attributes}

    def touchpoint(self, identifier: int) -> TouchpointCard | None:
        return next((card for card in self.touchpoints.values() if card.id == identifier), None)

    def scenario_key(self, identifier: int) -> str:
        return next((card.key for card in self.scenarios.values() if card.id == identifier), "")


_kept: list[tuple[float, JourneyMap]] = []


def journey_map() -> JourneyMap:
    """The map, at most two seconds old: the hot path asks for it with every call."""
    if _kept and time.monotonic() - _kept[0][0] < MAP_LIVES:
        return _kept[0][1]
    fresh = _read_map()
    _kept[:] = [(time.monotonic(), fresh)]
    return fresh


def forget_map() -> None:
    """After a change to the map in this process."""
    _kept.clear()


def _read_map() -> JourneyMap:
    touchpoints = {
        row.key: TouchpointCard(
            row.pk,
            row.key,
            row.name,
            row.kind,
            row.scenario_id,
            row.survey,
            row.in_matrix,
            row.order,
            row.owner_id,
            row.source,
        )
        for row in Touchpoint.objects.order_by("order")
    }
    return JourneyMap(
        touchpoints=touchpoints,
        scenarios={row.key: Named(row.pk, row.key, row.name) for row in Scenario.objects.all()},
        stages=[_defined(row) for row in Stage.objects.order_by("order")],
        dimensions=[_defined(row) for row in Dimension.objects.order_by("order")],
        moments={
            key: (stage, name)
            for key, stage, name in Moment.objects.order_by("stage__order", "order").values_list(
                "key", "stage__key", "name"
            )
        },
        shifts=[
            ShiftCard(row.key, row.name, hours_from(row.from_hour, row.until_hour))
            for row in Shift.objects.order_by("order")
        ],
        attributes=[
            AttributeCard(row.key, row.name, row.slot, row.values, row.source)
            for row in Attribute.objects.order_by("slot")
        ],
    )


def _defined(row: Stage | Dimension) -> Named:
    return Named(row.pk, row.key, row.name, row.source, row.definition)


def sent_attributes(*, newest: int = 2000) -> dict[str, int]:
    """Which attributes the newest interactions carry, and how many of them; no value of any."""
    found: Counter[str] = Counter()
    for attributes in Interaction.objects.order_by("-id").values_list("attributes", flat=True)[:newest]:
        found.update(list(attributes or ()))
    return dict(found.most_common())


def cell_points() -> dict[tuple[str, str], tuple[tuple[Text, ...], str]]:
    """(touchpoint, dimension) → what the source wants improved there, and where it says so (S2.12)."""
    return {(row.touchpoint, row.dimension): (tuple(row.points), row.source) for row in Cell.objects.all()}


def moments() -> list[MomentCard]:
    """Every moment of truth, in the order of stages and of the pack."""
    rows = Moment.objects.select_related("stage", "touchpoint").order_by("stage__order", "order")
    return [
        MomentCard(
            row.pk,
            row.key,
            row.name,
            row.stage.key,
            row.touchpoint.key,
            row.dimensions,
            row.standard,
            row.checklist,
            row.source,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class InteractionCard:
    """One interaction as other rooms and screens need it."""

    id: int
    customer_id: int
    source: str
    external_id: str
    touchpoint_id: int
    scenario_id: int
    moment: str
    unit_id: int
    staff_id: int | None
    channel: str
    is_complaint: bool
    started_at: datetime | None
    ended_at: datetime
    received_at: datetime
    attributes: dict[str, Any]

    @property
    def is_begged(self) -> bool:
        """Whether somebody asked for a particular score."""
        return was_begged(self.attributes)


def _card(row: Interaction) -> InteractionCard:
    return InteractionCard(**{name: getattr(row, name) for name in InteractionCard.__dataclass_fields__})


def interaction_card(interaction_id: int, *, by: Viewer) -> InteractionCard:
    """One interaction. Raises NotFound, whether it is absent or another branch's."""
    return _card(one_visible(Interaction.objects.all(), by=by, pk=interaction_id))


def interaction_cards(ids: Iterable[int], *, by: Viewer) -> dict[int, InteractionCard]:
    return {row.pk: _card(row) for row in visible(Interaction.objects.filter(pk__in=list(ids)), by=by)}


def interaction_columns(ids: Iterable[int]) -> pa.Table:
    """What figures are cut by, of many interactions at once: for the mirror, which serves every viewer."""
    return columns_of(Interaction, ("id", "moment", "channel", "is_complaint", "attributes"), among=ids)


def interactions_of(customer_id: int, *, by: Viewer, limit: int = 50) -> list[InteractionCard]:
    """A customer's newest interactions."""
    rows = visible(Interaction.objects.filter(customer_id=customer_id), by=by).order_by("-ended_at", "-id")[:limit]
    return [_card(row) for row in rows]


def at_moment(moment: str) -> QuerySet[Interaction, int]:
    """The ids of what happened at this moment: a subquery for what else names an interaction, never fetched itself."""
    return Interaction.objects.filter(moment=moment).values_list("pk", flat=True)


def through(channel: str) -> QuerySet[Interaction, int]:
    """The ids of what went through this channel, as a subquery."""
    return Interaction.objects.filter(channel=channel).values_list("pk", flat=True)


def complaints() -> QuerySet[Interaction, int]:
    """The ids of what was a complaint, as a subquery."""
    return Interaction.objects.filter(is_complaint=True).values_list("pk", flat=True)


def served_by(staff_id: int) -> QuerySet[Interaction, int]:
    """The ids of what this member of staff did, as a subquery."""
    return Interaction.objects.filter(staff_id=staff_id).values_list("pk", flat=True)


def of_interaction(name: str) -> QuerySet[Interaction, Any]:
    """One field of the interaction that the outer row names in ``interaction_id``: a subquery to group by."""
    return Interaction.objects.filter(pk=OuterRef("interaction_id")).values_list(name)[:1]


def begged() -> QuerySet[Interaction, int]:
    """The ids of what happened while somebody asked for a particular score: a subquery, never fetched itself."""
    return Interaction.objects.filter(attributes__begged=True).values_list("pk", flat=True)


def find_interaction(source_and_id: str, *, by: Viewer) -> InteractionCard | None:
    """By the sender's own number, newest first: for "why was this customer not asked?"."""
    row = visible(Interaction.objects.filter(external_id=source_and_id), by=by).order_by("-id").first()
    return _card(row) if row else None


def when_and_by_whom(first: int, last: int) -> Iterator[tuple[int, int | str, int]]:
    """Id, end (as ``Micros`` says it) and member of staff (0: nobody) of every interaction with these ids, ids rising.

    For reading a million of them; nothing in it names a customer, and the caller knows which ids it may see.
    """
    rows = Interaction.objects.filter(pk__gte=first, pk__lte=last).order_by("pk")
    told = rows.annotate(end=Micros("ended_at"), member=Coalesce("staff_id", 0)).values_list("pk", "end", "member")
    return told.iterator(chunk_size=20_000)
