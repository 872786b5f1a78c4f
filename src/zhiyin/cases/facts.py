"""What cases tell the mirror: one row per case, and one per clock of a case."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from zhiyin.cases.models import Case, Entry
from zhiyin.cases.reading import reckoned
from zhiyin.journey.facts import SLOT_COLUMNS, WHEN_COLUMNS, Places, declared
from zhiyin.journey.queries import InteractionCard, interaction_cards
from zhiyin.metrics.language import Fact, Row
from zhiyin.people.access import Viewer
from zhiyin.people.queries import customer_groups, whole_person

# Every fact about a case may move its deadlines.
KINDS = ("opened", "joined", "assigned", "stepped", "changed", "escalated", "closed", "reopened")
ABOUT = {
    "unit_id": "int64",
    "touchpoint": "string",
    "staff_id": "int64",
    "case_reason": "string",
    "case_state": "string",
    "outcome": "string",
    "priority": "string",
    "cause": "string",
    "gap": "string",
    "scenario": "string",
    "moment": "string",
    "channel": "string",
    "brand": "string",
    "segment": "string",
    "complaint": "boolean",
    **SLOT_COLUMNS,
}


def outcome_of(state: str, *, times_reopened: int) -> str:
    """The handling result: solved with the customer's agreement at once or in the end, or not yet."""
    if state == Case.State.CLOSED:
        return "solved_again" if times_reopened else "solved"
    return "reopened" if times_reopened else state


class _Around:
    """What all rows about these cases share, read together."""

    def __init__(self, cases: Sequence[Case]) -> None:
        by, keys = Viewer.system("mirror"), [case.pk for case in cases]
        self._places = Places()
        self._interactions = interaction_cards({case.interaction_id for case in cases if case.interaction_id}, by=by)
        self._groups = customer_groups({case.customer_id for case in cases})
        self.reopened: dict[int, int] = {}
        self.granted: dict[int, Decimal] = {}
        entries = Entry.objects.filter(case_id__in=keys, kind__in=("reopen", "compensate"))
        for case_id, kind, data in entries.values_list("case_id", "kind", "data"):
            if kind == "reopen":
                self.reopened[case_id] = self.reopened.get(case_id, 0) + 1
            else:
                self.granted[case_id] = self.granted.get(case_id, Decimal(0)) + Decimal(str(data.get("amount") or 0))

    def when(self, moment: Any) -> tuple[Any, ...]:
        return self._places.when(moment)

    def of(self, case: Case) -> tuple[Any, ...]:
        interaction = self._interactions.get(case.interaction_id or 0)
        outcome = outcome_of(case.state, times_reopened=self.reopened.get(case.pk, 0))
        return (
            *(case.unit_id, self._places.touchpoint(case.touchpoint_id), case.owner_id, case.reason, case.state),
            *(outcome, case.priority, case.cause, case.gap, *self._of(interaction)),
            *self._groups.get(case.customer_id, ("", "")),
            interaction.is_complaint if interaction else False,
            *self._places.slots(interaction.attributes if interaction else None),
        )

    def _of(self, interaction: InteractionCard | None) -> tuple[str, str, str]:
        if interaction is None:
            return "", "", ""
        return self._places.scenario(interaction.scenario_id), interaction.moment, interaction.channel


def load_clocks(ids: Sequence[int]) -> list[Row]:
    """The clocks of these cases, as the terms frozen on each say."""
    found = reckoned(Case.objects.filter(pk__in=list(ids)))
    around = _Around([one.case for one in found])
    return [
        (
            *(one.case.pk, deadline.clock, deadline.began_at, *around.when(deadline.began_at)),
            *(deadline.due_at, deadline.done_at, *around.of(one.case)),
        )
        for one in found
        for deadline in one.deadlines
    ]


def load_cases(ids: Sequence[int]) -> list[Row]:
    """These cases as they stand, with what was granted to the customer."""
    cases = list(Case.objects.filter(pk__in=list(ids)))
    around = _Around(cases)
    rows: list[Row] = []
    for case in cases:
        reopened = around.reopened.get(case.pk, 0)
        is_closed = case.state == Case.State.CLOSED
        rows.append(
            (
                *(case.pk, case.opened_at, *around.when(case.opened_at), case.closed_at),
                *(is_closed or reopened > 0, reopened > 0, is_closed, float(around.granted.get(case.pk, 0))),
                *(_hours(case), *around.of(case)),
            )
        )
    return rows


def _hours(case: Case) -> float | None:
    return (case.closed_at - case.opened_at).total_seconds() / 3600 if case.closed_at else None


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
        **WHEN_COLUMNS,
        "due_at": "timestamp",
        "done_at": "timestamp",
        **ABOUT,
    },
    owner="case_id",
    at="began_at",
    order=("case_id", "clock", "began_at"),
    forgotten_by={"people.customer_erased": cases_of_somebody},
    version=declared,
    load=load_clocks,
    changes=True,
    touched_by={f"cases.{kind}": _case_id for kind in KINDS},
)
CASES = Fact(
    name="cases",
    columns={
        "case_id": "int64",
        "opened_at": "timestamp",
        **WHEN_COLUMNS,
        "closed_at": "timestamp",
        "was_closed": "boolean",
        "was_reopened": "boolean",
        "is_closed": "boolean",
        "granted": "float64",
        "hours_to_close": "float64",
        **ABOUT,
    },
    owner="case_id",
    at="opened_at",
    order=("case_id",),
    forgotten_by={"people.customer_erased": cases_of_somebody},
    version=declared,
    load=load_cases,
    changes=True,
    touched_by={f"cases.{kind}": _case_id for kind in KINDS},
)
