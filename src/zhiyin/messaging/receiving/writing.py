"""A signal as the text that is sealed into the inbox, and back."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from zhiyin.messaging.models import Arrival
from zhiyin.messaging.rules.receipts import content_of
from zhiyin.messaging.rules.signals import Callback, Delivery, Left, Receipt, Signal, Uplink

Kind = Arrival.Kind
KINDS: Mapping[type[Signal], Kind] = {Receipt: Kind.RECEIPT, Uplink: Kind.UPLINK, Left: Kind.LEFT}
CLASSES: Mapping[str, type[Signal]] = {str(kind): cls for cls, kind in KINDS.items()}
# Headers say where a request came from and how it was signed; what else stands there is nobody's business.
KEPT_HEADERS = ("content-type", "user-agent", "x-forwarded-for")


_NAMES = {cls: [each.name for each in fields(cls)] for cls in KINDS}


def as_text(signal: Signal) -> str:
    """Everything the signal says."""
    values = {name: getattr(signal, name) for name in _NAMES[type(signal)]}  # flat, so no need of the slow asdict
    if isinstance(signal.at, datetime):
        values["at"] = signal.at.isoformat()
    return json.dumps(values, ensure_ascii=False)


def from_text(kind: str, text: str) -> Signal:
    """The signal again."""
    values: dict[str, Any] = json.loads(text)
    if values.get("at"):
        values["at"] = datetime.fromisoformat(values["at"])
    if "delivery" in values:
        values["delivery"] = Delivery(values["delivery"])
    return CLASSES[kind](**values)


def identity_of(signal: Signal) -> str:
    """What makes two signals the same one (G36, G66, G67)."""
    if isinstance(signal, Receipt):
        return f"receipt\x1f{content_of(signal)}"
    if isinstance(signal, Uplink):
        return f"uplink\x1f{signal.uplink_id}\x1f{signal.part}\x1f{signal.reference if signal.parts > 1 else ''}"
    return f"left\x1f{signal.signal_id}\x1f{signal.is_complaint}\x1f{signal.is_back}"


def thread_of(signal: Signal) -> str:
    """The same for all parts of one long reply; empty for what came whole."""
    if isinstance(signal, Uplink) and signal.parts > 1:
        return f"{signal.sender}\x1f{signal.reference}\x1f{signal.parts}"
    return ""


def sameness_of(callback: Callback) -> str:
    """What makes two requests the very same one, whichever machine of the provider's they come from."""
    body = callback.body.decode("utf-8", "surrogateescape")
    return json.dumps([callback.method, sorted(callback.query.items()), body])


def request_text(callback: Callback) -> str:
    """The request as it came, bytes that are no text included."""
    headers = {name: value for name, value in callback.headers.items() if name in KEPT_HEADERS}
    return json.dumps(
        {
            "method": callback.method,
            "query": dict(callback.query),
            "headers": headers,
            "remote": callback.remote,
            "body": callback.body.decode("utf-8", "surrogateescape"),
        }
    )
