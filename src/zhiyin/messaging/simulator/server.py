"""The simulator's HTTP side: gateways, control, page. Listens on this machine only, unless told otherwise."""

import json
import socket
import struct
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from zhiyin.messaging.simulator.control import controlled
from zhiyin.messaging.simulator.faults import Mood
from zhiyin.messaging.simulator.gateways import GATEWAYS, Asked, Dialect, Said
from zhiyin.messaging.simulator.page import page, phones
from zhiyin.messaging.simulator.pushes import Pushes
from zhiyin.messaging.simulator.smpp import SmppServer
from zhiyin.messaging.simulator.world import Arrival, World

LONGEST_BODY = 1024 * 1024
FOR_EVER = 120.0  # seconds for which "timeout" does not answer
MANY_LETTERS = 10_000
STRAIGHT = ("throttled", "no_credit", "daily_cap", "bad_number", "bad_signature")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asks may hang up at any time; that is no news."""


class Simulator:
    """Both servers, with what they know. ``with Simulator(port=0) as simulator: …``."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, smpp_port: int = 0, world: World | None = None
    ) -> None:
        self.world = world or World()
        self.stopping = threading.Event()
        simulator = self

        class Handler(_Handler):
            pass

        Handler.simulator = simulator
        self._server = _Server((host, port), Handler)
        self.port = int(self._server.server_address[1])
        try:
            self.smpp = SmppServer(self.world, host=host, port=smpp_port)
        except OSError:
            self._server.server_close()
            raise
        self.smpp_port = self.smpp.port
        self.pushes = Pushes(self.world, by_smpp=self.smpp.deliver)
        self.smpp.pushes = self.pushes
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "Simulator":
        self._thread.start()
        self.smpp.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.pushes.stop()
        self.smpp.stop()
        self._server.shutdown()
        self._server.server_close()

    def url(self, dialect: str) -> str:
        """The address of a gateway, for a channel's settings."""
        return f"http://127.0.0.1:{self.port}/{dialect}/"

    def wait(self, until: Any, *, seconds: float = 5.0) -> bool:
        """Wait until ``until(world)`` is true; whether it became so in time."""
        with self.world.changed:
            return bool(self.world.changed.wait_for(lambda: until(self.world), timeout=seconds))


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    simulator: Simulator
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "gateway-simulator", ""
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: numbers stand in addresses."""

    def do_GET(self) -> None:
        asked = self._asked()
        if asked.path == "/":
            self._html(page(self.simulator.world, self.simulator.port, self.simulator.smpp_port))
        elif asked.path == "/_page":
            self._html(phones(self.simulator.world))
        elif asked.path == "/_control/state":
            self._say(Said(200, self.simulator.world.state()))
        else:
            self._gateway(asked)

    def do_POST(self) -> None:
        asked = self._asked()
        if not asked.path.startswith("/_control/"):
            self._gateway(asked)
        elif not self._is_from_here():
            self._say(Said(403, {"error": "a page of another site may not control the simulator"}))
        else:
            said = controlled(asked, self.simulator.world, self.simulator.pushes)
            if said is None:
                self._back()
            else:
                self._say(said)

    def _asked(self) -> Asked:
        parts = urlsplit(self.path)
        length = self.headers.get("content-length", "0")
        size = min(int(length), LONGEST_BODY) if length.isascii() and length.isdigit() else 0
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, self.rfile.read(size))

    def _is_from_here(self) -> bool:
        origin = self.headers.get("origin")
        return origin is None or urlsplit(origin).netloc == self.headers.get("host")

    def _gateway(self, asked: Asked) -> None:
        dialect = GATEWAYS.get(asked.path.split("/")[1])
        if dialect is None:
            self._say(Said(404, {"error": f"there is no gateway at {asked.path}"}))
            return
        world = self.simulator.world
        world.requests += 1
        try:
            arrival = dialect.read(asked, world)
        except (ValueError, AttributeError, TypeError):
            self._say(Said(400, {"error": "this is not how the provider documents it"}))
            return
        if arrival is None:
            self._say(dialect.other(asked, world))
            return
        mood = world.mood(arrival.to, asked.query.get("fault", ""))
        self._met(dialect, arrival, mood)

    def _met(self, dialect: Dialect, arrival: Arrival, mood: Mood) -> None:
        """Take the message or not, and answer in its mood."""
        if mood.fault == "reset_before":
            self._hang_up()
            return
        if mood.takes_it:
            self.simulator.world.take(arrival)
            if mood.fault == "receipt_early":
                self.simulator.pushes.receipt(arrival, "delivered")
            self.simulator.pushes.about(arrival, mood)
        with suppress(OSError):  # whoever asked may have given up
            self._answer(dialect, arrival, mood)

    def _answer(self, dialect: Dialect, arrival: Arrival, mood: Mood) -> None:
        good = dialect.answer("ok", arrival)
        match mood.fault:
            case "timeout":
                self.simulator.stopping.wait(FOR_EVER)
                self.close_connection = True
            case "slow":
                self.simulator.stopping.wait(mood.seconds)
                self._say(good)
            case "500" | "500_before":
                self._say(Said(500, {"error": "oops"}))
            case "502":
                self._write(502, "text/html", b"<html><body>Bad Gateway</body></html>")
            case "503_before":
                self._say(Said(503, {"error": "come again"}), ("Retry-After", "1"))
            case "504":
                self._write(504, "text/plain", b"Gateway Timeout")
            case "empty":
                self._write(200, "application/json", b"")
            case "redirect":
                self._say(Said(302, {}), ("Location", "/_control/state"))
            case "drips":
                self._drip(good)
            case "endless":
                self._write(200, "application/json", b" " * 4_000_000)
            case "reset_half":
                self._half(good)
                self.wfile.flush()
                self._hang_up()
            case "429":
                self._say(Said(429, {}), ("Retry-After", "1"))
            case "reset_after":
                self._hang_up()
            case "half":
                self._half(good)
            case "wrong_json":
                self._say(Said(200, {"hello": ["world"]}))
            case "html":
                self._html("<html><body>OK</body></html>")
            case fault if fault in STRAIGHT:
                self._say(dialect.answer(fault, arrival))
            case _:
                self._say(good)

    def _say(self, said: Said, *headers: tuple[str, str]) -> None:
        self._write(said.status, "application/json; charset=utf-8", json.dumps(said.body).encode(), *headers)

    def _html(self, text: str) -> None:
        policy = ("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")
        self._write(200, "text/html; charset=utf-8", text.encode(), policy)

    def _back(self) -> None:
        self._write(303, "text/plain", b"", ("Location", "/"))

    def _write(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _half(self, said: Said) -> None:
        body = json.dumps(said.body).encode()
        self.send_response(said.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def _drip(self, said: Said) -> None:
        """Each letter soon enough for a limit on each read, the whole never."""
        self.send_response(said.status)
        self.send_header("Content-Length", str(MANY_LETTERS))
        self.end_headers()
        for _ in range(MANY_LETTERS):
            self.wfile.write(b" ")
            if self.simulator.stopping.wait(0.2):
                return

    def _hang_up(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)
        time.sleep(0)
        self.wfile = _Nowhere()  # type: ignore[assignment]
        self.connection.close()


class _Nowhere:
    """Where the handler may flush what nobody reads."""

    closed = False

    def write(self, _: bytes) -> int:
        return 0

    def flush(self) -> None: ...

    def close(self) -> None: ...
