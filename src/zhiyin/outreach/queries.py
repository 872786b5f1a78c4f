"""Questions about decisions and invitations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zhiyin.journey.queries import interaction_cards, journey_map
from zhiyin.outreach.models import Decision, Invitation, PolicyVersion
from zhiyin.outreach.rules import DEFAULT, to_toml
from zhiyin.people.access import Viewer, one_visible, visible


@dataclass(frozen=True)
class DecisionCard:
    """One decision with its arithmetic, and the invitation if it led to one."""

    id: int
    interaction_id: int
    customer_id: int
    invited: bool
    reason: str
    policy: int
    counts: list[int]
    next_allowed_at: datetime | None
    at: datetime
    invitation_id: int | None
    rule: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)


def decisions_of(interaction_ids: Iterable[int]) -> dict[int, DecisionCard]:
    """Interaction id → its decision. Callers have been allowed to see the interactions."""
    wanted = list(interaction_ids)
    invitations = dict(
        Invitation.objects.filter(interaction_id__among=wanted, purpose="service").values_list("interaction_id", "pk")
    )
    return {
        row.interaction_id: DecisionCard(
            row.pk,
            row.interaction_id,
            row.customer_id,
            row.invited,
            row.reason,
            row.policy,
            row.counts,
            row.next_allowed_at,
            row.at,
            invitations.get(row.interaction_id),
            row.rule,
            row.facts,
        )
        for row in Decision.objects.filter(interaction_id__among=wanted)
    }


@dataclass(frozen=True)
class InvitationCard:
    """One invitation. Never with its token: nobody has that but the customer."""

    id: int
    customer_id: int | None
    interaction_id: int | None
    case_id: int | None
    purpose: str
    survey_version_id: int
    scenario_id: int
    touchpoint_id: int
    unit_id: int
    channel: str
    language: str
    policy: int
    state: str
    reason: str
    created_at: datetime
    sent_at: datetime | None
    dies_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None


def _card(row: Invitation) -> InvitationCard:
    values = {name: getattr(row, name) for name in InvitationCard.__dataclass_fields__}
    return InvitationCard(**values | {"customer_id": row.customer_id or None})


def invitation_card(invitation_id: int, *, by: Viewer) -> InvitationCard:
    """One invitation. Raises NotFound, whether it is absent or another branch's."""
    return _card(one_visible(Invitation.objects.all(), by=by, pk=invitation_id))


def invitation_cards(*, by: Viewer, before: int | None = None, limit: int = 100, **where: Any) -> list[InvitationCard]:
    """Invitations, newest first, ``limit + 1`` of them so that the caller sees whether there are more.

    ``where`` may name interaction_id, customer_id, state.
    """
    rows = visible(Invitation.objects.filter(**where), by=by).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_card(row) for row in rows[: limit + 1]]


@dataclass(frozen=True)
class OpenLink:
    """What an answer needs that comes by another way than the page: the hash of a link that was sent."""

    token_hash: bytes
    survey_version_id: int
    language: str


def open_link(invitation_id: int) -> OpenLink | None:
    """The newest link of an invitation; whether it is still alive is seen when it is taken."""
    row = Invitation.objects.filter(pk=invitation_id, token_hash__isnull=False).first()
    return OpenLink(bytes(row.token_hash or b""), row.survey_version_id, row.language) if row else None


def policy_text() -> str:
    """The policy in force, as a file."""
    row = PolicyVersion.objects.order_by("-number").values_list("toml", flat=True).first()
    return row if row is not None else to_toml(DEFAULT)


@dataclass(frozen=True)
class Asked:
    """What an invitation asked about."""

    invitation_id: int
    external_id: str
    touchpoint: str
    survey_version_id: int
    sent_at: datetime | None
    case_id: int | None


def asked_about(invitation_ids: Iterable[int], *, by: Viewer) -> dict[int, Asked]:
    """Invitation → the encounter that it asks about."""
    rows = list(visible(Invitation.objects.filter(pk__among=list(invitation_ids)), by=by))
    cards = interaction_cards({row.interaction_id for row in rows if row.interaction_id}, by=by)
    known = journey_map()
    found = {}
    for row in rows:
        card, touchpoint = cards.get(row.interaction_id or 0), known.touchpoint(row.touchpoint_id)
        found[row.pk] = Asked(
            row.pk,
            card.external_id if card else f"{row.purpose}-{row.case_id}",
            touchpoint.key if touchpoint else "",
            row.survey_version_id,
            row.sent_at,
            row.case_id,
        )
    return found
