"""One message, one signed POST."""

import json
from collections.abc import Collection

from standardwebhooks import Webhook as Signer

from zhiyin.messaging.channels.http import HttpSender, Request
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.channels.webhook.setup import WebhookSetup
from zhiyin.messaging.rules.answers import Reading, read_http
from zhiyin.messaging.rules.outcomes import Outcome, Result


class Webhook(HttpSender):
    """One address, for one worker. Any 2xx takes the message; whatever else is complete is a no."""

    def __init__(self, key: str, setup: WebhookSetup, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup = setup

    def request(self, envelope: Envelope) -> Request:
        data = {
            "message": str(envelope.message_id),
            "invitation": str(envelope.invitation_id) if envelope.invitation_id else None,
            "to": envelope.to,
            "subject": envelope.subject,
            "text": envelope.text,
            "link": envelope.link,
            "token": envelope.token,
            "unsubscribe": envelope.unsubscribe,
        }
        body = {"type": "message.send", "timestamp": envelope.sent_at.isoformat(), "data": data}
        content = json.dumps(body, ensure_ascii=False)
        identifier = f"msg_{envelope.message_id}"
        headers = {
            "content-type": "application/json; charset=utf-8",
            "webhook-id": identifier,
            "webhook-timestamp": str(int(envelope.sent_at.timestamp())),
            "webhook-signature": Signer(self.setup.secret).sign(identifier, envelope.sent_at, content),
        }
        return Request(url=self.setup.url, headers=headers, content=content.encode())

    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        if 200 <= answer.status < 300:
            return Outcome(Result.ACCEPTED, provider_id=f"msg_{envelope.message_id}")
        reading = Reading(hidden=self.setup.hidden)
        return read_http(answer.status, answer.body, headers=answer.headers, reading=reading)
