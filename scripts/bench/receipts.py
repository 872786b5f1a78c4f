"""Receipts of a gateway: one callback with 8,000 of them, and the worker that lets them count.

    make bench NAME=receipts, or: .venv/bin/python -m scripts.bench.receipts

A callback of eight thousand is near the megabyte that is taken at once. The call is timed from its body to the reply's,
commit included, without the web server; then the worker's batches until nothing waits. *The very same again* is what a
gateway sends whose network lost our reply.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from statistics import median
from typing import TYPE_CHECKING

from scripts.bench._organisation import run_apart

if TYPE_CHECKING:
    from zhiyin.messaging.rules.signals import Callback

Took = tuple[float, float]  # seconds, and seconds of this process's processor time
RECEIPTS, ROUNDS = 8000, 5


def main() -> None:
    if "--inside" in sys.argv:
        inside()
        return
    for engine in ("sqlite", "postgresql"):
        if engine == "sqlite" or os.environ.get("ZHIYIN_TEST_DATABASE_URL"):
            print(run_apart("scripts.bench.receipts", engine), end="")


def inside() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from zhiyin.messaging.testing import messages
    from zhiyin.outreach.testing import NOW, invitation_rows, make_invitations
    from zhiyin.outreach.tests.gateway_calls import KEY, callback, receipt, set_up, works

    call_command("migrate", verbosity=0)
    set_up()
    make_invitations(RECEIPTS)
    messages().update(state="sent", via=KEY, sent_at=NOW, attempts=1)
    invitation_rows().update(state="sent", sent_at=NOW, dies_at=NOW + timedelta(hours=8))
    ids, engine = list(messages().values_list("pk", flat=True)), connection.vendor
    call: list[Took] = []
    repeat: list[Took] = []
    for number in range(ROUNDS):
        now = NOW + timedelta(minutes=number)
        items = [receipt(pk, "delivered", at=now.isoformat()) for pk in ids]
        body = json.dumps(items, separators=(",", ":")).encode()
        called = callback(body, now=now)
        for took in (call, repeat):
            took.append(_timed(partial(_answered, KEY, called)))
    print(f"{engine:<11} {len(body):,} bytes with {RECEIPTS:,} receipts")
    _say("answered", call, RECEIPTS)
    _say("the very same again", repeat, RECEIPTS)

    def work_off() -> None:
        while works(NOW + timedelta(hours=1)):
            pass

    _say(f"worked through, {ROUNDS} receipts a message", [_timed(work_off)], RECEIPTS * ROUNDS)


def _answered(channel: str, called: "Callback") -> None:
    from zhiyin.outreach.arrivals import answer_callback

    reply = answer_callback(channel, called)
    if reply.status != HTTPStatus.OK:
        raise SystemExit(f"the callback was answered {reply.status}")


def _timed(work: Callable[[], object]) -> Took:
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - spent


def _say(what: str, took: list[Took], many: int) -> None:
    clock, spent = (median(column) for column in zip(*took, strict=True))
    print(f"{'':<11} {what}: {clock:.2f} s, of them {spent:.2f} s of processor time ({many / spent:,.0f} a second)")


if __name__ == "__main__":
    main()
