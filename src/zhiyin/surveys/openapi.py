"""What ``/surveys`` looks like to who writes a client."""

from zhiyin.lib.clean import PAGING, Query
from zhiyin.ui.openapi import LOCALISED, MOMENT, TEXT, described, listed, perhaps, thing

_NUMBER = {"type": "integer"}
_SCALE = thing(low=_NUMBER, high=_NUMBER, low_label=LOCALISED, high_label=LOCALISED)
_QUESTION = {
    **thing(
        key=TEXT,
        field=TEXT,
        kind=TEXT,
        title=LOCALISED,
        dimension=perhaps(TEXT),
        required={"type": "boolean"},
        scale=perhaps(_SCALE),
        options={"type": "array", "items": thing(key=TEXT, text=LOCALISED)},
        multiple={"type": "boolean"},
        source={"type": "array", "items": TEXT},
    ),
    "description": "`field` is its name in the form of the survey page, `key` its name in `POST /responses`.",
}
_SUMMARY = thing(key=TEXT, name=LOCALISED, purpose=TEXT, version=_NUMBER, questions=_NUMBER, published_at=MOMENT)
_SURVEY = {
    **thing(
        key=TEXT,
        name=LOCALISED,
        purpose=TEXT,
        version=_NUMBER,
        published_at=MOMENT,
        languages={"type": "array", "items": TEXT},
        headline=perhaps(TEXT),
        top_from=perhaps(_NUMBER),
        low_to=perhaps(_NUMBER),
        roles={"type": "object", "additionalProperties": True},
        questions={"type": "array", "items": _QUESTION},
    ),
    "description": "The published version.",
}

GET_SURVEYS = described(answers={200: listed(_SUMMARY)}, query=Query(PAGING))
GET_SURVEY = described(answers={200: _SURVEY})
