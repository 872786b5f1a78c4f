"""Questions about messages and channels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple, Protocol

from django.db.models import Case, Count, F, Min, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from zhiyin.ledger.reading import Micros
from zhiyin.lib.crypto import Unreadable
from zhiyin.lib.ids import EPOCH, first_id_at
from zhiyin.messaging.channels.registry import carried_by
from zhiyin.messaging.models import NOBODY, Attempt, Channel, Message
from zhiyin.messaging.rules.breaker import is_probing
from zhiyin.messaging.rules.routes import OUTBOX, route
from zhiyin.messaging.rules.setups import BadSetup, shown
from zhiyin.messaging.rules.states import Category, State
from zhiyin.messaging.ways import ASKED_FOR, setup_of

CONTACTS = (Category.SURVEY, Category.REMINDER, Category.CARE)
MEDIAN_OF = 1000  # the newest messages that a channel's delay is taken from


class Contact(NamedTuple):
    """One message as the fatigue rules see it. ``state``: queued, sent or unknown."""

    customer_id: int
    scenario_id: int
    touchpoint_id: int
    category: str
    at: datetime | None
    state: str


_STATES: Mapping[str, str] = {
    State.QUEUED: "queued",
    State.LEASED: "queued",
    State.SENDING: "unknown",
    State.SENT: "sent",
    State.UNKNOWN: "unknown",
}


def contacts(
    customer_ids: Iterable[int],
    *,
    since: datetime,
    leaving_out: Iterable[int] = (),
    queued_since: datetime = EPOCH,
    due_by: datetime | None = None,
) -> list[Contact]:
    """Everything these customers were sent after ``since``, or still wait for. Staff alerts are no contact.

    ``leaving_out`` names messages that are being judged again and must not count against themselves. ``queued_since``:
    nothing that counts was queued earlier, so months before it need not be looked at. ``due_by``: what waits for a
    later moment than this is left out.
    """
    planned = Q() if due_by is None else Q(sent_at__isnull=False) | Q(not_before__lte=due_by)
    rows = (
        Message.objects.filter(customer_id__among=set(customer_ids), state__in=list(_STATES))
        .filter(planned, pk__gte=first_id_at(max(queued_since, EPOCH)))
        .filter(Q(sent_at=None) | Q(sent_at__gt=since))
        .exclude(category=Category.STAFF)
        .values_list("customer_id", "scenario_id", "touchpoint_id", "category", "sent_at", "state", "pk")
    )
    left_out = set(leaving_out)
    return [
        Contact(customer or 0, scenario, touchpoint, category, at, _STATES[state])
        for customer, scenario, touchpoint, category, at, state, pk in rows
        if pk not in left_out
    ]


def sent_between(since: datetime, until: datetime, *, queued_since: datetime, most: int) -> Iterator[tuple[Any, ...]]:
    """When (as ``Micros`` says it), customer, scenario, touchpoint, unit, category's place in CONTACTS and invitation
    (0: none) of the newest messages to customers that left then, or may have. For reading a million of them."""
    rows = Message.objects.filter(pk__gte=first_id_at(max(queued_since, EPOCH)), sent_at__gt=since, sent_at__lte=until)
    known = rows.filter(state__in=[state for state, name in _STATES.items() if name != "queued"])
    which = Case(*(When(category=each, then=Value(place)) for place, each in enumerate(CONTACTS)))
    told = known.filter(category__in=CONTACTS).exclude(customer_id=NOBODY).order_by("-pk")
    told = told.annotate(when=Micros("sent_at"), which=which, about=Coalesce("invitation_id", 0))
    names = ("when", "customer_id", "scenario_id", "touchpoint_id", "unit_id", "which", "about")
    return told.values_list(*names)[:most].iterator(chunk_size=20_000)


class Standing(NamedTuple):
    """How far one message got: ``at`` None while it waits."""

    at: datetime | None
    category: str


def standing(message_ids: Iterable[int]) -> dict[int, Standing]:
    """Those of these messages that count: sent, perhaps sent, or still waiting."""
    rows = Message.objects.filter(pk__among=set(message_ids), state__in=list(_STATES)).exclude(category=Category.STAFF)
    return {
        pk: Standing(None if _STATES[state] == "queued" else at, category)
        for pk, at, state, category in rows.values_list("pk", "sent_at", "state", "category")
    }


def messages_behind(invitation_ids: Iterable[int]) -> dict[int, list[int]]:
    """Invitation → the messages that were made for it. Goes through all messages of that time: not for a hot path."""
    wanted = set(invitation_ids)
    found: dict[int, list[int]] = {}
    if not wanted:
        return found
    # A message is made with its invitation or after it, in the same process: its id is hardly ever the smaller one.
    rows = Message.objects.filter(invitation_id__among=wanted, pk__gte=min(wanted) - (1 << 40))
    for pk, invitation in rows.values_list("pk", "invitation_id"):
        if invitation is not None:
            found.setdefault(invitation, []).append(pk)
    return found


def carried_by_messages(message_ids: Iterable[int]) -> dict[int, int]:
    """Message → the invitation that it carries."""
    rows = Message.objects.filter(pk__among=set(message_ids), invitation_id__isnull=False)
    return {pk: invitation for pk, invitation in rows.values_list("pk", "invitation_id") if invitation is not None}


def carried_between(first: int, last: int) -> dict[int, int]:
    """Message → the invitation that it carries, of the messages with these ids (the last one not among them)."""
    rows = Message.objects.filter(pk__gte=first, pk__lt=last, invitation_id__isnull=False)
    return {pk: invitation for pk, invitation in rows.values_list("pk", "invitation_id") if invitation is not None}


def reminders_of(asked: Mapping[int, int]) -> dict[int, int]:
    """Invitation → how many reminders were made for it, whatever became of them.

    ``asked``: invitation → its customer.
    """
    rows = Message.objects.filter(
        customer_id__among=set(asked.values()), category=Category.REMINDER, invitation_id__among=set(asked)
    )
    counted = rows.values("invitation_id").annotate(n=Count("pk")).values_list("invitation_id", "n")
    return {invitation: n for invitation, n in counted if invitation is not None}


def addressed(invitation_ids: Iterable[int], *, customer_ids: Iterable[int]) -> dict[int, int]:
    """Invitation → the identity that its first message went to."""
    rows = Message.objects.filter(customer_id__among=set(customer_ids), invitation_id__among=set(invitation_ids))
    found: dict[int, int] = {}
    for invitation, identity in rows.order_by("pk").values_list("invitation_id", "identity_id"):
        if invitation is not None and identity is not None:
            found.setdefault(invitation, identity)
    return found


def sent_by(channel: str, *, since: datetime) -> tuple[int, int]:
    """How many messages of this kind of channel may have left since then, and in how many segments: for its caps of a
    day or a month."""
    rows = Message.objects.filter(sent_at__gte=since, channel=channel).exclude(category=Category.STAFF)
    found = rows.aggregate(messages=Count("pk"), segments=Sum(Coalesce("segments", 1)))
    return found["messages"], found["segments"] or 0


def sent_to_numbers(identity_ids: Iterable[int], *, customer_ids: Iterable[int], since: datetime) -> dict[int, int]:
    """How many messages may have left to each of these numbers since then: for the carrier's cap of a day."""
    rows = Message.objects.filter(
        customer_id__among=list(customer_ids), identity_id__in=list(identity_ids), sent_at__gte=since
    )
    counted = rows.values("identity_id").annotate(n=Count("pk")).values_list("identity_id", "n")
    return {identity: n for identity, n in counted if identity is not None}


class Scope(Protocol):
    """Which units somebody may see; None is all of them. ``people.access.Viewer`` is one."""

    @property
    def units(self) -> frozenset[int] | None: ...


@dataclass(frozen=True)
class DoubtCard:
    """A message that may have arrived or not, for somebody to decide."""

    id: int
    customer_id: int | None
    invitation_id: int | None
    unit_id: int
    category: str
    channel: str
    sent_at: datetime
    age: timedelta
    attempts: int
    detail: str


def doubts(*, by: Scope, now: datetime, limit: int = 200) -> list[DoubtCard]:
    """The parked messages of the viewer's units, the oldest first: an old one is an alarm."""
    rows = Message.objects.filter(state=State.UNKNOWN).order_by("pk")
    if by.units is not None:
        rows = rows.filter(unit_id__in=by.units)
    return [
        DoubtCard(
            id=row.pk,
            customer_id=row.customer_id or None,
            invitation_id=row.invitation_id,
            unit_id=row.unit_id,
            category=row.category,
            channel=row.via,
            sent_at=row.sent_at,
            age=now - row.sent_at,
            attempts=row.attempts,
            detail=row.error,
        )
        for row in rows[:limit]
        if row.sent_at is not None
    ]


def doubtful_invitations(*, limit: int = 1000) -> dict[int, tuple[int, datetime]]:
    """Invitation → its message in doubt and when that may have left, of the newest such messages."""
    rows = Message.objects.filter(state=State.UNKNOWN, invitation_id__isnull=False).order_by("-pk")
    found: dict[int, tuple[int, datetime]] = {}
    for invitation, pk, at in rows.values_list("invitation_id", "pk", "sent_at")[:limit]:
        if invitation is not None and at is not None:
            found.setdefault(invitation, (pk, at))
    return found


@dataclass(frozen=True)
class AttemptCard:
    """One try at sending one message."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    detail: str


def attempts_of(message_ids: Iterable[int]) -> dict[int, list[AttemptCard]]:
    """Every try of messages that the caller has been allowed to see, the first one first."""
    found: dict[int, list[AttemptCard]] = {}
    for row in Attempt.objects.filter(message_id__in=list(message_ids)).order_by("message_id", "pk"):
        card = AttemptCard(row.number, row.started_at, row.finished_at, row.outcome, row.detail)
        found.setdefault(row.message_id, []).append(card)
    return found


@dataclass(frozen=True)
class QueueCard:
    """How much waits to be sent. ``oldest``: the longest that anything has been due and has not left. ``next_at``: when
    the first of what waits for later will be due."""

    due: int
    later: int
    on_its_way: int
    oldest: timedelta
    next_at: datetime | None = None


def queue(*, now: datetime, by: Scope | None = None) -> QueueCard:
    """The queue as it stands; with ``by`` what goes to customers of the units they may see. An alarm belongs on
    ``oldest``."""
    rows = Message.objects.all()
    if by is not None:
        rows = rows.exclude(category=Category.STAFF)
    if by is not None and by.units is not None:
        rows = rows.filter(unit_id__in=by.units)
    waiting = rows.filter(state=State.QUEUED).aggregate(
        due=Count("pk", filter=Q(not_before__lte=now)),
        all=Count("pk"),
        first=Min("not_before"),
        next=Min("not_before", filter=Q(not_before__gt=now)),
    )
    return QueueCard(
        due=waiting["due"],
        later=waiting["all"] - waiting["due"],
        on_its_way=rows.filter(state__in=[State.LEASED, State.SENDING]).count(),
        oldest=max(now - waiting["first"], timedelta()) if waiting["first"] else timedelta(),
        next_at=waiting["next"],
    )


@dataclass(frozen=True)
class ChannelCard:
    """How a channel fares. ``state``: working, resting, probing, off, broken (its settings cannot be read)."""

    key: str
    kind: str
    state: str
    rests_until: datetime | None
    trouble: str
    waiting: int  # due messages that would go by it now
    sent_last_hour: int
    delivered: int  # of those of the last day, where the channel says so
    sent_last_day: int
    in_doubt: int
    median_delay: timedelta | None  # from when a message was due until it left, of the newest
    settings: Mapping[str, object]  # as a screen may show them: secrets say only that they are there
    is_active: bool = True
    carries: tuple[str, ...] = ()  # the kinds of message that go by it now
    updated_at: datetime | None = None  # None: nobody set it up, it is the outbox that is always there
    oldest: timedelta | None = None  # for how long the oldest of what waits has been due

    @property
    def delivery_rate(self) -> float | None:
        """Of what left within a day, the part that is known to have arrived; None: nothing left."""
        return self.delivered / self.sent_last_day if self.sent_last_day else None


def channel_kinds() -> dict[str, str]:
    """Key → kind of every channel that was set up."""
    return dict(Channel.objects.values_list("key", "kind"))


def channels(*, now: datetime) -> list[ChannelCard]:
    """Every channel that was set up, by key, and the outbox where it is in use."""
    rows = list(Channel.objects.order_by("key"))
    waiting = Message.objects.filter(state=State.QUEUED, not_before__lte=now).values("channel")
    due = {row["channel"]: row for row in waiting.annotate(n=Count("pk"), first=Min("not_before")).order_by()}
    in_use = [(row.key, carried_by(row.kind)) for row in rows if row.is_active]
    carried: dict[str, list[str]] = {}
    for kind in ASKED_FOR:
        way = route(kind, in_use)
        if way is not None:
            carried.setdefault(way, []).append(kind)
    if OUTBOX in carried and all(row.key != OUTBOX for row in rows):
        rows.append(Channel(key=OUTBOX, kind="outbox"))
    return [_channel_card(row, carried.get(row.key, ()), due, now=now) for row in rows]


def _channel_card(row: Channel, carries: Sequence[str], due: Mapping[str, Any], *, now: datetime) -> ChannelCard:
    settings, state = _settings_and_state(row, now=now)
    mine_due = [due[kind] for kind in carries if kind in due]
    mine = Message.objects.filter(via=row.key)
    counts = mine.filter(sent_at__gt=now - timedelta(days=1)).aggregate(
        hour=Count("pk", filter=Q(state=State.SENT, sent_at__gt=now - timedelta(hours=1))),
        day=Count("pk", filter=Q(state=State.SENT)),
        delivered=Count("pk", filter=Q(state=State.SENT, delivered_at__isnull=False)),
    )
    newest = mine.filter(state=State.SENT).order_by("-sent_at")[:MEDIAN_OF]
    delays = newest.annotate(delay=F("sent_at") - F("not_before")).values_list("delay", flat=True)
    return ChannelCard(
        key=row.key,
        kind=row.kind,
        state=state,
        rests_until=row.rests_until if state == "resting" else None,
        trouble=row.trouble,
        waiting=sum(one["n"] for one in mine_due),
        sent_last_hour=counts["hour"],
        delivered=counts["delivered"],
        sent_last_day=counts["day"],
        in_doubt=mine.filter(state=State.UNKNOWN).count(),
        median_delay=median(delays) if delays else None,
        settings=settings,
        is_active=row.is_active,
        carries=tuple(carries),
        updated_at=row.updated_at,
        oldest=now - min(one["first"] for one in mine_due) if mine_due else None,
    )


@dataclass(frozen=True)
class LastSeen:
    """When a channel last sent something, and when it last could not, with what was said then."""

    sent_at: datetime | None = None
    failed_at: datetime | None = None
    detail: str = ""


def last_seen(key: str) -> LastSeen:
    """The newest success and the newest failure of a channel, as far as its messages still tell."""
    mine = Message.objects.filter(via=key)
    sent_at = mine.filter(state=State.SENT).order_by("-sent_at").values_list("sent_at", flat=True).first()
    # What did not leave has lost its moment, and what may have left stands in doubt: few rows, each by its index.
    failed = mine.filter(sent_at=None).exclude(error="").order_by("-pk").values_list("pk", flat=True)[:1]
    doubtful = mine.filter(state=State.UNKNOWN).order_by("-pk").values_list("pk", flat=True)[:1]
    ends = Attempt.objects.filter(message_id__in=[*failed, *doubtful], finished_at__isnull=False)
    newest = ends.exclude(outcome="accepted").order_by("-finished_at").first()
    if newest is None:
        return LastSeen(sent_at)
    return LastSeen(sent_at, newest.finished_at, newest.detail)


def _settings_and_state(row: Channel, *, now: datetime) -> tuple[Mapping[str, object], str]:
    try:
        settings = shown(setup_of(row))
    except (BadSetup, Unreadable):
        return {}, "broken"
    if not row.is_active:
        return settings, "off"
    if row.rests_until is not None and now < row.rests_until:
        return settings, "resting"
    return settings, "probing" if is_probing(row.failures) else "working"


def queue_sizes() -> dict[str, int]:
    """How many messages stand in each state that is not an end, for health checks."""
    open_states = ("queued", "leased", "sending", "unknown")
    rows = Message.objects.filter(state__in=open_states).values_list("state").annotate(count=Count("id"))
    return dict.fromkeys(open_states, 0) | dict(rows)


def invitations_behind(message_ids: Iterable[int]) -> list[int]:
    """The invitations that these messages carry."""
    rows = Message.objects.filter(pk__among=list(message_ids), invitation_id__isnull=False)
    return [pk for pk in rows.values_list("invitation_id", flat=True) if pk is not None]


def kind_of_channel(key: str) -> str:
    """The dialect of a channel; empty where there is no such channel."""
    return Channel.objects.filter(key=key).values_list("kind", flat=True).first() or ""
