"""What responses tell the mirror: one row per scored answer, and one per expectation that has its perception."""

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.journey.facts import SLOT_COLUMNS, WHEN_COLUMNS, Places, declared
from zhiyin.journey.queries import InteractionCard, interaction_cards
from zhiyin.metrics.language import Fact, Row, Through
from zhiyin.people.access import Viewer
from zhiyin.people.queries import customer_groups, whole_person
from zhiyin.responses.loading import OUTCOME, load_answers
from zhiyin.responses.models import Answer, Response
from zhiyin.surveys.queries import VersionCard, versions_by_id

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


def load_gaps(ids: Sequence[int]) -> list[Row]:
    """What was expected beside what was found, for each pair that the same person answered both parts of."""
    rows: list[Row] = []
    for one in _read(ids):
        questionnaire = one.version.questionnaire
        for question in questionnaire.questions:
            found = questionnaire.question(question.expects) if question.expects else None
            if found is not None and found.key in one.scores and question.key in one.scores:
                pair = one.scores[found.key], one.scores[question.key]
                rows.append((one.row.pk, found.key, found.dimension or "", *pair, *one.around))
    return rows


class _Read:
    """One response with its scores, its version and what every row of it says."""

    def __init__(
        self, row: Response, scores: dict[str, int], outcome: str, version: VersionCard, around: tuple[Any, ...]
    ) -> None:
        self.row, self.scores, self.outcome, self.version = row, scores, outcome, version
        self.around = (version.survey, version.number, *around)


def _read(ids: Sequence[int]) -> list[_Read]:
    responses = list(Response.objects.filter(pk__in=ids))
    scores, outcomes = _scores(ids)
    versions = versions_by_id({row.survey_version_id for row in responses})
    by = Viewer.system("mirror")
    interactions = interaction_cards({row.interaction_id for row in responses if row.interaction_id}, by=by)
    groups = customer_groups({row.customer_id for row in responses if row.customer_id})
    places = Places()
    return [
        _Read(
            row,
            scores.get(row.pk, {}),
            outcomes.get(row.pk, ""),
            versions[row.survey_version_id],
            _around(
                row,
                interactions.get(row.interaction_id or 0),
                groups.get(row.customer_id or 0, ("", "")),
                outcomes.get(row.pk, ""),
                places,
            ),
        )
        for row in responses
    ]


def _scores(ids: Sequence[int]) -> tuple[dict[int, dict[str, int]], dict[int, str]]:
    scores: dict[int, dict[str, int]] = {}
    outcomes: dict[int, str] = {}
    rows = Answer.objects.filter(response_id__in=ids).exclude(value=None)
    for response_id, question, value, raw in rows.values_list("response_id", "question", "value", "raw"):
        if question == OUTCOME:
            outcomes[response_id] = raw
        scores.setdefault(response_id, {})[question] = value or 0  # the query left those without a value out
    return scores, outcomes


def _around(
    row: Response, interaction: InteractionCard | None, groups: tuple[str, str], outcome: str, places: Places
) -> tuple[Any, ...]:
    return (
        *(row.purpose, row.answered_at, *places.when(row.answered_at), row.unit_id),
        *(places.touchpoint(row.touchpoint_id), places.scenario(row.scenario_id)),
        *(interaction.moment if interaction else "", row.served_by),
        *(interaction.channel if interaction else row.source, *groups),
        *(interaction.is_complaint if interaction else False, interaction.is_begged if interaction else False),
        *(outcome, row.language, row.source),
        *places.slots({**row.attributes, **(interaction.attributes if interaction else {})}),
    )


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
    version=declared,
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
