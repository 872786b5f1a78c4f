"""``/api/v1/cases``: the verbs as a program uses them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zhiyin.cases.models import Case
from zhiyin.cases.testing import NOW, SYSTEM, Desk, make_case, make_customer, make_desk
from zhiyin.journey import queries as journey
from zhiyin.people.api_auth import create_api_key
from zhiyin.people.queries import customer_cards, staff_cards

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def api(desk: Desk) -> "Program":
    return Program(create_api_key(name="crm", scope="write", by=SYSTEM, now=NOW))


class Program:
    """Another system with a key."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"authorization": f"Bearer {secret}"})

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1{path}")
        return answer.status_code, answer.json()

    def post(self, path: str, body: object) -> tuple[int, Any]:
        answer = self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    def act(self, case_id: int | str, action: str, **given: object) -> tuple[int, Any]:
        return self.post(f"/cases/{case_id}/actions", {"action": action, **given})


def code_of(staff_id: int | None) -> str:
    return staff_cards([staff_id])[staff_id or 0].code


def own_id(customer_id: int) -> str:
    return customer_cards([customer_id], by=SYSTEM)[customer_id].external_id


def test_a_case_can_be_taken_through_the_whole_loop(desk: Desk, api: Program) -> None:
    case_id = make_case(desk).case_id
    steps: list[tuple[str, dict[str, object], str | None]] = [
        ("assign", {"staff": code_of(desk.agent.staff_id)}, "connect"),
        ("connect", {"text": "接通"}, "commit"),
        ("commit", {"text": "今天答复"}, "complete"),
        ("promise", {"text": "恢复原套餐"}, "complete"),
        ("compensate", {"kind": "discount", "amount": 30}, "complete"),
        ("escalate", {"reason": "客户要求"}, "complete"),
        ("pause", {"reason": "客户在开会"}, "complete"),
        ("resume", {}, "complete"),
        ("complete", {}, "confirm"),
        ("confirm", {"agreed": True}, "close"),
        ("close", {"cause": "misled"}, "callback"),
        ("callback", {"solved": False, "text": "又来了"}, "complete"),
        ("complete", {}, "confirm"),
        ("confirm", {"agreed": True}, "close"),
        ("close", {}, None),
        ("reopen", {"reason": "客户来电"}, "complete"),
        ("note", {"text": "记一笔"}, "complete"),
    ]
    for action, given, then in steps:
        status, body = api.act(case_id, action, **given)
        assert (status, body.get("next")) == (200, then), (action, body)
    assert (body["state"], body["cause"], body["gap"]) == ("open", "misled", "behavior")
    assert [entry["kind"] for entry in body["entries"]][-1] == "note"
    assert {clock["clock"] for clock in body["clocks"]} >= {"connect", "commit", "complete", "confirm", "callback"}


def test_a_refusal_says_why_and_what_to_do(desk: Desk, api: Program) -> None:
    case_id = make_case(desk).case_id
    status, body = api.act(case_id, "close")
    assert (status, body["code"]) == (409, "closed_too_early")
    assert body["detail"]
    api.act(case_id, "connect")
    status, body = api.act(case_id, "connect")
    assert (status, body["code"]) == (409, "already_contacted")


def test_a_stale_version_is_a_conflict(desk: Desk, api: Program) -> None:
    case_id = make_case(desk).case_id
    _, seen = api.get(f"/cases/{case_id}")
    api.act(case_id, "connect")
    status, body = api.act(case_id, "commit", version=seen["version"])
    assert (status, body["code"]) == (409, "stale")


def test_whom_it_is_about_cannot_be_given_the_case(desk: Desk, api: Program) -> None:
    case_id = make_case(desk, about_id=desk.agent.staff_id).case_id
    status, body = api.act(case_id, "assign", staff=code_of(desk.agent.staff_id))
    assert (status, body["code"]) == (403, "conflict_of_interest")


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 422, "missing", "action"),
        ({"action": "dance"}, 422, "choice", "action"),
        ({"action": "accept"}, 422, "choice", "action"),  # of the workbench only
        ({"action": 7}, 422, "type.text", "action"),
        ({"action": "confirm"}, 422, "missing", "agreed"),
        ({"action": "confirm", "agreed": "yes"}, 422, "type.bool", "agreed"),
        ({"action": "connect", "txet": "x"}, 422, "unknown_field", "txet"),
        ({"action": "connect", "text": "a\u0000b"}, 422, "text_nul", "text"),
        ({"action": "connect", "text": "x" * 2001}, 422, "text_too_long", "text"),
        ({"action": "connect", "version": 2**31}, 422, "int_range", "version"),
        ({"action": "connect", "version": 0}, 422, "int_range", "version"),
        ({"action": "commit", "promised_for": "9999-12-31T23:00:00-08:00"}, 422, "time_year", "promised_for"),
        ({"action": "commit", "promised_for": "2026-11-22 10:00"}, 422, "time_no_offset", "promised_for"),
        ({"action": "pause"}, 422, "missing", "reason"),
        ({"action": "pause", "reason": ""}, 422, "blank", "reason"),
        ({"action": "compensate", "kind": "car"}, 422, "choice", "kind"),
        ({"action": "compensate", "kind": "gift", "amount": -1}, 422, "number_range", "amount"),
        ({"action": "assign", "staff": "nobody"}, 404, "unknown_key", "staff"),
        ([{"action": "connect"}], 400, None, ""),
        ("connect", 400, None, ""),
    ],
)
def test_bad_bodies_are_refused_by_field(
    desk: Desk, api: Program, body: object, status: int, code: str | None, field: str
) -> None:
    case_id = make_case(desk).case_id
    before = Case.objects.get(pk=case_id).version
    found, problem = api.post(f"/cases/{case_id}/actions", body)
    assert (found, problem["status"]) == (status, status)
    if code:
        assert problem["code"] == code.partition(".")[0]
        assert problem["errors"][0]["field"] == field
    assert Case.objects.get(pk=case_id).version == before


@pytest.mark.parametrize("path", ["0", "-1", "99999999999999999999", "GD-20261120-9999", "x", "1.5", "%00"])
def test_what_names_no_case_is_not_found(desk: Desk, api: Program, path: str) -> None:
    assert api.get(f"/cases/{path}")[0] == 404
    assert api.act(path, "connect")[0] == 404


def test_cases_are_found_by_id_and_by_code(desk: Desk, api: Program) -> None:
    opened = make_case(desk)
    assert api.get(f"/cases/{opened.code}")[1]["id"] == str(opened.case_id)
    status, body = api.get(f"/cases/{opened.case_id}")
    assert (status, body["code"]) == (200, opened.code)
    assert body["customer"]["phone"].count("*") == 4


class TestList:
    def test_pages_follow_one_another(self, desk: Desk, api: Program) -> None:
        ids = [str(make_case(desk, now=NOW + n * HOURS).case_id) for n in range(5)]
        _, first = api.get("/cases?limit=2")
        _, second = api.get(f"/cases?limit=2&cursor={first['next']}")
        _, third = api.get(f"/cases?limit=2&cursor={second['next']}")
        assert [item["id"] for page in (first, second, third) for item in page["items"]] == ids[::-1]
        assert third["next"] is None

    def test_filters(self, desk: Desk, api: Program) -> None:
        mine, other = make_case(desk), make_case(desk, unit_id=desk.other_team, interaction_id=77)
        api.act(mine.case_id, "assign", staff=code_of(desk.agent.staff_id))
        api.act(other.case_id, "pause", reason="等客户")
        for query, expected in (
            ("state=open", [mine]),
            ("state=paused", [other]),
            ("state=closed", []),
            (f"owner={code_of(desk.agent.staff_id)}", [mine]),
            ("owner=none", [other]),
            ("owner=nobody", []),
            ("unit=SD-04", [other]),
            ("unit=SD", [other, mine]),
            ("unit=XX", []),
            ("interaction=77", [other]),
            (f"customer={own_id(desk.customer_id)}", [other, mine]),
            ("customer=stranger", []),
        ):
            _, body = api.get(f"/cases?{query}")
            assert [item["code"] for item in body["items"]] == [one.code for one in expected], query

    def test_what_it_does_not_know_is_refused(self, desk: Desk, api: Program) -> None:
        for query in ("stat=open", "state=gone", "limit=0", "limit=1001", "state=open&state=open"):
            assert api.get(f"/cases?{query}")[0] == 400, query

    def test_a_longer_list_costs_no_more_queries(
        self, desk: Desk, api: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journey, "MAP_LIVES", 3600.0)  # however slow the machine is

        def cost(cases: int) -> int:
            with CaptureQueriesContext(connection) as asked:
                assert len(api.get("/cases")[1]["items"]) == cases
            return len(asked)

        make_case(desk)
        api.get("/cases")  # reads what is kept between requests
        one = cost(1)
        for _ in range(11):
            make_case(desk, customer_id=make_customer())
        assert cost(12) == one


class TestOpening:
    def test_by_hand(self, desk: Desk, api: Program) -> None:
        body = {"customer": own_id(desk.customer_id), "title": "来电投诉资费", "unit": "SD-03", "complaint": True}
        status, case = api.post("/cases", body)
        assert (status, case["title"], case["unit"], case["reasons"]) == (201, "来电投诉资费", "SD-03", ["complaint"])
        assert case["priority"] == "high"

    def test_an_external_id_makes_it_safe_to_repeat(self, desk: Desk, api: Program) -> None:
        body = {"customer": own_id(desk.customer_id), "title": "一次", "external_id": "crm-1"}
        first, again = api.post("/cases", body), api.post("/cases", body)
        assert (first[0], again[0]) == (201, 200)
        assert first[1]["id"] == again[1]["id"]

    @pytest.mark.parametrize(
        ("field", "status"),
        [("customer", 404), ("touchpoint", 422), ("unit", 404), ("staff", 404), ("interaction", 404)],
    )
    def test_names_that_are_not_here(self, desk: Desk, api: Program, field: str, status: int) -> None:
        """A touchpoint is the same word for everybody, so a wrong one is a wrong word; the rest is simply not there."""
        wrong = "9" * 19 if field == "interaction" else "nothing_here"
        body = {"customer": own_id(desk.customer_id), "title": "x", field: wrong}
        found, problem = api.post("/cases", body)
        assert (found, [error["field"] for error in problem["errors"]]) == (status, [field])


class TestKeys:
    def test_without_a_key(self, desk: Desk) -> None:
        assert Client().get("/api/v1/cases").status_code == 401

    def test_a_reading_key_reads(self, desk: Desk) -> None:
        reader = Program(create_api_key(name="bi", scope="read", by=SYSTEM, now=NOW))
        case_id = make_case(desk).case_id
        assert reader.get("/cases")[0] == 200
        assert reader.act(case_id, "connect")[0] == 403

    def test_a_units_key_sees_its_unit(self, desk: Desk) -> None:
        key = Program(create_api_key(name="team", scope="write", unit="SD-04", by=SYSTEM, now=NOW))
        ours, theirs = make_case(desk, unit_id=desk.other_team), make_case(desk)
        assert [item["code"] for item in key.get("/cases")[1]["items"]] == [ours.code]
        assert key.get(f"/cases/{theirs.case_id}")[0] == 404
        assert key.act(theirs.case_id, "connect")[0] == 404
