"""Tencent Cloud's signature of a request, version 3: TC3-HMAC-SHA256."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
SIGNED = ("content-type", "host", "x-tc-action")  # in this order


def authorization(
    headers: Mapping[str, str], *, service: str, content: bytes, secret_id: str, secret: str, now: datetime
) -> str:
    """The header ``Authorization``. Signed are those of ``SIGNED`` that are there; the action in lower case."""
    names = [name for name in SIGNED if name in headers]
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names)
    listed = ";".join(names)
    canonical = f"POST\n/\n\n{lines}\n{listed}\n{hashlib.sha256(content).hexdigest()}"
    moment = now.astimezone(UTC)
    scope = f"{moment:%Y-%m-%d}/{service}/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{int(moment.timestamp())}\n{scope}\n{digest}"
    key = f"TC3{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={listed}, Signature={signature}"
