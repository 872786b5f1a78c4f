"""What an interaction must look like when it comes in (CONTRACT section 3), and when it is the same one again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, NamedTuple

from zhiyin.lib.canonical import canonical_text
from zhiyin.lib.clean import Field, Kind, Record
from zhiyin.lib.crypto import digest
from zhiyin.lib.faults import Fault, fault
from zhiyin.lib.phones import Phone
from zhiyin.lib.text import LANGUAGES

AHEAD = timedelta(minutes=5)  # how far a sender's clock may run before ours
LONGEST_MOMENT = 60  # characters of a moment's key

CUSTOMER = Record(
    {
        "external_id": Field(Kind.CODE, required=True, max_length=120),
        "phone": Field(Kind.PHONE),
        "email": Field(Kind.EMAIL),
        "wechat": Field(Kind.CODE, max_length=64),  # the openid of the official account
        "wecom": Field(Kind.CODE, max_length=64),  # the external user id in WeCom
        "name": Field(Kind.TEXT, max_length=80),
        "brand": Field(Kind.TEXT, max_length=60),
        "segment": Field(Kind.TEXT, max_length=60),
        "language": Field(Kind.CHOICE, choices=LANGUAGES),  # what they are written to in
    }
)
INTERACTION = Record(
    {
        "source": Field(Kind.CODE, required=True, max_length=60),
        "external_id": Field(Kind.CODE, required=True, max_length=255),
        "customer": Field(Kind.RECORD, required=True, record=CUSTOMER),
        "touchpoint": Field(Kind.CODE, required=True, max_length=60),
        "scenario": Field(Kind.CODE, max_length=60),
        "unit": Field(Kind.CODE, max_length=60),
        "staff": Field(Kind.CODE, max_length=60),
        "channel": Field(Kind.CHOICE, choices=("sms", "email", "wechat", "wecom", "outbox")),
        "started_at": Field(Kind.TIME),
        "ended_at": Field(Kind.TIME, required=True),
        "attributes": Field(Kind.FREE),
    }
)


class Arrival(NamedTuple):
    """One cleaned interaction, before anybody looked up what its keys name. A tuple: a batch makes a thousand."""

    source: str
    external_id: str
    customer: Mapping[str, Any]
    touchpoint: str
    scenario: str
    unit: str
    staff: str
    channel: str
    started_at: datetime | None
    ended_at: datetime
    attributes: Mapping[str, Any]
    body: bytes

    @property
    def key(self) -> bytes:
        return intake_key("interaction", self.source, self.external_id)

    @property
    def is_complaint(self) -> bool:
        return self.attributes.get("complaint") is True

    @property
    def was_disputed(self) -> bool:
        return was_disputed(self.attributes)

    @property
    def moment(self) -> str:
        return str(self.attributes.get("moment") or "")

    @property
    def phone(self) -> Phone | None:
        return self.customer.get("phone")


def was_disputed(attributes: Mapping[str, Any]) -> bool:
    """A dispute that ended in a ticket (S0.12), as the source system flags it; whether it was a long one is not asked
    here."""
    return attributes.get("dispute") is True and attributes.get("ticket") is True


def read_arrival(item: object, *, now: datetime) -> Arrival | list[Fault]:
    """The interaction, or everything that is wrong with it."""
    clean, faults = INTERACTION.clean(item)
    return faults or arrival_of(clean, now=now)


def arrival_of(clean: Mapping[str, Any], *, now: datetime) -> Arrival | list[Fault]:
    """The interaction from cleaned fields, whichever entrance cleaned them."""
    started, ended = clean.get("started_at"), clean["ended_at"]
    if ended > now + AHEAD:
        return [fault("time_future", field="ended_at", minutes=int(AHEAD.total_seconds() // 60))]
    if started is not None and started > ended:
        return [fault("time_order", field="ended_at", first="started_at")]
    attributes = clean.get("attributes") or {}
    if faults := _attribute_faults(attributes):
        return faults
    given = clean.get
    return Arrival(  # by position: a batch makes a thousand
        clean["source"],
        clean["external_id"],
        clean["customer"],
        clean["touchpoint"],
        given("scenario") or "",
        given("unit") or "",
        given("staff") or "",
        given("channel") or "sms",
        started,
        ended,
        attributes,
        digest(body_text(clean).encode())[:16],
    )


def _attribute_faults(attributes: Mapping[str, Any]) -> list[Fault]:
    """Two attributes mean something to us, so they must be what we take them for: ``"true"`` is no complaint flag."""
    faults = []
    if type(attributes.get("complaint")) not in (bool, NoneType):
        faults.append(fault("type.bool", field="attributes.complaint"))
    moment = attributes.get("moment")
    if type(moment) not in (str, NoneType):
        faults.append(fault("type.text", field="attributes.moment"))
    elif moment is not None and len(moment) > LONGEST_MOMENT:
        length = len(moment)
        faults.append(fault("text_too_long", field="attributes.moment", limit=LONGEST_MOMENT, length=length))
    return faults


def intake_key(kind: str, source: str, external_id: str) -> bytes:
    """The row that says "this has come in already"."""
    return digest(f"{kind}\0{source}\0{external_id}".encode())[:16]


def body_text(clean: Mapping[str, Any]) -> str:
    """One text for one body, by which "the same again" is known, put together field by field: this is done for every
    encounter there is.

    What was not given is nothing, so that ``null``, ``{}`` and absence are the same body; a phone is its number. No
    clean text holds the separators, so no two bodies have one text.
    """
    given, customer = clean.get, clean["customer"]
    phone, started = customer.get("phone"), given("started_at")
    parts = [
        *(clean["source"], clean["external_id"], customer["external_id"], phone.e164 if phone else ""),
        *(clean["touchpoint"], started.isoformat() if started else "", clean["ended_at"].isoformat()),
    ]
    parts += [f"{name}\x1e{value}" for name in _REST if (value := given(name))]
    parts += [f"customer.{name}\x1e{value}" for name in _REST_OF_CUSTOMER if (value := customer.get(name))]
    if attributes := given("attributes"):
        parts.append(canonical_text(attributes))
    return "\x1f".join(parts)


# By name, so that a field that is added later leaves the bodies without it what they were.
_REST = sorted(
    INTERACTION.fields.keys()
    - {"source", "external_id", "customer", "touchpoint", "started_at", "ended_at", "attributes"}
)
_REST_OF_CUSTOMER = sorted(CUSTOMER.fields.keys() - {"external_id", "phone"})
