"""Answers that another system collected (IVR, phone interview, another survey tool), as API and imports bring them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zhiyin.journey.rules import CUSTOMER, intake_key
from zhiyin.lib.canonical import canonical
from zhiyin.lib.clean import Field, FreeLimits, Kind, Record
from zhiyin.lib.crypto import digest
from zhiyin.lib.faults import Fault, fault
from zhiyin.lib.phones import Phone
from zhiyin.responses.rules.filling import Typed

AHEAD = timedelta(minutes=5)  # how far a sender's clock may run before ours
ANSWER_FIELDS = FreeLimits(max_depth=2, max_values=400, max_name=64, max_text=2_000, max_total=40_000)

INTERACTION = Record(
    {
        "source": Field(Kind.CODE, required=True, max_length=60),
        "external_id": Field(Kind.CODE, required=True, max_length=255),
    }
)
RESPONSE = Record(
    {
        "source": Field(Kind.CODE, required=True, max_length=60),
        "external_id": Field(Kind.CODE, required=True, max_length=255),
        "survey": Field(Kind.CODE, required=True, max_length=60),
        "version": Field(Kind.INT, min=1, max=1_000_000),
        "interaction": Field(Kind.RECORD, record=INTERACTION),
        "customer": Field(Kind.RECORD, record=CUSTOMER),
        "touchpoint": Field(Kind.CODE, max_length=60),
        "unit": Field(Kind.CODE, max_length=60),
        "staff": Field(Kind.CODE, max_length=60),
        "language": Field(Kind.CHOICE, choices=("zh-hans", "en")),
        "answered_at": Field(Kind.TIME, required=True),
        "answers": Field(Kind.FREE, required=True, free=ANSWER_FIELDS),
        "attributes": Field(Kind.FREE),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One cleaned record, before anybody looked up what its keys name. ``version`` 0: the one in use."""

    source: str
    external_id: str
    survey: str
    version: int
    interaction: tuple[str, str] | None
    customer: Mapping[str, Any] | None
    touchpoint: str
    unit: str
    staff: str
    language: str
    answered_at: datetime
    typed: Typed
    attributes: Mapping[str, Any]
    body: bytes

    @property
    def key(self) -> bytes:
        """The row that says "this has come in already"."""
        return intake_key("response", self.source, self.external_id)


def read_arrival(item: object, *, now: datetime) -> Arrival | list[Fault]:
    """The record, or everything that is wrong with it."""
    clean, faults = RESPONSE.clean(item)
    return faults or arrival_of(clean, now=now)


def arrival_of(clean: Mapping[str, Any], *, now: datetime) -> Arrival | list[Fault]:
    """The same from cleaned fields, whichever entrance cleaned them. A file may leave ``answered_at`` out: then it is
    ``now``, and no part of what makes the same row again the same."""
    answered_at = clean.get("answered_at") or now
    if answered_at > now + AHEAD:
        return [fault("time_future", field="answered_at", minutes=int(AHEAD.total_seconds() // 60))]
    typed, faults = as_typed(clean["answers"])
    if faults:
        return faults
    interaction = clean.get("interaction")
    return Arrival(
        source=clean["source"],
        external_id=clean["external_id"],
        survey=clean["survey"],
        version=clean.get("version") or 0,
        interaction=(interaction["source"], interaction["external_id"]) if interaction else None,
        customer=clean.get("customer"),
        touchpoint=clean.get("touchpoint") or "",
        unit=clean.get("unit") or "",
        staff=clean.get("staff") or "",
        language=clean.get("language") or "zh-hans",
        answered_at=answered_at,
        typed=typed,
        attributes=clean.get("attributes") or {},
        body=digest(canonical(_plain(clean)))[:16],
    )


def as_typed(answers: Mapping[str, Any]) -> tuple[dict[str, list[str]], list[Fault]]:
    """JSON values in the spelling of a form: 9, "9", ["slow", "rude"], true. A nested object is no answer."""
    typed: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for key, value in answers.items():
        values = value if isinstance(value, list) else [value]
        if any(isinstance(each, dict | list) for each in values):
            faults.append(fault("type.text", field=f"answers.{key}"))
            continue
        typed[key] = [_spelled(each) for each in values if each is not None]
    return typed, faults


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _plain(value: Any) -> Any:
    """Without what was not given, so that ``null`` and absence are the same body; a phone by its number."""
    if isinstance(value, Phone):
        return value.e164
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each is not None and each != ""}
    return value
