"""Bounces fetched by IMAP, for who cannot let their mail server hand them on.

Unread mails of one folder are handed over one by one; what was taken is marked as read, and only then. A mail that is
too large is not fetched. A round has one deadline: a server that drips its answers byte by byte holds nobody up.
"""

import imaplib
import re
import socket
import ssl
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from typing import Any

from zhiyin.messaging.channels.pinned import ConnectionBroke, checked_address
from zhiyin.messaging.channels.protocol import Laid, Take
from zhiyin.messaging.rules.answers import Broken, without
from zhiyin.messaging.rules.hearing import LONGEST_BODY
from zhiyin.messaging.rules.setups import EmailSetup

LONGEST_LINE = 1024 * 1024  # bytes: the numbers of a hundred thousand unread mails
IN_A_FETCH = 200  # mails whose sizes are asked for together
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")


class Mailbox:
    """The folder that bounces arrive in."""

    def __init__(self, setup: EmailSetup, *, private_hosts: Collection[str] = ()) -> None:
        self.setup, self._private_hosts = setup, frozenset(private_hosts)

    def collect(self, take: Take) -> None:
        """Hand over what is unread. Raises ConnectionBroke where the mailbox cannot be read, or not to the end."""
        try:
            with self._folder() as box:
                unread = _answer(box.uid("SEARCH", "UNSEEN"))[0] or b""
                uids = unread.split()
                for start in range(0, len(uids), IN_A_FETCH):
                    for uid, size in _sizes(box, uids[start : start + IN_A_FETCH]):
                        if (laid := self._laid(box, uid, size)) is not None:
                            take(laid)
                            _answer(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
        except ssl.SSLError as fault:
            raise ConnectionBroke(Broken.NOT_SECURE, type(fault).__name__) from fault
        except (imaplib.IMAP4.error, OSError) as fault:
            said = without(f"{type(fault).__name__}: {fault}", self.setup.hidden)
            raise ConnectionBroke(Broken.READING, said[:200]) from fault

    def _laid(self, box: "_Box", uid: str, size: int) -> Laid | None:
        place = f"mail {uid} of {self.setup.imap_folder}, {size} bytes"
        if size > LONGEST_BODY:
            return Laid(place, None)
        parts = _answer(box.uid("FETCH", uid, "(BODY.PEEK[])"))
        body = next((part[1] for part in parts if isinstance(part, tuple)), None)
        return Laid(place, body) if body is not None else None  # None: somebody deleted it meanwhile

    @contextmanager
    def _folder(self) -> "Iterator[_Box]":
        setup = self.setup
        box = _Box(setup, self._private_hosts)
        try:
            if setup.imap_security == "starttls":
                box.starttls(ssl.create_default_context())
            box.login(_quoted(setup.imap_user), setup.imap_password)
            if "ID" in box.capabilities:  # 163.com lets only those read who say what they are
                box.xatom("ID", '("name" "zhiyin")')
            _answer(box.select(_quoted(setup.imap_folder)))
            yield box
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                box.logout()
            box.shutdown()


class _Box(imaplib.IMAP4):
    """Connects to the address that was looked at, as ``pinned`` does, and minds the round's deadline and all sizes."""

    def __init__(self, setup: EmailSetup, private_hosts: Collection[str]) -> None:
        self._private_hosts, self._encrypts = private_hosts, setup.imap_security == "tls"
        self._seconds = setup.timeout
        self._ends = time.monotonic() + 2 * setup.timeout
        self._stream: tuple[socket.socket, BufferedReader] | None = None
        super().__init__(setup.imap_host, setup.imap_port, setup.timeout)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        address = checked_address(host, port, private_hosts=self._private_hosts)
        plain = socket.create_connection((address, port), timeout)
        try:
            self.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=host) if self._encrypts else plain
            )
        except BaseException:
            plain.close()
            raise

    def _reader(self) -> BufferedReader:
        """What reads from the socket of now, which STARTTLS changes."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.abort("the round took too long")
        self.sock.settimeout(min(left, self._seconds))
        if self._stream is None or self._stream[0] is not self.sock:
            self._stream = self.sock, self.sock.makefile("rb")
        return self._stream[1]

    def read(self, size: int) -> bytes:
        if size > 2 * LONGEST_BODY:  # more than the server said that the mail has
            raise self.abort(f"an answer of {size} bytes")
        body = bytearray()
        while len(body) < size:
            if not (piece := self._reader().read1(size - len(body))):
                raise self.abort("the connection was closed")
            body += piece
        return bytes(body)

    def readline(self) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            reader = self._reader()
            waiting = reader.peek(1)
            line += reader.read(waiting.find(b"\n") + 1 or len(waiting))
            if not waiting or len(line) > LONGEST_LINE:
                raise self.abort("the connection was closed" if not waiting else "a line without end")
        return bytes(line)

    def shutdown(self) -> None:
        if self._stream is not None:
            self._stream[1].close()
        self.sock.close()


def _answer(told: tuple[str, Any]) -> list[Any]:
    """What the server answered. Raises the library's own error where it said no."""
    word, data = told[0], list(told[1])
    if word != "OK":
        raise imaplib.IMAP4.error(f"the server said {word}")
    return data


def _sizes(box: _Box, uids: Collection[bytes]) -> list[tuple[str, int]]:
    told = _answer(box.uid("FETCH", b",".join(uids).decode("ascii"), "(UID RFC822.SIZE)"))
    found = []
    for line in told:
        text = line if isinstance(line, bytes) else b""
        uid, size = _UID.search(text), _SIZE.search(text)
        if uid and size:
            found.append((uid[1].decode(), int(size[1][:12])))
    return found


def _quoted(text: str) -> str:
    """As IMAP writes a name: the library quotes passwords only."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
