"""Survey submissions and page loads a second, beside the bare statements on the same database in the same run.

    .venv/bin/python -m scripts.bench.survey_page --database postgresql://postgres@127.0.0.1:5432/postgres

Starts its own server (granian, two workers) on a database of its own, which it drops afterwards. Web and bare rounds
take turns, so that whatever else the machine does meets both. The client holds eight connections and only writes
prepared bytes and reads answers, from a process beside the server, as a reverse proxy would.
"""

import argparse
import json
import os
import random
import re
import secrets
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql as names

from scripts.bench._organisation import verdict

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 8
TARGET = 0.4
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
SCORES = {"q_overall": 9, "q_attitude": 10, "q_ability": 9, "q_resolution": 8, "q_speed": 10, "q_recommendation": 9}


@dataclass(frozen=True)
class Round:
    """What one round counted; ``p99`` in milliseconds."""

    rate: float
    p99: float
    wrong: int


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of our own on this server, dropped afterwards."""
    name = f"zhiyin_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(names.SQL("CREATE DATABASE {}").format(names.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(names.SQL("DROP DATABASE {} WITH (FORCE)").format(names.Identifier(name)))


@contextmanager
def web(port: int, threads: int | None) -> Iterator[None]:
    """The product's own web half, as ``zhiyin web`` starts it."""
    from zhiyin.cli.serve import web_arguments

    command = web_arguments("127.0.0.1", port)
    if threads is not None:
        command[command.index("--blocking-threads") + 1] = str(threads)
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The server did not start on port {port}.")


def drive(port: int, requests: Callable[[], bytes | None], *, seconds: float, expect: bytes) -> Round:
    """Keep eight connections busy for so long; every answer must begin with ``expect``."""
    ready = select.epoll()
    talking: dict[int, socket.socket] = {}
    started: dict[int, float] = {}
    parts: dict[int, bytes] = {}
    wrong = done = 0
    took: list[float] = []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        place = connection.fileno()
        talking[place] = connection
        ready.register(place, select.EPOLLIN)
        connection.sendall(requests() or b"")
        started[place] = time.perf_counter()
    begin, end = time.perf_counter(), time.perf_counter() + seconds
    while talking:
        for place, _events in ready.poll(5):
            asking = talking[place]
            data = asking.recv(65536)
            if place in parts:
                data = parts.pop(place) + data
            if not _is_whole(data):
                parts[place] = data
                continue
            now = time.perf_counter()
            took.append(now - started[place])
            done, wrong = done + 1, wrong + (not data.startswith(expect))
            following = requests() if now < end else None
            if following is None:
                ready.unregister(place)
                talking.pop(place).close()
                continue
            started[place] = now
            asking.sendall(following)
    return Round(done / (time.perf_counter() - begin), _p99(took), wrong)


def _is_whole(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    length = _LENGTH.search(data, 0, end) if end >= 0 else None
    return length is not None and len(data) - end - 4 >= int(length[1])


def bare(address: str, statement: str, given: Callable[[], list[Any] | None], *, seconds: float) -> Round:
    """The same statement by psycopg in eight threads, planned once, nothing around it."""
    end, took, lock = time.perf_counter() + seconds, list[float](), threading.Lock()
    begin = time.perf_counter()

    def work() -> None:
        mine: list[float] = []
        with psycopg.connect(address, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
            while (before := time.perf_counter()) < end and (values := given()) is not None:
                connection.execute(statement, values, prepare=True).fetchall()
                mine.append(time.perf_counter() - before)
        with lock:
            took.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Round(len(took) / (time.perf_counter() - begin), _p99(took), 0)


def _p99(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)] * 1000 if took else 0.0


class Links:
    """Live links to use up, made in lots."""

    def __init__(self, address: str, version_id: int) -> None:
        self.address, self.version_id = address, version_id
        self._left: list[str] = []
        self._lock = threading.Lock()

    def make(self, count: int) -> None:
        from zhiyin.ledger.ids import new_ids
        from zhiyin.outreach.tokens import new_token, token_hash

        now = datetime.now(UTC)
        columns = (
            "id, customer_id, purpose, survey_version_id, scenario_id, touchpoint_id, unit_id, channel, language, "
            "policy, link_life, state, reason, token_hash, created_at, sent_at, dies_at"
        )
        tokens = [new_token() for _ in range(count)]
        with (
            psycopg.connect(self.address) as connection,
            connection.cursor() as cursor,
            cursor.copy(f"COPY outreach_invitation ({columns}) FROM STDIN") as copy,
        ):
            for identifier, token in zip(new_ids(count, now=now), tokens, strict=True):
                who = (identifier, identifier, "service", self.version_id, 1, 1, 1, "sms", "zh-hans", 1)
                life = timedelta(hours=8)
                copy.write_row((*who, life, "sent", "", token_hash(token), now, now, now + life))
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE outreach_invitation")
        self._left = tokens

    def take(self) -> str | None:
        with self._lock:
            return self._left.pop() if self._left else None

    def any(self) -> str:
        return random.choice(self._left)


def set_up(address: str, folder: str) -> int:
    """Settings, tables, the hotline's questionnaire. Returns its version."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="zhiyin.config.settings",
        ZHIYIN_DATA_DIR=folder,
        ZHIYIN_DATABASE_URL=address,
        ZHIYIN_SECRET_KEY=secrets.token_urlsafe(48),
        ZHIYIN_DATA_KEY="bench:" + "A" * 43 + "=",
        ZHIYIN_BASE_URL="http://127.0.0.1",
    )
    import django

    django.setup()
    from django.core.management import call_command

    from zhiyin.people.access import Viewer
    from zhiyin.surveys.actions import publish_file

    call_command("migrate", interactive=False, verbosity=0)
    document = tomllib.loads((ROOT / "src/zhiyin/packs/hotline/survey.toml").read_text("utf-8"))
    made = publish_file(document, by=Viewer.system("bench"), now=datetime.now(UTC))
    return next(one.version_id for one in made if one.survey == "hotline_service")


def values(links: Links) -> tuple[Callable[[], list[Any] | None], Callable[[], list[Any] | None]]:
    """What the bare rounds send: the values of one submission, of one page load."""
    from zhiyin.ledger.ids import new_ids
    from zhiyin.outreach.tokens import token_hash

    def submission() -> list[Any] | None:
        token = links.take()
        if token is None:
            return None
        now = datetime.now(UTC)
        response, event, *ids = new_ids(8, now=now)
        answers = [
            {"id": identifier, "question": question, "value": score, "raw": str(score)}
            for identifier, (question, score) in zip(ids, SCORES.items(), strict=True)
        ]
        whose = [now, token_hash(token), links.version_id, response]
        what = ["zh-hans", 9, "", False, uuid4(), '{"sender":"0123456789abcdef0123456789abcdef"}', json.dumps(answers)]
        fact = [event, "responses.received", "customer", f"response:{response}", f'{{"response_id":{response}}}']
        return [*whose, *what, *fact, bytes(32), True]

    return submission, lambda: [token_hash(links.any())]


def page_facts(port: int, token: str) -> tuple[int, int]:
    """Bytes of one page load over the wire, headers and all, and how many requests the page makes (1: itself)."""
    data = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_get(port, token))
        while not _is_whole(data):
            data += connection.recv(65536)
    html = zlib.decompress(data.partition(b"\r\n\r\n")[2], 31).decode()
    loads = sum(html.count(mark) for mark in ("src=", "@import", "url(", '<link rel="stylesheet', "<script"))
    return len(data), 1 + loads


def _get(port: int, token: str) -> bytes:
    head = f"GET /s/{token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\nAccept-Language: zh-CN\r\n"
    return f"{head}User-Agent: Mozilla/5.0 (bench)\r\n\r\n".encode()


def _gets(port: int, links: Links) -> Callable[[], bytes]:
    """Page loads of any link, spelled before the clock runs: the client shares the machine with what it measures."""
    ready = cycle([_get(port, links.any()) for _ in range(20_000)])
    return lambda: next(ready)


def _post(port: int, token: str, version_id: int) -> bytes:
    started = int(time.time() * 1000) - 30_000
    body = urlencode({**SCORES, "q_comment": "", "v": version_id, "t": started}).encode()
    head = f"POST /s/{token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
    kind = f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    return (head + kind).encode() + body


def measure(address: str, links: Links, *, port: int, rounds: int, seconds: float) -> dict[str, Any]:
    """All rounds, taking turns; medians and the ratios between them."""
    from zhiyin.responses.sql import FIND, SUBMIT

    submission, load = values(links)
    posts, bare_posts, gets, bare_gets = list[Round](), list[Round](), list[Round](), list[Round]()
    links.make(20_000)
    facts = page_facts(port, links.any())

    def post() -> bytes | None:
        token = links.take()
        return _post(port, token, links.version_id) if token else None

    drive(port, _gets(port, links), seconds=1, expect=b"HTTP/1.1 200")
    for number in range(rounds):
        links.make(int(12_000 * seconds))  # enough for both, however quick the machine
        posts.append(drive(port, post, seconds=seconds, expect=b"HTTP/1.1 200"))
        bare_posts.append(bare(address, SUBMIT.text.decode(), submission, seconds=seconds))
        links.make(20_000)
        gets.append(drive(port, _gets(port, links), seconds=seconds, expect=b"HTTP/1.1 200"))
        bare_gets.append(bare(address, FIND.text.decode(), load, seconds=seconds))
        print(f"round {number + 1}: {_line(posts[-1], bare_posts[-1])} · {_line(gets[-1], bare_gets[-1])}", flush=True)
    return {
        "submissions": _summary(posts, bare_posts),
        "page_loads": _summary(gets, bare_gets),
        "page": {"bytes": facts[0], "requests": facts[1]},
    }


def _line(one: Round, other: Round) -> str:
    return f"{one.rate:.0f}/s of {other.rate:.0f}/s"


def _summary(rounds: list[Round], bare_rounds: list[Round]) -> dict[str, Any]:
    pairs = list(zip(rounds, bare_rounds, strict=True))
    return {
        "per_second": round(statistics.median(one.rate for one in rounds)),
        "bare_per_second": round(statistics.median(one.rate for one in bare_rounds)),
        "ratio": round(statistics.median(one.rate / other.rate for one, other in pairs), 2),
        "p99_ms": round(statistics.median(one.p99 for one in rounds), 1),
        "wrong": sum(one.wrong for one in rounds),
    }


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", default=os.environ.get("ZHIYIN_TEST_DATABASE_URL"), help="a PostgreSQL server")
    asked.add_argument("--port", type=int, default=18130)
    asked.add_argument("--threads", type=int, help="of each worker, instead of what `zhiyin web` takes")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=4.0)
    asked.add_argument("--json", action="store_true", help="one line of JSON at the end")
    given = asked.parse_args()
    if not given.database:
        asked.error("name a PostgreSQL server with --database or ZHIYIN_TEST_DATABASE_URL")
    with tempfile.TemporaryDirectory() as folder, database(given.database) as address:
        links = Links(address, set_up(address, folder))
        links.make(1)
        with web(given.port, given.threads):
            found = measure(address, links, port=given.port, rounds=given.rounds, seconds=given.seconds)
    for name in ("submissions", "page_loads"):
        one = found[name]
        print(
            f"{name:12} {one['per_second']:6}/s  bare {one['bare_per_second']:6}/s  "
            f"ratio {verdict(one['ratio'], TARGET)}  p99 {one['p99_ms']} ms  wrong {one['wrong']}"
        )
    print(f"page         {found['page']['bytes']} bytes with headers, {found['page']['requests']} request")
    if given.json:
        print(json.dumps(found))
    return 0 if not found["submissions"]["wrong"] + found["page_loads"]["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main())
