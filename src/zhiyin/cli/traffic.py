"""The demo's live traffic: a process of its own that comes in by the API's door and answers on the survey page."""

import json
import random
import signal
import time
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from zhiyin.cli.frame import now, set_up

if TYPE_CHECKING:
    from zhiyin.cli.history import Stage
    from zhiyin.outreach.queries import Asked

CREW_EVERY = 20.0  # seconds between two looks of the invented staff at their cases
QUICKEST, SLOWEST = 5, 40  # seconds until a customer answers: a demo has no hours to wait


def main() -> None:
    """Encounters a few times a minute, answers a little later, cases worked on; until told to stop."""
    set_up()
    from django.conf import settings  # noqa: PLC0415  (Django must be set up first)

    from zhiyin.cli.history import Stage  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.api_auth import create_api_key  # noqa: PLC0415

    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    secret = create_api_key(name="demo traffic", scope="write", by=Viewer.system("demo"), now=now())
    stage = Stage(ends_at=now())
    stage.crowd.begin_at(int(time.time()))
    stage.skip_what_was_sent()
    period = 60 / max(stage.pack.sample.volume.live_per_minute, 0.1)
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=settings.BASE_URL, timeout=10, headers=headers) as client:
        traffic = Traffic(stage, client)
        while not stop.wait(random.expovariate(1 / period)):
            try:
                traffic.turn()
            except httpx.HTTPError:
                stop.wait(2)  # the web half starts, or is started again


@dataclass
class Traffic:
    """What happens from moment to moment."""

    stage: "Stage"
    client: httpx.Client
    waiting: list[tuple[float, str, "Asked"]] = field(default_factory=list)
    next_crew: float = 0.0

    def turn(self) -> None:
        """One encounter, the answers whose time has come, and now and then the staff's work."""
        encounter = json.dumps(self.stage.crowd.one(now() - timedelta(seconds=5)))
        self.client.post("/api/v1/interactions", content=encounter, headers={"Content-Type": "application/json"})
        self.stage.expect_answers()
        self.waiting += [
            (time.monotonic() + random.uniform(QUICKEST, SLOWEST), token, asked)
            for _at, _invitation, token, asked in self.stage.coming
        ]
        self.stage.coming.clear()
        due = [one for one in self.waiting if one[0] <= time.monotonic()]
        self.waiting = [one for one in self.waiting if one not in due]
        for _when, token, asked in due:
            self._answer(token, asked)
        if time.monotonic() >= self.next_crew:
            self.stage.crew.work(now())
            self.next_crew = time.monotonic() + CREW_EVERY

    def _answer(self, token: str, asked: "Asked") -> None:
        """Open the page and send the form, as a phone would; some only look."""
        if not self.stage.opens(asked):
            return
        form = self.stage.form_for(asked)
        self.client.get(f"/s/{token}", headers={"User-Agent": "Mozilla/5.0 (demo)"})
        if form is None:
            return
        body = urlencode([(f"q_{key}", value) for key, values in form.items() for value in values])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.client.post(f"/s/{token}", content=body, headers=headers)


if __name__ == "__main__":
    main()
