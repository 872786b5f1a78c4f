"""The API on the wire: what only a raw connection to a running server can say (A19–A23). The database plays no part."""

import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

PORTS = range(18160, 18170)
READY_SECONDS, ANSWER_SECONDS = 60.0, 30.0
MEBIBYTE = b" " * 2**20
Answer = tuple[int, dict[str, Any]]


class Wire:
    """A running web half, and bytes as they are."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ZHIYIN_TEST")},
            "ZHIYIN_DATABASE_URL": f"sqlite:///{home / 'record.sqlite3'}",
            "ZHIYIN_DATA_DIR": str(home),
            "ZHIYIN_WEB_WORKERS": "1",
        }
        self.run("migrate")
        self.run("init", "--template", "hotline")
        self.key = self.run("apikey", "create", "--name", "wire", "--scope", "write").strip()
        self.port = free_port()
        self.environment["ZHIYIN_BASE_URL"] = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zhiyin.cli", "web", "--port", str(self.port)], env=self.environment
        )

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "zhiyin.cli", *arguments]
        return subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, text=True, check=True).stdout

    def wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.talk(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"The server did not answer within {READY_SECONDS:.0f} s.")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS)

    def head(self, *headers: str) -> bytes:
        lines = (
            "POST /api/v1/interactions HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.key}",
            "Accept-Language: en",
            "Connection: close",
            *headers,
        )
        return "\r\n".join([*lines, "", ""]).encode()

    def talk(self, *pieces: bytes, hang_up: bool = False) -> Answer:
        """Send these bytes and read the one answer."""
        with self.connect() as line:
            for piece in pieces:
                line.sendall(piece)
            if hang_up:
                line.shutdown(socket.SHUT_WR)
            return read(line)

    def post(self, body: bytes, *headers: str) -> Answer:
        return self.talk(self.head("Content-Type: application/json", f"Content-Length: {len(body)}", *headers), body)

    def chunked(self, *chunks: bytes) -> Answer:
        head = self.head("Content-Type: application/json", "Transfer-Encoding: chunked")
        return self.talk(head, *map(chunk, chunks), b"0\r\n\r\n")

    def taken(self) -> int:
        """How many interactions are there: each has its row of intake."""
        status, page = self.talk(
            self.head().replace(b"POST /api/v1/interactions", b"GET /api/v1/invitations?limit=1000")
        )
        assert status == 200
        return len(page["items"])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def read(line: socket.socket) -> Answer:
    """Status and JSON of an answer, however the connection ends after it."""
    raw = b""
    try:
        while piece := line.recv(65536):
            raw += piece
    except ConnectionResetError:
        pass  # the server would not hear the rest; what it had to say has arrived
    head, _, body = raw.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head else 0
    if b"chunked" in head.lower():
        body = b"".join(body.split(b"\r\n")[1::2])
    return status, json.loads(body) if body[:1] == b"{" else {}


def free_port() -> int:
    # Each process begins elsewhere: granian shares ports, so two that chose the same at once would not notice.
    begin = os.getpid() * 7 % len(PORTS)
    for port in (*PORTS[begin:], *PORTS[:begin]):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"No port is free from {PORTS[0]} to {PORTS[-1]}.")


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    served = Wire(tmp_path_factory.mktemp("wire"))
    try:
        served.wait()
        yield served
    finally:
        served.process.terminate()
        served.process.wait(20)


def interaction(number: int) -> bytes:
    body = {
        "source": "wire",
        "external_id": f"call-{number}",
        "customer": {"external_id": f"C{number}", "phone": f"139{number:08}"},
        "touchpoint": "hotline",
        "ended_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
    }
    return json.dumps(body).encode()


def test_an_ordinary_call_is_taken(wire):
    status, body = wire.post(interaction(1))
    assert (status, body["status"]) == (201, "created")


def test_a_chunked_body_is_taken_like_any(wire):
    """Django would see an empty body: it reads only as far as Content-Length says."""
    body = interaction(2)
    status, answer = wire.chunked(body[:10], body[10:11], body[11:])
    assert (status, answer["status"]) == (201, "created")


def test_an_empty_chunked_body_is_an_empty_body(wire):
    status, answer = wire.chunked()
    assert (status, answer["code"]) == (400, "json_invalid")


def test_a21_chunks_without_end_are_refused_at_the_limit(wire):
    before = wire.taken()
    with wire.connect() as line:
        line.sendall(wire.head("Content-Type: application/json", "Transfer-Encoding: chunked"))
        sent, started = 0, time.monotonic()
        try:
            while sent < 64 and time.monotonic() - started < ANSWER_SECONDS:
                line.sendall(chunk(MEBIBYTE))
                sent += 1
        except OSError:
            pass  # the server has hung up, which is an answer too
        status, answer = read(line) if sent < 64 else (0, {})
    assert sent < 64
    assert (status, answer.get("code", "body_too_large")) in ((413, "body_too_large"), (0, "body_too_large"))
    assert wire.taken() == before


def test_a21_a_chunked_body_over_the_limit_answers_413(wire):
    status, answer = wire.chunked(*[MEBIBYTE] * 8, b" ")
    assert (status, answer["code"]) == (413, "body_too_large")


def test_a20_a_length_over_the_limit_is_refused_before_the_body_is_read(wire):
    started = time.monotonic()
    head = wire.head("Content-Type: application/json", f"Content-Length: {10**12}")
    status, answer = wire.talk(head)
    assert (status, answer["code"]) == (413, "body_too_large")
    assert time.monotonic() - started < ANSWER_SECONDS


def test_a23_a_body_shorter_than_its_length_is_refused(wire):
    body = interaction(3)
    before = wire.taken()
    head = wire.head("Content-Type: application/json", f"Content-Length: {len(body) + 100}")
    status, answer = wire.talk(head, body, hang_up=True)
    assert status in (400, 0)  # 0: the server hangs up on a line that went dead in the middle of a body
    assert answer.get("code", "body_cut_short") == "body_cut_short"
    assert wire.taken() == before


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "10, 20"])
def test_a23_a_length_that_is_none_is_refused(wire, length):
    status, _answer = wire.talk(wire.head("Content-Type: application/json", f"Content-Length: {length}"), b"{}")
    assert status == 400


def test_a23_two_lengths_that_differ_are_refused(wire):
    head = wire.head("Content-Type: application/json", "Content-Length: 2", "Content-Length: 3")
    status, _answer = wire.talk(head, b"{} ")
    assert status == 400


def test_a23_a_length_beside_chunks_smuggles_nothing(wire):
    """Either the message is refused, or the chunks count and what follows them is nobody's second request."""
    body = interaction(4)
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    head = wire.head("Content-Type: application/json", "Content-Length: 5", "Transfer-Encoding: chunked")
    status, answer = wire.talk(head, chunk(body), b"0\r\n\r\n", smuggled)
    assert status in (400, 201)
    assert answer.get("status", "created") in ("created", 400)


def test_a19_a_gzip_bomb_is_refused_unopened(wire):
    bomb = gzip.compress(b"[" + b"0," * 5_000_000 + b"0]")
    status, answer = wire.post(bomb, "Content-Encoding: gzip")
    assert (status, answer["code"]) == (415, "content_encoding")


def test_a_header_without_end_is_refused(wire):
    with wire.connect() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        try:
            for _ in range(16):
                line.sendall(b"x" * 2**16)
        except OSError:
            pass
        status, _answer = read(line)
    assert status in (0, 400, 431)


def test_after_all_that_the_server_serves(wire):
    status, body = wire.post(interaction(5))
    assert (status, body["status"]) == (201, "created")
