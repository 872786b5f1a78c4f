"""The HTTP dialects: how each provider's request is read, and how it answers. Written from their documents."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from zhiyin.messaging.simulator.world import Arrival, World

TOKEN = re.compile(r"[0-9A-Za-z]{12,22}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: Any = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider: ``read`` gives the message of a request, or None where the request is none (a log-in, a
    question), which ``other`` answers then. ``answer`` says how it went: "ok" or one of the faults."""

    name: str
    read: Callable[[Asked, World], Arrival | None]
    answer: Callable[[str, Arrival], Said]
    other: Callable[[Asked, World], Said] = lambda _asked, _world: Said(404, {})


def text_of(world: World, *, sign: str, template: str, values: Mapping[str, str]) -> str:
    """The SMS as the phone shows it: the template's words, or ordinary ones around the token."""
    token = next((each for each in values.values() if TOKEN.fullmatch(each)), "")
    words = world.templates.get(template, f"请评价本次服务：{world.base_url}/s/{token} 拒收请回复R")
    for name, value in values.items():
        words = words.replace(f"${{{name}}}", value).replace(f"{{{name}}}", value)
    return f"【{sign}】{words}" if sign else words


# Alibaba Cloud


def _aliyun(asked: Asked, world: World) -> Arrival | None:
    fields = {**asked.query, **asked.form}
    if asked.headers.get("x-acs-action", fields.get("Action")) != "SendSms":
        return None
    values = {name: str(value) for name, value in json.loads(fields.get("TemplateParam") or "{}").items()}
    template = fields.get("TemplateCode", "")
    return Arrival(
        dialect="aliyun",
        to=fields.get("PhoneNumbers", ""),
        text=text_of(world, sign=fields.get("SignName", ""), template=template, values=values),
        provider_id=world.next_id("9"),
        our_id=fields.get("OutId", ""),
    )


_ALIYUN = {
    "ok": (200, "OK", "OK"),
    "throttled": (400, "Throttling.User", "Request was denied due to user flow control."),
    "no_credit": (200, "isv.AMOUNT_NOT_ENOUGH", "账户余额不足"),
    "daily_cap": (200, "isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"),
    "bad_number": (200, "isv.MOBILE_NUMBER_ILLEGAL", "号码格式不正确"),
    "bad_signature": (400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation."),
}


def _aliyun_says(how: str, arrival: Arrival) -> Said:
    status, code, message = _ALIYUN[how]
    body = {"Code": code, "Message": message, "RequestId": f"R-{arrival.provider_id}"}
    return Said(status, body | {"BizId": arrival.provider_id} if how == "ok" else body)


def _aliyun_other(asked: Asked, world: World) -> Said:
    """QuerySendDetails."""
    fields = {**asked.query, **asked.form}
    with world.lock:
        found = [each for each in world.arrivals if each.to == fields.get("PhoneNumber")]
    wanted = fields.get("BizId")
    status = {"delivered": 3, "failed": 2}
    listed = [
        {
            "PhoneNum": each.to,
            "SendStatus": status.get(each.told[-1] if each.told else "", 1),
            "ErrCode": "DELIVERED" if "delivered" in each.told else "",
            "OutId": each.our_id,
            "Content": each.text,
        }
        for each in found
        if not wanted or each.provider_id == wanted
    ]
    return Said(200, {"Code": "OK", "TotalCount": len(listed), "SmsSendDetailDTOs": {"SmsSendDetailDTO": listed}})


# Tencent Cloud


def _tencent(asked: Asked, world: World) -> Arrival | None:
    if asked.headers.get("x-tc-action") != "SendSms":
        return None
    found = asked.json
    values = {str(place): str(value) for place, value in enumerate(found.get("TemplateParamSet") or (), start=1)}
    return Arrival(
        dialect="tencent",
        to=str((found.get("PhoneNumberSet") or [""])[0]).removeprefix("+86"),
        text=text_of(world, sign=found.get("SignName", ""), template=str(found.get("TemplateId")), values=values),
        provider_id=world.next_id("2:"),
        our_id=str(found.get("SessionContext", "")),
    )


_TENCENT = {
    "ok": ("Ok", "send success"),
    "throttled": ("LimitExceeded.DeliveryFrequencyLimit", "frequency limit"),
    "no_credit": ("FailedOperation.InsufficientBalanceInSmsPackage", "insufficient balance in SMS package"),
    "daily_cap": ("LimitExceeded.PhoneNumberDailyLimit", "the number of SMS messages sent from a single mobile number"),
    "bad_number": ("InvalidParameterValue.IncorrectPhoneNumber", "incorrect phone number"),
}


def _tencent_says(how: str, arrival: Arrival) -> Said:
    if how == "bad_signature":
        error = {"Code": "AuthFailure.SignatureFailure", "Message": "check your signature"}
        return Said(200, {"Response": {"Error": error, "RequestId": "r"}})
    code, message = _TENCENT[how]
    status = {
        "SerialNo": arrival.provider_id if how == "ok" else "",
        "PhoneNumber": f"+86{arrival.to}",
        "Fee": int(how == "ok"),
        "SessionContext": arrival.our_id,
        "Code": code,
        "Message": message,
        "IsoCode": "CN",
    }
    return Said(200, {"Response": {"SendStatusSet": [status], "RequestId": f"R-{arrival.provider_id}"}})


def _tencent_other(asked: Asked, world: World) -> Said:
    """The pull calls: nothing waits there, it was pushed."""
    name = f"{asked.headers.get('x-tc-action', '')}Set"
    return Said(200, {"Response": {name: [], "RequestId": "r"}})


# Huawei Cloud


def _huawei(asked: Asked, world: World) -> Arrival | None:
    if not asked.path.endswith("/sms/batchSendSms/v1"):
        return None
    fields = asked.form
    values = {str(place): str(each) for place, each in enumerate(json.loads(fields.get("templateParas") or "[]"), 1)}
    return Arrival(
        dialect="huawei",
        to=fields.get("to", "").removeprefix("+86"),
        text=text_of(
            world, sign=fields.get("signature", "华为云短信测试"), template=fields.get("templateId", ""), values=values
        ),
        provider_id=world.next_id("h-"),
        our_id=fields.get("extend", ""),
        callback=fields.get("statusCallback", ""),
    )


_HUAWEI = {
    "ok": (200, "000000", "000000", "Success"),
    "throttled": (200, "E000510", "E200015", "The SMS fails to be sent."),
    "no_credit": (401, "E000112", "", "The user status is frozen."),
    "daily_cap": (200, "E000510", "E200015", "The SMS fails to be sent."),
    "bad_number": (200, "E000510", "E200028", "The SMS fails to be sent."),
    "bad_signature": (401, "E000103", "", "The app_key is invalid."),
}


def _huawei_says(how: str, arrival: Arrival) -> Said:
    status, code, told, description = _HUAWEI[how]
    result = {
        "originTo": f"+86{arrival.to}",
        "createTime": f"{arrival.at:%Y-%m-%dT%H:%M:%SZ}",
        "from": "8823040504797",
        "smsMsgId": arrival.provider_id,
        "status": told,
        "countryId": "CN",
        "total": 1,
    }
    body: dict[str, Any] = {"code": code, "description": description}
    return Said(status, body | {"result": [result]} if told else body)


# A generic gateway, WeCom, WeChat, a webhook


def _generic(asked: Asked, world: World) -> Arrival | None:
    fields = asked.json or asked.form
    first = {name.lower(): str(value) for name, value in fields.items()}
    to = next((first[name] for name in ("mobile", "to", "phone") if name in first), "")
    text = next((first[name] for name in ("content", "text", "message") if name in first), "")
    return Arrival(
        dialect="sms",
        to=to.removeprefix("+86"),
        text=text or text_of(world, sign="", template="", values=first),
        provider_id=world.next_id("g-"),
        our_id=first.get("id", ""),
    )


_CODES = {"ok": "0", "throttled": "throttled", "no_credit": "no_credit", "daily_cap": "daily_cap"}


def _generic_says(how: str, arrival: Arrival) -> Said:
    return Said(200, {"code": _CODES.get(how, how), "id": arrival.provider_id if how == "ok" else ""})


def _chat(name: str) -> Callable[[Asked, World], Arrival | None]:
    def read(asked: Asked, world: World) -> Arrival | None:
        if not asked.path.endswith(("/message/send", "/template/send", "/add_msg_template")):
            return None
        found = asked.json
        whom = found.get("external_userid")
        to = whom[0] if isinstance(whom, list) and whom else found.get("touser", "")
        words = found.get("text") or found.get("textcard") or found.get("data") or found
        link = found.get("url") or (found.get("textcard") or {}).get("url", "")
        text = words.get("content") if isinstance(words, dict) and "content" in words else json.dumps(words)
        return Arrival(
            dialect=name, to=str(to), text=f"{text} {link}".strip(), provider_id=world.next_id("7"), our_id=""
        )

    return read


_ERRCODES = {"ok": 0, "throttled": 45009, "no_credit": 45009, "daily_cap": 45009, "bad_number": 40003}


def _chat_says(how: str, arrival: Arrival) -> Said:
    code = _ERRCODES.get(how, 40014)
    body = {"errcode": code, "errmsg": "ok" if code == 0 else how}
    return Said(200, body | {"msgid": int(arrival.provider_id)} if code == 0 else body)


def _chat_other(asked: Asked, world: World) -> Said:
    """gettoken, token, stable_token: anybody may log in."""
    return Said(200, {"errcode": 0, "errmsg": "ok", "access_token": world.next_id("token-"), "expires_in": 7200})


def _webhook(asked: Asked, world: World) -> Arrival | None:
    return Arrival(
        dialect="webhook",
        to=asked.headers.get("webhook-id", "webhook"),
        text=asked.body.decode("utf-8", "replace"),
        provider_id=asked.headers.get("webhook-id", world.next_id("w-")),
    )


def _webhook_says(how: str, arrival: Arrival) -> Said:
    return Said(200 if how == "ok" else 429 if how == "throttled" else 400, {})


GATEWAYS: Mapping[str, Dialect] = {
    each.name: each
    for each in (
        Dialect("aliyun", _aliyun, _aliyun_says, _aliyun_other),
        Dialect("tencent", _tencent, _tencent_says, _tencent_other),
        Dialect("huawei", _huawei, _huawei_says),
        Dialect("sms", _generic, _generic_says),
        Dialect("wecom", _chat("wecom"), _chat_says, _chat_other),
        Dialect("wechat", _chat("wechat"), _chat_says, _chat_other),
        Dialect("webhook", _webhook, _webhook_says),
    )
}
