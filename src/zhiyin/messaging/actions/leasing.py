"""Claiming what is due, and what may become of it before a byte leaves."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F

from zhiyin.ledger.record import Actor, record, record_all
from zhiyin.messaging.events import MessageFailed, MessagesWithdrawn
from zhiyin.messaging.models import Message
from zhiyin.messaging.rules.outcomes import after_failed_preparation
from zhiyin.messaging.rules.states import Category, State, step

# For judging and preparing; a message is then leased anew for its sending. Short, since after a crash all is to go on
# within fifteen seconds (R1), and harmless when it is too short: whoever lost it notices before a byte leaves.
LEASE = timedelta(seconds=8)
LONGEST_LEASE = timedelta(
    minutes=10
)  # a lease that ends later than this from now was given before the clock stepped back


class Leased(NamedTuple):
    """A message in a worker's hands. ``fencing`` proves whose hands: it rises at each change."""

    id: int
    fencing: int
    category: Category
    channel: str
    customer_id: int | None
    staff_id: int | None
    identity_id: int | None
    scenario_id: int
    touchpoint_id: int
    unit_id: int
    invitation_id: int | None
    attempts: int
    body: dict[str, Any]
    worker: str


# One statement. Messages to one person leave in their order: none is claimed while an earlier one is due or under way.
# MATERIALIZED, so that PostgreSQL picks, locks and skips exactly once.
_CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT m.id AS picked_id FROM messaging_message AS m
    WHERE m.state = 'queued' AND m.channel = %(channel)s AND m.not_before <= %(now)s AND {whom}
    AND NOT EXISTS (
        SELECT 1 FROM messaging_message AS e
        WHERE {same_person} AND e.id < m.id AND e.state IN ('queued', 'leased', 'sending')
        AND (e.state <> 'queued' OR e.not_before <= %(now)s)
    )
    ORDER BY m.not_before, m.id LIMIT %(limit)s {skip}
)
UPDATE messaging_message SET state = 'leased', leased_until = %(until)s, fencing = fencing + 1
FROM picked WHERE id = picked_id
RETURNING id, fencing, category, channel, customer_id, staff_id, identity_id, scenario_id, touchpoint_id, unit_id,
          invitation_id, attempts, body
"""
_STAFF = {"whom": "m.category = 'staff'", "same_person": "e.category = 'staff' AND e.staff_id = m.staff_id"}
_CUSTOMERS = {"whom": "m.category <> 'staff'", "same_person": "m.customer_id <> 0 AND e.customer_id = m.customer_id"}


_DUE = """
WITH asked (kind) AS (VALUES {kinds})
SELECT kind FROM asked WHERE EXISTS (
    SELECT 1 FROM messaging_message AS m WHERE m.state = 'queued' AND m.channel = kind AND m.not_before <= %s
)
"""


def kinds_due(kinds: Iterable[str], *, now: datetime) -> list[str]:
    """Those of these kinds of channel that something waits for: one statement, however many kinds there are, so that a
    worker with nothing to do costs next to nothing."""
    asked = list(kinds)
    with connection.cursor() as cursor:
        cursor.execute(_DUE.format(kinds=", ".join(["(%s)"] * len(asked))), [*asked, now])
        due = {row[0] for row in cursor.fetchall()}
    return [kind for kind in asked if kind in due]


@transaction.atomic
def lease(*, kind: str, limit: int, worker: str, now: datetime, staff_only: bool = False) -> list[Leased]:
    """Claim up to ``limit`` due messages that ask for this kind of channel, for ``LEASE`` from now.

    Alerts to staff come first, however long the customers' queue is; then by the time they are due. No two workers
    get the same message, and neither waits for the other.
    """
    found = _claim(_STAFF, kind=kind, limit=limit, worker=worker, now=now)
    if not staff_only and len(found) < limit:
        found += _claim(_CUSTOMERS, kind=kind, limit=limit - len(found), worker=worker, now=now)
    return found


def _claim(whose: dict[str, str], *, kind: str, limit: int, worker: str, now: datetime) -> list[Leased]:
    locking = connection.features.has_select_for_update_skip_locked
    statement = _CLAIM.format(skip="FOR UPDATE SKIP LOCKED" if locking else "", **whose)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"channel": kind, "now": now, "until": now + LEASE, "limit": limit})
        rows = cursor.fetchall()
    return sorted(_leased(row, worker) for row in rows)


def _leased(row: Sequence[Any], worker: str) -> Leased:
    identifier, fencing, category, channel, customer, *rest, body = row
    return Leased._make(
        [identifier, fencing, Category(category), channel, customer or None, *rest, json.loads(body), worker]
    )


def held(leased: Sequence[Leased]) -> list[Leased]:
    """Those that are still in these hands, with their rows locked until the transaction ends."""
    fencing = dict(
        Message.objects.select_for_update()
        .filter(pk__among={one.id for one in leased}, state=State.LEASED)
        .order_by("pk")
        .values_list("pk", "fencing")
    )
    return [one for one in leased if same_hands(one, fencing.get(one.id))]


def same_hands(leased: Leased, fencing: int | None) -> bool:
    """Whether the row still carries the number that this worker was given. A worker that was stopped past its lease
    (a zombie) has an older one, and nothing it writes counts any more."""
    return fencing == leased.fencing


def put_off(leased: Iterable[Leased], *, until: datetime) -> None:
    """Back into the queue, not before this moment. Nothing has left."""
    ids = [one.id for one in leased]
    move(ids, State.LEASED, State.QUEUED, not_before=until, leased_until=None)


# Whoever withdraws or claims one of them at this moment goes first: it is passed by, so nobody waits in a circle.
_BRING_FORWARD = """
WITH waiting AS MATERIALIZED (
    SELECT id AS waiting_id FROM messaging_message
    WHERE state = 'queued' AND not_before > %(now)s AND attempts = 0 AND fencing > 0 AND category <> 'staff'
    {skip}
)
UPDATE messaging_message SET not_before = %(now)s FROM waiting WHERE id = waiting_id
"""


def bring_forward(*, now: datetime) -> int:
    """What was judged and put off before its first try is due now, and so judged again. Returns how many messages.

    One statement. What was never claimed keeps its moment, for whoever queued it chose that; what a gateway was offered
    already keeps the pause that followed from its answer.
    """
    locking = connection.features.has_select_for_update_skip_locked
    with connection.cursor() as cursor:
        cursor.execute(_BRING_FORWARD.format(skip="FOR UPDATE SKIP LOCKED" if locking else ""), {"now": now})
        return int(cursor.rowcount)


def take_back(leased: Iterable[tuple[Leased, str]], *, by: Actor, now: datetime) -> None:
    """Withdraw each for its reason, in one fact a reason."""
    for reason, group in groupby(sorted(leased, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
        ids = [one.id for one, _ in group]
        move(ids, State.LEASED, State.WITHDRAWN, leased_until=None, error=reason)
        record(MessagesWithdrawn(ids=ids, reason=reason), by=by, now=now, subject=f"message:{ids[0]}")


def could_not_prepare(leased: Leased, why: str, *, by: Actor, now: datetime) -> State:
    """One message's own data stood in the way. Tried again later, parked with the reason after five times."""
    verdict = after_failed_preparation(attempts=leased.attempts + 1, now=now)
    if verdict.state is State.FAILED:
        give_up([(leased, why)], by=by, now=now)
    else:
        changes = {"not_before": verdict.not_before, "error": why[:300], "attempts": F("attempts") + 1}
        move([leased.id], State.LEASED, verdict.state, leased_until=None, **changes)
    return verdict.state


def give_up(leased: Iterable[tuple[Leased, str]], *, by: Actor, now: datetime) -> None:
    """Failed before a byte left, each for its reason."""
    facts = []
    for one, why in leased:
        move([one.id], State.LEASED, State.FAILED, leased_until=None, error=why[:300])
        facts.append((MessageFailed(one.id, one.channel, why[:300]), f"message:{one.id}", one.unit_id))
    record_all(facts, by=by, now=now)


def move(ids: Sequence[int], before: State, after: State, **changes: Any) -> int:
    """The one place where a state changes: a step that the table of states knows, from the state that it says."""
    if not ids:
        return 0
    return Message.objects.filter(pk__among=set(ids), state=before).update(state=step(before, after), **changes)
