"""The little that matters of a request to a public page, read without trusting any of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from zhiyin.outreach.tokens import LONGEST, SHORTEST
from zhiyin.responses.rendering import NAMES, Look
from zhiyin.responses.rules import STARTED, VERSION, Typed, from_form
from zhiyin.responses.strangers import address_key, sender_of
from zhiyin.surveys.queries import VersionCard

Environ = Mapping[str, Any]

LARGEST_FORM = 64 * 1024  # bytes
MOST_FIELDS = 200
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
# Texting apps add what follows a link to the link: a full stop, a bracket, a space (S17).
_ADDRESS = re.compile(rf"/([su])/([0-9A-Za-z]{{{SHORTEST},{LONGEST}}})[\s.,;:!?)\]>\"'/。．，、；：！？）】》」”’…]*")
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


class Unreadable(Exception):
    """The request cannot be a customer's; ``status`` says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted. ``body`` identifies it when it comes again."""

    typed: Typed
    others: Sequence[str]
    version_id: int
    started: datetime | None
    body: UUID


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for which page in which look. ``token`` is empty where the address cannot hold one."""

    environ: Environ
    method: str
    page: str  # s or u
    token: str
    look: Look
    body: bytes

    @staticmethod
    def read(environ: Environ) -> "Request":
        """Raises Unreadable for another host, method, type or size of body."""
        method = str(environ["REQUEST_METHOD"])
        host = str(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", ""))
        if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
            raise Unreadable(HTTPStatus.BAD_REQUEST)
        if method not in METHODS:
            raise Unreadable(HTTPStatus.METHOD_NOT_ALLOWED)
        path = str(environ["PATH_INFO"]).encode("latin-1", "replace").decode("utf-8", "replace")
        address = _ADDRESS.fullmatch(path)
        return Request(
            environ=environ,
            method=method,
            page=path[1],
            token=address[2] if address else "",
            look=_look(str(environ.get("QUERY_STRING", "")), str(environ.get("HTTP_ACCEPT_LANGUAGE", ""))),
            body=_body(environ) if method == "POST" else b"",
        )

    @property
    def sender(self) -> UUID:
        """A keyed hash of the address it came from."""
        return address_key(sender_of(self.environ))

    @property
    def is_from_another_site(self) -> bool:
        return self.environ.get("HTTP_SEC_FETCH_SITE") == "cross-site"

    @property
    def takes_gzip(self) -> bool:
        return _takes_gzip(str(self.environ.get("HTTP_ACCEPT_ENCODING", "")))

    def look_at(self, card: VersionCard) -> Look:
        """The look for a version: in its own first language where it does not speak the one asked for."""
        languages = card.questionnaire.languages
        return self.look if self.look.language in languages else Look(languages[0], self.look.big)

    def form(self) -> Form:
        """Raises Unreadable for a body with too many fields."""
        pairs = self.fields()
        own = dict(pairs)
        typed, others = from_form(pairs)
        return Form(
            typed=typed,
            others=others,
            version_id=_number(own.get(VERSION, "")),
            started=_moment(own.get(STARTED, "")),
            body=UUID(bytes=sha256(self.body).digest()[:16]),
        )

    def fields(self) -> list[tuple[str, str]]:
        """What was posted, as it stands. Raises Unreadable for a body with too many fields."""
        text = self.body.decode("utf-8", "replace")
        try:
            return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
        except ValueError:
            raise Unreadable(HTTPStatus.BAD_REQUEST) from None

    def circumstances(self, form: Form, *, now: datetime) -> dict[str, Any]:
        """What tells later whether an answer may be a machine's (S69): how long it took, and from where."""
        found: dict[str, Any] = {"sender": self.sender.hex}
        if form.started is not None and timedelta(0) <= now - form.started < timedelta(days=2):
            found["seconds"] = round((now - form.started).total_seconds(), 1)
        return found


def _body(environ: Environ) -> bytes:
    """The whole form, measured before it is read (S36–S38)."""
    kind = str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    one_click = kind == "multipart/form-data" and str(environ["PATH_INFO"]).startswith("/u/")  # RFC 8058
    if kind not in ("", "application/x-www-form-urlencoded") and not one_click:
        raise Unreadable(HTTPStatus.BAD_REQUEST)
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not _NUMBER.fullmatch(length):
        raise Unreadable(HTTPStatus.BAD_REQUEST)
    if length and int(length) > LARGEST_FORM:
        raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not length and not environ.get("wsgi.input_terminated"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(length) if length else LARGEST_FORM + 1)
    if len(body) > LARGEST_FORM:
        raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body


@lru_cache(maxsize=1024)
def _look(query: str, accept_language: str) -> Look:
    """``?lang=en&big=1``; without it what the browser prefers, otherwise the house's language (S65)."""
    asked = dict(parse_qsl(query[:500]))
    language = asked.get("lang", "").lower()
    if language not in NAMES:
        language = _preferred(accept_language[:200]) or settings.LANGUAGE_CODE
    return Look(language, big=asked.get("big") == "1")


def _preferred(accept_language: str) -> str:
    ranked: list[tuple[float, str]] = []
    for part in accept_language.lower().split(","):
        tag, _sign, weight = part.strip().partition(";q=")
        language = {"zh": "zh-hans", "en": "en"}.get(tag.partition("-")[0])
        if language and re.fullmatch(r"(0(\.\d{1,3})?|1(\.0{1,3})?)?", weight):
            ranked.append((-float(weight or 1), language))
    wanted = [entry for entry in ranked if entry[0] < 0]
    return min(wanted, key=lambda entry: entry[0])[1] if wanted else ""


@lru_cache(maxsize=256)
def _takes_gzip(accept_encoding: str) -> bool:
    return re.search(r"(^|[ ,])(gzip|\*)($|[ ,]|;(?!\s*q=0(\.0*)?\s*(,|$)))", accept_encoding.lower()) is not None


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0


def _moment(text: str) -> datetime | None:
    milliseconds = _number(text)
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC) if 0 < milliseconds < 4_102_444_800_000 else None
