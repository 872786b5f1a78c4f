"""Run the tests on SQLite, then on PostgreSQL those that touch the database, and say plainly what came out.

    .venv/bin/python -m scripts.run_tests            everything
    .venv/bin/python -m scripts.run_tests --quick    SQLite only, without slow and browser tests

PostgreSQL is the server that ``ZHIYIN_TEST_DATABASE_URL`` names, or one from a wheel for the length of the run. The
last lines tell how many tests passed on which database, and what this machine could not cover.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree  # what it reads is pytest's own report

import psycopg

from scripts.test_postgres import NoServer, running_postgres

ROOT = Path(__file__).resolve().parent.parent
SERVER_KEY = "ZHIYIN_TEST_DATABASE_URL"
QUICK = ["-m", "not slow and not browser"]
SKIP_PREFIX = "Skipped: "


@dataclass
class Pass:
    """What one run of pytest came to."""

    database: str
    exit_code: int = 0
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """One line of the summary."""
        parts = [f"{self.passed} passed", f"{self.failed} failed", f"{self.skipped.total()} skipped"]
        return f"{self.database}: {', '.join(parts)} in {self.seconds:.0f} s"


def run_pytest(database: str, arguments: list[str], server: str | None) -> Pass:
    """Run pytest once, its output passing through, and count from its report."""
    result = Pass(database)
    print(f"\n── Tests on {database} ──", flush=True)
    environment = {key: value for key, value in os.environ.items() if key != SERVER_KEY}
    if server:
        environment[SERVER_KEY] = server
    with tempfile.TemporaryDirectory(prefix="zhiyin-report-") as folder:
        report = Path(folder) / "report.xml"
        workers = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "worksteal"]
        command = [sys.executable, "-m", "pytest", "-q", *workers, f"--junit-xml={report}", *arguments]
        started = time.monotonic()
        result.exit_code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        result.seconds = time.monotonic() - started
        if report.exists():
            count(report, result)
    return result


def count(report: Path, result: Pass) -> None:
    """Add up pytest's report. A test that fails and whose clearing away fails too counts once."""
    for case in ElementTree.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
        elif skipped is not None:
            result.skipped[skipped.get("message", "no reason given").removeprefix(SKIP_PREFIX)] += 1
        else:
            result.passed += 1


@contextmanager
def postgres() -> Iterator[tuple[str, str]]:
    """The server to test against: what to call it and its address."""
    given = os.environ.get(SERVER_KEY)
    if given:
        yield f"{version_of(given)} ({SERVER_KEY})", given
        return
    with running_postgres() as address:
        yield f"{version_of(address)} (from the wheel)", address


def version_of(address: str) -> str:
    """The server's name and version. Raises NoServer if it cannot be reached."""
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.OperationalError as reason:
        raise NoServer(f"{SERVER_KEY}: {reason}") from reason
    return f"PostgreSQL {str(row[0]).split()[0] if row else '?'}"


def sqlite_version() -> str:
    """The version that Django runs on: the one of the pysqlite3 wheel where there is a wheel."""
    asked = "from zhiyin.config.sqlite import base; print(base.dbapi2.sqlite_version)"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    return f"SQLite {answer.stdout.strip() or sqlite3.sqlite_version}"


def main(arguments: list[str]) -> int:
    """Run what was asked for. Returns 0 if everything passed, 1 if not, 2 on bad usage."""
    if arguments not in ([], ["--quick"]):
        print("usage: run_tests.py [--quick]", file=sys.stderr)
        return 2
    passes = [run_pytest(sqlite_version(), QUICK if arguments else [], server=None)]
    uncovered = Counter[str]()
    if arguments:
        uncovered["PostgreSQL, slow and browser tests: `make test` runs them"] = 1
    else:
        try:
            with postgres() as (name, address):
                passes.append(run_pytest(name, ["--only-database"], server=address))
        except NoServer as reason:
            passes.append(Pass(f"PostgreSQL did not run ({reason})", exit_code=1))
    for finished in passes:
        uncovered |= finished.skipped
    print("\n── Summary ──")
    for finished in passes:
        print(finished.line())
    for sentence in uncovered:
        print(f"Not covered: {sentence}")
    total = [sum(p.passed for p in passes), sum(p.failed for p in passes), sum(p.skipped.total() for p in passes)]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped", flush=True)
    return 1 if any(finished.exit_code for finished in passes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
