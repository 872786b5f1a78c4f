"""Care messages: greetings and reminders with words of their own and no survey, inside the limits of every message.

A care message counts as surveys do, needs no survey, and asks for consent to care and not to surveys. It is judged when
it is queued, so that whoever sends it learns at once why not, and again when it leaves.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from zhiyin.ledger.bulk import Writing
from zhiyin.ledger.ids import new_id
from zhiyin.ledger.record import record
from zhiyin.lib.errors import Refused
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.outreach.events import CareQueued, NotInvited
from zhiyin.outreach.gathering import address_kind, address_of, histories, needs_path, takes, way_for
from zhiyin.outreach.judging import policy_in_force
from zhiyin.outreach.pressure import Begun, group_logs, rows_of, write
from zhiyin.outreach.rules.facts import Facts, Kind
from zhiyin.outreach.rules.judge import decide_batch
from zhiyin.outreach.rules.verdict import Verdict
from zhiyin.people.access import Viewer
from zhiyin.people.identify import lock_customers
from zhiyin.people.places import unit_path
from zhiyin.people.queries import reaches
from zhiyin.people.roles import Permission
from zhiyin.people.rules import Purpose

LONGEST = 500  # characters: seven segments of an SMS


@dataclass(frozen=True)
class Care:
    """What somebody is to be told. ``subject`` is for channels that have one."""

    text: str
    subject: str = ""
    channel: str = "sms"


@dataclass(frozen=True)
class Cared:
    """The verdict, and the message that waits for its turn; None: a rule said no."""

    verdict: Verdict
    message_id: int | None


@transaction.atomic
def care_for(
    customer_id: int, care: Care, *, unit_id: int, by: Viewer, now: datetime, not_before: datetime | None = None
) -> Cared:
    """Queue a care message to one customer, or say which rule holds it back. A customer merged meanwhile is written to
    as who they are now. Raises NotAllowed, and Refused for a text that nobody can send or a customer that there is not.
    """
    by.require(Permission.RUN_OUTREACH)
    if not care.text.strip() or len(care.text) > LONGEST:
        raise Refused(
            _("A care message has 1 to %(most)s characters.") % {"most": LONGEST},
            next_step=_("Change the text."),
            code="text_unusable",
        )
    known = lock_customers([customer_id]).get(customer_id)
    if known is None or not by.sees_unit(unit_id):
        raise Refused(_("There is no such customer."), code="unknown_customer")
    number, whole, since = policy_in_force()
    policy = whole.as_decided()  # whom to ask for an answer, and how many of them, says nothing about care
    way = way_for(care.channel, reaches([known.id], kinds=[address_kind(care.channel)]).get(known.id, ()))
    facts = Facts(
        scenario=0,
        touchpoint=0,
        address=address_of(way),
        channel_takes=takes(care.channel),
        opted_out=not known.may_be_sent(Purpose.CARE),
        internal=known.is_internal,
        under_14=known.is_minor,
        open_legal_case=known.has_open_legal_case,
        kind=Kind.CARE,
        unit=unit_id,
        brand=known.brand or None,
        segment=known.segment or None,
        unit_path=unit_path(unit_id) if needs_path(policy) else (),
        channel=care.channel,
    )
    verdict = decide_batch(
        asks=[(known.id, facts)],
        histories=histories([known.id], policy=policy, now=now),
        policy=policy,
        now=now,
        group_logs=group_logs([facts], policy, now=now, begun=Begun(number, since)),
    )[0]
    if not verdict.invited:
        refused = NotInvited(customer_id=known.id, purpose="care", reason=verdict.reason)
        record(refused, by=by, now=now, subject=f"customer:{known.id}", unit_id=unit_id)
        return Cared(verdict, None)
    message = Outgoing(
        id=new_id(now=now),
        customer_id=known.id,
        identity_id=way.identity_id if way else None,
        category="care",
        scenario_id=0,
        touchpoint_id=0,
        unit_id=unit_id,
        invitation_id=None,
        channel=care.channel,
        body={"text": care.text, **({"subject": care.subject} if care.subject else {})},
        not_before=not_before or now,
    )
    with Writing() as writing:
        enqueue([message], now=now, writing=writing)
        write(rows_of(facts, policy, message_id=message.id, customer_id=known.id, invitation_id=None), writing)
    fact = CareQueued(message_id=message.id, customer_id=known.id)
    record(fact, by=by, now=now, subject=f"customer:{known.id}", unit_id=unit_id)
    return Cared(verdict, message.id)
