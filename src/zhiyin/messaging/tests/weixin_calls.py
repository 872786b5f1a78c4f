"""WeChat's and WeCom's servers, as far as they call us: signed, encrypted, padded to 32 bytes."""

import base64
import os
from datetime import datetime
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from zhiyin.messaging.channels.weixin.crypt import BLOCK, signed
from zhiyin.messaging.rules.signals import Callback
from zhiyin.messaging.testing import NOW

TOKEN = "a-token"
KEY = bytes(range(32))
AES_KEY = base64.b64encode(KEY).decode().rstrip("=")
WECHAT: dict[str, Any] = {
    "app": "wx5823bf96d3bd56c7",
    "secret": "0123456789abcdef",
    "template": "t-1",
    "variables": {"thing1": "{organisation}", "thing2": "{hours}小时内有效"},
    "token": TOKEN,
    "aes_key": AES_KEY,
}
WECOM: dict[str, Any] = {
    "corp": "ww1436e0e65a779aee",
    "agent": "1000002",
    "secret": "0123456789abcdef",
    "token": TOKEN,
    "aes_key": AES_KEY,
}
_nonces = count(1)


def encrypted(text: str, receiver: str, *, key: bytes = KEY) -> str:
    plain = os.urandom(16) + len(text.encode()).to_bytes(4, "big") + text.encode() + receiver.encode()
    fill = BLOCK - len(plain) % BLOCK
    cipher = Cipher(AES256(key), CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([fill]) * fill) + cipher.finalize()).decode()


def xml(**fields: object) -> str:
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"


def query_for(*words: str, now: datetime = NOW, name: str = "msg_signature", nonce: str = "") -> dict[str, str]:
    stamp, nonce = str(int(now.timestamp())), nonce or f"n{next(_nonces)}"
    return {name: signed(TOKEN, stamp, nonce, *words), "timestamp": stamp, "nonce": nonce}


def pushed(inner: str, receiver: str, *, now: datetime = NOW, nonce: str = "", **changes: Any) -> Callback:
    """A push with this inside."""
    sealed = encrypted(inner, receiver)
    values: dict[str, Any] = {
        "method": "POST",
        "query": query_for(sealed, now=now, nonce=nonce),
        "headers": {},
        "body": xml(ToUserName="gh_1", Encrypt=sealed).encode(),
        "remote": "203.0.113.7",
        "now": now,
    }
    return Callback(**{**values, **changes})


def asked(query: dict[str, str], *, now: datetime = NOW) -> Callback:
    """The test of the address, with echostr."""
    return Callback(method="GET", query=query, headers={}, body=b"", remote="203.0.113.7", now=now)


def event(kind: str, *, sender: str = "o-1", at: datetime = NOW, **more: object) -> str:
    stamp = int(at.timestamp())
    return xml(ToUserName="gh_1", FromUserName=sender, CreateTime=stamp, MsgType="event", Event=kind, **more)


def text(words: str, *, sender: str = "o-1", identifier: int = 7) -> str:
    stamp = int(NOW.timestamp())
    fields = {"ToUserName": "gh_1", "FromUserName": sender, "CreateTime": stamp, "MsgType": "text"}
    return xml(**fields, Content=words, MsgId=identifier)
