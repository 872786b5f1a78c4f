"""Before the bytes leave, and after the gateway has answered: two commits, and between them only the channel."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from zhiyin.ledger.bulk import insert_rows
from zhiyin.ledger.record import Actor, record, record_all
from zhiyin.messaging.actions.leasing import Leased, move, same_hands
from zhiyin.messaging.events import ChannelBack, ChannelRests, MessageFailed, MessageInDoubt, MessagesSent
from zhiyin.messaging.models import Attempt, Channel, Message
from zhiyin.messaging.rules.breaker import FAILURES, ILL, failures_after, rest
from zhiyin.messaging.rules.outcomes import Outcome, Result, Verdict, after
from zhiyin.messaging.rules.states import State

MARGIN = timedelta(seconds=3)  # on top of a channel's patience, before others take a sending worker for dead
ATTEMPT = ("message_id", "number", "fencing", "worker", "place", "started_at", "outcome", "detail")


@dataclass(slots=True)
class Recorded:
    """What became of a batch. ``not_ours``: another worker has them now, nothing was written."""

    sent: list[int] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    not_ours: list[int] = field(default_factory=list)


def mark_sending(leased: Sequence[Leased], *, via: str, place: str, patience: timedelta, now: datetime) -> None:
    """Say, before any byte leaves, that bytes may leave from now on. Commit before you send.

    ``leased`` comes from ``held`` in the same transaction. ``now`` becomes the moment that fatigue and the link's life
    count from.
    """
    ids = [one.id for one in leased]
    until = now + patience + MARGIN
    move(
        ids, State.LEASED, State.SENDING, via=via, sent_at=now, leased_until=until, attempts=F("attempts") + 1, error=""
    )
    rows = [(one.id, one.attempts + 1, one.fencing, one.worker, place, now, "", "") for one in leased]
    insert_rows(Attempt, ATTEMPT, rows)


def note_segments(segments: Mapping[int, int]) -> None:
    """Say how many segments each of these messages will be charged for; one that is not named is one."""
    ids_of: dict[int, list[int]] = defaultdict(list)
    for message, number in segments.items():
        ids_of[number].append(message)
    for number, ids in ids_of.items():
        Message.objects.filter(pk__among=ids).update(segments=number)


def still_ours(leased: Sequence[Leased]) -> set[int]:
    """The ids among these that are marked as sending and still in these hands: what a channel asks before the bytes."""
    rows = Message.objects.filter(pk__among={one.id for one in leased}, state=State.SENDING)
    fencing = dict(rows.values_list("pk", "fencing"))
    return {one.id for one in leased if same_hands(one, fencing.get(one.id))}


@transaction.atomic
def record_outcomes(outcomes: Sequence[tuple[Leased, Outcome]], *, via: str, by: Actor, now: datetime) -> Recorded:
    """Write what became of messages that were sent. Refused for those that have changed hands meanwhile."""
    rows = Message.objects.select_for_update().filter(pk__in=[one.id for one, _ in outcomes], state=State.SENDING)
    fencing = dict(rows.order_by("pk").values_list("pk", "fencing"))
    recorded = Recorded()
    ours = []
    for one, outcome in outcomes:
        if same_hands(one, fencing.get(one.id)):
            ours.append((one, outcome))
        else:
            recorded.not_ours.append(one.id)
    _write_messages(ours, recorded, now=now)
    _finish_attempts(ours, now=now)
    _tell(ours, recorded, via=via, by=by, now=now)
    _watch_the_channel([outcome for _, outcome in ours], via=via, by=by, now=now)
    return recorded


def _write_messages(ours: Sequence[tuple[Leased, Outcome]], recorded: Recorded, *, now: datetime) -> None:
    lists = {
        State.SENT: recorded.sent,
        State.UNKNOWN: recorded.unknown,
        State.FAILED: recorded.failed,
        State.QUEUED: recorded.again,
    }
    groups: dict[tuple[Verdict, str, str, bool], list[int]] = defaultdict(list)
    for one, outcome in ours:
        verdict = after(outcome, category=one.category, attempts=one.attempts + 1, now=now)
        groups[verdict, outcome.provider_id, outcome.detail, outcome.delivered].append(one.id)
        lists[verdict.state].append(one.id)
        if outcome.delivered:
            recorded.delivered.append(one.id)
    for (verdict, provider_id, detail, delivered), ids in groups.items():
        changes: dict[str, Any] = {"leased_until": None, "error": detail, "provider_id": provider_id}
        if delivered:
            changes["delivered_at"] = now
        if verdict.state in (State.QUEUED, State.FAILED):  # it certainly did not leave, or may go again
            changes["sent_at"] = None
        if verdict.not_before:
            changes["not_before"] = verdict.not_before
        move(ids, State.SENDING, verdict.state, **changes)


def _finish_attempts(ours: Iterable[tuple[Leased, Outcome]], *, now: datetime) -> None:
    groups: dict[tuple[Result, str], list[int]] = defaultdict(list)
    for one, outcome in ours:
        groups[outcome.result, outcome.detail].append(one.id)
    for (result, detail), ids in groups.items():
        finish_attempts(ids, str(result), detail, now=now)


def finish_attempts(message_ids: Sequence[int], outcome: str, detail: str, *, now: datetime) -> None:
    """Close what is open of these messages: each has at most one attempt under way."""
    rows = Attempt.objects.filter(message_id__among=set(message_ids), finished_at=None)
    rows.update(finished_at=now, outcome=outcome, detail=detail)


def _tell(ours: Iterable[tuple[Leased, Outcome]], recorded: Recorded, *, via: str, by: Actor, now: datetime) -> None:
    if recorded.sent:
        record(MessagesSent(ids=recorded.sent, channel=via), by=by, now=now, subject=f"message:{recorded.sent[0]}")
    facts: list[tuple[object, str, int | None]] = []
    for one, outcome in ours:
        if one.id in recorded.unknown:
            facts.append((MessageInDoubt(one.id, via, outcome.detail), f"message:{one.id}", one.unit_id))
        elif one.id in recorded.failed:
            facts.append((MessageFailed(one.id, via, outcome.detail), f"message:{one.id}", one.unit_id))
    if facts:
        record_all(facts, by=by, now=now)


def _watch_the_channel(outcomes: Sequence[Outcome], *, via: str, by: Actor, now: datetime) -> None:
    """Let a channel rest after too many failures in a row, and wake it at the first success."""
    if not any(outcome.result in ILL for outcome in outcomes):
        well = {"failures": 0, "rests_until": None, "trouble": ""}
        rested = Channel.objects.filter(key=via, rests_until__isnull=False)
        if outcomes and rested.update(**well):
            record(ChannelBack(key=via), by=by, now=now, subject=f"channel:{via}")
        elif outcomes:
            Channel.objects.filter(key=via, failures__gt=0).update(**well)
        return
    row = Channel.objects.select_for_update().filter(key=via).first()
    if row is None:  # the outbox that nobody set up: it is a file, and there is nothing to spare
        return
    failures = failures_after(row.failures, outcomes)
    pause = rest(failures)
    trouble = next((each.detail for each in reversed(outcomes) if each.result in ILL), "")
    Channel.objects.filter(pk=row.pk).update(
        failures=failures, rests_until=now + pause if pause else None, trouble=trouble
    )
    if pause and row.failures < FAILURES:
        record(ChannelRests(key=via, failures=failures, detail=trouble), by=by, now=now, subject=f"channel:{via}")
