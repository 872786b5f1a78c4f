"""Return addresses that only we can have made: ``bounce+{message}-{mac}@mail.example.cn``."""

import hmac
import re
from functools import cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MAC_LENGTH = 16  # hexadecimal digits: 64 bits, and mail servers may change capital letters
_REFERENCE = re.compile(r"(?<![0-9a-z])([0-9]{1,19})-([0-9a-f]{16})(?![0-9a-f])", re.IGNORECASE)


def reference(message_id: int) -> str:
    """What stands for a message where strangers can read it, and cannot be made up."""
    return f"{message_id}-{_mac(message_id)}"


def return_path(address: str, message_id: int) -> str:
    """The message's own return address, under the one that receives bounces."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{reference(message_id)}@{domain}"


def references_in(text: str) -> list[int]:
    """The messages that a text refers to with a true mark, and no others (G68)."""
    found = []
    for number, mac in _REFERENCE.findall(text):
        if hmac.compare_digest(_mac(int(number)), mac.lower()):
            found.append(int(number))
    return list(dict.fromkeys(found))


def _mac(message_id: int) -> str:
    return hmac.digest(_key(), str(message_id).encode(), "sha256").hex()[:MAC_LENGTH]


@cache
def _key() -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zhiyin return addresses")
    return hkdf.derive(settings.SECRET_KEY.encode())
