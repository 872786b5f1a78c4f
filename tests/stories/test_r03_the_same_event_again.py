"""R3: whoever sends an event again, in whatever order, from however many threads at once, changes nothing by it."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.contracts.api_calls import Caller, found, interaction, make_organisation
from tests.stories.tiers import minutes, sized
from tests.threads import together
from zhiyin.journey.testing import interactions
from zhiyin.ledger.intake import Claim
from zhiyin.messaging.testing import messages
from zhiyin.outreach import intake
from zhiyin.outreach.testing import decisions, invitation_rows

EVENTS = sized(c=10_000, n=10_000, r=50_000)
THREADS, BATCH = 8, 250
Item = dict[str, Any]
Told = dict[str, list[Item]]  # external id → every answer that was given about it
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(minutes(c=3, n=20))]


@pytest.fixture
def callers() -> list[Caller]:
    make_organisation()
    return [Caller() for _ in range(THREADS)]


def events(number: int) -> list[Item]:
    return [interaction(f"x{one}") for one in range(1, number + 1)]


def sent_by_all(callers: Sequence[Caller], items: Sequence[Item]) -> Told:
    """Each event by two of the threads, all at once, each in an order of its own."""
    told: Told = defaultdict(list)

    def send(thread: int) -> None:
        mine = [item for place, item in enumerate(items) if thread in (place % THREADS, (place + 1) % THREADS)]
        random.Random(thread).shuffle(mine)
        for start in range(0, len(mine), BATCH):
            batch = mine[start : start + BATCH]
            for item, result in zip(batch, found(callers[thread].post("/interactions", batch))["results"], strict=True):
                told[item["external_id"]].append(result)

    together([lambda thread=thread: send(thread) for thread in range(THREADS)])  # type: ignore[misc]
    return told


def faults(told: Told, expected: int) -> Counter[str]:
    """All that must not be: an event taken in twice or told about in two ways, a row too many or too few."""
    counted: Counter[str] = Counter()
    for answers in told.values():
        counted["created more than once"] += sum(one["status"] == "created" for one in answers) > 1
        counted["neither created nor replayed"] += any(one["status"] not in ("created", "replayed") for one in answers)
        same = {json.dumps({name: one[name] for name in one if name != "status"}, sort_keys=True) for one in answers}
        counted["told two things"] += len(same) > 1
    counted["interactions"] += abs(interactions().count() - expected)
    counted["decisions"] += abs(decisions().count() - expected)
    asked = list(invitation_rows().values_list("interaction_id", flat=True))
    counted["asked twice"] += len(asked) - len(set(asked))
    counted["messages"] += abs(messages().count() - len(set(asked)))
    return +counted


def spelled_otherwise(item: Item) -> Item:
    """The same event as another program might write it: other order, other offset, spaces in the number."""
    at = datetime.fromisoformat(item["ended_at"]).astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    phone = item["customer"]["phone"]
    customer = {"phone": f"{phone[:3]} {phone[3:7]} {phone[7:]}", "external_id": item["customer"]["external_id"]}
    return dict(reversed({**item, "customer": customer, "ended_at": at.isoformat()}.items()))


def test_every_event_is_taken_in_once_and_always_told_the_same(callers: list[Caller]) -> None:
    items = events(EVENTS)
    told = sent_by_all(callers, items)
    again = sent_by_all(callers, items[::-1])
    for key, answers in again.items():
        told[key] += answers
    otherwise = [spelled_otherwise(item) for item in items[:BATCH]]
    for item, result in zip(otherwise, found(callers[0].post("/interactions", otherwise))["results"], strict=True):
        told[item["external_id"]].append(result)
    assert faults(told, EVENTS) == {}
    assert sum(len(answers) for answers in told.values()) >= 3 * EVENTS


def test_another_body_under_the_same_id_is_refused_and_changes_nothing(callers: list[Caller]) -> None:
    items = events(EVENTS // 5)
    told = sent_by_all(callers, items)
    earlier = [{**item, "ended_at": "2026-11-01T10:00:00+08:00"} for item in items]
    statuses = Counter(
        one["status"]
        for start in range(0, len(earlier), BATCH)
        for one in found(callers[0].post("/interactions", earlier[start : start + BATCH]))["results"]
    )
    assert statuses == {"conflict": len(items)}
    for item, other in zip(items[:20], earlier[:20], strict=True):
        assert callers[0].post("/interactions", other).status_code == 409
        replays = [callers[0].post("/interactions", item) for _ in range(2)]
        assert {(one.status_code, one.headers["Idempotent-Replayed"]) for one in replays} == {(200, "true")}
        assert replays[0].content == replays[1].content, "to the byte"
        first = told[item["external_id"]][0]
        assert found(replays[0]) == {**found(replays[0]), **{name: first[name] for name in first if name != "status"}}
    assert faults(told, len(items)) == {}


def test_of_two_bodies_under_one_id_at_once_one_is_taken_in_and_the_other_refused(callers: list[Caller]) -> None:
    items = events(EVENTS // 50)
    bodies = (items, [{**item, "ended_at": "2026-11-01T10:00:00+08:00"} for item in items])
    statuses: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))

    def send(thread: int) -> None:
        for item in random.Random(thread).sample(bodies[thread % 2], len(items)):
            status = callers[thread].post("/interactions", item).status_code
            word = {201: "taken", 200: "taken", 409: "refused"}.get(status, str(status))
            statuses[item["external_id"]][thread % 2].add(word)

    together([lambda thread=thread: send(thread) for thread in range(THREADS)])  # type: ignore[misc]
    assert len(statuses) == len(items)
    for told in statuses.values():
        assert sorted(sorted(words) for words in told.values()) == [["refused"], ["taken"]], "all four of a body alike"
    assert interactions().count() == len(items)


def test_negative_control_an_intake_where_everybody_comes_first_is_found_out(
    callers: list[Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    def always_first(wanted: Any, *, now: datetime) -> dict[bytes, Claim]:
        return {one.key: one for one in wanted}

    monkeypatch.setattr(intake, "claim", always_first)
    items = events(THREADS * 5)
    found_out = faults(sent_by_all(callers, items), len(items))
    assert found_out["created more than once"] == len(items)
    assert found_out["interactions"] > 0
