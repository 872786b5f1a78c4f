"""What outreach tells the ledger. Decisions and invitations of a batch travel in ``journey.interactions_received``."""

from dataclasses import dataclass

from zhiyin.ledger.events import fact


@fact("outreach.policy_applied")
@dataclass(frozen=True)
class PolicyApplied:
    number: int
    digest: str


@fact("outreach.invited")
@dataclass(frozen=True)
class Invited:
    """Somebody was invited outside a batch: after a case was closed, say."""

    invitation_id: int
    customer_id: int
    purpose: str


@fact("outreach.not_invited")
@dataclass(frozen=True)
class NotInvited:
    """Somebody would have been asked outside a batch, and a rule said no."""

    customer_id: int
    purpose: str
    reason: str


@fact("outreach.care_queued")
@dataclass(frozen=True)
class CareQueued:
    """A care message waits in the queue. Its words are not kept here."""

    message_id: int
    customer_id: int


@fact("outreach.reminded")
@dataclass(frozen=True)
class Reminded:
    """These invitations got a reminder, which waits in the queue."""

    ids: list[int]


@fact("outreach.number_replied")
@dataclass(frozen=True)
class NumberReplied:
    """A customer with one open survey wrote back a number alone, and the operator lets that answer it."""

    reply_id: int
    invitation_id: int
    score: int
    received_at: str


@fact("outreach.why_asked")
@dataclass(frozen=True)
class WhyAsked:
    """Somebody looked up why a customer was not asked. What was typed is not kept: it may be a phone number."""

    kind: str  # phone, interaction, external, customer, case; empty when nothing was found
    customer_id: int | None
    interaction_id: int | None
