"""When a survey was first opened, noted behind the customer's back in batches: nothing hangs on it but the funnel.

A page load never waits for it and never fails because of it; what a killed process had not yet written (a second's
worth) is lost. HEAD, link scanners and previews of chat programs do not count as opening. A batch in which a link was
opened for the first time is told to the ledger, which the figures follow.
"""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Event, Lock, Thread

from django.db import connection, transaction

from zhiyin.ledger.bulk import array
from zhiyin.ledger.record import record
from zhiyin.outreach.sql import OPENED_ON_POSTGRESQL, OPENED_ON_SQLITE
from zhiyin.responses.events import LinksOpened
from zhiyin.responses.submission import CUSTOMER

log = logging.getLogger("zhiyin.survey")
PERIOD = 1.0  # seconds
AT_ONCE = 2_000  # in one statement and one fact
KEPT_AT_MOST = 50_000  # while the database is away
_MACHINE = re.compile(r"bot|crawl|spider|scan|preview|curl|wget|python|java/|go-http|headless", re.IGNORECASE)


def is_person(environ: Mapping[str, object]) -> bool:
    """Whether this looks like somebody's browser opening the page, as far as one can tell."""
    agent = str(environ.get("HTTP_USER_AGENT", ""))
    if environ.get("REQUEST_METHOD") != "GET" or not agent.startswith("Mozilla/") or _MACHINE.search(agent):
        return False
    return environ.get("HTTP_SEC_FETCH_DEST", "document") in ("document", "iframe") and not environ.get("HTTP_PURPOSE")


@transaction.atomic
def _write(rows: Sequence[tuple[int, datetime]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            moments = array(at.isoformat() for _, at in rows)
            cursor.execute(OPENED_ON_POSTGRESQL, [array(key for key, _ in rows), moments])
        else:
            given = [(key, connection.ops.adapt_datetimefield_value(at)) for key, at in rows]
            cursor.execute(OPENED_ON_SQLITE, [json.dumps(given)])
        fresh = sorted(row[0] for row in cursor.fetchall())
    if fresh:  # who only looks again, however often, adds nothing to the ledger
        record(LinksOpened(ids=fresh), by=CUSTOMER, now=max(at for _, at in rows), subject="links")


class Opened:
    """Invitations opened since the last time they were written down."""

    def __init__(self) -> None:
        self._waiting: dict[int, datetime] = {}
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def note(self, invitation_id: int, *, now: datetime) -> None:
        with self._lock:
            if len(self._waiting) < KEPT_AT_MOST:
                self._waiting.setdefault(invitation_id, now)

    def write(self) -> int:
        """Write down what is waiting; returns how many. What could not be written waits on."""
        with self._lock:
            taken, self._waiting = self._waiting, {}
        if not taken:
            return 0
        rows = sorted(taken.items())
        try:
            for start in range(0, len(rows), AT_ONCE):
                _write(rows[start : start + AT_ONCE])
        except Exception:
            with self._lock:
                self._waiting = {**self._waiting, **taken}
            raise
        return len(rows)

    def start(self) -> None:
        """Write every second from now on, in a thread of this process with a connection of its own."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="survey-opened", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD):
            self._write_or_wait()
        self._write_or_wait()
        connection.close()

    def _write_or_wait(self) -> None:
        try:
            self.write()
        except Exception:
            log.warning("opened surveys could not be noted; trying again", exc_info=True)
            connection.close()
