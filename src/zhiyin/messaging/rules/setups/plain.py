"""The settings of mail, of a generic HTTP gateway that is described and not coded, and of the file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from zhiyin.messaging.rules.answers import Reading
from zhiyin.messaging.rules.setups.basics import MOST_PER_SECOND, SECONDS, Fault, Paced, Setup
from zhiyin.messaging.rules.setups.checks import holders, host_fault, is_plain, longest_first, texts, url_fault

PLACEHOLDERS = frozenset({"to", "e164", "text", "link", "token", "message"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
# Written by the request itself: what somebody else puts there breaks it, or sends it elsewhere.
_OWN_HEADERS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})
_MAIL_ADDRESS = re.compile(r"[^\s<>@,;\"]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class EmailSetup(Setup):
    """A mail server. ``security``: ``tls`` from the first byte, ``starttls``, or ``none`` inside one's own network.

    ``imap_*``: the mailbox that bounces arrive in, if we are to fetch them there.
    """

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"host", "sender"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"password", "imap_password"})

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""
    sender: str
    sender_name: str = ""
    return_path: str = ""  # the address that receives bounces; each message gets a marked one under it
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = "tls"
    imap_user: str = ""
    imap_password: str = ""
    imap_folder: str = "INBOX"
    timeout: int = 15
    per_second: int = 0

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=self.timeout)

    @classmethod
    def destination(cls, values: Mapping[str, Any]) -> tuple[object, ...]:
        return (*super().destination(values), str(values.get("imap_host", "")).lower())

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = self._mailbox_faults(private_hosts) if self.imap_host else []
        if code := host_fault(self.host, private_hosts):
            found.append(Fault("host", code))
        if not 1 <= self.port <= 65535:
            found.append(Fault("port", "out_of_range"))
        if self.security not in ("tls", "starttls", "none"):
            found.append(Fault("security", "not_a_choice"))
        if self.user and self.security == "none":
            found.append(Fault("security", "password_needs_tls"))
        if not _MAIL_ADDRESS.fullmatch(self.sender) or not self.sender.isascii():
            found.append(Fault("sender", "not_an_address"))
        if self.return_path and (not _MAIL_ADDRESS.fullmatch(self.return_path) or not self.return_path.isascii()):
            found.append(Fault("return_path", "not_an_address"))
        found += [Fault(name, "not_ascii") for name in ("user", "password") if not getattr(self, name).isascii()]
        if not SECONDS[0] <= self.timeout <= SECONDS[1]:
            found.append(Fault("timeout", "out_of_range"))
        if not 0 <= self.per_second <= MOST_PER_SECOND:
            found.append(Fault("per_second", "out_of_range"))
        return found

    def _mailbox_faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        needed = ("imap_user", "imap_password", "imap_folder", "return_path")
        found = [Fault(name, "missing") for name in needed if not getattr(self, name)]
        if code := host_fault(self.imap_host, private_hosts):
            found.append(Fault("imap_host", code))
        if not 1 <= self.imap_port <= 65535:
            found.append(Fault("imap_port", "out_of_range"))
        if self.imap_security not in ("tls", "starttls", "none"):
            found.append(Fault("imap_security", "not_a_choice"))
        if self.imap_security == "none" and self.imap_host.lower() not in private_hosts:
            found.append(Fault("imap_security", "password_needs_tls"))
        found += [
            Fault(name, "not_ascii")
            for name in ("imap_user", "imap_password", "imap_folder")
            if not getattr(self, name).isascii()
        ]
        return found


@dataclass(frozen=True, kw_only=True)
class SmsSetup(Paced):
    """A generic HTTP gateway and how to speak to it.

    ``body`` is a template: JSON of any shape, or a flat mapping for a form, whose texts may hold ``{to}`` (a mainland
    mobile as it is dialled at home, otherwise E.164), ``{e164}``, ``{text}``, ``{link}``, ``{token}`` (for gateways
    that want the link's variable part alone) and ``{message}`` (our id, the same at every try, for gateways that can
    tell a repetition). ``signature_header`` carries the hex HMAC-SHA-256 of the body under ``secret``.
    """

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"url", "body"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"secret", "headers", "body"})

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    format: str = "json"
    body: Mapping[str, Any]
    success_path: str = ""
    success_values: tuple[str, ...] = ()
    later_values: tuple[str, ...] = ()
    provider_id_path: str = ""
    signature_header: str = ""
    secret: str = ""

    @property
    def reading(self) -> Reading:
        paths = (self.success_path, self.success_values, self.later_values, self.provider_id_path)
        return Reading(*paths, hidden=self.hidden)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text in these settings that may be a key, the longest first."""
        words = [self.secret, *self.headers.values()]
        words += [word for value in self.headers.values() for word in value.split()]
        words += [text for text in texts(self.body) if not holders(text)]
        words += [value for _name, value in parse_qsl(urlsplit(self.url).query)]
        return longest_first(words)

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = [Fault("url", code)] if (code := url_fault(self.url, private_hosts)) else []
        if self.method not in ("POST", "PUT"):
            found.append(Fault("method", "not_a_choice"))
        if self.format not in ("json", "form"):
            found.append(Fault("format", "not_a_choice"))
        found += self._body_faults()
        if not all(_is_header(name, value) for name, value in self.headers.items()):
            found.append(Fault("headers", "bad_header"))
        if self.success_path and not self.success_values:
            found.append(Fault("success_values", "missing"))
        if self.signature_header and (not _HEADER_NAME.fullmatch(self.signature_header) or len(self.secret) < 32):
            found.append(Fault("secret", "too_short"))
        return found + super().faults(private_hosts)

    def _body_faults(self) -> list[Fault]:
        found = []
        written = texts(self.body)
        if self.format == "form" and len(written) != len(self.body):
            found.append(Fault("body", "form_is_flat"))
        used = {name for text in written for name in holders(text)}
        if not used <= PLACEHOLDERS:
            found.append(Fault("body", "unknown_placeholder"))
        if not used & {"to", "e164"} or not used & {"text", "link", "token"}:
            found.append(Fault("body", "placeholder_missing"))
        return found


def _is_header(name: str, value: str) -> bool:
    return bool(_HEADER_NAME.fullmatch(name)) and name.lower() not in _OWN_HEADERS and is_plain(value)


@dataclass(frozen=True, kw_only=True)
class OutboxSetup(Setup):
    """The file in the data folder. It has nothing to set."""
