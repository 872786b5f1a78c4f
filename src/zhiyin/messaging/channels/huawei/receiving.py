"""What comes back: reports and replies, as forms, signed where the console's push verification is on."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from zhiyin.messaging.channels.huawei.codes import delivery_of
from zhiyin.messaging.channels.huawei.setup import HuaweiSetup
from zhiyin.messaging.channels.huawei.signing import DATE, date_of, parts_of, signature
from zhiyin.messaging.rules.hearing import Broken, e164, each_read, form_of, moment, our_id, word
from zhiyin.messaging.rules.signals import Callback, Heard, Receipt, Reply, Signal, Unverified, Uplink

THANKS = Reply(content_type="text/plain; charset=utf-8", body="")  # any answer will do
FRESH = timedelta(minutes=15)


class HuaweiReceiver:
    """Reads both pushes. Where the settings have push keys, each must be signed by them, and lately."""

    def __init__(self, setup: HuaweiSetup) -> None:
        self.setup = setup

    def hear(self, callback: Callback) -> Heard:
        if self.setup.is_signed:
            self._verify(callback)
        fields = form_of(callback.body)
        signals, broken = each_read([fields], lambda item: _signal(item, callback.now))
        return Heard(signals=signals, broken=broken, reply=THANKS)

    def _verify(self, callback: Callback) -> None:
        found = parts_of(callback.headers.get("authorization", ""))
        if found is None:
            raise Unverified("no signature")
        key, names, proof = found
        made = date_of(callback.headers.get(DATE, ""))
        if key != self.setup.push_key or DATE not in names:
            raise Unverified("signed by somebody else")
        if made is None or abs(callback.now - made) > FRESH:
            raise Unverified("signed too long ago")
        secret = self.setup.push_secret
        ours = signature(callback.headers, names, path=callback.path, content=callback.body, secret=secret)
        if not hmac.compare_digest(ours, proof):
            raise Unverified("wrong signature")


def _signal(fields: Mapping[str, str], now: datetime) -> Signal:
    return _uplink(fields, now) if "body" in fields else _receipt(fields, now)


def _receipt(fields: Mapping[str, str], now: datetime) -> Receipt:
    status, total = word(fields, "status", needed=True), word(fields, "total", longest=2)
    parts = int(total) if total.isascii() and total.isdigit() else 0
    sequence = word(fields, "sequence", longest=2)
    when, odd = moment(fields.get("updateTime"), now=now, utc=True)
    return Receipt(
        provider_id=word(fields, "smsMsgId", longest=120, needed=True),
        message_id=our_id(word(fields, "extend")),
        delivery=delivery_of(status),
        code=status,
        to=e164(word(fields, "to")),
        at=when,
        segments=parts or None,
        part=int(sequence) if parts > 1 and sequence.isascii() and sequence.isdigit() else 0,
        detail=odd,
    )


def _uplink(fields: Mapping[str, str], now: datetime) -> Uplink:
    sender = e164(word(fields, "from", needed=True))
    if not sender:
        raise Broken("from is no number")
    return Uplink(
        uplink_id=word(fields, "smsMsgId", longest=120, needed=True),
        sender=sender,
        text=word(fields, "body", longest=2000),
        at=moment(fields.get("createTime"), now=now, utc=True)[0],
        extension=word(fields, "to", longest=64),
    )
