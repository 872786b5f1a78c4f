"""The signed webhook as a way out, as the standard's own library reads it."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from zhiyin.messaging.channels.webhook import Webhook, WebhookSetup
from zhiyin.messaging.rules.outcomes import Result
from zhiyin.messaging.rules.setups import BadSetup, read_setup
from zhiyin.messaging.testing import Gateway, make_envelope

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HERE = frozenset({"127.0.0.1"})


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def sender(gateway: Gateway) -> Webhook:
    given = {"url": f"http://127.0.0.1:{gateway.port}/in", "secret": SECRET, "timeout": 1}
    return Webhook("own", read_setup(WebhookSetup, given, private_hosts=HERE), private_hosts=HERE)


def test_the_standards_own_library_believes_what_we_send(gateway: Gateway) -> None:
    envelope = make_envelope(message_id=77, sent_at=datetime.now(UTC))
    with closing(sender(gateway)) as webhook:
        (outcome,) = webhook.send([envelope], still_ours=lambda: {77})
    assert (outcome.result, outcome.provider_id) == (Result.ACCEPTED, "msg_77")
    headers = gateway.headers[0]
    content = json.dumps(gateway.accepted[0], ensure_ascii=False)
    Verifier(SECRET).verify(content, dict(headers))
    data = gateway.accepted[0]["data"]
    assert (headers["webhook-id"], data["message"], data["to"]) == ("msg_77", "77", "+8613800138000")


@pytest.mark.parametrize(
    ("mode", "result"),
    [("ok", "accepted"), ("500", "doubtful"), ("429", "later"), ("401", "not_sent"), ("reset", "doubtful")],
)
def test_what_an_answer_proves(gateway: Gateway, mode: str, result: str) -> None:
    gateway.mode = mode
    envelope = make_envelope()
    with closing(sender(gateway)) as webhook:
        (outcome,) = webhook.send([envelope], still_ours=lambda: {envelope.message_id})
    assert outcome.result == result


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"secret": "a-secret"}, "secret: not_a_webhook_key"),
        ({"secret": "whsec_c2hvcnQ="}, "secret: not_a_webhook_key"),
        ({"secret": "whsec_!!!"}, "secret: not_a_webhook_key"),
        ({"url": "https://169.254.169.254/"}, "url: private_address"),
    ],
)
def test_settings_are_checked(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadSetup) as bad:
        read_setup(WebhookSetup, {"url": "https://own.example.com/in", "secret": SECRET, **changes})
    assert fault in str(bad.value)
