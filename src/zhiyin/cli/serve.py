"""``serve``, ``web`` and ``migrate``: the running product."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click

from zhiyin.cli.boot import ready_to_start, refuse_newer_tables, refuse_other_keys, wait_for_database
from zhiyin.cli.frame import BadInput, database_faults, needs_django, set_up

log = logging.getLogger("zhiyin.serve")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def serve_command(host: str, port: int) -> None:
    """Everything in one command: migrates, web and worker. Data in ./zhiyin-data unless ZHIYIN_DATA_DIR says else."""
    set_up(make_keys=True)
    refuse_taken_port(host, port)
    with database_faults():
        wait_for_database()
        refuse_newer_tables()
        migrate(quiet=True)
        refuse_other_keys()
    click.echo(f"Zhiyin 知音: http://{host}:{port}/  (Ctrl+C ends it)")
    keep_running([web_process(host, port), worker_process()])


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@needs_django
def web_command(host: str, port: int) -> None:
    """The web half, for production; put any number behind a proxy."""
    refuse_taken_port(host, port)
    ready_to_start()
    os.execv(sys.executable, web_arguments(host, port))


@click.command("migrate")
@needs_django
def migrate_command() -> None:
    """Bring the database to this version. Safe to run again, and after it was cut short."""
    wait_for_database()
    refuse_newer_tables()
    migrate(quiet=False)


def migrate(*, quiet: bool) -> None:
    from django.core.management import call_command  # noqa: PLC0415  (Django must be set up first)

    call_command("migrate", interactive=False, verbosity=0 if quiet else 1)


def refuse_taken_port(host: str, port: int) -> None:
    """Say so at once, instead of a server that never answers."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise BadInput(f"--host {host} --port {port}: {taken.strerror}. Choose another with --port.") from taken


def web_arguments(host: str, port: int) -> list[str]:
    from django.conf import settings  # noqa: PLC0415

    return [
        sys.executable,
        *("-m", "granian", "zhiyin.config.wsgi:application", "--interface", "wsgi"),
        *("--host", host, "--port", str(port), "--workers", str(settings.ENVIRONMENT.web_workers)),
        # Two threads a worker: one works while the other waits for its commit. On two quiet cores
        # scripts/bench/survey_page.py gave 3,100 submissions a second (p99 6 ms), with four threads 2,400 (10 ms).
        *("--blocking-threads", "2", "--backlog", "1024", "--log-level", "warning", "--no-ws"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
    ]


def web_process(host: str, port: int) -> "Child":
    return Child("web", lambda: web_arguments(host, port))


def worker_process() -> "Child":
    return Child("worker", lambda: [sys.executable, "-m", "zhiyin.cli", "worker"])


@dataclass
class Child:
    """A process that is started again when it dies, more slowly each time it dies at once."""

    name: str
    arguments: Callable[[], list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _pause: float = 0.0
    _due: float = 0.0  # when it is started again; 0 while it runs

    def start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(self.arguments(), env={**os.environ, **self.environment})

    def look_after(self) -> None:
        """Start again if it has ended, after its pause; meanwhile the others are looked after."""
        if self._process is None or self._process.poll() is None:
            return
        if not self._due:
            lived = time.monotonic() - self._started
            self._pause = 0.2 if lived > 10 else min(self._pause * 2 or 0.2, 10.0)
            self._due = time.monotonic() + self._pause
            log.warning("%s ended with %s and is started again", self.name, self._process.returncode)
        if time.monotonic() >= self._due:
            self._due = 0.0
            self.start()

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def keep_running(children: list[Child]) -> None:
    """Run until SIGTERM or Ctrl+C, then stop all in reverse order."""

    def stop(_signal: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        for child in children:
            child.start()
        while True:
            time.sleep(0.2)
            for child in children:
                child.look_after()
    except KeyboardInterrupt:
        click.echo("Stopping …", err=True)
    finally:
        for child in reversed(children):
            child.stop()
