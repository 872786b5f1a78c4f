"""Somebody with the database, and without the key, changes what was done. ``zhiyin audit verify`` ends with 1 and names
the first row that is not as it was, whichever way they went about it, at once and without a worker.
"""

import csv
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

CALLS = 2500  # three chunks, three facts
Row = tuple[Any, ...]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Installation:
    """The product as its owner runs it, command by command."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.data = Path(environment["ZHIYIN_DATA_DIR"])

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "zhiyin.cli", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    def does(self, *arguments: str) -> None:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr

    def verdict(self) -> tuple[int, str]:
        done = self.run("audit", "verify")
        assert len(done.stderr.splitlines()) <= 1, done.stderr
        return done.returncode, done.stderr.strip()


class Thief:
    """Somebody at the tables. Reads and writes what they like, and has no key."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_file = url.startswith("sqlite:///")

    def sql(self, text: str, *values: Any) -> list[Row]:
        if self.is_file:
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as file:
                return file.execute(text.replace("%s", "?"), values).fetchall()
        with psycopg.connect(self.url) as server:
            cursor = server.execute(text, values)  # type: ignore[call-overload]  # psycopg wants literals; ours are
            return list(cursor.fetchall()) if cursor.description else []

    def rows(self, where: str = "1 = 1") -> list[dict[str, Any]]:
        names = (
            "id",
            "at",
            "kind",
            "actor",
            "subject",
            "unit_id",
            "data",
            "mark",
            "sequence",
            "seal",
            "wants_delivery",
        )
        columns = ", ".join("data::text" if name == "data" and not self.is_file else name for name in names)
        found = self.sql(f"SELECT {columns} FROM ledger_event WHERE {where} ORDER BY sequence")
        return [dict(zip(names, row, strict=True)) for row in found]

    def put(self, row: dict[str, Any]) -> None:
        places = ["%s::jsonb" if name == "data" and not self.is_file else "%s" for name in row]
        text = f"INSERT INTO ledger_event ({', '.join(row)}) VALUES ({', '.join(places)})"
        self.sql(text, *row.values())

    @contextmanager
    def everything_put_back(self) -> Iterator[None]:
        kept, head = self.rows(), self.sql("SELECT sequence, seal, mark FROM ledger_head")
        yield
        self.sql("DELETE FROM ledger_event")
        for row in kept:
            self.put(row)
        self.sql("UPDATE ledger_head SET sequence = %s, seal = %s, mark = %s", *head[0])


@pytest.fixture
def installation(process_environment) -> Installation:
    """An organisation that has founded itself, let people in, changed its policy and taken in a month's calls."""
    made = Installation(process_environment)
    made.data.mkdir()
    made.does("migrate")
    made.does("init", "--template", "hotline")
    for number in range(3):
        made.does("user", "create", f"user{number}@example.com", "--role", "quality_manager")
    made.does("apikey", "create", "--name", "cti", "--scope", "write")
    made.does("import", "interactions", str(calls(made.data / "calls.csv")))
    return made


def calls(path: Path) -> Path:
    ended = datetime.now(UTC) - timedelta(hours=1)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "customer", "phone", "touchpoint", "ended_at"])
        for number in range(CALLS):
            rows.writerow([f"call-{number}", f"C{number}", f"138{number:08}", "hotline", ended.isoformat()])
    return path


def somebody_else_did_it(thief: Thief, last: int) -> int:
    thief.sql("UPDATE ledger_event SET actor = 'staff:99' WHERE sequence = %s", 7)
    return 7


def it_happened_earlier(thief: Thief, last: int) -> int:
    (row,) = thief.rows(f"sequence = {last}")
    earlier = row["at"].replace("20", "19", 1) if isinstance(row["at"], str) else row["at"] - timedelta(days=365)
    thief.sql("UPDATE ledger_event SET at = %s WHERE sequence = %s", earlier, last)
    return last


def it_was_about_somebody_else(thief: Thief, last: int) -> int:
    thief.sql("UPDATE ledger_event SET subject = 'staff:1' WHERE sequence = %s", last - 1)
    return last - 1


def it_never_happened(thief: Thief, last: int) -> int:
    thief.sql("DELETE FROM ledger_event WHERE sequence = %s", 5)
    return 5


def it_never_happened_and_the_hole_is_closed(thief: Thief, last: int) -> int:
    thief.sql("DELETE FROM ledger_event WHERE sequence = %s", 5)
    for sequence in range(6, last + 1):
        thief.sql("UPDATE ledger_event SET sequence = %s WHERE sequence = %s", sequence - 1, sequence)
    return 5


def the_last_thing_never_happened(thief: Thief, last: int) -> int:
    thief.sql("DELETE FROM ledger_event WHERE sequence = %s", last)
    return last


def nothing_happened_since(thief: Thief, last: int) -> int:
    thief.sql("DELETE FROM ledger_event WHERE sequence > 4")
    row = thief.rows("sequence = 4")[0]
    thief.sql("UPDATE ledger_head SET sequence = 4, seal = %s", row["seal"])
    return 4


def something_else_happened_too(thief: Thief, last: int) -> int:
    (row,) = thief.rows(f"sequence = {last}")
    thief.put({**row, "id": row["id"] + 4096, "sequence": last + 1})
    return last + 1


def it_happened_in_another_order(thief: Thief, last: int) -> int:
    for one, two in ((3, -1), (8, 3), (-1, 8)):
        thief.sql("UPDATE ledger_event SET sequence = %s WHERE sequence = %s", two, one)
    return 3


def history_from_there_on(thief: Thief, last: int) -> int:
    thief.sql("UPDATE ledger_event SET actor = 'staff:99', mark = seal WHERE sequence >= %s", 9)
    return 9


ATTACKS: list[Callable[[Thief, int], int]] = [
    somebody_else_did_it,
    it_happened_earlier,
    it_was_about_somebody_else,
    it_never_happened,
    it_never_happened_and_the_hole_is_closed,
    the_last_thing_never_happened,
    nothing_happened_since,
    something_else_happened_too,
    it_happened_in_another_order,
    history_from_there_on,
]


def test_whatever_is_done_to_the_ledger_the_first_bad_row_is_named(installation, record_url):
    thief = Thief(record_url)
    assert installation.verdict() == (0, "")
    last = thief.sql("SELECT MAX(sequence) FROM ledger_event")[0][0]
    assert last > 12
    assert thief.sql("SELECT COUNT(*) FROM ledger_event WHERE sequence IS NULL") == [(0,)]
    for attack in ATTACKS:
        with thief.everything_put_back():
            place = attack(thief, last)
            code, said = installation.verdict()
        assert code == 1, attack.__name__
        assert said.startswith((f"audit: sequence {place} ", f"audit: sequence {place}:")), (attack.__name__, said)
    assert installation.verdict() == (0, "")


def test_an_anchor_that_left_the_machine_finds_what_was_cut_with_an_old_head(installation, record_url):
    """Whoever kept an old head can cut back to it; the file that the operator copied away remembers more."""
    thief = Thief(record_url)
    kept = thief.sql("SELECT sequence, seal, mark FROM ledger_head")[0]
    installation.does("user", "create", "late@example.com", "--role", "auditor")
    anchoring = (
        "import django; django.setup(); from django.utils import timezone; from zhiyin.ledger import chain; "
        "chain.anchor(now=timezone.now())"
    )
    environment = {**os.environ, **installation.environment, "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings"}
    subprocess.run([sys.executable, "-c", anchoring], env=environment, check=True)
    thief.sql("DELETE FROM ledger_event WHERE sequence > %s", kept[0])
    thief.sql("UPDATE ledger_head SET sequence = %s, seal = %s, mark = %s", *kept)
    thief.sql("DELETE FROM ledger_anchor")
    code, said = installation.verdict()
    assert (code, said) == (1, f"audit: sequence {kept[0] + 1}: the tail was cut, the chain once reached {kept[0] + 1}")
