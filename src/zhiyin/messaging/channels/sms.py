"""SMS by a generic HTTP gateway that is described in settings, not in code."""

import hmac
import json
from collections.abc import Collection
from urllib.parse import urlencode

from zhiyin.messaging.channels.http import HttpSender, Request
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.rules.answers import read_http
from zhiyin.messaging.rules.outcomes import Outcome
from zhiyin.messaging.rules.setups import SmsSetup, filled


class Sms(HttpSender):
    """One gateway, for one worker. ``at_once`` requests go side by side, one message each."""

    def __init__(self, key: str, setup: SmsSetup, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup, self._reading = setup, setup.reading

    def request(self, envelope: Envelope) -> Request:
        content, kind = _body(self.setup, envelope)
        headers = {**self.setup.headers, "content-type": kind}
        if self.setup.signature_header:
            headers[self.setup.signature_header] = hmac.new(self.setup.secret.encode(), content, "sha256").hexdigest()
        return Request(method=self.setup.method, url=self.setup.url, headers=headers, content=content)

    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        return read_http(answer.status, answer.body, headers=answer.headers, reading=self._reading)


def _body(setup: SmsSetup, envelope: Envelope) -> tuple[bytes, str]:
    values = {
        "to": envelope.dialled,
        "e164": envelope.to,
        "text": envelope.text,
        "link": envelope.link or "",
        "token": envelope.token,
        "message": str(envelope.message_id),
    }
    fields = filled(setup.body, values)
    if setup.format == "form":
        return urlencode(fields, encoding="utf-8", errors="replace").encode(), "application/x-www-form-urlencoded"
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace"), "application/json; charset=utf-8"
