"""What the journey tells the mirror, and what every fact says about when and where, spelled once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from zhiyin.journey.models import Counter
from zhiyin.journey.queries import journey_map
from zhiyin.journey.rules import SLOTS, slots_of
from zhiyin.metrics.language import Fact, Row

# The declared attributes of the interaction, each in its slot: only what is declared leaves the record.
SLOT_COLUMNS = {f"attr_{slot}": "string" for slot in range(1, SLOTS + 1)}
WHEN_COLUMNS = {"day": "date", "hour": "int16"}  # on the organisation's clock, so that no engine reckons time zones


def declared() -> str:
    """Which attributes stand in which slots: another declaration gives other rows."""
    return repr(sorted(journey_map().slots.items()))


class Places:
    """Keys behind the ids of the map, and the local day and hour of a moment, for one loading."""

    def __init__(self) -> None:
        known = journey_map()
        self._zone = ZoneInfo(settings.TIME_ZONE)
        self._touchpoints = {card.id: key for key, card in known.touchpoints.items()}
        self._scenarios = {card.id: key for key, card in known.scenarios.items()}
        self._slots = known.slots

    def when(self, moment: datetime) -> tuple[date, int]:
        local = moment.astimezone(self._zone)
        return local.date(), local.hour

    def touchpoint(self, identifier: int) -> str:
        return self._touchpoints.get(identifier, "")

    def scenario(self, identifier: int) -> str:
        return self._scenarios.get(identifier, "")

    def slots(self, attributes: Mapping[str, Any] | None) -> tuple[str | None, ...]:
        return slots_of(attributes or {}, self._slots)


def load_counters(ids: Sequence[int]) -> list[Row]:
    """The counts of these days as they stand."""
    zone = ZoneInfo(settings.TIME_ZONE)
    return [
        (
            *(row.pk, row.key, row.value, datetime.combine(row.day, time.min, tzinfo=zone), row.day, 0),
            *(row.unit_id, row.touchpoint, row.source),
        )
        for row in Counter.objects.filter(pk__in=list(ids))
    ]


COUNTERS = Fact(
    name="counters",
    columns={
        "counter_id": "int64",
        "counter": "string",
        "value": "int64",
        "at": "timestamp",
        **WHEN_COLUMNS,
        "unit_id": "int64",
        "touchpoint": "string",
        "source": "string",
    },
    owner="counter_id",
    at="at",
    order=("counter_id",),
    load=load_counters,
    changes=True,
    touched_by={"journey.counters_told": lambda data: list(data["ids"])},
)
