"""The rows that responses supply to the mirror, read and joined column by column: the mirror is built from millions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from zhiyin.journey.facts import SLOT_COLUMNS
from zhiyin.journey.queries import interaction_columns, journey_map
from zhiyin.journey.rules import slots_of, was_begged
from zhiyin.ledger.columns import columns_of
from zhiyin.lib.arrays import column, local_days, local_hours, places_in, renamed
from zhiyin.people.queries import group_columns
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.rules import is_nps, low_to, top_from
from zhiyin.surveys.queries import VersionCard, versions_by_id

OUTCOME = "solved"  # the question in which a customer says what came of it
SATISFIED_FROM = 0.75  # of the scale's length: 8 of 0–10, 4 of 1–5
OF_A_RESPONSE = (
    *("id", "customer_id", "interaction_id", "survey_version_id", "purpose", "answered_at", "unit_id"),
    *("touchpoint_id", "scenario_id", "served_by", "language", "source", "headline", "attributes"),
)
HEAD = {
    "dimension": pa.string(),
    "low": pa.int16(),
    "high": pa.int16(),
    "top_from": pa.int16(),
    "low_to": pa.int16(),
    "satisfied_from": pa.float64(),
    "is_headline": pa.bool_(),
    "is_nps": pa.bool_(),
    "is_ces": pa.bool_(),
    "survey": pa.string(),
    "version": pa.int64(),
}


def load_answers(ids: Sequence[int]) -> pa.Table:
    """The scored answers of these responses, with everything that they are cut by."""
    responses = columns_of(Response, OF_A_RESPONSE, among=ids)
    answers = columns_of(
        Answer, ("response_id", "question", "value"), among=ids, key="response_id", only="value IS NOT NULL"
    )
    response = places_in(column(responses, "id"), column(answers, "response_id"))
    kept = response.is_valid()
    answers, response = answers.filter(kept), response.filter(kept)
    version = column(responses, "survey_version_id").take(response)
    heads, head = _heads(version, column(answers, "question"))
    scored = head.is_valid()
    answers, response, head = answers.filter(scored), response.filter(scored), head.filter(scored)
    around = _around(responses)
    columns = {name: column(answers, name) for name in ("response_id", "question", "value")}
    columns |= {name: column(heads, name).take(head) for name in heads.column_names}
    columns |= {name: one.take(response) for name, one in around.items()}
    return pa.table(columns)


def load_gaps(ids: Sequence[int]) -> pa.Table:
    """What was expected beside what was found, for each pair that the same person answered both parts of."""
    versions = columns_of(Response, ("id", "survey_version_id"), among=ids)
    pairs = _pairs(column(versions, "survey_version_id").unique().to_pylist())
    asked = pc.is_in(column(versions, "survey_version_id"), pa.array([one.version for one in pairs], pa.int64()))
    responses = columns_of(Response, OF_A_RESPONSE, among=column(versions.filter(asked), "id").to_pylist())
    answers = columns_of(
        Answer,
        ("response_id", "question", "value"),
        among=column(responses, "id").to_pylist(),
        key="response_id",
        only="value IS NOT NULL",
    )
    around = _around(responses)
    return pa.concat_tables([_gaps(one, responses, answers, around) for one in pairs or [NO_PAIR]])


@dataclass(frozen=True)
class Pair:
    """Two questions of a version: what was expected, and what was found."""

    version: int
    survey: str
    number: int
    expected: str
    perceived: str
    dimension: str


NO_PAIR = Pair(0, "", 0, "", "", "")


def _pairs(versions: Sequence[int]) -> list[Pair]:
    found = []
    for identifier, card in versions_by_id(set(versions)).items():
        for question in card.questionnaire.questions:
            other = card.questionnaire.question(question.expects) if question.expects else None
            if other is not None:
                found.append(Pair(identifier, card.survey, card.number, question.key, other.key, other.dimension or ""))
    return found


def _gaps(pair: Pair, responses: pa.Table, answers: pa.Table, around: Mapping[str, pa.Array]) -> pa.Table:
    response = column(responses, "id")
    expected, perceived = (_scores(answers, key, response) for key in (pair.expected, pair.perceived))
    is_one = pc.equal(column(responses, "survey_version_id"), pair.version)
    both = pc.and_(is_one, pc.and_(expected.is_valid(), perceived.is_valid()))
    same = {"question": pair.perceived, "dimension": pair.dimension, "survey": pair.survey}
    return pa.table(
        {
            "response_id": response,
            **{name: pa.repeat(pa.scalar(value, pa.string()), len(response)) for name, value in same.items()},
            "perceived": perceived,
            "expected": expected,
            "version": pa.repeat(pa.scalar(pair.number, pa.int64()), len(response)),
            **around,
        }
    ).filter(both)


def _scores(answers: pa.Table, question: str, responses: pa.Array) -> pa.Array:
    """What each of these responses says to a question; null where it says nothing."""
    told = answers.filter(pc.equal(column(answers, "question"), question))
    return column(told, "value").take(places_in(column(told, "response_id"), responses))


def _heads(version: pa.Array, question: pa.Array) -> tuple[pa.Table, pa.Array]:
    """What questionnaires say about their questions, once each, and for every answer its place there; null for what is
    no score (a tick, an expectation)."""
    versions, keys = version.dictionary_encode(), question.dictionary.to_pylist()
    pair = versions.indices.to_numpy().astype(np.int64) * max(len(keys), 1) + question.indices.to_numpy()
    pairs, place = np.unique(pair, return_inverse=True)
    numbers = versions.dictionary.to_pylist()
    cards = versions_by_id(set(numbers))
    found: list[tuple[Any, ...]] = []
    places: list[int | None] = []
    for one in pairs.tolist():
        head = _head(cards[numbers[one // len(keys)]], keys[one % len(keys)])
        places.append(None if head is None else len(found))
        found += [head] if head else []
    values = list(zip(*found, strict=True)) if found else [()] * len(HEAD)
    table = pa.table({name: pa.array(one, kind) for (name, kind), one in zip(HEAD.items(), values, strict=True)})
    return table, pa.array(places, pa.int64()).take(pa.array(place.astype(np.int64)))


def _head(version: VersionCard, key: str) -> tuple[Any, ...] | None:
    questionnaire = version.questionnaire
    question = questionnaire.question(key)
    if question is None or question.scale is None or question.expects:
        return None
    roles, scale = questionnaire.roles, question.scale
    return (
        *(question.dimension or "", scale.low, scale.high),
        *(top_from(questionnaire, question), low_to(questionnaire, question)),
        scale.low + SATISFIED_FROM * (scale.high - scale.low),
        *(key == roles.headline, is_nps(questionnaire, question), key == roles.named.get("ces", "")),
        *(version.survey, version.number),
    )


def _around(responses: pa.Table) -> dict[str, pa.Array]:
    """What all answers of a response have in common, a row for each response."""
    known = journey_map()
    interactions = interaction_columns(_known(responses, "interaction_id"))
    interaction = places_in(column(interactions, "id"), column(responses, "interaction_id"))
    groups = group_columns(_known(responses, "customer_id"))
    group = places_in(column(groups, "id"), column(responses, "customer_id"))
    told = _from_attributes(column(responses, "attributes"))
    system = {name: one.take(interaction) for name, one in _from_attributes(column(interactions, "attributes")).items()}
    return {
        **{name: pc.coalesce(system[name], told[name]) for name in SLOT_COLUMNS},
        "begged": system["begged"].fill_null(False),
        "outcome": _outcomes(column(responses, "id")),
        "overall": column(responses, "headline"),
        "hour": local_hours(column(responses, "answered_at"), ZoneInfo(settings.TIME_ZONE)),
        **{name: column(responses, name) for name in ("purpose", "answered_at", "unit_id", "language", "source")},
        "day": local_days(column(responses, "answered_at"), ZoneInfo(settings.TIME_ZONE)),
        "staff_id": column(responses, "served_by"),
        "touchpoint": renamed(
            column(responses, "touchpoint_id"), {card.id: key for key, card in known.touchpoints.items()}
        ),
        "scenario": renamed(column(responses, "scenario_id"), {card.id: key for key, card in known.scenarios.items()}),
        "moment": _text(interactions, "moment", interaction).fill_null(""),
        "channel": pc.coalesce(_text(interactions, "channel", interaction), column(responses, "source").cast("string")),
        "complaint": column(interactions, "is_complaint").take(interaction).fill_null(False),
        "brand": _text(groups, "brand", group).fill_null(""),
        "segment": _text(groups, "segment", group).fill_null(""),
    }


def _from_attributes(texts: pa.Array) -> dict[str, pa.Array]:
    """The declared attributes in their slots, and whether a score was begged for. Each text is read once."""
    coded = texts.dictionary_encode()
    declared = journey_map().slots
    known = [json.loads(text) if text else {} for text in coded.dictionary.to_pylist()]
    slots = list(zip(*(slots_of(one, declared) for one in known), strict=True)) or [()] * len(SLOT_COLUMNS)
    found = {
        name: pa.array(values, pa.string()).take(coded.indices)
        for name, values in zip(SLOT_COLUMNS, slots, strict=True)
    }
    found["begged"] = pa.array([was_begged(one) for one in known], pa.bool_()).take(coded.indices)
    return found


def _outcomes(responses: pa.Array) -> pa.Array:
    """What customers said came of their matter; nothing where nobody asked."""
    said = columns_of(
        Answer,
        ("response_id", "raw"),
        among=responses.to_pylist(),
        key="response_id",
        only=f"question = '{OUTCOME}' AND value IS NOT NULL",
    )
    place = places_in(column(said, "response_id"), responses)
    return column(said, "raw").cast(pa.string()).take(place).fill_null("")


def _known(table: pa.Table, name: str) -> list[int]:
    found: list[int] = table.column(name).unique().drop_null().to_pylist()
    return found


def _text(table: pa.Table, name: str, places: pa.Array) -> pa.Array:
    return column(table, name).cast(pa.string()).take(places)
