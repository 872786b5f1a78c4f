"""A gateway that speaks signed webhook, for tests of the way back: it says what it is told to say."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client

from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.rules.signals import Callback, Reply
from zhiyin.messaging.testing import messages
from zhiyin.outreach.arrivals import answer_callback, work_through_the_inbox
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world
from zhiyin.people.queries import addresses_of

SECRET = "whsec_" + base64.b64encode(b"a key that both of the sides have").decode()
KEY = "gate"
_ids = count(1)


def set_up(key: str = KEY, *, now: datetime = NOW, url: str = "https://gate.example.com/send") -> None:
    """A channel that is called back."""
    make_world(now=now)
    given = ChannelGiven(key=key, kind="webhook", settings={"url": url, "secret": SECRET})
    set_up_channel(given, by=SYSTEM, now=now)


def sent(number: int = 1, *, key: str = KEY, now: datetime = NOW) -> list[int]:
    """So many messages that left by the channel, as the gateway knows them: ``g-{message}``. By the outbox in truth."""
    invited = make_invitations(number, now=now)
    ids = list(messages(invitation_id__in=invited).order_by("pk").values_list("pk", flat=True))
    make_sent(ids, key=key, now=now)
    return ids


def make_sent(ids: list[int], *, key: str = KEY, now: datetime = NOW, state: str = "sent") -> None:
    """As if the channel had sent them just now."""
    for pk in ids:
        row = messages(pk=pk).get()
        messages(pk=pk).update(
            state=state, via=key, sent_at=now, attempts=1, provider_id=f"g-{pk}" if state == "sent" else ""
        )
        lives = {"sent_at": now, "dies_at": now + Invitation.objects.get(pk=row.invitation_id).link_life}
        Invitation.objects.filter(pk=row.invitation_id).update(state=state, token_hash=pk.to_bytes(32, "big"), **lives)


def number_of(message_id: int) -> str:
    """The number that a message went to, in E.164."""
    identity = messages(pk=message_id).values_list("identity_id", flat=True).get()
    assert identity is not None
    return addresses_of([identity])[identity]


def invitation_of(message_id: int) -> Invitation:
    return Invitation.objects.get(pk=messages(pk=message_id).get().invitation_id)


def receipt(message_id: int | None = None, status: str = "delivered", **more: Any) -> dict[str, Any]:
    data = {"message": message_id, "status": status, **more}
    return {"type": "receipt", "data": {name: value for name, value in data.items() if value is not None}}


def reply(sender: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "reply", "data": {"id": f"up-{next(_ids)}", "from": sender, "text": text, **more}}


def signed(body: bytes, *, now: datetime = NOW, identifier: str = "", secret: str = SECRET) -> dict[str, str]:
    """The headers of a call that proves itself."""
    identifier = identifier or f"call-{next(_ids)}"
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, f"{identifier}.{stamp}.".encode() + body, "sha256")).decode()
    return {"webhook-id": identifier, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mac}"}


def callback(body: bytes, *, now: datetime = NOW, **changes: Any) -> Callback:
    values: dict[str, Any] = {
        "method": "POST",
        "query": {},
        "headers": signed(body, now=now),
        "body": body,
        "remote": "203.0.113.7",
        "now": now,
    }
    return Callback(**{**values, **changes})


def says(*items: Mapping[str, Any], key: str = KEY, now: datetime = NOW, **changes: Any) -> Reply:
    """The gateway calls; nothing is worked through yet."""
    return answer_callback(key, callback(json.dumps(items).encode(), now=now, **changes))


def says_and_works(*items: Mapping[str, Any], now: datetime = NOW, key: str = KEY) -> Reply:
    """The gateway calls, and the worker works through it."""
    answer = says(*items, key=key, now=now)
    works(now)
    return answer


def works(now: datetime = NOW) -> int:
    return work_through_the_inbox(now=now)


def sends(now: datetime) -> int:
    """What the worker sends now, by whatever way."""
    return send_due(worker="test", clock=lambda: now).sent


def call(client: Client, path: str, body: bytes, **more: Any) -> HttpResponse:
    """A call over HTTP, signed for the clock of the machine."""
    headers = more.pop("headers", None)
    if headers is None:
        headers = signed(body, now=datetime.now(NOW.tzinfo))
    answer: HttpResponse = client.post(path, body, content_type="application/json", headers=headers, **more)
    return answer
