"""The preference page behind every message: plain words, no login, no script, in force before the reply."""

from datetime import timedelta

import pytest

from zhiyin.ledger.queries import events
from zhiyin.outreach.testing import NOW, SYSTEM, invitation_rows
from zhiyin.outreach.tokens import token_hash
from zhiyin.people.actions import erase
from zhiyin.people.queries import preferences
from zhiyin.people.rules import Purpose
from zhiyin.people.testing import customers, identities
from zhiyin.responses.testing import GOOD, Browser, make_link, make_links, make_survey
from zhiyin.responses.tests.test_page import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> str:
    return make_link()


def customer_of(token: str) -> int:
    return invitation_rows().get(token_hash=token_hash(token)).customer_id or 0


def allowed(token: str) -> set[str]:
    found = preferences(customer_of(token))
    assert found is not None
    return {str(one.purpose) for one in found.purposes if one.is_on}


def test_looking_at_it_consumes_and_changes_nothing(token: str) -> None:
    before = tables()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert Browser().send(method, f"/u/{token}/").status in (200, 204)
    assert tables() == before
    assert Browser().get(f"/s/{token}").status == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("您愿意接收什么", "服务后的评价邀请", "关怀消息", "什么都不要再发给我", "您可以随时拒绝")),
        ("zh-hans", ("只有您同意之后才会发送",)),
        ("en", ("What may we ask you?", "Surveys after a service", "Care messages", "Ask me nothing at all")),
    ],
)
def test_it_shows_each_purpose_with_the_ground_that_it_stands_on(token: str, language: str, words: tuple[str]) -> None:
    page = Browser().get(f"/u/{token}/?lang={language}").text
    for word in words:
        assert word in page
    assert page.count('type="checkbox"') == 3
    assert page.count(" checked") == 2  # research waits for a yes


def test_it_shows_nothing_of_whom_the_link_belongs_to(token: str) -> None:
    row = customers().get(pk=customer_of(token))
    shown = [one.masked for one in identities().filter(customer_id=row.pk)]
    assert len(shown) == 3
    page = Browser().get(f"/u/{token}/").text
    for word in (*shown, str(row.pk), "138", "example.com"):
        assert word not in page


def test_unticking_one_refuses_it_and_ticking_it_again_is_a_consent_with_its_proof(token: str) -> None:
    browser = Browser()
    saved = browser.post(f"/u/{token}/", [("save", "1"), ("on", "survey")])
    assert (saved.status, "已保存" in saved.text, saved.text.count(" checked")) == (200, True, 1)
    assert allowed(token) == {"survey"}
    assert browser.get(f"/s/{token}").status == 200  # surveys were not refused: the link lives on
    browser.now += timedelta(minutes=1)
    again = browser.post(f"/u/{token}/?lang=en", [("save", "1"), ("on", "survey"), ("on", "care")])
    assert "You agreed to it on" in again.text
    assert allowed(token) == {"survey", "care"}
    (fact,) = events(kind="people.consent_given")
    assert (fact.actor, fact.data["purposes"], fact.data["source"]) == ("customer", ["care"], "preference page")
    assert fact.data["text_version"].endswith("/en")


def test_refusing_surveys_ends_the_link_at_once(token: str) -> None:
    browser = Browser()
    browser.post(f"/u/{token}/", [("save", "1"), ("on", "care")])
    assert browser.get(f"/s/{token}").status == 404
    assert allowed(token) == {"care"}


@pytest.mark.parametrize("form", [{}, {"none": "1"}, {"List-Unsubscribe": "One-Click"}])
def test_nothing_at_all_is_one_press_also_of_a_mail_program(token: str, form: dict[str, str]) -> None:
    browser = Browser()
    page = browser.post(f"/u/{token}/", form)
    assert (page.status, "已经为您退订" in page.text) == (200, True)
    assert allowed(token) == set()
    assert browser.get(f"/s/{token}").status == 404


def test_pressing_again_does_nothing_more(token: str) -> None:
    browser = Browser()
    first = browser.post(f"/u/{token}/", {"none": "1"})
    before = tables()
    second = browser.post(f"/u/{token}/", {"none": "1"})
    assert second.body == first.body
    assert tables() == before


def test_who_opted_out_comes_back_only_by_their_own_tick(token: str) -> None:
    browser = Browser()
    browser.post(f"/u/{token}/", {"none": "1"})
    page = browser.get(f"/u/{token}/")
    assert "您于" in page.text
    assert page.text.count(" checked") == 0
    browser.now += timedelta(days=1)
    browser.post(f"/u/{token}/", [("save", "1"), ("on", "survey")])
    assert allowed(token) == {"survey"}


@pytest.mark.parametrize("what", ["answered", "died", "opted out"])
def test_it_works_after_the_survey_link_died(token: str, what: str) -> None:
    browser = Browser()
    if what == "answered":
        assert browser.post(f"/s/{token}", GOOD).status == 200
    elif what == "died":
        browser.now = NOW + timedelta(days=100)
    else:
        browser.post(f"/u/{token}/", {"none": "1"})
    assert browser.get(f"/s/{token}").status == 404
    assert browser.get(f"/u/{token}/").status == 200
    assert browser.post(f"/u/{token}/", {"none": "1"}).status == 200
    assert Purpose.SURVEY not in allowed(token)


def test_the_link_of_a_former_customer_speaks_for_the_whole_person() -> None:
    kept, former = make_links(2)
    one, other = customer_of(kept), customer_of(former)
    customers().filter(pk=other).update(merged_into=one)
    identities().filter(customer_id=other).update(customer_id=one)
    Browser().post(f"/u/{former}/", {"none": "1"})
    assert allowed(kept) == set()


def test_unknown_erased_and_impossible_tokens_give_the_one_neutral_page() -> None:
    erased, gone = make_links(2)
    erase(customer_of(erased), by=SYSTEM, now=NOW)
    invitation_rows().filter(token_hash=token_hash(gone)).delete()
    unknown = Browser().get("/s/abcdefabcdef")
    assert unknown.status == 404
    for token in (erased, gone, "abcdefabcdef", "x", "%00", "abcdefabcde!"):
        for page in (Browser().get(f"/u/{token}/"), Browser().post(f"/u/{token}/", {"none": "1"})):
            assert (page.status, page.body) == (404, unknown.body), token


@pytest.mark.parametrize(
    "fields", [[("on", f"x{number}") for number in range(300)], [("save", "1"), ("on", "<script>"), ("on", "\0")]]
)
def test_hostile_fields_are_no_choices(token: str, fields: list[tuple[str, str]]) -> None:
    page = Browser().post(f"/u/{token}/", fields)
    assert page.status in (200, 400)
    assert "<script>" not in page.text


def test_it_loads_nothing_and_runs_nothing(token: str) -> None:
    page = Browser().get(f"/u/{token}/")
    for loads in ("src=", "@import", "url(", "<script", "http:", "https:", "//"):
        assert loads not in page.text.replace("data:,", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "no-store" in page.headers["Cache-Control"]


def test_the_survey_page_leads_to_it() -> None:
    make_survey()
    token = make_link()
    assert f"/u/{token}/" in Browser().get(f"/s/{token}").text
