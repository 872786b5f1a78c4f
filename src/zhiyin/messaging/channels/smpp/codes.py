"""What an SMPP answer's status proves, and what a receipt's state says (v3.4: 5.1.3, 5.2.28, appendix B)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhiyin.messaging.rules.codes import Means, outcome
from zhiyin.messaging.rules.outcomes import Outcome
from zhiyin.messaging.rules.signals import Delivery

THROTTLED, QUEUE_FULL, SYSTEM_ERROR = 0x58, 0x14, 0x08
STATUS: Mapping[int, Means] = {
    0x00: Means.ACCEPTED,
    THROTTLED: Means.LATER,
    QUEUE_FULL: Means.LATER,
    SYSTEM_ERROR: Means.DOUBTFUL,  # it fell over, perhaps after it had written the message down
    0x04: Means.SET_UP,  # the session is not bound for this
    0x05: Means.SET_UP,
    0x0A: Means.SET_UP,  # source address
    0x48: Means.SET_UP,
    0x49: Means.SET_UP,
    0x53: Means.SET_UP,  # system type
}
FROM_PROVIDERS = 0x400  # codes from here on are each provider's own
STATES: Mapping[str, Delivery] = {
    "DELIVRD": Delivery.DELIVERED,
    "ACCEPTD": Delivery.ACCEPTED,
    "ENROUTE": Delivery.ACCEPTED,
    "EXPIRED": Delivery.FAILED,
    "DELETED": Delivery.FAILED,
    "UNDELIV": Delivery.FAILED,
    "REJECTD": Delivery.FAILED,
}
NUMBERED: Mapping[int, str] = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    8: "REJECTD",
}


def outcome_of(pdu: Any, *, now: datetime) -> Outcome:
    """The outcome that a submit_sm_resp or generic_nack proves."""
    status = int(pdu.status or 0)
    if pdu.command == "generic_nack":
        means = Means.LATER if status in (THROTTLED, QUEUE_FULL) else Means.REFUSED
        return outcome(means, f"generic_nack, status {status:#x}", now=now)
    provider_id = decoded(getattr(pdu, "message_id", b""))
    means = STATUS.get(status, Means.REFUSED if status < FROM_PROVIDERS else Means.DOUBTFUL)
    if means is Means.ACCEPTED and not provider_id:
        return outcome(Means.DOUBTFUL, "taken, and no number of it given", now=now)
    return outcome(means, f"SMPP status {status:#x}", provider_id=provider_id, now=now)


def decoded(value: object) -> str:
    """A field of a PDU as a text."""
    if isinstance(value, bytes):
        return value.split(b"\0")[0].decode("latin-1")
    return value if isinstance(value, str) else ""
