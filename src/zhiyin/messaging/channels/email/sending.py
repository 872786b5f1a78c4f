"""E-mail by SMTP, spoken step by step: which failure is certain depends on how far the conversation came."""

import re
import smtplib
import socket
import ssl
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from email.utils import format_datetime, formataddr

from zhiyin.messaging.channels.email.returning import reference, return_path
from zhiyin.messaging.channels.pinned import ConnectionBroke, checked_address
from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Blind, Envelope, StillOurs, Witness
from zhiyin.messaging.rules.answers import Broken, broken, read_smtp, without
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import EmailSetup


class Email:
    """One mail server, for one worker. The connection stays open from one message to the next."""

    at_once = 1

    def __init__(self, key: str, setup: EmailSetup, *, private_hosts: Collection[str] = ()) -> None:
        self.key, self.setup, self._private_hosts = key, setup, frozenset(private_hosts)
        self.patience = setup.patience * 6  # connecting, greeting, TLS, log-in, envelope, message
        self._server: smtplib.SMTP | None = None

    def place(self) -> str:
        return ""

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        ours = still_ours()
        return [
            self._told(self._one(each)) if each.message_id in ours else Outcome(Result.NOT_SENT, NO_LONGER_OURS)
            for each in envelopes
        ]

    def witness(self) -> AbstractContextManager[Witness | None]:
        return nullcontext(Blind())

    def close(self) -> None:
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server = None

    def _told(self, outcome: Outcome) -> Outcome:
        """Without the password, should a server repeat it."""
        return replace(outcome, detail=without(outcome.detail, self.setup.hidden))

    def _one(self, envelope: Envelope) -> Outcome:
        try:
            content = composed(envelope, self.setup)
        except ValueError as fault:  # an address that cannot stand in a header: no server would take it
            return Outcome(Result.REFUSED, f"not a mail: {type(fault).__name__}")
        try:
            server = self._connected()
            refusal = _offered(server, _envelope_sender(self.setup, envelope), envelope.to)
        except ssl.SSLError as fault:
            return self._dropped(broken(Broken.NOT_SECURE, type(fault).__name__))
        except smtplib.SMTPResponseException as fault:  # greeting, EHLO, STARTTLS or log-in refused
            return self._dropped(broken(Broken.NOT_CONNECTED, f"SMTP {fault.smtp_code} {fault.smtp_error!r}"))
        except ConnectionBroke as fault:  # the name leads nowhere, or to where no message may go
            return self._dropped(broken(fault.how, fault.detail))
        except (smtplib.SMTPException, OSError, UnicodeError) as fault:
            return self._dropped(broken(Broken.NOT_CONNECTED, type(fault).__name__))
        if refusal is not None:
            return self._dropped(refusal)
        try:
            server.send(content)
            code, said = server.getreply()
        except (smtplib.SMTPException, OSError) as fault:
            waiting = isinstance(fault, TimeoutError)
            return self._dropped(broken(Broken.WAITING if waiting else Broken.READING, type(fault).__name__))
        return read_smtp(code, said.decode("utf-8", "replace"))

    def _connected(self) -> smtplib.SMTP:
        """The open connection, or a new one if it no longer answers. Nothing of a message has left here."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._server.noop()[0] == 250:
                    return self._server
            self.close()
        self._server = _connect(self.setup, self._private_hosts)
        return self._server

    def _dropped(self, outcome: Outcome) -> Outcome:
        """This outcome, and a fresh connection for the next message: nobody knows where this one stands."""
        if self._server is not None:
            self._server.close()
            self._server = None
        return outcome


class _Plain(smtplib.SMTP):
    """Connects to the address that was looked at, as ``pinned`` does for HTTP; a later handshake keeps the name."""

    def __init__(self, setup: EmailSetup, private_hosts: Collection[str]) -> None:
        self._private_hosts = private_hosts
        super().__init__(setup.host, setup.port, timeout=setup.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        address = checked_address(host, port, private_hosts=self._private_hosts)
        return socket.create_connection((address, port), timeout)


class _Encrypted(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, setup: EmailSetup, private_hosts: Collection[str]) -> None:
        self._private_hosts = private_hosts
        context = ssl.create_default_context()
        super().__init__(setup.host, setup.port, timeout=setup.timeout, context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        address = checked_address(host, port, private_hosts=self._private_hosts)
        return self.context.wrap_socket(socket.create_connection((address, port), timeout), server_hostname=host)


def _connect(setup: EmailSetup, private_hosts: Collection[str]) -> smtplib.SMTP:
    server = (_Encrypted if setup.security == "tls" else _Plain)(setup, private_hosts)
    try:
        if setup.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if setup.user:
            server.login(setup.user, setup.password)
    except BaseException:
        server.close()
        raise
    return server


def _offered(server: smtplib.SMTP, sender: str, to: str) -> Outcome | None:
    """Envelope and DATA; None when the server now waits for the message. Not one byte of it has left before."""
    code, said = server.mail(sender)
    if code == 250:
        code, said = server.rcpt(to)
    if code in (250, 251):
        code, said = server.docmd("DATA")
    if code == 354:
        return None
    refusal = read_smtp(code, said.decode("utf-8", "replace"))
    # A 250 where it does not belong accepts no message.
    return Outcome(Result.LATER, refusal.provider_id) if refusal.result is Result.ACCEPTED else refusal


def _envelope_sender(setup: EmailSetup, envelope: Envelope) -> str:
    """Where a mail server reports to: an address of this message alone, where one for bounces is set up."""
    return return_path(setup.return_path, envelope.message_id) if setup.return_path else setup.sender


def composed(envelope: Envelope, setup: EmailSetup) -> bytes:
    """The mail as it goes over the wire, dots doubled and ended. Raises ValueError for what no header can hold."""
    if not envelope.to.isascii():
        raise ValueError("an address beyond ASCII needs SMTPUTF8, which few servers speak")
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = formataddr((setup.sender_name, setup.sender), "utf-8")
    mail["To"] = envelope.to
    mail["Subject"] = " ".join(envelope.subject.split())
    mail["Date"] = format_datetime(envelope.sent_at)
    # The same at every try, so that a mail sent twice after a crash is recognised as one.
    mail["Message-ID"] = f"<{envelope.message_id}@{setup.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Message-Reference"] = reference(envelope.message_id)  # what a complaint is known by
    if envelope.unsubscribe:
        mail["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        if envelope.unsubscribe.startswith("https://"):  # one click, without a page (RFC 8058)
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(envelope.text, cte="base64" if not envelope.text.isascii() else None)
    if envelope.html:
        mail.add_alternative(envelope.html, subtype="html", cte="base64")
    for name, kind, text in envelope.files:
        mail.add_attachment(text.encode(), maintype="text", subtype=kind, filename=name, params={"charset": "utf-8"})
    lines = mail.as_bytes()
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines) + b".\r\n"
