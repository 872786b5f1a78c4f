"""Callbacks of WeChat and WeCom: a signature over sorted words, and AES-256-CBC around the words themselves.

Follows "加解密方案说明" (WeCom, 2024-07-18) and "消息加解密说明" (official accounts): the key is 43 letters of base64,
the plain text is 16 random bytes, four bytes of length, the message, and whom it is for.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, ParseError

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # ships no types
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from zhiyin.messaging.rules.signals import Callback, Unreadable, Unverified

TOLERANCE = timedelta(minutes=15)
BLOCK = 32  # bytes that the plain text is padded to
LONGEST_BODY = 256 * 1024


class Crypt:
    """One account's keys. ``receiver``: whom its messages are for, the corp or the account."""

    def __init__(self, *, token: str, aes_key: str, receiver: str) -> None:
        self._token, self._receiver = token, receiver.encode()
        self._key = base64.b64decode(aes_key + "=")

    def check(self, callback: Callback, signature: str, *words: str) -> str:
        """Raises Unverified unless the call is signed for these words and fresh. Returns what may be used only once."""
        query = callback.query
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        given = query.get(signature, "")
        if not given or not stamp or not nonce:
            raise Unverified("no signature")
        expected = signed(self._token, stamp, nonce, *words)
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Unverified("wrong signature")
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise Unverified("no time")
        if abs(callback.now - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
            raise Unverified("too old")
        return f"{stamp} {nonce}"

    def opened(self, encrypted: str) -> str:
        """The message. Raises Unverified where it does not open with our key, or is meant for somebody else."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            opener = Cipher(AES256(self._key), CBC(self._key[:16])).decryptor()
            padded = opener.update(sealed) + opener.finalize()
        except (binascii.Error, ValueError) as fault:
            raise Unverified("does not open") from fault
        plain = _unpadded(padded)
        length = int.from_bytes(plain[16:20], "big")
        message, receiver = plain[20 : 20 + length], plain[20 + length :]
        if len(plain) < 20 or len(message) < length:
            raise Unverified("does not open")
        if not hmac.compare_digest(receiver, self._receiver):
            raise Unverified("meant for another account")
        try:
            return message.decode()
        except UnicodeDecodeError as fault:
            raise Unreadable("not UTF-8") from fault


def signed(*words: str) -> str:
    """The signature over these words."""
    return hashlib.sha1("".join(sorted(words)).encode("utf-8", "replace")).hexdigest()


def _unpadded(padded: bytes) -> bytes:
    last = padded[-1] if padded else 0
    if not 1 <= last <= BLOCK or len(padded) < last or padded[-last:] != bytes([last]) * last:
        raise Unverified("does not open")
    return padded[:-last]


def fields_of(text: str | bytes) -> Mapping[str, str]:
    """The fields of a flat ``<xml>``. Raises Unreadable; entities and document types are refused (G23, G24)."""
    if len(text) > LONGEST_BODY or not text.strip():
        raise Unreadable("empty, or too long")
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as fault:
        raise Unreadable(f"not XML: {type(fault).__name__}") from fault
    if root.tag != "xml":
        raise Unreadable("not what an account sends")
    found = {child.tag: (child.text or "").strip() for child in root}
    if len(found) != len(root):
        raise Unreadable("a field stands twice")
    return found


def when(stamp: str) -> datetime | None:
    """CreateTime, in seconds."""
    return datetime.fromtimestamp(int(stamp), UTC) if stamp.isascii() and stamp.isdigit() and len(stamp) == 10 else None


def is_aes_key(text: str) -> bool:
    """Whether it is an EncodingAESKey."""
    try:
        return len(text) == 43 and len(base64.b64decode(text + "=", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False
