"""The gateway simulator itself: its page, its control, what it sends back, and that nobody else may steer it."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode
from urllib.request import Request, urlopen

import pytest

from zhiyin.messaging.rules.signals import Delivery, Receipt, Uplink
from zhiyin.messaging.simulator import pushes
from zhiyin.messaging.simulator.faults import BY_NUMBER, KNOWN, Rule, mood_of
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.tests.test_clouds import message, send, sender_of
from zhiyin.messaging.tests.test_hearing import aliyun, callback, huawei, tencent

MAKERS = {"aliyun": aliyun, "tencent": tencent, "huawei": huawei}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.world.receipt_after = 0.02
        yield running


class Listener:
    """Our own side, where receipts arrive."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(listener.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/gateways/x/secret/"

    def __enter__(self) -> "Listener":
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def get(simulator: Simulator, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{simulator.port}{path}", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def tell(simulator: Simulator, what: str, given: Any, **headers: str) -> int:
    body = json.dumps(given).encode()
    request = Request(f"http://127.0.0.1:{simulator.port}/_control/{what}", data=body, headers=headers)
    request.add_header("Content-Type", "application/json")
    try:
        with urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as refused:
        refused.close()
        return refused.code


@pytest.mark.parametrize("name", ["aliyun", "tencent", "huawei"])
class TestWhatComesBack:
    def test_a_receipt_and_a_reply_that_our_reader_understands(self, simulator, name):
        with Listener() as listener:
            tell(simulator, "callbacks", {name: listener.url})
            (outcome,) = send(sender_of(name, simulator), message())
            assert simulator.wait(lambda world: world.pushes)
            assert tell(simulator, "reply", {"to": "13800138000", "text": "退订"}) == 200
            assert simulator.wait(lambda world: len(world.pushes) == 2)
        found = [MAKERS[name]().hear(callback(body, now=_later())).signals[0] for _headers, body in listener.heard]
        receipt, reply = found
        assert isinstance(receipt, Receipt)
        assert (receipt.provider_id, receipt.delivery) == (outcome.provider_id, Delivery.DELIVERED)
        assert isinstance(reply, Uplink)
        assert (reply.sender, reply.text) == ("+8613800138000", "退订")

    @pytest.mark.parametrize(
        ("fault", "deliveries"),
        [
            ("receipt_twice", [Delivery.DELIVERED, Delivery.DELIVERED]),
            ("receipt_failed", [Delivery.FAILED]),
            ("receipt_early", [Delivery.DELIVERED]),
            ("no_receipt", []),
        ],
    )
    def test_receipts_that_misbehave(self, simulator, name, fault, deliveries):
        with Listener() as listener:
            simulator.world.callbacks[name] = listener.url
            simulator.world.rules.append(Rule("*", fault))
            send(sender_of(name, simulator), message())
            simulator.wait(lambda world: len(world.pushes) >= max(len(deliveries), 1), seconds=0.5)
        found = [MAKERS[name]().hear(callback(body, now=_later())).signals[0] for _headers, body in listener.heard]
        assert [each.delivery for each in found if isinstance(each, Receipt)] == deliveries


def _later() -> Any:
    return datetime.now(UTC)


def test_a_refused_push_comes_again(simulator, monkeypatch):
    monkeypatch.setattr(pushes, "AGAIN", (0.05, 0.05, 0.05))
    with Listener() as listener:
        listener.status = 503
        simulator.world.callbacks["aliyun"] = listener.url
        send(sender_of("aliyun", simulator), message())
        assert simulator.wait(lambda world: len(world.pushes) == 4)
    assert [each.status for each in simulator.world.pushes] == ["503"] * 4


def test_huaweis_pushes_are_signed_where_that_is_switched_on(simulator):
    with Listener() as listener:
        tell(simulator, "push_keys", {"push-ak": "push-sk"})
        tell(simulator, "callbacks", {"huawei": listener.url})
        send(sender_of("huawei", simulator, callback=listener.url), message())
        assert simulator.wait(lambda world: world.pushes)
    ((headers, body),) = listener.heard
    ask = callback(body, headers=headers, path="/gateways/x/secret/", now=_later())
    assert huawei(push_key="push-ak", push_secret="push-sk").hear(ask).signals


class TestControl:
    def test_the_page_shows_what_arrived_with_its_link_to_be_clicked(self, simulator):
        send(sender_of("aliyun", simulator, sign="<b>云桥</b>"), message())
        page = get(simulator, "/")
        assert 'href="http://127.0.0.1:8000/s/0123456789Ab"' in page
        assert "<b>云桥" not in page
        assert "13800138000" in page
        assert "13800138000" in get(simulator, "/_page")
        (arrival,) = json.loads(get(simulator, "/_control/state"))["arrivals"]
        assert arrival["dialect"] == "aliyun"

    def test_a_form_leads_back_to_the_page(self, simulator):
        body = urlencode({"number": "*0001", "fault": "timeout", "times": "2", "seconds": "0.5"}).encode()
        with urlopen(f"http://127.0.0.1:{simulator.port}/_control/faults", data=body, timeout=5) as answer:
            assert "*0001" in answer.read().decode()
        assert simulator.world.rules == [Rule("*0001", "timeout", 2, 0.5)]

    @pytest.mark.parametrize(
        ("what", "given"),
        [
            ("faults", {"fault": "no such"}),
            ("faults", {"fault": "timeout", "times": "x"}),
            ("reply", {"to": "1", "text": "R"}),
            ("nothing", {}),
        ],
    )
    def test_what_it_cannot_do_it_says(self, simulator, what, given):
        assert tell(simulator, what, given) == 400

    def test_a_page_of_another_site_may_not_steer_it(self, simulator):
        assert tell(simulator, "clear", {}, Origin="https://evil.example.com") == 403
        assert tell(simulator, "clear", {}, Origin=f"http://127.0.0.1:{simulator.port}") == 200

    def test_clearing_forgets_everything(self, simulator):
        send(sender_of("tencent", simulator), message())
        simulator.world.rules.append(Rule("*", "timeout"))
        tell(simulator, "clear", {})
        assert (simulator.world.arrivals, simulator.world.rules) == ([], [])

    @pytest.mark.parametrize("path", ["/nowhere/", "/aliyun/?Action=SendSms&TemplateParam=x", "/huawei/x"])
    def test_what_no_provider_would_understand(self, simulator, path):
        with pytest.raises(HTTPError) as refused:
            get(simulator, path)
        refused.value.close()
        assert refused.value.code in (400, 404)


class TestMoods:
    def test_every_fault_has_a_number_that_ends_so(self):
        assert list(BY_NUMBER.values()) == list(KNOWN)
        assert mood_of("13800139001", []).fault == "timeout"
        assert mood_of("13800138000", []).fault == ""

    def test_the_page_in_the_documents_lists_them_all(self):
        text = (Path(__file__).parents[4] / "docs" / "gateway-simulator.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| (9\d{3}) \| `(\w+)` \|", text, re.MULTILINE)
        assert dict(rows) == BY_NUMBER

    def test_a_rule_first_then_the_address_then_the_number(self):
        rules = [Rule("*9001", "html", times=1)]
        assert mood_of("13800139001", rules, "half").fault == "html"
        assert mood_of("13800139001", rules, "half").fault == "half"
        assert mood_of("13800139001", rules, "no such").fault == "timeout"

    def test_the_address_may_ask_for_a_fault(self, simulator):
        body = json.dumps({"mobile": "13800138000", "content": "x", "id": "1"}).encode()
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{simulator.port}/sms/send?fault=500", data=body, timeout=5)
        refused.value.close()
        assert (refused.value.code, len(simulator.world.arrivals)) == (500, 1)


class TestOtherDialects:
    def ask(self, simulator: Simulator, path: str, body: Any, **headers: str) -> dict[str, Any]:
        request = Request(f"http://127.0.0.1:{simulator.port}{path}", data=json.dumps(body).encode(), headers=headers)
        with urlopen(request, timeout=5) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    @pytest.mark.parametrize(
        ("path", "body", "to"),
        [
            (
                "/wecom/cgi-bin/message/send?access_token=t",
                {"touser": "zhang", "msgtype": "text", "text": {"content": "您好"}},
                "zhang",
            ),
            (
                "/wechat/cgi-bin/message/template/send?access_token=t",
                {"touser": "openid1", "template_id": "x", "url": "http://s.cn/1", "data": {}},
                "openid1",
            ),
        ],
    )
    def test_chats_log_in_and_send(self, simulator, path, body, to):
        name = path.split("/")[1]
        assert json.loads(get(simulator, f"/{name}/cgi-bin/gettoken?corpid=x"))["access_token"]
        said = self.ask(simulator, path, body)
        assert said["errcode"] == 0
        assert [each.to for each in simulator.world.arrivals] == [to]
        simulator.world.rules.append(Rule("*", "bad_number"))
        assert self.ask(simulator, path, body)["errcode"] == 40003

    def test_a_webhook_is_taken_as_it_is(self, simulator):
        self.ask(simulator, "/webhook", {"type": "x"}, **{"webhook-id": "msg_1"})
        (arrival,) = simulator.world.arrivals
        assert (arrival.to, json.loads(arrival.text)) == ("msg_1", {"type": "x"})

    def test_a_generic_gateway_takes_a_form_too(self, simulator):
        body = urlencode({"mobile": "13800138000", "content": "满意吗"}).encode()
        with urlopen(f"http://127.0.0.1:{simulator.port}/sms/send", data=body, timeout=5) as answer:
            assert json.loads(answer.read())["code"] == "0"
        assert parse_qs(body.decode())["content"] == [simulator.world.arrivals[0].text]
