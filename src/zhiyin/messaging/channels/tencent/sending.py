"""SendSms: one message to one number, by an approved template."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from zhiyin.messaging.channels.cloud import at, json_in, judged, said, values_for
from zhiyin.messaging.channels.http import HttpSender, Request
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.channels.tencent.codes import SENDING
from zhiyin.messaging.channels.tencent.setup import TencentSetup
from zhiyin.messaging.channels.tencent.signing import authorization
from zhiyin.messaging.rules.outcomes import Outcome

VERSION = "2021-01-11"


class Tencent(HttpSender):
    """One application's SMS, for one worker."""

    def __init__(self, key: str, setup: TencentSetup, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup = setup

    def request(self, envelope: Envelope) -> Request:
        fields = {
            "PhoneNumberSet": [envelope.to],
            "SmsSdkAppId": self.setup.app,
            "SignName": self.setup.sign,
            "TemplateId": self.setup.template,
            "TemplateParamSet": values_for(self.setup.variables, envelope, self.setup.variable_rule),
            "SessionContext": str(envelope.message_id),
        }
        return call(self.setup, "SendSms", fields, now=envelope.sent_at)

    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        response = at(json_in(answer), "Response")
        told = at(response, "Error") or at(response, "SendStatusSet", 0)
        return judged(
            answer,
            said(at(told, "Code")),
            said(at(told, "Message")),
            SENDING,
            hidden=self.setup.hidden,
            provider_id=said(at(told, "SerialNo")),
            now=envelope.sent_at,
        )


def call(setup: TencentSetup, action: str, fields: Mapping[str, object], *, now: datetime) -> Request:
    """One signed call."""
    content = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
    headers = {
        "content-type": "application/json; charset=utf-8",
        "host": urlsplit(setup.url).netloc,
        "x-tc-action": action,
        "x-tc-version": VERSION,
        "x-tc-timestamp": str(int(now.timestamp())),
        "x-tc-region": setup.region,
    }
    headers["authorization"] = authorization(
        headers, service="sms", content=content, secret_id=setup.secret_id, secret=setup.secret, now=now
    )
    return Request(url=setup.url, headers=headers, content=content)
