"""What the story about kills does inside the installation that it kills, as programs of their own:

``found`` makes the sample organisation and prints an API key, ``staff`` works cases until its standard input is
closed, ``look SECONDS`` waits until the installation is quiet and prints all that its record holds, as JSON.
"""

import json
import select
import sys
import time
from collections import Counter
from typing import Any

from zhiyin.cli.frame import now, set_up

set_up()

import pyarrow.parquet as pq  # noqa: E402  (Django must be set up first)

from zhiyin.cases.actions import handling, stepping  # noqa: E402
from zhiyin.cases.actions.closing import close  # noqa: E402
from zhiyin.cases.models import Case, Trigger  # noqa: E402
from zhiyin.cases.queries.work import InHand, cases_in_hand  # noqa: E402
from zhiyin.journey.models import Interaction  # noqa: E402
from zhiyin.ledger import chain  # noqa: E402
from zhiyin.ledger.models import Event, Head, Reaction  # noqa: E402
from zhiyin.messaging.models import Message  # noqa: E402
from zhiyin.metrics import mirror  # noqa: E402
from zhiyin.metrics.tables import WEIGHT  # noqa: E402
from zhiyin.outreach.actions import apply_policy  # noqa: E402
from zhiyin.outreach.models import Decision, Invitation  # noqa: E402
from zhiyin.packs.install import found_sample, pack_of  # noqa: E402
from zhiyin.people.access import Viewer  # noqa: E402
from zhiyin.people.api_auth import create_api_key  # noqa: E402
from zhiyin.people.queries import staff_of  # noqa: E402
from zhiyin.responses.models import Response  # noqa: E402

STORY = Viewer.system("story")
# By day and night, and again at once: a case is opened, solved and asked about within this one minute.
POLICY = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n[gap]\noff = true\n'
# What the record is asked for: the name of a list, and its rows' columns.
ROWS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "interactions": (Interaction, ("id", "external_id", "is_complaint")),
    "decisions": (Decision, ("interaction_id", "invited", "reason")),
    "invitations": (Invitation, ("id", "interaction_id", "case_id", "customer_id", "purpose", "state", "sent_at")),
    "messages": (Message, ("id", "invitation_id", "category", "state", "error")),
    "responses": (Response, ("id", "invitation_id", "headline")),
    "triggers": (Trigger, ("kind", "ref_id", "case_id")),
    "cases": (Case, ("id", "customer_id", "state")),
}


def found() -> None:
    found_sample("hotline", password="for this story only", by=STORY, now=now())
    apply_policy(POLICY, by=STORY, now=now())
    say(create_api_key(name="cti", scope="write", by=STORY, now=now()))


def staff() -> None:
    """Take one case after another through all its steps."""
    lead = staff_of(by=STORY, roles=("team_lead",))[0].id
    cause = next(cause for group in pack_of("hotline").causes.groups for cause in group.causes if cause.gap)
    while not select.select([sys.stdin], [], [], 0.2)[0]:
        for case in cases_in_hand(by=STORY)[:5]:
            take_all_steps(case, lead, cause.key)


def take_all_steps(case: InHand, lead: int, cause: str) -> None:
    handling.assign(case_id=case.id, staff_id=lead, by=STORY, now=now())
    stepping.connect(case_id=case.id, by=STORY, now=now())
    stepping.commit(case_id=case.id, by=STORY, now=now())
    stepping.complete(case_id=case.id, by=STORY, now=now())
    stepping.confirm(case_id=case.id, by=STORY, now=now(), agreed=True)
    close(case_id=case.id, by=STORY, now=now(), cause=cause)


def look(patience: float) -> None:
    started = time.monotonic()
    waits = waiting()
    while any(waits.values()) and time.monotonic() - started < patience:
        time.sleep(0.5)
        waits = waiting()
    verdict = chain.verify()
    found = {
        "waiting": waits,
        "quiet_after": round(time.monotonic() - started, 1),
        "parked": Reaction.objects.count(),
        "ledger": {"rows": verdict.rows, "pending": verdict.pending, "fault": verdict.fault},
        "closings": closings("cases.closed"),
        "refusals": closings("outreach.not_invited"),
        "mirror": in_the_mirror(),
        **{name: rows(table, columns) for name, (table, columns) in ROWS.items()},
    }
    say(json.dumps(found, default=str))


def waiting() -> dict[str, int]:
    """What is still to be done, by what it waits for."""
    head = Head.objects.first()
    return {
        "reactions": Event.objects.filter(wants_delivery=True).count(),
        "second tries": Reaction.objects.filter(parked_at=None).count(),
        "sending": Message.objects.filter(state__in=["queued", "leased", "sending"]).count(),
        "sealing": Event.objects.filter(sequence=None).count(),
        "mirror": (head.sequence if head else 0) - mirror.manifest().sequence,
    }


def rows(table: Any, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    return list(table.objects.values(*columns))


def closings(kind: str) -> list[dict[str, Any]]:
    """The facts of this kind: whose they are, and of which case."""
    return [
        {"customer_id": data["customer_id"], "case_id": data.get("case_id")}
        for data in Event.objects.filter(kind=kind).values_list("data", flat=True)
    ]


def in_the_mirror() -> dict[str, dict[str, Any]]:
    """Of each fact the owners with their row as it stands, read from the files themselves. What was taken back is there
    as often with a weight of minus one."""
    held = mirror.manifest()
    found: dict[str, dict[str, Any]] = {}
    for fact in mirror.facts():
        rows: dict[str, dict[str, Any]] = {}
        times: Counter[str] = Counter()
        for file in held.files(fact.name):
            for row in pq.read_table(mirror.folder() / file).to_pylist():
                weight = row.pop(WEIGHT, 1)
                rows[repr(row)] = row
                times[repr(row)] += weight
        found[fact.name] = {
            str(row[fact.owner]): {key: row[key] for key in ("is_sent", "is_answered") if key in row}
            for key, row in rows.items()
            if times[key] > 0
        }
    return found


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


match sys.argv[1:]:
    case ["found"]:
        found()
    case ["staff"]:
        staff()
    case ["look", seconds]:
        look(float(seconds))
