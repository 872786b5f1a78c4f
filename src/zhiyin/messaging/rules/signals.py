"""What comes back from a gateway: receipts, replies of customers, bounces. Plain values, the same for every dialect.

Times are aware; a gateway's naive times are Beijing time (RELIABILITY G44). Nothing here is believed before its
dialect has verified where it came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Delivery(StrEnum):
    """What a receipt says of one message, or of one part of it."""

    ACCEPTED = "accepted"  # on its way: the gateway or the carrier has it
    DELIVERED = "delivered"
    FAILED = "failed"  # it will not arrive
    UNREAD = "unread"  # a status that this dialect does not know: kept raw, changes nothing (G30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One report about one message. Found by ``message_id`` (ours, where the gateway repeats it) or ``provider_id``."""

    provider_id: str
    delivery: Delivery
    code: str = ""  # the gateway's own word for it
    to: str = ""  # E.164 or e-mail; empty where the gateway does not say
    message_id: int | None = None
    at: datetime | None = None
    segments: int | None = None
    part: int = 0  # which part of a long message; 0: the whole
    detail: str = ""
    is_daily_cap: bool = False  # the carrier took as many for this number today as it allows: tomorrow again (G72)
    is_out_of_credit: bool = False  # the account is empty: the channel pauses (G71)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """Something a customer wrote back. ``uplink_id`` is the gateway's id of it, or one made from what it says."""

    uplink_id: str
    sender: str  # E.164, an e-mail address, an openid
    text: str
    at: datetime | None = None
    extension: str = ""
    provider_id: str = ""  # of the message that it answers, where the gateway knows
    part: int = 0  # from 1, of ``parts``, all with the same ``reference``
    parts: int = 0
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The customer left the channel or complained: unfollowed the account, marked the mail as spam; or came back."""

    signal_id: str
    sender: str
    is_complaint: bool = False
    is_back: bool = False  # follows the account again
    message_id: int | None = None  # what they complain about: whoever got that message, whatever ``sender`` says
    at: datetime | None = None
    provider_id: str = ""


Signal = Receipt | Uplink | Left


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One request of a gateway, as it came."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    remote: str  # the address it came from, by the trusted hops only
    now: datetime
    secret: str = ""  # what stood in the address after the channel's name
    path: str = "/"  # the address's path, which some gateways sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer that the gateway wants, in its own form."""

    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    body: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a callback said: what could be read, what could not (raw, cut to size), and the reply."""

    signals: Sequence[Signal] = ()
    broken: Sequence[tuple[str, str]] = field(default=())  # why, raw
    reply: Reply = Reply()
    nonce: str = ""  # what this request may come with only once (G07, G08); empty for dialects that have no such thing
    repeats_for: timedelta = timedelta()  # for so long the very same request may come again: its reply was lost


class Unverified(Exception):
    """The callback did not prove where it comes from: 403, counted, nothing changed. ``str`` says why."""


class Unreadable(Exception):
    """The callback as a whole could not be read: 400, kept raw. ``str`` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message whose fate is asked for at the gateway (pull)."""

    message_id: int
    provider_id: str
    to: str
    sent_at: datetime
