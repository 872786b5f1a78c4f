"""The journey and the outreach monitor in a real browser: mouse, keyboard, a narrow window, a phone, no script."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from scripts import build_assets
from zhiyin.ledger.queries import events
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Invitation, PolicyVersion
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.access import Viewer
from zhiyin.people.queries import organisation
from zhiyin.people.testing import make_staff
from zhiyin.reports.journeys.testing import current, make_journey, say

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product
DESKTOP, TABLET, PHONE = (
    {"width": 1440, "height": 900},
    {"width": 1000, "height": 800},
    {"width": 390, "height": 844},
)
Open = Callable[..., Page]


@pytest.fixture
def now() -> datetime:
    """The pages look at the clock."""
    return datetime.now(UTC)


@pytest.fixture
def manager(now: datetime, settings, tmp_path: Path) -> Viewer:
    """A journey with answers: waiting has become bad, the first call is fine, few spoke about the bill."""
    settings.DATA_DIR = tmp_path
    make_journey(now=now - timedelta(days=50))
    say("waiting", top=38, low=2, at=now - timedelta(days=40))
    say("waiting", top=12, low=28, at=now - timedelta(days=2), comment="打了四次，回我 13800138000")
    say("first_call", top=40, low=4, at=now - timedelta(days=2))
    say("bill", top=9, at=now - timedelta(days=2))
    current(now=now)
    return make_staff("quality_manager", unit="HQ")


@pytest.fixture
def watcher(now: datetime) -> Viewer:
    """The same organisation before anybody has called."""
    make_journey(now=now - timedelta(days=1))
    return make_staff("quality_manager", unit="HQ")


@pytest.fixture
def open_as(page: Page, live_server) -> Iterator[Open]:
    """Sign in and open an address. Whatever the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)

    def opened(viewer: Viewer, path: str, *, size: dict[str, int] = DESKTOP, **choices: str) -> Page:
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        go(page, live_server.url, viewer, path, **choices)
        return page

    yield opened
    # A refusal is an answer of the server that a browser reports as a failed load.
    assert [said for said in complaints if "(Unprocessable" not in said] == []


def go(page: Page, url: str, viewer: Viewer, path: str, *, theme: str = "light", language: str = "zh-hans") -> None:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=viewer.staff_id or 0))
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    choices = {django_settings.SESSION_COOKIE_NAME: session, "zhiyin_theme": theme, "zhiyin_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in choices.items()])
    page.goto(f"{url}{path}", timeout=FIRST_PAGE)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


class TestTheJourney:
    def test_the_costliest_moment_stands_beside_the_map_and_esc_puts_it_away(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/")
        expect(page.locator(".z-say")).to_contain_text("转人工等待")
        panel = page.locator("#panel")
        expect(panel.get_by_role("heading", name="转人工等待")).to_be_visible()
        expect(panel).to_contain_text("回我 138****8000")
        expect(panel).to_contain_text("做到率没有测量")
        page.keyboard.press("Escape")
        expect(panel.locator("h2")).to_have_count(0)
        expect(page.locator("a[data-moment]:focus")).to_contain_text("转人工等待")
        expect(page).to_have_url(re.compile(re.escape("/journeys/?moment=") + "$"))
        page.reload()
        expect(panel.locator("h2")).to_have_count(0)

    def test_by_keyboard_alone(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/?moment=")
        focused = page.locator("a[data-moment]:focus")
        page.keyboard.press("ArrowRight")  # into the map
        expect(focused).to_contain_text("账单看得懂")
        page.keyboard.press("ArrowRight")
        expect(focused).to_contain_text("转人工等待")
        page.keyboard.press("ArrowDown")
        expect(focused).to_contain_text("首次来电解决")
        page.keyboard.press("ArrowDown")  # the last of its column: stays
        expect(focused).to_contain_text("首次来电解决")
        page.keyboard.press("Enter")
        heading = page.locator("#panel h2")
        expect(heading).to_have_text("首次来电解决")
        expect(heading).to_be_focused()
        expect(page).to_have_url(re.compile(re.escape("?moment=first_call") + "$"))
        page.keyboard.press("Escape")
        expect(focused).to_contain_text("首次来电解决")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
        expect(focused).to_contain_text("账单看得懂")

    def test_single_keys_can_be_switched_off(self, open_as: Open, manager: Viewer, live_server):
        page = open_as(manager, "/journeys/?moment=")
        page.context.add_cookies([{"name": "zhiyin_keys", "value": "off", "url": live_server.url}])
        page.reload()
        page.keyboard.press("ArrowRight")
        expect(page.locator("a[data-moment]:focus")).to_have_count(0)

    def test_the_back_button_brings_the_moment_before(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/")
        page.locator("a[data-moment]", has_text="首次来电解决").click()
        expect(page.locator("#panel h2")).to_have_text("首次来电解决")
        page.go_back()
        expect(page.locator("#panel h2")).to_have_text("转人工等待")

    def test_each_point_of_the_line_stands_over_its_column(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/")
        centres = "els => els.map(el => { const b = el.getBoundingClientRect(); return b.x + b.width / 2 })"
        dots = page.locator(".j-line circle").evaluate_all(centres)
        columns = page.locator(".j-map > li > div").evaluate_all(centres)
        assert len(dots) == 1  # nine answers about the bill are too few for a point
        assert abs(dots[0] - columns[1]) < 6

    def test_in_a_narrow_window_the_panel_is_a_drawer(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/", size=TABLET)
        expect(page.locator("#panel")).to_be_hidden()
        link = page.locator("a[data-moment]", has_text="转人工等待")
        link.click()
        drawer = page.locator("#drawer")
        expect(drawer.locator("h2")).to_have_text("转人工等待")
        page.keyboard.press("Escape")
        expect(drawer).to_be_hidden()
        expect(link).to_be_focused()
        assert overflow(page) <= 0

    def test_on_a_phone_a_moment_is_a_page(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/", size=PHONE)
        assert overflow(page) <= 0
        page.locator("a[data-moment]", has_text="转人工等待").click()
        expect(page).to_have_url(re.compile(r"/journeys/waiting/$"))
        expect(page.get_by_text("一次说清。")).to_be_visible()
        assert overflow(page) <= 0

    def test_printed_it_brings_every_moment_and_no_buttons(self, open_as: Open, manager: Viewer):
        page = open_as(manager, "/journeys/")
        page.emulate_media(media="print")
        expect(page.get_by_role("button", name="打印")).to_be_hidden()
        for name in ("账单看得懂", "转人工等待", "首次来电解决"):
            expect(page.locator("a[data-moment]", has_text=name)).to_be_visible()

    def test_without_script_every_moment_is_a_plain_link(self, browser: Browser, manager: Viewer, live_server):
        context = browser.new_context(java_script_enabled=False, locale="zh-CN")
        page = context.new_page()
        go(page, live_server.url, manager, "/journeys/")
        page.locator("a[data-moment]", has_text="首次来电解决").click()
        expect(page).to_have_url(re.compile(r"/journeys/first_call/$"))
        page.get_by_role("link", name="在图上看").click()
        expect(page.locator("#panel h2")).to_have_text("首次来电解决")
        context.close()

    def test_live_figures_leave_the_focus_where_it_is(self, open_as: Open, manager: Viewer, now: datetime):
        page = open_as(manager, "/journeys/?moment=")
        page.evaluate("document.getElementById('map').dataset.refresh = 5")
        link = page.locator("a[data-moment]", has_text="账单看得懂")
        link.focus()
        say("bill", top=30, at=now)
        current(now=now)
        expect(link).to_contain_text("39", timeout=20_000)
        expect(link).to_be_focused()


def called(number: int, now: datetime, **more: object) -> None:
    """One more interaction of a customer who may have called before."""
    item = {
        "source": "test",
        "external_id": f"b-{number}-{len(more)}",
        "customer": {"external_id": f"B{number:06}", "phone": f"136{number:08}"},
        "touchpoint": "hotline",
        "ended_at": (now - timedelta(minutes=5)).isoformat(),
        **more,
    }
    (result,) = receive([item], by=SYSTEM, now=now)
    assert result.status == "created"


class TestOutreach:
    def test_why_not_is_answered_beside_the_funnel_and_recorded(self, open_as: Open, watcher: Viewer, now: datetime):
        called(1, now)
        called(1, now, attributes={"again": True})
        page = open_as(watcher, "/outreach/")
        field = page.get_by_label("手机号或服务接触编号")
        field.fill("136 0000 0001")
        field.press("Enter")
        why = page.locator("#why")
        expect(why).to_contain_text("没有下发：距上一条消息还没有超过 24 小时。")
        expect(why).to_contain_text("136****0001")
        expect(page).to_have_url(re.compile(re.escape("/outreach/") + "$"))
        assert [fact.data["kind"] for fact in events(kind="outreach.why_asked")] == ["phone"]
        why.get_by_role("link", name="看规则").click()
        expect(page.get_by_role("heading", name="触达策略")).to_be_visible()

    def test_from_a_number_to_its_rows_to_one_story(self, open_as: Open, watcher: Viewer, now: datetime):
        called(1, now)
        called(1, now, attributes={"again": True})
        page = open_as(watcher, "/outreach/?period=7d")
        page.locator(".o-funnel").get_by_role("link", name="抑制 1").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        page.get_by_role("link", name="为什么").click()
        expect(page.locator("#why")).to_contain_text("136****0001")

    def test_pausing_needs_a_reason_and_shows_on_every_page(self, open_as: Open, watcher: Viewer):
        page = open_as(watcher, "/outreach/")
        page.get_by_text("暂停下发").click()
        reason = page.get_by_label("为什么暂停？")
        page.get_by_role("button", name="暂停全部投放").click()
        expect(reason).to_be_focused()  # the browser asks for it
        reason.fill("短信签名变更")
        page.get_by_role("button", name="暂停全部投放").click()
        expect(page.locator(".z-notice")).to_contain_text("短信签名变更")
        page.goto(page.url.replace("/outreach/", "/journeys/"))
        expect(page.locator(".z-notice")).to_contain_text("短信签名变更")
        page.go_back()
        page.get_by_role("button", name="恢复下发").click()
        expect(page.locator(".z-notice")).to_have_count(0)
        card = organisation()
        assert card is not None
        assert not card.is_paused

    def test_a_policy_is_read_in_words_mended_and_applied(self, open_as: Open, watcher: Viewer):
        page = open_as(watcher, "/outreach/policy/")
        page.get_by_text("修改策略").click()
        file = page.get_by_label("策略文件（TOML）")
        file.fill("[gap]\nhours = zwölf\n")
        page.get_by_role("button", name="先读成文字").click()
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("alert")).to_contain_text("有 1 处要改")
        expect(file).to_have_value("[gap]\nhours = zwölf\n")
        file.fill("[gap]\nhours = 12\n")
        page.get_by_role("button", name="先读成文字").click()
        expect(page.get_by_text("距上一条消息要超过 12 小时，刚满 12 小时仍算太近。")).to_be_visible()
        assert PolicyVersion.objects.count() == 0
        page.get_by_text("启用这份策略").click()
        page.get_by_role("button", name="确认启用").click()
        expect(page.get_by_text("策略第 1 版已启用。")).to_be_visible()
        assert PolicyVersion.objects.count() == 1

    def test_the_live_funnel_leaves_the_lookup_alone(self, open_as: Open, watcher: Viewer, now: datetime):
        called(1, now)
        page = open_as(watcher, "/outreach/?period=7d")
        field = page.get_by_label("手机号或服务接触编号")
        field.fill("136")
        page.evaluate("document.getElementById('figures').dataset.refresh = 5")
        first = page.locator(".o-funnel tr", has_text="已下发").locator(".num").first
        expect(first).to_have_text("0")
        Invitation.objects.update(state="sent", sent_at=now, dies_at=now + timedelta(hours=8))
        expect(first).not_to_have_text("0", timeout=20_000)
        expect(field).to_have_value("136")

    @pytest.mark.parametrize(
        "path", ["/outreach/", "/outreach/decisions/", "/outreach/invitations/", "/outreach/policy/"]
    )
    def test_on_a_phone_nothing_sticks_out(self, open_as: Open, watcher: Viewer, now: datetime, path: str):
        called(1, now)
        assert overflow(open_as(watcher, path, size=PHONE)) <= 0

    def test_without_script_the_lookup_is_a_page(self, browser: Browser, watcher: Viewer, live_server, now: datetime):
        called(1, now)
        context = browser.new_context(java_script_enabled=False, locale="zh-CN")
        page = context.new_page()
        go(page, live_server.url, watcher, "/outreach/", language="en")
        page.get_by_label("Phone number or interaction").fill("13600000001")
        page.get_by_role("button", name="Look up").click()
        expect(page.locator("#why")).to_contain_text("Invited: every rule passed.")
        assert "136" not in page.url
        context.close()
