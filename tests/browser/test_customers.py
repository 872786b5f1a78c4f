"""One customer's page and the preference page in a real browser: both themes, both languages, a phone, no script."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from scripts import build_assets
from zhiyin.outreach.departing import let_links_live
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM, invitation_rows
from zhiyin.outreach.tokens import new_token, token_hash
from zhiyin.people.access import Viewer
from zhiyin.people.actions import merge_customers, opt_out, set_flag
from zhiyin.people.identify import find_customer
from zhiyin.people.rules import Flag, Purpose
from zhiyin.people.testing import make_staff
from zhiyin.reports.journeys.testing import make_journey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product
DESKTOP, PHONE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 700}
Open = Callable[..., Page]


@pytest.fixture
def customer(settings, tmp_path: Path) -> int:
    """Somebody who was served five times, asked, flagged, merged, and who refused care."""
    settings.DATA_DIR = tmp_path
    now = datetime.now(UTC)
    make_journey(now=now - timedelta(days=50))
    for number, days in enumerate((30, 12, 3, 2)):
        serve(number, "CRM-880012", "13800138000", at=now - timedelta(days=days))
    serve(9, "CRM-990077", "13900139000", at=now - timedelta(days=1))
    one, other = find_customer("external", "CRM-880012") or 0, find_customer("external", "CRM-990077") or 0
    invitation_rows().filter(customer_id=one).update(
        state="sent",
        sent_at=now - timedelta(days=29),
        delivered_at=now - timedelta(days=29) + timedelta(minutes=1),
        opened_at=now - timedelta(days=29) + timedelta(minutes=9),
        dies_at=now - timedelta(days=28, hours=16),
    )
    merge_customers(one, other, because="同一位客户的两张卡", by=SYSTEM, now=now - timedelta(hours=20))
    opt_out(one, purposes=[Purpose.CARE], via="link", by=SYSTEM, now=now - timedelta(hours=9))
    set_flag(one, Flag.OPEN_LEGAL_CASE, on=True, reason="套餐争议起诉", by=SYSTEM, now=now - timedelta(hours=2))
    return one


def serve(number: int, external_id: str, phone: str, *, at: datetime) -> None:
    item = {
        "source": "cti",
        "external_id": f"call-{number}",
        "customer": {"external_id": external_id, "phone": phone, "name": "王芳", "brand": "全球通", "segment": "金卡"},
        "touchpoint": "hotline",
        "ended_at": (at - timedelta(minutes=3)).isoformat(),
    }
    (result,) = receive([item], by=SYSTEM, now=at)
    assert result.status == "created", result


@pytest.fixture
def open_as(page: Page, live_server) -> Iterator[Open]:
    """Sign in and open an address. Whatever the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)

    def opened(viewer: Viewer, path: str, *, size: dict[str, int] = DESKTOP, **choices: str) -> Page:
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        sign_in(page, live_server.url, viewer, **choices)
        page.goto(f"{live_server.url}{path}", timeout=FIRST_PAGE)
        return page

    yield opened
    assert [said for said in complaints if "(Unprocessable" not in said] == []


def sign_in(page: Page, url: str, viewer: Viewer, *, theme: str = "light", language: str = "zh-hans") -> None:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=viewer.staff_id or 0))
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    choices = {django_settings.SESSION_COOKIE_NAME: session, "zhiyin_theme": theme, "zhiyin_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in choices.items()])


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_from_looking_up_to_a_recorded_refusal(open_as: Open, customer: int):
    page = open_as(make_staff("quality_manager", unit="HQ"), "/customers/")
    page.get_by_role("textbox").fill("138 0013 8000")
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("王**")
    assert "138" not in page.url
    expect(page.locator(".c-time li")).not_to_have_count(0)
    page.get_by_role("link", name="登记拒收").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
    page.get_by_role("button", name="登记拒收").click()
    expect(page.locator(".c-time li").first).to_contain_text("拒绝接收")
    expect(page.locator(".c-allows .z-tag.bad")).to_have_count(3)


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrow"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_sticks_out_on_a_phone(open_as: Open, customer: int, size: dict[str, int], language: str):
    by = make_staff("quality_manager", unit="HQ")
    for path in ("", "opt-out/", "consent/", "flag/", "merge/", "unmerge/"):
        page = open_as(by, f"/customers/{customer}/{path}", size=size, language=language, theme="dark")
        expect(page.get_by_role("main")).to_be_visible()
        assert overflow(page) == 0, path


def test_the_preference_page_works_without_script_and_sticks_out_nowhere(browser: Browser, live_server, customer: int):
    now = datetime.now(UTC)
    token = new_token()
    row = invitation_rows().filter(customer_id=customer).first()
    assert row is not None
    let_links_live([(row.pk, token_hash(token), now + timedelta(hours=8))], now=now)
    context = browser.new_context(java_script_enabled=False, viewport=NARROW, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live_server.url}/u/{token}/", timeout=FIRST_PAGE)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)  # care was refused, research waits for a yes
    page.get_by_label("关怀消息").check()
    page.get_by_role("button", name="保存设置").click()
    expect(page.get_by_role("status")).to_contain_text("已保存")
    page.get_by_role("button", name="什么都不要再发给我").click()
    expect(page.get_by_role("status")).to_contain_text("已经为您退订")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    context.close()
