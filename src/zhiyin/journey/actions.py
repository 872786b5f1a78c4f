"""Verbs on the map, and writing interactions down. Deciding about them is the next room's (``outreach.intake``)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from zhiyin.journey.events import SurveyChosen
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
from zhiyin.journey.queries import forget_map
from zhiyin.journey.rules import SLOTS, Arrival
from zhiyin.ledger.alike import Same
from zhiyin.ledger.bulk import Writing, moments
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.errors import Refused
from zhiyin.lib.text import Text


class Placed(NamedTuple):
    """An arrival whose keys have been looked up."""

    id: int
    customer_id: int
    arrival: Arrival
    touchpoint_id: int
    scenario_id: int
    unit_id: int
    staff_id: int | None
    survey: str


def write_interactions(placed: Sequence[Placed], writing: Writing, *, now: datetime) -> None:
    """Insert them with one statement. Runs inside the caller's transaction, with its customers locked."""
    spelled = moments()
    given = [one.arrival for one in placed]
    started = [one.started_at for one in given]
    writing.insert(
        Interaction,
        {
            "id": [one.id for one in placed],
            "customer_id": [one.customer_id for one in placed],
            "source": [one.source for one in given],
            "external_id": [one.external_id for one in given],
            "touchpoint_id": [one.touchpoint_id for one in placed],
            "scenario_id": [one.scenario_id for one in placed],
            "moment": [one.moment for one in given],
            "unit_id": [one.unit_id for one in placed],
            "staff_id": [one.staff_id for one in placed],
            "channel": [one.channel for one in given],
            "is_complaint": [one.is_complaint for one in given],
            "started_at": [spelled(at) if at else None for at in started],
            "ended_at": [spelled(one.ended_at) for one in given],
            "received_at": Same(spelled(now)),
            "attributes": [one.attributes_text for one in given],
        },
    )


@transaction.atomic
def put_map(
    *,
    scenarios: Sequence[dict[str, Any]],
    stages: Sequence[dict[str, Any]],
    dimensions: Sequence[dict[str, Any]],
    touchpoints: Sequence[dict[str, Any]],
    moments: Sequence[dict[str, Any]],
    cells: Sequence[dict[str, Any]] = (),
    shifts: Sequence[dict[str, Any]] = (),
    attributes: Sequence[dict[str, Any]] = (),
) -> None:
    """Create or change the map as a pack describes it. Things are found by key; nothing is deleted."""
    for row in scenarios:
        Scenario.objects.update_or_create(key=row["key"], defaults={"name": row["name"]})
    for table, rows in ((Stage, stages), (Dimension, dimensions)):
        for order, row in enumerate(rows):
            rest = {key: value for key, value in row.items() if key != "key"}
            table.objects.update_or_create(key=row["key"], defaults={**rest, "order": order})
    scenario_ids = dict(Scenario.objects.values_list("key", "pk"))
    for row in touchpoints:
        rest = {key: value for key, value in row.items() if key not in ("key", "scenario")}
        defaults = {**rest, "scenario_id": scenario_ids[row["scenario"]]}
        Touchpoint.objects.update_or_create(key=row["key"], defaults=defaults)
    stage_ids = dict(Stage.objects.values_list("key", "pk"))
    touchpoint_ids = dict(Touchpoint.objects.values_list("key", "pk"))
    for order, row in enumerate(moments):
        rest = {key: value for key, value in row.items() if key not in ("key", "stage", "touchpoint")}
        places = {"stage_id": stage_ids[row["stage"]], "touchpoint_id": touchpoint_ids[row["touchpoint"]]}
        Moment.objects.update_or_create(key=row["key"], defaults={**rest, **places, "order": order})
    for row in cells:
        place = {"touchpoint": row["touchpoint"], "dimension": row["dimension"]}
        Cell.objects.update_or_create(**place, defaults={"points": row["points"], "source": row["source"]})
    for order, row in enumerate(shifts):
        rest = {key: value for key, value in row.items() if key != "key"}
        Shift.objects.update_or_create(key=row["key"], defaults={**rest, "order": order})
    for row in attributes:
        declare_attribute(**row)
    forget_map()


class NoSlotLeft(Refused):
    """Twelve attributes are declared; figures are cut by no more."""

    code = "no_slot_left"
    status = 422


@transaction.atomic
def declare_attribute(key: str, *, name: Text, values: Mapping[str, Text] | None = None, source: str = "") -> bool:
    """Let figures be cut by an attribute of interactions from now on. Returns whether it is new: then the mirror must
    be built anew for what happened before. Raises NoSlotLeft."""
    rest = {"name": dict(name), "values": {one: dict(text) for one, text in (values or {}).items()}, "source": source}
    if Attribute.objects.filter(key=key).update(**rest):
        forget_map()
        return False
    taken = set(Attribute.objects.values_list("slot", flat=True))
    free = next((slot for slot in range(1, SLOTS + 1) if slot not in taken), None)
    if free is None:
        raise NoSlotLeft(
            _("All %(count)s places for attributes are taken.") % {"count": SLOTS},
            next_step=_("Withdraw one that nobody cuts by."),
        )
    Attribute.objects.create(key=key, slot=free, **rest)
    forget_map()
    return True


@transaction.atomic
def withdraw_attribute(key: str) -> bool:
    """No figure is cut by this attribute any more; its place is free once the mirror has been built anew."""
    gone, _rows = Attribute.objects.filter(key=key).delete()
    forget_map()
    return bool(gone)


def set_owner(touchpoint: str, staff_id: int | None) -> None:
    """Who answers for a touchpoint."""
    Touchpoint.objects.filter(key=touchpoint).update(owner_id=staff_id)
    forget_map()


@transaction.atomic
def set_survey(touchpoint: str, survey: str, *, by: Actor, now: datetime) -> bool:
    """Which survey an interaction at a touchpoint asks from now on. False for a touchpoint that there is not."""
    if not Touchpoint.objects.filter(key=touchpoint).update(survey=survey):
        return False
    fact = SurveyChosen(touchpoint=touchpoint, survey=survey)
    record(fact, by=by, now=now, subject=f"touchpoint:{touchpoint}")
    forget_map()
    return True
