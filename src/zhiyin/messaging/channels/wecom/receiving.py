"""What WeCom pushes: words of members and customers, and customers who leave or come."""

from collections.abc import Mapping
from datetime import timedelta

from zhiyin.messaging.channels.wecom.setup import WecomSetup
from zhiyin.messaging.channels.weixin.crypt import Crypt, fields_of, when
from zhiyin.messaging.rules.signals import Callback, Heard, Left, Reply, Signal, Unreadable, Unverified, Uplink

TEXT = "text/plain; charset=utf-8"
THANKS = Reply(content_type=TEXT, body="")
REPEATED_WITHIN = timedelta(minutes=1)
GONE = frozenset({"del_follow_user", "del_external_contact"})
CAME = frozenset({"add_external_contact", "add_half_external_contact"})


class WecomReceiver:
    """Believes what is signed with our token and opens with our key."""

    def __init__(self, setup: WecomSetup) -> None:
        self._crypt: Crypt | None = None
        if setup.aes_key:
            self._crypt = Crypt(token=setup.token, aes_key=setup.aes_key, receiver=setup.corp)

    def hear(self, callback: Callback) -> Heard:
        if self._crypt is None:
            raise Unverified("no keys for callbacks are set up")
        if not callback.query.get("msg_signature"):
            raise Unverified("no signature")
        if callback.method == "GET":
            echo = callback.query.get("echostr", "")
            self._crypt.check(callback, "msg_signature", echo)
            return Heard(reply=Reply(content_type=TEXT, body=self._crypt.opened(echo)))
        encrypted = fields_of(callback.body).get("Encrypt", "")
        if not encrypted:
            raise Unreadable("nothing encrypted")
        nonce = self._crypt.check(callback, "msg_signature", encrypted)
        signal = _signal(fields_of(self._crypt.opened(encrypted)))
        return Heard(signals=[signal] if signal else [], reply=THANKS, nonce=nonce, repeats_for=REPEATED_WITHIN)


def _signal(fields: Mapping[str, str]) -> Signal | None:
    """What it says; None for the many events that are not about us."""
    sender, stamp = fields.get("FromUserName", "")[:64], fields.get("CreateTime", "")
    kind = fields.get("MsgType", "")
    if not kind:
        raise Unreadable("no kind")
    if kind == "text" and sender:
        identifier = fields.get("MsgId", "")[:64] or f"{sender}.{stamp}"
        return Uplink(uplink_id=identifier, sender=sender, text=fields.get("Content", ""), at=when(stamp))
    change, customer = fields.get("ChangeType", ""), fields.get("ExternalUserID", "")[:64]
    if kind == "event" and customer and change in GONE | CAME:
        once = f"{customer}.{stamp}.{change}"
        return Left(signal_id=once, sender=customer, is_back=change in CAME, at=when(stamp))
    return None
