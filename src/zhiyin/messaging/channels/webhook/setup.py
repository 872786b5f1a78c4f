"""What a webhook needs: an address, and a key that both sides have."""

import base64
import binascii
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.rules.setups import Called, Fault, Paced
from zhiyin.messaging.rules.setups.checks import url_fault

KEY_BYTES = (24, 64)
PREFIX = "whsec_"


@dataclass(frozen=True, kw_only=True)
class WebhookSetup(Called, Paced):
    """``secret`` as Standard Webhooks writes it: ``whsec_`` and 24 to 64 bytes in base64."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"url", "secret"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"secret"})

    url: str
    secret: str

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = [Fault("url", code)] if (code := url_fault(self.url, private_hosts)) else []
        if not is_key(self.secret):
            found.append(Fault("secret", "not_a_webhook_key"))
        return found + super().faults(private_hosts)


def is_key(secret: str) -> bool:
    """Whether it is a key in the standard's spelling."""
    try:
        key = key_of(secret)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(PREFIX) and KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]


def key_of(secret: str) -> bytes:
    """The key itself. Raises binascii.Error for what is no base64."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
