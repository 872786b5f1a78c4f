"""Sending what is due: judge again, let the link live, hand over, record. Three commits, and none around the network.

1. Claim (``messaging.actions.lease``), committed, so that other workers pass by.
2. With the customers' rows locked: judge each message again at the moment it would leave (``departing``). It waits for
   morning, or is withdrawn with its reason, or gets its token; then message and invitation say that bytes may have
   left. Commit.
3. The channel sends.
4. Record what the gateway said. Commit.

A worker may be killed, or stopped and woken, between any two of these lines. Before the second commit nothing has
left and the message is queued again. After it, the invitation already is what a doubtful sending must leave behind
(it counts as sent, its link lives), so there is nothing to repair. See docs/decisions/0005.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from zhiyin.ledger.clock import note_time
from zhiyin.ledger.record import Actor
from zhiyin.lib.crypto import Unreadable
from zhiyin.messaging import actions
from zhiyin.messaging.actions import Leased, Recorded, Recovered, Withdrawn
from zhiyin.messaging.channels.protocol import Envelope, Sender
from zhiyin.messaging.queries import doubtful_invitations
from zhiyin.messaging.receiving.pausing import pause_channel
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import BadSetup
from zhiyin.messaging.rules.states import Category
from zhiyin.messaging.ways import ASKED_FOR, Way, outbox, way_of
from zhiyin.outreach.departing import CANNOT_PREPARE, Plan, let_links_live, planned
from zhiyin.outreach.judging import policy_version
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.tokens import let_earlier_links_return
from zhiyin.people.access import Viewer
from zhiyin.people.queries import merged_ids, organisation

log = logging.getLogger("zhiyin.outreach")
Clock = Callable[[], datetime]
Pairs = list[tuple[Leased, Envelope]]
State = Invitation.State
WORKER = Viewer.system("worker")
A_TURN = timedelta(seconds=2)
CLAIM_AT_LEAST = 10  # of a slow channel too, so that claiming is not most of the work


@dataclass(slots=True)
class Sent:
    """What one call did, in messages."""

    sent: int = 0
    unknown: int = 0
    failed: int = 0
    again: int = 0  # certainly not sent; tried again later
    deferred: int = 0  # outside the sending hours, or the number's cap for the day
    withdrawn: int = 0
    not_ours: int = 0  # in another worker's hands by now

    @property
    def handled(self) -> int:
        return sum(getattr(self, name) for name in Sent.__slots__)

    def __iadd__(self, other: "Sent") -> "Sent":
        for name in Sent.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def send_due(
    *, worker: str, clock: Clock, limit: int = 1000, longest: timedelta = A_TURN, kinds: Iterable[str] = ASKED_FOR
) -> Sent:
    """Send up to ``limit`` due messages of each kind of channel, and return what became of them.

    ``clock`` is read before every portion: sending hours and a link's life hang on the moment when bytes leave. A kind
    whose channel is slow stops after ``longest``, so that the others, and the worker's other duties, have their turn;
    only a message that is on its way then is waited for.
    """
    total = Sent()
    for kind in actions.kinds_due(kinds, now=clock()):
        try:
            with closing(_Desk(kind, worker, clock, ends=clock() + longest)) as desk:
                total += desk.send_due(limit)
        except (BadSetup, Unreadable) as broken:
            log.error("The channel for %s cannot be used, its messages wait: %s", kind, broken)
    return total


def recover(*, now: datetime) -> Recovered:
    """Take back what dead or stopped workers had in their hands; settle doubts that the customer has settled.

    Call it every few seconds. Invitations whose message is parked are already what they must be.
    """
    note_time(now)
    with actions.recovering(by=WORKER, now=now) as recovered:
        _arrived(one.invitation_id for one in recovered.left)
        _reset((one.invitation_id for one in recovered.had_not_left), State.QUEUED)
    _settle_what_was_opened(now=now)
    return recovered


def look_again(*, version: int, now: datetime) -> int:
    """After a policy came into force: what the one before put off, for the night or a cap, is judged by the new one.

    Nothing is brought forward where both say the same about hours and caps. Returns how many messages are due again.
    """
    if policy_version(version - 1).putting_off == policy_version(version).putting_off:
        return 0
    return actions.bring_forward(now=now)


@transaction.atomic
def take_back(*, customer_ids: Collection[int], reason: str, by: Actor, now: datetime) -> int:
    """Withdraw messages and invitations that these customers have not been sent yet, under former ids neither.

    Nothing hangs on it, since what waits is judged again before it leaves; but the lists are right at once. Returns how
    many messages.
    """
    whole_people = {*customer_ids, *merged_ids(customer_ids)}
    return _with_invitations(actions.withdraw(customer_ids=whole_people, reason=reason, by=by, now=now), reason)


@transaction.atomic
def take_back_about(*, case_id: int, reason: str, by: Actor, now: datetime) -> int:
    """Withdraw what would ask about this case and has not left yet: neither messages nor limits keep a trace of it.

    What is on its way, or has arrived, keeps its link. Returns how many messages.
    """
    asking = dict(Invitation.objects.filter(case_id=case_id, state=State.QUEUED).values_list("pk", "customer_id"))
    asked = {customer for customer in asking.values() if customer}
    withdrawn = actions.withdraw(customer_ids=asked, invitation_ids=[*asking], reason=reason, by=by, now=now)
    return _with_invitations(withdrawn, reason)


def _with_invitations(messages: Withdrawn, reason: str) -> int:
    waiting = Invitation.objects.filter(pk__among=messages.invitation_ids, state=State.QUEUED)
    waiting.update(state=State.WITHDRAWN, reason=reason)
    return len(messages.ids)


@transaction.atomic
def _settle_what_was_opened(*, now: datetime) -> None:
    """Whoever opened the link or answered has received the message."""
    doubtful = doubtful_invitations()
    if not doubtful:
        return
    opened = Q(answered_at__gte=F("sent_at")) | Q(opened_at__gte=F("sent_at"))
    ids = list(Invitation.objects.filter(opened, pk__among=list(doubtful)).values_list("pk", flat=True))
    if ids:
        messages = [doubtful[pk][0] for pk in ids]
        actions.settle_as_sent(messages, because="the customer opened the link", by=WORKER, now=now)
        _arrived(ids)


class _Desk:
    """One worker's work on one kind of message, for one call."""

    def __init__(self, kind: str, worker: str, clock: Clock, *, ends: datetime) -> None:
        self.kind, self.worker, self.clock, self.ends = kind, worker, clock, ends
        self._stack = ExitStack()
        self._senders: dict[str, Sender] = {}

    def close(self) -> None:
        self._stack.close()

    def send_due(self, limit: int) -> Sent:
        total = Sent()
        while total.handled < limit and (now := self.clock()) < self.ends:
            way = way_of(self.kind)
            if way is not None and way.is_resting(now):
                break
            probing = way is not None and way.is_probing
            at_once = 1 if probing else self._sender(way or outbox()).at_once
            most = 1 if probing else max(at_once, CLAIM_AT_LEAST)
            room = way.room(now) if way is not None else None
            if room == 0:  # as many as this second allows; the next turn comes soon
                break
            most = min(most, room) if room is not None else most
            batch = actions.lease(
                kind=self.kind,
                limit=min(limit - total.handled, most),
                worker=self.worker,
                now=now,
                staff_only=_is_paused(),
            )
            if not batch:
                break
            total += self._send_batch(batch, way, at_once)
        return total

    def _send_batch(self, batch: list[Leased], way: Way | None, at_once: int) -> Sent:
        """In portions of what the channel takes at once; the rest goes back when it has trouble or the turn is over."""
        total = Sent()
        for start in range(0, len(batch), at_once):
            done = self._send_portion(batch[start : start + at_once], way)
            total += done
            rest = batch[start + at_once :]
            if rest and (done.again or done.unknown or self.clock() >= self.ends):
                with transaction.atomic():
                    actions.put_off(actions.held(rest), until=self.clock())
                break
        return total

    def _send_portion(self, portion: Sequence[Leased], way: Way | None) -> Sent:
        now = self.clock()
        with transaction.atomic():
            plan = planned(portion, now=now, has_channel=way is not None)
            total = _carried_out(plan, now=now)
            total.not_ours = len(portion) - total.handled - len(plan.go)
            routes = self._routed(plan.go, way)
            for sender, pairs in routes:
                leased = [one for one, _ in pairs]
                place, patience = sender.place(), sender.patience
                actions.mark_sending(leased, via=sender.key, place=place, patience=patience, now=now)
        for sender, pairs in routes:
            total += self._hand_over(sender, pairs)
        return total

    def _routed(self, go: Pairs, way: Way | None) -> list[tuple[Sender, Pairs]]:
        """By the channel for this kind; an alert whose reader has no address there goes to the outbox."""
        routes: dict[str, Pairs] = defaultdict(list)
        for one, envelope in go:
            homeless = one.category is Category.STAFF and "@" not in envelope.to and self.kind != "staff"
            sender = self._sender(outbox() if way is None or homeless else way)
            routes[sender.key].append((one, envelope))
        return [(self._senders[key], pairs) for key, pairs in routes.items()]

    def _hand_over(self, sender: Sender, pairs: Pairs) -> Sent:
        leased = [one for one, _ in pairs]
        try:
            outcomes = sender.send([envelope for _, envelope in pairs], still_ours=lambda: actions.still_ours(leased))
        except Exception:
            # A fault in the channel's own code: nobody can say what left. The batch is in doubt, the worker lives on.
            log.exception("The channel %s broke off", sender.key)
            outcomes = [Outcome(Result.DOUBTFUL, "the channel broke off")] * len(leased)
        with transaction.atomic():
            answered = list(zip(leased, outcomes, strict=True))
            recorded = actions.record_outcomes(answered, via=sender.key, by=WORKER, now=self.clock())
            _record_on_invitations(leased, recorded)
            broke = next((one for one in outcomes if one.is_out_of_credit), None)
            if broke is not None:
                pause_channel(sender.key, because=broke.detail or "out of credit", by=WORKER, now=self.clock())
        return Sent(
            sent=len(recorded.sent),
            unknown=len(recorded.unknown),
            failed=len(recorded.failed),
            again=len(recorded.again),
            not_ours=len(recorded.not_ours),
        )

    def _sender(self, way: Way) -> Sender:
        if way.key not in self._senders:
            self._senders[way.key] = self._stack.enter_context(closing(way.open()))
        return self._senders[way.key]


def _is_paused() -> bool:
    card = organisation()
    return card is not None and card.is_paused


def _carried_out(plan: Plan, *, now: datetime) -> Sent:
    """Write the plan, except that what goes is marked by the channel it goes by."""
    total = Sent(withdrawn=len(plan.withdraw), failed=len(plan.fail))
    for until, waiting in plan.wait.items():
        actions.put_off(waiting, until=until)
        total.deferred += len(waiting)
    actions.take_back(plan.withdraw, by=WORKER, now=now)
    for reason, ids in _by_reason(plan.withdraw).items():
        unanswered = Invitation.objects.filter(pk__among=ids, state__in=[State.QUEUED, State.UNKNOWN, State.FAILED])
        unanswered.update(state=State.WITHDRAWN, reason=reason[:40])
    actions.give_up(plan.fail, by=WORKER, now=now)
    failed = list(plan.fail)
    for one, why in plan.trouble:
        if actions.could_not_prepare(one, why, by=WORKER, now=now) == "failed":
            failed.append((one, CANNOT_PREPARE))
            total.failed += 1
        else:
            total.again += 1
    for reason, ids in _by_reason(failed).items():
        Invitation.objects.filter(pk__among=ids, state=State.QUEUED).update(state=State.FAILED, reason=reason)
    actions.note_segments(plan.segments)
    let_links_live(plan.links, now=now, remind_at=plan.remind_at)
    let_links_live(plan.more_links, now=now, remind_at=plan.remind_at, keeping_earlier=True)
    return total


def _by_reason(pairs: Iterable[tuple[Leased, str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for one, reason in pairs:
        if one.invitation_id:
            found[reason].append(one.invitation_id)
    return found


def _record_on_invitations(leased: Iterable[Leased], recorded: Recorded) -> None:
    invitations = {one.id: one.invitation_id for one in leased}
    delivered = set(recorded.delivered)
    _arrived(invitations[pk] for pk in recorded.sent if pk in delivered)
    _sent(invitations[pk] for pk in recorded.sent if pk not in delivered)
    _reset((invitations[pk] for pk in recorded.again), State.QUEUED)
    _reset((invitations[pk] for pk in recorded.failed), State.FAILED)


def _sent(invitation_ids: Iterable[int | None]) -> None:
    """Who answered quicker than the gateway stays answered: only what is in doubt changes."""
    if ids := {pk for pk in invitation_ids if pk}:
        Invitation.objects.filter(pk__among=ids, state=State.UNKNOWN).update(state=State.SENT)


def _arrived(invitation_ids: Iterable[int | None]) -> None:
    """Sent, and known to have arrived."""
    if ids := {pk for pk in invitation_ids if pk}:
        Invitation.objects.filter(pk__among=ids, state=State.UNKNOWN).update(
            state=State.SENT, delivered_at=F("sent_at")
        )
        Invitation.objects.filter(pk__among=ids, state=State.ANSWERED, delivered_at=None).update(
            delivered_at=F("sent_at")
        )


def _reset(invitation_ids: Iterable[int | None], state: str) -> None:
    """It certainly did not leave: its link never was."""
    if ids := {pk for pk in invitation_ids if pk}:
        rows = Invitation.objects.filter(pk__among=ids, state=State.UNKNOWN)
        let_earlier_links_return(rows)
        rows.update(state=state, sent_at=None, dies_at=None, token_hash=None)
