"""The clouds' SMS and SMPP against the simulator: what arrives there, and what we say of it in each of its moods."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zhiyin.messaging.channels.aliyun import Aliyun, AliyunPuller, AliyunSetup
from zhiyin.messaging.channels.aliyun.codes import SENDING
from zhiyin.messaging.channels.aliyun.signing import query_of, signed
from zhiyin.messaging.channels.http import HttpSender
from zhiyin.messaging.channels.huawei import Huawei, HuaweiSetup
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope, Sender
from zhiyin.messaging.channels.smpp import Smpp, SmppSetup
from zhiyin.messaging.channels.tencent import Tencent, TencentPuller, TencentSetup
from zhiyin.messaging.channels.tencent.signing import authorization
from zhiyin.messaging.rules.codes import BEIJING, Codes, Means, until_tomorrow
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import BadSetup, Setup, read_setup
from zhiyin.messaging.rules.signals import Asked, Delivery, Receipt
from zhiyin.messaging.simulator.faults import Rule
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.testing import NOW, make_envelope, no_listener

HOSTS = frozenset({"127.0.0.1"})
ALIYUN: dict[str, Any] = {
    "access_key": "LTAI-test",
    "secret": "aliyun-secret",
    "sign": "云桥",
    "template": "SMS_1",
    "variables": {"code": "{token}"},
}
TENCENT: dict[str, Any] = {
    "secret_id": "AKID-test",
    "secret": "tencent-secret",
    "app": "1400006666",
    "sign": "云桥",
    "template": "1110",
    "variables": ["{token}", "{hours}"],
}
HUAWEI: dict[str, Any] = {
    "app_key": "huawei-key",
    "secret": "huawei-secret",
    "sender": "8823040504797",
    "template": "ff1e2d3c",
    "variables": ["{token}"],
    "sign": "云桥",
}
SMPP: dict[str, Any] = {
    "host": "127.0.0.1",
    "security": "none",
    "system_id": "zhiyin",
    "password": "smpp-pw",
    "sender": "1069",
}
CLOUDS = ("aliyun", "tencent", "huawei", "smpp")
WORDS = {"organisation": "云桥", "hours": "8"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def settings_of(name: str, simulator: Simulator, **changes: Any) -> dict[str, Any]:
    url = {"url": simulator.url(name)}
    return {
        "aliyun": ALIYUN | url,
        "tencent": TENCENT | url,
        "huawei": HUAWEI | url,
        "smpp": SMPP | {"port": simulator.smpp_port},
    }[name] | {"timeout": 1, **changes}


def sender_of(name: str, simulator: Simulator, **changes: Any) -> Sender:
    settings = settings_of(name, simulator, **changes)
    opens: dict[str, tuple[type[Setup], Callable[..., Sender]]] = {
        "aliyun": (AliyunSetup, Aliyun),
        "tencent": (TencentSetup, Tencent),
        "huawei": (HuaweiSetup, Huawei),
        "smpp": (SmppSetup, Smpp),
    }
    cls, opened = opens[name]
    return opened(name, read_setup(cls, settings, private_hosts=HOSTS), private_hosts=HOSTS)


def send(sender: Sender, *envelopes: Envelope) -> list[Outcome]:
    try:
        return sender.send(envelopes, still_ours=lambda: {each.message_id for each in envelopes})
    finally:
        sender.close()


def message(**changes: Any) -> Envelope:
    return make_envelope(**{"words": WORDS, **changes})


class TestWhatArrives:
    @pytest.mark.parametrize("name", ["aliyun", "tencent", "huawei"])
    def test_the_template_with_the_token_as_a_value_of_its_own(self, simulator, name):
        simulator.world.templates |= {
            "SMS_1": "请评价：https://s.example.cn/s/${code}",
            "1110": "请在{2}小时内评价：https://s.example.cn/s/{1}",
            "ff1e2d3c": "请评价：https://s.example.cn/s/${1}",
        }
        envelope = message()
        (outcome,) = send(sender_of(name, simulator), envelope)
        (arrival,) = simulator.world.arrivals
        assert outcome == Outcome(Result.ACCEPTED, provider_id=arrival.provider_id)
        assert arrival.text.startswith("【云桥】请")
        assert arrival.text.endswith("https://s.example.cn/s/0123456789Ab")
        assert (arrival.to, arrival.our_id) == ("13800138000", str(envelope.message_id))

    def test_by_smpp_the_text_itself(self, simulator):
        (outcome,) = send(sender_of("smpp", simulator), message(text="【云桥】满意吗？"))
        (arrival,) = simulator.world.arrivals
        assert outcome == Outcome(Result.ACCEPTED, provider_id=arrival.provider_id)
        assert (arrival.to, arrival.text) == ("13800138000", "【云桥】满意吗？")

    @pytest.mark.parametrize("how", ["udh", "sar", "payload"])
    @pytest.mark.parametrize("text", ["满意度" * 60, "plain words " * 30, "好" * 66 + "😀" * 40])
    def test_by_smpp_a_long_text_is_one_again(self, simulator, how, text):
        (outcome,) = send(sender_of("smpp", simulator, long_texts=how), message(text=text))
        assert outcome.result is Result.ACCEPTED
        assert [each.text for each in simulator.world.arrivals] == [text]

    @pytest.mark.parametrize("name", CLOUDS)
    def test_many_side_by_side_and_only_what_is_ours(self, simulator, name):
        sender = sender_of(name, simulator, at_once=4, timeout=5)
        envelopes = [message(to=f"+861380013{number:04d}") for number in range(10)]
        ours = {each.message_id for each in envelopes[1:]}
        outcomes = sender.send(envelopes, still_ours=lambda: ours)
        sender.close()
        assert [each.result for each in outcomes] == [Result.NOT_SENT] + [Result.ACCEPTED] * 9
        assert sorted(each.to for each in simulator.world.arrivals) == [
            f"1380013{number:04d}" for number in range(1, 10)
        ]


# What each mood of the gateway proves: result, and how often it has the message. None: as in the column of all.
MOODS: list[tuple[str, Result, int]] = [
    ("timeout", Result.DOUBTFUL, 1),
    ("slow", Result.DOUBTFUL, 1),  # slower than we wait
    ("500", Result.DOUBTFUL, 1),
    ("500_before", Result.DOUBTFUL, 0),
    ("429", Result.LATER, 0),
    ("reset_before", Result.DOUBTFUL, 0),
    ("reset_after", Result.DOUBTFUL, 1),
    ("half", Result.DOUBTFUL, 1),
    ("wrong_json", Result.DOUBTFUL, 1),
    ("html", Result.DOUBTFUL, 1),
    ("throttled", Result.LATER, 0),
    ("daily_cap", Result.LATER, 0),
    ("bad_number", Result.REFUSED, 0),
    ("bad_signature", Result.NOT_SENT, 0),
]


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize(("mood", "result", "taken"), MOODS)
def test_what_we_say_in_each_mood(simulator, name, mood, result, taken):
    simulator.world.rules.append(_rule(mood))
    started = time.monotonic()
    (outcome,) = send(sender_of(name, simulator), message())
    assert (outcome.result, len(simulator.world.arrivals)) == (result, taken)
    assert time.monotonic() - started < 4
    for secret in ("13800138000", "aliyun-secret", "tencent-secret", "huawei-secret", "smpp-pw"):
        assert secret not in outcome.detail


def _rule(fault: str) -> Any:
    return Rule(number="*", fault=fault, seconds=3)


@pytest.mark.parametrize("name", ["aliyun", "tencent", "huawei"])
def test_out_of_credit_is_certain_and_says_so(simulator, name):
    simulator.world.rules.append(_rule("no_credit"))
    (outcome,) = send(sender_of(name, simulator), message())
    assert (outcome.result, outcome.is_out_of_credit) == (Result.NOT_SENT, True)


@pytest.mark.parametrize("name", ["aliyun", "tencent"])
def test_a_number_that_has_had_enough_today_is_tried_again_tomorrow(simulator, name):
    simulator.world.rules.append(_rule("daily_cap"))
    (outcome,) = send(sender_of(name, simulator), message())
    assert outcome.is_daily_cap
    assert outcome.retry_after
    again = (NOW + outcome.retry_after).astimezone(BEIJING)
    assert (again.date() - NOW.astimezone(BEIJING).date(), again.hour) == (timedelta(days=1), 0)


def test_an_hours_cap_is_no_days_cap():
    sender = Aliyun("a", read_setup(AliyunSetup, ALIYUN))
    for message_of, capped in (("触发小时级流控Permits:5", False), ("触发天级流控Permits:10", True), ("", True)):
        body = f'{{"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "{message_of}"}}'.encode()
        outcome = sender.read(Answer(200, {}, body), message())
        assert (outcome.result, outcome.is_daily_cap) == (Result.LATER, capped)
    sender.close()


@pytest.mark.parametrize("name", CLOUDS)
def test_nobody_listens(simulator, name):
    with no_listener() as port:
        where = {"port": port} if name == "smpp" else {"url": f"http://127.0.0.1:{port}/"}
        (outcome,) = send(sender_of(name, simulator, **where), message())
    assert outcome.result is Result.NOT_SENT


@pytest.mark.parametrize("name", CLOUDS)
def test_a_private_address_is_not_called(simulator, name):
    open_one = sender_of(name, simulator)
    setup = open_one.setup  # type: ignore[attr-defined]
    open_one.close()
    (outcome,) = send(type(open_one)(name, setup), message())  # type: ignore[call-arg]
    assert outcome.result is Result.NOT_SENT
    assert "not allowed" in outcome.detail
    assert simulator.world.requests == 0


class TestValues:
    @pytest.mark.parametrize(
        ("name", "changes", "words"),
        [
            ("aliyun", {"token": ""}, "takes survey links only"),
            ("tencent", {"words": {}}, "nothing for {hours}"),
            ("huawei", {"token": "0123456789Ab-"}, "letters that the provider refuses"),
            ("huawei", {"token": "0" * 22}, "longer than the provider takes"),
        ],
    )
    def test_what_the_provider_would_refuse_is_not_sent_at_all(self, simulator, name, changes, words):
        (outcome,) = send(sender_of(name, simulator), message(**changes))
        assert outcome.result is Result.REFUSED
        assert words in outcome.detail
        assert simulator.world.requests == 0

    @pytest.mark.parametrize(
        ("cls", "settings", "fault"),
        [
            (AliyunSetup, ALIYUN | {"variables": {"code": "{link}"}}, "variable_link"),
            (AliyunSetup, ALIYUN | {"variables": {"code": "https://x.cn/{token}"}}, "variable_link"),
            (AliyunSetup, ALIYUN | {"variables": {"code": "{name}"}}, "unknown_variable"),
            (AliyunSetup, ALIYUN | {"variables": {"name": "{organisation}"}}, "token_missing"),
            (AliyunSetup, ALIYUN | {"variables": {"code": "{token}", "x": "长" * 36}}, "variable_too_long"),
            (AliyunSetup, ALIYUN | {"variables": {"code": "{token}", "x": "长" * 35}}, ""),
            (TencentSetup, TENCENT | {"variables": ["{token}-"]}, "variable_too_long"),
            (TencentSetup, TENCENT | {"variables": ["{token}-"], "variable_length": 13}, ""),
            (HuaweiSetup, HUAWEI | {"variables": ["{token}", "{organisation}"]}, "variable_letters"),
            (HuaweiSetup, HUAWEI | {"variables": ["s.example.cn"]}, "token_missing"),
            (HuaweiSetup, HUAWEI | {"variables": ["{token}", "a.b"]}, "variable_letters"),
            (HuaweiSetup, HUAWEI | {"variables": ["12345678_{token}"]}, "variable_too_long"),
        ],
    )
    def test_faults_are_found_when_it_is_saved(self, cls, settings, fault):
        if not fault:
            read_setup(cls, settings)
            return
        with pytest.raises(BadSetup) as bad:
            read_setup(cls, settings)
        assert [(each.field, each.code) for each in bad.value.faults] == [("variables", fault)]

    @pytest.mark.parametrize(
        ("cls", "settings", "faults"),
        [
            (AliyunSetup, ALIYUN | {"url": "http://dysmsapi.aliyuncs.com/"}, {("url", "needs_https")}),
            (AliyunSetup, ALIYUN | {"url": "https://10.0.0.1/"}, {("url", "private_address")}),
            (AliyunSetup, ALIYUN | {"secret": "密钥"}, {("secret", "not_ascii")}),
            (AliyunSetup, ALIYUN | {"callback_from": ["10.0.0.0/8", "x"]}, {("callback_from", "not_a_network")}),
            (AliyunSetup, ALIYUN | {"callback_number": 0}, {("callback_number", "out_of_range")}),
            (AliyunSetup, ALIYUN | {"per_second": -1}, {("per_second", "out_of_range")}),
            (TencentSetup, TENCENT | {"app": "", "variable_length": 12}, {("app", "missing")}),
            (TencentSetup, TENCENT | {"variable_length": 501}, {("variable_length", "out_of_range")}),
            (HuaweiSetup, HUAWEI | {"push_key": "ak"}, {("push_secret", "missing")}),
            (HuaweiSetup, HUAWEI | {"push_secret": "sk"}, {("push_key", "missing")}),
            (HuaweiSetup, HUAWEI | {"authentication": "none"}, {("authentication", "not_a_choice")}),
            (HuaweiSetup, HUAWEI | {"callback": "nowhere"}, {("callback", "not_a_url")}),
            (SmppSetup, SMPP | {"host": "smpp.example.com"}, {("security", "password_needs_tls")}),
            (SmppSetup, SMPP | {"security": "tls"}, {("host", "private_address")}),
            (
                SmppSetup,
                SMPP | {"host": "smpp.example.com", "security": "tls", "port": 0, "password": "123456789"},
                {("port", "out_of_range"), ("password", "too_long")},
            ),
            (
                SmppSetup,
                SMPP | {"host": "a b", "security": "x", "sender": "一", "sender_ton": 7},
                {
                    ("host", "not_a_host"),
                    ("security", "not_a_choice"),
                    ("sender", "not_ascii"),
                    ("sender_ton", "out_of_range"),
                },
            ),
        ],
    )
    def test_faults_of_the_other_settings(self, cls, settings, faults):
        with pytest.raises(BadSetup) as bad:
            read_setup(cls, settings)
        assert {(fault.field, fault.code) for fault in bad.value.faults} == faults


class TestSignatures:
    def test_alibaba_clouds_worked_example(self):
        """From "V3版本请求体&签名机制"."""
        headers = {
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        }
        image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
        query = query_of({"ImageId": image, "RegionId": "cn-shanghai"})
        found = signed(headers, query=query, content=b"", access_key="YourAccessKeyId", secret="YourAccessKeySecret")
        assert found["authorization"].endswith("06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")

    def test_tencent_clouds_worked_example(self):
        """From "签名方法 v3"."""
        found = authorization(
            {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"},
            service="cvm",
            content=b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
            secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            secret="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            now=datetime.fromtimestamp(1551113065, UTC),
        )
        assert found.endswith("Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")

    @pytest.mark.parametrize("how", ["aksk", "wsse"])
    def test_huawei_clouds_two_ways(self, simulator, how):
        sender = sender_of("huawei", simulator, authentication=how)
        assert isinstance(sender, HttpSender)
        headers = sender.request(message()).headers
        assert ("x-wsse" in headers, "x-sdk-date" in headers) == (how == "wsse", how == "aksk")
        assert headers["authorization"].startswith("WSSE realm" if how == "wsse" else "SDK-HMAC-SHA256 Access=huawei-")
        assert "huawei-secret" not in str(headers)
        sender.close()


class TestCodes:
    @pytest.mark.parametrize(
        ("word", "means"),
        [
            ("OK", Means.ACCEPTED),
            ("isv.ANYTHING", Means.REFUSED),
            ("isv.OUT_OF_SERVICE", Means.OUT_OF_CREDIT),
            ("isvX", Means.DOUBTFUL),
            ("MissingX", Means.SET_UP),
            ("", Means.DOUBTFUL),
            ("SignatureNonceUsed", Means.DOUBTFUL),
            ("isp.SYSTEM_ERROR", Means.DOUBTFUL),
        ],
    )
    def test_a_word_that_nobody_documented_proves_nothing(self, word, means):
        assert SENDING.means(word) is means

    def test_the_longest_beginning_wins(self):
        codes = Codes({"a.": Means.REFUSED, "a.b.": Means.LATER, "a.b*": Means.SET_UP})
        assert [codes.means(word) for word in ("a.x", "a.b.c", "a.bc", "b")] == [
            Means.REFUSED,
            Means.LATER,
            Means.SET_UP,
            Means.DOUBTFUL,
        ]

    def test_tomorrow_begins_at_midnight_in_beijing(self):
        late = datetime(2026, 11, 20, 15, 59, 30, tzinfo=UTC)  # 23:59:30 there
        assert until_tomorrow(late) == timedelta(seconds=90)
        assert until_tomorrow(late + timedelta(seconds=30)) == timedelta(hours=24, minutes=1)


class TestPulling:
    def asked(self, message_id: int, provider_id: str) -> Asked:
        return Asked(message_id=message_id, provider_id=provider_id, to="+8613800138000", sent_at=NOW)

    def test_alibaba_cloud_is_asked_for_one_message(self, simulator):
        simulator.world.rules.append(_rule("no_receipt"))
        envelope, other = message(), message()
        first, _ = send(sender_of("aliyun", simulator), envelope, other)
        simulator.world.arrivals[0].told.append("delivered")
        setup = read_setup(AliyunSetup, settings_of("aliyun", simulator), private_hosts=HOSTS)
        puller = AliyunPuller(setup, private_hosts=HOSTS)
        for provider_id in (first.provider_id, ""):
            (receipt,) = puller.pull([self.asked(envelope.message_id, provider_id)], now=NOW)
            assert isinstance(receipt, Receipt)
            assert (receipt.message_id, receipt.delivery) == (envelope.message_id, Delivery.DELIVERED)
        (waiting,) = puller.pull([self.asked(other.message_id, "")], now=NOW)
        assert isinstance(waiting, Receipt)
        assert waiting.delivery is Delivery.ACCEPTED
        assert puller.pull([self.asked(99, "nothing")], now=NOW) == []

    def test_a_gateway_that_does_not_answer_says_nothing(self):
        with no_listener() as port:
            where = {"url": f"http://127.0.0.1:{port}/", "timeout": 1}
            aliyun = read_setup(AliyunSetup, ALIYUN | where, private_hosts=HOSTS)
            tencent = read_setup(TencentSetup, TENCENT | where, private_hosts=HOSTS)
            assert AliyunPuller(aliyun, private_hosts=HOSTS).pull([self.asked(1, "x")], now=NOW) == []
            assert TencentPuller(tencent, private_hosts=HOSTS).pull([], now=NOW) == []

    def test_tencent_cloud_hands_out_what_waits(self, simulator):
        setup = read_setup(TencentSetup, settings_of("tencent", simulator), private_hosts=HOSTS)
        assert TencentPuller(setup, private_hosts=HOSTS).pull([], now=NOW) == []


OK = {"Code": "OK", "BizId": "9"}
TOLD = {"smsMsgId": "h-1", "status": "000000"}


@pytest.mark.parametrize(
    ("name", "status", "body", "result"),
    [
        ("aliyun", 200, OK, Result.ACCEPTED),
        ("aliyun", 200, {"Code": "OK"}, Result.DOUBTFUL),  # taken, and no number of it
        ("aliyun", 500, OK, Result.DOUBTFUL),
        ("aliyun", 503, {"Code": "Throttling.User"}, Result.LATER),
        ("aliyun", 200, {"Code": ["OK"], "BizId": "9"}, Result.DOUBTFUL),
        ("aliyun", 200, {"Code": True, "BizId": "9"}, Result.DOUBTFUL),
        ("aliyun", 200, [OK], Result.DOUBTFUL),
        ("aliyun", 404, {}, Result.NOT_SENT),
        ("tencent", 200, {"Response": {"SendStatusSet": []}}, Result.DOUBTFUL),
        ("tencent", 200, {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": ""}]}}, Result.DOUBTFUL),
        ("tencent", 200, {"Response": {"Error": {"Code": "InternalError.Timeout"}}}, Result.DOUBTFUL),
        ("tencent", 200, {"Response": {"Error": {"Code": "RequestLimitExceeded"}}}, Result.LATER),
        ("huawei", 200, {"code": "000000", "result": [TOLD]}, Result.ACCEPTED),
        ("huawei", 200, {"code": "000000", "result": []}, Result.DOUBTFUL),
        ("huawei", 200, {"code": "000000", "result": [TOLD | {"status": "E200028"}]}, Result.REFUSED),
        ("huawei", 200, {"code": "E000510", "result": [TOLD]}, Result.ACCEPTED),
        ("huawei", 200, {"code": "E000510"}, Result.REFUSED),
        ("huawei", 400, {"code": "E000000"}, Result.DOUBTFUL),
        ("huawei", 401, {"code": "E000001"}, Result.NOT_SENT),
        ("huawei", 200, {"code": "E999999", "result": [TOLD]}, Result.DOUBTFUL),
    ],
)
def test_an_answer_is_read_pessimistically(name, status, body, result):
    senders: dict[str, HttpSender] = {
        "aliyun": Aliyun("a", read_setup(AliyunSetup, ALIYUN)),
        "tencent": Tencent("t", read_setup(TencentSetup, TENCENT)),
        "huawei": Huawei("h", read_setup(HuaweiSetup, HUAWEI)),
    }
    assert senders[name].read(Answer(status, {}, json.dumps(body).encode()), message()).result is result
