"""The answers behind the figures, one answer, the preview: who may see them, and what they show."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from zhiyin.lib.text import both
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.actions import StaffGiven, UnitGiven, put_staff, put_unit
from zhiyin.responses.intake import receive
from zhiyin.responses.models import Response
from zhiyin.responses.testing import GOOD, LOW, Browser, make_link, make_survey

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _survey() -> None:
    make_survey(now=TODAY - timedelta(days=1))
    put_unit(UnitGiven(code="EAST", name=both("东区", "East"), parent="HQ"), by=SYSTEM, now=TODAY)


def signed_in(role: str, *, unit: str = "HQ") -> Client:
    given = StaffGiven(name="林晓岚", unit=unit, role=role, email=f"{role}@example.com", password="a-long-password")
    staff_id, _done = put_staff(given, by=SYSTEM, now=TODAY)
    client = Client()
    client.force_login(get_user_model().objects.get(pk=staff_id))
    return client


def answered(fields: Any) -> int:
    """One answer through the page, an hour ago; returns the response's id."""
    token = make_link(now=TODAY - timedelta(hours=1))
    assert Browser(now=TODAY - timedelta(minutes=50)).post(f"/s/{token}", fields).status == 200
    return Response.objects.order_by("-id").values_list("pk", flat=True)[0]


def told(number: int, score: int, **more: Any) -> None:
    """One answer that another system collected."""
    item = {"source": "ivr", "external_id": f"a{number}", "survey": "call", "answered_at": TODAY.isoformat()}
    (result,) = receive([{**item, "answers": {"overall": score}, **more}], by=SYSTEM, now=TODAY)
    assert result.status == "created"


def shown(page: Any) -> int:
    return len(re.findall(r"/responses/\d+/", page.text))


class TestTheList:
    def test_the_newest_first_with_the_customers_words(self) -> None:
        low, good = answered({**LOW, "q_comment": "打 13800138000"}), answered(GOOD)
        page = signed_in("quality_manager").get("/responses/").text
        assert page.index(f"/responses/{good}/") < page.index(f"/responses/{low}/")
        assert "打 138****8000" in page
        assert "态度不耐烦" in page
        assert "要求联系" in page

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("", 4),
            ("?least=5", 2),
            ("?most=4", 2),
            ("?least=3&most=9", 2),
            ("?touchpoint=hotline", 1),
            ("?touchpoint=moon", 0),
            ("?unit=EAST", 1),
            ("?unit=HQ", 4),
            ("?unit=NOWHERE", 0),
            ("?survey=call", 4),
            ("?survey=other", 0),
            ("?words=1", 1),
            ("?period=7d", 4),
            ("?from=2020-01-01&to=2020-02-01", 0),
            pytest.param("?least=x&most=-1&cursor=x", 4, id="nonsense filters nothing"),
            ("?measure=top_box", 4),
            ("?measure=top_box&dimension=behavior", 1),
            ("?dimension=behavior", 1),
            ("?dimension=safety", 0),
            ("?measure=recovery_rate", 0),
            ("?measure=ces", 0),
            ("?measure=nothing", 0),
            ("?measure=nps&survey=call&unit=EAST", 1),
            ("?measure=top_box&survey=other", 0),
            ("?segment=gold", 1),
            ("?segment=gold&brand=M", 1),
            ("?segment=gold&brand=N", 0),
            ("?moment=waiting", 0),
        ],
    )
    def test_filters(self, query: str, count: int) -> None:
        answered(LOW)
        told(1, 10)
        told(2, 6, unit="EAST")
        told(3, 4, customer={"external_id": "G1", "segment": "gold", "brand": "M"})
        assert shown(signed_in("quality_manager").get(f"/responses/{query}")) == count

    def test_what_the_figure_was_cut_by_stays_when_the_form_is_sent_again(self) -> None:
        page = signed_in("quality_manager").get("/responses/?measure=top_box&segment=gold&dimension=behavior&moment=x")
        for name, value in (("measure", "top_box"), ("segment", "gold")):
            assert f'<input type="hidden" name="{name}" value="{value}">' in page.text
        assert "满意度 10 分率" in page.text
        assert "没有符合条件的应答" in page.text

    def test_filtered_empty_is_another_thing_than_empty(self) -> None:
        client = signed_in("quality_manager")
        assert "这段时间没有应答" in client.get("/responses/").text
        assert "没有符合条件的应答" in client.get("/responses/?least=9").text

    def test_pages_follow_each_other_without_gap_or_repeat(self) -> None:
        for number in range(52):
            told(number, 9)
        client = signed_in("quality_manager")
        first = client.get("/responses/")
        following = re.search(r'href="(\?[^"]*cursor=\d+[^"]*)"', first.text)
        assert following
        second = client.get("/responses/" + following[1].replace("&amp;", "&"))
        assert (shown(first), shown(second)) == (50, 2)

    def test_another_branch_is_not_there(self) -> None:
        mine = answered(LOW)
        client = signed_in("team_lead", unit="EAST")
        assert shown(client.get("/responses/")) == 0
        assert client.get(f"/responses/{mine}/").status_code == 404
        assert client.get("/responses/1/").status_code == 404

    @pytest.mark.parametrize("role", ["agent", "executive", "administrator", "auditor"])
    def test_customers_words_are_not_for_everybody(self, role: str) -> None:
        client = signed_in(role)
        assert client.get("/responses/").status_code == 403
        assert client.get("/responses/1/").status_code == 403


def test_one_answer_with_all_that_is_around_it() -> None:
    page = signed_in("quality_manager").get(f"/responses/{answered(LOW)}/").text
    for words in ("热线服务评价", "总体满意度", "月费从 59 变成 89。", "态度不耐烦", "要求联系", "问卷页面", "call-"):
        assert words in page
    assert "138****" in page


def test_what_a_stranger_wrote_is_inert() -> None:
    page = (
        signed_in("quality_manager").get(f"/responses/{answered({**LOW, 'q_comment': '<img src=x onerror=a>'})}/").text
    )
    assert "&lt;img src=x onerror=a&gt;" in page
    assert "<img src=x" not in page


class TestPreview:
    def test_it_is_the_real_page_and_may_be_framed_by_the_console_only(self) -> None:
        page = signed_in("quality_manager").get(f"/s/preview/{make_survey(now=TODAY)}/?lang=en&big=1")
        assert "How was the call you just had?" in page.text
        assert 'class="big"' in page.text
        assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "SAMEORIGIN"

    @pytest.mark.parametrize(
        ("fields", "status", "words"), [(GOOD, 200, "收到了"), (LOW, 200, "道歉"), ({}, 422, "请回答")]
    )
    def test_s68_what_is_submitted_is_not_counted(self, fields: dict[str, str], status: int, words: str) -> None:
        page = signed_in("quality_manager").post(f"/s/preview/{make_survey(now=TODAY)}/", fields)
        assert (page.status_code, words in page.text) == (status, True)
        assert not Response.objects.exists()

    def test_it_is_for_those_who_may_see_surveys(self) -> None:
        address = f"/s/preview/{make_survey(now=TODAY)}/"
        assert Client().get(address).status_code == 403
        assert signed_in("agent").get(address).status_code == 403
        assert signed_in("quality_manager").get("/s/preview/1/").status_code == 404
