"""A catalogue for measuring figures: the product's own measures and dimensions over answers that are generated instead
of being read from a record. Everything behind ``load`` is the product's: sorting, roll-ups, merging, asking."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from zhiyin import catalogue
from zhiyin.metrics.building import ARROW_TYPES

QUESTIONS = 5
DAYS, TOUCHPOINTS, UNITS, AGENTS = 365, 8, 200, 10_000
START = datetime(2025, 11, 1, tzinfo=UTC)
PRODUCT = next(one for one in catalogue.FACTS if one.name == "answers")
# The skew that satisfaction has: most people give the best, a few the worst.
SCORES = np.repeat(np.arange(11), [3, 1, 1, 1, 1, 3, 3, 6, 14, 17, 50]).astype(np.int16)
responses_in_all = 20_000_000


def generated(ids: Sequence[int]) -> pa.Table:
    """The answers of these responses, five each. A response is the same whenever it is read."""
    response = np.asarray(ids, dtype=np.int64)
    dice = _dice(response)
    micros = response * (DAYS * 86_400_000_000 // responses_in_all) + int(START.timestamp()) * 1_000_000
    day = ((micros + 8 * 3_600_000_000) // 86_400_000_000).astype(np.int32)  # the local date in Shanghai
    agent = dice % AGENTS
    of_response: dict[str, Any] = {
        "response_id": response,
        "answered_at": micros,
        "day": day,
        "unit_id": agent % UNITS + 1,
        "staff_id": agent + 1,
        "version": np.ones(len(response), np.int64),
        "touchpoint": _words("touchpoint", dice // 7 % TOUCHPOINTS, TOUCHPOINTS),
        "channel": _words("channel", dice // 11 % 4, 4),
        "brand": _words("brand", dice // 13 % 4, 4),
        "segment": _words("segment", dice // 17 % 6, 6),
        "moment": _words("moment", dice // 7 % TOUCHPOINTS * 2 + dice // 19 % 2, TOUCHPOINTS * 2),
        "complaint": dice // 23 % 50 == 0,
    }
    number = np.tile(np.arange(QUESTIONS), len(response))
    shift = _dice(np.repeat(response, QUESTIONS) * QUESTIONS + number)
    of_answer: dict[str, Any] = {
        "question": _words("question", number, QUESTIONS),
        "dimension": _words("dimension", number % 4, 4),
        "value": SCORES[shift % len(SCORES)],
        "overall": np.full(len(number), 9, np.int16),
        "low": np.zeros(len(number), np.int16),
        "high": np.full(len(number), 10, np.int16),
        "top_from": np.full(len(number), 10, np.int16),
        "low_to": np.full(len(number), 6, np.int16),
        "satisfied_from": np.full(len(number), 7.5),
        "is_headline": number == 0,
        "is_nps": number == 1,
        "is_ces": number == 2,
    }
    place = pa.array(np.repeat(np.arange(len(response)), QUESTIONS))
    columns = []
    for name, kind in PRODUCT.columns.items():
        if name in of_answer:
            columns.append(_typed(of_answer[name], kind))
        elif name in of_response:
            columns.append(_typed(of_response[name], kind).take(place))
        else:
            columns.append(_constant(name, kind, len(number)))
    return pa.table(columns, names=list(PRODUCT.columns))


def _dice(numbers: Any) -> Any:
    """A number from 0 to 2^31 for each, which looks thrown and is always the same."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(33)).astype(np.int64)


def _words(name: str, numbers: Any, many: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(numbers, np.int32)), pa.array([f"{name}_{number}" for number in range(many)])
    )


def _typed(values: Any, kind: str) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values).cast(ARROW_TYPES[kind])


def _constant(name: str, kind: str, many: int) -> pa.Array:
    if kind == "string":
        value = {"purpose": "service", "survey": "service"}.get(name, "")
        return (
            _words(value, np.zeros(many), 1)
            if value
            else pa.DictionaryArray.from_arrays(pa.array(np.zeros(many, np.int32)), pa.array([value]))
        )
    return pa.repeat(pa.scalar(0).cast(ARROW_TYPES[kind]), many)


def words(name: str) -> list[str]:
    return [f"{name}_0"]


ANSWERS = replace(PRODUCT, load=generated, touched_by={}, forgotten_by={})
FACTS = (ANSWERS,)
MEASURES = {key: one for key, one in catalogue.FIXED_MEASURES.items() if one.fact == "answers"}
DIMENSIONS = catalogue.DIMENSIONS
