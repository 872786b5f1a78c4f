"""What ``/cases`` looks like to who writes a client."""

from zhiyin.cases.cleaning import ACTIONS, CASE, LIST
from zhiyin.cases.rules.steps import Action
from zhiyin.lib.clean import Record
from zhiyin.ui.openapi import ID, MOMENT, TEXT, Schema, described, listed, perhaps, schema_of, thing

_CLOCK = thing(
    clock=TEXT,
    step=perhaps(TEXT),
    began_at=perhaps(MOMENT),
    not_before=perhaps(MOMENT),
    due_at=perhaps(MOMENT),
    done_at=perhaps(MOMENT),
    late={"type": "boolean"},
)
_ENTRY = thing(at=MOMENT, kind=TEXT, actor=TEXT, text=TEXT, data={"type": "object"})
_CASE = {
    **thing(
        id=ID,
        code=TEXT,
        version={"type": "integer"},
        state={"type": "string", "enum": ["open", "paused", "closed"]},
        title=TEXT,
        priority=TEXT,
        reasons={"type": "array", "items": TEXT},
        customer=thing(id=ID, external_id=perhaps(TEXT), phone=perhaps(TEXT), name=perhaps(TEXT)),
        interaction=perhaps(ID),
        response=perhaps(ID),
        headline=perhaps({"type": "number"}),
        touchpoint=perhaps(TEXT),
        unit=perhaps(TEXT),
        owner=perhaps(TEXT),
        about=perhaps(TEXT),
        opened_at=MOMENT,
        closed_at=perhaps(MOMENT),
        agreed_at=perhaps(MOMENT),
        next=perhaps(TEXT),
        overdue={"type": "boolean"},
        due_at=perhaps(MOMENT),
        clocks={"type": "array", "items": _CLOCK},
        cause=perhaps(TEXT),
        gap=perhaps(TEXT),
        entries={"type": "array", "items": _ENTRY},
    ),
    "description": "The case as it stands.",
}


def _verb(action: Action, record: Record) -> Schema:
    schema = schema_of(record)
    return {**schema, "title": action.value, "properties": {**schema["properties"], "action": {"const": action.value}}}


GET_CASES = described(answers={200: listed(_CASE)}, query=LIST)
POST_CASE = described(
    body=schema_of(CASE),
    answers={201: _CASE, 200: {**_CASE, "description": "It was there already, or joins a case that is open."}},
)
GET_CASE = described(answers={200: _CASE})
POST_ACTION = described(
    body={"oneOf": [_verb(action, record) for action, record in ACTIONS.items()]}, answers={200: _CASE}, also=(429,)
)
