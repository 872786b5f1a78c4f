"""Reminders: who was asked, has not answered and may still answer is asked once more, if the policy says so.

A reminder is a message like every other: it counts, is judged again before it leaves, and brings a link of its own. The
link that they have lives on to its own end, whatever becomes of the reminder.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from zhiyin.ledger.bulk import Writing
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.record import record
from zhiyin.lib.ids import first_id_at
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.messaging.queries import addressed, reminders_of
from zhiyin.outreach.events import Reminded
from zhiyin.outreach.judging import current_policy
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.pressure import rows_of, write
from zhiyin.outreach.rules.facts import Facts
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.waiting import LONGEST_WAIT
from zhiyin.people.access import Viewer
from zhiyin.people.identify import Known, lock_customers

PORTION = 500
BY = Viewer.system("loop")


def remind(*, now: datetime) -> int:
    """Queue what is due, a portion at a time. Returns how many. Safe in any number of workers and to repeat."""
    policy = current_policy()[1]
    if policy.reminder is None:
        return 0
    asked = Invitation.objects.filter(state=Invitation.State.SENT, answered_at=None).exclude(customer_id=0)
    waiting = asked.filter(dies_at__gt=now, sent_at__lte=now - policy.reminder.after).order_by("pk")
    done, last = 0, first_id_at(now - LONGEST_WAIT - policy.link_life)
    # Those who were reminded already stand among them: whoever comes after them has their turn, too.
    while found := list(waiting.filter(pk__gt=last).values_list("pk", "customer_id")[:PORTION]):
        done += _queue(dict(found), policy, most=policy.reminder.most, now=now)
        last = found[-1][0]
    return done


@transaction.atomic
def _queue(asked: dict[int, int], policy: Policy, *, most: int, now: datetime) -> int:
    """With the customers' rows locked, so that two workers do not remind of the same."""
    people = lock_customers(set(asked.values()))
    rows = Invitation.objects.filter(pk__among=list(asked), state=Invitation.State.SENT, answered_at=None)
    before = reminders_of(asked)
    due = [row for row in rows.order_by("pk") if before.get(row.pk, 0) < most]
    ways = addressed([row.pk for row in due], customer_ids={row.customer_id for row in due})
    outgoing = [
        Outgoing(
            id=identifier,
            customer_id=row.customer_id,
            identity_id=ways.get(row.pk),
            category="reminder",
            scenario_id=row.scenario_id,
            touchpoint_id=row.touchpoint_id,
            unit_id=row.unit_id,
            invitation_id=row.pk,
            channel=row.channel,
            body={},
            not_before=now,
        )
        for identifier, row in zip(new_ids(max(len(due), 1), now=now), due, strict=False)
    ]
    with Writing() as writing:
        enqueue(outgoing, now=now, writing=writing)
        write(_group_rows(due, outgoing, people, policy), writing)
    if due:
        record(Reminded(ids=[row.pk for row in due]), by=BY, now=now, subject=f"invitation:{due[0].pk}")
    return len(due)


def _group_rows(
    due: Sequence[Invitation], outgoing: Sequence[Outgoing], people: Mapping[int, Known], policy: Policy
) -> list[tuple[object, ...]]:
    """A reminder counts for the same groups as what it reminds of."""
    rows: list[tuple[object, ...]] = []
    for row, message in zip(due, outgoing, strict=True):
        person = people.get(row.customer_id)
        brand, segment = (person.brand or None, person.segment or None) if person else (None, None)
        facts = Facts(staff=row.served_by, unit=row.unit_id, brand=brand, segment=segment)
        whose = {"message_id": message.id, "customer_id": row.customer_id}
        rows += rows_of(facts, policy, **whose, invitation_id=row.pk)
    return rows
