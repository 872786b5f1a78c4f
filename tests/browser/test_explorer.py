"""The explorer in a real browser: asked in place, records opened; kept, pinned, dragged, undone; phone; no script."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts import build_assets
from tests.browser.test_journey_and_outreach import DESKTOP, FIRST_PAGE, PHONE, go, overflow
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
SCORES = {"overall": 10, "attitude": 10, "ability": 9, "worth": 8, "again": 10}


@pytest.fixture
def manager(settings, tmp_path: Path) -> Viewer:
    settings.DATA_DIR = tmp_path
    now = datetime.now(UTC)
    make_service(now=now - timedelta(days=9))
    say(
        Said(times=34, at=now - timedelta(days=2), scores=SCORES, moment="first_call"),
        Said(times=31, at=now - timedelta(days=2), scores={**SCORES, "overall": 3}, moment="at_desk"),
    )
    mirror.catch_up(now=now)
    return make_staff("quality_manager", unit="HQ")


def open_page(page: Page, url: str, viewer: Viewer, path: str, size: dict[str, int] = DESKTOP, **choices: str) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    go(page, url, viewer, path, **choices)


def test_a_question_is_asked_in_place_and_its_number_opens_the_records(page, live_server, manager):
    open_page(page, live_server.url, manager, "/explorer/")
    page.get_by_label("行", exact=True).select_option("touchpoint")
    expect(page.get_by_role("heading", name="满意度 10 分率，按触点")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/explorer/\?measure=top_box&rows=touchpoint$"))
    expect(page.locator("#drawn svg")).to_be_visible()
    page.get_by_role("button", name="切换成表格").click()
    expect(page.locator("#drawn .z-scroll")).to_be_visible()
    page.locator(".x-table tbody tr", has_text="hall").locator("a").click()
    expect(page.locator("[data-record]")).to_have_count(31)
    page.go_back()
    expect(page.get_by_role("heading", name="满意度 10 分率，按触点")).to_be_visible()


def test_the_chart_is_saved_as_a_picture_and_the_figures_as_a_file(page, live_server, manager, tmp_path):
    open_page(page, live_server.url, manager, "/explorer/?rows=touchpoint", theme="dark")
    expect(page.locator("#drawn svg")).to_be_visible()
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        page.locator("[data-picture] summary").click()
        with page.expect_download() as found:
            page.get_by_role("button", name=kind, exact=True).click()
        assert found.value.suggested_filename.endswith(f".{kind.lower()}")
        found.value.save_as(tmp_path / kind)
        saved = (tmp_path / kind).read_bytes()
        assert saved.startswith(begins)
        assert len(saved) > 2000
    assert "满意度 10 分率，按触点".encode() in (tmp_path / "SVG").read_bytes()
    with page.expect_download() as found:
        page.get_by_role("button", name="下载 CSV").click()
    found.value.save_as(tmp_path / "csv")
    assert (tmp_path / "csv").read_text("utf-8").startswith("\ufeff触点,")


def test_views_are_kept_pinned_moved_by_hand_and_by_button_and_deletion_is_undone(page, live_server, manager):
    open_page(page, live_server.url, manager, "/explorer/dashboards/")
    page.get_by_label("名称").fill("晨会")
    page.get_by_role("button", name="建好").click()
    for name, query in (("甲", "rows=touchpoint"), ("乙", "measure=nps&rows=day"), ("丙", "measure=responses")):
        page.goto(f"{live_server.url}/explorer/save/?{query}")
        page.get_by_label("名称").fill(name)
        page.get_by_label("钉到").select_option(label="晨会")
        page.get_by_role("button", name="保存", exact=True).click()
    names = page.locator(".x-tile h2")
    expect(names).to_have_text(["甲", "乙", "丙"])
    expect(page.locator(".x-tile [data-chart] svg")).to_have_count(2)
    page.get_by_role("button", name="上移「丙」").click()
    expect(names).to_have_text(["甲", "丙", "乙"])
    expect(page.locator(".x-tile [data-chart] svg")).to_have_count(2)  # nothing moves under the hand any more
    tiles = page.locator(".x-tile")
    tiles.nth(2).locator(".x-grip").drag_to(tiles.nth(0).locator(".x-grip"))
    expect(names).to_have_text(["乙", "甲", "丙"])
    page.goto(f"{live_server.url}/explorer/views/")
    page.get_by_role("button", name="删除「甲」").click()
    expect(page.get_by_role("link", name="甲", exact=True)).to_have_count(0)
    page.get_by_role("button", name=re.compile("^撤回")).click()
    expect(page.get_by_role("link", name="甲", exact=True)).to_be_visible()


def test_on_a_phone_the_question_is_folded_and_tables_are_cards(page, live_server, manager):
    for theme, language in (("light", "zh-hans"), ("dark", "en")):
        path = "/explorer/?rows=touchpoint&columns=moment"
        open_page(page, live_server.url, manager, path, PHONE, theme=theme, language=language)
        expect(page.locator(".x-form")).to_be_hidden()
        expect(page.locator(".x-table")).to_be_visible()
        expect(page.locator(".z-heat")).to_be_hidden()
        assert overflow(page) == 0
        page.locator("#ask > summary").click()
        expect(page.locator(".x-form")).to_be_visible()
        assert overflow(page) == 0


def test_everything_works_as_plain_pages(browser: Browser, live_server, manager):
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(FIRST_PAGE)
    go(page, live_server.url, manager, "/explorer/")
    page.get_by_label("行", exact=True).select_option("touchpoint")
    page.get_by_label("添加筛选").select_option("moment")
    page.get_by_role("button", name="查看").click()
    page.get_by_label("first_call").check()
    page.get_by_role("button", name="查看").click()
    assert page.locator(".x-table tbody tr").count() == 1
    page.get_by_role("link", name="去掉筛选「first_call」").click()
    assert page.locator(".x-table tbody tr").count() == 2
    assert page.locator("#drawn table").is_visible()
    context.close()
