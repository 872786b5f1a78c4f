"""The last look at a message before it leaves: what goes, what waits for morning, what is withdrawn and why."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from zhiyin.lib.ids import moment_of
from zhiyin.lib.text import Text
from zhiyin.messaging import actions
from zhiyin.messaging.actions import Leased
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.queries import sent_by, sent_to_numbers
from zhiyin.messaging.rules.segment import segments_of
from zhiyin.messaging.rules.states import Category
from zhiyin.outreach.composing import CannotCompose, Invited, invitation_envelope, plain_envelope
from zhiyin.outreach.gathering import KINDS, histories, needs_path, takes
from zhiyin.outreach.judging import policy_in_force
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.pressure import Begun, Group, Logs, group_logs, groups_of, lock_groups
from zhiyin.outreach.rules.facts import Address, Contact, Facts, Sendings
from zhiyin.outreach.rules.sending import NOTHING_SPENT, Departure, Spent, next_send_at, still_allowed
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.tokens import token_hash
from zhiyin.outreach.waiting import LONGEST_WAIT
from zhiyin.people.identify import Known, lock_customers
from zhiyin.people.places import unit_path
from zhiyin.people.queries import addresses_of, now_are, organisation, staff_addresses
from zhiyin.people.rules import Purpose

log = logging.getLogger("zhiyin.outreach")
State = Invitation.State
SMS = "sms"  # the kind of channel that charges by the segment
NO_CHANNEL, CANNOT_PREPARE = "no_channel", "cannot_prepare"
# In doubt until the gateway has answered, so that a crash in between needs no repair. One row of VALUES for each
# invitation: its id, its token's hash, when its link dies. The ORM would spell a CASE for every row.
_LINKS_LIVE = """
WITH fresh (invitation_id, token, dies) AS (VALUES {rows})
UPDATE outreach_invitation
SET {earlier} state = 'unknown', token_hash = token, sent_at = %s, dies_at = dies, remind_at = %s
FROM fresh WHERE id = invitation_id
"""
_KEEPING = "earlier_token_hash = token_hash, earlier_sent_at = sent_at, earlier_dies_at = dies_at,"


Link = tuple[int, bytes, datetime]  # invitation, token's hash, when it dies


@dataclass(slots=True)
class Plan:
    """What is to become of the messages of one batch."""

    go: list[tuple[Leased, Envelope]] = field(default_factory=list)
    segments: dict[int, int] = field(default_factory=dict)  # of messages that take more than one
    links: list[Link] = field(default_factory=list)
    more_links: list[Link] = field(default_factory=list)  # of reminders: they do not end what they remind of
    remind_at: datetime | None = None  # when those who have not answered by then are reminded
    wait: dict[datetime, list[Leased]] = field(default_factory=lambda: defaultdict(list))
    withdraw: list[tuple[Leased, str]] = field(default_factory=list)
    fail: list[tuple[Leased, str]] = field(default_factory=list)
    trouble: list[tuple[Leased, str]] = field(default_factory=list)


def planned(leased: Sequence[Leased], *, now: datetime, has_channel: bool) -> Plan:
    """Judge each message that is still ours, with its customer's row locked.

    Run it inside the transaction that marks as sending what goes: whoever opts out waits for that, or comes first.
    """
    former = now_are({one.customer_id for one in leased if one.customer_id})
    people = lock_customers({former.get(one.customer_id, one.customer_id) for one in leased if one.customer_id})
    ours = actions.held(leased)
    facts = _Gathered.about(ours, former=former, people=people, now=now)
    plan = Plan(remind_at=now + facts.policy.reminder.after if facts.policy.reminder else None)
    for one in ours:
        try:
            _plan_one(one, facts, plan, now=now, has_channel=has_channel)
        except Exception as fault:
            # This message's own data: the others of the batch must not wait for it, nor the worker die of it.
            log.warning("Message %s cannot be prepared", one.id, exc_info=not isinstance(fault, CannotCompose))
            plan.trouble.append((one, f"{type(fault).__name__}: {fault}"))
    return plan


@dataclass(slots=True)
class _Gathered:
    """All that the messages of one batch are judged and made from, read with one query each.

    ``histories`` and ``sent_today`` begin without the batch; each message that is let go is added for those after it.
    """

    policy: Policy
    organisation: Text
    addresses: dict[int, str]
    staff: dict[int, str]
    invitations: dict[int, Invited]
    former: dict[int, int]
    people: dict[int, Known]
    histories: dict[int, list[Contact]]
    sent_today: dict[int, int]
    groups: Logs
    spent: dict[str, Spent]

    @staticmethod
    def about(
        ours: Sequence[Leased], *, former: dict[int, int], people: dict[int, Known], now: datetime
    ) -> "_Gathered":
        number, whole, since = policy_in_force()
        policy = whole.as_decided()
        card = organisation()
        numbers = {one.identity_id for one in ours if one.identity_id}
        sent_today = {}
        if policy.per_number_per_day is not None:
            midnight = now.astimezone(_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
            sent_today = sent_to_numbers(numbers, customer_ids=[*people, *former], since=midnight)
        invitations = _invitations({one.invitation_id for one in ours if one.invitation_id})
        ids = [one.id for one in ours]
        asking = [_group_facts(one, former, people, invitations) for one in ours] if policy.groups else []
        return _Gathered(
            policy=policy,
            organisation=card.name if card else {},
            addresses=addresses_of(numbers),
            staff=staff_addresses({one.staff_id for one in ours if one.staff_id}),
            invitations=invitations,
            former=former,
            people=people,
            histories=histories([*people], policy=policy, now=now, leaving_out=ids, due_by=now),
            sent_today=sent_today,
            groups=group_logs(asking, policy, now=now, begun=Begun(number, since), leaving_out=ids),
            spent=_spent({one.channel for one in ours}, policy, now=now),
        )

    def person(self, one: Leased) -> Known | None:
        """Who the customer is now."""
        return self.people.get(self.former.get(one.customer_id, one.customer_id)) if one.customer_id else None

    def let_go(self, one: Leased, *, segments: int, now: datetime) -> None:
        """What leaves now counts for the same person's next message of the batch, and for its number's day."""
        person = self.person(one)
        if person is not None:
            contact = Contact(now, one.scenario_id, one.touchpoint_id, KINDS[one.category])
            self.histories.setdefault(person.id, []).append(contact)
        for group in self.groups_of(one):
            self.groups.setdefault(group, []).append(Sendings(now, KINDS[one.category]))
        if one.channel in self.spent:
            before = self.spent[one.channel]
            self.spent[one.channel] = Spent(
                before.messages_today + 1, before.segments_today + segments, before.segments_this_month + segments
            )
        if one.identity_id:
            self.sent_today[one.identity_id] = self.sent_today.get(one.identity_id, 0) + 1

    def groups_of(self, one: Leased) -> list[Group]:
        if not self.policy.groups:
            return []
        return groups_of(_group_facts(one, self.former, self.people, self.invitations), self.policy)

    def address(self, one: Leased) -> str:
        return self.addresses.get(one.identity_id or 0) or self.staff.get(one.staff_id or 0, "")


def _plan_one(one: Leased, facts: _Gathered, plan: Plan, *, now: datetime, has_channel: bool) -> None:
    to = facts.address(one)
    if one.category is Category.STAFF:
        plan.go.append((one, plain_envelope(one, to=to or f"staff:{one.staff_id}", now=now)))
        return
    invited = facts.invitations.get(one.invitation_id or 0)
    if one.invitation_id and (invited is None or invited.state in (State.ANSWERED, State.WITHDRAWN)):
        plan.withdraw.append((one, invited.state if invited else "no_invitation"))
        return
    # Before it is known whether it may leave, only a channel with a cap asks how much there is to send.
    is_capped = one.channel == SMS and one.channel in facts.spent
    segments = segments_of(_envelope(one, facts, to, invited, now=now).text) if is_capped else 1
    departure = _departure(one, facts, to, invited, segments=segments, now=now)
    if departure.reason:
        plan.withdraw.append((one, departure.reason))
    elif departure.wait_until:
        plan.wait[departure.wait_until].append(one)
    elif not has_channel:
        plan.fail.append((one, NO_CHANNEL))
    else:
        envelope = _envelope(one, facts, to, invited, now=now)
        if invited:
            links = plan.more_links if one.category is Category.REMINDER else plan.links
            links.append((invited.id, token_hash(envelope.token), now + invited.link_life))
        plan.go.append((one, envelope))
        segments = segments_of(envelope.text) if one.channel == SMS else 1
        if segments > 1:
            plan.segments[one.id] = segments
        facts.let_go(one, segments=segments, now=now)


def _envelope(one: Leased, facts: _Gathered, to: str, invited: Invited | None, *, now: datetime) -> Envelope:
    if invited:
        return invitation_envelope(one, invited, to=to, organisation=facts.organisation, now=now)
    return plain_envelope(one, to=to, now=now)


def _departure(
    one: Leased, facts: _Gathered, to: str, invited: Invited | None, *, segments: int, now: datetime
) -> Departure:
    person = facts.person(one)
    if now - moment_of(one.id) > LONGEST_WAIT:
        return Departure(reason="too_old")
    if one.customer_id is None and to:
        # A member of staff who is asked as a respondent: no contact limits, only sending hours.
        leaves = next_send_at(now=now, policy=facts.policy, tz=_zone(), channel=one.channel)
        return Departure(wait_until=leaves if leaves > now else None)
    if person is None:
        return Departure(reason="no_address")
    return still_allowed(
        facts=Facts(
            scenario=one.scenario_id,
            touchpoint=one.touchpoint_id,
            # The interaction ended before its invitation was made: as old as that it is at least.
            ended_at=invited.created_at if invited else None,
            address=next(iter(takes(one.channel))) if to else Address.NONE,
            opted_out=not person.may_be_sent(Purpose.CARE if one.category is Category.CARE else Purpose.SURVEY),
            internal=person.is_internal,
            under_14=person.is_minor,
            open_legal_case=person.has_open_legal_case,
            kind=KINDS[one.category],
            staff=invited.served_by if invited else None,
            unit=one.unit_id or None,
            brand=person.brand or None,
            segment=person.segment or None,
            unit_path=unit_path(one.unit_id) if needs_path(facts.policy) else (),
            channel=one.channel,
        ),
        history=facts.histories.get(person.id, ()),
        policy=facts.policy,
        now=now,
        tz=_zone(),
        sent_to_number_today=facts.sent_today.get(one.identity_id or 0, 0),
        group_logs=facts.groups,
        spent=facts.spent.get(one.channel, NOTHING_SPENT),
        segments=segments,
    )


def _group_facts(
    one: Leased, former: dict[int, int], people: dict[int, Known], invitations: dict[int, Invited]
) -> Facts:
    """As much of a message as says which groups it counts for."""
    person = people.get(former.get(one.customer_id, one.customer_id)) if one.customer_id else None
    invited = invitations.get(one.invitation_id or 0)
    return Facts(
        kind=KINDS.get(one.category, KINDS["survey"]),
        staff=invited.served_by if invited else None,
        unit=one.unit_id or None,
        brand=(person.brand or None) if person else None,
        segment=(person.segment or None) if person else None,
    )


def _spent(channels: Iterable[str], policy: Policy, *, now: datetime) -> dict[str, Spent]:
    """What each capped channel has sent today and this month, its lock held: two workers never fill the same place.

    In segments as we cut them, or as the provider's receipts say, once they do.
    """
    capped = sorted({cap.channel for cap in policy.caps} & set(channels))
    lock_groups(("channel", channel) for channel in capped)
    midnight = now.astimezone(_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    found = {}
    for channel in capped:
        today, month = (sent_by(channel, since=since) for since in (midnight, midnight.replace(day=1)))
        found[channel] = Spent(*today, month[1])
    return found


def let_links_live(
    links: Sequence[Link], *, now: datetime, remind_at: datetime | None = None, keeping_earlier: bool = False
) -> None:
    """Write token, sending moment and end of each link on its invitation, in doubt until the gateway answers; and when
    to remind of it, by the policy of this moment."""
    if not links:
        return
    values = [value for row in links for value in row]
    rows = ", ".join(["(%s, %s, %s)"] * len(links))
    with connection.cursor() as cursor:
        cursor.execute(
            _LINKS_LIVE.format(rows=rows, earlier=_KEEPING if keeping_earlier else ""), [*values, now, remind_at]
        )


def _invitations(ids: Iterable[int]) -> dict[int, Invited]:
    rows = Invitation.objects.select_for_update().filter(pk__among=set(ids)).order_by("pk")
    names = ("pk", "survey_version_id", "language", "link_life", "state", "created_at", "served_by")
    return {row[0]: Invited(*row) for row in rows.values_list(*names)}


@lru_cache(maxsize=1)
def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
