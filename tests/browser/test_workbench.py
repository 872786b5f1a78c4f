"""The workbench in a real browser: by mouse, by keyboard alone, on a phone, and without script."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from scripts import build_assets
from zhiyin.cases.actions import accept, connect, escalate, note
from zhiyin.cases.models import Case
from zhiyin.cases.testing import Desk, make_case, make_desk
from zhiyin.people.access import Viewer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product
MINUTE = timedelta(minutes=1)
Open = Callable[..., Page]


@pytest.fixture
def now() -> datetime:
    """The pages look at the clock, and so does this story: its cases were opened ten minutes ago."""
    return timezone.now()


@pytest.fixture
def desk(now: datetime) -> Desk:
    return make_desk(now=now - timedelta(days=1))


@pytest.fixture
def case(desk: Desk, now: datetime) -> Case:
    """A case that waits for somebody."""
    return Case.objects.get(pk=make_case(desk, now=now - 10 * MINUTE).case_id)


@pytest.fixture
def open_as(page: Page, live_server) -> Iterator[Open]:
    """Sign in and open an address. Whatever the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    def opened(viewer: Viewer, path: str = "/cases/", *, theme: str = "light", language: str = "zh-hans") -> Page:
        go(page, live_server.url, viewer, path, theme=theme, language=language)
        return page

    yield opened
    # A refusal is an answer of the server that a browser reports as a failed load.
    assert [said for said in complaints if "(Conflict)" not in said and "(Unprocessable" not in said] == []


def go(page: Page, url: str, viewer: Viewer, path: str, *, theme: str = "light", language: str = "zh-hans") -> None:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=viewer.staff_id))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    choices = {settings.SESSION_COOKIE_NAME: session, "zhiyin_theme": theme, "zhiyin_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in choices.items()])
    page.goto(f"{url}{path}", timeout=FIRST_PAGE)


def test_a_case_from_accepting_to_undoing_its_closing(open_as: Open, desk: Desk, case: Case) -> None:
    page = open_as(desk.agent)
    page.get_by_role("button", name="接单").click()
    page.get_by_role("button", name="完成「联系」").click()
    page.get_by_role("link", name="完成「承诺」").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("承诺了什么").fill("今天恢复原套餐")
    dialog.get_by_role("button", name="完成「承诺」").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="完成「办理」").click()
    dialog.get_by_role("button", name="完成「办理」").click()
    page.get_by_role("link", name="完成「确认」").click()
    dialog.get_by_role("button", name="完成「确认」").click()
    expect(dialog.get_by_role("alert")).to_contain_text("有 1 处要改")
    dialog.get_by_text("是", exact=True).click()
    dialog.get_by_role("button", name="完成「确认」").click()
    page.get_by_role("link", name="办结", exact=True).click()
    dialog.get_by_label("根因", exact=True).select_option("misled")
    dialog.get_by_role("button", name="办结").click()
    expect(page.locator("#case").get_by_text("已办结")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name=re.compile("撤回")).click()
    expect(page.get_by_role("link", name="办结", exact=True)).to_be_visible()
    case.refresh_from_db()
    assert (case.state, case.cause, case.gap) == ("open", "misled", "behavior")


def test_keys_alone_are_enough(open_as: Open, desk: Desk, case: Case, now: datetime) -> None:
    make_case(desk, now=now - 5 * MINUTE, comment="另一张工单")
    page = open_as(desk.agent)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("另一张工单")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(case.code))
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="完成「联系」")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="完成「承诺」")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("an ea sn e")  # in a field the single keys are letters
    page.keyboard.press("Enter")
    expect(page.locator("#customer .z-time")).to_contain_text("an ea sn e")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#dialog").get_by_role("heading")).to_have_text("升级")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()


def test_what_a_colleague_did_meanwhile_is_shown_and_my_words_are_kept(
    open_as: Open, desk: Desk, case: Case, now: datetime
) -> None:
    accept(case_id=case.pk, by=desk.agent, now=now)
    connect(case_id=case.pk, by=desk.agent, now=now)
    page = open_as(desk.agent, f"/cases/{case.code}/")
    page.get_by_role("link", name="完成「承诺」").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("承诺了什么").fill("周五前恢复套餐")
    escalate(case_id=case.pk, reason="客户要求经理回电", by=desk.lead, now=now)
    dialog.get_by_role("button", name="完成「承诺」").click()
    expect(dialog.get_by_role("alert")).to_contain_text("马超")
    expect(dialog.get_by_role("alert")).to_contain_text("客户要求经理回电")
    expect(dialog.get_by_label("承诺了什么")).to_have_value("周五前恢复套餐")
    dialog.get_by_role("button", name="再次提交").click()
    expect(page.get_by_role("link", name="完成「办理」")).to_be_visible()


def test_the_full_number_goes_when_the_dialog_does(open_as: Open, desk: Desk, case: Case, now: datetime) -> None:
    accept(case_id=case.pk, by=desk.agent, now=now)
    page = open_as(desk.agent, f"/cases/{case.code}/")
    page.keyboard.press("c")
    dialog = page.locator("#dialog")
    dialog.get_by_label("原因").fill("回拨客户")
    dialog.get_by_role("button", name="查看完整号码").click()
    expect(dialog.locator(".cases-full")).to_have_text(re.compile(r"^\+86151\d{8}$"))
    page.keyboard.press("Escape")
    expect(page.locator(".cases-full")).to_have_count(0)
    assert not re.search(r"151\d{8}", page.content())


def test_the_queue_renews_itself_while_it_is_looked_at(open_as: Open, desk: Desk, case: Case, now: datetime) -> None:
    page = open_as(desk.agent)
    page.evaluate("document.getElementById('queue').dataset.refresh = '5'")
    make_case(desk, now=now, comment="刚刚来的")
    expect(page.locator("#queue")).to_contain_text("刚刚来的", timeout=15_000)
    expect(page.locator("#queue [aria-current=true]")).to_have_attribute("href", re.compile(case.code))


def test_six_steps_and_what_not_to_say(open_as: Open, desk: Desk, case: Case, now: datetime) -> None:
    accept(case_id=case.pk, by=desk.agent, now=now)
    page = open_as(desk.agent, f"/cases/{case.code}/")
    expect(page.locator("#guide")).to_contain_text("您慢慢说。")
    page.locator("#guide").get_by_text("忌用语").click()
    expect(page.locator("#guide table")).to_contain_text("您先冷静一下")
    page.get_by_role("link", name="2. 充分道歉").click()
    expect(page.locator("#guide h2")).to_have_text("充分道歉")
    page.get_by_role("button", name="鼓励客户发泄").click()
    expect(page.get_by_role("button", name="鼓励客户发泄")).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_the_queue_is_cards_and_the_case_a_page(open_as: Open, page: Page, desk: Desk, case: Case) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_as(desk.agent)
    expect(page.locator("#case")).to_be_hidden()
    first = page.locator("#queue .z-queue li").first
    expect(first.get_by_role("button", name="接单")).to_be_visible()
    first.locator("[data-chosen]").click(position={"x": 60, "y": 40})
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#queue")).to_be_hidden()
    page.get_by_role("link", name="回队列").click()
    expect(page.locator("#queue")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_no_width_makes_the_page_scroll_sideways(
    open_as: Open, page: Page, desk: Desk, case: Case, now: datetime, width: int, language: str
) -> None:
    accept(case_id=case.pk, by=desk.agent, now=now)
    note(case_id=case.pk, text="很长的一句话 " * 20 + "a" * 90, by=desk.agent, now=now)
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("/cases/", f"/cases/{case.code}/", f"/cases/{case.code}/confirm/"):
        open_as(desk.agent, path, language=language)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_told_from_their_background(
    open_as: Open, desk: Desk, case: Case, now: datetime, theme: str
) -> None:
    accept(case_id=case.pk, by=desk.agent, now=now)
    page = open_as(desk.agent, f"/cases/{case.code}/", theme=theme)
    faint = page.evaluate(CONTRASTS, ["#queue", "#case", "#customer"])
    assert faint == []


def test_without_script_every_verb_is_a_form(browser: Browser, live_server, desk: Desk, case: Case) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    go(page, live_server.url, desk.agent, "/cases/")
    page.get_by_role("button", name="接单").click()
    page.get_by_role("button", name="完成「联系」").click()
    page.get_by_role("link", name="完成「承诺」").click()
    page.get_by_label("承诺了什么").fill("今天答复")
    page.get_by_role("button", name="完成「承诺」").click()
    expect(page.get_by_role("link", name="完成「办理」")).to_be_visible()
    context.close()
    case.refresh_from_db()
    assert case.committed_at is not None


# Texts whose contrast with what lies behind them is below 4.5 (3 for large ones), by the formula of WCAG 2.
CONTRASTS = """
(roots) => {
  const linear = (c) => (c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  const light = (colour) => [.2126, .7152, .0722].reduce((sum, share, i) => sum + share * linear(colour[i] / 255), 0);
  const numbers = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const behind = (element) => {
    for (let here = element; here; here = here.parentElement) {
      const colour = numbers(getComputedStyle(here).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll(roots.map((root) => `${root} *`).join())) {
    const said = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!said || !element.getClientRects().length || element.closest("svg, option")) continue;
    const style = getComputedStyle(element);
    const pair = [light(numbers(style.color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + .05) / (pair[1] + .05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) faint.push(`${element.textContent.trim().slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return faint;
}
"""
