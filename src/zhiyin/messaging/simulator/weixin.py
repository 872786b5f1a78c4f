"""What WeChat and WeCom push: XML inside AES-256-CBC, signed over sorted words, as the "safe mode" of both sends it.

Written from the providers' documents by itself (16 random bytes, four bytes of length, the message, whom it is for), so
that the receiving side is not tried against its own code.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

FILL = 32  # bytes that the plain text is padded to


class Keys(NamedTuple):
    """What the console of an account or a corp shows. ``receiver``: its app id or corp id."""

    token: str
    aes_key: str
    receiver: str


def keys_of(given: Mapping[str, object]) -> Keys:
    """Raises ValueError where something is missing, or the key is none."""
    found = Keys(*(str(given.get(name) or "") for name in Keys._fields))
    if not all(found) or len(base64.b64decode(found.aes_key + "=", validate=True)) != 32:
        raise ValueError("token, aes_key (43 letters) and receiver (the app id or corp id) are all needed")
    return found


def sealed(fields: Mapping[str, str], keys: Keys, *, stamp: int) -> tuple[str, bytes]:
    """The query and the body of one push."""
    inner = _xml(fields).encode()
    plain = os.urandom(16) + len(inner).to_bytes(4, "big") + inner + keys.receiver.encode()
    fill = FILL - len(plain) % FILL
    key = base64.b64decode(keys.aes_key + "=")
    cipher = Cipher(AES256(key), CBC(key[:16])).encryptor()
    encrypted = base64.b64encode(cipher.update(plain + bytes([fill]) * fill) + cipher.finalize()).decode()
    words = {"timestamp": str(stamp), "nonce": secrets.token_hex(5)}
    signature = hashlib.sha1("".join(sorted([keys.token, encrypted, *words.values()])).encode()).hexdigest()
    body = _xml({"ToUserName": "gh_simulator", "Encrypt": encrypted})
    return urlencode({**words, "msg_signature": signature}), body.encode()


def receipt(dialect: str, to: str, provider_id: str, what: str, *, stamp: int) -> dict[str, str]:
    """The end of a template message; WeCom says nothing of what became of a message."""
    if dialect != "wechat" or what not in ("delivered", "failed"):
        return {}
    status = {"delivered": "success", "failed": "failed:user block"}[what]
    return {**_event(to, "TEMPLATESENDJOBFINISH", stamp), "MsgID": provider_id, "Status": status}


def words(dialect: str, to: str, text: str, number: str, *, stamp: int) -> dict[str, str]:
    """They write to the account."""
    return {**_from(to, stamp), "MsgType": "text", "Content": text, "MsgId": number}


def leaving(dialect: str, to: str, *, stamp: int, back: bool = False) -> dict[str, str]:
    """They unfollow the account (or follow it again); they delete the colleague (or add them again)."""
    if dialect == "wechat":
        return _event(to, "subscribe" if back else "unsubscribe", stamp)
    change = "add_external_contact" if back else "del_follow_user"
    return {**_event("sys", "change_external_contact", stamp), "ChangeType": change, "ExternalUserID": to}


def _from(to: str, stamp: int) -> dict[str, str]:
    return {"ToUserName": "gh_simulator", "FromUserName": to, "CreateTime": str(stamp)}


def _event(to: str, kind: str, stamp: int) -> dict[str, str]:
    return {**_from(to, stamp), "MsgType": "event", "Event": kind}


def _xml(fields: Mapping[str, str]) -> str:
    return "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items()) + "</xml>"
