"""One plain e-mail address: no display name, no second address, no header smuggled in (RELIABILITY A56-A58)."""

import re

from zhiyin.lib.clean.texts import refuse_unsafe
from zhiyin.lib.clean.wrong import Wrong

_LONGEST = 254  # RFC 5321, path
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


def email(value: object) -> str:
    """The address with its domain in lower case and in punycode, so that a look-alike letter shows. Raises Wrong."""
    if type(value) is not str:
        raise Wrong("type.text")
    if len(value) > _LONGEST:
        raise Wrong("text_too_long", limit=_LONGEST, length=len(value))
    refuse_unsafe(value, lines=False)
    local, at, domain = value.partition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise Wrong("email_invalid")
    domain = domain.lower() if domain.isascii() else _punycode(domain)
    if not _DOMAIN.fullmatch(domain):
        raise Wrong("email_invalid")
    return f"{local}@{domain}"


def _punycode(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Wrong("email_invalid") from None
