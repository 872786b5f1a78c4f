"""A month of encounters comes in from a file. Whatever happens (killed half-way, run twice, two people at once),
every row is there once, every count adds up, and every encounter has its decision, its invitation and its message.
"""

import csv
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

ROWS, PEOPLE = 8000, 3000
BAD_EVERY = 97  # a row that cannot be taken
PATIENCE = 120.0  # seconds
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Installation:
    """The product as its owner runs it, and a look into its tables."""

    def __init__(self, environment: dict[str, str], url: str) -> None:
        self.environment, self.url = environment, url
        Path(environment["ZHIYIN_DATA_DIR"]).mkdir()
        for arguments in (("migrate",), ("init", "--template", "hotline")):
            subprocess.run(self.command(*arguments), env=environment, check=True, stdout=subprocess.DEVNULL)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "zhiyin.cli", *arguments]

    def start(self, file: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("import", "interactions", str(file)),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def take_in(self, file: Path) -> dict[str, int]:
        return totals(self.start(file))

    def count(self, query: str) -> int:
        """One number. Reads on a connection of its own, beside whatever is writing."""
        if self.url.startswith("sqlite:///"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30) as file:
                return int(file.execute(query).fetchone()[0])
        with psycopg.connect(self.url) as server:
            row = server.execute(query).fetchone()  # type: ignore[call-overload]  # psycopg wants literals; ours are
            assert row is not None
            return int(row[0])

    def encounters(self) -> int:
        return self.count("SELECT COUNT(*) FROM journey_interaction")

    def assert_every_joint_counts(self) -> None:
        """Each encounter exactly one decision, each invite exactly one invitation and message, nothing loose."""
        number = self.encounters()
        assert self.count("SELECT COUNT(*) FROM ledger_intakekey") == number
        assert self.count("SELECT COUNT(*) FROM outreach_decision") == number
        assert self.count("SELECT COUNT(DISTINCT interaction_id) FROM outreach_decision") == number
        invited = self.count("SELECT COUNT(*) FROM outreach_decision WHERE invited")
        assert invited > 0
        for table, column in (("outreach_invitation", "interaction_id"), ("messaging_message", "invitation_id")):
            assert self.count(f"SELECT COUNT(*) FROM {table}") == invited
            assert self.count(f"SELECT COUNT(DISTINCT {column}) FROM {table}") == invited
        orphans = "FROM journey_interaction i LEFT JOIN people_customer c ON c.id = i.customer_id WHERE c.id IS NULL"
        assert self.count(f"SELECT COUNT(*) {orphans}") == 0
        verdict = subprocess.run(self.command("audit", "verify"), env=self.environment, capture_output=True, text=True)
        assert verdict.returncode == 0, verdict.stderr


def totals(running: "subprocess.Popen[str]") -> dict[str, int]:
    """The counts that an import ends with, once they have been seen to add up."""
    out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    found = {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", out.splitlines()[-1])}
    assert found["created"] + found["updated"] + found["duplicate"] + found["refused"] == found["total"] == ROWS
    return found


@pytest.fixture
def installation(process_environment, record_url) -> Installation:
    return Installation(process_environment, record_url)


@pytest.fixture
def file(tmp_path) -> Path:
    """People come back, under one of two ids, with one of two phones; some rows are spoilt."""
    dice, path = Random(20261122), tmp_path / "calls.csv"
    start = datetime.now(UTC) - timedelta(days=2)
    with path.open("w", encoding="utf-8", newline="") as out:
        rows: Any = csv.writer(out)
        rows.writerow(["external_id", "customer", "phone", "touchpoint", "ended_at"])
        for number in range(ROWS):
            person = dice.randrange(PEOPLE)
            phone = f"138{person:07}{dice.randrange(2)}" if number % BAD_EVERY else "spoilt"
            ended = start + timedelta(seconds=number)
            rows.writerow([f"call-{number}", f"C{person}-{dice.randrange(2)}", phone, "hotline", ended.isoformat()])
    return path


GOOD = ROWS - (ROWS + BAD_EVERY - 1) // BAD_EVERY


def test_i65_killed_half_way_again_and_again_every_row_comes_in_once(installation, file):
    dice = Random(7)
    kills = 0
    for _ in range(12):
        seen = installation.encounters()
        running = installation.start(file)
        deadline = time.monotonic() + PATIENCE
        while installation.encounters() == seen and running.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if running.poll() is not None:
            break
        time.sleep(dice.uniform(0.0, 0.3))
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        kills += 1
        if installation.encounters() == GOOD:
            break
    assert kills >= 2
    there = installation.encounters()
    last = installation.take_in(file)
    assert (last["duplicate"], last["created"], last["refused"]) == (there, GOOD - there, ROWS - GOOD)
    assert installation.encounters() == GOOD
    installation.assert_every_joint_counts()


def test_i56_and_i66_two_people_at_once_and_then_again(installation, file):
    first, second = installation.start(file), installation.start(file)
    one, two = totals(first), totals(second)
    assert one["created"] + two["created"] == GOOD
    assert one["duplicate"] + two["duplicate"] == GOOD
    assert one["refused"] == two["refused"] == ROWS - GOOD
    again = installation.take_in(file)
    assert (again["created"], again["duplicate"], again["refused"]) == (0, GOOD, ROWS - GOOD)
    assert installation.encounters() == GOOD
    installation.assert_every_joint_counts()
    with file.with_name("calls-refused.csv").open(encoding="utf-8-sig", newline="") as refused:
        assert len(list(csv.reader(refused))) - 1 == ROWS - GOOD
