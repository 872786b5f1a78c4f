"""Interactions taken in and decided a second: API batches of 1,000, import, single calls with concurrency 8; on
PostgreSQL beside ``COPY`` of the same rows into the same tables, in the same run.

    make bench, or: .venv/bin/python -m scripts.bench interactions
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from scripts.bench._organisation import found_organisation, interaction, run_apart, verdict

BATCH, BATCHES, SINGLES, AT_ONCE = 1000, 24, 800, 8
IMPORTED = (100_000, 300_000)  # rows of a file; its start is a smaller part of a long import
TARGET = 0.35  # of COPY, for batches and for imports
ORDERED = {"ledger_intakekey": "target_id", "outreach_decision": "interaction_id"}  # others: id
# Every table that taking in an interaction writes to.
TABLES = (
    *("ledger_intakekey", "people_customer", "people_identity", "journey_interaction"),
    *("outreach_decision", "outreach_invitation", "messaging_message", "ledger_event"),
)


def main() -> None:
    if "--inside" in sys.argv:
        print(json.dumps(_measure()))
        return
    for engine in ("sqlite", "postgresql"):
        found = json.loads(run_apart("scripts.bench.interactions", engine))
        line = f"{engine:<11} API batches of {BATCH}: {found['batch']:,.0f}/s"
        print(f"{line}   single calls, {AT_ONCE} at once: {found['single']:,.0f}/s")
        for rows in IMPORTED:
            print(f"{'':<11} import of {rows:,} rows: {found[f'import {rows}']:,.0f}/s")
        if "copy" in found:
            print(
                f"{'':<11} COPY of the rows of the batches: {found['copy']:,.0f}/s   "
                f"ratio batch/COPY {verdict(found['ratio'], TARGET)}"
            )
            for rows in IMPORTED:
                copied = found[f"copy of import {rows}"]
                print(
                    f"{'':<11} COPY of the rows of the import of {rows:,}: {copied:,.0f}/s   "
                    f"ratio import/COPY {verdict(found[f'import {rows}'] / copied, TARGET)}"
                )


def _measure() -> dict[str, float]:
    secret = found_organisation()
    from django.db import connection

    import zhiyin.config.wsgi  # noqa: F401  (sets the heap up as in a server's worker)

    ended = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    shadow = Shadow() if connection.vendor == "postgresql" else None
    rounds = _batches(secret, ended, shadow)
    found = {"batch": BATCH / median(ours for ours, _ in rounds)}
    _import(range(499_000, 499_100), ended)  # leaves byte code as an installation has it
    first = 500_000
    for rows in IMPORTED:
        found[f"import {rows}"] = rows / _import(range(first, first + rows), ended)
        first += rows
        if shadow:
            found[f"copy of import {rows}"] = rows / shadow.copy()
    if shadow:
        found["copy"] = BATCH / median(bare for _, bare in rounds)
        found["ratio"] = median(bare / ours for ours, bare in rounds)
    return found | {"single": _singles(secret, ended)}


def _batches(secret: str, ended: str, shadow: "Shadow | None") -> list[tuple[float, float]]:
    """Seconds of each batch through the whole of Django and the API, in this process: what a server's worker does;
    and at once afterwards the seconds that COPY takes for the very rows that the batch has made."""
    post = _poster(secret)
    rounds = []
    for batch in range(BATCHES + 1):
        items = [interaction(batch * BATCH + place, ended_at=ended) for place in range(BATCH)]
        body = json.dumps(items)
        started = time.perf_counter()
        response = post(body)
        seconds = time.perf_counter() - started
        assert [item["status"] for item in response["results"]] == ["created"] * BATCH
        rounds.append((seconds, shadow.copy() if shadow else 0.0))
    return rounds[1:]


def _shadow(cursor: Any, table: str) -> None:
    """The same table once more: columns, constraints, indexes and, where it has them, partitions."""
    cursor.execute("SELECT pg_get_partkeydef(%s::regclass)", [table])
    (by,) = cursor.fetchone()
    partitioned = f"PARTITION BY {by}" if by else ""
    cursor.execute(f"CREATE TABLE copy_{table} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY) {partitioned}")
    cursor.execute(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid "
        "WHERE inhparent = %s::regclass",
        [table],
    )
    for name, values in cursor.fetchall():
        cursor.execute(f"CREATE TABLE copy_{name} PARTITION OF copy_{table} {values}")


class Shadow:
    """Tables with the same columns, constraints and indexes, filled by nothing but COPY."""

    def __init__(self) -> None:
        from django.db import connection

        self.copied = dict.fromkeys(TABLES, 0)
        with connection.cursor() as cursor:
            for table in TABLES:
                _shadow(cursor, table)
        self.copy()  # what the sample brings

    def copy(self) -> float:
        """Seconds to COPY the rows that are new since the last time, in one transaction."""
        from django.db import connection, transaction

        seconds = 0.0
        with transaction.atomic(), connection.cursor() as cursor:
            for table, last in self.copied.items():
                column = ORDERED.get(table, "id")
                cursor.execute(f"SELECT coalesce(max({column}), 0) FROM {table}")
                (self.copied[table],) = cursor.fetchone()
                with cursor.copy(f"COPY (SELECT * FROM {table} WHERE {column} > {last}) TO STDOUT") as out:
                    rows = b"".join(bytes(block) for block in out)
                started = time.perf_counter()
                with cursor.copy(f"COPY copy_{table} FROM STDIN") as into:
                    into.write(rows)
                seconds += time.perf_counter() - started
            started = time.perf_counter()
        return seconds + time.perf_counter() - started


def _poster(secret: str) -> Callable[[str], Any]:
    from django.test import Client

    client = Client(headers={"Authorization": f"Bearer {secret}"}, SERVER_NAME="127.0.0.1")

    def post(body: str) -> Any:
        while True:
            answer = client.post("/api/v1/interactions", data=body, content_type="application/json")
            if answer.status_code != 503:  # SQLite has one writer, and says "again" to who waited for 20 seconds
                break
        assert answer.status_code in (200, 201), answer.content[:300]
        return json.loads(answer.content)

    return post


def _import(numbers: range, ended: str) -> float:
    """Seconds of ``zhiyin import interactions`` as a whole process, its start included.

    Byte code is kept in the benchmark's data folder, since a machine may be set up to keep none beside the sources.
    """
    with tempfile.TemporaryDirectory() as folder:
        here = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": os.environ["ZHIYIN_DATA_DIR"]}
        path = Path(folder) / "calls.csv"
        _write_calls(path, numbers, ended)
        started = time.perf_counter()
        command = [sys.executable, "-m", "zhiyin.cli", "import", "interactions", str(path)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=here).stdout
        seconds = time.perf_counter() - started
        assert f"created={len(numbers)}" in printed, printed
    return seconds


def _write_calls(path: Path, numbers: range, ended: str) -> None:
    """Everybody comes less than twice; nobody came before."""
    people = len(numbers) * 6 // 10
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "external_id", "customer", "phone", "touchpoint", "unit", "ended_at", "queue"])
        for number in numbers:
            person = numbers.start + number * 7919 % people
            writer.writerow(
                ["csv", f"row-{number}", f"D{person:07d}", f"139{person:08d}", "hotline", "SD-05-T3", ended, "vip"]
            )


def _singles(secret: str, ended: str) -> float:
    """One interaction a call, eight threads."""
    bodies = [json.dumps(interaction(900_000 + number, ended_at=ended)) for number in range(SINGLES)]
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        posters = [_poster(secret) for _ in range(AT_ONCE)]
        list(pool.map(lambda pair: posters[pair[0] % AT_ONCE](pair[1]), enumerate(bodies)))
    return SINGLES / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
