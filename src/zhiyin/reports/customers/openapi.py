"""What ``/customers`` looks like to who writes a client."""

from typing import Any

from zhiyin.lib.clean import Field, Kind, Record
from zhiyin.people.rules import Purpose
from zhiyin.ui.openapi import ID, described, schema_of, thing

OPT_OUT = Record(
    {
        "purpose": Field(Kind.CHOICE, choices=tuple(str(one) for one in Purpose)),
        "proof": Field(Kind.TEXT, max_length=300),
    }
)
_PURPOSES = {"type": "array", "items": {"type": "string", "enum": [str(one) for one in Purpose]}}
_STANDING = {
    **thing(
        customer=ID,
        opted_out={"type": "boolean", "description": "Everything is refused."},
        refuses={**_PURPOSES, "description": "What they refuse now."},
    ),
    "description": "In force already. The same again changes nothing and answers the same.",
}
_ERASED = {
    **thing(customer=ID, erased={"type": "boolean"}),
    "description": "Names, numbers and ids are gone; figures and the refusal stay.",
}


def _optional(extra: dict[str, Any]) -> dict[str, Any]:
    """A body that may be left out."""
    return {**extra, "requestBody": {**extra["requestBody"], "required": False}}


PUT_OPT_OUT = _optional(
    described(
        body={
            **schema_of(OPT_OUT),
            "description": "Without a purpose: everything. `proof` says where the refusal can be looked up.",
        },
        answers={200: _STANDING},
    )
)
DELETE_CUSTOMER = described(answers={200: _ERASED}, also=(409,))
