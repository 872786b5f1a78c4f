"""How fast the mirror is built from a record, on both databases, and how old figures are while 500 responses a second
come in and ten dashboards refresh: the worker's own loop, in a process of its own.

    make bench NAME=mirror
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.bench._organisation import ROOT, found_organisation, run_apart

RESPONSES, PORTION = 200_000, 20_000
A_SECOND, SECONDS, DASHBOARDS, REFRESH = 500, 30, 10, 2.0


def main() -> None:
    if "--inside" in sys.argv:
        print(json.dumps(_measure(sys.argv[-1])))
        return
    for engine in ("sqlite", "postgresql"):
        one = json.loads(run_apart("scripts.bench.mirror", engine, "build"))
        print(f"{engine:<11} built from {one['responses']:,} responses, {one['answers']:,} answers: ", end="")
        print(
            f"{one['answers'] / one['wall']:,.0f} answers/s, {one['answers'] / one['cpu']:,.0f} per second of ", end=""
        )
        print(
            f"this process's time; greatest memory {one['memory']:,.0f} MB; reading the ledger {one['ledger']:.0%}, ",
            end="",
        )
        print(f"the record {one['record']:.0%}, writing {1 - one['ledger'] - one['record']:.0%}")
    for engine in ("sqlite", "postgresql"):
        one = json.loads(run_apart("scripts.bench.mirror", engine, "load"))
        print(
            f"{engine:<11} {one['written'] / one['seconds']:,.0f} responses/s written, {one['asked']:,} figures asked ",
            end="",
        )
        print(f"by {DASHBOARDS} dashboards: age median {one['median']:.2f} s, p95 {one['p95']:.2f} s, ", end="")
        print(f"greatest {one['worst']:.2f} s; a figure takes {one['figure'] * 1000:.0f} ms, ", end="")
        print(f"p95 {one['figure95'] * 1000:.0f} ms")


def _measure(what: str) -> dict[str, float]:
    found_organisation()
    return _build() if what == "build" else _load()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Writer:
    """Responses with five scored answers each, written as rows of the record with their facts in the ledger."""

    def __init__(self) -> None:
        from zhiyin.journey.queries import journey_map
        from zhiyin.people.access import Viewer
        from zhiyin.people.queries import staff_of
        from zhiyin.surveys.queries import current_versions

        self.version = next(iter(current_versions().values()))
        scored = [one.key for one in self.version.questionnaire.questions if one.scale is not None]
        self.questions = (scored * 5)[:5] if len(scored) >= 5 else scored
        self.touchpoint = next(iter(journey_map().touchpoints.values()))
        self.staff = [(one.id, one.unit_id) for one in staff_of(by=Viewer.system("bench"), roles=("agent",))]

    def write(self, many: int, *, now: datetime, first: int, sealed: bool) -> int:
        """So many responses in one transaction; returns the number of answers. ``sealed``: their facts stand in the
        chain's order already, as after a restore."""
        from django.db import transaction

        from zhiyin.ledger.bulk import as_json, insert_rows, moment
        from zhiyin.ledger.ids import new_ids
        from zhiyin.ledger.models import Event
        from zhiyin.ledger.record import record_all
        from zhiyin.people.access import Viewer
        from zhiyin.responses.events import ResponseReceived
        from zhiyin.responses.models import Answer, Response

        ids = new_ids(many, now=now)
        answers = new_ids(many * len(self.questions), now=now)
        rows, scores = [], []
        for place, identifier in enumerate(ids):
            staff, unit = self.staff[(first + place) * 7919 % len(self.staff)]
            at = moment(now - timedelta(seconds=(many - place) % 86_400)) if sealed else moment(now)
            rows.append(
                (
                    identifier,
                    "service",
                    self.version.id,
                    "web",
                    "",
                    self.touchpoint.scenario_id,
                    self.touchpoint.id,
                    unit,
                    staff,
                    "zh-hans",
                    "",
                    False,
                    at,
                    at,
                    "{}",
                )
            )
            for number, question in enumerate(self.questions):
                value = 10 - (first + place + number) * 7 % 11 % 4
                scores.append((answers[place * len(self.questions) + number], identifier, question, value, ""))
        with transaction.atomic():
            insert_rows(Response, RESPONSE, rows)
            insert_rows(Answer, ("id", "response_id", "question", "value", "raw"), scores)
            if sealed:
                empty = b"\0" * 32
                insert_rows(
                    Event,
                    EVENT,
                    [
                        (
                            one,
                            moment(now),
                            "responses.received",
                            "customer",
                            f"response:{identifier}",
                            as_json({"response_id": identifier}),
                            empty,
                            first + place + 1,
                            empty,
                            False,
                        )
                        for place, (one, identifier) in enumerate(zip(new_ids(many, now=now), ids, strict=True))
                    ],
                )
            else:
                by = Viewer.system("bench")
                record_all(
                    [(_received(ResponseReceived, identifier), f"response:{identifier}", None) for identifier in ids],
                    by=by,
                    now=now,
                )
        return len(scores)


RESPONSE = (
    *("id", "purpose", "survey_version_id", "source", "external_id", "scenario_id", "touchpoint_id", "unit_id"),
    *("served_by", "language", "comment", "wants_contact", "answered_at", "received_at", "attributes"),
)
EVENT = ("id", "at", "kind", "actor", "subject", "data", "mark", "sequence", "seal", "wants_delivery")


def _received(event: Any, identifier: int) -> Any:
    return event(response_id=identifier)


def _build() -> dict[str, float]:
    from zhiyin.ledger import chain
    from zhiyin.ledger.models import Event
    from zhiyin.metrics import mirror

    chain.seal_all()
    first = Event.objects.count()
    writer, answers = Writer(), 0
    for at in range(0, RESPONSES, PORTION):
        answers += writer.write(PORTION, now=datetime.now(UTC), first=first + at, sealed=True)
    mirror.catch_up(now=datetime.now(UTC))  # what is imported and opened once is not what is measured
    mirror.forget()
    spent = {"ledger": 0.0, "record": 0.0}
    there = vars(mirror)  # where the name is looked up
    there["sealed_after"] = _counted(there["sealed_after"], spent, "ledger")
    for fact in mirror.facts():
        object.__setattr__(fact, "load", _counted(fact.load, spent, "record"))
    started, used = time.perf_counter(), _cpu()
    while mirror.refresh(now=datetime.now(UTC)):
        pass
    wall, cpu = time.perf_counter() - started, _cpu() - used
    assert sum(part.rows for part in mirror.manifest().tables["answers"]) == answers
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shares = {name: one / wall for name, one in spent.items()}
    return {"responses": RESPONSES, "answers": answers, "wall": wall, "cpu": cpu, "memory": memory, **shares}


def _counted(run: Any, spent: dict[str, float], under: str) -> Any:
    def counted(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return run(*given, **named)
        finally:
            spent[under] += time.perf_counter() - began

    return counted


def _load() -> dict[str, float]:
    from zhiyin.metrics import mirror

    mirror.catch_up(now=datetime.now(UTC))
    worker = subprocess.Popen(
        [sys.executable, "-m", "zhiyin.cli", "worker"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    began = mirror.manifest().as_of
    while mirror.manifest().as_of == began:  # until the worker has begun to refresh
        if worker.poll() is not None:
            raise SystemExit("bench: the worker ended at once")
        time.sleep(0.1)
    writer = subprocess.Popen(
        [sys.executable, "-m", "scripts.bench.mirror", "--write"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    seen = Seen()
    over = threading.Event()
    dashboards = [threading.Thread(target=seen.refresh, args=(over, number)) for number in range(DASHBOARDS)]
    try:
        for one in dashboards:
            one.start()
        told, _ = writer.communicate()
    finally:
        over.set()
        for one in dashboards:
            one.join()
        worker.terminate()
        worker.wait()
    written = json.loads(told)
    ages, times = sorted(seen.ages), sorted(seen.times)
    return {
        **written,
        "asked": len(times),
        "median": ages[len(ages) // 2],
        "p95": ages[int(len(ages) * 0.95)],
        "worst": ages[-1],
        "figure": times[len(times) // 2],
        "figure95": times[int(len(times) * 0.95)],
    }


class Seen:
    """What the dashboards saw: how long each figure took, and how old it was. The age is the truth and not what the
    figure says of itself: the moment of asking, less the newest response that is counted in it."""

    def __init__(self) -> None:
        self.ages: list[float] = []
        self.times: list[float] = []

    def refresh(self, over: threading.Event, number: int) -> None:
        from zhiyin.metrics import mirror
        from zhiyin.metrics.engine import ask
        from zhiyin.metrics.language import Question

        while not mirror.manifest().tables.get("answers") and not over.is_set():
            over.wait(0.1)  # until the writer and the worker are at work
        over.wait(3 + number * REFRESH / DASHBOARDS)
        today = datetime.now(UTC) - timedelta(days=30)
        while not over.is_set():
            for measure, by in (("top_box", ()), ("top_box", ("touchpoint",)), ("nps", ("unit",)), ("mean", ("day",))):
                began = time.perf_counter()
                ask(Question(measure=measure, by=by, since=today, units=None))
                self.times.append(time.perf_counter() - began)
            asked = datetime.now(UTC)
            if newest := _newest():
                self.ages.append((asked - newest).total_seconds())
            over.wait(REFRESH)


def _newest() -> datetime | None:
    """The newest response in the files, by the engine that figures are asked of."""
    from zhiyin.metrics import mirror
    from zhiyin.metrics.engines import Gone, at_hand
    from zhiyin.metrics.planning import Plan, table_of

    source = mirror.sources(mirror.fact("answers"))[-1]
    table = table_of(source)
    plan = Plan(source, table.aggregate(newest=table.answered_at.max().cast("timestamp")))  # without a zone: UTC
    engine = at_hand()
    for _look in range(5):
        try:
            found = engine.rows(engine.compiled(plan), plan, {}, mirror.manifest())
        except Gone:
            continue
        newest: datetime | None = found[0][0]
        return newest.replace(tzinfo=UTC) if newest else None
    return None


def _write() -> None:
    """Five hundred responses a second, in tenths of a second, for half a minute."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"
    import django

    django.setup()
    writer, written = Writer(), 0
    started = time.monotonic()
    while (spent := time.monotonic() - started) < SECONDS:
        due = round(spent * A_SECOND) - written
        if due >= A_SECOND // 10:
            writer.write(due, now=datetime.now(UTC), first=written, sealed=False)
            written += due
        time.sleep(0.02)
    print(json.dumps({"written": written, "seconds": time.monotonic() - started}))


if __name__ == "__main__":
    _write() if "--write" in sys.argv else main()
