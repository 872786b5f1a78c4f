"""What comes back: reports and replies as pushed, and the calls that hand out what waits there unread."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from zhiyin.messaging.channels.cloud import at, json_in
from zhiyin.messaging.channels.pinned import ConnectionBroke, PinnedClient
from zhiyin.messaging.channels.tencent.sending import call
from zhiyin.messaging.channels.tencent.setup import TencentSetup
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
from zhiyin.messaging.rules.signals import Asked, Callback, Delivery, Heard, Receipt, Reply, Signal, Uplink

THANKS = Reply(body='{"result": 0, "errmsg": "OK"}')
STATUS: Mapping[str, Delivery] = {"SUCCESS": Delivery.DELIVERED, "FAIL": Delivery.FAILED}
MOST_ROUNDS = 10  # of a hundred reports each, in one pull


class TencentReceiver:
    """Reads reports (an array) and replies (an object), at one address or at two. Callbacks are not signed."""

    def __init__(self, setup: TencentSetup) -> None:
        self.setup = setup

    def hear(self, callback: Callback) -> Heard:
        found = json_of(callback.body)
        items = [found] if isinstance(found, dict) and "text" in found else items_of(found)
        signals, broken = each_read(items, lambda item: _signal(object_of(item), callback.now))
        return Heard(signals=signals, broken=broken, reply=THANKS)


def _signal(item: Mapping[str, Any], now: datetime) -> Signal:
    return _uplink(item, now) if "text" in item else _receipt(item, now)


def _receipt(item: Mapping[str, Any], now: datetime) -> Receipt:
    when, odd = moment(item.get("user_receive_time"), now=now)
    return Receipt(
        provider_id=word(item, "sid", longest=120, needed=True),
        delivery=STATUS.get(word(item, "report_status").upper(), Delivery.UNREAD),
        code=word(item, "errmsg"),
        to=e164(word(item, "mobile"), country=word(item, "nationcode", longest=6)),
        at=when,
        detail=odd or word(item, "description", longest=1000)[:200],
    )


def _uplink(item: Mapping[str, Any], now: datetime) -> Uplink:
    sender = e164(word(item, "mobile", needed=True), country=word(item, "nationcode", longest=6))
    if not sender:
        raise Broken("mobile is no number")
    text, when = word(item, "text", longest=2000), item.get("time")
    return Uplink(
        uplink_id=made_id(sender, str(when), text),
        sender=sender,
        text=text,
        at=moment(when, now=now)[0],
        extension=word(item, "extend", longest=64),
    )


class TencentPuller:
    """PullSmsSendStatus and PullSmsReplyStatus: whatever waits there. Each report is handed out once."""

    most_at_once = 1000

    def __init__(self, setup: TencentSetup, *, private_hosts: Collection[str] = ()) -> None:
        self.setup, self._private_hosts = setup, private_hosts

    def pull(self, asked: Sequence[Asked], *, now: datetime) -> list[Signal]:
        client = PinnedClient(timeout=self.setup.patience, private_hosts=self._private_hosts)
        try:
            return [
                *self._waiting(client, "PullSmsSendStatus", "PullSmsSendStatusSet", _pulled_receipt, now),
                *self._waiting(client, "PullSmsReplyStatus", "PullSmsReplyStatusSet", _pulled_uplink, now),
            ]
        finally:
            client.close()

    def _waiting(
        self,
        client: PinnedClient,
        action: str,
        name: str,
        read: Callable[[Mapping[str, Any], datetime], Signal],
        now: datetime,
    ) -> list[Signal]:
        found: list[Signal] = []
        with suppress(ConnectionBroke):
            for _ in range(MOST_ROUNDS):
                request = call(self.setup, action, {"Limit": 100, "SmsSdkAppId": self.setup.app}, now=now)
                answer = client.request(request.method, request.url, headers=request.headers, content=request.content)
                items = at(json_in(answer), "Response", name)
                if not isinstance(items, list) or not items:
                    break
                found += each_read(items, lambda item: read(object_of(item), now))[0]
        return found


def _pulled_receipt(item: Mapping[str, Any], now: datetime) -> Receipt:
    return Receipt(
        provider_id=word(item, "SerialNo", longest=120, needed=True),
        message_id=our_id(word(item, "SessionContext", longest=512)),
        delivery=STATUS.get(word(item, "ReportStatus").upper(), Delivery.UNREAD),
        code=word(item, "Description", longest=1000)[:200],
        to=e164(word(item, "PhoneNumber")),
        at=moment(item.get("UserReceiveTime"), now=now)[0],
    )


def _pulled_uplink(item: Mapping[str, Any], now: datetime) -> Uplink:
    sender = e164(word(item, "PhoneNumber", needed=True))
    if not sender:
        raise Broken("PhoneNumber is no number")
    text, when = word(item, "ReplyContent", longest=2000), item.get("ReplyTime")
    return Uplink(
        uplink_id=made_id(sender, str(when), text),
        sender=sender,
        text=text,
        at=moment(when, now=now)[0],
        extension=word(item, "ExtendCode", longest=64),
    )
