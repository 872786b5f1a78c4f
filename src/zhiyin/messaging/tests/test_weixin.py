"""WeChat and WeCom: what they push is proven before it is read; messages carry a lent key (G10–G26, G65–G67)."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.messaging.channels.protocol import Sender
from zhiyin.messaging.channels.wechat import Wechat, WechatReceiver, WechatSetup
from zhiyin.messaging.channels.wecom import Wecom, WecomReceiver, WecomSetup
from zhiyin.messaging.models import AccessToken
from zhiyin.messaging.receiving.closing import close_address
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import BadSetup, read_setup
from zhiyin.messaging.rules.signals import Delivery, Left, Receipt, Unreadable, Unverified, Uplink
from zhiyin.messaging.testing import NOW, make_envelope
from zhiyin.messaging.tests.weixin_calls import (
    AES_KEY,
    KEY,
    WECHAT,
    WECOM,
    asked,
    encrypted,
    event,
    pushed,
    query_for,
    text,
    xml,
)

APP, CORP = WECHAT["app"], WECOM["corp"]
wechat = WechatReceiver(read_setup(WechatSetup, WECHAT))
wecom = WecomReceiver(read_setup(WecomSetup, WECOM))
BLOCKS = 32


def test_g14_the_test_of_the_address_is_echoed_as_plain_text() -> None:
    reply = wechat.hear(asked({**query_for(name="signature"), "echostr": "4711<b>"})).reply
    assert (reply.status, reply.content_type, reply.body) == (200, "text/plain; charset=utf-8", "4711<b>")
    sealed = encrypted("1616140317555161061", CORP)
    assert wecom.hear(asked({**query_for(sealed), "echostr": sealed})).reply.body == "1616140317555161061"


@pytest.mark.parametrize("receiver", [wechat, wecom])
def test_g15_an_unsigned_echo_is_refused(receiver: Any) -> None:
    for query in ({}, {"echostr": "<script>"}, {**query_for("x"), "signature": "0" * 40, "echostr": "<script>"}):
        with pytest.raises(Unverified):
            receiver.hear(asked(query))


def refused(callback: Any, receiver: Any = wechat) -> str:
    with pytest.raises(Unverified) as why:
        receiver.hear(callback)
    return str(why.value)


def test_g03_to_g06_what_is_not_signed_or_old_is_refused() -> None:
    inner = text("R")
    assert refused(pushed(inner, APP, query={})) == "no signature"
    assert refused(pushed(inner, APP, query=query_for("other"))) == "wrong signature"
    assert refused(pushed(inner, APP, body=xml(Encrypt=encrypted(inner, APP)).encode())) == "wrong signature"
    old = pushed(inner, APP, now=NOW - timedelta(minutes=16))
    assert refused(pushed(inner, APP, query=old.query, body=old.body)) == "too old"
    assert refused(pushed(inner, APP, query=query_for(name="signature"), body=inner.encode())) == "no signature"


def test_g11_bad_padding_and_another_key_do_not_open() -> None:
    for sealed in (
        base64.b64encode(b"x" * 64).decode(),
        base64.b64encode(b"x" * 5).decode(),
        "!!!",
        encrypted(text("R"), APP, key=KEY[::-1]),
        base64.b64encode(b"").decode() or "=",
    ):
        callback = pushed("", APP, query=query_for(sealed), body=xml(Encrypt=sealed).encode())
        assert refused(callback) == "does not open"


def test_g12_what_is_meant_for_another_account_is_refused() -> None:
    assert refused(pushed(text("R"), "wx-somebody-else")) == "meant for another account"


BROKEN = {
    "G16 empty": b"",
    "G17 not XML": b"{}",
    "G21 a zero byte": b"<xml>\x00</xml>",
    "G22 GBK": "<xml><a>退</a></xml>".encode("gbk"),
    "G23 XXE": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
    "G24 an entity bomb": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
    "G25 another root": b"<html><Encrypt>x</Encrypt></html>",
    "G26 a field twice": b"<xml><Encrypt>x</Encrypt><Encrypt>y</Encrypt></xml>",
    "nothing encrypted": b"<xml><a>1</a></xml>",
    "an unknown encoding": b'<?xml version="1.0" encoding="nonsense"?><xml/>',
    "deep": b"<xml>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</xml>",
    "long": b"<xml>" + b" " * 300_000 + b"</xml>",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("receiver", [wechat, wecom])
def test_g16_to_g26_what_nobody_can_read_says_so(receiver: Any, body: bytes) -> None:
    with pytest.raises(Unreadable):
        receiver.hear(pushed("", APP, query=query_for("x"), body=body))


def test_what_is_inside_may_be_broken_too() -> None:
    for inner in ("", "<a", "<xml></xml>", xml(MsgType="event")):
        with pytest.raises(Unreadable):
            wechat.hear(pushed(inner, APP))


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        ("success", Delivery.DELIVERED),
        ("failed:user block", Delivery.FAILED),
        ("failed: system failed", Delivery.FAILED),
        ("tachyon", Delivery.UNREAD),
    ],
)
def test_what_became_of_a_template_message(status: str, delivery: Delivery) -> None:
    (signal,) = wechat.hear(pushed(event("TEMPLATESENDJOBFINISH", MsgID=200163836, Status=status), APP)).signals
    assert isinstance(signal, Receipt)
    assert (signal.provider_id, signal.delivery, signal.to, signal.at) == ("200163836", delivery, "o-1", NOW)


def test_g65_to_g67_departures_and_replies_are_known_by_what_they_have() -> None:
    heard = wechat.hear(pushed(event("unsubscribe"), APP))
    (left,) = heard.signals
    assert isinstance(left, Left)
    assert (left.sender, left.is_back, left.signal_id) == ("o-1", False, f"o-1.{int(NOW.timestamp())}.unsubscribe")
    assert (heard.reply.body, heard.reply.content_type) == ("success", "text/plain; charset=utf-8")
    (back,) = wechat.hear(pushed(event("subscribe"), APP)).signals
    assert isinstance(back, Left)
    assert back.is_back
    (reply,) = wechat.hear(pushed(text("退订", identifier=23), APP)).signals
    assert isinstance(reply, Uplink)
    assert (reply.uplink_id, reply.text, reply.sender) == ("23", "退订", "o-1")
    assert wechat.hear(pushed(event("LOCATION"), APP)).signals == []


def test_wecom_customers_who_delete_a_colleague_have_left() -> None:
    gone = event("change_external_contact", sender="sys", ChangeType="del_follow_user", ExternalUserID="wm-1")
    (left,) = wecom.hear(pushed(gone, CORP)).signals
    assert isinstance(left, Left)
    assert (left.sender, left.is_back) == ("wm-1", False)
    (reply,) = wecom.hear(pushed(text("好的", sender="zhangsan"), CORP)).signals
    assert isinstance(reply, Uplink)
    with pytest.raises(Unverified):
        WecomReceiver(read_setup(WecomSetup, {**WECOM, "token": "", "aes_key": ""})).hear(pushed(gone, CORP))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"aes_key": "short"}, "aes_key: not_an_aes_key"),
        ({"url": "http://10.0.0.1"}, "url: private_address"),
        ({"variables": {"a": "{link}"}}, "variables: unknown_variable"),
        ({"secret": "密"}, "secret: not_ascii"),
    ],
)
def test_settings_are_checked(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadSetup) as bad:
        read_setup(WechatSetup, {**WECHAT, **changes})
    assert fault in str(bad.value)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"agent": "one"}, "agent: not_a_number"),
        ({"aes_key": ""}, "aes_key: not_an_aes_key"),
        ({"token": ""}, "token: missing"),
        ({"url": "ftp://x"}, "url: not_a_url"),
        ({"corp": "企业"}, "corp: not_ascii"),
    ],
)
def test_wecom_settings_are_checked(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadSetup) as bad:
        read_setup(WecomSetup, {**WECOM, "aes_key": AES_KEY, **changes})
    assert fault in str(bad.value)


class Tencents:
    """Their servers: lend keys and take messages, or not."""

    def __init__(self) -> None:
        self.lent = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[dict[str, Any]] = []
        self.lends = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                said = json.dumps(outer.answer(self.path, json.loads(body) if body else {})).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        if "token" in path.partition("?")[0]:
            self.lent += 1
            lent = {"access_token": f"lent-{self.lent}", "expires_in": 7200}
            return lent if self.lends else {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.calls.append((path, fields))
        return self.answers.pop(0) if self.answers else {"errcode": 0, "errmsg": "ok", "msgid": 9}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def servers() -> Iterator[Tencents]:
    running = Tencents()
    yield running
    running.close()


HERE = frozenset({"127.0.0.1"})


def account(servers: Tencents, **changes: Any) -> Wechat:
    setup = read_setup(WechatSetup, {**WECHAT, "url": servers.url, **changes}, private_hosts=HERE)
    return Wechat("wx", setup, private_hosts=HERE)


def sent(sender: Sender, **changes: Any) -> Outcome:
    envelope = make_envelope(**{"to": "o-1", "words": {"organisation": "云桥", "hours": "8"}, **changes})
    (outcome,) = sender.send([envelope], still_ours=lambda: {envelope.message_id})
    return outcome


@pytest.mark.django_db
def test_a_template_message_carries_a_lent_key_the_link_and_our_id(servers: Tencents) -> None:
    outcome = sent(account(servers), message_id=77)
    assert (outcome.result, outcome.provider_id) == (Result.ACCEPTED, "9")
    ((path, fields),) = servers.calls
    assert path == "/cgi-bin/message/template/send?access_token=lent-1"
    assert fields == {
        "touser": "o-1",
        "template_id": "t-1",
        "data": {"thing1": {"value": "云桥"}, "thing2": {"value": "8小时内有效"}},
        "client_msg_id": "77",
        "url": "http://s.example.cn/s/0123456789Ab",
    }


@pytest.mark.django_db
def test_one_key_serves_all_workers_and_is_sealed(servers: Tencents) -> None:
    for _ in range(3):
        assert sent(account(servers)).result is Result.ACCEPTED
    assert servers.lent == 1
    row = AccessToken.objects.get()
    assert b"lent" not in bytes(row.token_sealed or b"")
    assert row.expires_at == NOW + timedelta(hours=2) - timedelta(minutes=5)


@pytest.mark.django_db
@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_key_that_is_over_is_asked_for_anew_and_the_message_goes_once(servers: Tencents, code: int) -> None:
    sent(account(servers))
    servers.answers = [{"errcode": code, "errmsg": "access_token expired"}]
    assert sent(account(servers)).result is Result.ACCEPTED
    assert [path.partition("=")[2] for path, _ in servers.calls] == ["lent-1", "lent-1", "lent-2"]
    assert sent(account(servers)).result is Result.ACCEPTED
    assert servers.lent == 2, "the new one was kept"


@pytest.mark.django_db
def test_without_a_key_nothing_has_left(servers: Tencents) -> None:
    servers.lends = False
    outcome = sent(account(servers))
    assert (outcome.result, servers.calls) == (Result.NOT_SENT, [])
    assert "40125" not in outcome.detail or "invalid" not in outcome.detail


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"errcode": 43004, "errmsg": "require subscribe"}, Result.REFUSED),
        ({"errcode": 45009, "errmsg": "reach max api daily quota limit"}, Result.LATER),
        ({"errcode": 40037, "errmsg": "invalid template_id"}, Result.NOT_SENT),
        ({"errcode": -1, "errmsg": "system error"}, Result.LATER),
        ({"errcode": 99999, "errmsg": "what"}, Result.DOUBTFUL),
        ({"ok": True}, Result.DOUBTFUL),
        ({"errcode": 0}, Result.DOUBTFUL),  # taken, and no number of it
    ],
)
def test_answers_are_read_pessimistically(servers: Tencents, answer: dict[str, Any], result: Result) -> None:
    servers.answers = [answer]
    assert sent(account(servers)).result is result


@pytest.mark.django_db
def test_whoever_left_the_account_is_not_written_to(servers: Tencents, settings: Settings) -> None:
    close_address("wechat", "o-1", because="left", at=NOW)
    stays, goes = make_envelope(to="o-1"), make_envelope(to="o-2")
    outcomes = account(servers).send([stays, goes], still_ours=lambda: {stays.message_id, goes.message_id})
    assert [one.result for one in outcomes] == [Result.REFUSED, Result.ACCEPTED]
    assert [fields["touser"] for _, fields in servers.calls] == ["o-2"]


@pytest.mark.django_db
def test_wecom_writes_to_members_and_asks_colleagues_to_write_to_customers(servers: Tencents) -> None:
    setup = read_setup(WecomSetup, {**WECOM, "url": servers.url}, private_hosts=HERE)
    assert sent(Wecom("wc", setup, private_hosts=HERE), to="ZhangSan").result is Result.ACCEPTED
    servers.answers = [{"errcode": 0, "invaliduser": "zhangsan", "msgid": "x"}]
    assert sent(Wecom("wc", setup, private_hosts=HERE), to="ZhangSan").result is Result.REFUSED
    in_the_name = read_setup(WecomSetup, {**WECOM, "url": servers.url, "sender": "lisi"}, private_hosts=HERE)
    assert sent(Wecom("wc2", in_the_name, private_hosts=HERE), to="wm-1").result is Result.ACCEPTED
    (path, fields), _, (task, asked_for) = servers.calls
    assert path.startswith("/cgi-bin/message/send?")
    assert (fields["touser"], fields["agentid"], fields["enable_duplicate_check"]) == ("ZhangSan", 1000002, 1)
    assert task.startswith("/cgi-bin/externalcontact/add_msg_template?")
    assert (asked_for["sender"], asked_for["external_userid"]) == ("lisi", ["wm-1"])
