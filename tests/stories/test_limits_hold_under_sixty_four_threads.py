"""However many doors a customer's encounters come through at once, nobody is asked more often than allowed, and nobody
less: sixty-four threads, by the API in batches and one by one, from files, and after closed cases.
"""

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.contracts.api_calls import Caller, found, interaction, make_organisation
from tests.threads import together
from zhiyin.cli.importing.frame import Circumstances
from zhiyin.cli.importing.kinds import KINDS
from zhiyin.lib.tables import Options, open_table
from zhiyin.messaging.models import Message
from zhiyin.outreach import judging
from zhiyin.outreach.actions import apply_policy, invite
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.people.identify import find_customer
from zhiyin.people.models import Customer, Unit
from zhiyin.people.testing import SYSTEM

THREADS, PEOPLE = 64, 3
ALLOWED = 10
TEN_AND_NO_GAP = f"""
[[limit]]
per = "customer"
max = {ALLOWED}
days = 90
[gap]
off = true
"""
TWO_OF_A_SCENARIO = """
[[limit]]
per = "customer"
max = 10
days = 90
[[limit]]
per = "customer+scenario"
max = 2
days = 90
[gap]
off = true
"""
GAP_ONLY = """
[[limit]]
per = "customer"
max = 10
days = 90
[gap]
hours = 24
"""
_numbers = count(1)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _organisation() -> None:
    make_organisation()


def encounter(person: int, thread: int) -> dict[str, Any]:
    """Each thread knows the person by an id of its own; only the phone says that they are one."""
    customer = {"external_id": f"P{person}-{thread % 8}", "phone": f"1380000{person:04}"}
    return interaction(f"x{next(_numbers)}", customer=customer)


def by_batches(caller: Caller, thread: int) -> None:
    items = [encounter(person, thread) for person in range(PEOPLE)]
    results = found(caller.post("/interactions", items[::-1] if thread % 2 else items))["results"]
    assert {one["status"] for one in results} == {"created"}


def one_by_one(caller: Caller, thread: int) -> None:
    for person in range(PEOPLE):
        assert caller.post("/interactions", encounter(person, thread)).status_code == 201


def from_a_file(folder: Path, thread: int) -> None:
    path = folder / f"{thread}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "customer", "phone", "touchpoint", "ended_at"])
        for person in range(PEOPLE):
            one = encounter(person, thread)
            who = one["customer"]
            rows.writerow([one["external_id"], who["external_id"], who["phone"], one["touchpoint"], one["ended_at"]])
    importer = KINDS["interactions"](Circumstances(SYSTEM, timezone.now(), "file"))
    table = open_table(path, importer.columns, options=Options(zone=ZoneInfo("Asia/Shanghai")))
    assert {one.done for one in importer.take(importer.read(list(table.rows())))} == {"created"}


def after_a_case(thread: int) -> None:
    for person in range(PEOPLE):
        customer = find_customer("phone", f"+861380000{person:04}")
        assert customer is not None
        invite(
            customer_id=customer,
            purpose="recovery",
            survey="call",
            scenario="hotline",
            unit_id=Unit.objects.get(code="HQ").pk,
            case_id=thread * PEOPLE + person + 1,
            by=SYSTEM,
            now=timezone.now(),
        )


def storm(folder: Path) -> None:
    """Sixteen threads at each of four doors. The people are known, each with one id, before it breaks loose."""
    callers = [Caller() for _ in range(THREADS // 2)]
    assert callers[0].post("/interactions", [encounter(person, 0) for person in range(PEOPLE)]).status_code == 200
    acts: list[Callable[[], None]] = []
    for thread in range(THREADS // 4):
        acts += [
            lambda thread=thread: by_batches(callers[thread], thread),  # type: ignore[misc]
            lambda thread=thread: one_by_one(callers[-thread - 1], thread),  # type: ignore[misc]
            lambda thread=thread: from_a_file(folder, thread),  # type: ignore[misc]
            lambda thread=thread: after_a_case(thread),  # type: ignore[misc]
        ]
    together(acts)


def asked() -> dict[int, int]:
    """How many invitations each person has, whichever id they were made under."""
    now_are: dict[int, int | None] = dict(Customer.objects.exclude(merged_into=None).values_list("pk", "merged_into"))
    counted: Counter[int] = Counter()
    for customer in Invitation.objects.values_list("customer_id", flat=True):
        assert customer is not None
        counted[now_are.get(customer) or customer] += 1
    return dict(counted)


def assert_every_joint_counts() -> None:
    """Each interaction exactly one decision, each invitation exactly one message, each invite decided exactly one."""
    decided = THREADS // 4 * 3 * PEOPLE + PEOPLE
    assert Decision.objects.count() == Decision.objects.values("interaction_id").distinct().count() == decided
    invited = set(Decision.objects.filter(invited=True).values_list("interaction_id", flat=True))
    service = Invitation.objects.filter(purpose="service").values_list("interaction_id", flat=True)
    assert sorted(invited) == sorted(one for one in service if one is not None)
    messages = Message.objects.exclude(invitation_id=None)
    assert sorted(one.invitation_id or 0 for one in messages) == sorted(Invitation.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        pytest.param(TEN_AND_NO_GAP, ALLOWED, id="ten in ninety days"),
        pytest.param(TWO_OF_A_SCENARIO, 2, id="two of a scenario"),
        pytest.param(GAP_ONLY, 1, id="one in twenty-four hours"),
    ],
)
def test_everybody_is_asked_exactly_as_often_as_allowed(tmp_path, policy, allowed):
    apply_policy(policy, by=SYSTEM, now=timezone.now())
    storm(tmp_path)
    assert sorted(asked().values()) == [allowed] * PEOPLE
    assert_every_joint_counts()


@contextmanager
def pausing_between_count_and_insert(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was counted is old by the time it is used: the window in which a race is lost, held open."""
    histories = judging.histories

    def slowly(*args: Any, **more: Any) -> Any:
        counted = histories(*args, **more)
        time.sleep(0.05)
        return counted

    with monkeypatch.context() as patched:
        patched.setattr(judging, "histories", slowly)
        yield


def race() -> list[int]:
    """Eight threads, the same known person; how often each is asked in the end."""
    apply_policy(TWO_OF_A_SCENARIO, by=SYSTEM, now=timezone.now())
    caller = Caller()
    old = {"ended_at": (timezone.now() - timedelta(days=400)).isoformat()}  # known, and too long ago to be asked about
    assert found(caller.post("/interactions", encounter(0, 0) | old))["decision"] == "suppress"

    def come() -> None:
        assert caller.post("/interactions", encounter(0, 0)).status_code == 201

    together([come] * 8)
    return sorted(asked().values())


def test_the_limit_holds_while_the_window_is_held_open(monkeypatch):
    with pausing_between_count_and_insert(monkeypatch):
        assert race() == [2]


def test_without_the_lock_the_same_race_breaks_the_limit(monkeypatch):
    """The negative control: were this to pass without the lock, the story above would prove nothing."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, lock or no lock; PostgreSQL shows what the lock is for.")
    monkeypatch.setattr(type(connection.features), "has_select_for_update", False)
    with pausing_between_count_and_insert(monkeypatch):
        (times,) = race()
    assert times > 2


def test_an_invitation_after_a_merge_counts_for_the_whole_person():
    """Two customers with a message each turn out to be one: the third message is one too many for the scenario."""
    apply_policy(TWO_OF_A_SCENARIO, by=SYSTEM, now=timezone.now())
    caller = Caller()
    for number in (1, 2):
        who = {"external_id": f"Q{number}", "phone": f"1390000000{number}"}
        assert (
            found(caller.post("/interactions", interaction(f"x{next(_numbers)}", customer=who)))["decision"] == "invite"
        )
    both = {"external_id": "Q1", "phone": "13900000002"}
    answer = found(caller.post("/interactions", interaction(f"x{next(_numbers)}", customer=both)))
    assert (answer["decision"], answer["reason"]) == ("suppress", "scenario_limit")
    assert list(asked().values()) == [2]
    former = Customer.objects.exclude(merged_into=None).get()
    with transaction.atomic():
        judged = invite(
            customer_id=former.pk,
            purpose="recovery",
            survey="call",
            scenario="hotline",
            unit_id=Unit.objects.get(code="HQ").pk,
            case_id=1,
            by=SYSTEM,
            now=timezone.now(),
        )
    assert (judged.invited, judged.reason) == (False, "scenario_limit")
