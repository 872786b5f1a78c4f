"""``zhiyin worker``: the only background process. Deliver events, then whatever is due. Any number may run."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from threading import Event, Thread
from typing import Any

import click

from zhiyin.cli.boot import ready_to_start
from zhiyin.cli.frame import needs_django, now

log = logging.getLogger("zhiyin.worker")
LONGEST_PAUSE = 15.0  # seconds: after an outage every loop is back within this


@click.command("worker")
@needs_django
def worker_command() -> None:
    """The background half, for production; any number of them share the work."""
    ready_to_start()
    stop = Event()
    workers = [Worker(duties=listed, clock=now, stop=stop, name=name) for name, listed in apart(duties()).items()]
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    threads = [Thread(target=one.run, name=one.name) for one in workers[1:]]
    for thread in threads:
        thread.start()
    workers[0].run()
    for thread in threads:
        thread.join()


@dataclass
class Duty:
    """Something done again and again; when it fails it waits longer each time, up to fifteen seconds."""

    name: str
    period: float
    act: Callable[[Callable[[], datetime]], object]
    apart: str = ""  # the thread that it runs in
    rest: float = 0.0  # before it is called again where it found work
    next_at: float = 0.0
    failures: int = 0


def duties() -> list[Duty]:
    from django.conf import settings  # noqa: PLC0415  (Django must be set up first)
    from django.db import connection  # noqa: PLC0415

    loop = import_module(settings.LOOP)
    listed: list[tuple[str, timedelta, Callable[[Callable[[], datetime]], object]]] = loop.DUTIES
    one_writer = connection.vendor == "sqlite"
    return [
        Duty(name, period.total_seconds(), act, loop.WAYS[name].apart, loop.WAYS[name].rest if one_writer else 0.0)
        for name, period, act in listed
    ]


def apart(listed: list[Duty]) -> dict[str, list[Duty]]:
    """Thread → the duties that take turns in it; the main thread comes first."""
    found: dict[str, list[Duty]] = {"": []}
    for duty in listed:
        found.setdefault(duty.apart, []).append(duty)
    return found


@dataclass
class Worker:
    """One loop class for every duty: it outlives database restarts and says what went wrong."""

    duties: list[Duty]
    clock: Callable[[], datetime]
    stop: Event = field(default_factory=Event)
    name: str = ""

    def run(self) -> None:
        who = f"{socket.gethostname()}:{os.getpid()}" + (f" ({self.name})" if self.name else "")
        log.info("worker %s runs %s", who, ", ".join(duty.name for duty in self.duties))
        while not self.stop.is_set():
            self.turn()
            wait = min((duty.next_at for duty in self.duties), default=0.0) - time.monotonic()
            self.stop.wait(min(max(wait, 0.0), 1.0))

    def turn(self) -> None:
        """Run every duty whose time has come. One that found a full batch is called again at once."""
        for duty in self.duties:
            if self.stop.is_set():
                return
            if time.monotonic() >= duty.next_at:
                self._act(duty)

    def _act(self, duty: Duty) -> None:
        from django.db import close_old_connections, connection  # noqa: PLC0415

        try:
            done = duty.act(self.clock)
        except Exception:
            duty.failures += 1
            pause = min(duty.period * 2**duty.failures, LONGEST_PAUSE)
            log.exception("duty %s failed; next try in %.1f s", duty.name, pause)
            duty.next_at = time.monotonic() + pause
            connection.close()  # after an outage the old connection is dead, and Django would keep it
            return
        duty.failures = 0
        busy = isinstance(done, int) and done > 0
        duty.next_at = time.monotonic() + (duty.rest if busy else duty.period)
        close_old_connections()


def run_until_quiet(*, clock: Callable[[], datetime], longest_turns: int = 10_000) -> int:
    """Run every duty until none finds anything to do: for imports, demos and tests. Returns the turns it took."""
    listed: list[Any] = duties()
    for turn in range(longest_turns):
        if not any(isinstance(done := duty.act(clock), int) and done for duty in listed):
            return turn
    raise RuntimeError("The worker's queues did not become empty.")
