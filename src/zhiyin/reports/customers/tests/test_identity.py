"""One person by every way in: WeChat and WeCom ids in the API."""

import pytest

from tests.contracts.api_calls import Caller, found, interaction, make_organisation, problem
from zhiyin.people.identify import find_customer
from zhiyin.people.queries import reaches
from zhiyin.people.testing import customers

pytestmark = pytest.mark.django_db
OPENID = "oX7-abc_DEF0123456789xyz"


@pytest.fixture(autouse=True)
def _world() -> None:
    make_organisation()


def person(external_id: str, **more: str) -> dict[str, str]:
    return {"external_id": external_id, **more}


@pytest.mark.parametrize("kind", ["wechat", "wecom"])
def test_two_ids_with_one_wechat_or_wecom_id_are_one_person(kind: str) -> None:
    caller = Caller()
    for number, external_id in enumerate(("C1", "C2")):
        body = interaction(number, customer=person(external_id, **{kind: OPENID}))
        assert caller.post("/interactions", body).status_code == 201
    assert customers().filter(merged_into=None).count() == 1
    one = find_customer(kind, OPENID) or 0
    assert reaches([one]) == {}  # no phone, no e-mail
    assert [way.kind for way in reaches([one], kinds=[kind])[one]] == [kind]


def test_the_letters_of_an_openid_are_told_apart_and_never_stored_in_clear() -> None:
    caller = Caller()
    for number, openid in enumerate((OPENID, OPENID.swapcase())):
        caller.post("/interactions", interaction(number, customer=person(f"C{number}", wechat=openid)))
    assert customers().count() == 2


def test_a_misspelt_field_is_told_the_near_name() -> None:
    answer = Caller().post("/interactions", interaction(customer=person("C1", wechatt=OPENID)))
    assert answer.status_code == 422
    (error,) = problem(answer)["errors"]
    assert (error["field"], "wechat" in error["message"]) == ("customer.wechatt", True)


def test_a_body_without_them_is_the_same_body_as_before() -> None:
    caller, body = Caller(), interaction(customer=person("C1"))
    first = found(caller.post("/interactions", body))
    again = caller.post("/interactions", body | {"customer": person("C1", wechat=None, wecom="")})
    assert (again.status_code, found(again)["interaction"]) == (200, first["interaction"])
