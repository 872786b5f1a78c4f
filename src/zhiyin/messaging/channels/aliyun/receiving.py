"""What comes back: SmsReport and SmsUp as pushed, and QuerySendDetails for when pushes fall silent."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from zhiyin.messaging.channels.aliyun.codes import BROKE, CAPPED
from zhiyin.messaging.channels.aliyun.sending import call
from zhiyin.messaging.channels.aliyun.setup import AliyunSetup
from zhiyin.messaging.channels.cloud import at, json_in
from zhiyin.messaging.channels.pinned import ConnectionBroke, PinnedClient
from zhiyin.messaging.rules.codes import BEIJING
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

THANKS = Reply(body='{"code": 0, "msg": "成功"}')
PULLED: Mapping[str, Delivery] = {"1": Delivery.ACCEPTED, "2": Delivery.FAILED, "3": Delivery.DELIVERED}


class AliyunReceiver:
    """Reads both pushes, at one address or at two. It verifies nothing: pushes are not signed (see ``guarding``)."""

    def __init__(self, setup: AliyunSetup) -> None:
        self.setup = setup

    def hear(self, callback: Callback) -> Heard:
        items = items_of(json_of(callback.body))
        signals, broken = each_read(items, lambda item: _signal(object_of(item), callback.now))
        return Heard(signals=signals, broken=broken, reply=THANKS)


def _signal(item: Mapping[str, Any], now: datetime) -> Signal:
    return _uplink(item, now) if "content" in item else _receipt(item, now)


def _receipt(item: Mapping[str, Any], now: datetime) -> Receipt:
    provider_id, ours = word(item, "biz_id", longest=120), our_id(word(item, "out_id"))
    if not provider_id and ours is None:
        raise Broken("no message id")
    code, success = word(item, "err_code"), word(item, "success").lower()
    size = word(item, "sms_size", longest=4)
    when, odd = moment(item.get("report_time"), now=now)
    return Receipt(
        provider_id=provider_id,
        message_id=ours,
        delivery={"true": Delivery.DELIVERED, "false": Delivery.FAILED}.get(success, Delivery.UNREAD),
        code=code,
        to=e164(word(item, "phone_number")),
        at=when,
        segments=int(size) if size.isascii() and size.isdigit() else None,
        detail=odd,
        is_daily_cap=success == "false" and code in CAPPED,
        is_out_of_credit=success == "false" and code in BROKE,
    )


def _uplink(item: Mapping[str, Any], now: datetime) -> Uplink:
    sender = e164(word(item, "phone_number", needed=True))
    if not sender:
        raise Broken("phone_number is no number")
    text, sent = word(item, "content", longest=2000), word(item, "send_time")
    return Uplink(
        uplink_id=word(item, "sequence_id", longest=64) or made_id(sender, sent, text),
        sender=sender,
        text=text,
        at=moment(item.get("send_time"), now=now)[0],
        extension=word(item, "dest_code", longest=64),
    )


class AliyunPuller:
    """QuerySendDetails: one call for one message. Replies cannot be asked for."""

    most_at_once = 20

    def __init__(self, setup: AliyunSetup, *, private_hosts: Collection[str] = ()) -> None:
        self.setup, self._private_hosts = setup, private_hosts

    def pull(self, asked: Sequence[Asked], *, now: datetime) -> list[Signal]:
        client = PinnedClient(timeout=self.setup.patience, private_hosts=self._private_hosts)
        found: list[Signal] = []
        try:
            for one in asked[: self.most_at_once]:
                with suppress(ConnectionBroke, Broken):
                    found += self._about(client, one, now)
        finally:
            client.close()
        return found

    def _about(self, client: PinnedClient, one: Asked, now: datetime) -> list[Signal]:
        fields = {
            "PhoneNumber": one.to.removeprefix("+86").removeprefix("+"),
            "SendDate": one.sent_at.astimezone(BEIJING).strftime("%Y%m%d"),
            "PageSize": "10",
            "CurrentPage": "1",
        }
        if one.provider_id:
            fields["BizId"] = one.provider_id
        request = call(self.setup, "QuerySendDetails", fields, now=now)
        answer = client.request(request.method, request.url, headers=request.headers, content=request.content)
        listed = at(json_in(answer), "SmsSendDetailDTOs", "SmsSendDetailDTO")
        items = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
        # Without a number of theirs, several messages of one day can be listed: only ours is meant.
        mine = [each for each in items if our_id(word(each, "OutId")) == one.message_id]
        if not mine and one.provider_id and len(items) == 1:
            mine = items
        return [_pulled(each, one, now) for each in mine[:1]]


def _pulled(item: Mapping[str, Any], one: Asked, now: datetime) -> Receipt:
    code, when = word(item, "ErrCode"), moment(item.get("ReceiveDate"), now=now)[0]
    delivery = PULLED.get(word(item, "SendStatus"), Delivery.UNREAD)
    failed = delivery is Delivery.FAILED
    return Receipt(
        provider_id=one.provider_id,
        message_id=one.message_id,
        delivery=delivery,
        code=code,
        to=e164(word(item, "PhoneNum")) or one.to,
        at=when,
        is_daily_cap=failed and code in CAPPED,
        is_out_of_credit=failed and code in BROKE,
    )
