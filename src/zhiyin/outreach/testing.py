"""A small world for tests: ``make_world()`` founds it, ``make_invitations(3)`` invites three customers to a survey."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import QuerySet

from zhiyin.journey.actions import put_map
from zhiyin.lib.text import both
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Decision, Invitation, PolicyVersion
from zhiyin.people.access import Viewer
from zhiyin.people.actions import StaffGiven, UnitGiven, found_organisation, put_staff, put_unit
from zhiyin.people.queries import organisation
from zhiyin.surveys.actions import publish_file

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
SYSTEM = Viewer.system("test")
_numbers = count(1)
SCALE = {"key": "ten", "low": 0, "high": 10, "low_label": both("差", "Poor"), "high_label": both("好", "Good")}
QUESTION = {"key": "overall", "kind": "scale", "scale": "ten", "title": both("总体", "Overall"), "source": "S0.36"}
SURVEY: dict[str, Any] = {
    "scale": [SCALE | {"source": "S0.34"}],
    "survey": [
        {"key": "call", "purpose": "service", "name": both("来电", "Call"), "source": "S0.35", "question": [QUESTION]}
    ],
}


def make_world(*, now: datetime = NOW) -> None:
    """An organisation with one unit, one touchpoint and a survey of one question. Once is enough."""
    if organisation() is not None:
        return
    found_organisation(name=both("云桥", "Cloudbridge"), pack="hotline", by=SYSTEM, now=now)
    put_unit(UnitGiven(code="HQ", name=both("云桥", "Cloudbridge")), by=SYSTEM, now=now)
    put_map(
        scenarios=[{"key": "hotline", "name": both("热线", "Hotline")}],
        stages=[],
        dimensions=[],
        touchpoints=[
            {
                "key": "hotline",
                "name": both("热线", "Hotline"),
                "kind": "call",
                "scenario": "hotline",
                "survey": "call",
                "order": 1,
                "source": "S0.1",
            }
        ],
        moments=[],
    )
    publish_file(SURVEY, by=SYSTEM, now=now)


def make_invitations(number: int, *, now: datetime = NOW, channel: str = "sms") -> list[int]:
    """Invite so many new customers; returns the invitations' ids, oldest first. Their messages are queued."""
    make_world(now=now)
    found: list[int] = []
    for start in range(0, number, 1000):
        items = [_interaction(next(_numbers), channel, now) for _ in range(min(1000, number - start))]
        found += _invited(items, now=now)
    return found


def _invited(items: Sequence[dict[str, Any]], *, now: datetime) -> list[int]:
    results = receive(items, by=SYSTEM, now=now)
    assert all(result.invitation for result in results), [result for result in results if not result.invitation][:3]
    return [result.invitation for result in results if result.invitation]


def _interaction(number: int, channel: str, now: datetime) -> dict[str, Any]:
    customer = {"external_id": f"C{number}", "phone": f"138{number:08}", "email": f"c{number}@example.com"}
    return {
        "source": "test",
        "external_id": f"call-{number}",
        "customer": customer,
        "touchpoint": "hotline",
        "channel": channel,
        "ended_at": (now - timedelta(minutes=2)).isoformat(),
    }


def make_staff(*, email: str = "", now: datetime = NOW) -> int:
    """A member of staff who may be alerted."""
    make_world(now=now)
    number = next(_numbers)
    given = StaffGiven(name="值班", unit="HQ", code=f"A{number}", email=email)
    return put_staff(given, by=SYSTEM, now=now)[0]


def invitations(ids: Sequence[int]) -> list[Invitation]:
    """The rows as they stand, in the order of ``ids``."""
    rows = {row.pk: row for row in Invitation.objects.filter(pk__in=ids)}
    return [rows[pk] for pk in ids]


def invitation_rows() -> QuerySet[Invitation]:
    """All rows, for a test of another room to count and look at; so are the next ones."""
    return Invitation.objects.all()


def decisions() -> QuerySet[Decision]:
    return Decision.objects.all()


def policy_versions() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.all()
