"""What ``/interactions`` and ``/invitations`` look like to who writes a client."""

from zhiyin.journey.rules import INTERACTION
from zhiyin.lib.clean import PAGING, Field, Kind, Query
from zhiyin.ui.openapi import (
    ERROR,
    ID,
    LOCALISED,
    MOMENT,
    TEXT,
    described,
    either,
    listed,
    perhaps,
    schema_of,
    thing,
)

INVITATIONS = Query(
    {
        "interaction": Field(Kind.CODE, max_length=19, pattern=r"[0-9]+"),
        "customer": Field(Kind.CODE, max_length=120),
        "status": Field(Kind.CHOICE, choices=("queued", "sent", "unknown", "answered", "withdrawn", "failed")),
        **PAGING,
    }
)
_OUTCOME = {"type": "string", "enum": ["invite", "suppress"]}
_REASON = perhaps(TEXT | {"description": "Why nobody is asked: `gap`, `scenario_limit`, `no_mobile` and others."})
_TAKEN = {
    **thing(
        status={"type": "string", "enum": ["created", "replayed"]},
        interaction=ID,
        decision=_OUTCOME,
        reason=_REASON,
        invitation=perhaps(ID),
    ),
    "description": "What became of it. `replayed`: the same again, with its first answer.",
}
_REFUSED = thing(
    status={"type": "string", "enum": ["conflict", "invalid"]}, errors={"type": "array", "items": ERROR, "minItems": 1}
)
_RESULTS = thing(results={"type": "array", "items": {"oneOf": [_TAKEN, _REFUSED]}})
_CUSTOMER = thing(id=ID, external_id=perhaps(TEXT), phone=perhaps(TEXT), email=perhaps(TEXT), name=perhaps(TEXT))
_COUNT = thing(
    rule=TEXT,
    reason=TEXT,
    per=TEXT,
    days=perhaps({"type": "integer", "description": "The window, where it is whole days; else null."}),
    seconds={"type": "integer", "description": "The window, exactly."},
    count={"type": "integer"},
    max={"type": "integer"},
)
_STEP = thing(
    outcome={"type": "string", "enum": ["passed", "blocked", "also_blocked", "not_judged"]},
    title=LOCALISED,
    detail=LOCALISED,
)
_DECISION = thing(
    outcome=_OUTCOME,
    reason=_REASON,
    rule=perhaps(TEXT),
    inputs={"type": "object", "description": "What the rules were told about the way to the person, and their flags."},
    sentence={**LOCALISED, "description": "Why, or why not, in one sentence: the console's own words."},
    again=perhaps({**LOCALISED, "description": "From when on they may be asked again, in words."}),
    trace={
        "type": "array",
        "items": _STEP,
        "description": "Every rule in the order of its use, as the console shows it.",
    },
    policy={"type": "integer", "description": "Version of the policy; 0 is the default that the product brings."},
    counts={"type": "array", "items": _COUNT, "description": "What had been sent in each window of the policy."},
    next_allowed_at=perhaps(MOMENT),
    at=MOMENT,
    invitation=perhaps(ID),
)
_INTERACTION = {
    **thing(
        id=ID,
        source=TEXT,
        external_id=TEXT,
        customer={**_CUSTOMER, "description": "Masked: 150****1528."},
        touchpoint=perhaps(TEXT),
        scenario=TEXT,
        unit=perhaps(TEXT),
        staff=perhaps(TEXT),
        channel=TEXT,
        started_at=perhaps(MOMENT),
        ended_at=MOMENT,
        received_at=MOMENT,
        attributes={"type": "object"},
        decision=_DECISION,
    ),
    "description": "The interaction with its decision.",
}
_INVITATION = {
    **thing(
        id=ID,
        customer=perhaps(ID),
        interaction=perhaps(ID),
        purpose=TEXT,
        scenario=TEXT,
        touchpoint=perhaps(TEXT),
        channel=TEXT,
        language=TEXT,
        policy={"type": "integer"},
        status=TEXT,
        reason=perhaps(TEXT),
        created_at=MOMENT,
        **{f"{name}_at": perhaps(MOMENT) for name in ("sent", "expires", "delivered", "opened", "answered")},
    ),
    "description": "An invitation. Never its token: nobody has that but the customer.",
}
_BODY = {
    **schema_of(INTERACTION),
    "title": "Interaction",
    "description": "`source` and `external_id` make it safe to send again. `attributes` may carry `complaint` (true or "
    "false), `dispute` and `ticket` (both true: a dispute that ended in a ticket) and `moment` (the key of a moment); "
    "anything else there is the sender's own.",
}

POST_INTERACTIONS = described(
    body=either(_BODY),
    answers={
        201: _TAKEN,
        200: {
            "oneOf": [_TAKEN, _RESULTS],
            "description": "One object that was there already (`Idempotent-Replayed: true`), or the results of a list.",
        },
    },
)
GET_INTERACTION = described(answers={200: _INTERACTION})
GET_INVITATIONS = described(answers={200: listed(_INVITATION)}, query=INVITATIONS)
GET_INVITATION = described(answers={200: _INVITATION})
