"""The survey page in a real browser without JavaScript and cookies: what a customer can do, and what it looks like."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from zhiyin.outreach.tokens import new_token
from zhiyin.responses.testing import make_link

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Phone:
    """One customer's phone: no script runs on it, and it remembers every request it made."""

    context: BrowserContext
    requests: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        page = self.context.new_page()
        page.on("request", self._note)
        page.goto(address)
        return page

    def _note(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[..., Phone]]:
    """Make phones of a given width, colour scheme and language."""
    opened: list[BrowserContext] = []

    def make(*, width: int = 390, scheme: Any = "light", locale: str = "zh-CN", **more: Any) -> Phone:
        size: Any = {"width": width, "height": 844}
        context = browser.new_context(
            java_script_enabled=False, viewport=size, color_scheme=scheme, locale=locale, is_mobile=True, **more
        )
        context.set_default_timeout(20_000)
        opened.append(context)
        return Phone(context)

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def link(live_server: Any) -> str:
    """A link that was sent just now."""
    return f"{live_server.url}/s/{make_link(now=datetime.now(UTC))}"


def choose(page: Page, **scores: int) -> None:
    for question, score in scores.items():
        page.locator(f'input[name="q_{question}"][value="{score}"]').check()


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
        return int(cursor.fetchone()[0])


def test_s62_s63_a_customer_answers_without_script_and_cookies_in_two_requests(
    phone: Callable[..., Phone], link: str
) -> None:
    customer = phone()
    page = customer.open(link)
    choose(page, overall=10, attitude=9)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="收到了，谢谢您")).to_be_visible()
    assert [request.partition(" ")[0] for request in customer.requests] == ["GET", "POST"]
    assert customer.context.cookies() == []
    assert count("responses_response") == 1


def test_a_low_score_alone_brings_reasons_comment_and_call_me(phone: Callable[..., Phone], link: str) -> None:
    page = phone().open(link)
    reasons, comment, call = (
        page.locator("#f_reasons"),
        page.locator("#i_comment"),
        page.get_by_role("checkbox", name="请联系我"),
    )
    for part in (reasons, comment, call):
        expect(part).to_be_hidden()
    choose(page, overall=10, attitude=7)
    expect(reasons).to_be_hidden()
    choose(page, attitude=6)
    for part in (reasons, comment, call):
        expect(part).to_be_visible()
    page.get_by_role("checkbox", name="态度不耐烦").check()
    comment.fill("说是免费升级，结果月费从 59 变成 89。")
    call.check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("这件事没办好，我们向您道歉")).to_be_visible()
    expect(page.get_by_text("30 分钟")).to_be_visible()


def test_what_is_missing_is_listed_focused_and_reached_by_its_link(phone: Callable[..., Phone], link: str) -> None:
    page = phone().open(link)
    choose(page, attitude=3)
    page.locator("#i_comment").fill("先写了一半")
    page.get_by_role("button", name="提交").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    expect(page.locator("#i_comment")).to_have_value("先写了一半")
    expect(page.locator('input[name="q_attitude"][value="3"]')).to_be_checked()
    alert.get_by_role("link", name="总体满意度").click()
    expect(page).to_have_url(re.compile("#i_overall$"))
    choose(page, overall=4)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="谢谢您直说")).to_be_visible()
    assert count("responses_response") == 1


def test_the_back_button_and_a_second_press_are_one_answer(phone: Callable[..., Phone], link: str) -> None:
    page = phone().open(link)
    choose(page, overall=10, attitude=9)
    page.get_by_role("button", name="提交").click()
    # Only a page that has arrived can be sent again.
    expect(page.get_by_role("heading", name="收到了，谢谢您")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="收到了，谢谢您")).to_be_visible()
    assert count("responses_response") == 1


@pytest.mark.parametrize(
    ("width", "rows", "scheme", "locale"),
    [
        (390, 1, "light", "zh-CN"),
        (390, 1, "dark", "en-GB"),
        (360, 1, "dark", "zh-CN"),
        (360, 1, "light", "en-GB"),
        (320, 2, "light", "zh-CN"),
        (320, 2, "dark", "en-GB"),
    ],
)
def test_it_fits_every_phone(
    phone: Callable[..., Phone], link: str, tmp_path: Path, width: int, rows: int, scheme: str, locale: str
) -> None:
    customer = phone(width=width, scheme=scheme, locale=locale)
    page = customer.open(link)
    choose(page, overall=2)
    cells = [page.locator('input[name="q_overall"]').nth(place).bounding_box() for place in range(11)]
    boxes = [box for box in cells if box]
    assert len(boxes) == 11
    assert len({round(box["y"]) for box in boxes}) == rows
    assert {round(box["height"]) for box in boxes} == {48}
    assert min(round(box["width"]) for box in boxes) >= (26 if rows == 1 else 43)
    assert max(box["x"] + box["width"] for box in boxes) <= width
    picture = page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert picture.startswith(PNG)
    wide = int.from_bytes(picture[16:20], "big")
    assert wide == width, "something on the page is wider than the phone"
    assert len(customer.requests) == 1


def test_large_text_and_the_other_language_are_links(phone: Callable[..., Phone], link: str) -> None:
    page = phone().open(link)
    small = page.locator("h1").bounding_box()
    page.get_by_role("link", name="大字").click()
    expect(page.locator("html")).to_have_class("big")
    large = page.locator("h1").bounding_box()
    assert small
    assert large
    assert large["height"] > small["height"]
    tops = {
        round(box["y"])
        for place in range(11)
        if (box := page.locator('input[name="q_overall"]').nth(place).bounding_box())
    }
    assert len(tops) == 2
    page.get_by_role("link", name="EN").click()
    expect(page.get_by_role("heading", name="How was the call you just had?")).to_be_visible()
    expect(page.locator("html")).to_have_class("big")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="刚才那通电话")).to_be_visible()


def test_the_keyboard_alone_is_enough(phone: Callable[..., Phone], link: str) -> None:
    page = phone().open(link)
    page.locator('input[name="q_overall"]').first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('input[name="q_overall"][value="1"]')).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator('input[name="q_attitude"][value="0"]')).to_be_checked()


def test_a_dead_link_says_how_to_reach_us(phone: Callable[..., Phone], live_server: Any) -> None:
    customer = phone()
    page = customer.open(f"{live_server.url}/s/{new_token()}")
    expect(page.get_by_role("heading", name="打不开")).to_be_visible()
    expect(page.get_by_text("还有话想说？")).to_be_visible()
    assert len(customer.requests) == 1


def test_opting_out_takes_a_button(phone: Callable[..., Phone], link: str) -> None:
    page = phone().open(link)
    page.get_by_role("link", name="不再接收").click()
    page.get_by_role("button", name="什么都不要再发给我").click()
    expect(page.get_by_role("heading", name="已经为您退订")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="打不开")).to_be_visible()


def test_it_can_be_read_in_forced_colours(phone: Callable[..., Phone], link: str) -> None:
    page = phone(forced_colors="active").open(link)
    choose(page, overall=9)
    chosen = page.locator('input[name="q_overall"][value="9"] + b')
    other = page.locator('input[name="q_overall"][value="8"] + b')
    assert chosen.screenshot() != other.screenshot()
