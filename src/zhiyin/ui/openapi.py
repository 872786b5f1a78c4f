"""Describing calls for whoever writes a client: the same field tables that clean a body also document it.

@router.post("/interactions", openapi_extra=described(body=either(schema_of(INTERACTION)), answers={201: …}))
"""

from collections.abc import Mapping
from typing import Any

from zhiyin.lib.clean import Field, Kind, Query, Record

Schema = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"
LARGEST_BATCH = 1000
MEANINGS = {
    400: "The request cannot be read: `json_invalid` with the byte, or a query parameter that is not known.",
    401: "No valid key.",
    403: "The key, or the person behind it, may not do this.",
    404: "There is nothing here by this name, or it belongs to another branch: the two look alike.",
    409: "This contradicts what is already recorded; `errors` names the fields that differ.",
    413: "The body or the list is too large.",
    415: "The body must be JSON in UTF-8, without Content-Encoding.",
    422: "Some fields are not acceptable; `errors` names each with its rule and limit.",
    429: "Too many requests.",
    503: "The database (`database_away`) or what computes figures (`engine_away`, `engine_refused`, `engine_failed`, "
    "`mirror_unreadable`) does not answer; nothing was written. Try again after `Retry-After` seconds.",
}
READING = (400, 401, 403, 404, 503)
WRITING = (*READING, 409, 413, 415, 422)

TEXT: Schema = {"type": "string"}
ID: Schema = {"type": "string", "pattern": "^[0-9]{1,19}$", "description": "A decimal number, too big for a double."}
MOMENT: Schema = {"type": "string", "format": "date-time"}
LOCALISED: Schema = {"type": "object", "additionalProperties": TEXT, "description": "A text per language."}
ERROR: Schema = {
    "type": "object",
    "required": ["field", "code", "message"],
    "properties": {"field": TEXT, "code": TEXT, "message": TEXT},
}
PROBLEM_DOCUMENT: Schema = {
    "title": "Problem",
    "description": "RFC 9457. Nothing was written.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "code": TEXT | {"description": "Stays the same; the sentences may change."},
        "detail": TEXT,
        "errors": {"type": "array", "items": ERROR},
        "request_id": TEXT,
        "position": {"type": "integer", "description": "Byte of the body at which it cannot be read."},
    },
}


def described(
    *, answers: Mapping[int, Schema], body: Schema | None = None, query: Query | None = None, also: tuple[int, ...] = ()
) -> dict[str, Any]:
    """``openapi_extra`` of a call: what it takes, what it answers, what can go wrong."""
    problems = {status: _problem(status) for status in (*(WRITING if body else READING), *also)}
    extra: dict[str, Any] = {"responses": {**problems, **{status: _answer(one) for status, one in answers.items()}}}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    if query is not None:
        extra["parameters"] = [_parameter(name, field) for name, field in query.parameters.items()]
    return extra


def _answer(schema: Schema) -> Schema:
    return {"description": schema.get("description", "Done."), "content": {JSON: {"schema": schema}}}


def _problem(status: int) -> Schema:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": MEANINGS[status], "content": {PROBLEM: {"schema": reference}}}


def listed(item: Schema) -> Schema:
    """A page of a list."""
    following = {"type": ["string", "null"], "description": "The `cursor` of the next page; null on the last one."}
    return thing(items={"type": "array", "items": item}, next=following)


def either(item: Schema) -> Schema:
    """One object, or a list of them."""
    return {"oneOf": [item, {"type": "array", "items": item, "minItems": 1, "maxItems": LARGEST_BATCH}]}


def thing(**properties: Schema) -> Schema:
    """An object that always has exactly these fields."""
    return {"type": "object", "required": list(properties), "properties": properties}


def perhaps(schema: Schema) -> Schema:
    """The same, or null."""
    if "$ref" in schema or not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def schema_of(record: Record) -> Schema:
    """A record as JSON Schema. An unknown field is an error, so there are no others."""
    required = [name for name, field in record.fields.items() if field.required]
    schema: Schema = {
        "type": "object",
        "properties": {name: field_schema(field) for name, field in record.fields.items()},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


def field_schema(field: Field) -> Schema:
    """One field as JSON Schema. What is not required may also be null."""
    schema = _PLAIN[field.kind] if field.kind in _PLAIN else _BUILT[field.kind](field)
    if field.default is not None:
        schema = {**schema, "default": field.default}
    return schema if field.required else perhaps(schema)


def _parameter(name: str, field: Field) -> Schema:
    parameter = {"name": name, "in": "query", "required": field.required, "schema": _parameter_schema(field)}
    return {**parameter, "style": "form", "explode": True} if field.kind is Kind.LIST else parameter


def _parameter_schema(field: Field) -> Schema:
    schema = field_schema(field)
    if isinstance(schema.get("type"), list):
        schema = {**schema, "type": schema["type"][0]}
    return schema


def _text(field: Field) -> Schema:
    schema: Schema = {"type": "string", "minLength": 1, "maxLength": field.max_length}
    return {**schema, "pattern": f"^(?:{field.pattern})$"} if field.pattern else schema


def _number(field: Field) -> Schema:
    bounds = {"minimum": field.min, "maximum": field.max}
    kind = "integer" if field.kind is Kind.INT else "number"
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _list(field: Field) -> Schema:
    assert field.item is not None
    item = field_schema(field.item)
    if isinstance(item.get("type"), list):
        item = {**item, "type": item["type"][0]}
    return {"type": "array", "items": item, "maxItems": field.max_length}


def _record(field: Field) -> Schema:
    assert field.record is not None
    return schema_of(field.record)


_PLAIN: Mapping[Kind, Schema] = {
    Kind.BOOL: {"type": "boolean"},
    Kind.TIME: MOMENT | {"description": "ISO 8601 with an offset, years 2000 to 2100."},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.PHONE: {"type": "string", "maxLength": 40, "description": "As people write it; kept in one spelling."},
    Kind.EMAIL: {"type": "string", "format": "email", "maxLength": 254},
    Kind.FREE: {"type": "object", "description": "Up to 200 values, four levels deep, 16,000 characters."},
}
_BUILT = {
    Kind.TEXT: _text,
    Kind.LINES: _text,
    Kind.CODE: _text,
    Kind.CHOICE: lambda field: {"type": "string", "enum": list(field.choices)},
    Kind.INT: _number,
    Kind.NUMBER: _number,
    Kind.LIST: _list,
    Kind.RECORD: _record,
}
