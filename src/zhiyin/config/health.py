"""``/healthz``, ``/readyz``, ``/metrics``: alive; able to serve; Prometheus."""

from datetime import timedelta

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

import zhiyin
from zhiyin.ledger.deliver import undelivered
from zhiyin.messaging.queries import queue_sizes
from zhiyin.metrics import mirror

STALE = timedelta(minutes=5)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers; how old the mirror is tells whether a worker runs."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"database": "no answer"}, status=503, headers={"Retry-After": "5"})
    as_of = mirror.manifest().as_of
    fresh = as_of is not None and timezone.now() - as_of < STALE
    return JsonResponse(
        {"database": "ok", "worker": "ok" if fresh else "not seen lately", "version": zhiyin.__version__}
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """Counts of what waits, for Prometheus."""
    waiting, parked = undelivered()
    as_of = mirror.manifest().as_of
    age = (timezone.now() - as_of).total_seconds() if as_of else -1
    lines = [
        "# HELP zhiyin_events_waiting Facts whose reactions have not run yet.",
        "# TYPE zhiyin_events_waiting gauge",
        f"zhiyin_events_waiting {waiting}",
        "# HELP zhiyin_reactions_parked Reactions that gave up after five tries.",
        "# TYPE zhiyin_reactions_parked gauge",
        f"zhiyin_reactions_parked {parked}",
        "# HELP zhiyin_mirror_age_seconds How far the figures lie behind; -1 before the first.",
        "# TYPE zhiyin_mirror_age_seconds gauge",
        f"zhiyin_mirror_age_seconds {age:.3f}",
        "# HELP zhiyin_messages Messages by state.",
        "# TYPE zhiyin_messages gauge",
        *(f'zhiyin_messages{{state="{state}"}} {count}' for state, count in sorted(queue_sizes().items())),
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
