"""Answers from other systems: idempotent, per item, whole or not at all."""

import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from zhiyin.ledger.queries import events
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations
from zhiyin.people.identify import find_customer
from zhiyin.responses.intake import Result, receive
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.queries import response_card
from zhiyin.responses.testing import make_survey
from zhiyin.surveys.actions import publish_file
from zhiyin.surveys.testing import SURVEY

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def item(number: int = 1, **changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "source": "ivr",
        "external_id": f"a{number}",
        "survey": "call",
        "customer": {"external_id": f"IVR{number}", "phone": f"139{number:08}"},
        "touchpoint": "hotline",
        "answered_at": NOW.isoformat(),
        "answers": {"overall": 3, "reasons": ["slow"], "comment": "等了很久", "call_me": True},
    }
    return {**given, **changed}


def take(*items: dict[str, Any]) -> list[Result]:
    return receive(items, by=SYSTEM, now=LATER)


def codes(result: Result) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in result.faults]


@pytest.fixture(autouse=True)
def _survey() -> None:
    make_survey()


def test_an_answer_from_ivr_is_kept_like_one_of_the_page() -> None:
    (result,) = take(item())
    assert result.status == "created"
    card = response_card(result.response or 0, by=SYSTEM)
    assert (card.scores, card.reasons, card.comment) == ({"overall": 3}, ("slow",), "等了很久")
    assert (card.wants_contact, card.headline, card.is_low, card.source) == (True, 3, True, "ivr")
    assert card.customer_id == find_customer("external", "IVR1")
    assert (card.answered_at, card.received_at) == (NOW, LATER)
    assert all((card.touchpoint_id, card.scenario_id))
    assert [one.subject for one in events(kind="responses.received")] == [f"response:{card.id}"]


def test_the_same_again_is_the_same_answer() -> None:
    first, again = take(item(), item())
    (later,) = take(item())
    assert [one.status for one in (first, again, later)] == ["created", "replayed", "replayed"]
    assert {one.response for one in (first, again, later)} == {first.response}
    assert Response.objects.count() == 1


def test_null_and_absence_are_one_body() -> None:
    take(item())
    assert take(item(unit=None, staff=""))[0].status == "replayed"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"answers": {"overall": 4}}, "answers"),
        ({"answered_at": (NOW - timedelta(hours=1)).isoformat()}, "answered_at"),
        ({"language": "en"}, "language"),
        ({"touchpoint": None}, "touchpoint"),
        ({"attributes": {"line": "2"}}, "attributes"),
    ],
)
def test_the_same_id_with_another_body_is_a_conflict_that_names_the_field(changed: dict[str, Any], field: str) -> None:
    take(item())
    (result,) = take(item(**changed))
    assert result.status == "conflict"
    assert field in [fault.field for fault in result.faults]
    assert Response.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"survey": "nothing"}, [("survey", "unknown_key")]),
        ({"version": 99}, [("survey", "unknown_key")]),
        ({"touchpoint": "moon", "unit": "X"}, [("touchpoint", "unknown_key"), ("unit", "unknown_key")]),
        ({"staff": "A0"}, [("staff", "unknown_key")]),
        ({"interaction": {"source": "cti", "external_id": "none"}}, [("interaction", "unknown_key")]),
        ({"answers": {"overall": 11}}, [("answers.overall", "off_scale")]),
        ({"answers": {"overall": 5.5}}, [("answers.overall", "off_scale")]),
        ({"answers": {"overall": True}}, []),
        ({"answers": {"height": 1}}, [("answers.height", "unknown_question")]),
        ({"answers": {"overall": {"x": 1}}}, [("answers.overall", "type")]),
        ({"answers": {}}, [("answers", "no_answers")]),
        ({"answers": None}, [("answers", "missing")]),
        ({"answered_at": (LATER + timedelta(hours=2)).isoformat()}, [("answered_at", "time_future")]),
        ({"external_id": ""}, [("external_id", "blank")]),
        ({"scor": 1}, [("scor", "unknown_field")]),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    (result,) = take(item(**changed))
    assert codes(result) == expected
    assert Response.objects.count() == (0 if expected else 1)


def test_a81_one_bad_item_never_costs_the_others() -> None:
    items = [item(number) for number in range(1, 101)]
    items[50] = item(51, answers={"overall": 12})
    results = take(*items)
    assert [place for place, one in enumerate(results) if one.status == "invalid"] == [50]
    assert Response.objects.count() == 99


def test_a_batch_costs_a_handful_of_statements(django_assert_max_num_queries: Any) -> None:
    take(item(0))
    with django_assert_max_num_queries(40):
        take(*(item(number) for number in range(1, 301)))
    assert Answer.objects.count() == 301 * 2


def test_an_answer_about_an_interaction_takes_customer_unit_and_staff_from_it() -> None:
    make_invitations(1)
    about = events(kind="journey.interactions_received")[0].data["ids"][0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id, customer_id, unit_id FROM journey_interaction WHERE id = %s", [about])
        external_id, customer_id, unit_id = cursor.fetchone()
    named = {"source": "test", "external_id": external_id}
    (result,) = take(item(interaction=named, customer=None, touchpoint=None))
    card = response_card(result.response or 0, by=SYSTEM)
    assert (card.interaction_id, card.customer_id, card.unit_id) == (about, customer_id, unit_id)
    assert card.touchpoint_id


def test_nobody_need_be_named() -> None:
    (result,) = take(item(customer=None, touchpoint=None))
    card = response_card(result.response or 0, by=SYSTEM)
    assert (card.customer_id, card.touchpoint_id) == (None, 0)


def test_an_earlier_version_may_have_been_asked() -> None:
    publish_file(tomllib.loads(SURVEY.replace('key = "speed"', 'key = "pace"')), by=SYSTEM, now=NOW)
    old, new = take(item(1, version=2, answers={"speed": 3}), item(2, answers={"pace": 3}))
    assert [one.status for one in (old, new)] == ["created", "created"]


@pytest.mark.django_db(transaction=True)
def test_a62_eight_in_parallel_are_one_answer() -> None:
    make_survey()

    def work(_: int) -> str:
        try:
            return take(item())[0].status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(work, range(8)))
    assert statuses.count("created") == 1
    assert statuses.count("replayed") == 7
    assert Response.objects.count() == 1
