"""What an interaction must look like when it comes in (CONTRACT section 3), and when it is the same one again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import repeat
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
SLOTS = 12  # attributes that figures can be cut by
LONGEST_VALUE = 60  # characters of an attribute's value as a figure is cut by it
MOST_DONE = 40  # items of a checklist
# The steps of the purchase funnel (S1.41): Q0 surfers … Q5 repurchases, from which I1 … I5 follow.
FUNNEL = ("surfers", "aware", "hits", "visitors", "purchases", "repurchases")

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
CHANNELS = ("sms", "email", "wechat", "wecom", "outbox")  # by which somebody may be asked
INTERACTION = Record(
    {
        "source": Field(Kind.CODE, required=True, max_length=60),
        "external_id": Field(Kind.CODE, required=True, max_length=255),
        "customer": Field(Kind.RECORD, required=True, record=CUSTOMER),
        "touchpoint": Field(Kind.CODE, required=True, max_length=60),
        "scenario": Field(Kind.CODE, max_length=60),
        "unit": Field(Kind.CODE, max_length=60),
        "staff": Field(Kind.CODE, max_length=60),
        "channel": Field(Kind.CHOICE, choices=CHANNELS),
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
    attributes_text: str  # as JSON, one spelling for one value
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


def hours_from(first: int, until: int) -> tuple[int, ...]:
    """The hours of the day from one up to another, past midnight where the other comes first: 22 to 6 are eight."""
    length = (until - first) % 24 or 24
    return tuple((first + step) % 24 for step in range(length))


def was_begged(attributes: Mapping[str, Any]) -> bool:
    """Somebody asked for a particular score (S0.18e): the sender's system, its QA or a listener says so."""
    return attributes.get("begged") is True


def checklist_done(attributes: Mapping[str, Any]) -> frozenset[str] | None:
    """Which items of the moment's checklist were seen to be done; None where nobody looked."""
    done = attributes.get("checklist")
    return frozenset(done) if isinstance(done, list) else None


def slots_of(attributes: Mapping[str, Any], declared: Mapping[str, int]) -> tuple[str | None, ...]:
    """The declared attributes of an interaction in the order of their slots; nothing else leaves the record."""
    found: list[str | None] = [None] * SLOTS
    for key, slot in declared.items():
        value = attributes.get(key)
        if isinstance(value, bool):
            found[slot - 1] = "true" if value else "false"
        elif isinstance(value, str | int | float) and value != "":
            found[slot - 1] = str(value)[:LONGEST_VALUE]
    return tuple(found)


def read_arrival(item: object, *, now: datetime) -> Arrival | list[Fault]:
    """The interaction, or everything that is wrong with it."""
    clean, faults = INTERACTION.clean(item)
    return faults or arrival_of(clean, now=now)


def read_arrivals(items: Sequence[object], *, now: datetime) -> list[Arrival | list[Fault]]:
    """The same for a batch: where all of it is plain, column by column, which takes a third of the time."""
    columns = INTERACTION.columns(items)
    if columns is None:
        return [read_arrival(item, now=now) for item in items]
    return arrivals_of(columns, now=now)


def arrival_of(clean: Mapping[str, Any], *, now: datetime) -> Arrival | list[Fault]:
    """The interaction from cleaned fields, whichever entrance cleaned them."""
    return arrivals_of({name: [clean.get(name)] for name in INTERACTION.fields}, now=now)[0]


def arrivals_of(columns: Mapping[str, Sequence[Any]], *, now: datetime) -> list[Arrival | list[Fault]]:
    """The same for many, a column for each field of ``INTERACTION``."""
    started, ended, latest = columns["started_at"], columns["ended_at"], now + AHEAD
    attributes = [one or {} for one in columns["attributes"]]
    told = [canonical_text(one) for one in attributes]
    read = map(
        Arrival,
        *(columns["source"], columns["external_id"], columns["customer"], columns["touchpoint"]),
        *([value or "" for value in columns[name]] for name in ("scenario", "unit", "staff")),
        [channel or "sms" for channel in columns["channel"]],
        *(started, ended, attributes, told),
        [digest(body.encode())[:16] for body in _bodies(columns, told)],
    )
    wrong = map(_faults, started, ended, attributes, repeat(latest))
    return [faults or arrival for faults, arrival in zip(wrong, read, strict=True)]


def _faults(started: datetime | None, ended: datetime, attributes: Mapping[str, Any], latest: datetime) -> list[Fault]:
    """What is wrong with an interaction whose fields are clean each for itself."""
    if ended > latest:
        return [fault("time_future", field="ended_at", minutes=int(AHEAD.total_seconds() // 60))]
    if started is not None and started > ended:
        return [fault("time_order", field="ended_at", first="started_at")]
    return _attribute_faults(attributes) if attributes else []


def _attribute_faults(attributes: Mapping[str, Any]) -> list[Fault]:
    """Some attributes mean something to us, so they must be what we take them for: ``"true"`` is no complaint flag."""
    faults = []
    for flag in ("complaint", "begged"):
        if type(attributes.get(flag)) not in (bool, NoneType):
            faults.append(fault("type.bool", field=f"attributes.{flag}"))
    done = attributes.get("checklist")
    if done is not None and not (
        type(done) is list and len(done) <= MOST_DONE and all(type(item) is str and item for item in done)
    ):
        faults.append(fault("type.list", field="attributes.checklist"))
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


def _bodies(columns: Mapping[str, Sequence[Any]], attributes: Sequence[str]) -> Sequence[str]:
    """One text for each body, by which "the same again" is known, put together field by field: this is done for every
    encounter there is.

    What was not given is nothing, so that ``null``, ``{}`` and absence are the same body; a phone is its number. No
    clean text holds the separators, so no two bodies have one text.
    """
    customers = columns["customer"]
    bodies = list(
        map(
            "\x1f".join,
            zip(
                columns["source"],
                columns["external_id"],
                [one["external_id"] for one in customers],
                [phone.e164 if (phone := one.get("phone")) else "" for one in customers],
                columns["touchpoint"],
                [at.isoformat() if at else "" for at in columns["started_at"]],
                [at.isoformat() for at in columns["ended_at"]],
                strict=True,
            ),
        )
    )
    rest = [(name, columns[name]) for name in _REST]
    rest += [(f"customer.{name}", [one.get(name) for one in customers]) for name in _REST_OF_CUSTOMER]
    for name, values in rest:
        if any(values):
            bodies = [
                f"{body}\x1f{name}\x1e{value}" if value else body for body, value in zip(bodies, values, strict=True)
            ]
    return [body if text == "{}" else f"{body}\x1f{text}" for body, text in zip(bodies, attributes, strict=True)]


# By name, so that a field that is added later leaves the bodies without it what they were.
_REST = sorted(
    INTERACTION.fields.keys()
    - {"source", "external_id", "customer", "touchpoint", "started_at", "ended_at", "attributes"}
)
_REST_OF_CUSTOMER = sorted(CUSTOMER.fields.keys() - {"external_id", "phone"})
