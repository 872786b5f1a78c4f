"""For tests: a questionnaire like the hotline's, live links to it, and a customer's browser without a browser."""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from zhiyin.outreach.departing import let_links_live
from zhiyin.outreach.testing import NOW, make_invitations, make_world
from zhiyin.outreach.tokens import new_token, token_hash
from zhiyin.responses.hot import Desk
from zhiyin.surveys.testing import SURVEY, publish

GOOD = {"q_overall": "9", "q_attitude": "10"}
LOW = {"q_overall": "2", "q_attitude": "0", "q_reasons": "rude", "q_comment": "月费从 59 变成 89。", "q_call_me": "1"}
Fields = dict[str, str] | Sequence[tuple[str, str]]


def make_survey(*, now: datetime = NOW) -> int:
    """Publish the questionnaire in a small world; returns its version's id."""
    make_world(now=now)
    return publish(SURVEY, now=now).version_id


def make_links(number: int, *, now: datetime = NOW, life: timedelta = timedelta(hours=8)) -> list[str]:
    """So many customers invited, their messages sent at ``now``; returns the tokens."""
    make_survey(now=now)
    tokens = [new_token() for _ in range(number)]
    invited = make_invitations(number, now=now)
    rows = [(one, token_hash(token), now + life) for one, token in zip(invited, tokens, strict=True)]
    for start in range(0, number, 500):
        let_links_live(rows[start : start + 500], now=now)
    return tokens


def make_link(*, now: datetime = NOW, life: timedelta = timedelta(hours=8)) -> str:
    return make_links(1, now=now, life=life)[0]


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Browser:
    """Sends what a customer's phone sends, at the moment ``now``."""

    now: datetime = NOW + timedelta(minutes=5)
    headers: dict[str, str] = field(default_factory=dict)
    desk: Desk = field(default_factory=Desk)

    def __post_init__(self) -> None:
        self.desk.clock = lambda: self.now

    def get(self, path: str, **headers: str) -> Page:
        return self.send("GET", path, b"", **headers)

    def post(self, path: str, fields: Fields, **headers: str) -> Page:
        pairs: Iterable[tuple[str, str]] = fields.items() if isinstance(fields, dict) else fields
        return self.send("POST", path, urlencode(list(pairs)).encode(), **headers)

    def send(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Page:
        path, _sign, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": "203.0.113.7",
            "HTTP_HOST": "127.0.0.1:8000",
            "HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            **self.headers,
            **headers,
        }
        answer = self.desk.answer(environ)
        told = dict(answer.headers)
        plain = gzip.decompress(answer.body) if told.get("Content-Encoding") == "gzip" and answer.body else answer.body
        return Page(answer.status, plain, told)
