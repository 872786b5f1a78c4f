"""What the clouds push: read as documented, and whatever else the bytes are, never a surprise (RELIABILITY G01-G47)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.messaging.channels.aliyun import AliyunReceiver, AliyunSetup
from zhiyin.messaging.channels.guarding import Guarded
from zhiyin.messaging.channels.huawei import HuaweiReceiver, HuaweiSetup
from zhiyin.messaging.channels.huawei.signing import signature
from zhiyin.messaging.channels.protocol import Receiver
from zhiyin.messaging.channels.tencent import TencentReceiver, TencentSetup
from zhiyin.messaging.rules.hearing import e164, moment
from zhiyin.messaging.rules.networks import is_within
from zhiyin.messaging.rules.setups import read_setup
from zhiyin.messaging.rules.signals import Callback, Delivery, Heard, Receipt, Unreadable, Unverified, Uplink
from zhiyin.messaging.testing import NOW
from zhiyin.messaging.tests.test_clouds import ALIYUN, HUAWEI, TENCENT

ALIYUN_REPORT: dict[str, Any] = {
    "phone_number": "13800138000",
    "send_time": "2026-11-20 09:59:00",
    "report_time": "2026-11-20 09:59:05",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "3",
    "biz_id": "123450001",
    "out_id": "77",
}
ALIYUN_REPLY: dict[str, Any] = {
    "phone_number": "13800138000",
    "content": "R",
    "send_time": "2026-11-20 09:59:00",
    "dest_code": "1234",
    "sequence_id": 5,
}
TENCENT_REPORT: dict[str, Any] = {
    "user_receive_time": "2026-11-20 09:59:05",
    "nationcode": "86",
    "mobile": "13800138000",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "2:123",
}
TENCENT_REPLY: dict[str, Any] = {
    "extend": "01",
    "mobile": "13800138000",
    "nationcode": "86",
    "sign": "云桥",
    "text": "退订",
    "time": 1795139945,
}
HUAWEI_REPORT: dict[str, str] = {
    "sequence": "2",
    "total": "3",
    "orgCode": "000",
    "updateTime": "2026-11-20T01:59:05Z",
    "source": "2",
    "smsMsgId": "b9d9b4fe_6",
    "status": "DELIVRD",
    "extend": "77",
    "to": "+8613800138000",
}
HUAWEI_REPLY: dict[str, str] = {
    "from": "+8613800138000",
    "to": "106900",
    "body": "T",
    "smsMsgId": "9692b5be",
    "createTime": "2026-11-20T01:59:05Z",
}


def aliyun() -> Receiver:
    return AliyunReceiver(read_setup(AliyunSetup, ALIYUN))


def tencent() -> Receiver:
    return TencentReceiver(read_setup(TencentSetup, TENCENT))


def huawei(**changes: str) -> Receiver:
    return HuaweiReceiver(read_setup(HuaweiSetup, HUAWEI | changes))


RECEIVERS: dict[str, Callable[[], Receiver]] = {"aliyun": aliyun, "tencent": tencent, "huawei": huawei}


def callback(body: bytes, **changes: Any) -> Callback:
    values: dict[str, Any] = {"method": "POST", "query": {}, "headers": {}, "remote": "203.0.113.9", "now": NOW}
    return Callback(body=body, **{**values, **changes})


def heard(receiver: Receiver, what: Any, **changes: Any) -> Heard:
    form = isinstance(receiver, HuaweiReceiver)
    body = urlencode(what).encode() if form else json.dumps(what, ensure_ascii=False).encode()
    return receiver.hear(callback(body, **changes))


def receipt(receiver: Receiver, what: Any) -> Receipt:
    (found,) = heard(receiver, what).signals
    assert isinstance(found, Receipt)
    return found


def uplink(receiver: Receiver, what: Any) -> Uplink:
    (found,) = heard(receiver, what).signals
    assert isinstance(found, Uplink)
    return found


AT = datetime(2026, 11, 20, 1, 59, 5, tzinfo=UTC)


class TestReading:
    def test_alibaba_clouds_report(self):
        assert receipt(aliyun(), [ALIYUN_REPORT]) == Receipt(
            provider_id="123450001",
            message_id=77,
            delivery=Delivery.DELIVERED,
            code="DELIVERED",
            to="+8613800138000",
            at=AT,
            segments=3,  # G43
        )

    def test_tencent_clouds_report(self):
        assert receipt(tencent(), [TENCENT_REPORT]) == Receipt(
            provider_id="2:123",
            delivery=Delivery.DELIVERED,
            code="DELIVRD",
            to="+8613800138000",
            at=AT,
            detail="用户短信送达成功",
        )

    def test_huawei_clouds_report(self):
        assert receipt(huawei(), HUAWEI_REPORT) == Receipt(
            provider_id="b9d9b4fe_6",
            message_id=77,
            delivery=Delivery.DELIVERED,
            code="DELIVRD",
            to="+8613800138000",
            at=AT,
            segments=3,
            part=2,  # G42
        )

    @pytest.mark.parametrize(
        ("name", "what", "text", "extension"),
        [
            ("aliyun", [ALIYUN_REPLY], "R", "1234"),
            ("tencent", TENCENT_REPLY, "退订", "01"),
            ("tencent", [TENCENT_REPLY], "退订", "01"),
            ("huawei", HUAWEI_REPLY, "T", "106900"),
        ],
    )
    def test_a_reply_and_the_same_reply_is_the_same(self, name, what, text, extension):
        one, again = uplink(RECEIVERS[name](), what), uplink(RECEIVERS[name](), what)
        assert (one.sender, one.text, one.extension) == ("+8613800138000", text, extension)
        assert one.uplink_id == again.uplink_id != ""
        assert one.at is not None
        assert NOW - timedelta(days=1) < one.at <= NOW

    def test_each_is_answered_in_the_providers_own_form(self):
        assert json.loads(heard(aliyun(), [ALIYUN_REPORT]).reply.body) == {"code": 0, "msg": "成功"}
        assert json.loads(heard(tencent(), [TENCENT_REPORT]).reply.body) == {"result": 0, "errmsg": "OK"}
        assert heard(huawei(), HUAWEI_REPORT).reply.status == 200

    def test_an_empty_array_is_a_success_and_nothing(self):  # G27
        for receiver in (aliyun(), tencent()):
            assert heard(receiver, []) == Heard(reply=heard(receiver, []).reply, signals=[], broken=[])

    @pytest.mark.parametrize("success", [True, "true", "True", "TRUE"])
    def test_true_as_a_word_is_true(self, success):  # G35
        assert receipt(aliyun(), [ALIYUN_REPORT | {"success": success}]).delivery is Delivery.DELIVERED

    @pytest.mark.parametrize(
        ("name", "what"),
        [
            ("aliyun", [ALIYUN_REPORT | {"success": "perhaps"}]),
            ("tencent", [TENCENT_REPORT | {"report_status": "MAYBE"}]),
            ("huawei", HUAWEI_REPORT | {"status": "WONDER"}),
            ("huawei", HUAWEI_REPORT | {"status": "UNKNOWN"}),
        ],
    )
    def test_a_status_that_nobody_knows_changes_nothing(self, name, what):  # G30
        assert receipt(RECEIVERS[name](), what).delivery is Delivery.UNREAD

    @pytest.mark.parametrize(
        ("code", "cap", "credit"),
        [("MOBILE_SEND_LIMIT", True, False), ("isv.AMOUNT_NOT_ENOUGH", False, True), ("MK:0001", False, False)],
    )
    def test_why_it_failed(self, code, cap, credit):  # G71, G72
        found = receipt(aliyun(), [ALIYUN_REPORT | {"success": False, "err_code": code}])
        assert (found.delivery, found.is_daily_cap, found.is_out_of_credit) == (Delivery.FAILED, cap, credit)

    @pytest.mark.parametrize("status", ["EXPIRED", "UNDELIV", "REJECTD", "E200018", "MK:0001"])
    def test_huawei_clouds_failures(self, status):
        assert receipt(huawei(), HUAWEI_REPORT | {"status": status}).delivery is Delivery.FAILED

    def test_a_masked_number_is_no_number(self):
        assert receipt(aliyun(), [ALIYUN_REPORT | {"phone_number": "1380013****"}]).to == ""

    @pytest.mark.parametrize(
        ("number", "country", "found"),
        [
            ("13800138000", "86", "+8613800138000"),
            ("8613800138000", "", "+8613800138000"),
            ("+8613800138000", "", "+8613800138000"),
            ("61234567", "852", "+85261234567"),
            ("", "", ""),
            ("x", "86", ""),
        ],
    )
    def test_a_number_however_it_is_written(self, number, country, found):
        assert e164(number, country=country) == found


class TestItems:
    def test_one_good_and_one_broken(self):  # G28, G31
        nameless = {name: value for name, value in ALIYUN_REPORT.items() if name not in ("biz_id", "out_id")}
        items = [ALIYUN_REPORT, nameless, 7, "x", None, ALIYUN_REPORT | {"biz_id": ["a"]}, {"content": "R"}]
        found = heard(aliyun(), items)
        assert len(found.signals) == 1
        assert [why for why, _raw in found.broken] == [
            "no message id",
            "not an object",
            "not an object",
            "not an object",
            "biz_id is no text",
            "no phone_number",
        ]
        assert json.loads(found.broken[0][1])["phone_number"] == "13800138000"  # raw, to be kept sealed

    def test_a_broken_item_is_kept_cut_to_size(self):
        ((_why, raw),) = heard(aliyun(), [{"phone_number": "x" * 5000}]).broken
        assert len(raw) == 500

    def test_what_is_too_long_is_broken(self):
        assert heard(aliyun(), [ALIYUN_REPORT | {"biz_id": "1" * 121}]).broken[0][0] == "biz_id is too long"
        assert heard(huawei(), HUAWEI_REPLY | {"body": "x" * 2001}).broken[0][0] == "body is too long"

    def test_ten_thousand_are_taken_and_one_more_is_not(self):  # G29
        assert len(heard(aliyun(), [{"biz_id": "1", "success": True}] * 10_000).signals) == 10_000
        with pytest.raises(Unreadable, match="more than 10000"):
            heard(aliyun(), [{}] * 10_001)


GOOD = json.dumps([ALIYUN_REPORT]).encode()
HOSTILE: dict[str, bytes] = {
    "G16 empty": b"",
    "G16 blank": b" \r\n ",
    "G17 not JSON": b"success=true",
    "G17 half": GOOD[:-5],
    "G18 object": json.dumps(ALIYUN_REPORT).encode(),
    "G18 text": b'"x"',
    "G18 number": b"7",
    "G18 null": b"null",
    "G19 5 MB": b"[" + b'"x",' * 1_300_000 + b"7]",
    "G20 deep": b"[" * 100_000 + b"]" * 100_000,
    "G20 deep object": b'[{"a":' * 50 + b"1" + b"}]" * 50,
    "G21 NUL": b'[{"biz_id": "1\x00"}]',
    "G22 GBK": json.dumps([ALIYUN_REPORT], ensure_ascii=False).encode("gbk"),
    "G23 XXE": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "G24 bomb": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;&a;</x>',
    "G26 twice": b'[{"biz_id": "1", "biz_id": "2", "success": true}]',
    "NaN": b'[{"biz_id": NaN}]',
    "endless number": b'[{"biz_id": ' + b"9" * 5000 + b"}]",
    "half a character": b'[{"biz_id": "\\ud800", "success": true}]',
    "UTF-16": json.dumps([ALIYUN_REPORT]).encode("utf-16"),
}


@pytest.mark.parametrize("name", ["aliyun", "tencent"])
@pytest.mark.parametrize("what", HOSTILE)
def test_bytes_of_all_sorts(name, what):
    with pytest.raises(Unreadable) as why:
        RECEIVERS[name]().hear(callback(HOSTILE[what]))
    assert len(str(why.value)) < 60  # and nothing of the body is repeated


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"a=1&a=2",
        b"smsMsgId=%00&status=DELIVRD",
        b"status=%ff%fe",
        b"&" * 200,
        "status=送达".encode("gbk"),
        b"&".join(b"f%d=1" % number for number in range(101)),
        b"a=" + b"x" * 2_000_000,
    ],
)
def test_forms_of_all_sorts(body):
    with pytest.raises(Unreadable):
        huawei().hear(callback(body))


@settings(max_examples=150)
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_nothing_but_the_two_refusals_comes_out(body):
    for make in RECEIVERS.values():
        try:
            make().hear(callback(body))
        except (Unreadable, Unverified):
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([*ALIYUN_REPORT, *ALIYUN_REPLY, *TENCENT_REPORT, *TENCENT_REPLY])


@settings(max_examples=150)
@given(items=st.lists(st.dictionaries(NAMES, JSON, max_size=9), max_size=3))
def test_any_json_is_signals_or_broken_items(items):
    for make in (aliyun, tencent):
        try:
            found = heard(make(), items)
        except Unreadable:
            continue
        assert len(found.signals) + len(found.broken) == len(items)


class TestMoments:
    @pytest.mark.parametrize(
        ("value", "at", "odd"),
        [
            ("2026-11-20 09:59:05", AT, ""),  # G44: Beijing time
            ("2026-11-20T01:59:05Z", AT, ""),
            ("2026-11-20T09:59:05+08:00", AT, ""),
            (1795139945, AT, ""),
            ("1795139945", AT, ""),
            (1795139945000, AT, ""),  # G47
            ("2026-11-21 10:00:00", NOW, "a time ahead of ours"),  # G45
            ("2026-11-20 10:05:00", NOW, ""),  # a clock a little fast
            ("0000-00-00 00:00:00", None, "no time"),  # G46
            ("1999-12-31 00:00:00", None, "a time before 2000"),
            ("9999-12-31T23:00:00-08:00", None, "no time"),
            ("yesterday", None, "no time"),
            (True, None, "no time"),
            ([], None, "no time"),
            ("", None, ""),
            (None, None, ""),
        ],
    )
    def test_a_gateways_time(self, value, at, odd):
        assert moment(value, now=NOW) == (at, odd)

    def test_an_odd_time_is_flagged_on_the_receipt(self):
        found = receipt(aliyun(), [ALIYUN_REPORT | {"report_time": "2026-11-22 00:00:00"}])
        assert (found.at, found.detail) == (NOW, "a time ahead of ours")

    def test_utc_where_the_provider_says_so(self):
        assert moment("2026-11-20T01:59:05", now=NOW, utc=True)[0] == AT


class TestTheDoor:
    def guarded(self, **how: Any) -> Guarded:
        return Guarded(aliyun(), **{"secret": "a-secret", "networks": (), **how})

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({}, "no secret"),  # G01
            ({"secret": "another"}, "wrong secret"),  # G02
            ({"secret": "a-secre"}, "wrong secret"),
            ({"secret": "密"}, "wrong secret"),
        ],
    )
    def test_who_does_not_know_the_secret_is_not_read(self, changes, why):
        with pytest.raises(Unverified, match=why):
            self.guarded().hear(callback(b"not even JSON", **changes))

    def test_who_knows_it_is(self):
        assert self.guarded().hear(callback(GOOD, secret="a-secret")).signals

    @pytest.mark.parametrize(
        ("remote", "is_let_in"),
        [
            ("117.78.29.7", True),
            ("::ffff:117.78.29.7", True),
            ("117.78.30.7", False),  # G09
            ("", False),
            ("117.78.29.7, 10.0.0.1", False),
            ("::1", False),
        ],
    )
    def test_where_it_comes_from(self, remote, is_let_in):
        networks = ("117.78.29.0/24", "10.0.0.7")
        assert is_within(remote, networks) is is_let_in
        door = self.guarded(networks=networks)
        # G10: what a header says of it changes nothing.
        headers = {"x-forwarded-for": "117.78.29.7"}
        ask = callback(GOOD, secret="a-secret", remote=remote, headers=headers)
        if is_let_in:
            assert door.hear(ask).signals
        else:
            with pytest.raises(Unverified, match="foreign"):
                door.hear(ask)


class TestHuaweisSignature:
    KEYS = {"push_key": "push-ak", "push_secret": "push-sk"}
    NAMES = ("content-type", "host", "x-sdk-date")

    def signed(self, body: bytes, *, at: datetime = NOW, key: str = "push-ak", secret: str = "push-sk") -> Callback:
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "host": "zhiyin.example.cn",
            "x-sdk-date": f"{at:%Y%m%dT%H%M%SZ}",
        }
        path = "/gateways/huawei/x/"
        proof = signature(headers, self.NAMES, path=path, content=body, secret=secret)
        headers["authorization"] = (
            f"SDK-HMAC-SHA256 Access={key}, SignedHeaders={';'.join(self.NAMES)}, Signature={proof}"
        )
        return callback(body, headers=headers, path=path)

    BODY = urlencode(HUAWEI_REPORT).encode()

    def test_a_signed_push_is_believed(self):
        assert huawei(**self.KEYS).hear(self.signed(self.BODY)).signals

    @pytest.mark.parametrize(
        ("how", "why"),
        [
            ({"secret": "other"}, "wrong signature"),  # G04
            ({"key": "other"}, "somebody else"),
            ({"at": NOW - timedelta(minutes=16)}, "too long ago"),  # G06
            ({"at": NOW + timedelta(minutes=16)}, "too long ago"),
        ],
    )
    def test_any_other_is_not(self, how, why):
        with pytest.raises(Unverified, match=why):
            huawei(**self.KEYS).hear(self.signed(self.BODY, **how))

    def test_not_one_byte_may_change(self):  # G05
        asked = self.signed(self.BODY)
        with pytest.raises(Unverified, match="wrong signature"):
            huawei(**self.KEYS).hear(callback(self.BODY + b"1", headers=asked.headers, path=asked.path))
        with pytest.raises(Unverified, match="wrong signature"):
            huawei(**self.KEYS).hear(callback(self.BODY, headers=asked.headers, path="/gateways/other/x/"))

    @pytest.mark.parametrize("header", ["", "Basic x", "SDK-HMAC-SHA256 Access=a", "x" * 5000])
    def test_without_a_signature_nothing_is_read(self, header):  # G03
        with pytest.raises(Unverified, match="no signature"):
            huawei(**self.KEYS).hear(callback(b"not a form", headers={"authorization": header}))

    def test_the_date_must_be_among_what_is_signed(self):
        asked = self.signed(self.BODY)
        headers = {**asked.headers, "authorization": asked.headers["authorization"].replace(";x-sdk-date", "")}
        with pytest.raises(Unverified):
            huawei(**self.KEYS).hear(callback(self.BODY, headers=headers))
