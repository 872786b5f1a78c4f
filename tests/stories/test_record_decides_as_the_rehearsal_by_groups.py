"""The record and ``simulate`` agree beyond the default policy, too: limits over groups, answers that count, reminders.

The record goes first, by the product's own entrances: interactions by ``intake.receive``, reminders by ``remind`` and
``send_due``, answers as they stand on invitations. What happened is written down as a file of events, and replayed.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.stories.tiers import minutes, sized
from zhiyin.ledger import ids
from zhiyin.lib.text import both
from zhiyin.messaging.testing import messages
from zhiyin.outreach import gathering, judging, pressure
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.reminding import remind
from zhiyin.outreach.rules import DEFAULT_AT_ONCE, parse_policy
from zhiyin.outreach.testing import SYSTEM, decisions, make_world
from zhiyin.outreach.tests.fatigue_oracle import Event
from zhiyin.outreach.tests.test_simulate_groups import START, run, table
from zhiyin.people.actions import StaffGiven, UnitGiven, put_staff, put_unit

LINK = timedelta(hours=480)
INSTANTS = sized(c=150, n=600)
AT_ONE_INSTANT = 12
PEOPLE = 90
STEPS = (timedelta(0), timedelta(hours=1), timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
POLICY = """
[age]
off = true
[sending_hours]
from = "00:00"
to = "24:00"
[[limit]]
per = "staff"
max = 4
hours = 12
[[limit]]
per = "customer"
max = 2
days = 9
counts = ["completion"]
reason = "answered_enough"
[[limit]]
per = "unit"
max = 3
hours = 24
counts = ["completion"]
reason = "unit_answered_enough"
[[limit]]
per = "brand"
max = 7
hours = 24
counts = ["survey", "reminder"]
[[gap]]
per = "customer"
hours = 24
[[gap]]
per = "unit"
minutes = 1
counts = ["reminder"]
[link]
hours = 480
[reminder]
after_hours = 25
most = 5
"""
REASONS = ("", "staff_limit", "answered_enough", "unit_answered_enough", "brand_limit", "gap", "unit_gap")
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(minutes(c=10, n=40))]


@pytest.fixture(autouse=True)
def _world(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    ids._makers.clear()
    make_world(now=START)
    for code in ("SD", "GD"):
        put_unit(UnitGiven(code=code, name=both(code, code), parent="HQ"), by=SYSTEM, now=START)
    for code in ("A1", "A2", "A3"):
        put_staff(StaffGiven(name=code, unit="SD", code=code), by=SYSTEM, now=START)
    apply_policy(POLICY, by=SYSTEM, now=START)


class Record:
    """What happened, as events of a file, and the reason that the record gave for each."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.events: list[Event] = []
        self.reasons: list[str] = []
        self.asked: dict[int, Event] = {}  # invitation → the event that it asks about

    def played(self) -> "Record":
        now = START + timedelta(days=1)
        for _instant in range(INSTANTS):
            now += self.chance.choice(STEPS) + timedelta(microseconds=self.chance.choice((1, 2)))
            self.calls(now)
            self.reminders(now)
            self.answers(now)
        return self

    def calls(self, now: datetime) -> None:
        made = [self._call(now) for _call in range(AT_ONE_INSTANT)]
        results = receive([_item(event) for event in made], by=SYSTEM, now=now)
        found = dict(decisions().filter(at=now).values_list("interaction_id", "reason"))
        self.events += made
        self.reasons += [found[one.interaction or 0] for one in results]
        self.asked |= {one.invitation: event for one, event in zip(results, made, strict=True) if one.invitation}
        messages(state="queued").update(state="sent", sent_at=now)
        Invitation.objects.filter(state="queued").update(state="sent", sent_at=now, dies_at=now + LINK)

    def _call(self, now: datetime) -> Event:
        person, number = self.chance.randrange(PEOPLE), len(self.events)
        return Event(
            external_id=f"e{number}-{self.chance.random()}",
            customer=f"C{person}",
            scenario="hotline",
            at=now.isoformat(),
            staff=self.chance.choice(("", "A1", "A2", "A3")),
            unit=self.chance.choice(("SD", "GD")),
            brand=("", "red", "blue")[person % 3],
        )

    def reminders(self, now: datetime) -> None:
        """Two of those who have not answered, at any moment: the rules hold back whom it is too early for."""
        rows = Invitation.objects.filter(state="sent", answered_at=None, sent_at__lt=now).order_by("pk")
        waiting = list(rows.values_list("pk", flat=True))
        chosen = self.chance.sample(waiting, min(2, len(waiting)))
        Invitation.objects.update(remind_at=None)
        Invitation.objects.filter(pk__in=chosen).update(remind_at=now)
        remind(now=now)
        send_due(worker="w", clock=lambda: now)
        made = messages(category="reminder", created_at=now).order_by("pk")
        for invitation, state, error in made.values_list("invitation_id", "state", "error"):
            assert state in ("sent", "withdrawn")
            self._also("reminder", invitation or 0, now, error if state == "withdrawn" else "")

    def answers(self, now: datetime) -> None:
        rows = Invitation.objects.filter(state="sent", sent_at__lt=now, dies_at__gt=now).order_by("pk")
        waiting = list(rows.values_list("pk", flat=True))
        for pk in self.chance.sample(waiting, min(2, len(waiting))):
            Invitation.objects.filter(pk=pk).update(state="answered", answered_at=now)
            self._also("completion", pk, now, "completion")

    def _also(self, kind: str, invitation: int, now: datetime, reason: str) -> None:
        about = self.asked[invitation]
        told = {"external_id": f"{kind}-{len(self.events)}", "at": now.isoformat(), "kind": kind}
        names = ("customer", "scenario", "staff", "unit", "brand")
        self.events.append(Event(**told, **{name: getattr(about, name) for name in names}))
        self.reasons.append(reason)


def _item(event: Event) -> dict[str, Any]:
    phone = f"139{int(event.customer[1:]):08}"
    item: dict[str, Any] = {
        "source": "test",
        "external_id": event.external_id,
        "customer": {"external_id": event.customer, "phone": phone, "brand": event.brand},
        "touchpoint": "hotline",
        "unit": event.unit,
        "ended_at": event.at,
    }
    return item | ({"staff": event.staff} if event.staff else {})


def differences(record: Record) -> int:
    columns = ("external_id", "customer", "scenario", "at", "staff", "unit", "brand", "kind")
    told, *_rest = run(table(record.events, columns), parse_policy(POLICY, absent=DEFAULT_AT_ONCE))
    return sum(one != other for one, other in zip(told, record.reasons, strict=True))


def test_every_rule_over_groups_answers_and_reminders_speaks_alike() -> None:
    record = Record(seed=20261201).played()
    spoken = Counter(record.reasons)
    assert min(spoken[reason] for reason in REASONS) > 0, spoken
    reminded = Counter(
        reason == "" for event, reason in zip(record.events, record.reasons, strict=True) if event.kind == "reminder"
    )
    assert min(reminded[sent] for sent in (True, False)) > 5, reminded
    assert differences(record) == 0


@pytest.mark.parametrize("forgets", ["groups", "answers"])
def test_negative_control_a_record_that_forgets_is_found_out(forgets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if forgets == "answers":
        monkeypatch.setattr(gathering, "answers_of", lambda *_ids, **_since: [])
    else:
        logs: Callable[..., Any] = pressure.group_logs
        monkeypatch.setattr(
            judging, "group_logs", lambda *args, **more: {group: log[1:] for group, log in logs(*args, **more).items()}
        )
    assert differences(Record(seed=20261201).played()) > 0
