"""Setting up a channel in a real browser: by keyboard, on a phone, without script, and without a word of the secret."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts import build_assets
from tests.browser.test_journey_and_outreach import PHONE, go, overflow
from zhiyin.messaging.channels.registry import DIALECTS
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.testing import Gateway, channel_rows
from zhiyin.outreach.testing import make_world
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
LIST = "/settings/channels/"


@pytest.fixture
def administrator(settings, tmp_path: Path) -> Viewer:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=datetime.now(UTC))
    return make_staff("administrator", unit="HQ")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def fill(page: Page, gateway: Gateway) -> None:
    page.get_by_label("网关地址").fill(f"http://127.0.0.1:{gateway.port}/send")
    page.locator("#headers").fill("Authorization: Bearer very-secret-key")
    page.get_by_label("请求模板").fill('{"mobile": "{to}", "content": "{text}", "id": "{message}"}')
    page.get_by_label("结果在哪个字段").fill("code")
    page.get_by_label("哪些值算成功").fill("0")


def test_from_nothing_to_a_gateway_that_is_on(page: Page, live_server, administrator: Viewer, gateway: Gateway):
    go(page, live_server.url, administrator, "/settings/users/")
    page.get_by_role("link", name="消息通道").click()
    expect(page.get_by_text("还没有启用通道")).to_be_visible()
    page.locator("summary", has_text="加通道").press("Enter")
    page.get_by_role("link", name="短信网关", exact=True).click()
    fill(page, gateway)
    page.get_by_label("通道名称").fill("my gateway")
    page.get_by_role("button", name="保存，先不启用").click()

    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    alert.get_by_role("link").click()
    key = page.get_by_label("通道名称")
    expect(key).to_be_focused()
    expect(key).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#headers")).to_have_value("")  # a secret never comes back, not even now
    key.fill("gateway")
    page.locator("#headers").fill("Authorization: Bearer very-secret-key")
    key.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("gateway · 短信")
    expect(page.get_by_text("已停用").first).to_be_visible()
    assert "very-secret-key" not in page.content()
    page.get_by_label("你自己的手机号").fill("13912345678")
    page.get_by_label("你自己的手机号").press("Enter")
    expect(page.locator(".o-trial")).to_contain_text("已接收")
    expect(page.locator(".o-trial")).to_contain_text("139****5678")
    assert len(gateway.accepted) == 1

    page.locator("summary", has_text="启用").press("Enter")
    expect(page.get_by_text("客户短信：改走「gateway」。")).to_be_visible()
    page.get_by_role("button", name="启用「gateway」").press("Enter")
    expect(page.get_by_text("正常").first).to_be_visible()
    assert channel_rows().get().is_active


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_on_a_phone_nothing_sticks_out(page: Page, live_server, administrator: Viewer, gateway: Gateway, language: str):
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    go(page, live_server.url, administrator, f"{LIST}add-channel/sms/")
    fill(page, gateway)
    page.get_by_role("button", name="保存，先不启用").click()
    expect(page.locator("#test")).to_be_visible()
    for path in (LIST, *(f"{LIST}add-channel/{kind}/" for kind in DIALECTS), f"{LIST}outbox/", f"{LIST}sms/"):
        go(page, live_server.url, administrator, path, language=language, theme="dark")
        assert overflow(page) <= 0, path
        for summary in page.locator(".z-actions summary").all():
            summary.click()
            panel = page.locator(".z-actions details[open] > div").bounding_box()
            assert panel
            assert panel["x"] >= 0
            assert panel["x"] + panel["width"] <= PHONE["width"]


def test_without_script_a_channel_is_added_and_tried(browser: Browser, live_server, administrator: Viewer):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    go(page, live_server.url, administrator, LIST, language="en")
    page.locator("summary", has_text="Add a channel").click()
    page.locator("details").get_by_role("link", name="Outbox file").click()
    page.get_by_label("Name of the channel").fill("file")
    page.get_by_role("button", name="Save, switched off").click()
    page.get_by_role("button", name="Send me a test message").click()
    expect(page.locator(".o-trial")).to_contain_text("The other side took it.")
    page.locator("summary", has_text="Switch on").click()
    page.get_by_role("button", name="Switch on “file”").click()
    expect(page.get_by_text("Switched on.")).to_be_visible()
    context.close()


def test_a_cloud_is_tried_on_the_simulators_phone(page: Page, live_server, administrator: Viewer):
    with Simulator() as simulator:
        go(page, live_server.url, administrator, LIST)
        page.locator("summary", has_text="加通道").click()
        page.get_by_role("link", name="阿里云短信").click()
        page.get_by_label("AccessKey ID").fill("LTAI")
        page.get_by_label("AccessKey Secret").fill("very-secret-key")
        page.get_by_label("短信签名").fill("云桥")
        page.get_by_label("短信模板").fill("SMS_1")
        page.get_by_label("模板变量").fill('{"code": "{link}"}')
        page.locator("summary", has_text="不常用的设置").click()
        page.get_by_label("服务地址").fill(simulator.url("aliyun"))
        page.get_by_role("button", name="保存，先不启用").click()
        expect(page.get_by_role("alert")).to_contain_text("不允许「模板变量」里带链接")
        page.get_by_label("AccessKey Secret").fill("very-secret-key")
        page.get_by_label("模板变量").fill('{"code": "{token}"}')
        page.get_by_role("button", name="保存，先不启用").click()
        expect(page.get_by_label("回调地址", exact=True)).to_have_value(re.compile("/gateways/aliyun/[0-9a-f]{32}/$"))
        page.get_by_label("你自己的手机号").fill("13912345678")
        page.get_by_label("你自己的手机号").press("Enter")
        expect(page.locator(".o-trial")).to_contain_text("已接收")

        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        page.goto(f"http://127.0.0.1:{simulator.port}/")
        expect(page.locator(".phone")).to_contain_text("【云桥】")
        expect(page.locator(".phone a")).to_have_attribute("href", re.compile("/s/000000000000$"))
        assert overflow(page) <= 0
        page.get_by_role("button", name="退订").click()
        expect(page.locator(".phone .me")).to_have_text("退订")
