"""The SMS gateway in all its moods: what it took, and what we say of it."""

import hmac
import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from zhiyin.messaging.channels import pinned
from zhiyin.messaging.channels.sms import Sms
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import SmsSetup, read_setup
from zhiyin.messaging.testing import Gateway, make_envelope, no_listener

HOSTS = frozenset({"127.0.0.1"})


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def channel(settings: dict[str, Any], hosts: frozenset[str] = HOSTS) -> Sms:
    setup = read_setup(SmsSetup, settings, private_hosts=HOSTS)
    assert isinstance(setup, SmsSetup)
    return Sms("gateway", setup, private_hosts=hosts)


def send_one(settings: dict[str, Any], **changes: Any) -> Outcome:
    sms, envelope = channel(settings), make_envelope(**changes)
    try:
        (outcome,) = sms.send([envelope], still_ours=lambda: {envelope.message_id})
    finally:
        sms.close()
    return outcome


@pytest.mark.parametrize(
    ("mode", "result", "taken"),
    [
        ("ok", Result.ACCEPTED, 1),
        ("refuses", Result.REFUSED, 0),
        ("throttles", Result.LATER, 1),
        ("429", Result.LATER, 1),
        ("401", Result.NOT_SENT, 1),
        ("500", Result.DOUBTFUL, 1),
        ("echoes", Result.REFUSED, 1),
        ("redirects", Result.DOUBTFUL, 1),  # and nothing arrives at the address it names
        ("html", Result.DOUBTFUL, 1),
        ("half body", Result.DOUBTFUL, 1),
        ("endless", Result.DOUBTFUL, 1),
        ("reset", Result.DOUBTFUL, 1),
        ("reset before reading", Result.DOUBTFUL, 0),
        ("silent", Result.DOUBTFUL, 1),
        ("drips", Result.DOUBTFUL, 1),
    ],
)
def test_what_we_say_in_each_mood(gateway: Gateway, mode: str, result: Result, taken: int) -> None:
    gateway.mode = mode
    started = time.monotonic()
    outcome = send_one(gateway.setup())
    assert (outcome.result, len(gateway.accepted)) == (result, taken)
    assert time.monotonic() - started < 2  # its time-out is one second, however slowly it answers
    assert "138" not in outcome.detail


def test_nobody_listens() -> None:
    with no_listener() as port:
        setup = {"url": f"http://127.0.0.1:{port}/", "body": {"to": "{to}", "text": "{text}"}, "timeout": 1}
        assert send_one(setup).result is Result.NOT_SENT


def test_a_name_that_does_not_exist() -> None:
    setup = {"url": "https://gateway.invalid/", "body": {"to": "{to}", "text": "{text}"}, "timeout": 1}
    outcome = send_one(setup)
    assert outcome.result is Result.NOT_SENT
    assert "no such host" in outcome.detail


def test_no_tls_where_it_was_asked_for(gateway: Gateway) -> None:
    settings = gateway.setup(url=f"https://127.0.0.1:{gateway.port}/send")
    assert send_one(settings).result is Result.NOT_SENT
    assert gateway.accepted == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://0x7f000001:{port}/",
        "http://2130706433:{port}/",
        "http://127.1:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0.0.0.0:{port}/",
    ],
)
def test_no_way_to_write_a_private_address_reaches_it(gateway: Gateway, url: str) -> None:
    setup = SmsSetup(url=url.format(port=gateway.port), body={"to": "{to}", "text": "{text}"}, timeout=1)
    sms, envelope = Sms("gateway", setup), make_envelope()
    (outcome,) = sms.send([envelope], still_ours=lambda: {envelope.message_id})
    sms.close()
    assert outcome.result is Result.NOT_SENT
    assert gateway.connections == 0


def test_a_name_that_also_has_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(pinned.ConnectionBroke, match="not allowed"):
        pinned.checked_address("gateway.example.com", 443)


def test_the_socket_goes_to_the_address_that_was_checked(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name answers with the gateway once, and with somebody else ever after."""
    real, answers = socket.getaddrinfo, ["127.0.0.1"]

    def getaddrinfo(host: str, *rest: Any, **named: Any) -> Any:
        return real(answers.pop() if host == "gateway.example.com" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    setup = SmsSetup(
        url=f"http://gateway.example.com:{gateway.port}/send", body={"id": "{message}", "to": "{to}"}, timeout=1
    )
    sms, envelope = Sms("gateway", setup, private_hosts={"gateway.example.com"}), make_envelope()
    (outcome,) = sms.send([envelope], still_ours=lambda: {envelope.message_id})
    sms.close()
    assert outcome.result is Result.ACCEPTED
    assert gateway.headers[0]["host"] == f"gateway.example.com:{gateway.port}"


def test_what_the_gateway_gets_as_json(gateway: Gateway) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    settings = gateway.setup(
        body={"id": "{message}", "to": "{to}", "long": "{e164}", "vars": ["{text}", "{link}", "{token}"], "n": 1},
        headers={"Authorization": "Bearer x"},
        signature_header="X-Signature",
        secret=secret,
    )
    assert send_one(settings, message_id=77, text="【云桥】{to}") == Outcome(Result.ACCEPTED, provider_id="g-1")
    assert gateway.accepted == [
        {
            "id": "77",
            "to": "13800138000",
            "long": "+8613800138000",
            "vars": ["【云桥】{to}", "http://s.example.cn/s/0123456789Ab", "0123456789Ab"],
            "n": 1,
        }
    ]
    headers = gateway.headers[0]
    body = json.dumps(gateway.accepted[0], ensure_ascii=False).encode()
    assert headers["authorization"] == "Bearer x"
    assert headers["x-signature"] == hmac.new(secret.encode(), body, "sha256").hexdigest()


def test_what_the_gateway_gets_as_a_form(gateway: Gateway) -> None:
    settings = gateway.setup(format="form", body={"mobile": "{to}", "content": "{text}"})
    send_one(settings, text="满意&不满意=?")
    assert parse_qs(gateway.accepted[0]["form"]) == {"mobile": ["13800138000"], "content": ["满意&不满意=?"]}
    assert gateway.headers[0]["content-type"] == "application/x-www-form-urlencoded"


def test_several_at_once_keep_their_order_and_leave_out_what_is_not_ours(gateway: Gateway) -> None:
    sms = channel(gateway.setup(at_once=4))
    envelopes = [make_envelope() for _ in range(10)]
    ours = {each.message_id for each in envelopes[1:]}
    outcomes = sms.send(envelopes, still_ours=lambda: ours)
    sms.close()
    assert [outcome.result for outcome in outcomes] == [Result.NOT_SENT] + [Result.ACCEPTED] * 9
    assert sorted(gateway.ids()) == sorted(str(each.message_id) for each in envelopes[1:])


def test_the_connection_is_kept_for_the_next_message(gateway: Gateway) -> None:
    sms = channel(gateway.setup())
    for _ in range(3):
        envelope = make_envelope()
        (outcome,) = sms.send([envelope], still_ours=lambda: {envelope.message_id})  # noqa: B023  (called at once)
        assert outcome.result is Result.ACCEPTED
    sms.close()


def test_nobody_can_ask_this_gateway_afterwards(gateway: Gateway) -> None:
    sms = channel(gateway.setup())
    assert sms.place() == ""
    with sms.witness() as witness:
        assert witness is not None
        assert witness.left("", "1") is None
    sms.close()


def test_what_the_gateway_repeats_of_our_keys_is_struck_out(gateway: Gateway) -> None:
    gateway.mode = "echoes"
    body = {"account": "N1234567", "password": "pass-word-1", "id": "{message}", "to": "{to}", "text": "{token}"}
    outcome = send_one(gateway.setup(body=body, headers={"Authorization": "Bearer head-key"}))
    assert '"account": "***", "password": "***"' in outcome.detail
    assert outcome.detail.endswith('"***"]')
