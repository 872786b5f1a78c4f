"""The list of replies that wait for a person, in a real browser: on a desk and on a phone."""

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, expect

from scripts import build_assets
from zhiyin.messaging.receiving.testing import arrivals, make_reply
from zhiyin.messaging.rules.uplinks import Course, Meaning
from zhiyin.outreach.testing import NOW, make_world
from zhiyin.people.testing import make_staff, make_tree

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`."),
]
FIRST_PAGE = 60_000  # ms: the first request of a run imports the whole product


@pytest.mark.parametrize("width", [1440, 390])
def test_a_reply_is_read_and_dealt_with(live_server, page: Page, width: int) -> None:
    make_tree()
    make_world()
    make_reply(text="我要退订谢谢，电话13800138000", meaning=Meaning.OPT_OUT_AND_MORE, course=Course(True, True))
    make_reply(uplink_id="up-2", text="5", meaning=Meaning.SCORE)
    listed = {"channel": "gate", "kind": "receipt", "state": "listed", "error": "no such message"}
    arrivals().create(id=1, digest=b"1", received_at=NOW, try_at=NOW, **listed)
    client = Client()
    by = make_staff("quality_manager", unit="HQ")
    client.force_login(
        get_user_model().objects.get(pk=by.staff_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/outreach/replies/", timeout=FIRST_PAGE)
    expect(page.get_by_text("我要退订谢谢，电话138****8000")).to_be_visible()
    expect(page.get_by_text("没有这条消息。")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is no wider than the screen"
    page.get_by_placeholder("怎么处理的？").first.fill("已回电")
    page.get_by_role("button", name="已处理").first.click()
    expect(page.get_by_text("我要退订谢谢")).to_have_count(0)
