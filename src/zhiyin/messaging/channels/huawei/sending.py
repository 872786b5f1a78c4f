"""batchSendSms: one message to one number, by an approved template."""

import json
import secrets
from collections.abc import Collection
from datetime import UTC
from urllib.parse import urlencode, urlsplit

from zhiyin.messaging.channels.cloud import at, json_in, judged, said, values_for
from zhiyin.messaging.channels.http import HttpSender, Request
from zhiyin.messaging.channels.huawei.codes import SENDING
from zhiyin.messaging.channels.huawei.setup import HuaweiSetup
from zhiyin.messaging.channels.huawei.signing import DATE, authorization, wsse
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.rules.codes import Means
from zhiyin.messaging.rules.outcomes import Outcome

PATH = "/sms/batchSendSms/v1"
FORM = "application/x-www-form-urlencoded"


class Huawei(HttpSender):
    """One application's SMS, for one worker. ``callback`` is where reports go if the settings name no other."""

    def __init__(
        self, key: str, setup: HuaweiSetup, *, callback: str = "", private_hosts: Collection[str] = ()
    ) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup, self._callback = setup, setup.callback or callback

    def request(self, envelope: Envelope) -> Request:
        setup = self.setup
        values = values_for(setup.variables, envelope, setup.variable_rule)
        fields = {
            "from": setup.sender,
            "to": envelope.to,
            "templateId": setup.template,
            "templateParas": json.dumps(values, ensure_ascii=False),
            "extend": str(envelope.message_id),
        }
        fields |= {"signature": setup.sign} if setup.sign else {}
        fields |= {"statusCallback": self._callback} if self._callback else {}
        content = urlencode(fields, encoding="utf-8", errors="replace").encode()
        base = urlsplit(setup.url)
        path = f"{base.path.rstrip('/')}{PATH}"
        headers = {"content-type": FORM, "host": base.netloc}
        if setup.authentication == "wsse":
            headers |= wsse(key=setup.app_key, secret=setup.secret, nonce=secrets.token_hex(16), now=envelope.sent_at)
        else:
            headers[DATE] = envelope.sent_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            proof = authorization(headers, path=path, content=content, key=setup.app_key, secret=setup.secret)
            headers["authorization"] = proof
        return Request(url=f"{base.scheme}://{base.netloc}{path}", headers=headers, content=content)

    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        found = json_in(answer)
        code, told = said(at(found, "code")), at(found, "result", 0)
        status = said(at(told, "status"))
        # The call and the message have a word each; where the call has no good one, the message's is the closer one.
        if status and SENDING.means(code) in (Means.ACCEPTED, Means.REFUSED):
            code = status
        elif SENDING.means(code) is Means.ACCEPTED:
            code = ""
        return judged(
            answer,
            code,
            said(at(found, "description")),
            SENDING,
            hidden=self.setup.hidden,
            provider_id=said(at(told, "smsMsgId")),
            now=envelope.sent_at,
        )
