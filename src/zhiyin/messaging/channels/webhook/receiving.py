"""What the other side says: receipts, replies and departures, one object or an array of them, signed alike."""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from zhiyin.messaging.channels.webhook.setup import WebhookSetup, key_of
from zhiyin.messaging.rules.hearing import (
    Broken,
    e164,
    each_read,
    items_of,
    json_of,
    made_id,
    moment,
    object_of,
    our_id,
    word,
)
from zhiyin.messaging.rules.signals import (
    Callback,
    Delivery,
    Heard,
    Left,
    Receipt,
    Reply,
    Signal,
    Unverified,
    Uplink,
)

TOLERANCE = timedelta(minutes=5)  # as the standard recommends
THANKS = Reply(body='{"ok": true}')
STATES: Mapping[str, Delivery] = {
    "accepted": Delivery.ACCEPTED,
    "delivered": Delivery.DELIVERED,
    "failed": Delivery.FAILED,
}
LONGEST_ID, MOST_SIGNATURES = 200, 8


class WebhookReceiver:
    """Believes what carries a fresh signature by our common key, once."""

    def __init__(self, setup: WebhookSetup) -> None:
        self.setup = setup

    def hear(self, callback: Callback) -> Heard:
        if callback.method != "POST":
            raise Unverified("not a POST")
        identifier, stamp = self._verified(callback)
        found = json_of(callback.body)
        items = [found] if isinstance(found, Mapping) else items_of(found)
        signals, broken = each_read(items, lambda item: _signal(object_of(item), callback.now))
        return Heard(signals=signals, broken=broken, reply=THANKS, nonce=f"{identifier} {stamp}")

    def _verified(self, callback: Callback) -> tuple[str, int]:
        identifier = callback.headers.get("webhook-id", "")
        stamp = callback.headers.get("webhook-timestamp", "")
        given = callback.headers.get("webhook-signature", "")
        if not identifier or not stamp or not given:
            raise Unverified("no signature")
        if len(identifier) > LONGEST_ID or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise Unverified("no id, or no time")
        at = datetime.fromtimestamp(int(stamp), UTC)
        # Over bytes, whatever they are: the standard's own library signs texts only.
        mac = hmac.digest(key_of(self.setup.secret), f"{identifier}.{stamp}.".encode() + callback.body, "sha256")
        expected = b"v1," + base64.b64encode(mac)
        theirs = given.encode("utf-8", "replace").split(b" ")[:MOST_SIGNATURES]
        if not any(hmac.compare_digest(expected, one) for one in theirs):
            raise Unverified("wrong signature")
        if abs(callback.now - at) > TOLERANCE:
            raise Unverified("too old")
        return identifier, int(stamp)


def _signal(item: Mapping[str, Any], now: datetime) -> Signal:
    kind, data = word(item, "type", needed=True), item.get("data")
    read = _READERS.get(kind)
    if read is None:
        raise Broken("an unknown type")
    return read(object_of(data), now)


def _receipt(data: Mapping[str, Any], now: datetime) -> Receipt:
    ours, theirs = our_id(word(data, "message")), word(data, "provider_id", longest=120)
    if ours is None and not theirs:
        raise Broken("no message id")
    at, odd = moment(data.get("at"), now=now)
    segments, part = word(data, "segments", longest=3), word(data, "part", longest=3)
    delivery = STATES.get(word(data, "status"), Delivery.UNREAD)
    failed = delivery is Delivery.FAILED
    return Receipt(
        provider_id=theirs,
        message_id=ours,
        delivery=delivery,
        code=word(data, "code", longest=60) or word(data, "status", longest=60),
        to=_address(word(data, "to")),
        at=at,
        segments=int(segments) if segments.isascii() and segments.isdigit() else None,
        part=int(part) if part.isascii() and part.isdigit() else 0,
        detail=odd,
        is_daily_cap=failed and word(data, "reason") == "daily_cap",
        is_out_of_credit=failed and word(data, "reason") == "out_of_credit",
    )


def _uplink(data: Mapping[str, Any], now: datetime) -> Uplink:
    sender, text = _sender(data), word(data, "text", longest=2000)
    sent = word(data, "at")
    part, parts = word(data, "part", longest=2), word(data, "parts", longest=2)
    return Uplink(
        uplink_id=word(data, "id", longest=120) or made_id(sender, sent, text),
        sender=sender,
        text=text,
        at=moment(data.get("at"), now=now)[0],
        part=int(part) if part.isascii() and part.isdigit() else 0,
        parts=int(parts) if parts.isascii() and parts.isdigit() else 0,
        reference=word(data, "reference", longest=60),
    )


def _left(data: Mapping[str, Any], now: datetime) -> Left:
    sender = _sender(data)
    return Left(
        signal_id=word(data, "id", longest=120) or made_id(sender, word(data, "at")),
        sender=sender,
        is_complaint=word(data, "complaint") == "true",
        is_back=word(data, "back") == "true",
        at=moment(data.get("at"), now=now)[0],
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any], datetime], Signal]] = {
    "receipt": _receipt,
    "reply": _uplink,
    "left": _left,
}


def _sender(data: Mapping[str, Any]) -> str:
    found = _address(word(data, "from", needed=True))
    if not found:
        raise Broken("from is no number and no address")
    return found


def _address(text: str) -> str:
    """A number in E.164, or an e-mail address."""
    return text.lower() if "@" in text else e164(text) if text else ""
