"""The console's parts in a real browser: drawn under the strict content policy, usable by keyboard and without script.

The specimen page shows every part; here it is opened as a visitor, so nothing but the frame is under test.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts import build_assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
SPECIMEN = "/ui/specimen/"
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product


@pytest.fixture(autouse=True)
def specimen_shown(settings):
    settings.UI_SPECIMEN = True


@pytest.fixture
def opened(page: Page, live_server) -> Iterator[Page]:
    """The specimen in Chinese, light; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(f"{live_server.url}{SPECIMEN}", timeout=FIRST_PAGE)
    yield page
    assert complaints == []


def visit(page: Page, url: str, *, theme: str = "light", language: str = "zh-hans") -> None:
    choices = {"zhiyin_theme": theme, "zhiyin_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in choices.items()])
    page.goto(f"{url}{SPECIMEN}", timeout=FIRST_PAGE)


def test_every_chart_is_drawn_with_its_table_behind_a_switch(opened: Page):
    charts = opened.locator("figure.z-chart")
    expect(charts.locator("svg[width]")).to_have_count(charts.count())
    trend = opened.locator("#trend")
    expect(trend.locator("table")).to_be_hidden()
    switch = opened.locator("[data-chart-toggle=trend]")
    switch.click()
    expect(trend.locator("table")).to_be_visible()
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(trend.locator("tbody tr").last).to_contain_text("77.4%")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_width_makes_the_page_scroll_sideways(page: Page, live_server, language):
    visit(page, live_server.url, language=language)
    page.locator("#trend svg").wait_for()
    wider = {}
    for width in (1440, 1199, 1000, 768, 767, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(150)  # the charts follow their boxes a moment later
        wider[width] = page.evaluate("document.documentElement.scrollWidth")
    assert {width: found for width, found in wider.items() if found > width} == {}


def test_theme_and_language_switch_without_script(browser: Browser, live_server):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live_server.url}{SPECIMEN}?a=b", timeout=FIRST_PAGE)
    expect(page.locator("#trend table")).to_be_visible()
    page.locator("button[name=theme][value=dark]").first.click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("button[name=language][value=en]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile(re.escape(f"{SPECIMEN}?a=b") + "$"))
    context.close()


def test_charts_take_the_colours_of_the_dark(page: Page, live_server):
    visit(page, live_server.url, theme="dark")
    line = page.locator("#trend svg path[stroke='#8b9dff']")
    expect(line.first).to_be_attached()


def test_paper_is_light_and_shows_the_tables(page: Page, live_server):
    visit(page, live_server.url, theme="dark")
    page.locator("#trend svg").wait_for()
    page.emulate_media(media="print")
    expect(page.locator("#trend table")).to_be_visible()
    expect(page.locator(".z-side")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_keys_move_through_a_list_and_open_help(opened: Page):
    opened.keyboard.press("j")
    rows = opened.locator("[data-rows] a")
    expect(rows.nth(1)).to_be_focused()  # from the chosen one to the next
    opened.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    opened.keyboard.press("?")
    expect(opened.locator("#dialog")).to_be_visible()
    opened.keyboard.press("j")
    opened.keyboard.press("Escape")
    expect(opened.locator("#dialog")).to_be_hidden()
    expect(rows.nth(0)).to_be_focused()


def test_keys_do_nothing_in_fields_nor_when_switched_off(opened: Page):
    field = opened.locator("#b")
    field.focus()
    opened.keyboard.type("j?k")
    expect(field).to_have_value("j?k")
    expect(opened.locator("#dialog")).to_be_hidden()
    opened.evaluate("document.body.dataset.keys = 'off'; document.activeElement.blur()")
    opened.keyboard.press("?")
    expect(opened.locator("#dialog")).to_be_hidden()


def test_a_live_part_keeps_focus_and_survives_a_dead_server(opened: Page):
    opened.locator("#queue a").nth(2).focus()
    opened.evaluate("document.querySelector('#queue a').textContent = 'old'")
    expect(opened.locator("#queue a").first).to_contain_text("151****0152", timeout=30_000)
    expect(opened.locator("#queue a").nth(2)).to_be_focused()
    opened.route("**/ui/specimen/**", lambda route: route.fulfill(body="<p>Down for a moment.</p>"))
    expect(opened.locator("#queue")).to_have_class(re.compile("is-stale"), timeout=30_000)
    expect(opened.locator("#queue a")).to_have_count(5)
    opened.unroute("**/ui/specimen/**")


def test_targets_on_a_phone_are_large_enough(page: Page, live_server):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, live_server.url)
    small = page.evaluate(
        """[...document.querySelectorAll('.btn, .z-bottom a, .z-top a, .z-pill, .z-seg button')]
          .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
          .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
