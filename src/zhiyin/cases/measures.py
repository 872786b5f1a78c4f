"""What cases can supply: one row per clock of a case, and how many promises in time were kept."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import ibis
from django.conf import settings

from zhiyin.cases.models import Case
from zhiyin.cases.reading import reckoned
from zhiyin.journey.queries import journey_map
from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.text import both
from zhiyin.metrics.language import Fact, Measure, Row, Unit
from zhiyin.people.queries import whole_person

# Every fact about a case may move its deadlines.
KINDS = ("opened", "joined", "assigned", "stepped", "changed", "escalated", "closed", "reopened")


def load_clocks(ids: Sequence[int]) -> list[Row]:
    """The clocks of these cases, as the terms frozen on each say."""
    zone = ZoneInfo(settings.TIME_ZONE)
    touchpoints = {card.id: key for key, card in journey_map().touchpoints.items()}
    rows: list[Row] = []
    for one in reckoned(Case.objects.filter(pk__in=list(ids))):
        case = one.case
        for deadline in one.deadlines:
            rows.append(
                (
                    *(case.pk, deadline.clock, deadline.began_at, deadline.began_at.astimezone(zone).date()),
                    *(deadline.due_at, deadline.done_at, case.unit_id, touchpoints.get(case.touchpoint_id, "")),
                    *(case.owner_id, case.reason, case.state),
                )
            )
    return rows


def _case_id(data: Mapping[str, Any]) -> Sequence[int]:
    return [int(data["case_id"])] if "case_id" in data else []


def cases_of_somebody(data: Mapping[str, Any]) -> Sequence[int]:
    """Every case about a customer, whichever of their ids it was opened under."""
    everyone = whole_person(int(data["customer_id"]))
    return list(Case.objects.filter(customer_id__in=everyone).values_list("pk", flat=True))


CLOCKS = Fact(
    name="clocks",
    columns={
        "case_id": "int64",
        "clock": "string",
        "began_at": "timestamp",
        "day": "date",
        "due_at": "timestamp",
        "done_at": "timestamp",
        "unit_id": "int64",
        "touchpoint": "string",
        "staff_id": "int64",
        "case_reason": "string",
        "case_state": "string",
    },
    owner="case_id",
    at="began_at",
    order=("case_id", "clock", "began_at"),
    forgotten_by={"people.customer_erased": cases_of_somebody},
    load=load_clocks,
    changes=True,
    touched_by={f"cases.{kind}": _case_id for kind in KINDS},
)


def _decided(rows: Any) -> Any:
    """Clocks that can be judged: done, or past their time. A breach is a function of facts and time alone."""
    return rows.due_at.notnull() & (rows.done_at.notnull() | (rows.due_at < ibis.now()))


def _kept(sums: Mapping[str, float]) -> Estimate | None:
    n = int(sums["n"])
    return intervals.share(hits=int(sums["hits"]), n=n) if n else None


MEASURES = (
    Measure(
        key="sla_attainment",
        name=both("时限达成率", "SLA attainment"),
        definition=both(
            "已有结果的工单时限中按时完成的占比；办晚了或到期未办都算没达成。",
            "Share of case clocks kept in time, of those that can be judged: late, and not done when due, is broken.",
        ),
        formula="count(done_at <= due_at) / count(done_at is set or due_at < now)",
        unit=Unit.SHARE,
        fact="clocks",
        at="began_at",
        where=_decided,
        sums={
            "n": lambda rows: 1,
            "hits": lambda rows: rows.done_at.notnull() & (rows.done_at <= rows.due_at),
        },
        estimate=_kept,
        source="S1.7, S1.8, S1.13",
    ),
    Measure(
        key="cases",
        name=both("工单数", "Cases"),
        definition=both("期间内开始的工单数。", "Cases opened in the period."),
        formula="count(distinct case_id)",
        unit=Unit.COUNT,
        fact="clocks",
        at="began_at",
        sums={},
        distinct="case_id",
        estimate=lambda sums: Estimate(sums["n"], sums["n"], sums["n"], int(sums["n"])),
    ),
)
