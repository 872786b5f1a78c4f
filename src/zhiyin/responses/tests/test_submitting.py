"""What a customer sends from the survey page, and what is kept of it (RELIABILITY 3.3)."""

import re
import tomllib
from datetime import timedelta

import pytest

from zhiyin.ledger.chain import verify
from zhiyin.ledger.queries import events
from zhiyin.outreach.testing import NOW, SYSTEM
from zhiyin.outreach.tokens import token_hash
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.queries import flags, response_card, response_cards
from zhiyin.responses.submission import find_link
from zhiyin.responses.testing import GOOD, LOW, Browser, make_link, make_links
from zhiyin.surveys.actions import publish_file
from zhiyin.surveys.testing import SURVEY

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


def answers() -> int:
    return Response.objects.count()


def the_response() -> Response:
    return Response.objects.get()


class TestSubmitting:
    def test_a_good_answer_is_kept_whole_and_told_to_the_ledger(self) -> None:
        token, browser = make_link(), Browser()
        page = browser.post(f"/s/{token}", GOOD)
        assert page.status == 200
        assert "收到了，谢谢您" in page.text
        row = the_response()
        link = find_link(token_hash(token))
        assert link is not None
        assert (link.state, row.invitation_id, row.customer_id) == ("answered", link.invitation_id, link.customer_id)
        assert (row.headline, row.language, row.source, row.answered_at) == (9, "zh-hans", "web", browser.now)
        assert row.interaction_id is not None
        assert all((row.touchpoint_id, row.unit_id, row.scenario_id))
        assert list(Answer.objects.order_by("id").values_list("question", "value", "raw", "customer_id")) == [
            ("overall", 9, "9", row.customer_id),
            ("attitude", 10, "10", row.customer_id),
        ]
        told = events(kind="responses.received")
        assert [(one.subject, one.actor) for one in told] == [(f"response:{row.pk}", "customer")]
        assert verify().is_sound

    def test_a_low_answer_is_met_with_an_apology_and_what_happens_by_when(self) -> None:
        page = Browser().post(f"/s/{make_link()}", LOW)
        assert "这件事没办好，我们向您道歉" in page.text
        assert "30 分钟" in page.text
        row = the_response()
        assert (row.comment, row.wants_contact, row.headline) == ("月费从 59 变成 89。", True, 2)

    def test_s24_what_is_wrong_is_listed_with_links_and_everything_typed_is_kept(self) -> None:
        page = Browser().post(f"/s/{make_link()}", {**LOW, "q_overall": "", "q_attitude": "11"})
        assert page.status == 422
        assert answers() == 0
        assert '<a href="#i_overall">总体满意度</a>' in page.text
        assert '<a href="#i_attitude">服务态度</a>' in page.text
        assert 'role="alert"' in page.text
        assert "月费从 59 变成 89。</textarea>" in page.text
        assert re.search(r'value="rude" checked', page.text)
        assert re.search(r'name="q_call_me" value="1" checked', page.text)
        assert 'id="i_overall"' in page.text

    def test_s35_a_comment_too_long_is_kept_and_the_limit_said(self) -> None:
        page = Browser().post(f"/s/{make_link()}", {**LOW, "q_comment": "字" * 2001})
        assert page.status == 422
        assert "最多 2000 个字，现在有 2001 个" in page.text
        assert "字" * 2001 in page.text

    def test_s31_a_question_that_is_not_asked(self) -> None:
        assert Browser().post(f"/s/{make_link()}", {**GOOD, "q_height": "9"}).status == 422

    def test_s34_extra_fields_change_nothing_and_are_logged_by_name(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("INFO", logger="zhiyin.survey"):
            page = Browser().post(f"/s/{make_link()}", {**GOOD, "score": "1", "case_id": "77", "q_reasons": "rude"})
        assert page.status == 200
        assert (the_response().headline, the_response().case_id) == (9, None)
        assert "'case_id', 'score'" in caplog.text  # S34
        assert "['reasons']" in caplog.text  # S33
        assert "77" not in caplog.text

    @pytest.mark.parametrize(
        ("body", "headers", "status"),
        [
            pytest.param(b"q_comment=" + b"a" * 1_000_000, {}, 413, id="S36 a megabyte"),
            pytest.param(b"a=1&" * 10_000, {}, 400, id="S37 ten thousand fields"),
            pytest.param(b"--x", {"CONTENT_TYPE": "multipart/form-data; boundary=x"}, 400, id="S38 a file"),
            pytest.param(b"{}", {"CONTENT_TYPE": "application/json"}, 400, id="S38 JSON"),
            pytest.param(b"q_overall=9&q_attitude=9&q_overall%00=1", {}, 422, id="S39 NUL in a name"),
            pytest.param(b"q_overall=9&q_attitude=9&q_comment=%ED%A0%80", {}, 200, id="S40 surrogate"),
            pytest.param(b"q_overall=9&q_attitude=9&q_comment=%FF%FE", {}, 200, id="S40 no UTF-8"),
            pytest.param(b"q_overall=9", {"CONTENT_LENGTH": "x"}, 400, id="a length that is none"),
            pytest.param(b"", {"CONTENT_LENGTH": ""}, 422, id="no body"),
        ],
    )
    def test_bodies_that_no_browser_sends(self, body: bytes, headers: dict[str, str], status: int) -> None:
        if status == 413:
            headers = {**headers, "CONTENT_LENGTH": str(len(body))}
        page = Browser().send("POST", f"/s/{make_link()}", body, **headers)
        assert page.status == status

    def test_a_body_without_a_length_is_read_to_its_end(self) -> None:
        headers = {"CONTENT_LENGTH": "", "wsgi.input_terminated": "yes"}
        body = b"q_overall=9&q_attitude=9"
        assert Browser().send("POST", f"/s/{make_link()}", body, **headers).status == 200
        assert Browser().send("POST", f"/s/{make_link()}", b"q_comment=" + b"a" * 70_000, **headers).status == 413

    def test_s53_numbers_in_the_words_are_masked_for_everybody_and_kept_in_the_record(self) -> None:
        Browser().post(f"/s/{make_link()}", {**LOW, "q_comment": "打 13800138000，身份证 11010119900307123X"})
        row = the_response()
        assert "13800138000" in row.comment
        shown = response_card(row.pk, by=SYSTEM).comment
        assert "138****8000" in shown
        assert "19900307" not in shown

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({"HTTP_ORIGIN": "null"}, id="S64 null Origin"),
            pytest.param({"HTTP_USER_AGENT": "MicroMessenger/6.0"}, id="S64 old WeChat"),
            pytest.param({"HTTP_COOKIE": "zhiyin=forged; a=b"}, id="S63 cookies play no part"),
            pytest.param({"HTTP_DATE": "Thu, 01 Jan 1970 00:00:00 GMT"}, id="S66 phone clock wrong"),
            pytest.param({"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=gbk"}, id="charset"),
        ],
    )
    def test_what_browsers_differ_in_plays_no_part(self, headers: dict[str, str]) -> None:
        page = Browser().post(f"/s/{make_link()}", GOOD, **headers)
        assert page.status == 200
        assert answers() == 1

    def test_s67_the_version_that_was_sent_stays_the_version_that_is_asked(self) -> None:
        token = make_link()
        sent = find_link(token_hash(token))
        changed = tomllib.loads(SURVEY.replace("总体满意度", "总的来说"))
        new = publish_file(changed, by=SYSTEM, now=NOW + timedelta(minutes=1))[0]
        browser = Browser()
        assert new.is_new
        assert "总体满意度" in browser.get(f"/s/{token}").text
        assert browser.post(f"/s/{token}", {**GOOD, "v": str(new.version_id)}).status == 200
        assert sent is not None
        assert the_response().survey_version_id == sent.version_id

    def test_the_page_names_its_version_so_that_one_statement_is_enough(self) -> None:
        token, browser = make_link(), Browser()
        page = browser.get(f"/s/{token}")
        hidden = dict(re.findall(r'type="hidden" name="(\w)" value="(\d+)"', page.text))
        assert browser.post(f"/s/{token}", {**GOOD, **hidden}).status == 200
        assert answers() == 1
        assert browser.post(f"/s/{token}", {**GOOD, **hidden}).status == 200  # the same again
        assert answers() == 1

    @pytest.mark.parametrize("version", ["0", "-1", "9" * 19, "9" * 400, "x", ""])
    def test_a_made_up_version_is_not_believed(self, version: str) -> None:
        assert Browser().post(f"/s/{make_link()}", {**GOOD, "v": version, "t": version}).status == 200

    def test_s69_too_fast_is_kept_and_flagged(self) -> None:
        token, browser = make_link(), Browser()
        started = int(browser.now.timestamp() * 1000)
        browser.now += timedelta(seconds=1)
        assert browser.post(f"/s/{token}", {**GOOD, "t": str(started)}).status == 200
        assert flags(response_card(the_response().pk, by=SYSTEM)) == ("fast",)

    def test_s69_a_hundred_from_one_address_are_kept_and_flagged(self) -> None:
        tokens, browser = make_links(101), Browser()
        for token in tokens[:99]:
            browser.post(f"/s/{token}", GOOD)
        browser.post(f"/s/{tokens[99]}", GOOD, REMOTE_ADDR="198.51.100.1")
        cards = response_cards(Response.objects.values_list("pk", flat=True), by=SYSTEM)
        assert {flags(card) for card in cards.values()} == {()}
        browser.post(f"/s/{tokens[100]}", GOOD)
        assert sum("crowd" in flags(card) for card in cards.values()) == 99
        assert answers() == 101


class TestAgain:
    """S55 double click, S56 two tabs, S58 back button, S59 lost reply (S57 is in test_parallel.py)."""

    def test_the_same_body_sees_the_thanks_page_for_ten_minutes(self) -> None:
        token, browser = make_link(), Browser()
        first = browser.post(f"/s/{token}", LOW)
        browser.now += timedelta(minutes=10) - MOMENT
        again = browser.post(f"/s/{token}", LOW)
        assert (again.status, again.body) == (200, first.body)
        browser.now += MOMENT
        assert browser.post(f"/s/{token}", LOW).status == 404
        assert answers() == 1

    def test_s58_back_and_the_link_itself_is_dead(self) -> None:
        token, browser = make_link(), Browser()
        browser.post(f"/s/{token}", GOOD)
        assert browser.get(f"/s/{token}").status == 404
        assert browser.post(f"/s/{token}", GOOD).status == 200

    def test_the_same_body_by_another_link_is_another_answer(self) -> None:
        one, other = make_links(2)
        browser = Browser()
        assert browser.post(f"/s/{one}", GOOD).status == 200
        assert browser.post(f"/s/{other}", GOOD).status == 200
        assert answers() == 2
