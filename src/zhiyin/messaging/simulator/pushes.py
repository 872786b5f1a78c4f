"""What goes back to the callback address: receipts and replies in the provider's own form, and when they go."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock, Timer
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from zhiyin.messaging.simulator import weixin
from zhiyin.messaging.simulator.faults import Mood
from zhiyin.messaging.simulator.world import BEIJING, Arrival, Push, World

JSON, FORM = "application/json; charset=utf-8", "application/x-www-form-urlencoded"
XML = "text/xml; charset=utf-8"
WEIXIN = ("wechat", "wecom")
AGAIN = (2.0, 5.0, 10.0)  # seconds until a push is repeated that was not answered 200; providers take minutes
PATIENCE = 5.0


class Letter(NamedTuple):
    """What is sent."""

    kind: str
    body: bytes


class Pushes:
    """Sends receipts and replies, now or later, for as long as the simulator runs."""

    def __init__(self, world: World, *, by_smpp: Callable[[Arrival, str, str], bool]) -> None:
        self.world, self._by_smpp = world, by_smpp
        self._timers: set[Timer] = set()
        self._lock, self._stopped = Lock(), False

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Do it after so many seconds, unless the simulator stops before."""

        def run() -> None:
            with self._lock:
                self._timers.discard(timer)
            act()

        timer = Timer(seconds, run)
        timer.daemon = True
        with self._lock:
            if self._stopped:
                return
            self._timers.add(timer)
        timer.start()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            timers = list(self._timers)
        for timer in timers:
            timer.cancel()

    def about(self, arrival: Arrival, mood: Mood) -> None:
        """Every receipt that this message gets, and its reply."""
        usual = self.world.receipt_after
        plan: Mapping[str, list[tuple[float, str]]] = {
            "no_receipt": [],
            "receipt_early": [],  # it went out before the answer
            "receipt_late": [(mood.seconds, "delivered")],
            "receipt_twice": [(usual, "delivered"), (usual * 2, "delivered")],
            "receipt_reordered": [(usual, "delivered"), (usual * 2, "accepted")],
            "receipt_failed": [(usual, "failed")],
        }
        for seconds, what in plan.get(mood.fault, [(usual, "delivered")]):
            self.after(seconds, lambda what=what: self.receipt(arrival, what))  # type: ignore[misc]
        if mood.fault == "reply":
            self.after(mood.seconds, lambda: self.reply(arrival.to, "R"))

    def receipt(self, arrival: Arrival, what: str) -> None:
        """Say now what became of a message: ``delivered``, ``failed`` or ``accepted``."""
        arrival.told.append(what)
        if arrival.dialect == "smpp":
            said = "sent" if self._by_smpp(arrival, what, "") else "nobody is bound"
            self.world.note(Push(dialect="smpp", url="", what=what, status=said))
            return
        if arrival.dialect in WEIXIN:
            told = weixin.receipt(arrival.dialect, arrival.to, arrival.provider_id, what, stamp=_stamp())
            self._send_sealed(arrival.dialect, what, told)
            return
        url = arrival.callback or self.world.callbacks.get(arrival.dialect, "")
        if url and arrival.dialect in _RECEIPTS:
            self._send(arrival.dialect, url, what, _RECEIPTS[arrival.dialect](arrival, what))

    def reply(self, number: str, text: str) -> bool:
        """The phone answers the last message it got. Whether there was one."""
        last = self.world.last_to(number)
        if last is None:
            return False
        with self.world.changed:
            self.world.replies.append((number, text))
            self.world.changed.notify_all()
        if last.dialect == "smpp":
            said = "sent" if self._by_smpp(last, "reply", text) else "nobody is bound"
            self.world.note(Push(dialect="smpp", url="", what=f"reply: {text}", status=said))
            return True
        if last.dialect in WEIXIN:
            told = weixin.words(last.dialect, last.to, text, self.world.next_id("9"), stamp=_stamp())
            self._send_sealed(last.dialect, f"reply: {text}", told)
            return True
        url = self.world.callbacks.get(last.dialect, "")
        if url and last.dialect in _REPLIES:
            letter = _REPLIES[last.dialect](last, text, self.world.next_id("u-"))
            self._send(last.dialect, url, f"reply: {text}", letter)
        return True

    def leave(self, number: str, *, back: bool = False) -> bool:
        """Who got the last message there unfollows the account, or comes back. Whether there was one."""
        last = self.world.last_to(number)
        if last is None or last.dialect not in WEIXIN:
            return False
        told = weixin.leaving(last.dialect, last.to, stamp=_stamp(), back=back)
        self._send_sealed(last.dialect, "came back" if back else "left", told)
        return True

    def _send_sealed(self, dialect: str, what: str, fields: Mapping[str, str]) -> None:
        """A push of WeChat or WeCom; nothing where they have nothing to say."""
        url, keys = self.world.callbacks.get(dialect, ""), self.world.weixin.get(dialect)
        if not url or not fields:
            return
        if keys is None:
            self.world.note(Push(dialect=dialect, url=url, what=what, status="no keys: tell me by _control/weixin"))
            return
        query, body = weixin.sealed(fields, keys, stamp=_stamp())
        self._send(dialect, f"{url}?{query}", what, Letter(XML, body))

    def _send(self, dialect: str, url: str, what: str, letter: Letter, tries: int = 0) -> None:
        headers = {"Content-Type": letter.kind}
        if dialect == "huawei":
            headers |= _signature(url, letter, self.world.push_keys)
        status = _posted(url, letter, headers)
        self.world.note(Push(dialect=dialect, url=url, what=what, status=status))
        if status != "200" and tries < len(AGAIN):
            self.after(AGAIN[tries], lambda: self._send(dialect, url, what, letter, tries + 1))


def _posted(url: str, letter: Letter, headers: Mapping[str, str]) -> str:
    try:
        with urlopen(Request(url, data=letter.body, headers=dict(headers), method="POST"), timeout=PATIENCE) as answer:
            return str(answer.status)
    except HTTPError as refused:
        with suppress(OSError):
            refused.close()
        return str(refused.code)
    except (URLError, OSError, ValueError) as fault:
        return type(fault).__name__


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


def _stamp() -> int:
    return int(_now().timestamp())


def _beijing() -> str:
    return f"{_now().astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _json(body: object) -> Letter:
    return Letter(JSON, json.dumps(body, ensure_ascii=False).encode())


def _aliyun_report(arrival: Arrival, what: str) -> Letter:
    return _json(
        [
            {
                "phone_number": arrival.to,
                "send_time": f"{arrival.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
                "report_time": _beijing(),
                "success": {"delivered": True, "failed": False}.get(what, "unknown"),
                "err_code": {"delivered": "DELIVERED", "failed": "MOBILE_NOT_ON_SERVICE"}.get(what, "SUBMITTED"),
                "err_msg": "",
                "sms_size": "1",
                "biz_id": arrival.provider_id,
                "out_id": arrival.our_id,
            }
        ]
    )


def _aliyun_reply(last: Arrival, text: str, number: str) -> Letter:
    item = {"phone_number": last.to, "content": text, "send_time": _beijing(), "dest_code": "1234"}
    return _json([item | {"sequence_id": number}])


def _tencent_report(arrival: Arrival, what: str) -> Letter:
    item = {
        "user_receive_time": _beijing(),
        "nationcode": "86",
        "mobile": arrival.to,
        "report_status": {"delivered": "SUCCESS", "failed": "FAIL"}.get(what, "UNKNOWN"),
        "errmsg": "DELIVRD" if what == "delivered" else "UNDELIV",
        "description": "用户短信送达成功" if what == "delivered" else "用户短信接收失败",
        "sid": arrival.provider_id,
    }
    return _json([item])


def _tencent_reply(last: Arrival, text: str, number: str) -> Letter:
    item = {"extend": "", "mobile": last.to, "nationcode": "86", "sign": "", "text": text}
    return _json(item | {"time": int(_now().timestamp())})


def _huawei_report(arrival: Arrival, what: str) -> Letter:
    status = {"delivered": "DELIVRD", "failed": "UNDELIV"}.get(what, "ACCEPTD")
    fields = {
        "sequence": "1",
        "total": "1",
        "updateTime": f"{_now():%Y-%m-%dT%H:%M:%SZ}",
        "source": "2",
        "smsMsgId": arrival.provider_id,
        "status": status,
        "extend": arrival.our_id,
        "to": f"+86{arrival.to}",
    }
    return Letter(FORM, urlencode(fields).encode())


def _huawei_reply(last: Arrival, text: str, number: str) -> Letter:
    fields = {"from": f"+86{last.to}", "to": "1069000000", "body": text, "smsMsgId": number}
    return Letter(FORM, urlencode(fields).encode())


_RECEIPTS = {"aliyun": _aliyun_report, "tencent": _tencent_report, "huawei": _huawei_report}
_REPLIES = {"aliyun": _aliyun_reply, "tencent": _tencent_reply, "huawei": _huawei_reply}


def _signature(url: str, letter: Letter, keys: Mapping[str, str]) -> dict[str, str]:
    """Huawei's push verification, where it is switched on."""
    if not keys:
        return {}
    key, secret = next(iter(keys.items()))
    parts, date = urlsplit(url), f"{_now():%Y%m%dT%H%M%SZ}"
    path = quote(parts.path if parts.path.endswith("/") else f"{parts.path}/", safe="/-_.~")
    lines = f"content-type:{letter.kind}\nhost:{parts.netloc}\nx-sdk-date:{date}\n"
    digest = hashlib.sha256(letter.body).hexdigest()
    canonical = f"POST\n{path}\n{parts.query}\n{lines}\ncontent-type;host;x-sdk-date\n{digest}"
    to_sign = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    proof = hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()
    signed = f"SDK-HMAC-SHA256 Access={key}, SignedHeaders=content-type;host;x-sdk-date, Signature={proof}"
    return {"X-Sdk-Date": date, "Authorization": signed}
