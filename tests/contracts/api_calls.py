"""Calling the API as another program does, and looking at what stands in the record afterwards."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from zhiyin.cases.testing import make_terms
from zhiyin.outreach.testing import make_world
from zhiyin.people.api_auth import create_api_key
from zhiyin.people.testing import SYSTEM, make_tree

ROOT = "/api/v1"
# Every table in which a call could leave something.
TABLES = (
    *("ledger.Event", "ledger.IntakeKey", "people.Customer", "people.Identity", "journey.Interaction"),
    *("outreach.Decision", "outreach.Invitation", "messaging.Message", "responses.Response", "cases.Case"),
    *("explorer.SavedView", "explorer.Dashboard", "explorer.Tile", "explorer.Schedule", "explorer.ScheduleReader"),
)


class Caller:
    """A program with a key. ``secret`` may be anything, to be refused."""

    def __init__(
        self, scope: str = "write", *, unit: str = "", secret: str | None = None, language: str = "en"
    ) -> None:
        if secret is None:
            secret = create_api_key(name="test", scope=scope, unit=unit, by=SYSTEM, now=timezone.now())
        self.secret = secret
        self._headers = {"authorization": f"Bearer {secret}", "accept-language": language}
        self._client = Client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Any call. ``body``: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        headers = {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        about = {} if raw or body is None else {"CONTENT_TYPE": kind, "CONTENT_LENGTH": "0"}  # else Django says nothing
        answer: HttpResponse = self._client.generic(
            method, ROOT + path, raw, content_type=kind, headers=headers, **about
        )
        return answer

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)


def found(answer: HttpResponse) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.content)


def problem(answer: HttpResponse) -> Mapping[str, Any]:
    """The problem document of an answer, once it has been seen to be one (RFC 9457)."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    told: dict[str, Any] = found(answer)
    assert told["status"] == answer.status_code
    assert told["code"]
    assert told["title"]
    assert told["detail"]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert len(told["request_id"]) == 16
    for error in told["errors"]:
        assert set(error) == {"field", "code", "message"}
        assert error["message"]
    return told


def rows() -> dict[str, int]:
    """How many rows each table holds."""
    return {name: apps.get_model(name).objects.count() for name in TABLES}


def make_organisation() -> None:
    """One touchpoint, one survey, terms for cases; a head office with two branches."""
    make_world()
    make_tree()
    make_terms()


def interaction(number: int | str = 1, **changes: Any) -> dict[str, Any]:
    """An interaction that is taken in as it stands, a minute old."""
    body = {
        "source": "cti",
        "external_id": f"call-{number}",
        "customer": {"external_id": f"C{number}", "phone": f"138{int(str(number).lstrip('x') or 0):08}"},
        "touchpoint": "hotline",
        "ended_at": (timezone.now() - timedelta(minutes=1)).isoformat(),
    }
    return {**body, **changes}
