"""What several dialects check in their settings, and how a template is filled."""

import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv6Address, ip_network
from typing import Any
from urllib.parse import urlsplit

from zhiyin.messaging.rules.addresses import is_inside

SHORTEST_HIDDEN = 6  # characters; striking out shorter words would make a gateway's answer unreadable
_HOLDER = re.compile(r"\{([a-z][a-z0-9]*)\}")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9.])?")


def url_fault(url: str, private_hosts: Collection[str]) -> str:
    """What is wrong with a gateway's address; nothing if it will do."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "not_a_url"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not is_plain(url) or " " in url:
        return "not_a_url"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "not_a_url"
    if _is_barred(parts.hostname, private_hosts):
        return "private_address"
    return "needs_https" if parts.scheme == "http" and parts.hostname not in private_hosts else ""


def host_fault(host: str, private_hosts: Collection[str]) -> str:
    """What is wrong with the name of a server; nothing if it will do."""
    if not _is_host(host):
        return "not_a_host"
    return "private_address" if _is_barred(host, private_hosts) else ""


def _is_host(text: str) -> bool:
    try:
        return bool(_HOST.fullmatch(text)) or bool(IPv6Address(text))
    except ValueError:
        return False


def _is_barred(host: str, private_hosts: Collection[str]) -> bool:
    return host.lower() not in private_hosts and is_inside(host)


def is_plain(value: str) -> bool:
    """Latin letters, digits and signs, as a header can carry them."""
    return value.isascii() and value.isprintable()


def is_network(text: str) -> bool:
    """An address or a network in the usual spelling: 10.0.0.7, 117.78.29.0/24."""
    try:
        ip_network(text.strip())
    except ValueError:
        return False
    return True


def longest_first(words: Iterable[str]) -> tuple[str, ...]:
    """Those long enough to be struck out of an answer, the longest first, so that no half of one stays."""
    return tuple(sorted({word for word in words if len(word) >= SHORTEST_HIDDEN}, key=len, reverse=True))


def texts(value: Any) -> list[str]:
    """Every text in a template, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    return []


def holders(text: str) -> set[str]:
    """The names of the placeholders in a text."""
    return set(_HOLDER.findall(text))


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its placeholders filled, in one pass: what a value brings is never filled again."""
    if isinstance(template, str):
        return _HOLDER.sub(lambda found: values.get(found[1], found[0]), template)
    if isinstance(template, Mapping):
        return {key: filled(each, values) for key, each in template.items()}
    if isinstance(template, list | tuple):
        return [filled(each, values) for each in template]
    return template
