"""What the rules are told: about one message that might be sent, and about what the person was sent before."""

from collections.abc import Hashable
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a message is, or an answer to one. One bit each, so that a limit can name the kinds it counts."""

    SURVEY = 1
    REMINDER = 2
    CARE = 4
    COMPLETION = 8  # an answer came in: no message, an entry of its own at the time of the answer


class State(StrEnum):
    """How far a message got. One that certainly never left is no contact at all and stays out of the history."""

    SENT = "sent"
    UNKNOWN = "unknown"  # bytes may have left: counts as sent
    QUEUED = "queued"  # still waiting: counts as if it went now


class Address(StrEnum):
    """What we have to reach the person by."""

    NONE = "none"
    MOBILE = "mobile"
    LANDLINE = "landline"
    FOREIGN = "foreign"  # a mobile number of another country
    OTHER = "other"  # an e-mail address, a WeCom id


class Contact(NamedTuple):
    """One message to this person, by whichever id, number or channel it went, or one answer of theirs."""

    at: datetime | None  # when it was sent; not looked at while it is queued
    scenario: Hashable = None
    touchpoint: Hashable = None
    kind: Kind = Kind.SURVEY
    state: State = State.SENT


class Sendings(NamedTuple):
    """What a whole group was sent at one time: a member of staff's interactions, a unit's, a brand's, a segment's."""

    at: datetime | None  # None: still waiting, counts as if it went now
    kind: Kind = Kind.SURVEY
    messages: int = 1


class Cell(NamedTuple):
    """How well a target's cell is known by now: its answers within the target's days."""

    n: int
    half_width: Decimal | float | None = None  # of the interval, in the measure's unit; None: not to be told yet


class Facts(NamedTuple):
    """The message in question and the person it would go to. A tuple, because a batch makes thousands of them.

    Keys may be ids or texts, as long as the history uses the same. What a policy file names is text: ``unit_path``,
    ``brand``, ``segment``, ``channel`` and, where the keys are ids, ``scenario_key`` and ``touchpoint_key``.
    """

    scenario: Hashable = None
    touchpoint: Hashable = None
    survey_available: bool = True  # a published survey that this touchpoint triggers, in a language we can send
    ended_at: datetime | None = None  # when the interaction ended; None: there was none, and it cannot be too old
    external_id: str = ""  # of the interaction: the sample is drawn by it
    address: Address = Address.MOBILE
    channel_takes: frozenset[Address] = frozenset({Address.MOBILE, Address.OTHER})
    opted_out: bool = False
    do_not_contact: bool = False
    internal: bool = False  # one of our own numbers, a test call
    under_14: bool = False
    kind: Kind = Kind.SURVEY
    staff: Hashable = None  # who served the customer; None: nobody known, and no limit per staff counts it
    unit: Hashable = None
    brand: Hashable = None
    segment: Hashable = None
    unit_path: tuple[str, ...] = ()  # codes: the unit itself, then each above it
    channel: str = ""
    scenario_key: str = ""
    touchpoint_key: str = ""
    open_legal_case: bool = False
    cells: tuple[Cell | None, ...] = ()  # one for each target of the policy, in its order; None: not known

    @property
    def scenario_name(self) -> str:
        """The scenario as a policy file names it."""
        return self.scenario_key or (self.scenario if isinstance(self.scenario, str) else "")

    @property
    def touchpoint_name(self) -> str:
        """The touchpoint as a policy file names it."""
        return self.touchpoint_key or (self.touchpoint if isinstance(self.touchpoint, str) else "")
