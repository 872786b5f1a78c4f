"""One bound session: smpplib's PDUs over a socket that was looked at, with an end to every wait."""

import logging
import socket
import ssl
import struct
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from smpplib import consts, exceptions, smpp  # type: ignore[import-untyped]
from smpplib.client import Client  # type: ignore[import-untyped]

from zhiyin.messaging.channels.pinned import ConnectionBroke, checked_address
from zhiyin.messaging.channels.smpp.setup import SmppSetup
from zhiyin.messaging.rules.answers import Broken

LONGEST_PDU = 64 * 1024
_HEADER = 16


class Dropped(Exception):
    """The session is over: closed, broken, or what came makes no sense. What was asked before is unanswered."""


class Session(Client):  # type: ignore[misc]
    """Bound, and ready. Raises ConnectionBroke where it cannot be had: not one byte of a message has left then."""

    _socket: Any

    def __init__(self, setup: SmppSetup, *, command: str, private_hosts: Collection[str] = ()) -> None:
        super().__init__(setup.host, setup.port, timeout=setup.timeout, allow_unknown_opt_params=True)
        # The library logs every PDU as it is, with numbers and the password. This logger has no way out.
        self.logger = logging.Logger("smpp", level=logging.CRITICAL + 1)
        self._setup, self._private_hosts, self._buffer = setup, private_hosts, b""
        self.used_at = time.monotonic()
        try:
            self.connect()
            names = {"system_id": setup.system_id, "password": setup.password, "system_type": setup.system_type}
            getattr(self, f"bind_{command}")(**names)
        except BaseException as fault:
            self.drop()
            _tell(fault)

    def connect(self) -> None:
        address = checked_address(self.host, self.port, private_hosts=self._private_hosts)
        made = socket.create_connection((address, self.port), self.timeout)
        if self._setup.security == "tls":
            made = ssl.create_default_context().wrap_socket(made, server_hostname=self.host)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self.state = made, consts.SMPP_CLIENT_STATE_OPEN

    def read_pdu(self) -> Any:
        """For the library's own bind: the next PDU, or its time-out."""
        pdu = self.next_pdu(time.monotonic() + self.timeout)
        if pdu is None:
            raise TimeoutError
        return pdu

    def next_pdu(self, ends: float) -> Any:
        """The next PDU, None when there is none until ``ends`` (monotonic). Raises Dropped."""
        while (length := self._complete()) == 0:
            left = ends - time.monotonic()
            if left <= 0 or self._socket is None:
                return None
            self._socket.settimeout(left)
            try:
                more = self._socket.recv(8192)
            except TimeoutError:
                return None
            except OSError as fault:
                raise Dropped(type(fault).__name__) from fault
            if not more:
                raise Dropped("closed")
            self._buffer += more
        raw, self._buffer = self._buffer[:length], self._buffer[length:]
        self.used_at = time.monotonic()
        return self._parsed(raw)

    def _complete(self) -> int:
        """The length of the first PDU, if it is here whole; else 0."""
        if len(self._buffer) < 4:
            return 0
        (length,) = struct.unpack(">L", self._buffer[:4])
        if not _HEADER <= length <= LONGEST_PDU:
            raise Dropped("a PDU of no sensible length")
        return int(length) if len(self._buffer) >= length else 0

    def _parsed(self, raw: bytes) -> Any:
        try:
            pdu = smpp.parse_pdu(raw, client=self, allow_unknown_opt_params=True)
        except Exception as fault:  # the library checks little of what it is given
            raise Dropped(f"a PDU that cannot be read: {type(fault).__name__}") from fault
        if pdu is None:
            raise Dropped("an unknown command")
        if not pdu.is_error() and pdu.command in consts.STATE_SETTERS:
            self.state = consts.STATE_SETTERS[pdu.command]
        return pdu

    def say(self, command: str, **fields: Any) -> int:
        """Send a PDU; returns its sequence number. Raises Dropped."""
        sequence = fields.pop("sequence", None)
        try:
            pdu = smpp.make_pdu(command, client=self, **fields)
            if sequence is not None:
                pdu.sequence = sequence
            number = int(pdu.sequence)
            if self._socket is not None:
                self._socket.settimeout(self.timeout)
            self.send_pdu(pdu)
        except (exceptions.PDUError, exceptions.ConnectionError, OSError, AttributeError) as fault:
            raise Dropped(type(fault).__name__) from fault
        self.used_at = time.monotonic()
        return number

    def keep(self, pdu: Any) -> bool:
        """Answer what only keeps the session alive. Whether that is what it was. Raises Dropped when it is over."""
        if pdu.command == "enquire_link":
            self.say("enquire_link_resp", sequence=pdu.sequence)
            return True
        if pdu.command == "unbind":
            self.say("unbind_resp", sequence=pdu.sequence)
            raise Dropped("unbound")
        return str(pdu.command) in ("enquire_link_resp", "alert_notification", "unbind_resp")

    def is_alive(self) -> bool:
        """Ask the other side."""
        try:
            asked = self.say("enquire_link")
            ends = time.monotonic() + self.timeout
            while (pdu := self.next_pdu(ends)) is not None:
                if pdu.command == "enquire_link_resp" and pdu.sequence == asked:
                    return True
                self.keep(pdu)  # what else comes is repeated: it was not acknowledged
        except Dropped:
            pass
        return False

    def leave(self) -> None:
        """Say goodbye, and do not wait for the answer."""
        with suppress(Dropped):
            self.say("unbind")
        self.drop()

    def drop(self) -> None:
        """Close, without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.state = consts.SMPP_CLIENT_STATE_CLOSED


def _tell(fault: BaseException) -> None:
    """What stood in the way of a session, in the words that are the same for every channel."""
    if isinstance(fault, ConnectionBroke):
        raise fault
    if isinstance(fault, ssl.SSLError):
        raise ConnectionBroke(Broken.NOT_SECURE, type(fault).__name__) from fault
    if isinstance(fault, exceptions.PDUError):
        status = fault.args[1] if len(fault.args) > 1 else 0
        raise ConnectionBroke(Broken.NOT_CONNECTED, f"bind refused, status {status:#x}") from fault
    if isinstance(fault, Exception):
        raise ConnectionBroke(Broken.NOT_CONNECTED, type(fault).__name__) from fault
    raise fault
