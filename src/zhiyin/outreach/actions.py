"""Verbs of outreach beyond the two entrances: policies, and invitations that no interaction asked for."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.journey.queries import journey_map
from zhiyin.ledger.record import record
from zhiyin.lib.crypto import digest
from zhiyin.lib.errors import Refused
from zhiyin.outreach.cells import forget_cells
from zhiyin.outreach.events import Invited, NotInvited, PolicyApplied
from zhiyin.outreach.judging import Candidate, Judged, forget_policy, judge_and_write
from zhiyin.outreach.models import Invitation, PolicyVersion
from zhiyin.outreach.naming import named_policy
from zhiyin.outreach.pressure import fill_index
from zhiyin.outreach.rules.policy import parse_policy
from zhiyin.outreach.rules.verdict import Verdict
from zhiyin.outreach.sql import LIVE_STATES
from zhiyin.people.access import Viewer
from zhiyin.people.identify import lock_customers
from zhiyin.people.roles import Permission

WORTH_WAITING = timedelta(days=7)  # later than that nobody remembers what they are asked about
ATTEMPTS = 50  # each means that somebody else's version went in meanwhile


def apply_policy(text: str, *, by: Viewer, now: datetime, checks_names: bool = True) -> tuple[int, bool]:
    """Put a policy in force as a new version; the same text again makes none. Returns its number and whether it is new.

    Raises PolicyInvalid with every problem, also a name that nothing bears, unless names are not to be checked: a unit
    may come later. Decisions already made keep the version that they name.
    """
    by.require(Permission.RUN_OUTREACH)
    named_policy(text) if checks_names else parse_policy(text)
    for _attempt in range(ATTEMPTS):
        try:
            return _apply(text, by=by, now=now)
        except IntegrityError:  # somebody else's version took the number, and is committed: look at it and go on
            continue
    raise Refused(_("Others are changing the policy at this moment."), next_step=_("Try again."))


@transaction.atomic
def _apply(text: str, *, by: Viewer, now: datetime) -> tuple[int, bool]:
    last = PolicyVersion.objects.order_by("-number").first()
    if last is not None and last.toml == text:
        return last.number, False
    number = (last.number if last else 0) + 1
    PolicyVersion.objects.create(number=number, toml=text, applied_at=now, applied_by=by.actor)
    fact = PolicyApplied(number=number, digest=digest(text.encode()).hex())
    record(fact, by=by, now=now, subject=f"policy:{number}")
    fill_index(parse_policy(text), now=now)
    forget_policy()
    forget_cells()
    transaction.on_commit(forget_policy)  # whoever asked in between was told of the one before
    return number, True


@transaction.atomic
def invite(
    *,
    customer_id: int,
    purpose: str,
    survey: str,
    scenario: str,
    by: Viewer,
    now: datetime,
    unit_id: int,
    touchpoint_id: int = 0,
    interaction_id: int | None = None,
    case_id: int | None = None,
    served_by: int | None = None,
    channel: str = "sms",
    not_before: datetime | None = None,
) -> Judged:
    """Ask one person about something else than an interaction (a closed case), inside the same fatigue limits.

    Safe to repeat: while an invitation about this case and for this purpose may still be answered there is no other.
    Once it was answered, withdrawn or has expired, they may be asked again. The message leaves at ``not_before`` at the
    earliest, and where a limit is in the way for less than a week, as soon as it no longer is: then it is judged again
    like every message. A customer merged meanwhile is asked as who they are now.
    """
    known = lock_customers([customer_id]).get(customer_id)
    if known is None:
        raise Refused(_("There is no such customer."), code="unknown_customer")
    asked = _may_still_answer(case_id, purpose, now=now).order_by("-id").first() if case_id else None
    if asked is not None:
        return Judged(Verdict("", "", (), None), asked.pk)
    scene = journey_map().scenarios.get(scenario)
    if scene is None:
        raise Refused(_("There is no scenario %(key)s.") % {"key": scenario}, code="unknown_scenario")
    candidate = Candidate(
        customer=known,
        interaction_id=interaction_id,
        external_id=f"{purpose}:{case_id or customer_id}",
        scenario_id=scene.id,
        touchpoint_id=touchpoint_id,
        unit_id=unit_id,
        served_by=served_by,
        survey=survey,
        channel=channel,
        ended_at=None,
        purpose=purpose,
        case_id=case_id,
        not_before=not_before,
    )
    judged = judge_and_write([candidate], now=now).verdicts[0]
    again = judged.verdict.next_allowed_at
    if again is not None and again <= now + WORTH_WAITING:
        candidate = candidate._replace(not_before=max(again, not_before or now))
        judged = judge_and_write([candidate], now=now, as_of=again).verdicts[0]
    if judged.invitation_id:
        fact: object = Invited(invitation_id=judged.invitation_id, customer_id=known.id, purpose=purpose)
    else:
        fact = NotInvited(customer_id=known.id, purpose=purpose, reason=judged.reason)
    record(fact, by=by, now=now, subject=f"customer:{known.id}", unit_id=unit_id)
    return judged


def _may_still_answer(case_id: int, purpose: str, *, now: datetime) -> QuerySet[Invitation]:
    """Invitations about a case that wait to be sent, or whose link lives."""
    lives = Q(dies_at=None) | Q(dies_at__gt=now)
    return Invitation.objects.filter(lives, case_id=case_id, purpose=purpose, state__in=LIVE_STATES)
