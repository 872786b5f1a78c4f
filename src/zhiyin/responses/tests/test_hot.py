"""What stands around the pages: the WSGI door, Django's door, the connection underneath."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from zhiyin.outreach.tokens import token_hash
from zhiyin.responses import opened
from zhiyin.responses.hot import PublicPages
from zhiyin.responses.models import Response
from zhiyin.responses.opened import Opened
from zhiyin.responses.statements import Statement
from zhiyin.responses.submission import find_link
from zhiyin.responses.testing import GOOD, Browser, make_link


def through(pages: PublicPages, path: str) -> tuple[str, bytes]:
    told: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1"}
    body = b"".join(pages(environ, lambda status, headers: told.append(status)))
    return told[0], body


@pytest.mark.django_db
def test_the_public_pages_are_answered_in_front_and_everything_else_passes() -> None:
    def inner(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"inner"]

    pages = PublicPages(inner, clock=lambda: Browser().now)
    pages.desk.opened.start = lambda: None  # type: ignore[method-assign]  # no second connection beside the test's
    assert through(pages, "/s/abcdefabcdef")[0] == "404 Not Found"
    assert through(pages, "/u/abcdefabcdef/")[0] == "404 Not Found"
    for path in ("/", "/s", "/surveys/", "/s/preview/7/", "/static/x", "/api/v1/surveys"):
        assert through(pages, path) == ("200 OK", b"inner")


@pytest.mark.django_db
def test_django_itself_gives_the_same_page(client: Client) -> None:
    direct = Browser().get("/s/abcdefabcdef")
    by_django = client.get("/s/abcdefabcdef", headers={"accept-language": "zh-CN"})
    assert (by_django.status_code, by_django.content) == (404, direct.body)
    assert by_django.headers["Content-Security-Policy"] == direct.headers["Content-Security-Policy"]
    assert not by_django.cookies


@pytest.mark.django_db(transaction=True)
def test_a_pooler_that_forgets_prepared_statements_does_no_harm() -> None:
    token = make_link()
    assert find_link(token_hash(token))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
    assert find_link(token_hash(token))


@pytest.mark.django_db(transaction=True)
def test_what_another_release_prepared_on_the_same_connection_is_not_run() -> None:
    """Behind a pooler both meet there, and a name alone would give one of them the other's columns."""
    if connection.vendor == "postgresql":
        assert [Statement("zhiyin_test", "SELECT 1").run([]), Statement("zhiyin_test", "SELECT 1, 2").run([])] == [
            [("1",)],
            [("1", "2")],
        ]


@pytest.mark.django_db(transaction=True)
def test_the_database_may_be_restarted_between_two_pages() -> None:
    token, browser = make_link(), Browser()
    assert browser.get(f"/s/{token}").status == 200
    if connection.vendor == "postgresql":
        connection.connection.pgconn.finish()
    assert browser.get(f"/s/{token}").status == 200
    if connection.vendor == "postgresql":
        connection.connection.pgconn.finish()
    assert browser.post(f"/s/{token}", GOOD).status == 200
    assert Response.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_opened_is_written_by_a_thread_of_its_own() -> None:
    token = make_link()
    link = find_link(token_hash(token))
    assert link is not None
    noted = Opened()
    noted.note(link.invitation_id, now=Browser().now)
    noted.start()
    noted.stop()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outreach_invitation WHERE opened_at IS NOT NULL")
        assert cursor.fetchone()[0] == 1


@pytest.mark.django_db
def test_what_could_not_be_written_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Opened()
    waiting.note(1, now=Browser().now)
    for statement in ("OPENED_ON_POSTGRESQL", "OPENED_ON_SQLITE"):
        monkeypatch.setattr(opened, statement, getattr(opened, statement).replace("outreach_invitation", "nowhere"))
    with pytest.raises(Exception, match="nowhere"):
        waiting.write()
    monkeypatch.undo()
    assert waiting.write() == 1
