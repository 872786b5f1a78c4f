"""The inbox: requests kept as they came, and what they said, each thing once, until it has been worked through."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from zhiyin.ledger.alike import Column, Same
from zhiyin.ledger.bulk import insert_new, moment
from zhiyin.ledger.ids import new_id, new_ids
from zhiyin.lib.crypto import Place, Unreadable
from zhiyin.messaging.models import Arrival, InboxItem
from zhiyin.messaging.receiving.writing import (
    KINDS,
    Kind,
    as_text,
    from_text,
    identity_of,
    request_text,
    sameness_of,
    thread_of,
)
from zhiyin.messaging.rules.receipts import KEPT_TRYING, wait_before_try
from zhiyin.messaging.rules.signals import Callback, Heard, Signal, Uplink
from zhiyin.messaging.rules.uplinks import joined
from zhiyin.messaging.ways import vault

State = Arrival.State
KEPT = timedelta(days=7)  # requests as they came, and what was worked through
LISTED_KEPT = timedelta(days=30)  # what nobody could use
MOST_TRIES = 5  # of a signal whose handling breaks down; one that only fits nothing is tried for a day
MOST_UNREADABLE = 50  # kept raw an hour and channel, so that nobody fills the disk with nonsense
UNREADABLE_KEPT = 16 * 1024  # bytes of each


class Replayed(Exception):
    """A signed request came a second time: somebody has recorded it (G07, G08)."""


class Waiting(NamedTuple):
    """A signal that is to be worked on, with its row locked until the transaction ends."""

    id: int
    channel: str
    signal: Signal
    received_at: datetime
    tries: int


@dataclass(slots=True)
class Taken:
    """What one request brought that was not known before."""

    fresh: list[Waiting] = field(default_factory=list)


def take_in(channel: str, callback: Callback, heard: Heard) -> Taken:
    """Keep a verified request and what it says, inside the caller's transaction. Raises Replayed.

    What was said before, in the same request come again or in another one, is not taken a second time.
    """
    now = callback.now
    if not heard.signals and not heard.broken and not heard.nonce:
        return Taken()
    item = _kept(channel, callback, heard)
    if item is None:
        return Taken()
    _broken(channel, heard.broken, inbox_id=item, now=now)
    return Taken(_arrivals(channel, heard.signals, inbox_id=item, now=now))


def take_in_pulled(channel: str, signals: Sequence[Signal], *, now: datetime) -> Taken:
    """The same for what a gateway said when it was asked."""
    return Taken(_arrivals(channel, signals, inbox_id=None, now=now))


@transaction.atomic
def keep_unreadable(channel: str, callback: Callback, why: str) -> None:
    """A request that proved where it comes from and that nobody can read, cut to size, for somebody to look at."""
    now = callback.now
    recent = Arrival.objects.filter(channel=channel, kind=Kind.BROKEN, received_at__gt=now - timedelta(hours=1))
    if recent.count() >= MOST_UNREADABLE:
        return
    raw = callback.body[:UNREADABLE_KEPT].decode("utf-8", "backslashreplace")
    _broken(channel, [(why, raw)], inbox_id=None, now=now)


def _kept(channel: str, callback: Callback, heard: Heard) -> int | None:
    """The new row of this request; None where the very same one is here already."""
    text, now = request_text(callback), callback.now
    digest = vault().find("callback", f"{channel}\x1f{sameness_of(callback)}")
    nonce = vault().find("nonce", f"{channel}\x1f{heard.nonce}") if heard.nonce else None
    identifier = new_id(now=now)
    row = InboxItem(
        id=identifier,
        channel=channel,
        received_at=now,
        digest=digest,
        nonce=nonce,
        content_sealed=vault().seal(text, place=_place(InboxItem, identifier)),
        signals=len(heard.signals) + len(heard.broken),
        error=f"{len(heard.broken)} unread" if heard.broken else "",
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        _refuse_a_replay(channel, digest, nonce, heard, now=now)
        return None
    return identifier


def _refuse_a_replay(channel: str, digest: bytes, nonce: bytes | None, heard: Heard, *, now: datetime) -> None:
    """A nonce counts once; the very same request may come again while its sender may still miss our reply."""
    if nonce is None:
        return
    before = InboxItem.objects.filter(channel=channel, nonce=nonce).first()
    if before is None:
        return
    is_the_same = bytes(before.digest) == digest
    if not is_the_same or now - before.received_at > heard.repeats_for:
        raise Replayed("a request that was used before")


def _arrivals(channel: str, signals: Iterable[Signal], *, inbox_id: int | None, now: datetime) -> list[Waiting]:
    """Insert what is new; returns it. The unique digest decides, also between two requests at once."""
    find = vault().find
    by_digest = {find("arrival", f"{channel}\x1f{identity_of(one)}"): one for one in signals}
    if not by_digest:
        return []
    ids = new_ids(len(by_digest), now=now)
    threads = map(thread_of, by_digest.values())
    columns: dict[str, Column] = {
        "kind": [KINDS[type(one)].value for one in by_digest.values()],
        "thread": [find("thread", f"{channel}\x1f{thread}") if thread else None for thread in threads],
    }
    texts = zip(ids, map(as_text, by_digest.values()), strict=True)
    new = _insert(channel, [*by_digest], list(texts), columns, inbox_id=inbox_id, now=now)
    return [
        Waiting(identifier, channel, signal, now, 0)
        for identifier, signal in zip(ids, by_digest.values(), strict=True)
        if identifier in new
    ]


def _broken(channel: str, pieces: Sequence[tuple[str, str]], *, inbox_id: int | None, now: datetime) -> None:
    """Keep what could not be read, for somebody to look at."""
    if not pieces:
        return
    whys = {raw: why[:300] for why, raw in pieces}
    digests = [vault().find("arrival", f"{channel}\x1fbroken\x1f{raw}") for raw in whys]
    texts = zip(new_ids(len(whys), now=now), whys, strict=True)
    columns: dict[str, Column] = {"kind": Same(Kind.BROKEN.value), "error": [*whys.values()]}
    _insert(channel, digests, list(texts), {**columns, "state": Same(State.LISTED.value)}, inbox_id=inbox_id, now=now)


def _insert(
    channel: str,
    digests: Sequence[bytes],
    texts: Sequence[tuple[int, str]],
    columns: Mapping[str, Column],
    *,
    inbox_id: int | None,
    now: datetime,
) -> set[int]:
    """Rows of these ids and texts, as far as nobody said the same before; returns the ids that were inserted."""
    ids, moment_of_all = [pk for pk, _ in texts], Same(moment(now))
    usual: dict[str, Column] = {
        "id": ids,
        "inbox_id": Same(inbox_id),
        "channel": Same(channel),
        "digest": digests,
        "content_sealed": vault().seal_many(texts, table=Arrival._meta.db_table, column="content_sealed"),
        "state": Same(State.WAITING.value),
        "received_at": moment_of_all,
        "try_at": moment_of_all,
        "tries": Same(0),
        "error": Same(""),
    }
    if insert_new(Arrival, {**usual, **columns}) == len(ids):
        return set(ids)
    return set(Arrival.objects.filter(pk__among=ids).values_list("pk", flat=True))


def claim(*, kinds: Sequence[str], limit: int, now: datetime) -> list[Waiting]:
    """Due signals, the oldest first, locked; those that another worker has are passed by. Inside a transaction."""
    skip = connection.features.has_select_for_update_skip_locked
    due = Arrival.objects.filter(state__in=[State.WAITING, State.PARKED], try_at__lte=now, kind__in=kinds)
    found = []
    for row in due.select_for_update(skip_locked=skip).order_by("try_at", "pk")[:limit]:
        try:
            text = vault().open(bytes(row.content_sealed or b""), place=_place(Arrival, row.pk))
            found.append(Waiting(row.pk, row.channel, from_text(row.kind, text), row.received_at, row.tries))
        except (Unreadable, ValueError, TypeError, KeyError) as fault:
            Arrival.objects.filter(pk=row.pk).update(
                state=State.LISTED, error=f"cannot be opened: {type(fault).__name__}"
            )
    return found


def done(ids: Iterable[int]) -> None:
    """Worked through. What was said is forgotten; that it was said stays known, so that it happens once."""
    Arrival.objects.filter(pk__among=list(ids)).update(state=State.DONE, content_sealed=None, error="")


def forget(ids: Iterable[int]) -> None:
    """About somebody who was erased: nothing of it stays, nor of a request that said nothing else (G41)."""
    listed = list(ids)
    items = [pk for pk in Arrival.objects.filter(pk__among=listed).values_list("inbox_id", flat=True) if pk]
    Arrival.objects.filter(pk__among=listed).update(state=State.DONE, content_sealed=None, thread=None, error="")
    InboxItem.objects.filter(pk__among=items).update(content_sealed=None)


def park(parked: Iterable[tuple[Waiting, str]], *, now: datetime) -> None:
    """They fit nothing yet, and why: tried again for a day, then listed for somebody to look at (G31–G34)."""
    alike: dict[tuple[datetime, int, str], list[int]] = defaultdict(list)
    for one, why in parked:
        alike[one.received_at, one.tries, why[:300]].append(one.id)
    for (received_at, tries, why), ids in alike.items():
        is_over = now - received_at >= KEPT_TRYING
        again = min(now + wait_before_try(tries), received_at + KEPT_TRYING)
        Arrival.objects.filter(pk__among=ids).update(
            state=State.LISTED if is_over else State.PARKED, try_at=again, tries=tries + 1, error=why
        )


def broke_down(waiting: Waiting, why: str, *, now: datetime) -> None:
    """Our own handling of it failed: tried a few times, then listed, so that it holds up nobody (R12)."""
    state = State.LISTED if waiting.tries + 1 >= MOST_TRIES else State.PARKED
    again = now + wait_before_try(waiting.tries)
    Arrival.objects.filter(pk=waiting.id).update(state=state, try_at=again, tries=waiting.tries + 1, error=why[:300])


def put_off(waiting: Waiting, *, until: datetime) -> None:
    """It waits for its other parts."""
    Arrival.objects.filter(pk=waiting.id).update(try_at=until)


class Whole(NamedTuple):
    """A long reply that is all there, under the id of its first part, and the rows that it came in."""

    uplink: Uplink
    ids: list[int]


def whole_reply(waiting: Waiting, *, even_if_cut: bool = False) -> Whole | None:
    """The reply that this is (a part of); None while parts are missing. ``even_if_cut``: as much as there is."""
    uplink = waiting.signal
    assert isinstance(uplink, Uplink)
    if uplink.parts <= 1:
        return Whole(uplink, [waiting.id])
    thread = vault().find("thread", f"{waiting.channel}\x1f{thread_of(uplink)}")
    rows = Arrival.objects.filter(thread=thread, content_sealed__isnull=False).order_by("pk")
    parts: dict[int, tuple[int, Uplink]] = {}
    for row in rows:
        part = from_text(row.kind, vault().open(bytes(row.content_sealed or b""), place=_place(Arrival, row.pk)))
        if isinstance(part, Uplink):
            parts.setdefault(part.part, (row.pk, part))
    texts = [(number, one.text) for number, (_, one) in sorted(parts.items())]
    text = joined(texts, number=uplink.parts)
    if text is None and even_if_cut:
        text = "".join(piece for _, piece in texts)
    if text is None:
        return None
    first = parts[min(parts)][1]
    one = Uplink(
        uplink_id=first.uplink_id,
        sender=first.sender,
        text=text,
        at=first.at,
        extension=first.extension,
        provider_id=first.provider_id,
    )
    return Whole(one, [pk for pk, _ in parts.values()])


@transaction.atomic
def forget_old(*, now: datetime, limit: int = 5000) -> int:
    """Delete what has been kept long enough; returns how much."""
    old, older = now - KEPT, now - LISTED_KEPT
    over = Q(received_at__lte=old, state=State.DONE) | Q(received_at__lte=older)
    arrivals = list(Arrival.objects.filter(over).order_by("received_at").values_list("pk", flat=True)[:limit])
    items = InboxItem.objects.filter(received_at__lte=old).order_by("received_at").values_list("pk", flat=True)[:limit]
    return (
        Arrival.objects.filter(pk__among=arrivals).delete()[0]
        + InboxItem.objects.filter(pk__among=list(items)).delete()[0]
    )


@dataclass(frozen=True)
class ListedCard:
    """Something a gateway said that fits nothing, for somebody to look at. No number, no words."""

    id: int
    channel: str
    kind: str
    received_at: datetime
    tries: int
    error: str


def listed(*, limit: int = 200) -> list[ListedCard]:
    """The newest of them."""
    rows = Arrival.objects.filter(state=State.LISTED).order_by("-pk")[:limit]
    return [ListedCard(row.pk, row.channel, row.kind, row.received_at, row.tries, row.error) for row in rows]


def _place(model: type[Arrival] | type[InboxItem], row: int) -> Place:
    return Place(model._meta.db_table, "content_sealed", row)
