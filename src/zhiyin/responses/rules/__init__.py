"""What an answer may be, and how one that another system collected comes in. Pure: no database, no clock."""

from zhiyin.responses.rules.arrivals import AHEAD, ANSWER_FIELDS, Arrival, arrival_of, as_typed, read_arrival
from zhiyin.responses.rules.boxes import is_nps, low_to, top_from
from zhiyin.responses.rules.filling import (
    CROWD,
    REPEAT_FOR,
    STARTED,
    TOO_FAST,
    VERSION,
    Filled,
    Typed,
    Wrong,
    fill_page,
    fill_record,
    from_form,
    hidden_unless_low,
    own_words,
)
from zhiyin.responses.rules.reading import EVERY, READINGS, RECOVERY, Reading, questions_read
from zhiyin.responses.rules.wording import fault_of, sentence

__all__ = [
    "AHEAD",
    "ANSWER_FIELDS",
    "CROWD",
    "EVERY",
    "READINGS",
    "RECOVERY",
    "REPEAT_FOR",
    "STARTED",
    "TOO_FAST",
    "VERSION",
    "Arrival",
    "Filled",
    "Reading",
    "Typed",
    "Wrong",
    "arrival_of",
    "as_typed",
    "fault_of",
    "fill_page",
    "fill_record",
    "from_form",
    "hidden_unless_low",
    "is_nps",
    "low_to",
    "own_words",
    "questions_read",
    "read_arrival",
    "sentence",
    "top_from",
]
