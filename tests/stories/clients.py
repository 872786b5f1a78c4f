"""Two clients that do not give up: a call centre's CTI at the API, and customers on the survey page.

Whatever gets no answer is sent again, the same bytes, until there is one; so a lost reply is repeated too.
"""

import json
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from tests.stories.account import Promises

PATIENCE = 90.0  # seconds for one request, all its repetitions together
AWAY = 503  # the only answer that is no answer


class Client(threading.Thread):
    """Works until told to finish. ``surprises`` lists what a client of ours must never see."""

    def __init__(self, base: str, promises: Promises, seed: int, **headers: str) -> None:
        super().__init__(daemon=True)
        self.base, self.promises, self.dice = base, promises, Random(seed)
        self.headers = headers
        self.surprises: list[str] = []
        self.repeated = 0
        self.finishing = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.base, timeout=10, headers=self.headers) as http:
            try:
                while self.turn(http):
                    pass
            except Exception as broken:  # whatever ends this thread must fail the story
                self.surprises.append(f"{type(self).__name__} broke off: {broken!r}")

    def turn(self, http: httpx.Client) -> bool:
        """Do something; False when there is nothing more to come."""
        raise NotImplementedError

    def finish(self) -> None:
        """Let it come to its end, everything answered."""
        self.finishing.set()
        self.join(PATIENCE)
        if self.is_alive():
            self.surprises.append(f"{type(self).__name__} got no answer within {PATIENCE:.0f} s")

    def ask(self, http: httpx.Client, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        """The answer, however often that takes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = http.request(method, path, content=body, headers=headers)
                if answer.status_code != AWAY:
                    return answer
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}")
            self.repeated += 1
            time.sleep(0.1)


class Cti(Client):
    """Sends interactions, by ones and in batches, now and then one again that was answered long ago."""

    def __init__(self, base: str, promises: Promises, *, key: str, seed: int) -> None:
        super().__init__(base, promises, seed, Authorization=f"Bearer {key}")
        self.sent: dict[str, dict[str, Any]] = {}

    def turn(self, http: httpx.Client) -> bool:
        if self.finishing.is_set():
            return False
        items = [self.item() for _ in range(self.dice.choice((1, 1, 10)))]
        if self.promises.interactions and self.dice.random() < 0.1:
            items.append(self.sent[self.dice.choice(sorted(self.promises.interactions))])
        single = len(items) == 1
        body = json.dumps(items[0] if single else items).encode()
        kind = {"Content-Type": "application/json"}
        answer = self.ask(http, "POST", "/api/v1/interactions", body, **kind)
        if answer.status_code not in (200, 201):
            self.surprises.append(f"interactions: {answer.status_code} {answer.text[:300]}")
            return True
        results = [answer.json()] if single else answer.json()["results"]
        for item, result in zip(items, results, strict=True):
            self.note(item["external_id"], result)
        time.sleep(0.1)
        return True

    def item(self) -> dict[str, Any]:
        """Mostly somebody new; now and then one of ten regulars, whom the limits soon protect; some complain."""
        number = len(self.sent) + 1
        whose = self.dice.randrange(10) if self.dice.random() < 0.1 else number + 100
        key = f"call-{number:06d}"
        complains = self.dice.random() < 0.03
        self.sent[key] = {
            "source": "cti",
            "external_id": key,
            "customer": {"external_id": f"C{whose}", "phone": f"138{whose:08d}"},
            "touchpoint": "hotline",
            "ended_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "attributes": {"complaint": True} if complains else {},
        }
        if complains:
            self.promises.complaints.add(key)
        return self.sent[key]

    def note(self, key: str, result: dict[str, Any]) -> None:
        told = {name: result.get(name) for name in ("interaction", "decision", "invitation")}
        if result.get("status") not in ("created", "replayed"):
            self.surprises.append(f"{key}: {result}")
        elif self.promises.interactions.setdefault(key, told) != told:
            self.surprises.append(f"{key} was told {self.promises.interactions[key]}, and then {told}")


class Customers(Client):
    """Read the outbox as it grows, open two links of three, send the form, and one in ten sends it twice."""

    def __init__(self, base: str, promises: Promises, outbox: Path, *, seed: int) -> None:
        super().__init__(base, promises, seed)
        self.outbox, self.read_to = outbox, 0

    def seen(self) -> int:
        """How much of the outbox there is."""
        return self.outbox.stat().st_size if self.outbox.exists() else 0

    def turn(self, http: httpx.Client) -> bool:
        last = self.finishing.is_set()
        for line in self.fresh_lines():
            if line["invitation"] and self.dice.random() < 0.66:
                self.answer(http, line["invitation"], urlsplit(line["link"]).path)
        time.sleep(0.1)
        return not last

    def fresh_lines(self) -> list[dict[str, Any]]:
        if not self.outbox.exists():
            return []
        with self.outbox.open("rb") as file:
            file.seek(self.read_to)
            whole = file.read().rpartition(b"\n")[0]
        self.read_to += len(whole) + 1 if whole else 0
        return [json.loads(line) for line in whole.splitlines()]

    def answer(self, http: httpx.Client, invitation: str, path: str) -> None:
        page = self.ask(http, "GET", path)
        hidden = dict(re.findall(r'name="([vt])" value="(\d+)"', page.text))
        if page.status_code != 200 or len(hidden) != 2:
            self.surprises.append(f"the link of {invitation} answered {page.status_code}")
            return
        # Whoever is asked after a case says that it is settled: every closing in the story is the case's last.
        settled = 'name="q_solved"' in page.text
        score = 10 if settled or self.dice.random() < 0.8 else self.dice.randrange(7)
        words = {"q_solved": "yes", "q_handling": "10"} if settled else {"q_overall": str(score)}
        body = urlencode(hidden | words).encode()
        for _ in range(1 + (self.dice.random() < 0.1)):
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            thanks = self.ask(http, "POST", path, body, **kind)
            if thanks.status_code == 200:
                self.promises.submissions[invitation] = score
            else:
                self.surprises.append(f"the answer to {invitation} got {thanks.status_code}")
