"""THE CLOSED LOOP ON ONE PAGE: when this happens do that; every so often do this.

Reactions only write rows, and each is safe to repeat. All reactions to one event share a transaction each of their
own: a failing one is rolled back, tried five times, kept with its error, and does not hold up the others.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from zhiyin.alerts import actions as alerts
from zhiyin.cases.actions import ladder, opening
from zhiyin.cases.events import CaseClosed, CaseReopened
from zhiyin.cases.queries.cards import case_card
from zhiyin.cases.rules.steps import UNDO_WITHIN
from zhiyin.journey.events import InteractionsReceived
from zhiyin.journey.sql import INTERACTIONS
from zhiyin.ledger import chain, deliver, months
from zhiyin.ledger.events import Envelope
from zhiyin.messaging.events import CallbacksRefused, ChannelPaused, DoubtsOld, PushesSilent, ReceiptsUnread
from zhiyin.messaging.receiving import doubting, inbox
from zhiyin.messaging.sql import ATTEMPTS, MESSAGES, REPORTS
from zhiyin.metrics import mirror
from zhiyin.outreach import actions as outreach
from zhiyin.outreach import alarms, arrivals, dispatch, judging, pressure, reminding, tokens
from zhiyin.outreach.events import NumberReplied, PolicyApplied
from zhiyin.outreach.sql import DECISIONS, INVITATIONS
from zhiyin.people.access import Viewer
from zhiyin.people.events import CustomerErased, OptedOut
from zhiyin.reports.explorer import keeping, scheduling
from zhiyin.responses import strangers
from zhiyin.responses.events import ResponseReceived
from zhiyin.responses.numbers import answer_by_number

REACTIONS: dict[str, list[Callable[[Envelope, datetime], None]]] = {}
DUTIES: list[tuple[str, timedelta, Callable[[Callable[[], datetime]], object]]] = []


@dataclass(frozen=True)
class Way:
    """How a duty is run besides others."""

    apart: str
    rest: float


WAYS: dict[str, Way] = {}
Reaction = Callable[[Envelope, datetime], None]
Clock = Callable[[], datetime]
Duty = Callable[[Clock], object]


def when(fact: type[Any]) -> Callable[[Reaction], Reaction]:
    """Do this when that fact is recorded. The reaction gets the fact and ``now``."""

    def register(reaction: Reaction) -> Reaction:
        REACTIONS.setdefault(fact.fact_kind, []).append(reaction)
        return reaction

    return register


def every(*, apart: str = "", rest: float = 0.0, **period: float) -> Callable[[Duty], Duty]:
    """Do this again and again. The duty gets the worker's clock, finds what is due and says how much it did: if that is
    something, it is called again at once.

    ``apart``: in the worker's thread of this name, so that no other waits for it, nor it for them. ``rest``: seconds
    before it is called again on SQLite, which has one writer: whoever waits looks again only every tenth of a second
    and would hardly ever find it free.
    """

    def register(duty: Duty) -> Duty:
        DUTIES.append((duty.__name__, timedelta(**period), duty))
        WAYS[duty.__name__] = Way(apart, rest)
        return duty

    return register


LOOP = Viewer.system("loop")
HOT_TABLES = (INTERACTIONS, DECISIONS, INVITATIONS, MESSAGES, ATTEMPTS, REPORTS)
# Closing may be taken back in the last of its seconds, and that has to come round to the invitation, too.
ASKED_AFTER = UNDO_WITHIN + timedelta(seconds=5)


@when(ResponseReceived)
def look_into_a_low_answer(told: Envelope, now: datetime) -> None:
    """A low score, a wish to be called, an angry comment: a case, or one more voice in the case there is."""
    occasion = alerts.signals_of_response(told.event.response_id)
    if occasion is not None:
        opening.open_case(occasion, by=LOOP, now=now)


@when(InteractionsReceived)
def look_into_a_complaint(told: Envelope, now: datetime) -> None:
    """A complaint needs no survey to be taken seriously, nor does a long dispute that ended in a ticket (S0.12)."""
    suspects = sorted({*told.event.complaints, *told.event.disputed})
    if suspects:
        opening.open_cases(alerts.signals_of_interactions(suspects), by=LOOP, now=now)


@when(CaseClosed)
def ask_whether_it_helped(told: Envelope, now: datetime) -> None:
    """After closing the customer is asked again, inside the fatigue limits (S3.36), and once it cannot be undone."""
    closed = told.event
    if case_card(closed.case_id, by=LOOP, now=now).closed_at is None:
        return  # it was opened again before this came round
    outreach.invite(
        customer_id=closed.customer_id,
        purpose="recovery",
        survey="recovery_check",
        scenario="recovery",
        unit_id=closed.unit_id,
        touchpoint_id=closed.touchpoint_id,
        interaction_id=closed.interaction_id,
        case_id=closed.case_id,
        served_by=closed.served_by,
        not_before=now + ASKED_AFTER,
        by=LOOP,
        now=now,
    )


@when(CaseReopened)
def ask_nothing_about_an_open_case(told: Envelope, now: datetime) -> None:
    """Closing was taken back, or something was found meanwhile: nobody is asked whether it helped before it is over."""
    dispatch.take_back_about(case_id=told.event.case_id, reason="case_reopened", by=LOOP, now=now)


@when(PolicyApplied)
def judge_anew_what_was_put_off(told: Envelope, now: datetime) -> None:
    """What waits for the morning, or for room under a cap, is due where the new policy has other hours or caps."""
    dispatch.look_again(version=told.event.number, now=now)


@when(OptedOut)
@when(CustomerErased)
def end_the_links_they_hold(told: Envelope, now: datetime) -> None:
    """Whoever opted out or was erased is asked nothing any more, by a link that they already have neither."""
    tokens.end_links(told.event.customer_id, now=now)


@when(OptedOut)
def take_back_what_waits(told: Envelope, now: datetime) -> None:
    """What is queued is judged again before it leaves, so nothing could go; this only tidies the queue at once."""
    dispatch.take_back(customer_ids=[told.event.customer_id], reason="opted_out", by=LOOP, now=now)


@when(CustomerErased)
def take_back_what_waits_for_nobody(told: Envelope, now: datetime) -> None:
    """The same for somebody whose address has gone."""
    dispatch.take_back(customer_ids=[told.event.customer_id], reason="erased", by=LOOP, now=now)


@when(CustomerErased)
def forget_what_they_wrote(told: Envelope, now: datetime) -> None:
    """Their replies lose their words; that they opted out stays known."""
    arrivals.forget_what_they_wrote([told.event.customer_id])


@when(NumberReplied)
def let_a_number_answer(told: Envelope, now: datetime) -> None:
    """Who wrote back a number alone has answered, where the operator wants it so (G62)."""
    fact = told.event
    received_at = datetime.fromisoformat(fact.received_at)
    answer_by_number(fact.invitation_id, score=fact.score, reply_id=fact.reply_id, received_at=received_at)


@when(CallbacksRefused)
@when(ChannelPaused)
@when(DoubtsOld)
@when(PushesSilent)
@when(ReceiptsUnread)
def tell_who_runs_the_channels(told: Envelope, now: datetime) -> None:
    """A gateway's trouble is told to the administrators, once for each alarm."""
    alarms.tell_administrators(told.event, now=now)


@every(seconds=0.5, rest=0.1)
def bring_facts_to_their_reactions(clock: Clock) -> int:
    return deliver.deliver_pending(now=clock())


@every(seconds=5)
def try_failed_reactions_again(clock: Clock) -> int:
    return deliver.retry_failed(now=clock())


@every(seconds=0.5)
def send_what_is_due(clock: Clock) -> int:
    """Waiting for morning is not work done: only what left, or never will, counts."""
    sent = dispatch.send_due(worker=f"{socket.gethostname()}:{os.getpid()}", clock=clock)
    return sent.sent + sent.unknown + sent.failed + sent.withdrawn


@every(seconds=0.5)
def work_through_the_inbox(clock: Clock) -> int:
    """Receipts, replies and departures that gateways told us of; those that fit nothing yet come round again."""
    return arrivals.work_through_the_inbox(now=clock())


@every(seconds=2)
def listen_where_nobody_calls(clock: Clock) -> int:
    return arrivals.listen(now=clock())


@every(minutes=1)
def ask_where_pushes_are_silent(clock: Clock) -> int:
    return arrivals.ask_where_pushes_are_silent(now=clock())


@every(minutes=1)
def tell_of_messages_long_in_doubt(clock: Clock) -> int:
    """Somebody must find out whether they arrived: told once."""
    return doubting.tell_of_old_doubts(by=LOOP, now=clock())


@every(hours=1)
def forget_what_gateways_said(clock: Clock) -> int:
    return inbox.forget_old(now=clock())


@every(seconds=30)
def remind_who_has_not_answered(clock: Clock) -> int:
    return reminding.remind(now=clock())


@every(seconds=2)
def take_back_what_dead_workers_held(clock: Clock) -> int:
    dispatch.recover(now=clock())
    return 0


@every(seconds=1)
def seal_the_ledger(clock: Clock) -> int:
    return chain.seal_pending()


@every(seconds=0.5, apart="figures")
def bring_the_mirror_up_to_date(clock: Clock) -> int:
    """What was written until now is sealed first, so that ``as_of`` says no more than is true. Only where much was read
    there may be more at once: else every refresh would be followed by another that has hardly anything to do."""
    now = clock()
    while chain.seal_pending() == chain.BATCH:
        pass
    read = mirror.refresh(now=now)
    return read if read > chain.BATCH else 0


@every(seconds=5, apart="merging")
def merge_what_is_complete(clock: Clock) -> int:
    """Long stretches of the mirror, behind the refreshes."""
    return mirror.merge()


@every(hours=24, apart="merging")
def clear_what_was_taken_back(clock: Clock) -> int:
    """Rows of the mirror that others have replaced go for good."""
    return mirror.settle(now=clock())


@every(minutes=1)
def tell_of_broken_promises(clock: Clock) -> int:
    """Of every step that is late the ones whom the terms name are told, each once."""
    return ladder.tell_of_broken_promises(now=clock())


@every(seconds=20)
def mail_the_reports_that_are_due(clock: Clock) -> int:
    """Views and dashboards by mail, each period once, to each reader what they may see at that moment."""
    return scheduling.mail_what_is_due(clock=clock)


@every(hours=6)
def forget_deleted_views(clock: Clock) -> int:
    return keeping.forget_deleted(now=clock())


@every(hours=1)
def forget_who_tried_dead_links(clock: Clock) -> int:
    return strangers.forget_strangers(now=clock())


@every(minutes=10)
def anchor_the_ledger(clock: Clock) -> int:
    chain.anchor(now=clock())
    return 0


@every(hours=1)
def make_the_next_months(clock: Clock) -> int:
    """A month's partition is there long before its first row (PostgreSQL)."""
    return sum(len(months.months_ahead(table, now=clock())) for table in HOT_TABLES)


@every(minutes=1)
def count_what_the_old_policy_sent(clock: Clock) -> int:
    """For limits over groups: what was decided by the policy before, by a batch that took minutes."""
    number, policy, since = judging.policy_in_force()
    begun, now = pressure.Begun(number, since), clock()
    pressure.catch_up(policy, begun, now=now, overlap=pressure.LONG_OVERLAP)
    return 0


@every(hours=6)
def let_old_months_go(clock: Clock) -> int:
    """What is older than the operator keeps (ZHIYIN_KEEP_MONTHS): dropped whole, the newest tables last."""
    gone = pressure.forget_old(judging.current_policy()[1], now=clock())
    if not settings.KEEP_MONTHS:
        return gone
    oldest = months.Month.of(clock()).plus(-settings.KEEP_MONTHS).begins
    return gone + sum(months.let_go(table, before=oldest) for table in reversed(HOT_TABLES))
