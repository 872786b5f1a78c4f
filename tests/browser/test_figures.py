"""The pages of figures in a real browser: charts with their tables, gaps, panels, a phone, the dark, no complaint."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, expect

from scripts import build_assets
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
GOOD, BAD = {"overall": 10, "attitude": 10, "worth": 9}, {"overall": 3, "attitude": 2}
Open = Callable[..., Page]


@pytest.fixture
def manager(settings, tmp_path: Path) -> Viewer:
    """Answers on some days and none on others, two branches of which one is clearly worse, one agent with a name."""
    settings.DATA_DIR = tmp_path
    now = datetime.now(UTC)
    make_service(now=now - timedelta(days=60))
    agent = make_staff("agent", unit="N-1")
    code = staff_cards([agent.staff_id])[agent.staff_id or 0].code
    for days in (9, 8, 5, 2):
        say(Said(times=30, at=now - timedelta(days=days), scores=GOOD, moment="at_desk", unit="S-1"))
    say(
        Said(times=31, at=now - timedelta(days=2), scores=GOOD, moment="waiting", staff=code),
        Said(times=40, at=now - timedelta(days=2), scores=BAD, moment="waiting", comment="回我 13800138000"),
    )
    mirror.catch_up(now=now)
    return make_staff("quality_manager", unit="HQ")


@pytest.fixture
def open_as(page: Page, live_server) -> Iterator[Open]:
    """Sign in and open an address. Whatever the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)

    def opened(viewer: Viewer, path: str, *, size: dict[str, int] = DESKTOP, theme: str = "light") -> Page:
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        client = Client()
        client.force_login(get_user_model().objects.get(pk=viewer.staff_id or 0))
        session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        choices = {django_settings.SESSION_COOKIE_NAME: session, "zhiyin_theme": theme, "zhiyin_language": "zh-hans"}
        page.context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in choices.items()]
        )
        page.goto(f"{live_server.url}{path}", timeout=FIRST_PAGE)
        return page

    yield opened
    assert complaints == []


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_day_without_answers_is_a_gap_in_the_chart_and_in_its_table(open_as: Open, manager: Viewer):
    page = open_as(manager, "/overview/?grain=day")
    trend = page.locator("figure#trend")
    expect(trend.locator("svg")).to_be_visible()
    page.locator("[data-chart-toggle=trend]").click()
    table = trend.get_by_role("table")
    expect(table).to_be_visible()
    expect(table.locator("tr", has_text="没有评价").first).to_contain_text("— 没有评价")
    expect(page.locator("section", has=trend)).to_contain_text("留空，不当作零")
    page.get_by_role("link", name="月", exact=True).click()
    expect(page).to_have_url(re.compile("grain=month"))


def test_a_cell_opens_beside_the_matrix_and_esc_puts_it_away(open_as: Open, manager: Viewer):
    page = open_as(manager, "/overview/")
    page.get_by_role("link", name="逐格看").click()
    page.get_by_role("link", name="hotline × behavior").click()
    panel = page.locator("#cell")
    expect(panel.get_by_role("heading", name="hotline × behavior")).to_be_visible()
    expect(panel).to_contain_text("attitude")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.get_by_role("link", name="hall × behavior").click()
    expect(page.locator("#cell")).to_contain_text("未测量" if page.locator(".z-hatch").count() else "attitude")


def test_a_point_of_the_funnel_plot_leads_to_its_answers(open_as: Open, manager: Viewer):
    page = open_as(manager, "/compare/", theme="dark")
    point = page.locator(".f-plot a").first
    count = (point.get_attribute("aria-label") or "").rsplit("n = ", 1)[1]
    point.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"n = {count}")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/overview/", "/overview/grid/?cell=hotline.behavior", "/compare/", "/agents/", "/funnel/"]
)
def test_on_a_phone_nothing_runs_over(open_as: Open, manager: Viewer, path: str):
    page = open_as(manager, path, size=PHONE)
    expect(page.locator("main")).to_be_visible()
    assert overflow(page) == 0
