"""The steps of the purchase funnel, counted elsewhere and told to us day by day: by file or by API (S1.41)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from zhiyin.journey.events import CountersTold
from zhiyin.journey.models import Counter
from zhiyin.journey.queries import journey_map
from zhiyin.journey.rules import FUNNEL
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.record import record
from zhiyin.lib.clean import Field, Kind, Record
from zhiyin.lib.faults import Fault
from zhiyin.people.access import Viewer
from zhiyin.people.places import root_unit, unit_ids

MOST = 10**12
COUNTER = Record(
    {
        "counter": Field(Kind.CHOICE, required=True, choices=FUNNEL),
        "day": Field(Kind.DATE, required=True),
        "value": Field(Kind.INT, required=True, min=0, max=MOST),
        "unit": Field(Kind.CODE, max_length=60),
        "touchpoint": Field(Kind.CODE, max_length=60),
        "source": Field(Kind.CODE, max_length=60),
    }
)


@dataclass(slots=True)
class Told:
    """What became of one line. ``done``: created, updated, duplicate or refused."""

    done: str
    faults: Sequence[Fault] = ()


@transaction.atomic
def tell(lines: Sequence[Mapping[str, Any]], *, by: Viewer, now: datetime, source: str = "import") -> list[Told]:
    """Take in counts that were cleaned already. The same step of the same day, place and source again replaces what was
    told: a day's count grows until the day is over."""
    units = unit_ids({line["unit"] for line in lines if line.get("unit")}, by=by)
    home = by.unit_id or root_unit()
    known, results, changed = journey_map().touchpoints, [], []
    for line, identifier in zip(lines, new_ids(len(lines), now=now), strict=True):
        unit = units.get(line["unit"]) if line.get("unit") else home
        touchpoint = line.get("touchpoint") or ""
        faults = [_unknown("unit")] if unit is None else []
        faults += [_unknown("touchpoint")] if touchpoint and touchpoint not in known else []
        if faults or unit is None:
            results.append(Told("refused", faults))
            continue
        day: date = line["day"]
        place = {"key": line["counter"], "day": day, "unit_id": unit, "touchpoint": touchpoint}
        place["source"] = line.get("source") or source
        row, is_new = Counter.objects.get_or_create(
            **place, defaults={"id": identifier, "value": line["value"], "received_at": now}
        )
        if not is_new and row.value == line["value"]:
            results.append(Told("duplicate"))
            continue
        if not is_new:
            Counter.objects.filter(pk=row.pk).update(value=line["value"], received_at=now)
        changed.append(row.pk)
        results.append(Told("created" if is_new else "updated"))
    if changed:
        record(CountersTold(ids=changed, source=source), by=by, now=now)
    return results


def _unknown(name: str) -> Fault:
    return Fault("unknown_key", name, "{field} names nothing that is here.", "「{field}」在这里不存在。")
