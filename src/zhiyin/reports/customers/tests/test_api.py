"""``PUT /customers/…/opt-out``, ``DELETE /customers/…``: in force before the answer, and nobody learns who is there."""

import pytest
from django.utils import timezone

from tests.contracts.api_calls import Caller, found, interaction, make_organisation, problem, rows
from zhiyin.people.actions import put_customers
from zhiyin.people.identify import find_customer
from zhiyin.people.testing import SYSTEM, customers, given

pytestmark = pytest.mark.django_db
OPT_OUT, PERSON = "/customers/Cx1/opt-out", "/customers/Cx1"


@pytest.fixture
def caller() -> Caller:
    make_organisation()
    found(Caller(unit="N").post("/interactions", interaction("x1", unit="N-1")))
    return Caller()


def the_row():
    return customers().get(pk=find_customer("external", "Cx1"))


def without_request(answer):
    return {key: value for key, value in problem(answer).items() if key != "request_id"}


class TestOptingOut:
    def test_without_a_body_everything_is_refused(self, caller):
        answer = caller.call("PUT", OPT_OUT)
        assert answer.status_code == 200
        told = found(answer)
        assert told == {"customer": str(the_row().pk), "opted_out": True, "refuses": ["survey", "care", "research"]}
        assert the_row().opted_out_at is not None

    def test_one_purpose_with_its_proof(self, caller):
        told = found(caller.call("PUT", OPT_OUT, {"purpose": "care", "proof": "信 12"}))
        assert (told["opted_out"], told["refuses"]) == (False, ["care"])

    def test_the_same_again_answers_the_same_and_writes_nothing(self, caller):
        first = found(caller.call("PUT", OPT_OUT))
        before = rows()
        assert found(caller.call("PUT", OPT_OUT)) == first
        assert rows() == before

    @pytest.mark.parametrize(
        ("body", "status", "field"),
        [
            ({"purpose": "surveys"}, 422, "purpose"),
            ({"purposes": "care"}, 422, "purposes"),
            ({"proof": "x" * 301}, 422, "proof"),
            ({"opted_out": False}, 422, "opted_out"),
            (b"[]", 400, ""),
            (b"{", 400, ""),
        ],
    )
    def test_what_it_does_not_take(self, caller, body, status, field):
        answer = caller.call("PUT", OPT_OUT, body)
        assert answer.status_code == status
        assert [one["field"] for one in problem(answer)["errors"]][:1] == [field]
        assert the_row().refuses == 0

    def test_an_unknown_field_is_told_the_near_one(self, caller):
        assert "purpose" in problem(caller.call("PUT", OPT_OUT, {"purpos": "care"}))["errors"][0]["message"]


class TestErasing:
    def test_the_person_is_gone_and_comes_back_as_nobody(self, caller):
        assert found(caller.call("DELETE", PERSON))["erased"] is True
        assert the_row().erased_at is not None
        assert caller.call("DELETE", PERSON).status_code == 404
        assert caller.call("PUT", OPT_OUT).status_code == 404

    def test_an_open_legal_case_keeps_it(self, caller):
        customers().update(has_open_legal_case=True)
        answer = caller.call("DELETE", PERSON)
        assert (answer.status_code, problem(answer)["code"]) == (409, "legal_hold")
        assert the_row().erased_at is None


@pytest.mark.parametrize(("method", "path"), [("PUT", "/customers/{}/opt-out"), ("DELETE", "/customers/{}")])
class TestWhoMay:
    def test_a_read_key_may_not_and_no_key_is_asked_for_one(self, caller, method, path):
        assert Caller("read").call(method, path.format("Cx1")).status_code == 403
        assert Caller(secret="zy_nothing").call(method, path.format("Cx1")).status_code == 401
        assert the_row().refuses == 0

    def test_unknown_another_branchs_and_erased_answer_alike(self, caller, method, path):
        south = Caller(unit="S")
        unknown = without_request(south.call(method, path.format("nobody")))
        assert unknown["status"] == 404
        assert without_request(south.call(method, path.format("Cx1"))) == unknown
        caller.call("DELETE", PERSON)
        assert without_request(Caller(unit="N").call(method, path.format("Cx1"))) == unknown

    def test_ones_own_branch_may(self, caller, method, path):
        assert Caller(unit="N").call(method, path.format("Cx1")).status_code == 200

    @pytest.mark.parametrize("name", ["%00", "x" * 200, "..%2F..", "%E2%80%AE", "' OR 1=1 --"])
    def test_names_of_nobody(self, caller, method, path, name):
        assert caller.call(method, path.format(name)).status_code == 404

    def test_a_query_string_is_refused(self, caller, method, path):
        assert caller.call(method, path.format("Cx1") + "?force=1").status_code == 400


def test_an_id_with_a_slash_or_in_chinese_is_reached_by_its_encoding(caller):
    put_customers([given("客户 1")], by=SYSTEM, now=timezone.now())
    assert caller.call("PUT", "/customers/%E5%AE%A2%E6%88%B7%201/opt-out").status_code == 200
