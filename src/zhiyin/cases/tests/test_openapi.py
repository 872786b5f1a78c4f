"""What ``/cases`` is said to take and to answer is what it takes and answers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

from zhiyin.cases.actions import closing, handling, stepping
from zhiyin.cases.cleaning import VERBS
from zhiyin.cases.openapi import GET_CASE, GET_CASES, POST_ACTION, POST_CASE
from zhiyin.cases.rules.steps import Action
from zhiyin.cases.testing import NOW, SYSTEM, Desk, make_case, make_desk
from zhiyin.people.api_auth import create_api_key
from zhiyin.people.queries import customer_cards, staff_cards

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
JSON = "application/json"


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def client(desk: Desk) -> Client:
    secret = create_api_key(name="crm", scope="write", by=SYSTEM, now=NOW)
    return Client(headers={"authorization": f"Bearer {secret}"})


def answers(call: Mapping[str, Any], status: int) -> Any:
    """A validator of what this call answers with this status."""
    return jsonschema_rs.validator_for(call["responses"][status]["content"][JSON]["schema"])


def takes(call: Mapping[str, Any]) -> Any:
    return jsonschema_rs.validator_for(call["requestBody"]["content"][JSON]["schema"])


def lived(desk: Desk, *, to: str) -> int:
    """A case somewhere on its way."""
    case_id = make_case(desk).case_id
    if to == "opened":
        return case_id
    handling.accept(case_id=case_id, by=desk.agent, now=NOW)
    stepping.connect(case_id=case_id, by=desk.agent, now=NOW + HOUR, text="打通了")
    if to == "paused":
        handling.pause(case_id=case_id, by=desk.agent, now=NOW + HOUR, reason="客户出差")
        return case_id
    stepping.commit(case_id=case_id, by=desk.agent, now=NOW + HOUR, promised_for=NOW + 24 * HOUR)
    stepping.complete(case_id=case_id, by=desk.agent, now=NOW + 2 * HOUR)
    stepping.confirm(case_id=case_id, by=desk.agent, now=NOW + 3 * HOUR, agreed=to == "closed")
    if to == "closed":
        closing.close(case_id=case_id, by=desk.agent, now=NOW + 4 * HOUR, cause="misled", text="办完")
    return case_id


class TestAnswers:
    @pytest.mark.parametrize("to", ["opened", "paused", "problem", "closed"])
    def test_a_case_looks_as_described_wherever_it_stands(self, desk: Desk, client: Client, to: str) -> None:
        case_id = lived(desk, to=to)
        one = client.get(f"/api/v1/cases/{case_id}").json()
        answers(GET_CASE, 200).validate(one)
        answers(GET_CASES, 200).validate(client.get("/api/v1/cases").json())
        described = GET_CASE["responses"][200]["content"][JSON]["schema"]["properties"]
        assert set(one) == set(described)  # nothing is told that nobody was told of
        assert {name for clock in one["clocks"] for name in clock} == set(described["clocks"]["items"]["properties"])
        assert {name for entry in one["entries"] for name in entry} == set(described["entries"]["items"]["properties"])

    def test_a_case_opened_by_hand_and_the_same_again(self, desk: Desk, client: Client) -> None:
        customer = customer_cards([desk.customer_id], by=SYSTEM)[desk.customer_id].external_id
        body = {"customer": customer, "title": "来电投诉", "unit": "SD-03", "external_id": "x-1"}
        takes(POST_CASE).validate(body)
        for status in (201, 200):
            answer = client.post("/api/v1/cases", body, content_type=JSON)
            assert answer.status_code == status
            answers(POST_CASE, status).validate(answer.json())

    def test_the_validator_itself_tells_right_from_wrong(self, desk: Desk, client: Client) -> None:
        one = client.get(f"/api/v1/cases/{lived(desk, to='opened')}").json()
        assert not answers(GET_CASE, 200).is_valid({**one, "state": "lost"})
        assert not answers(GET_CASE, 200).is_valid({**one, "id": int(one["id"])})
        assert not answers(GET_CASE, 200).is_valid({name: value for name, value in one.items() if name != "clocks"})


GOOD: Mapping[Action, Mapping[str, Any]] = {
    Action.ASSIGN: {"staff": "colleague", "text": "请跟进"},
    Action.CONNECT: {"text": "打通了", "version": 1},
    Action.COMMIT: {"promised_for": "2026-11-22T10:00:00+08:00"},
    Action.COMPLETE: {},
    Action.CONFIRM: {"agreed": True},
    Action.CALLBACK: {"solved": False, "text": None},
    Action.NOTE: {"text": "记一笔\n第二行"},
    Action.PROMISE: {"text": "退费"},
    Action.COMPENSATE: {"kind": "gift", "amount": 20.5},
    Action.ESCALATE: {"reason": "超出权限"},
    Action.PAUSE: {"reason": "客户出差"},
    Action.RESUME: {},
    Action.REOPEN: {"reason": "又来了"},
    Action.CLOSE: {"cause": "misled", "gap": "behavior"},
}
BAD: Mapping[Action, Mapping[str, Any]] = {
    Action.ASSIGN: {"staff": 5},
    Action.CONNECT: {"version": 0},
    Action.COMMIT: {"promised": "2026-11-22T10:00:00+08:00"},
    Action.COMPLETE: {"text": ["x"]},
    Action.CONFIRM: {"agreed": "yes"},
    Action.CALLBACK: {},
    Action.NOTE: {"text": "字" * 2001},
    Action.PROMISE: {"promised_for": "2026-11-22T10:00:00+08:00"},
    Action.COMPENSATE: {"kind": "pony", "amount": 1},
    Action.ESCALATE: {"reason": None},
    Action.PAUSE: {"text": "no reason"},
    Action.RESUME: {"text": "nothing is taken here"},
    Action.REOPEN: {},
    Action.CLOSE: {"cause": "c" * 61},
}


class TestBodies:
    """Of each verb one body that is right and one that is wrong, judged by the description and by the call alike."""

    def test_every_verb_is_described_once_by_its_name(self) -> None:
        described = [one["title"] for one in POST_ACTION["requestBody"]["content"][JSON]["schema"]["oneOf"]]
        assert described == [verb.value for verb in VERBS]
        assert set(GOOD) == set(BAD) == set(VERBS)

    @pytest.mark.parametrize("verb", VERBS, ids=str)
    def test_what_is_described_as_wrong_is_refused_and_what_as_right_is_not(
        self, desk: Desk, client: Client, verb: Action
    ) -> None:
        case_id = make_case(desk).case_id
        good, bad = ({"action": verb.value, **given[verb]} for given in (GOOD, BAD))
        if "staff" in good:
            good["staff"] = staff_cards([desk.colleague.staff_id])[desk.colleague.staff_id or 0].code
        assert (takes(POST_ACTION).is_valid(good), takes(POST_ACTION).is_valid(bad)) == (True, False)
        refused, taken = (
            client.post(f"/api/v1/cases/{case_id}/actions", body, content_type=JSON) for body in (bad, good)
        )
        assert refused.status_code == 422
        # A right body may still be the wrong step just now; that is no fault of its shape.
        assert taken.status_code in (200, 409) or taken.json()["errors"] == [], taken.json()

    @pytest.mark.parametrize(
        ("body", "is_right"),
        [
            ({"customer": "C1", "title": "投诉"}, True),
            ({"customer": "C1", "title": "投诉", "complaint": True, "text": None, "interaction": "712"}, True),
            ({"title": "投诉"}, False),
            ({"customer": "C1"}, False),
            ({"customer": "C1", "title": ""}, False),
            ({"customer": "C1", "title": "t" * 201}, False),
            ({"customer": "C1", "title": "投诉", "interaction": 712}, False),
            ({"customer": "C1", "title": "投诉", "complaint": "yes"}, False),
            ({"customer": "C1", "title": "投诉", "priority": "high"}, False),
        ],
    )
    def test_a_case_by_hand(self, desk: Desk, client: Client, body: dict[str, Any], is_right: bool) -> None:
        assert takes(POST_CASE).is_valid(body) is is_right
        answer = client.post("/api/v1/cases", body, content_type=JSON)
        assert answer.status_code == (404 if is_right else 422)  # nobody here is called C1


@pytest.mark.parametrize(
    ("call", "statuses"),
    [
        (GET_CASES, {200, 400, 401, 403, 404, 503}),
        (GET_CASE, {200, 400, 401, 403, 404, 503}),
        (POST_CASE, {200, 201, 400, 401, 403, 404, 409, 413, 415, 422, 503}),
        (POST_ACTION, {200, 400, 401, 403, 404, 409, 413, 415, 422, 429, 503}),
    ],
)
def test_each_call_says_what_can_come_of_it(call: Mapping[str, Any], statuses: set[int]) -> None:
    assert set(call["responses"]) == statuses


def test_every_filter_of_the_list_is_described() -> None:
    described = {one["name"]: one["schema"] for one in GET_CASES["parameters"]}
    assert set(described) == {"state", "owner", "unit", "customer", "interaction", "limit", "cursor"}
    assert described["state"]["enum"] == ["open", "paused", "closed"]
