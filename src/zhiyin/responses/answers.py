"""Answers of the public pages: the same headers on every one of them, whatever happened (R20)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings

from zhiyin.responses.prepared import Prepared
from zhiyin.responses.request import METHODS, Environ, Request

ALLOW = ("Allow", ", ".join(METHODS))
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Vary", "Accept-Encoding, Accept-Language"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; ``body`` is empty for HEAD, with the length that GET would have."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


def page_answer(
    request: Request, page: Prepared, status: HTTPStatus, values: Mapping[str, bytes], *more: tuple[str, str]
) -> Answer:
    """A page with its places filled, compressed for whoever takes that."""
    kind = (("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", page.policy))
    if request.takes_gzip:
        return answer(status, page.gzip(values), request.environ, *kind, ("Content-Encoding", "gzip"), *more)
    return answer(status, page.plain(values), request.environ, *kind, *more)


def plain_answer(status: HTTPStatus, environ: Environ, *more: tuple[str, str]) -> Answer:
    """For what no customer's browser sends, and for an outage: a sentence in both languages."""
    chinese, english = {
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("内容太长，没有记录。", "That is too long; nothing was recorded."),
        HTTPStatus.SERVICE_UNAVAILABLE: (
            "现在忙不过来，请一分钟后再试，您填写的内容没有丢。",
            "We cannot take this right now. Please try again in a minute; go back and nothing you typed is lost.",
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: (
            "这一页出了问题，请稍后再试。",
            "Something went wrong here. Please try again later.",
        ),
    }.get(status, ("这个请求看不懂，没有记录。", "This request cannot be read; nothing was recorded."))
    allow = (ALLOW,) if status is HTTPStatus.METHOD_NOT_ALLOWED else ()
    kind = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"),
    )
    return answer(status, f"{chinese}\n{english}\n".encode(), environ, *kind, *allow, *more)


def answer(status: HTTPStatus, body: bytes, environ: Environ, *headers: tuple[str, str]) -> Answer:
    secure = (("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}"),) if settings.SECURE else ()
    size = (("Content-Length", str(len(body))),) if status is not HTTPStatus.NO_CONTENT else ()
    told = ("X-Request-Id", secrets.token_hex(8))
    shown = b"" if environ.get("REQUEST_METHOD") == "HEAD" else body
    return Answer(status, shown, (*headers, *size, *_HEADERS, *secure, told))
