"""Error pages say what may have happened and carry a code; under /api/ they are problem documents."""

import json
from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from django.utils import translation

from zhiyin.ui import errors, supplies


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    monkeypatch.setattr(supplies, "_SUPPLIES", {})
    with translation.override("en"):
        yield


def request_to(path: str):
    request = RequestFactory().get(path)
    vars(request).update(user=SimpleNamespace(is_authenticated=False, theme="", role=""), request_id="7f3a1120aabbccdd")
    return request


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (errors.bad_request, 400, "Nothing was saved"),
        (errors.forbidden, 403, "ask an administrator"),
        (errors.not_found, 404, "It may have been moved or removed"),
        (lambda request, _: errors.server_error(request), 500, "give the code below to your administrator"),
        (lambda request, _: errors.csrf_failure(request), 403, "reload the page and send it again"),
    ],
)
def test_a_page_says_what_may_have_happened_and_carries_a_code(answer, status, words):
    response = answer(request_to("/nowhere/"), Exception("secret detail"))
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert "7F3A-1120" in page
    assert "secret detail" not in page


def test_the_api_answers_with_a_problem():
    response = errors.not_found(request_to("/api/v1/nothing"), Exception())
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert (body["status"], body["code"], body["request_id"]) == (404, "not_found", "7f3a1120aabbccdd")


def test_the_page_of_a_fault_stands_when_everything_else_has_fallen(monkeypatch):
    request = request_to("/")
    del request.user

    def broken(*_):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr("zhiyin.ui.context.Console.theme", property(broken))
    response = errors.server_error(request)
    assert response.status_code == 500
    assert "7F3A-1120" in response.content.decode()
    assert "database" not in response.content.decode()


def test_an_error_without_a_request_id_has_no_code():
    request = request_to("/")
    del request.request_id
    assert "Error code" not in errors.not_found(request, Exception()).content.decode()
