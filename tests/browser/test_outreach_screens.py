"""The outreach screens in a real browser: the monitor's cuts, the policy's editor, the rehearsal; desk and phone."""

import os
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
from zhiyin.metrics import mirror
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM, invitation_rows, make_world, policy_versions
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff, make_tree

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product
DESKTOP, PHONE = (1440, 900), (390, 844)
PICTURES = os.environ.get("KEEP_PICTURES", "")  # a folder: every screen of this file is kept there, to look at
Open = Callable[..., Page]
CSV = "external_id,customer,scenario,at\n" + "".join(
    f"e{number},C100000{number % 3},hotline,2026-11-{1 + number // 4:02}T{8 + number % 4 * 3:02}:00:00+08:00\n"
    for number in range(40)
)


@pytest.fixture
def now() -> datetime:
    """The pages look at the clock."""
    return datetime.now(UTC)


@pytest.fixture
def manager(now: datetime, settings, tmp_path: Path) -> Viewer:
    """Forty customers who called several times within some weeks; most were asked, a few answered."""
    settings.DATA_DIR = tmp_path
    make_world(now=now - timedelta(days=30))
    make_tree(now=now - timedelta(days=30))
    for step in range(6):
        at = now - timedelta(days=20) + step * timedelta(hours=30)
        items = [called(number, step, at) for number in range(40) if (number + step) % 4]
        receive(items, by=SYSTEM, now=at)
        fresh = invitation_rows().filter(sent_at=None)
        fresh.update(state="sent", sent_at=at, dies_at=at + timedelta(hours=8), delivered_at=at)
        some = invitation_rows().filter(sent_at=at).order_by("pk").values_list("pk", flat=True)[: 8 + step]
        invitation_rows().filter(pk__in=list(some)).update(state="answered", opened_at=at, answered_at=at)
    mirror.catch_up(now=now)
    apply_policy("[gap]\nhours = 24\n", by=SYSTEM, now=now - timedelta(days=25))
    return make_staff("quality_manager", unit="HQ")


def called(number: int, step: int, at: datetime) -> dict[str, object]:
    customer = {"external_id": f"C{number:07}", "phone": f"136{number:08}"}
    return {
        "source": "test",
        "external_id": f"call-{number}-{step}",
        "customer": customer if number % 9 else {"external_id": f"C{number:07}"},
        "touchpoint": "hotline",
        "unit": ("N-1", "S-1")[number % 2],
        "channel": "sms",
        "attributes": {"complaint": number % 3 == 0},
        "ended_at": (at - timedelta(minutes=3)).isoformat(),
    }


@pytest.fixture
def open_as(page: Page, live_server) -> Iterator[Open]:
    """Sign in and open an address. Whatever the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)

    def opened(viewer: Viewer, path: str, *, size: tuple[int, int] = DESKTOP, **choices: str) -> Page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
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


def clipped(page: Page) -> int:
    """How many boxes hold something wider than they are: on paper nobody can scroll."""
    wide = "one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1"
    return int(page.evaluate(f"[...document.querySelectorAll('main .z-scroll, main .z-card')].filter({wide}).length"))


def keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_a_number_is_changed_read_rehearsed_and_put_in_force(open_as: Open, manager: Viewer) -> None:
    page = open_as(manager, "/outreach/policy/")
    page.get_by_text("修改策略").click()
    page.get_by_label("距上一条消息要超过").fill("2")
    page.get_by_role("button", name="写入文件并读成文字").click()
    expect(page.get_by_text("距上一条消息要超过 2 小时，刚满 2 小时仍算太近。")).to_be_visible()
    page.get_by_text("与现行文件逐行对比").click()
    expect(page.locator(".o-diff .is-new")).to_have_text("+ hours = 2")
    keep(page, "policy-read")
    page.get_by_role("button", name="先预演").first.click()
    expect(page.get_by_text("没有动任何数据。")).to_be_visible()
    expect(page.get_by_role("row", name="下发消息")).to_be_visible()
    keep(page, "rehearsal-done")
    assert policy_versions().count() == 1
    page.get_by_role("button", name="读成文字，再决定是否启用").click()
    page.get_by_text("启用这份策略").click()
    page.get_by_role("button", name="确认启用").click()
    expect(page.get_by_text("策略第 2 版已启用。")).to_be_visible()
    assert policy_versions().count() == 2


def test_a_problem_leads_to_its_line(open_as: Open, manager: Viewer) -> None:
    page = open_as(manager, "/outreach/policy/")
    page.get_by_text("修改策略").click()
    text = page.get_by_label("策略文件（TOML）")
    text.fill("[link]\nhours = 8\n[gap]\nhours = 0\n")
    expect(page.locator(".o-lines span")).to_have_count(5)
    page.get_by_role("button", name="先读成文字").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("第 4 行")
    expect(page.locator(".o-lines .is-faulty")).to_have_count(1)
    alert.get_by_role("link").click()
    chosen = text.evaluate("el => el.value.slice(el.selectionStart, el.selectionEnd)")
    assert chosen == "hours = 0"
    keep(page, "policy-problem")


def test_a_file_of_events_is_rehearsed_without_leaving_the_page(open_as: Open, manager: Viewer) -> None:
    page = open_as(manager, "/outreach/rehearsal/")
    keep(page, "rehearsal-empty")
    text = page.get_by_label("修改后的策略（TOML）")
    text.fill("[gap]\nhours = 1\n")
    events = page.get_by_label("或改用事件文件")
    events.set_input_files({"name": "e.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
    page.get_by_role("button", name="开始预演").click()
    expect(page.get_by_role("heading", name="调整前后")).to_be_visible()
    expect(page.get_by_text("40 个事件各重放两遍")).to_be_visible()
    expect(text).to_have_value("[gap]\nhours = 1\n")  # what was typed stays
    events.set_input_files({"name": "e.csv", "mimeType": "text/csv", "buffer": b"\xff\xfe\x00"})
    page.get_by_role("button", name="开始预演").click()
    expect(page.get_by_role("alert")).to_contain_text("UTF-8")


def test_the_monitor_is_cut_and_the_filters_stay(open_as: Open, manager: Viewer) -> None:
    page = open_as(manager, "/outreach/?period=30d")
    keep(page, "monitor")
    page.locator("#by").get_by_role("link", name="组织单元").click()
    expect(page.locator("#by tbody tr")).to_have_count(2)
    page.get_by_label("通道", exact=True).select_option("sms")
    expect(page.get_by_text("按通道看时，漏斗从排队开始")).to_be_visible()
    expect(page).to_have_url(re.compile("by=unit"))
    expect(page).to_have_url(re.compile("channel=sms"))
    keep(page, "monitor-by-channel")
    page.get_by_label("通道", exact=True).select_option("")
    page.locator("#by").get_by_role("link", name="北一班").click()
    expect(page.get_by_label("组织单元", exact=True)).to_have_value("N-1")


def test_the_definition_of_the_complaint_rates_opens_by_keyboard(open_as: Open, manager: Viewer) -> None:
    page = open_as(manager, "/outreach/?period=30d")
    expect(page.locator("#fairness")).to_contain_text("其他接触")
    page.locator("#fairness summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("两者之差的 95% 区间")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("两者之差的 95% 区间")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_on_a_phone_nothing_sticks_out(open_as: Open, manager: Viewer, theme: str, language: str) -> None:
    paths = {
        "monitor": "",
        "policy": "policy/",
        "rehearsal": "rehearsal/",
        "failed": "failed/",
        "decisions": "decisions/",
    }
    for name, path in paths.items():
        page = open_as(manager, f"/outreach/{path}", size=PHONE, theme=theme, language=language)
        page.evaluate("document.querySelectorAll('main details.z-card').forEach(one => { one.open = true })")
        keep(page, f"phone-{name}-{theme}-{language}")
        assert overflow(page) <= 0, name
    page = open_as(manager, "/outreach/rehearsal/", size=PHONE, theme=theme, language=language)
    page.locator("#toml").fill("[gap]\nhours = 1\n")
    page.locator(".o-send").click()
    expect(page.locator(".o-untouched")).to_be_visible()
    keep(page, f"phone-rehearsed-{theme}-{language}")
    assert overflow(page) <= 0


def test_every_screen_on_a_dark_desk(open_as: Open, manager: Viewer) -> None:
    for name, path in {"monitor": "?by=unit", "policy": "policy/", "rehearsal": "rehearsal/"}.items():
        page = open_as(manager, f"/outreach/{path}", theme="dark", language="en")
        page.evaluate("document.querySelectorAll('main details.z-card').forEach(one => { one.open = true })")
        keep(page, f"dark-{name}")
        assert overflow(page) <= 0, name


def test_the_row_of_filters_and_buttons_is_one_line_in_english(open_as: Open, manager: Viewer) -> None:
    page = open_as(manager, "/outreach/", language="en")
    lines = page.evaluate(
        "[...new Set([...document.querySelectorAll('.z-actions select, .z-actions .btn')]"
        ".filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect())"
        ".map(box => Math.round((box.top + box.bottom) / 16)))].length"
    )
    keep(page, "english-monitor")
    assert lines == 1


def test_printed_on_a4_nothing_is_cut_off_and_no_controls_are_left(open_as: Open, manager: Viewer) -> None:
    a4 = (688, 1000)  # the width that is left between margins of 14 mm, in CSS pixels
    for name, path in {"monitor": "?by=unit", "decisions": "decisions/", "policy": "policy/"}.items():
        page = open_as(manager, f"/outreach/{path}", language="en")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": a4[0], "height": a4[1]})
        keep(page, f"print-{name}")
        assert (overflow(page), clipped(page)) == (0, 0), name
        assert not page.locator(".z-actions, .z-side").first.is_visible()
        page.emulate_media(media="screen")
    page = open_as(manager, "/outreach/rehearsal/", language="en")
    page.locator("#toml").fill("[gap]\nhours = 1\n")
    page.locator(".o-send").click()
    expect(page.locator(".o-untouched")).to_be_visible()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": a4[0], "height": a4[1]})
    keep(page, "print-rehearsal")
    assert (overflow(page), clipped(page)) == (0, 0)
    assert not page.locator("#rehearsal-form .o-send").is_visible(), "what was found is printed, not the form"
    page.emulate_media(media="screen")


def test_without_script_a_rehearsal_is_a_page(browser: Browser, manager: Viewer, live_server) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    go(page, live_server.url, manager, "/outreach/rehearsal/", language="en")
    page.get_by_label("The changed policy (TOML)").fill("[gap]\nhours = 1\n")
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_text("Nothing was touched.")).to_be_visible()
    context.close()
