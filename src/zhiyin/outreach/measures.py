"""What outreach can supply: one row per decided interaction and one per invitation, and the rates over them."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from zhiyin.journey.queries import interaction_cards, journey_map
from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.text import both
from zhiyin.messaging.queries import invitations_behind
from zhiyin.metrics.language import Fact, Measure, Row, Unit
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.people.access import Viewer
from zhiyin.people.queries import whole_person

_PLACES = {"unit_id": "int64", "touchpoint": "string", "scenario": "string", "staff_id": "int64", "channel": "string"}


def load_interactions(ids: Sequence[int]) -> list[Row]:
    """Each of these interactions with its decision."""
    zone, names = ZoneInfo(settings.TIME_ZONE), _Names()
    cards = interaction_cards(ids, by=Viewer.system("mirror"))
    rows: list[Row] = []
    for identifier, invited, reason in Decision.objects.filter(interaction_id__in=ids).values_list(
        "interaction_id", "invited", "reason"
    ):
        card = cards[identifier]
        rows.append(
            (
                *(identifier, invited, reason, card.ended_at, card.ended_at.astimezone(zone).date(), card.unit_id),
                *(names.touchpoint(card.touchpoint_id), names.scenario(card.scenario_id), card.staff_id, card.channel),
                *(card.moment, card.is_complaint),
            )
        )
    return rows


def load_invitations(ids: Sequence[int]) -> list[Row]:
    """These invitations as they stand."""
    zone, names = ZoneInfo(settings.TIME_ZONE), _Names()
    return [
        (
            *(row.pk, row.state, row.created_at, row.created_at.astimezone(zone).date()),
            *(row.sent_at is not None, row.delivered_at is not None),
            *(row.opened_at is not None or row.answered_at is not None, row.answered_at is not None),
            *(_hours(row.sent_at, row.opened_at), _hours(row.sent_at, row.answered_at), row.purpose, row.reason),
            *(row.unit_id, names.touchpoint(row.touchpoint_id), names.scenario(row.scenario_id)),
            *(row.served_by, row.channel),
        )
        for row in Invitation.objects.filter(pk__in=ids)
    ]


def _hours(sent: Any, then: Any) -> float | None:
    return (then - sent).total_seconds() / 3600 if sent and then else None


class _Names:
    """Keys behind the ids of the map."""

    def __init__(self) -> None:
        known = journey_map()
        self._touchpoints = {card.id: key for key, card in known.touchpoints.items()}
        self._scenarios = {card.id: key for key, card in known.scenarios.items()}

    def touchpoint(self, identifier: int) -> str:
        return self._touchpoints.get(identifier, "")

    def scenario(self, identifier: int) -> str:
        return self._scenarios.get(identifier, "")


def invitations_of(interaction_ids: Sequence[int]) -> list[int]:
    """The invitations that these interactions led to."""
    return list(Invitation.objects.filter(interaction_id__in=interaction_ids).values_list("pk", flat=True))


def _behind(data: Mapping[str, Any]) -> Sequence[int]:
    return invitations_behind(data["ids"])


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
        "day": "date",
        **_PLACES,
        "moment": "string",
        "complaint": "boolean",
    },
    owner="interaction_id",
    at="ended_at",
    order=("day", "interaction_id"),
    rollups={
        "daily": ("day", "invited", "reason", "unit_id", "touchpoint", "scenario", "channel", "moment", "complaint"),
    },
    forgotten_by={"people.customer_erased": interactions_of_somebody},
    load=load_interactions,
    touched_by={"journey.interactions_received": lambda data: data["ids"]},
)
INVITATIONS = Fact(
    name="invitations",
    columns={
        "invitation_id": "int64",
        "state": "string",
        "created_at": "timestamp",
        "day": "date",
        "is_sent": "boolean",
        "is_delivered": "boolean",
        "is_opened": "boolean",
        "is_answered": "boolean",
        "hours_to_open": "float64",
        "hours_to_answer": "float64",
        "purpose": "string",
        "reason": "string",
        **_PLACES,
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


def _share(sums: Mapping[str, float]) -> Estimate | None:
    n = int(sums["n"])
    return intervals.share(hits=int(sums["hits"]), n=n) if n else None


def _service(rows: Any) -> Any:
    return rows.purpose == "service"


MEASURES = (
    Measure(
        key="invitation_rate",
        name=both("邀评率", "Invitation rate"),
        definition=both("服务接触中发出邀请的占比。", "Share of interactions that led to an invitation."),
        formula="count(invited) / count(interactions)",
        unit=Unit.SHARE,
        fact="interactions",
        at="ended_at",
        sums={"n": lambda rows: 1, "hits": lambda rows: rows.invited},
        estimate=_share,
        source="S0.14",
    ),
    Measure(
        key="delivery_rate",
        name=both("送达率", "Delivery rate"),
        definition=both(
            "已下发的邀请中确认送达的占比。", "Share of sent invitations that are known to have been delivered."
        ),
        formula="count(delivered) / count(sent)",
        unit=Unit.SHARE,
        fact="invitations",
        at="created_at",
        where=lambda rows: _service(rows) & rows.is_sent,
        sums={"n": lambda rows: 1, "hits": lambda rows: rows.is_delivered},
        estimate=_share,
    ),
    Measure(
        key="response_rate",
        name=both("问卷回收率", "Response rate"),
        definition=both("已下发的邀请中收到答卷的占比。", "Share of sent invitations that were answered."),
        formula="count(answered) / count(sent)",
        unit=Unit.SHARE,
        fact="invitations",
        at="created_at",
        where=lambda rows: _service(rows) & rows.is_sent,
        sums={"n": lambda rows: 1, "hits": lambda rows: rows.is_answered},
        estimate=_share,
        source="S0.27",
    ),
    Measure(
        key="sent",
        name=both("已下发", "Sent"),
        definition=both("已下发的邀请数。", "Invitations that were sent."),
        formula="count(sent)",
        unit=Unit.COUNT,
        fact="invitations",
        at="created_at",
        where=lambda rows: _service(rows) & rows.is_sent,
        sums={"n": lambda rows: 1},
        estimate=lambda sums: Estimate(sums["n"], sums["n"], sums["n"], int(sums["n"])),
    ),
    Measure(
        key="interactions",
        name=both("服务接触数", "Interactions"),
        definition=both("收到的服务接触数。", "Interactions received."),
        formula="count(interactions)",
        unit=Unit.COUNT,
        fact="interactions",
        at="ended_at",
        sums={"n": lambda rows: 1},
        estimate=lambda sums: Estimate(sums["n"], sums["n"], sums["n"], int(sums["n"])),
    ),
)
