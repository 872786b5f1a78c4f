"""What an official account pushes: receipts of template messages, what followers write, and that they leave."""

from collections.abc import Mapping
from datetime import timedelta

from zhiyin.messaging.channels.wechat.setup import WechatSetup
from zhiyin.messaging.channels.weixin.crypt import Crypt, fields_of, when
from zhiyin.messaging.rules.signals import (
    Callback,
    Delivery,
    Heard,
    Left,
    Receipt,
    Reply,
    Signal,
    Unreadable,
    Unverified,
    Uplink,
)

TEXT = "text/plain; charset=utf-8"
THANKS = Reply(content_type=TEXT, body="success")
LONGEST_ECHO = 200
REPEATED_WITHIN = timedelta(minutes=1)  # three times, when our reply does not come within five seconds


class WechatReceiver:
    """Believes what is signed with our token and opens with our key."""

    def __init__(self, setup: WechatSetup) -> None:
        self._crypt = Crypt(token=setup.token, aes_key=setup.aes_key, receiver=setup.app)

    def hear(self, callback: Callback) -> Heard:
        if callback.method == "GET":
            self._crypt.check(callback, "signature")
            return Heard(reply=Reply(content_type=TEXT, body=callback.query.get("echostr", "")[:LONGEST_ECHO]))
        if not callback.query.get("msg_signature"):
            raise Unverified("no signature")  # plain mode: the signature would not cover the words
        encrypted = fields_of(callback.body).get("Encrypt", "")
        if not encrypted:
            raise Unreadable("nothing encrypted")
        nonce = self._crypt.check(callback, "msg_signature", encrypted)
        fields = fields_of(self._crypt.opened(encrypted))
        signal = _signal(fields)
        return Heard(signals=[signal] if signal else [], reply=THANKS, nonce=nonce, repeats_for=REPEATED_WITHIN)


def _signal(fields: Mapping[str, str]) -> Signal | None:
    """What it says; None for the many events that are not about us."""
    sender, stamp = fields.get("FromUserName", "")[:64], fields.get("CreateTime", "")
    kind, event = fields.get("MsgType", ""), fields.get("Event", "").lower()
    if not sender or not kind:
        raise Unreadable("no sender, or no kind")
    once = f"{sender}.{stamp}"  # events have no id of their own (G67)
    if kind != "event":
        text = fields.get("Content", "") if kind == "text" else f"[{kind}]"
        return Uplink(uplink_id=fields.get("MsgId", "")[:64] or once, sender=sender, text=text, at=when(stamp))
    if event == "templatesendjobfinish":
        return _receipt(fields, sender)
    if event in ("subscribe", "unsubscribe"):
        return Left(signal_id=f"{once}.{event}", sender=sender, is_back=event == "subscribe", at=when(stamp))
    return None


def _receipt(fields: Mapping[str, str], sender: str) -> Receipt:
    status = fields.get("Status", "").lower()
    delivery = (
        Delivery.DELIVERED
        if status == "success"
        else Delivery.FAILED
        if status.startswith("failed")
        else Delivery.UNREAD
    )
    return Receipt(
        provider_id=fields.get("MsgID", "")[:64],
        delivery=delivery,
        code=status[:60],
        to=sender,
        at=when(fields.get("CreateTime", "")),
    )
