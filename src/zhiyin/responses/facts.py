"""What responses tell the mirror: one row per scored answer, and one per expectation that has its perception."""

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.journey.facts import SLOT_COLUMNS, WHEN_COLUMNS, declared
from zhiyin.metrics.language import Fact, Through
from zhiyin.people.queries import whole_person
from zhiyin.responses.loading import load_answers, load_gaps
from zhiyin.responses.models import Response

AROUND = {
    "survey": "string",
    "version": "int64",
    "purpose": "string",
    "answered_at": "timestamp",
    **WHEN_COLUMNS,
    "unit_id": "int64",
    "touchpoint": "string",
    "scenario": "string",
    "moment": "string",
    "staff_id": "int64",
    "channel": "string",
    "brand": "string",
    "segment": "string",
    "complaint": "boolean",
    "begged": "boolean",
    "outcome": "string",
    "language": "string",
    "source": "string",
    **SLOT_COLUMNS,
}
COLUMNS = {
    "response_id": "int64",
    "question": "string",
    "dimension": "string",
    "value": "int16",
    "overall": "int16",
    "low": "int16",
    "high": "int16",
    "top_from": "int16",
    "low_to": "int16",
    "satisfied_from": "float64",
    "is_headline": "boolean",
    "is_nps": "boolean",
    "is_ces": "boolean",
    **AROUND,
}
# What differs between the rows of one response.
OF_EACH_ANSWER = frozenset(
    {"question", "dimension", "value", "low", "high", "top_from", "low_to", "satisfied_from", "is_headline", "is_nps"}
    | {"is_ces"}
)
OF_EACH_GAP = frozenset({"question", "dimension", "perceived", "expected"})
# What screens ask for every day, counted: the histogram of scores, with what they are judged by. Without the unit it is
# small, and answers whoever may see the whole organisation; more columns would make it as long as the answers.
JUDGED_BY = (
    *("question", "dimension", "purpose", "is_headline", "is_nps", "is_ces", "top_from", "low_to", "satisfied_from"),
    *("low", "high", "begged"),
)
ROLLUPS = {
    "whole": (*JUDGED_BY, "day", "touchpoint", "moment", "value", "_first"),
    "units": (*JUDGED_BY, "day", "unit_id", "touchpoint", "value", "_first"),
}
GAP_COLUMNS = {
    "response_id": "int64",
    "question": "string",
    "dimension": "string",
    "perceived": "int16",
    "expected": "int16",
    **AROUND,
}


def _judged() -> str:
    """What rows of answers depend on besides the record: the slots, and how a score is judged on its scale."""
    return f"{declared()} by scale"


def _response_id(data: Mapping[str, Any]) -> Sequence[int]:
    return [int(data["response_id"])]


def links_opened(data: Mapping[str, Any]) -> Sequence[int]:
    """The invitations whose pages were looked at."""
    return [int(invitation) for invitation in data["ids"]]


def _invitations_of(responses: Sequence[int]) -> Mapping[int, Sequence[int]]:
    rows = Response.objects.filter(pk__among=list(responses)).exclude(invitation_id=None)
    return {response: [invitation or 0] for response, invitation in rows.values_list("pk", "invitation_id")}


# The invitation that a received response answers, if it came by one.
invitations_answered = Through(_response_id, _invitations_of)


def responses_of_somebody(data: Mapping[str, Any]) -> Sequence[int]:
    """Every response of a customer, whichever of their ids it came by."""
    everyone = whole_person(int(data["customer_id"]))
    return list(Response.objects.filter(customer_id__in=everyone).values_list("pk", flat=True))


ANSWERS = Fact(
    name="answers",
    columns=COLUMNS,
    owner="response_id",
    load=load_answers,
    touched_by={"responses.received": _response_id},
    at="answered_at",
    steady=frozenset(COLUMNS) - OF_EACH_ANSWER,
    order=("question", "day", "response_id"),
    rollups=ROLLUPS,
    forgotten_by={"people.customer_erased": responses_of_somebody},
    version=_judged,
)
GAPS = Fact(
    name="gaps",
    columns=GAP_COLUMNS,
    owner="response_id",
    load=load_gaps,
    touched_by={"responses.received": _response_id},
    at="answered_at",
    steady=frozenset(GAP_COLUMNS) - OF_EACH_GAP,
    order=("question", "day", "response_id"),
    forgotten_by={"people.customer_erased": responses_of_somebody},
    version=declared,
)
