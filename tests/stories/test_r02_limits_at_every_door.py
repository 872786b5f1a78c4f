"""R2: sixty-four threads at five doors while others send: nobody is asked, or sent, more than allowed, and nobody less.

``test_limits_hold_under_sixty_four_threads.py`` tries the rules one by one; here the doors are all open at once (API in
batches and one by one, files, closed cases, doubtful messages sent again by hand) and the workers are at work.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.contracts.api_calls import Caller, make_organisation
from tests.stories import test_limits_hold_under_sixty_four_threads as doors
from tests.stories.tiers import minutes, sized
from tests.threads import together
from zhiyin.lib.errors import Refused
from zhiyin.messaging.testing import messages
from zhiyin.outreach import judging
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.doubts import resend
from zhiyin.outreach.testing import invitation_rows
from zhiyin.people.testing import SYSTEM, customers

PEOPLE = sized(c=3, n=200)
AT_EACH_DOOR, RESENDERS, WORKERS = 12, 8, 8  # four doors of twelve: sixty-four threads
AT_ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
CASES = {
    "ten in ninety days": (doors.TEN_AND_NO_GAP, 10),
    "two of a scenario": (doors.TWO_OF_A_SCENARIO, 2),
    "one in 24 hours": (doors.GAP_ONLY, 1),
}
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(minutes(c=5, n=40))]


@pytest.fixture(autouse=True)
def _organisation(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(doors, "PEOPLE", PEOPLE)
    make_organisation()


def storm(folder: Path, *, with_cases: bool) -> None:
    """Everybody has one message in doubt when it breaks loose; at the end all that waits has left, or never will.

    ``with_cases``: a closed case may ask for a day that the gap allows, and in a scenario of its own, which is not what
    "one in 24 hours" and "two of a scenario" count.
    """
    callers = [Caller() for _ in range(2 * AT_EACH_DOOR)]
    known = [doors.encounter(person, 0) for person in range(PEOPLE)]
    assert callers[0].post("/interactions", known).status_code == 200
    doubtful = put_in_doubt()
    acts: list[Callable[[], None]] = []
    for thread in range(AT_EACH_DOOR):
        acts += [
            lambda thread=thread: doors.by_batches(callers[thread], thread),  # type: ignore[misc]
            lambda thread=thread: doors.one_by_one(callers[-thread - 1], thread),  # type: ignore[misc]
            lambda thread=thread: doors.from_a_file(folder, thread),  # type: ignore[misc]
            lambda thread=thread: (  # type: ignore[misc]
                doors.after_a_case(thread) if with_cases else doors.one_by_one(callers[thread], thread)
            ),
        ]
    acts += [lambda: send_again(doubtful)] * RESENDERS
    acts += [lambda number=number: work(f"worker {number}") for number in range(WORKERS)]  # type: ignore[misc]
    assert len(acts) == 64
    together(acts)
    work("the last")


def put_in_doubt() -> list[int]:
    now = timezone.now()
    invitation_rows().update(state="unknown", sent_at=now, dies_at=now + timedelta(hours=8))
    messages().update(state="unknown", sent_at=now, attempts=1, via="outbox")
    return list(messages().values_list("pk", flat=True))


def send_again(doubtful: list[int]) -> None:
    """Eight people press the button for every message; one of them each time is the first."""
    for message in doubtful:
        with suppress(Refused):
            resend(message_id=message, reason="客户说没有收到", by=SYSTEM, now=timezone.now())


def work(worker: str) -> None:
    for _ in range(5):
        send_due(worker=worker, clock=timezone.now)
        recover(now=timezone.now())


def persons() -> dict[int, int]:
    """Former customer id → who they are now."""
    moved = customers().exclude(merged_into=None).values_list("pk", "merged_into")
    return {former: now_is for former, now_is in moved if now_is is not None}


def faults(allowed: int) -> Counter[str]:
    """How far off everybody is, asked and sent."""
    now_are, counted = persons(), Counter[str]()
    sent: dict[int, list[Any]] = {}
    for customer, at in messages(state="sent").order_by("sent_at").values_list("customer_id", "sent_at"):
        sent.setdefault(now_are.get(customer, customer), []).append(at)
    for person, asked in doors.asked().items():
        left = len(sent.get(person, ()))
        counted["asked too often"] += max(asked - allowed, 0)
        counted["asked less than allowed"] += max(allowed - asked, 0)
        counted["sent too often"] += max(left - allowed, 0)
        counted["sent less than allowed"] += max(allowed - left, 0)
    return +counted


def deadlocks() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("case", CASES)
def test_nobody_is_asked_more_than_allowed_and_nobody_less(tmp_path: Path, case: str) -> None:
    policy, allowed = CASES[case]
    apply_policy(policy + AT_ANY_HOUR, by=SYSTEM, now=timezone.now())
    before = deadlocks()
    storm(tmp_path, with_cases=allowed == 10)
    assert faults(allowed) == {}
    assert len(doors.asked()) == PEOPLE
    assert deadlocks() == before


@pytest.fixture
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Customers' rows are read and not locked, and the time between counting and writing is held open a little."""
    monkeypatch.setattr(type(connection.features), "has_select_for_update", False)
    with doors.pausing_between_count_and_insert(monkeypatch):
        yield


@pytest.mark.usefixtures("without_the_lock")
def test_negative_control_customers_that_are_not_locked_are_asked_too_often() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, lock or no lock; PostgreSQL shows what the lock is for.")
    apply_policy(doors.TWO_OF_A_SCENARIO + AT_ANY_HOUR, by=SYSTEM, now=timezone.now())
    caller = Caller()
    assert caller.post("/interactions", doors.encounter(0, 0)).status_code == 201
    together([lambda: doors.one_by_one(caller, 0)] * 8)
    assert faults(allowed=2)["asked too often"] > 0


@pytest.mark.parametrize(
    ("counts", "fault"),
    [
        pytest.param(0, "asked too often", id="a history that is forgotten"),
        pytest.param(2, "asked less than allowed", id="a history that counts double"),
    ],
)
def test_negative_control_a_wrong_count_is_found_out(
    counts: int, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories: Callable[..., Any] = judging.histories

    def miscounted(*args: Any, **more: Any) -> Any:
        return {who: past * counts for who, past in histories(*args, **more).items()}

    monkeypatch.setattr(judging, "histories", miscounted)
    apply_policy(doors.TEN_AND_NO_GAP + AT_ANY_HOUR, by=SYSTEM, now=timezone.now())
    caller = Caller()
    for _ in range(14):
        doors.one_by_one(caller, 0)
    assert faults(allowed=10)[fault] > 0
