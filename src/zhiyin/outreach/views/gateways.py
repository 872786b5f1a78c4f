"""The door that gateways call at: measured before it is read, answered within seconds whatever else goes on.

No session, no cookie, no CSRF token: a gateway proves itself by the secret in its address or by its signature.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from zhiyin.messaging.rules.signals import Callback, Reply
from zhiyin.outreach.arrivals import answer_callback
from zhiyin.people.views import client_address

log = logging.getLogger("zhiyin.outreach")
LARGEST = 1024 * 1024  # bytes of one callback
PATIENCE = 3  # seconds that we wait for the database; WeChat waits five for us
PLAIN = "text/plain; charset=utf-8"
_NUMBER = re.compile(r"[0-9]{1,15}")


@csrf_exempt
def callback(request: HttpRequest, key: str, secret: str = "") -> HttpResponse:
    """One call of a gateway: receipts, replies, a test of the address."""
    if request.method not in ("GET", "POST"):
        return HttpResponse("GET or POST\n", status=405, content_type=PLAIN, headers={"Allow": "GET, POST"})
    body = _body(request)
    if isinstance(body, HttpResponse):
        return body
    called = Callback(
        method=str(request.method),
        query={name: str(value) for name, value in request.GET.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        remote=client_address(request),
        now=timezone.now(),
        secret=secret.strip("/"),
        path=request.path,
    )
    try:
        with _promptly():
            reply = answer_callback(key, called)
    except (OperationalError, InterfaceError):
        # They come again, and if they have given up by then, their gateway is asked (G49).
        log.warning("the database is away; a callback of %s was not taken", key, exc_info=True)
        connection.close()
        return HttpResponse("try again\n", status=503, content_type=PLAIN, headers={"Retry-After": "30"})
    return _shown(reply)


def _shown(reply: Reply) -> HttpResponse:
    headers = {"Retry-After": "30"} if reply.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type, headers=headers)


def _body(request: HttpRequest) -> bytes | HttpResponse:
    """The whole body, measured before it is read; chunks are read as far as the limit (G19, G29)."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    if length and not _NUMBER.fullmatch(length):
        return HttpResponse("Content-Length is no number\n", status=400, content_type=PLAIN)
    if length and int(length) > LARGEST:
        return _too_large()
    try:
        if not length and request.META.get("wsgi.input_terminated"):
            body: bytes = request.META["wsgi.input"].read(LARGEST + 1)
        else:
            body = request.read(LARGEST + 1)
    except OSError:
        return HttpResponse("broken off\n", status=400, content_type=PLAIN)
    return _too_large() if len(body) > LARGEST else body


def _too_large() -> HttpResponse:
    said = f"at most {LARGEST} bytes; send fewer items at once\n"
    return HttpResponse(said, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, content_type=PLAIN)


@contextmanager
def _promptly() -> Iterator[None]:
    """However busy the database is: an answer within seconds, if only that they try again (G48, G50)."""
    is_postgresql = connection.vendor == "postgresql"
    before = "0" if is_postgresql else "20000"
    _wait_at_most(str(PATIENCE * 1000))
    try:
        yield
    finally:
        try:
            _wait_at_most(before)
        except (OperationalError, InterfaceError):
            connection.close()


def _wait_at_most(milliseconds: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [milliseconds])
        else:
            cursor.execute(f"PRAGMA busy_timeout = {int(milliseconds)}")
