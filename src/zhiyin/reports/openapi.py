"""What ``/measures`` looks like to who writes a client."""

from zhiyin.lib.clean import Field, Kind, Query
from zhiyin.ui.openapi import LOCALISED, MOMENT, TEXT, described, listed, perhaps, thing

MEASURE = Query(
    {
        "by": Field(Kind.TEXT, max_length=200),
        "where": Field(Kind.LIST, item=Field(Kind.TEXT, max_length=200), max_length=20),
        "from": Field(Kind.DATE),
        "to": Field(Kind.DATE),
        "cluster": Field(Kind.TEXT, max_length=60),
    }
)
_FIGURE = perhaps({"type": "number"})
_ROW = {
    "type": "object",
    "required": ["value", "low", "high", "n"],
    "properties": {
        "value": {**_FIGURE, "description": "A share is 0 to 1, NPS -100 to 100; null: too few to say."},
        "low": _FIGURE,
        "high": _FIGURE,
        "n": {"type": "integer"},
        "withheld": {"type": "boolean"},
        "effect": {**_FIGURE, "description": "With `cluster`: the design effect; null: the interval is the plain one."},
    },
    "description": "Each dimension of `by` under its name, then the figure with its 95 % interval and its size.",
}
_DESCRIPTION = thing(
    key=TEXT,
    name=LOCALISED,
    definition=LOCALISED,
    formula=TEXT,
    unit=TEXT,
    higher_is_better={"type": "boolean"},
    source=TEXT,
    dimensions={"type": "array", "items": TEXT},
)
_FIGURES = {
    **thing(measure=TEXT, unit=TEXT, definition=TEXT, as_of=perhaps(MOMENT), rows={"type": "array", "items": _ROW}),
    "description": "The figures as they stood at `as_of`.",
}
_FIGURES["properties"]["unknown_years"] = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "Of figures by `calendar`: the years whose holidays are not known; their days count as `unknown`.",
}
_FIGURES["properties"]["left_out"] = {
    "type": "integer",
    "description": "Of figures cut by score: how many rows are not here; they would tell what a few people answered.",
}

GET_MEASURES = described(answers={200: listed(_DESCRIPTION)})
GET_MEASURE = described(answers={200: _FIGURES}, query=MEASURE)
