"""R11: a backlog comes in by file and by API, and drains while people look at pages and staff are alerted.

    make bench NAME=backlog, or: .venv/bin/python scripts/test_postgres.py --durable \\
        .venv/bin/python -m scripts.bench.backlog [--messages 1000000]

On PostgreSQL. The backlog is built first; then web and worker start as an operator starts them, and send it to the
outbox file. Meanwhile, one after the other, pages are asked for and now and then a member of staff is alerted.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from scripts.bench._organisation import KEYS, found_organisation, own_database
from scripts.bench.survey_page import ROOT, web

PORT, BATCH, BY_API = 18150, 1000, 10  # every tenth interaction comes by API
EVERY = 1.0  # seconds between two looks at the worker's memory
ALERT_EVERY = 20.0
ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
# What RELIABILITY asks for, on two cores.
FILE_RATE, API_RATE, DRAINED_IN, MEMORY, SLOPE, PAGE, ALERT = 1000, 300, 3600, 500, 1, 1.5, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    count = parser.parse_args().messages
    with own_database("postgresql") as address, tempfile.TemporaryDirectory() as folder:
        os.environ.update(KEYS, ZHIYIN_DATABASE_URL=address, ZHIYIN_DATA_DIR=folder)
        secret = found_organisation()
        staff = _prepare()
        _say(_come_in(secret, count, Path(folder)))
        with web(PORT, None), _worker() as process:
            _say(_drain(process.pid, secret, staff, count))


def _say(lines: Iterator[tuple[str, float | None, float, bool]]) -> None:
    for what, found, target, is_least in lines:
        if found is None:
            print(f"{what}: NOT MEASURED, the backlog is too small for it", flush=True)
            continue
        is_reached = found >= target if is_least else found <= target
        bound = "at least" if is_least else "at most"
        print(f"{what}: {found:,.1f} ({bound} {target:,}: {'reached' if is_reached else 'MISSED'})", flush=True)


def _prepare() -> int:
    """A policy that sends at any hour, and somebody who can be alerted."""
    from zhiyin.outreach.actions import apply_policy
    from zhiyin.people.access import Viewer
    from zhiyin.people.actions import StaffGiven, put_staff

    by, now = Viewer.system("bench"), datetime.now(UTC)
    apply_policy(ANY_HOUR, by=by, now=now)
    return put_staff(StaffGiven(name="值班", unit="SD", code="DUTY", email="duty@example.com"), by=by, now=now)[0]


def _come_in(secret: str, count: int, folder: Path) -> Iterator[tuple[str, float | None, float, bool]]:
    ended = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    by_file = count - count // BY_API
    path = folder / "calls.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "external_id", "customer", "phone", "touchpoint", "channel", "ended_at"])
        for number in range(by_file):
            writer.writerow(["csv", number, f"C{number}", f"138{number:08d}", "hotline", "outbox", ended])
    started = time.perf_counter()
    command = [sys.executable, "-m", "zhiyin.cli", "import", "interactions", str(path)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert f"created={by_file} " in printed, printed
    yield f"{by_file:,} interactions by file, a second", by_file / (time.perf_counter() - started), FILE_RATE, True
    with web(PORT, None):
        started = time.perf_counter()
        for first in range(by_file, count, BATCH):
            items = [_interaction(number, ended) for number in range(first, min(first + BATCH, count))]
            results = json.loads(_asked("/api/v1/interactions", secret, json.dumps(items).encode()))["results"]
            assert all(one["decision"] == "invite" for one in results), results[:2]
        rate = (count - by_file) / (time.perf_counter() - started)
    yield f"{count - by_file:,} interactions by API in batches of {BATCH:,}, a second", rate, API_RATE, True


def _interaction(number: int, ended: str) -> dict[str, Any]:
    customer = {"external_id": f"C{number}", "phone": f"138{number:08d}"}
    where = {"touchpoint": "hotline", "channel": "outbox", "ended_at": ended}
    return {"source": "cti", "external_id": f"call-{number}", "customer": customer, **where}


def _asked(path: str, secret: str, body: bytes | None = None) -> bytes:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    with urlopen(Request(f"http://127.0.0.1:{PORT}{path}", data=body, headers=headers), timeout=60) as answer:
        return bytes(answer.read())


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "zhiyin.cli", "worker"], cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


@dataclass
class Seen:
    """What was seen while the backlog drained: seconds a page took, and how much the worker held after so many."""

    pages: list[float] = field(default_factory=list)
    alerts: list[float] = field(default_factory=list)
    memory: list[tuple[int, float]] = field(default_factory=list)  # messages sent, megabytes


PAGES = ("/log-in/", "/api/v1/invitations?limit=50", "/api/v1/surveys", "/readyz")


def _drain(worker: int, secret: str, staff: int, count: int) -> Iterator[tuple[str, float | None, float, bool]]:
    from zhiyin.messaging.testing import messages

    seen, started, last_look, alert, alerted = Seen(), time.perf_counter(), 0.0, 0, 0.0
    place = 0
    pages = [*PAGES, _first_link(Path(os.environ["ZHIYIN_DATA_DIR"]))]
    while True:
        before = time.perf_counter()
        _asked(pages[place % len(pages)], secret)
        seen.pages.append(time.perf_counter() - before)
        place += 1
        if alert and messages(pk=alert, state="sent").exists():
            seen.alerts.append(time.perf_counter() - alerted)
            alert = 0
        if not alert and time.perf_counter() - alerted >= ALERT_EVERY:
            alert, alerted = _alert(staff), time.perf_counter()
        if time.perf_counter() - last_look >= EVERY:
            last_look = time.perf_counter()
            waiting = messages(state="queued").count()
            seen.memory.append((count - waiting, _megabytes(worker)))
            if not waiting:
                break
        time.sleep(0.05)
    minutes = (time.perf_counter() - started) / 60
    yield (
        f"{count:,} messages drained, worker's start included: {count / minutes / 60:,.0f}/s; seconds",
        minutes * 60,
        DRAINED_IN,
        False,
    )
    yield "the worker's memory, MB", max(size for _, size in seen.memory), MEMORY, False
    yield "grows by MB for every 100,000 messages, after the first third", _slope(seen.memory, count), SLOPE, False
    yield f"p95 of {len(seen.pages):,} pages, seconds", statistics.quantiles(seen.pages, n=20)[-1], PAGE, False
    if alert:  # queued, and the backlog is gone, but this has not left: it counts for as long as it has waited
        seen.alerts.append(time.perf_counter() - alerted)
    yield f"the slowest of {len(seen.alerts)} alerts to staff, seconds", max(seen.alerts), ALERT, False


def _first_link(folder: Path) -> str:
    """The address of the first survey that reached somebody, without its host."""
    outbox = folder / "outbox" / "messages.ndjson"
    while not outbox.exists() or not outbox.stat().st_size:
        time.sleep(0.05)
    with outbox.open(encoding="utf-8") as lines:
        return str(urlsplit(json.loads(next(lines))["link"]).path)


def _alert(staff: int) -> int:
    from django.db import transaction

    from zhiyin.messaging.actions import Alert, queue_alert

    with transaction.atomic():
        return queue_alert([Alert(staff, "", "客户在线等", channel="sms")], now=datetime.now(UTC))[0]


def _megabytes(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) / 1024


def _slope(memory: list[tuple[int, float]], count: int) -> float | None:
    """Megabytes for every 100,000 messages, by a straight line through what was seen once the worker was warm. None
    where that is less than ten looks: a line through a few says nothing."""
    warm = [(sent / 100_000, size) for sent, size in memory if sent >= count / 3]
    if len(warm) < 10 or len({sent for sent, _ in warm}) < 2:
        return None
    return statistics.linear_regression(*zip(*warm, strict=True)).slope


if __name__ == "__main__":
    main()
