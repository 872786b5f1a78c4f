"""Reminders: who was asked and has not answered is asked once more, if the policy says so.

When a message leaves, its invitation is told when to be looked at again (``remind_at``). That moment comes once: the
reminder is queued, and judged like every message at the moment it would leave. It goes, or is withdrawn with its
reason; nobody looks a second time. It counts, and brings a link with a life of its own. The link that they have lives
on to its own end, and may have died long before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from zhiyin.ledger.bulk import Writing
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.record import record
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.messaging.queries import addressed, reminders_of
from zhiyin.outreach.events import Reminded
from zhiyin.outreach.judging import current_policy
from zhiyin.outreach.models import NOBODY, Invitation
from zhiyin.outreach.pressure import rows_of, write
from zhiyin.outreach.rules.facts import Facts
from zhiyin.outreach.rules.terms import Policy
from zhiyin.people.access import Viewer
from zhiyin.people.identify import Known, lock_customers

PORTION = 500
BY = Viewer.system("loop")


def remind(*, now: datetime) -> int:
    """Queue what is due, a portion at a time. Returns how many. Safe in any number of workers and to repeat."""
    done = 0
    while due := dict(_due(now).order_by("remind_at", "pk").values_list("pk", "customer_id")[:PORTION]):
        done += _looked_at(due, now=now)
    return done


def _due(now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(remind_at__lte=now)


@transaction.atomic
def _looked_at(asked: dict[int, int], *, now: datetime) -> int:
    """With the customers' rows locked, so that two workers do not remind of the same."""
    policy = current_policy()[1]
    people = lock_customers({customer for customer in asked.values() if customer})
    looked_at = _due(now).filter(pk__among=list(asked)).select_for_update().order_by("pk")
    due = [row for row in looked_at if _is_waited_for(row)]
    before = reminders_of({row.pk: row.customer_id for row in due})
    most = policy.reminder.most if policy.reminder else 0
    due = [row for row in due if before.get(row.pk, 0) < most]
    Invitation.objects.filter(pk__among=list(asked), remind_at__lte=now).update(remind_at=None)
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


def _is_waited_for(row: Invitation) -> bool:
    """Certainly sent to a customer, who has not answered."""
    return row.state == Invitation.State.SENT and row.answered_at is None and row.customer_id != NOBODY


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
