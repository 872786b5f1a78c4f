"""``/responses`` as other programs use it (CONTRACT section 3)."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from zhiyin.lib.text import both
from zhiyin.outreach.testing import NOW, SYSTEM
from zhiyin.people.actions import UnitGiven, put_unit
from zhiyin.people.api_auth import create_api_key
from zhiyin.responses.testing import LOW, Browser, make_link, make_survey

pytestmark = pytest.mark.django_db
ONE: dict[str, Any] = {
    "source": "phone",
    "external_id": "p-1",
    "survey": "call",
    "answered_at": "2026-11-20T10:00:00+08:00",
    "answers": {"overall": 9, "comment": "打我 13800138000"},
}


class Api:
    """A program with a key."""

    def __init__(self, *, scope: str = "write", unit: str = "") -> None:
        secret = create_api_key(name="test", scope=scope, unit=unit, by=SYSTEM, now=NOW)
        self._client = Client(headers={"authorization": f"Bearer {secret}"})

    def post(self, body: object) -> Any:
        return self._client.post("/api/v1/responses", body, content_type="application/json")

    def get(self, query: str = "") -> Any:
        return self._client.get(f"/api/v1/responses{query}")


@pytest.fixture(autouse=True)
def _survey() -> None:
    make_survey()


def test_one_object_answers_201_then_200_then_409() -> None:
    api = Api()
    first, again, other = api.post(ONE), api.post(ONE), api.post({**ONE, "answers": {"overall": 8}})
    assert (first.status_code, first.json()["status"]) == (201, "created")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["response"] == first.json()["response"]
    assert other.status_code == 409
    assert [error["field"] for error in other.json()["errors"]] == ["answers"]


def test_what_cannot_be_taken_is_422_and_names_the_field() -> None:
    answer = Api().post({**ONE, "answers": {"overall": 11}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "answers.overall"
    assert "10" in answer.json()["errors"][0]["message"]


def test_an_array_answers_200_with_a_result_for_each() -> None:
    answer = Api().post([ONE, ONE, {**ONE, "external_id": "p-2", "survey": "x"}, 7])
    assert answer.status_code == 200
    assert [one["status"] for one in answer.json()["results"]] == ["created", "replayed", "invalid", "invalid"]


def test_a_batch_of_1001_is_413() -> None:
    assert Api().post([ONE] * 1001).status_code == 413


def test_a67_a_read_key_may_not_write() -> None:
    assert Api(scope="read").post(ONE).status_code == 403


def test_reading_pages_in_the_order_of_arrival_masks_and_names_keys() -> None:
    api = Api()
    api.post([{**ONE, "external_id": f"p-{number}"} for number in range(5)])
    first = api.get("?survey=call&limit=2").json()
    second = api.get(f"?survey=call&limit=2&cursor={first['next']}").json()
    third = api.get(f"?survey=call&limit=2&cursor={second['next']}").json()
    shown = [item["external_id"] for page in (first, second, third) for item in page["items"]]
    assert shown == [f"p-{number}" for number in range(5)]
    assert third["next"] is None
    item = first["items"][0]
    assert (item["survey"], item["version"], item["answers"]) == ("call", 2, {"overall": 9})
    assert item["comment"] == "打我 138****8000"


def test_an_answer_of_the_page_is_read_with_its_interaction() -> None:
    Browser().post(f"/s/{make_link()}", LOW)
    (item,) = Api(scope="read").get("?survey=call").json()["items"]
    assert item["answers"] == {"overall": 2, "attitude": 0, "reasons": ["rude"]}
    assert (item["source"], item["touchpoint"], item["call_me"]) == ("web", "hotline", True)
    assert item["interaction"]
    assert datetime.fromisoformat(item["answered_at"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?since=2026-11-20T02:00:00Z", 200),
        ("?since=yesterday", 400),
        ("?limit=1001", 400),
        ("?limit=0", 400),
        ("?page=1", 400),
        ("?cursor=x", 400),
        ("?survey=nothing", 200),
    ],
)
def test_what_may_be_asked(query: str, status: int) -> None:
    assert Api().get(query).status_code == status


def test_since_is_when_it_was_answered() -> None:
    api = Api()
    api.post(ONE)
    assert len(api.get("?since=2026-11-20T10:00:00%2B08:00").json()["items"]) == 1
    assert api.get("?since=2026-11-20T10:00:01%2B08:00").json()["items"] == []


def test_another_branch_is_not_there() -> None:
    put_unit(UnitGiven(code="EAST", name=both("东", "East"), parent="HQ"), by=SYSTEM, now=NOW)
    Api().post(ONE)
    east = Api(unit="EAST")
    assert east.get().json()["items"] == []
    east.post({**ONE, "external_id": "east"})
    assert [item["external_id"] for item in east.get().json()["items"]] == ["east"]
