"""What the benchmarks of the entrances share: a founded organisation on a database of its own."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql as names

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "ZHIYIN_SECRET_KEY": "only-for-measuring-only-for-measuring-0123",
    "ZHIYIN_DATA_KEY": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}


def verdict(ratio: float, target: float) -> str:
    """A ratio against the bare work, beside what was promised."""
    return f"{ratio:.2f} (target {target:.2f}: {'reached' if ratio >= target else 'MISSED'})"


def server_url() -> str:
    """The PostgreSQL server that ``scripts/test_postgres.py`` started, or that the operator names."""
    url = os.environ.get("ZHIYIN_TEST_DATABASE_URL", "")
    if not url:
        raise SystemExit("Set ZHIYIN_TEST_DATABASE_URL, or run: make bench")
    return url


@contextmanager
def own_database(engine: str) -> Iterator[str]:
    """An empty database: a file, or one on the server that is dropped afterwards."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.sqlite3"
        return
    name = f"zhiyin_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server_url(), autocommit=True) as admin:
        admin.execute(names.SQL("CREATE DATABASE {}").format(names.Identifier(name)))
        try:
            yield urlsplit(server_url())._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(names.SQL("DROP DATABASE {} WITH (FORCE)").format(names.Identifier(name)))


@contextmanager
def environment(engine: str) -> Iterator[dict[str, str]]:
    """The environment of a process that measures: its database and its folder."""
    with own_database(engine) as url, tempfile.TemporaryDirectory() as folder:
        yield {**os.environ, **KEYS, "ZHIYIN_DATABASE_URL": url, "ZHIYIN_DATA_DIR": folder}


def run_apart(module: str, engine: str, *arguments: str) -> str:
    """Run a module of this folder in a process with a database of its own; what it printed."""
    with environment(engine) as variables:
        command = [sys.executable, "-m", module, "--inside", *arguments]
        return subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE, text=True).stdout


def found_organisation() -> str:
    """Set Django up, migrate, found the sample hotline; returns a write key's secret."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from zhiyin.packs.install import found_sample
    from zhiyin.people.access import Viewer
    from zhiyin.people.api_auth import create_api_key

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC)
    found_sample("hotline", password="measuring-2026", by=Viewer.system("bench"), now=now - timedelta(days=1))
    return create_api_key(name="bench", scope="write", by=Viewer.system("bench"), now=now)


def interaction(number: int, *, ended_at: str) -> dict[str, Any]:
    """One encounter of a customer who comes about every third time."""
    person = number * 7919 % 60_000
    return {
        "source": "cti",
        "external_id": f"call-{number:08d}",
        "customer": {"external_id": f"C{person:06d}", "phone": f"138{person:08d}", "name": "王女士", "brand": "云享"},
        "touchpoint": "hotline",
        "unit": "SD-05-T3",
        "channel": "sms",
        "started_at": ended_at,
        "ended_at": ended_at,
        "attributes": {"queue": "vip", "complaint": number % 50 == 0},
    }
