"""The frame's pages through the whole stack."""

import re
from urllib.parse import quote

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
EVIL = ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "http:///evil.example", "")


@pytest.mark.parametrize(
    ("url", "field", "value", "cookie"),
    [
        ("/ui/theme/", "theme", "dark", "zhiyin_theme"),
        ("/ui/language/", "language", "en", "zhiyin_language"),
        ("/ui/keys/", "keys", "off", "zhiyin_keys"),
    ],
)
def test_a_choice_is_kept_in_a_cookie_and_leads_back(client: Client, url, field, value, cookie):
    answer = client.post(url, {field: value, "next": "/ui/help/?a=b"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ui/help/?a=b")
    kept = answer.cookies[cookie]
    assert kept.value == value
    assert (kept["samesite"], bool(kept["httponly"])) == ("Lax", True)


@pytest.mark.parametrize("url", ["/ui/theme/", "/ui/language/", "/ui/keys/"])
def test_an_unknown_choice_changes_nothing(client: Client, url):
    answer = client.post(url, {"theme": "pink", "language": "tlh", "keys": "maybe"})
    assert answer.status_code == 302
    assert set(answer.cookies) <= {"zhiyin-csrf"}


@pytest.mark.parametrize("evil", EVIL)
def test_nobody_is_sent_elsewhere(client: Client, evil):
    assert client.post("/ui/theme/", {"theme": "dark", "next": evil}).headers["Location"] == "/"


@pytest.mark.parametrize("url", ["/ui/theme/", "/ui/language/", "/ui/keys/"])
def test_a_choice_is_a_post(client: Client, url):
    assert client.get(url).status_code == 405


def test_a_choice_needs_its_token():
    assert Client(enforce_csrf_checks=True).post("/ui/theme/", {"theme": "dark"}).status_code == 403


def test_theme_and_language_stand_on_the_first_byte_of_the_page(client: Client):
    client.cookies["zhiyin_theme"], client.cookies["zhiyin_language"] = "dark", "en"
    assert '<html lang="en" data-bs-theme="dark">' in client.get("/ui/help/").content.decode()
    client.cookies["zhiyin_theme"] = quote('"><script>')
    assert 'data-bs-theme="light"' in client.get("/ui/help/").content.decode()


def test_help_is_a_page_and_a_fragment(client: Client):
    assert "<html" in client.get("/ui/help/").content.decode()
    fragment = client.get("/ui/help/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "data-focus" in fragment


def test_single_keys_can_be_switched_off(client: Client):
    assert 'data-keys="on"' in client.get("/ui/help/").content.decode()
    client.cookies["zhiyin_keys"] = "off"
    assert 'data-keys="off"' in client.get("/ui/help/").content.decode()


def test_the_specimen_is_for_builders_only(client: Client, settings):
    assert client.get("/ui/specimen/").status_code == 404
    settings.UI_SPECIMEN = True
    assert client.get("/ui/specimen/").status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_specimen_obeys_the_content_policy_and_the_outline(client: Client, settings, language):
    settings.UI_SPECIMEN = True
    client.cookies["zhiyin_language"] = language
    answer = client.get("/ui/specimen/")
    html = answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert not re.search(
        r"\s(?:style|on[a-z]+)\s*=", re.sub(r"<script type=.application/json.*?</script>", "", html, flags=re.S)
    )
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", html)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", html)
    assert html.count("<h1") == 1
    assert "<script>alert" not in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_the_chart_library_is_loaded_on_chart_pages_alone(client: Client, settings):
    settings.UI_SPECIMEN = True
    assert re.search(r"<script[^>]+echarts", client.get("/ui/specimen/").content.decode())
    assert not re.search(r"<script[^>]+echarts", client.get("/ui/help/").content.decode())


def test_the_menu_works_for_nobody_too(client: Client):
    assert client.get("/ui/menu/").status_code == 200
