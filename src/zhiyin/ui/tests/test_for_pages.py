"""A call of the API passes by what only people's pages need, and pages do not."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
CALL, DOCS, PAGE = "/api/v1/interactions", "/api/v1/docs", "/log-in/"


def test_what_answers_a_program_may_load_nothing():
    policy = Client().get(CALL).headers["Content-Security-Policy"]
    for directive in ("default-src 'none'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert "script-src" in Client().get(DOCS).headers["Content-Security-Policy"]


def test_a_page_still_needs_its_token_and_a_call_has_none():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(PAGE, {"email": "a@example.com", "password": "x"}).status_code == 403
    refused = strict.post(CALL, data="{}", content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")


def test_a_call_neither_opens_nor_reads_a_session():
    client = Client()
    client.cookies["zhiyin"] = "x" * 32
    answer = client.get(CALL)
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
