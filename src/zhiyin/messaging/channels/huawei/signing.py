"""Huawei Cloud's two ways to prove who calls, and the proof that its pushes carry."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "SDK-HMAC-SHA256"
DATE = "x-sdk-date"
_AUTHORIZATION = re.compile(
    r"SDK-HMAC-SHA256\s+Access=([^,\s]{1,200}),\s?SignedHeaders=([a-z0-9;-]{1,500}),\s?Signature=([0-9a-f]{64})"
)


def signature(
    headers: Mapping[str, str], names: Sequence[str], *, path: str, content: bytes, secret: str, method: str = "POST"
) -> str:
    """The signature over these headers and the content; ``headers`` has its names in lower case."""
    address = quote(path if path.endswith("/") else f"{path}/", safe="/-_.~")
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in sorted(names))
    listed = ";".join(sorted(names))
    canonical = f"{method}\n{address}\n\n{lines}\n{listed}\n{hashlib.sha256(content).hexdigest()}"
    to_sign = f"{ALGORITHM}\n{headers.get(DATE, '')}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()


def authorization(headers: Mapping[str, str], *, path: str, content: bytes, key: str, secret: str) -> str:
    """The header ``Authorization`` over all of these headers."""
    names = sorted(headers)
    proof = signature(headers, names, path=path, content=content, secret=secret)
    return f"{ALGORITHM} Access={key}, SignedHeaders={';'.join(names)}, Signature={proof}"


def parts_of(header: str) -> tuple[str, list[str], str] | None:
    """Key, signed headers and signature of an ``Authorization``; None where it has another form."""
    found = _AUTHORIZATION.fullmatch(header.strip())
    return (found[1], found[2].split(";"), found[3]) if found else None


def date_of(text: str) -> datetime | None:
    """The moment in an X-Sdk-Date; None where it is none."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def wsse(*, key: str, secret: str, nonce: str, now: datetime) -> dict[str, str]:
    """The two headers of X-WSSE."""
    created = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha256(f"{nonce}{created}{secret}".encode()).hexdigest()
    proof = base64.b64encode(digest.encode()).decode()
    return {
        "authorization": 'WSSE realm="SDP",profile="UsernameToken",type="Appkey"',
        "x-wsse": f'UsernameToken Username="{key}",PasswordDigest="{proof}",Nonce="{nonce}",Created="{created}"',
    }
