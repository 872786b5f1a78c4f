"""Single interactions by the API with eight connections, beside the same statements without the web framework.

    make bench, or: .venv/bin/python -m scripts.bench singles

The web half runs as ``zhiyin web`` starts it. The bare statements are those that the product itself sent for so many
calls, noted beforehand on a copy of the same database and played again by psycopg in eight threads, each call's in a
transaction of its own as it was. Web and bare rounds take turns on one server.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql as names

from scripts.bench._organisation import KEYS, found_organisation, interaction, own_database, server_url, verdict
from scripts.bench.survey_page import CONNECTIONS, drive, web

ROUNDS, SECONDS, NOTED, PORT = 3, 4.0, 3000, 18140
TARGET = 0.4
Statement = tuple[str, Any, bool]  # text, values, whether it stood inside the transaction


def main() -> None:
    with own_database("postgresql") as address, tempfile.TemporaryDirectory() as folder:
        os.environ.update(KEYS, ZHIYIN_DATABASE_URL=address, ZHIYIN_DATA_DIR=folder)
        secret = found_organisation()
        with _copy_of(address) as other:
            calls = _noted(secret)
            rates = list(_rounds(secret, other, calls))
    ours, bare = (median(column) for column in zip(*rates, strict=True))
    ratio = median(one / two for one, two in rates)
    statements = median(map(len, calls))
    print(
        f"postgresql  single calls, {CONNECTIONS} connections: {ours:,.0f}/s   the same {statements:.0f} statements "
        f"bare: {bare:,.0f}/s   ratio {verdict(ratio, TARGET)}"
    )


@contextmanager
def _copy_of(address: str) -> Iterator[str]:
    """The database as it stands, once more: what is played again finds what it found the first time."""
    from django.db import connections

    connections.close_all()
    name = urlsplit(address).path.lstrip("/")
    with psycopg.connect(server_url(), autocommit=True) as admin:
        whole = names.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(whole.format(names.Identifier(f"{name}_bare"), names.Identifier(name)))
        try:
            yield urlsplit(address)._replace(path=f"/{name}_bare").geturl()
        finally:
            admin.execute(names.SQL("DROP DATABASE {} WITH (FORCE)").format(names.Identifier(f"{name}_bare")))


def _noted(secret: str) -> list[list[Statement]]:
    """The statements of so many calls, with their values."""
    from django.db import connection
    from django.test import Client

    client = Client(headers={"Authorization": f"Bearer {secret}"}, SERVER_NAME="127.0.0.1")
    ended = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    calls: list[list[Statement]] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        calls[-1].append((sql, values, connection.in_atomic_block))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        for number in range(NOTED):
            calls.append([])
            body = json.dumps(interaction(number, ended_at=ended))
            answer = client.post("/api/v1/interactions", data=body, content_type="application/json")
            assert answer.status_code == 201, answer.content[:300]
    return calls


def _rounds(secret: str, other: str, calls: list[list[Statement]]) -> Iterator[tuple[float, float]]:
    numbers = count(NOTED)
    ended = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()

    def request() -> bytes:
        body = json.dumps(interaction(next(numbers), ended_at=ended)).encode()
        head = f"POST /api/v1/interactions HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {secret}\r\n"
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + kind).encode() + body

    part = len(calls) // ROUNDS
    with web(PORT, None):
        drive(PORT, request, seconds=1, expect=b"HTTP/1.1 201")
        for number in range(ROUNDS):
            ours = drive(PORT, request, seconds=SECONDS, expect=b"HTTP/1.1 201")
            assert not ours.wrong, f"{ours.wrong} answers were wrong"
            yield ours.rate, _bare(other, calls[number * part : (number + 1) * part])


def _bare(address: str, calls: list[list[Statement]]) -> float:
    """Calls a second."""
    waiting, lock = list(reversed(calls)), threading.Lock()

    def work() -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            while True:
                with lock:
                    if not waiting:
                        return
                    call = waiting.pop()
                for text, values, inside in call:
                    if not inside:
                        connection.execute(text, values, prepare=True)
                with connection.transaction():
                    for text, values, inside in call:
                        if inside:
                            connection.execute(text, values, prepare=not text.startswith(("SAVEPOINT", "RELEASE")))

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(calls) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
