"""The pages about questionnaires: who may see them, and what they show."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from zhiyin.journey.actions import put_map
from zhiyin.lib.text import both
from zhiyin.people.actions import StaffGiven, UnitGiven, found_organisation, put_staff, put_unit
from zhiyin.surveys.testing import NOW, SURVEY, SYSTEM, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _organisation() -> None:
    found_organisation(name=both("云桥", "Cloudbridge"), pack="hotline", by=SYSTEM, now=NOW)
    put_unit(UnitGiven(code="HQ", name=both("云桥", "Cloudbridge")), by=SYSTEM, now=NOW)
    behaviour = {"key": "behavior", "name": both("行为", "behaviour"), "definition": {}, "source": "S2.6"}
    put_map(scenarios=[], stages=[], dimensions=[behaviour], touchpoints=[], moments=[])


def signed_in(role: str) -> Client:
    given = StaffGiven(name="林晓岚", unit="HQ", role=role, email=f"{role}@example.com", password="a-long-password")
    staff_id, _done = put_staff(given, by=SYSTEM, now=NOW)
    client = Client()
    client.force_login(get_user_model().objects.get(pk=staff_id))
    return client


def test_without_a_survey_the_page_says_where_one_comes_from() -> None:
    page = signed_in("quality_manager").get("/surveys/")
    assert page.status_code == 200
    assert "还没有问卷" in page.text


def test_the_list_leads_to_the_survey_with_its_questions_and_preview() -> None:
    version = publish()
    client = signed_in("quality_manager")
    assert 'href="/surveys/call/"' in client.get("/surveys/").text
    page = client.get("/surveys/call/").text
    for words in ("热线服务评价", "总体满意度", "0 非常不满意 – 10 非常满意", "行为", "态度不耐烦", "第 1 版"):
        assert words in page
    assert f'src="/s/preview/{version.version_id}/?lang=zh-hans"' in page


def test_an_earlier_version_can_still_be_looked_at() -> None:
    publish()
    publish(SURVEY.replace("总体满意度", "总的来说"))
    client = signed_in("quality_manager")
    assert "总的来说" in client.get("/surveys/call/").text
    assert "总体满意度" in client.get("/surveys/call/?version=1").text
    assert client.get("/surveys/call/?version=9").status_code == 404
    assert client.get("/surveys/none/").status_code == 404


@pytest.mark.parametrize("role", ["agent", "team_lead"])
def test_others_are_told_that_it_is_not_for_them(role: str) -> None:
    publish()
    client = signed_in(role)
    assert client.get("/surveys/").status_code == 403
    assert client.get("/surveys/call/").status_code == 403


def test_strangers_are_sent_to_log_in() -> None:
    assert Client().get("/surveys/").status_code == 302
