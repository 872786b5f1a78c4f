"""For tests: gateways of our own that count what they accept and misbehave on request, and a message at a time."""

import io
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from django.db.models import QuerySet

from zhiyin.ledger.ids import new_ids
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.messaging.models import Attempt, Channel, Message
from zhiyin.messaging.rules.states import Category

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
_numbers = count(1)


class Somebody:
    """Who does it, for the ledger; sees these units, or all."""

    def __init__(self, actor: str = "system:test", units: frozenset[int] | None = None) -> None:
        self.actor, self.units = actor, units

    def sees_unit(self, unit_id: int | None) -> bool:
        return self.units is None or unit_id in self.units


BY = Somebody()


def make_messages(number: int = 1, *, now: datetime = NOW, **changes: Any) -> list[int]:
    """Queue so many messages to customers of their own; returns their ids."""
    ids = list(new_ids(number, now=now))
    values: dict[str, Any] = {
        "identity_id": None,
        "category": Category.SURVEY.value,
        "scenario_id": 1,
        "touchpoint_id": 1,
        "unit_id": 1,
        "invitation_id": None,
        "channel": "sms",
        "body": {"text": "您好"},
        "not_before": now,
    }
    is_alert = changes.get("category") == Category.STAFF
    for identifier in ids:
        person = {"customer_id": None, "staff_id": next(_numbers)} if is_alert else {"customer_id": next(_numbers)}
        enqueue([Outgoing(id=identifier, **{**values, **person, **changes})], now=now)
    return ids


def message(identifier: int) -> Message:
    return Message.objects.get(pk=identifier)


def messages(**where: Any) -> QuerySet[Message]:
    """The rows themselves, for tests of the rooms above."""
    return Message.objects.filter(**where)


def attempts(**where: Any) -> QuerySet[Attempt]:
    return Attempt.objects.filter(**where)


def channel_rows() -> QuerySet[Channel]:
    return Channel.objects.all()


def make_envelope(**changes: Any) -> Envelope:
    values: dict[str, Any] = {
        "message_id": next(_numbers),
        "to": "+8613800138000",
        "text": "【云桥】请评价：http://s.example.cn/s/0123456789Ab",
        "sent_at": NOW,
        "link": "http://s.example.cn/s/0123456789Ab",
        "token": "0123456789Ab",
    }
    return Envelope(**{**values, **changes})


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asks is killed on purpose here; say nothing of it."""


class Gateway:
    """An HTTP SMS gateway. ``mode`` says how it misbehaves; ``accepted`` is what it has taken, whatever it answered."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mode = "ok"
        self.accepted: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.connections = 0
        self.took_one = threading.Event()  # set when a message was taken, before the answer
        self.may_answer = threading.Event()  # cleared: the answer waits
        self.may_answer.set()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                gateway.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def setup(self, **changes: Any) -> dict[str, Any]:
        """Settings for a channel that speaks to this gateway."""
        return {
            "url": f"http://127.0.0.1:{self.port}/send",
            "body": {"mobile": "{to}", "content": "{text}", "id": "{message}"},
            "success_path": "code",
            "success_values": ["0"],
            "later_values": ["throttled"],
            "provider_id_path": "id",
            "timeout": 1,
            **changes,
        }

    def ids(self) -> list[str]:
        """Our ids of the messages it has taken, in order."""
        return [each["id"] for each in self.accepted]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.connections += 1
        if self.mode == "reset before reading":
            _reset(handler)
            return
        length = int(handler.headers["content-length"])
        body = handler.rfile.read(length)
        if len(body) < length:  # who asked died in the middle of it
            return
        if self.mode != "refuses":
            self.accepted.append(json.loads(body) if body[:1] == b"{" else {"id": "", "form": body.decode()})
            self.headers.append({key.lower(): value for key, value in handler.headers.items()})
        self.took_one.set()
        self.may_answer.wait(30)
        with suppress(OSError):  # who asked may be dead by now
            self._reply(handler)

    def _reply(self, handler: BaseHTTPRequestHandler) -> None:
        good = b'{"code": 0, "id": "g-1"}'
        replies: dict[str, Callable[[], None]] = {
            "ok": lambda: _say(handler, 200, good),
            "refuses": lambda: _say(handler, 200, b'{"code": 17, "message": "bad number 13800138000"}'),
            "throttles": lambda: _say(handler, 200, b'{"code": "throttled"}'),
            "429": lambda: _say(handler, 429, b"", ("Retry-After", "90")),
            "401": lambda: _say(handler, 401, b"who are you"),
            "500": lambda: _say(handler, 500, b"oops"),
            "redirects": lambda: _say(handler, 302, b"", ("Location", f"http://127.0.0.1:{self.port}/elsewhere")),
            "echoes": lambda: _say(handler, 400, self._echo()),
            "html": lambda: _say(handler, 200, b"<html>OK</html>"),
            "half body": lambda: _half(handler, good),
            "endless": lambda: _say(handler, 200, b"x" * 200_000),
            "reset": lambda: _reset(handler),
            "silent": lambda: time.sleep(3),
            "drips": lambda: _drip(handler, good),
        }
        replies[self.mode]()

    def _echo(self) -> bytes:
        """What it was sent, keys and all."""
        return json.dumps([self.accepted[-1], self.headers[-1].get("authorization")]).encode()

    def __enter__(self) -> "Gateway":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


def _say(handler: BaseHTTPRequestHandler, status: int, body: bytes, *headers: tuple[str, str]) -> None:
    handler.send_response(status)
    for name, value in (("Content-Length", str(len(body))), *headers):
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _half(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    handler.wfile = open("/dev/null", "wb")  # noqa: SIM115  (the handler flushes it once more, and closes it)


def _drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for letter in body:
        handler.wfile.write(bytes([letter]))
        handler.wfile.flush()
        time.sleep(0.3)


class MailServer:
    """A mail server that follows a script: ``replies`` by command overrule what a well one says.

    A reply of None closes the connection without a word; ``...`` lets the client wait.
    """

    GOOD: Mapping[str, str] = {
        "greeting": "220 here",
        "EHLO": "250 here",
        "NOOP": "250 yes",
        "MAIL": "250 yes",
        "RCPT": "250 yes",
        "DATA": "354 go on",
        "message": "250 queued as m-1",
        "QUIT": "221 bye",
        "AUTH": "235 in",
        "STARTTLS": "220 go on",
    }

    def __init__(self, tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> None:
        self._tls, self._tls_at_once = tls, at_once
        self.replies: dict[str, Any] = {}
        self.accepted: list[bytes] = []
        self.took_at: list[float] = []  # of each, by the counter of performance
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._stopped = threading.Event()

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls_at_once:
                with self._encrypted(connection) as encrypted:
                    self._greet(encrypted)
            elif self._greet(connection):
                with self._encrypted(connection) as encrypted:
                    self._converse(encrypted)

    def _greet(self, connection: socket.socket) -> bool:
        return self._reply(connection, "greeting") and self._converse(connection)

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        assert self._tls is not None
        return self._tls.wrap_socket(connection, server_side=True)

    def _converse(self, connection: socket.socket) -> bool:
        """Until the client leaves, or (then True) wants to go on encrypted."""
        with connection.makefile("rb", buffering=0) as raw, io.BufferedReader(raw, 1) as lines:
            for line in lines:
                command = line.split()[0].decode("latin-1").upper() if line.split() else ""
                if not self._reply(connection, command) or command == "QUIT":
                    return False
                if command == "STARTTLS":
                    return True
                if command == "DATA" and self.replies.get("DATA", "354").startswith("354"):
                    self.accepted.append(b"".join(_until_dot(lines)))
                    self.took_at.append(time.perf_counter())
                    if not self._reply(connection, "message"):
                        return False
        return False

    def _reply(self, connection: socket.socket, what: str) -> bool:
        reply = self.replies.get(what, self.GOOD.get(what, "500 what"))
        if reply is None:
            return False
        if reply is ...:
            self._stopped.wait(5)
            return False
        connection.sendall(f"{reply}\r\n".encode())
        return True


def _until_dot(lines: Any) -> Iterator[bytes]:
    for line in lines:
        if line == b".\r\n":
            return
        yield line[1:] if line.startswith(b"..") else line


@contextmanager
def no_listener() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield port
