"""What receipts say of messages, written on their invitations in the same transaction."""

from datetime import datetime

from django.db import connection
from django.db.models import F

from zhiyin.messaging.receiving.settling import Settled
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.tokens import let_earlier_links_return

State = Invitation.State
NOT_DELIVERED = "not_delivered"
# An answered one stays answered; one that was given up for undelivered has arrived after all.
_ARRIVED = """
WITH fresh (invitation, arrived) AS (VALUES {rows})
UPDATE outreach_invitation SET delivered_at = arrived,
    reason = CASE WHEN state = 'failed' THEN '' ELSE reason END,
    state = CASE WHEN state IN ('unknown', 'failed', 'queued') THEN 'sent' ELSE state END
FROM fresh WHERE id = invitation AND sent_at IS NOT NULL
"""


def write_on_invitations(settled: Settled) -> None:
    """Sent, delivered, not delivered or waiting again: the invitation follows its message."""
    invitations = settled.invitations
    first = {pk: invitation for pk, invitation in invitations.items() if pk not in settled.reminders}
    reminders = {pk: invitation for pk, invitation in invitations.items() if pk in settled.reminders}
    _went_again([first[pk] for pk in settled.again if pk in first])
    let_earlier_links_return(
        Invitation.objects.filter(pk__among=[reminders[k] for k in settled.again if k in reminders])
    )
    failed = Invitation.objects.filter(pk__among=[first[pk] for pk in settled.failed if pk in first])
    # Its link stays: a gateway may be wrong about what did not arrive. Whoever answered has it, or was reminded.
    failed.filter(state__in=[State.SENT, State.UNKNOWN, State.QUEUED], earlier_sent_at=None).update(
        state=State.FAILED, reason=NOT_DELIVERED, delivered_at=None
    )
    only_reminders = [reminders[pk] for pk in settled.failed if pk in reminders]
    Invitation.objects.filter(pk__among=only_reminders, state=State.UNKNOWN).update(state=State.SENT)
    sent = [invitations[pk] for pk in settled.sent if pk in invitations]
    Invitation.objects.filter(pk__among=sent, state=State.UNKNOWN).update(state=State.SENT)
    Invitation.objects.filter(pk__among=sent, state=State.FAILED, sent_at__isnull=False).update(
        state=State.SENT, reason=""
    )
    _arrived({invitations[pk]: at for pk, at in settled.delivered.items() if pk in invitations})


def _went_again(ids: list[int]) -> None:
    """It did not arrive and will be sent anew, with a new link; unless they were reminded meanwhile."""
    rows = Invitation.objects.filter(pk__among=ids, state__in=[State.SENT, State.UNKNOWN, State.FAILED])
    rows = rows.filter(earlier_sent_at=None)
    rows.update(state=State.QUEUED, reason="", sent_at=None, dies_at=None, token_hash=None, delivered_at=None)


def _arrived(delivered: dict[int, datetime]) -> None:
    if not delivered:
        return
    # Its link had been taken from it (it was to go again): it was sent all the same, when it arrived at the latest.
    for row in Invitation.objects.filter(pk__among=list(delivered), sent_at=None).order_by("pk"):
        at = delivered[row.pk]
        Invitation.objects.filter(pk=row.pk).update(sent_at=at, dies_at=at + F("link_life"))
    values = [value for pair in sorted(delivered.items()) for value in pair]
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVED.format(rows=", ".join(["(%s, %s)"] * len(delivered))), values)
