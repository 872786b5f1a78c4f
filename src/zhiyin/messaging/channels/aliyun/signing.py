"""Alibaba Cloud's signature of a request, version 3: ACS3-HMAC-SHA256."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def query_of(fields: Mapping[str, str]) -> str:
    """The fields as a query, in the order and spelling that is signed."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(fields.items()))


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~", errors="replace")


def signed(
    headers: Mapping[str, str], *, query: str, content: bytes, access_key: str, secret: str, method: str = "POST"
) -> dict[str, str]:
    """The headers with ``Authorization``. Signed are the host, the content's type and every ``x-acs-`` header."""
    digest = hashlib.sha256(content).hexdigest()
    found = {**headers, "x-acs-content-sha256": digest}
    names = sorted(name for name in found if name.startswith("x-acs-") or name in ("host", "content-type"))
    lines = "".join(f"{name}:{found[name].strip()}\n" for name in names)
    listed = ";".join(names)
    canonical = f"{method}\n/\n{query}\n{lines}\n{listed}\n{digest}"  # calls by name have the path / whatever the host
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()
    found["authorization"] = f"{ALGORITHM} Credential={access_key},SignedHeaders={listed},Signature={signature}"
    return found
