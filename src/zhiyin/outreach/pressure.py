"""What whole groups were sent, for policies that limit by member of staff, unit, brand or segment.

An index beside the messages, written only while the policy has such rules; what became of a message is asked of the
message. A group's lock keeps two batches from filling the same place: customers first, then groups, each sorted.

A policy that begins to count by groups fills the index with what was sent before it. Whoever still decides by the
policy before it (a batch under way, a process that has not heard of the change) writes no rows of it; nobody waits for
them. Instead whoever decides by the new policy first enters what they have committed by then (``catch_up``).
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import connection

from zhiyin.ledger.bulk import Writing, array
from zhiyin.lib.ids import first_id_at
from zhiyin.messaging.queries import carried_between, messages_behind, standing
from zhiyin.outreach.models import GroupContact, Invitation
from zhiyin.outreach.rules.facts import Facts, Kind, Sendings
from zhiyin.outreach.rules.memory import group_of
from zhiyin.outreach.rules.terms import Policy, Scope
from zhiyin.outreach.waiting import LONGEST_WAIT
from zhiyin.people.queries import customer_groups

Group = tuple[Scope, Hashable]
Logs = dict[Group, list[Sendings]]
KINDS: Mapping[str, Kind] = {"survey": Kind.SURVEY, "reminder": Kind.REMINDER, "care": Kind.CARE}
COLUMNS = ("scope", "key", "message_id", "customer_id", "invitation_id")
LOCKS = 8014  # a number space of our own among PostgreSQL's advisory locks
PORTION = 5_000
OVERLAP = timedelta(seconds=30)  # how long a batch may last by far, and two seconds till all have heard of a change
LONG_OVERLAP = timedelta(minutes=10)  # a batch that waited for locks all that time


class Begun(NamedTuple):
    """Which policy is in force, and since when. None: it always was."""

    number: int
    since: datetime | None


NEVER = Begun(0, None)


def groups_of(facts: Facts, policy: Policy) -> list[Group]:
    """The groups that a message counts for under this policy."""
    found = ((scope, group_of(facts, scope)) for scope in sorted(policy.groups))
    return [(scope, key) for scope, key in found if key is not None]


def lock_groups(groups: Iterable[tuple[str, Hashable]]) -> None:
    """Wait until nobody else judges about these groups, to the end of the transaction. On SQLite it is the lock."""
    names = sorted({f"{scope}\x1f{key}" for scope, key in groups})
    if not names or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # In order: the subquery is sorted before a lock is taken.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(k) FROM (SELECT hashtextextended(name, %s) AS k "
            "FROM unnest(%s::text[]) AS name ORDER BY 1) AS sorted",
            [LOCKS, array(names)],
        )


def group_logs(
    asks: Iterable[Facts],
    policy: Policy,
    *,
    now: datetime,
    begun: Begun = NEVER,
    leaving_out: Collection[int] = (),
) -> Logs:
    """What each group of these messages was sent within the policy's memory, or still waits for; its lock is held."""
    if not policy.groups:
        return {}
    groups = {group for facts in asks for group in groups_of(facts, policy)}
    lock_groups(groups)
    catch_up(policy, begun, now=now)
    since = now - policy.group_lookback
    by_name = {(str(scope), str(key)): (scope, key) for scope, key in groups}
    rows = GroupContact.objects.filter(
        scope__in={scope for scope, _ in by_name},
        key__in={key for _, key in by_name},
        message_id__gte=first_id_at(now - _reach(policy)),
    ).values_list("scope", "key", "message_id", "invitation_id")
    known = [row for row in rows if row[:2] in by_name and row[2] not in set(leaving_out)]
    logs: Logs = {group: [] for group in groups}
    told = standing({row[2] for row in known})
    for scope, key, message, _ in known:
        one = told.get(message)
        if one is not None and (one.at is None or one.at > since):
            logs[by_name[scope, key]].append(Sendings(one.at, KINDS[one.category]))
    if _counts_answers(policy):
        answered = _answered({row[3] for row in known if row[3]}, since)
        # One answer, however many messages led to it: whoever was reminded has several.
        for scope, key, invitation in sorted({(scope, key, about) for scope, key, _, about in known if about}):
            if invitation in answered:
                logs[by_name[scope, key]].append(Sendings(answered[invitation], Kind.COMPLETION))
    return logs


def _counts_answers(policy: Policy) -> bool:
    return any(Kind.COMPLETION in rule.counts for rule in policy.counted_rules if rule.per.is_group)


def _reach(policy: Policy) -> timedelta:
    """How long ago what counts may have been queued: an answer comes as late as its link lives."""
    until_answered = policy.link_life if _counts_answers(policy) else timedelta(0)
    return policy.group_lookback + LONGEST_WAIT + until_answered


def _answered(invitations: Iterable[int], since: datetime) -> dict[int, datetime]:
    rows = Invitation.objects.filter(pk__among=set(invitations), answered_at__gt=since)
    return {pk: at for pk, at in rows.values_list("pk", "answered_at") if at is not None}


def rows_of(
    facts: Facts, policy: Policy, *, message_id: int, customer_id: int, invitation_id: int | None
) -> list[tuple[object, ...]]:
    """The index rows of one message."""
    return [
        (str(scope), str(key)[:80], message_id, customer_id, invitation_id) for scope, key in groups_of(facts, policy)
    ]


def write(rows: Sequence[tuple[object, ...]], writing: Writing) -> None:
    """Put them into the index, in the transaction of the messages."""
    if rows:
        writing.insert(GroupContact, dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)))


def forget_old(policy: Policy, *, now: datetime) -> int:
    """Let go of what no rule over groups looks back to any more. Returns how many rows."""
    oldest = first_id_at(now - _reach(policy))
    return GroupContact.objects.filter(message_id__lt=oldest).delete()[0]


def catch_up(policy: Policy, begun: Begun, *, now: datetime, overlap: timedelta = OVERLAP) -> int:
    """Enter what was decided by the policy before this one while it came into force. Returns how many rows were looked
    at. Does nothing once this policy is older than that can last. Safe to repeat, and in any number of workers."""
    if not policy.groups or begun.since is None or now - begun.since > 2 * overlap:
        return 0
    carried = carried_between(first_id_at(begun.since - overlap), first_id_at(begun.since + overlap))
    by_others = Invitation.objects.filter(pk__among=set(carried.values()), policy__lt=begun.number)
    messages: dict[int, list[int]] = {}
    for message, invitation in carried.items():
        messages.setdefault(invitation, []).append(message)
    return _entered(list(by_others.exclude(customer_id=0).values_list(*_WHOSE)), messages, policy)


def fill_index(policy: Policy, *, now: datetime) -> int:
    """For a policy that begins to count by groups: what was sent before it, within its memory. Returns how many rows.

    Safe to repeat: the index is made anew.
    """
    GroupContact.objects.all().delete()
    if not policy.groups:
        return 0
    invitations = Invitation.objects.filter(pk__gte=first_id_at(now - _reach(policy)))
    found = iter(invitations.exclude(customer_id=0).order_by("pk").values_list(*_WHOSE).iterator(chunk_size=PORTION))
    done = 0
    while portion := list(islice(found, PORTION)):
        done += _entered(portion, messages_behind([row[0] for row in portion]), policy)
    return done


_WHOSE = ("pk", "customer_id", "served_by", "unit_id")


def _entered(
    invitations: Sequence[tuple[int, int, int | None, int]], messages: Mapping[int, Sequence[int]], policy: Policy
) -> int:
    """Index rows for the messages behind these invitations; those that stand there already stay as they are."""
    if not invitations:
        return 0
    groups = customer_groups(row[1] for row in invitations)
    rows: list[tuple[object, ...]] = []
    for invitation, customer, staff, unit in invitations:
        brand, segment = groups.get(customer, ("", ""))
        facts = Facts(staff=staff, unit=unit, brand=brand or None, segment=segment or None)
        for message in messages.get(invitation, ()):
            rows += rows_of(facts, policy, message_id=message, customer_id=customer, invitation_id=invitation)
    rows.sort(key=lambda row: row[:3])  # in one order: nobody waits in a circle
    made = [GroupContact(**dict(zip(COLUMNS, row, strict=True))) for row in rows]
    GroupContact.objects.bulk_create(made, batch_size=PORTION, ignore_conflicts=True)
    return len(rows)
