"""A page in the Chromium of this machine, for tests marked `browser`."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import chromium

PATIENCE = 20_000  # ms; a machine with two cores runs a second browser and a database beside this one


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the run with an empty profile."""
    executable = chromium.find()
    assert executable, "mark this test with `browser`: it is skipped where there is no Chromium"
    # Playwright keeps an event loop in this thread, and Django would refuse to touch the database beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(chromium.FLAGS))
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new page in a context of its own, in Chinese, in the tests' time zone. An error on the page fails the test."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == [], "the page raised errors"
