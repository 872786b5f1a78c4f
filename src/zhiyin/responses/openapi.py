"""What ``/responses`` looks like to who writes a client."""

from zhiyin.lib.clean import PAGING, Field, Kind, Query
from zhiyin.responses.rules.arrivals import RESPONSE
from zhiyin.ui.openapi import ERROR, ID, MOMENT, TEXT, described, either, listed, perhaps, schema_of, thing

LIST = Query({"survey": Field(Kind.CODE, max_length=60), "since": Field(Kind.TIME), **PAGING})
_TAKEN = {
    **thing(status={"type": "string", "enum": ["created", "replayed"]}, response=ID),
    "description": "What became of it. `replayed`: the same again, with its first answer.",
}
_REFUSED = thing(
    status={"type": "string", "enum": ["conflict", "invalid"]}, errors={"type": "array", "items": ERROR, "minItems": 1}
)
_RESULTS = thing(results={"type": "array", "items": {"oneOf": [_TAKEN, _REFUSED]}})
_RESPONSE = {
    **thing(
        id=ID,
        survey=perhaps(TEXT),
        version=perhaps({"type": "integer"}),
        purpose=TEXT,
        source=TEXT,
        external_id=perhaps(TEXT),
        customer=perhaps(TEXT),
        interaction=perhaps(ID),
        invitation=perhaps(ID),
        case=perhaps(ID),
        touchpoint=perhaps(TEXT),
        scenario=perhaps(TEXT),
        unit=perhaps(TEXT),
        staff=perhaps(TEXT),
        language=TEXT,
        answers={"type": "object", "description": "Question key to score, options or text, as they were given."},
        headline=perhaps({"type": "number"}),
        comment=TEXT,
        call_me={"type": "boolean"},
        answered_at=MOMENT,
        received_at=MOMENT,
        flags=perhaps({"type": "array", "items": TEXT}),
        attributes={"type": "object"},
    ),
    "description": "One answer, raw; what names a person in its texts is masked.",
}
_BODY = {
    **schema_of(RESPONSE),
    "title": "Response",
    "description": "`source` and `external_id` make it safe to send again. `answers` maps question keys (see "
    "`/surveys/{key}`) to scores, options or texts.",
}

POST_RESPONSES = described(
    body=either(_BODY),
    answers={
        201: _TAKEN,
        200: {
            "oneOf": [_TAKEN, _RESULTS],
            "description": "One object that was there already (`Idempotent-Replayed: true`), or the results of a list.",
        },
    },
)
GET_RESPONSES = described(answers={200: listed(_RESPONSE)}, query=LIST)
GET_RESPONSE = described(answers={200: _RESPONSE})
