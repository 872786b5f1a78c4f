"""SendSms: one message to one number, by an approved template."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from zhiyin.messaging.channels.aliyun.codes import NOT_THE_DAY, SENDING
from zhiyin.messaging.channels.aliyun.setup import AliyunSetup
from zhiyin.messaging.channels.aliyun.signing import query_of, signed
from zhiyin.messaging.channels.cloud import at, json_in, judged, said, values_for
from zhiyin.messaging.channels.http import HttpSender, Request
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.rules.outcomes import Outcome

VERSION = "2017-05-25"
AN_HOUR = timedelta(hours=1)


class Aliyun(HttpSender):
    """One account's SMS, for one worker."""

    def __init__(self, key: str, setup: AliyunSetup, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup = setup

    def request(self, envelope: Envelope) -> Request:
        names = list(self.setup.variables)
        values = values_for(list(self.setup.variables.values()), envelope, self.setup.variable_rule)
        fields = {
            "PhoneNumbers": envelope.dialled.removeprefix("+"),
            "SignName": self.setup.sign,
            "TemplateCode": self.setup.template,
            "TemplateParam": json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False),
            "OutId": str(envelope.message_id),
        }
        return call(self.setup, "SendSms", fields, now=envelope.sent_at)

    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        found, now = json_in(answer), envelope.sent_at
        message = said(at(found, "Message"))
        outcome = judged(
            answer,
            said(at(found, "Code")),
            message,
            SENDING,
            hidden=self.setup.hidden,
            provider_id=said(at(found, "BizId")),
            now=now,
        )
        if outcome.is_daily_cap and any(word in message.lower() for word in NOT_THE_DAY):
            return replace(outcome, is_daily_cap=False, retry_after=AN_HOUR)
        return outcome


def call(setup: AliyunSetup, action: str, fields: Mapping[str, str], *, now: datetime) -> Request:
    """One signed call."""
    query = query_of(fields)
    headers = signed(
        {
            "host": urlsplit(setup.url).netloc,
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
        },
        query=query,
        content=b"",
        access_key=setup.access_key,
        secret=setup.secret,
    )
    return Request(url=f"{setup.url.partition('?')[0]}?{query}", headers=headers)
