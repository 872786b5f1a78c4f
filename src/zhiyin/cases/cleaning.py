"""What the API of cases takes: one record for opening, and one for each verb, so that a field too many is found."""

from collections.abc import Mapping
from dataclasses import dataclass

from zhiyin.cases.rules.steps import Action
from zhiyin.cases.rules.texts import COMPENSATIONS
from zhiyin.lib.clean import PAGING, Field, Kind, Query, Record

WORDS = Field(Kind.LINES, max_length=2000)
NEEDED_WORDS = Field(Kind.LINES, max_length=2000, required=True)
KEY = Field(Kind.CODE, max_length=60)
ID = Field(Kind.CODE, max_length=19, pattern=r"[0-9]+")
# The verbs of the API; those of the workbench alone are no promise to anybody.
VERBS = (
    *(Action.ASSIGN, Action.CONNECT, Action.COMMIT, Action.COMPLETE, Action.CONFIRM, Action.CALLBACK, Action.NOTE),
    *(Action.PROMISE, Action.COMPENSATE, Action.ESCALATE, Action.PAUSE, Action.RESUME, Action.REOPEN, Action.CLOSE),
)
NAME = Field(Kind.CHOICE, choices=tuple(verb.value for verb in VERBS), required=True)
ACTION = Record({"action": NAME})
TAKES: Mapping[Action, Mapping[str, Field]] = {
    Action.ASSIGN: {"staff": Field(Kind.CODE, max_length=60, required=True), "text": WORDS},
    Action.CONNECT: {"text": WORDS},
    Action.COMMIT: {"promised_for": Field(Kind.TIME), "text": WORDS},
    Action.COMPLETE: {"text": WORDS},
    Action.CONFIRM: {"agreed": Field(Kind.BOOL, required=True), "text": WORDS},
    Action.CALLBACK: {"solved": Field(Kind.BOOL, required=True), "text": WORDS},
    Action.NOTE: {"text": NEEDED_WORDS},
    Action.PROMISE: {"text": NEEDED_WORDS, "promised_for": Field(Kind.TIME)},
    Action.COMPENSATE: {
        "kind": Field(Kind.CHOICE, choices=COMPENSATIONS, required=True),
        "amount": Field(Kind.NUMBER, min=0, max=99_999),
        "text": WORDS,
    },
    Action.ESCALATE: {"reason": NEEDED_WORDS},
    Action.PAUSE: {"reason": NEEDED_WORDS},
    Action.RESUME: {},
    Action.REOPEN: {"reason": NEEDED_WORDS},
    Action.CLOSE: {"cause": KEY, "gap": Field(Kind.CODE, max_length=30), "text": WORDS},
}
ACTIONS: Mapping[Action, Record] = {
    verb: Record({"action": NAME, "version": Field(Kind.INT, min=1), **TAKES[verb]}) for verb in VERBS
}
CASE = Record(
    {
        "customer": Field(Kind.CODE, max_length=120, required=True),
        "title": Field(Kind.TEXT, max_length=200, required=True),
        "text": WORDS,
        "complaint": Field(Kind.BOOL),
        "interaction": ID,
        "touchpoint": KEY,
        "unit": KEY,
        "staff": KEY,
        "external_id": Field(Kind.CODE, max_length=255),
    }
)
LIST = Query(
    {
        "state": Field(Kind.CHOICE, choices=("open", "paused", "closed")),
        "owner": KEY,
        "unit": KEY,
        "customer": Field(Kind.CODE, max_length=120),
        "interaction": ID,
        **PAGING,
    }
)


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """A case that somebody opens without an answer or a flag behind it."""

    customer_id: int
    title: str
    text: str = ""
    is_complaint: bool = False
    interaction_id: int | None = None
    touchpoint_id: int = 0
    unit_id: int = 0
    about_id: int | None = None
    external_id: str = ""
