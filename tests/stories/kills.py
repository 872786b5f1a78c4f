"""Halves of an installation, for the story about kills at outreach's joints: processes that do one thing for ever.

Like ``sender.py``: every line on standard input, a role and a folder, forks one and is answered with its process id.
A role notes in the folder what it was told to be done (ACKED), only once it was; its client repeats the rest:

``ingest`` and ``import`` take in what ``events.ndjson`` lists, ``send`` sends, ``receipts`` is called back about what
``accepted.txt`` names and works through the inbox. With ``careless`` as argument, everybody's claim on an event is the
first, and what is in doubt is sent again: the negative control.
"""

import csv
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import django

django.setup()

from django.utils import timezone  # noqa: E402  (Django must be set up first)

from zhiyin.cli.importing.frame import Circumstances  # noqa: E402
from zhiyin.cli.importing.kinds import KINDS  # noqa: E402
from zhiyin.lib.tables import Options, open_table  # noqa: E402
from zhiyin.messaging.channels.callbacks import callback_secret  # noqa: E402
from zhiyin.messaging.models import Channel  # noqa: E402
from zhiyin.messaging.rules import outcomes  # noqa: E402
from zhiyin.messaging.rules.signals import Callback  # noqa: E402
from zhiyin.messaging.ways import setup_of  # noqa: E402
from zhiyin.outreach import intake  # noqa: E402
from zhiyin.outreach.arrivals import answer_callback, work_through_the_inbox  # noqa: E402
from zhiyin.outreach.dispatch import recover, send_due  # noqa: E402
from zhiyin.people.access import Viewer  # noqa: E402

BATCH = 10
STORY = Viewer.system("story")


def be_careless() -> None:
    def always_first(wanted: Any, *, now: datetime) -> Any:
        return {one.key: one for one in wanted}

    setattr(intake, "claim", always_first)  # noqa: B010  (mypy knows better)
    setattr(outcomes, "may_repeat", lambda _category: True)  # noqa: B010


def ingest(folder: Path) -> None:
    """As the API does: a batch in, its results out. Now and then one is sent again that was answered long ago."""
    batch = list(islice(unanswered(folder, "ingest"), BATCH))
    answered = sorted(lines(folder / "ingest.txt"))
    if answered:
        again = json.loads(Random(len(answered)).choice(answered))[0]
        batch += [item for item in events(folder, "ingest") if item["external_id"] == again]
    results = intake.receive(batch, by=STORY, now=timezone.now())
    told = [
        json.dumps([item["external_id"], one.interaction, one.decision, one.invitation])
        for item, one in zip(batch, results, strict=True)
        if one.status in ("created", "replayed")
    ]
    note(folder / "ingest.txt", told)


def bring_in(folder: Path) -> None:
    """As ``zhiyin import`` does, in chunks that are small enough to be killed in the middle of."""
    rows = list(islice(unanswered(folder, "import"), BATCH))
    if not rows:
        return
    path = folder / f"import-{os.getpid()}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["source", "external_id", "customer", "phone", "touchpoint", "ended_at"])
        for one in rows:
            who = one["customer"]
            told = (one["source"], one["external_id"], who["external_id"], who["phone"])
            out.writerow([*told, one["touchpoint"], one["ended_at"]])
    importer = KINDS["interactions"](Circumstances(STORY, timezone.now(), "file"))
    table = open_table(path, importer.columns, options=Options(zone=ZoneInfo("Asia/Shanghai")))
    done = [one.done for one in importer.take(importer.read(list(table.rows())))]
    kept = [one["external_id"] for one, how in zip(rows, done, strict=True) if how in ("created", "duplicate")]
    note(folder / "import.txt", [json.dumps([key]) for key in kept])


def send(folder: Path) -> None:
    send_due(worker=str(os.getpid()), clock=timezone.now, limit=BATCH, kinds=("sms",))
    recover(now=timezone.now())
    note(folder / "send.txt", ["turn"])


def receipts(folder: Path) -> None:
    """The gateway calls about everything that it has and was not thanked for; then the inbox is worked through."""
    thanked = lines(folder / "receipts.txt")
    due = [one for one in sorted(lines(folder / "accepted.txt")) if one not in thanked][:BATCH]
    if due:
        secret = callback_secret("aliyun", setup_of(Channel.objects.get(key="aliyun")))
        reports = [{"out_id": one, "success": True, "err_code": "DELIVERED", "biz_id": f"b{one}"} for one in due]
        reply = answer_callback(
            "aliyun",
            Callback(
                method="POST",
                query={},
                headers={},
                body=json.dumps(reports).encode(),
                remote="203.0.113.7",
                now=timezone.now(),
                secret=secret,
            ),
        )
        if reply.status == 200:
            note(folder / "receipts.txt", due)
    work_through_the_inbox(now=timezone.now())


ROLES: dict[str, Callable[[Path], None]] = {
    "ingest": ingest,
    "import": bring_in,
    "send": send,
    "receipts": receipts,
}


def events(folder: Path, role: str) -> list[dict[str, Any]]:
    listed = map(json.loads, (folder / "events.ndjson").read_text().splitlines())
    return [one["event"] for one in listed if one["by"] == role]


def unanswered(folder: Path, role: str) -> Iterable[dict[str, Any]]:
    done = {json.loads(line)[0] for line in lines(folder / f"{role}.txt")}
    for one in events(folder, role):
        if one["external_id"] not in done:
            yield one


def lines(path: Path) -> set[str]:
    """Whole lines only: whoever was killed while writing has written none."""
    return set(path.read_text().rpartition("\n")[0].splitlines()) if path.exists() else set()


def note(path: Path, told: Iterable[str]) -> None:
    """One write, so that a kill leaves all of it or none; a torn end would be cut off by the next line's own end."""
    text = "".join(f"{one}\n" for one in told)
    with path.open("ab", buffering=0) as file:
        file.write(text.encode())


def work(role: str, folder: Path) -> None:
    while True:
        ROLES[role](folder)
        time.sleep(0.01)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:] == ["careless"]:
        be_careless()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    say("ready")
    for line in sys.stdin:
        wanted, where = line.split()
        child = os.fork()
        if not child:
            work(wanted, Path(where))
        say(str(child))
