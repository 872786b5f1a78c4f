"""The survey page as strangers and customers meet it (RELIABILITY 3.3, CONTRACT section 4)."""

import re
import zlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries

from zhiyin.outreach.testing import NOW, SYSTEM, invitation_rows
from zhiyin.outreach.tokens import end_links, new_token, token_hash
from zhiyin.people.queries import customer_cards
from zhiyin.responses import hot
from zhiyin.responses.models import Response
from zhiyin.responses.rendering import Look
from zhiyin.responses.sql import FIND
from zhiyin.responses.statements import Row, Statement, Value
from zhiyin.responses.submission import find_link
from zhiyin.responses.testing import GOOD, LOW, Browser, make_link, make_links, make_survey

pytestmark = pytest.mark.django_db
SENT = NOW
LIFE = timedelta(hours=8)
MOMENT = timedelta(microseconds=1)


def answers() -> int:
    return Response.objects.count()


def the_response() -> Response:
    return Response.objects.get()


def tables() -> dict[str, list[str]]:
    """Everything in the record, except who opened dead links."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            if name != "responses_stranger":
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
                found[name] = sorted(map(repr, cursor.fetchall()))
    return found


class TestThePage:
    def test_a_live_link_shows_the_questions_and_when_it_ends(self) -> None:
        page = Browser().get(f"/s/{make_link()}")
        assert page.status == 200
        assert "刚才那通电话，您觉得怎么样？" in page.text
        assert page.text.count('type="radio"') == 66
        assert "18:00" in page.text  # sent at 10:00
        assert "云桥服务热线" in page.text

    @pytest.mark.parametrize(
        ("language", "said"),
        [("zh-hans", "服务时间 11-20 09:58 · 6 道题"), ("en", "Service of 20 Nov 09:58 · 6 questions")],
    )
    def test_it_says_when_the_service_was_also_on_the_page_that_came_back(self, language: str, said: str) -> None:
        token, browser = make_link(), Browser()
        first = browser.get(f"/s/{token}?lang={language}")
        again = browser.post(f"/s/{token}?lang={language}", {})
        assert (first.status, again.status) == (200, 422)
        assert said in first.text
        assert said in again.text

    def test_without_a_service_behind_it_it_says_nothing_of_one(self) -> None:
        """A member of staff is asked about no encounter; what another process kept of the page must not show here."""
        browser = Browser()
        asked, about_nothing = make_links(2)
        invitation_rows().filter(token_hash=token_hash(about_nothing)).update(interaction_id=None)
        assert "服务时间" in browser.get(f"/s/{asked}").text
        page = browser.get(f"/s/{about_nothing}").text
        assert "服务时间" not in page
        assert "6 道题" in page

    def test_a_page_costs_one_statement(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        token, browser = make_link(), Browser()
        browser.get(f"/s/{token}")
        straight: list[Statement] = []  # past Django, which therefore counts none of them
        run = Statement.run

        def counted(self: Statement, given: Sequence[Value]) -> list[Row]:
            straight.append(self)
            return run(self, given)

        monkeypatch.setattr(Statement, "run", counted)
        is_straight = connection.vendor == "postgresql"
        with django_assert_num_queries(0 if is_straight else 1):
            assert browser.get(f"/s/{token}").status == 200
        assert straight == ([FIND] if is_straight else [])

    def test_it_weighs_less_than_eight_kilobytes_with_its_headers_and_loads_nothing(self) -> None:
        browser = Browser(headers={"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"})
        environ_page = browser.get(f"/s/{make_link()}")
        assert environ_page.headers["Content-Encoding"] == "gzip"
        head = sum(len(name) + len(value) + 4 for name, value in environ_page.headers.items())
        assert int(environ_page.headers["Content-Length"]) + head < 8 * 1024
        for loads in ("src=", "@import", "url(", "<script", "stylesheet", "http:", "https:", "//"):
            assert loads not in environ_page.text.replace("data:,", "")

    def test_gzip_is_one_ordinary_stream_of_the_same_bytes(self) -> None:
        token = make_link()
        browser = Browser()
        assert browser.get(f"/s/{token}", HTTP_ACCEPT_ENCODING="gzip").body == browser.get(f"/s/{token}").body

    @pytest.mark.parametrize("encodings", ["", "br", "gzip;q=0", "identity", "gzip; q=0.0, br"])
    def test_who_takes_no_gzip_gets_none(self, encodings: str) -> None:
        assert "Content-Encoding" not in Browser().get(f"/s/{make_link()}", HTTP_ACCEPT_ENCODING=encodings).headers

    def test_the_policy_names_the_one_style_by_its_hash(self) -> None:
        page = Browser().get(f"/s/{make_link()}")
        style = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
        assert len(style) == 1
        digest = b64encode(sha256(style[0].encode()).digest()).decode()
        policy = page.headers["Content-Security-Policy"]
        assert f"style-src 'sha256-{digest}'" in policy
        assert "unsafe" not in policy
        assert "style=" not in page.text.replace("<style>", "")

    @pytest.mark.parametrize(
        "what", ["live", "dead", "thanks", "wrong", "other host", "no method", "options", "opt out"]
    )
    def test_r20_every_answer_carries_every_header(self, what: str) -> None:
        token, browser = make_link(), Browser()
        page = {
            "live": lambda: browser.get(f"/s/{token}"),
            "dead": lambda: browser.get("/s/nothing"),
            "thanks": lambda: browser.post(f"/s/{token}", GOOD),
            "wrong": lambda: browser.post(f"/s/{token}", {}),
            "other host": lambda: browser.get(f"/s/{token}", HTTP_HOST="evil.example"),
            "no method": lambda: browser.send("DELETE", f"/s/{token}"),
            "options": lambda: browser.send("OPTIONS", f"/s/{token}"),
            "opt out": lambda: browser.get(f"/u/{token}/"),
        }[what]()
        expected = {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        assert {name: page.headers[name] for name in expected} == expected
        if what != "options":
            for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
                assert directive in page.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in page.headers

    def test_hsts_where_the_site_is_https(self, settings: Any) -> None:
        settings.SECURE, settings.SECURE_HSTS_SECONDS = True, 31_536_000
        assert Browser().get("/s/x").headers["Strict-Transport-Security"] == "max-age=31536000"

    @pytest.mark.parametrize(
        ("query", "accepts", "greeting"),
        [
            ("", "zh-CN,zh;q=0.9", "刚才那通电话"),
            ("", "en-GB,en;q=0.8", "How was the call"),
            ("?lang=en", "zh-CN", "How was the call"),
            ("?lang=zh-hans", "en", "刚才那通电话"),
            pytest.param("?lang=klingon", "", "刚才那通电话", id="S65 odd lang"),
            pytest.param("", "fr;q=1, zh;q=0.2, en;q=0.5", "How was the call", id="S65 weights"),
            pytest.param("", "*", "刚才那通电话", id="S65 star"),
            pytest.param("", ";;;q=,,,zh;q=abc", "刚才那通电话", id="S65 nonsense"),
            pytest.param("", "en;q=0", "刚才那通电话", id="S65 refused"),
            pytest.param("", "x" * 5000, "刚才那通电话", id="S65 long"),
        ],
    )
    def test_language(self, query: str, accepts: str, greeting: str) -> None:
        page = Browser().get(f"/s/{make_link()}{query}", HTTP_ACCEPT_LANGUAGE=accepts)
        assert page.status == 200
        assert greeting in page.text

    def test_large_text_is_a_link(self) -> None:
        token = make_link()
        page = Browser().get(f"/s/{token}")
        assert 'href="?lang=zh-hans&amp;big=1"' in page.text
        assert 'class="big"' in Browser().get(f"/s/{token}?lang=zh-hans&big=1").text

    def test_notice_and_opt_out_are_on_the_page_before_and_after_the_questions(self) -> None:
        token = make_link()
        page = Browser().get(f"/s/{token}")
        assert page.text.index('href="#notice"') < page.text.index("<form")
        assert f'href="/u/{token}/?lang=zh-hans"' in page.text


class TestUnusableLinks:
    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("/s/", id="S01 empty"),
            pytest.param("/s/a", id="S02 one character"),
            pytest.param("/s/Unknown0Unknown0Unkn", id="S03 unknown twenty"),
            pytest.param("/s/" + "a" * 4096, id="S05 four kilobytes"),
            pytest.param("/s/abcdefabcdef\0", id="S06 NUL"),
            pytest.param("/s/%2541bcdefabcdef", id="S07 encoded twice"),
            pytest.param("/s/../admin", id="S08 path"),
            pytest.param("/s/аbcdefabcdef", id="S09 a Cyrillic letter"),
            pytest.param("/s/' OR 1=1--", id="S10 SQL"),
            pytest.param("/s/abcdefabcdef/done", id="S08 more path"),
        ],
    )
    def test_what_is_no_token_is_the_neutral_page(self, path: str) -> None:
        make_survey()
        neutral = Browser().get("/s/" + new_token())
        page = Browser().get(path)
        assert (page.status, page.body) == (404, neutral.body)

    def test_s04_case_matters(self) -> None:
        token = make_link()
        assert Browser().get(f"/s/{token.swapcase()}").status == 404

    @pytest.mark.parametrize("query", ["?lang=zh-hans", "?lang=en", "?lang=en&big=1"])
    def test_unknown_used_expired_and_revoked_links_give_the_same_bytes(self, query: str) -> None:
        used, expired, revoked = make_links(3)
        browser = Browser()
        assert browser.post(f"/s/{used}", GOOD).status == 200
        link = find_link(token_hash(revoked))
        assert link is not None
        end_links(link.customer_id or 0, now=browser.now)
        browser.now += MOMENT
        pages = [browser.get(f"/s/{token}{query}") for token in (new_token(), used, revoked)]
        browser.now = SENT + LIFE
        pages += [browser.get(f"/s/{token}{query}") for token in (expired, new_token())]
        assert {page.status for page in pages} == {404}
        assert len({page.body for page in pages}) == 1
        late = [browser.post(f"/s/{token}{query}", LOW) for token in (new_token(), used, expired, revoked)]
        assert {page.status for page in late} == {404}
        assert len({page.body for page in late}) == 1

    @pytest.mark.parametrize(
        ("age", "status"),
        [
            pytest.param(LIFE - MOMENT, 200, id="a moment before"),
            pytest.param(LIFE, 404, id="S12 exactly eight hours"),
            pytest.param(LIFE + timedelta(seconds=1), 404, id="S11 a second later"),
        ],
    )
    def test_a_link_dies_at_exactly_eight_hours(self, age: timedelta, status: int) -> None:
        first, second = make_links(2)
        browser = Browser(now=SENT + age)
        assert browser.get(f"/s/{first}").status == status
        assert browser.post(f"/s/{second}", GOOD).status == status
        assert answers() == (status == 200)

    def test_s13_a_used_link_is_dead_for_another_answer(self) -> None:
        token, browser = make_link(), Browser()
        browser.post(f"/s/{token}", GOOD)
        assert browser.post(f"/s/{token}", {**GOOD, "q_overall": "3"}).status == 404
        assert answers() == 1

    def test_s14_whoever_opts_out_is_asked_nothing_any_more(self) -> None:
        token, browser = make_link(), Browser()
        assert browser.post(f"/u/{token}/", {}).status == 200
        assert browser.get(f"/s/{token}").status == 404
        assert browser.post(f"/s/{token}", GOOD).status == 404
        assert answers() == 0

    @pytest.mark.parametrize("tail", ["。", ".", " ", "）", "/", "。 ", "，", "】"])
    def test_s17_what_the_texting_app_added_is_trimmed(self, tail: str) -> None:
        assert Browser().get(f"/s/{make_link()}{tail}").status == 200

    def test_s22_another_host_is_refused(self) -> None:
        assert Browser().get(f"/s/{make_link()}", HTTP_HOST="evil.example").status == 400

    def test_s60_a_form_that_came_too_late_keeps_its_words_on_the_screen(self) -> None:
        token = make_link()
        browser = Browser(now=SENT + timedelta(hours=7, minutes=59))
        assert browser.get(f"/s/{token}").status == 200
        browser.now = SENT + timedelta(hours=8, minutes=1)
        page = browser.post(f"/s/{token}", {**LOW, "q_comment": "\n<b>59 变成 89</b>"})
        assert page.status == 404
        assert "&lt;b&gt;59 变成 89&lt;/b&gt;" in page.text
        assert "8 小时" in page.text
        assert answers() == 0

    def test_another_site_cannot_put_its_words_on_our_page(self) -> None:
        page = Browser().post("/s/abcdefabcdef", LOW, HTTP_SEC_FETCH_SITE="cross-site")
        assert "59" not in page.text


class TestNothingIsConsumed:
    def test_s18_to_s21_looking_changes_nothing(self) -> None:
        token, browser = make_link(), Browser()
        before = tables()
        for _ in range(5):
            browser.get(f"/s/{token}", HTTP_USER_AGENT="Mozilla/5.0 (compatible; scanbot)")  # S18
        assert browser.send("HEAD", f"/s/{token}").status == 200  # S19
        assert browser.send("OPTIONS", f"/s/{token}").status == 204  # S20
        assert browser.get(f"/s/{token}?score=0&q_overall=0").status == 200  # S21
        browser.get(f"/u/{token}/")
        assert tables() == before
        assert browser.post(f"/s/{token}", GOOD).status == 200

    def test_head_says_how_long_the_page_is_and_sends_none_of_it(self) -> None:
        token, browser = make_link(), Browser()
        head, page = browser.send("HEAD", f"/s/{token}"), browser.get(f"/s/{token}")
        assert head.body == b""
        assert head.headers["Content-Length"] == page.headers["Content-Length"]

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PATCH"])
    def test_other_methods_are_refused(self, method: str) -> None:
        page = Browser().send(method, f"/s/{make_link()}")
        assert (page.status, page.headers["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")

    def test_opening_is_noted_behind_the_page_once_and_only_for_people(self) -> None:
        token, browser = make_link(), Browser()
        opened = browser.desk.opened
        browser.send("HEAD", f"/s/{token}", HTTP_USER_AGENT="Mozilla/5.0 (iPhone)")
        browser.get(f"/s/{token}", HTTP_USER_AGENT="WhatsApp/2 preview")
        browser.get(f"/s/{token}", HTTP_USER_AGENT="Mozilla/5.0 (compatible; Googlebot/2.1)")
        assert opened.write() == 0
        first = browser.now
        for _ in range(3):
            browser.get(f"/s/{token}", HTTP_USER_AGENT="Mozilla/5.0 (iPhone)")
            browser.now += timedelta(seconds=1)
        assert opened.write() == 1
        assert opened.write() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM outreach_invitation WHERE opened_at = %s", [_stored(first)])
            assert cursor.fetchone()[0] == 1


def _stored(moment: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


class TestOptOut:
    def test_looking_changes_nothing_and_the_button_does(self) -> None:
        token, browser = make_link(), Browser()
        link = find_link(token_hash(token))
        assert link is not None
        page = browser.get(f"/u/{token}/")
        assert (page.status, "<form" in page.text) == (200, True)
        assert not customer_cards([link.customer_id], by=SYSTEM)[link.customer_id or 0].opted_out
        done = browser.post(f"/u/{token}/?lang=en", {})
        assert (done.status, 'role="status"' in done.text) == (200, True)
        assert customer_cards([link.customer_id], by=SYSTEM)[link.customer_id or 0].opted_out

    def test_it_works_after_the_link_has_died(self) -> None:
        token = make_link()
        browser = Browser(now=SENT + timedelta(days=3))
        assert browser.get(f"/u/{token}/").status == 200
        assert browser.post(f"/u/{token}/", {}).status == 200

    def test_an_unknown_link_is_the_neutral_page(self) -> None:
        make_survey()
        browser = Browser()
        assert browser.get("/u/abcdefabcdef/").body == browser.get("/s/abcdefabcdef").body


def test_the_page_is_there_without_any_organisation_or_survey() -> None:
    page = Browser().get("/s/abcdefabcdef")
    assert (page.status, "这个链接打不开了" in page.text) == (404, True)


def test_an_outage_is_said_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_token: bytes) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(hot, "find_link", away)
    page = Browser().get("/s/abcdefabcdef")
    assert (page.status, page.headers["Retry-After"]) == (503, "5")
    assert "gone" not in page.text


def test_a_fault_of_ours_is_a_page_without_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "find_link", lambda token: 1 / 0)
    page = Browser().get("/s/abcdefabcdef")
    assert page.status == 500
    assert "ZeroDivision" not in page.text


def test_zlib_reads_the_page_as_one_member() -> None:
    browser = Browser()
    make_survey()
    body = browser.desk.pages.unavailable(Look("en"), with_words=True).gzip({"words": "字".encode() * 40_000})
    reader = zlib.decompressobj(31)
    assert reader.decompress(body).count("字".encode()) == 40_000
    assert (reader.eof, reader.unused_data) == (True, b"")
    assert browser.get("/s/x", HTTP_ACCEPT_ENCODING="gzip").headers["Content-Encoding"] == "gzip"
