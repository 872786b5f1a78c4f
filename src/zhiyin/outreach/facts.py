"""What outreach tells the mirror: one row per decided interaction, one per invitation, and what was looked for at a
moment of truth."""

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.journey.facts import SLOT_COLUMNS, WHEN_COLUMNS, Places, declared
from zhiyin.journey.queries import InteractionCard, interaction_cards, moments
from zhiyin.journey.rules import checklist_done
from zhiyin.messaging.queries import invitations_behind
from zhiyin.metrics.language import Fact, Row
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.people.access import Viewer
from zhiyin.people.queries import customer_groups, whole_person

PLACES = {"unit_id": "int64", "touchpoint": "string", "scenario": "string", "staff_id": "int64", "channel": "string"}
# What an interaction says of itself, and of whose it was.
KINDS = {
    "moment": "string",
    "complaint": "boolean",
    "begged": "boolean",
    "brand": "string",
    "segment": "string",
    **SLOT_COLUMNS,
}
Groups = Mapping[int, tuple[str, str]]


def load_interactions(ids: Sequence[int]) -> list[Row]:
    """Each of these interactions with its decision."""
    cards, groups, places = _cards(ids)
    rows: list[Row] = []
    for identifier, invited, reason in Decision.objects.filter(interaction_id__in=ids).values_list(
        "interaction_id", "invited", "reason"
    ):
        card = cards[identifier]
        rows.append((identifier, invited, reason, *_when_and_where(card, places), *_kinds(card, groups, places)))
    return rows


def load_checks(ids: Sequence[int]) -> list[Row]:
    """Each item of a moment's checklist, done or not, of the interactions at which somebody looked."""
    cards, groups, places = _cards(ids)
    lists = {one.key: [str(item["key"]) for item in one.checklist] for one in moments()}
    rows: list[Row] = []
    for identifier, card in cards.items():
        done = checklist_done(card.attributes)
        if done is None:
            continue
        around = (*_when_and_where(card, places), *_kinds(card, groups, places))
        rows += [(identifier, item, item in done, *around) for item in lists.get(card.moment, ())]
    return rows


def _cards(ids: Sequence[int]) -> tuple[dict[int, InteractionCard], Groups, Places]:
    cards = interaction_cards(ids, by=Viewer.system("mirror"))
    return cards, customer_groups({card.customer_id for card in cards.values()}), Places()


def _when_and_where(card: InteractionCard, places: Places) -> tuple[Any, ...]:
    return (
        *(card.ended_at, *places.when(card.ended_at), card.unit_id, places.touchpoint(card.touchpoint_id)),
        *(places.scenario(card.scenario_id), card.staff_id, card.channel),
    )


def _kinds(card: InteractionCard | None, groups: Groups, places: Places, customer: int = 0) -> tuple[Any, ...]:
    """What cuts an interaction; of an invitation without one only whose it was is known."""
    brand, segment = groups.get(card.customer_id if card else customer, ("", ""))
    if card is None:
        return ("", False, False, brand, segment, *places.slots(None))
    return (card.moment, card.is_complaint, card.is_begged, brand, segment, *places.slots(card.attributes))


def load_invitations(ids: Sequence[int]) -> list[Row]:
    """These invitations as they stand."""
    found = list(Invitation.objects.filter(pk__in=ids))
    cards = interaction_cards({row.interaction_id for row in found if row.interaction_id}, by=Viewer.system("mirror"))
    groups, places = customer_groups({row.customer_id for row in found}), Places()
    return [
        (
            *(row.pk, row.state, row.created_at, *places.when(row.created_at)),
            *(row.sent_at is not None, row.delivered_at is not None),
            *(row.opened_at is not None or row.answered_at is not None, row.answered_at is not None),
            *(_hours(row.sent_at, row.opened_at), _hours(row.sent_at, row.answered_at), row.purpose, row.reason),
            *(row.unit_id, places.touchpoint(row.touchpoint_id), places.scenario(row.scenario_id)),
            *(row.served_by, row.channel),
            *_kinds(cards.get(row.interaction_id or 0), groups, places, row.customer_id),
        )
        for row in found
    ]


def _hours(sent: Any, then: Any) -> float | None:
    return (then - sent).total_seconds() / 3600 if sent and then else None


def invitations_of(interaction_ids: Sequence[int]) -> list[int]:
    """The invitations that these interactions led to."""
    return list(Invitation.objects.filter(interaction_id__in=interaction_ids).values_list("pk", flat=True))


def _behind(data: Mapping[str, Any]) -> Sequence[int]:
    return invitations_behind(data["ids"])


def _received(data: Mapping[str, Any]) -> Sequence[int]:
    return list(data["ids"])


def interactions_of_somebody(data: Mapping[str, Any]) -> Sequence[int]:
    """Every decided interaction of a customer, whichever of their ids it came by."""
    everyone = whole_person(int(data["customer_id"]))
    return list(Decision.objects.filter(customer_id__in=everyone).values_list("interaction_id", flat=True))


def invitations_of_somebody(data: Mapping[str, Any]) -> Sequence[int]:
    """Every invitation to a customer, whichever of their ids it went to."""
    everyone = whole_person(int(data["customer_id"]))
    return list(Invitation.objects.filter(customer_id__in=everyone).values_list("pk", flat=True))


INTERACTIONS = Fact(
    name="interactions",
    columns={
        "interaction_id": "int64",
        "invited": "boolean",
        "reason": "string",
        "ended_at": "timestamp",
        **WHEN_COLUMNS,
        **PLACES,
        **KINDS,
    },
    owner="interaction_id",
    at="ended_at",
    order=("day", "interaction_id"),
    rollups={
        "daily": ("day", "invited", "reason", "unit_id", "touchpoint", "scenario", "channel", "moment", "complaint"),
    },
    forgotten_by={"people.customer_erased": interactions_of_somebody},
    version=declared,
    load=load_interactions,
    touched_by={"journey.interactions_received": _received},
)
CHECKS = Fact(
    name="checks",
    columns={
        "interaction_id": "int64",
        "item": "string",
        "done": "boolean",
        "ended_at": "timestamp",
        **WHEN_COLUMNS,
        **PLACES,
        **KINDS,
    },
    owner="interaction_id",
    at="ended_at",
    order=("day", "interaction_id", "item"),
    forgotten_by={"people.customer_erased": interactions_of_somebody},
    version=declared,
    load=load_checks,
    touched_by={"journey.interactions_received": _received},
)
INVITATIONS = Fact(
    name="invitations",
    columns={
        "invitation_id": "int64",
        "state": "string",
        "created_at": "timestamp",
        **WHEN_COLUMNS,
        "is_sent": "boolean",
        "is_delivered": "boolean",
        "is_opened": "boolean",
        "is_answered": "boolean",
        "hours_to_open": "float64",
        "hours_to_answer": "float64",
        "purpose": "string",
        "reason": "string",
        **PLACES,
        **KINDS,
    },
    owner="invitation_id",
    at="created_at",
    order=("invitation_id",),
    rollups={
        "daily": (
            *("day", "state", "is_sent", "is_delivered", "is_opened", "is_answered", "purpose", "reason"),
            *("unit_id", "touchpoint", "scenario", "channel"),
        ),
    },
    forgotten_by={"people.customer_erased": invitations_of_somebody},
    version=declared,
    load=load_invitations,
    changes=True,
    touched_by={
        "journey.interactions_received": lambda data: invitations_of(data["invited"]),
        "outreach.invited": lambda data: [data["invitation_id"]],
        "messaging.sent": _behind,
        "messaging.reported": _behind,
        "messaging.withdrawn": _behind,
        "messaging.settled": _behind,
        "messaging.in_doubt": lambda data: invitations_behind([data["message_id"]]),
        "messaging.failed": lambda data: invitations_behind([data["message_id"]]),
        "messaging.sent_again": lambda data: invitations_behind([data["message_id"]]),
    },
)
