"""Messages in doubt: what a person found out about one, or the decision to send it again, for the invitation too."""

from datetime import datetime

from django.db import transaction

from zhiyin.messaging import actions
from zhiyin.messaging.queries import invitations_behind
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.tokens import let_earlier_links_return
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission

State = Invitation.State


@transaction.atomic
def settle(*, message_id: int, sent: bool, reason: str, by: Viewer, now: datetime) -> None:
    """Say whether a doubtful message left. If it did not, its link never was. Raises NotInDoubt, NotFound."""
    by.require(Permission.RUN_OUTREACH)
    actions.settle(message_id=message_id, sent=sent, reason=reason, by=by, now=now)
    doubtful = Invitation.objects.filter(pk__in=invitations_behind([message_id]), state=State.UNKNOWN)
    if sent:
        doubtful.update(state=State.SENT)
    else:
        let_earlier_links_return(doubtful)
        doubtful.update(state=State.FAILED, reason="settled", sent_at=None, dies_at=None, token_hash=None)


@transaction.atomic
def resend(*, message_id: int, reason: str, by: Viewer, now: datetime) -> None:
    """Send a doubtful or failed message again, inside the limits; its new link ends the old one.

    Until it leaves, an invitation in doubt stays so: the customer may be holding the first message. Raises NotInDoubt,
    NotFound.
    """
    by.require(Permission.RUN_OUTREACH)
    actions.resend(message_id=message_id, reason=reason, by=by, now=now)
    failed = Invitation.objects.filter(pk__in=invitations_behind([message_id]), state=State.FAILED)
    failed.update(state=State.QUEUED, reason="")
