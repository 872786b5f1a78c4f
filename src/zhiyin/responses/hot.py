"""``/s/{token}`` and ``/u/{token}/``: the public pages, answered before Django's middleware is even entered.

They need no session, no cookie and no CSRF token (whoever holds the link may answer, and the link is in no cookie),
and most of what a survey customer waits for elsewhere is middleware. A page costs one statement and a submission one.

What a dead link gets depends only on what was sent, never on why the link is dead: unknown, used, expired and revoked
links give the same bytes (R17), with the words of a form that came too late still in them (S60).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils.timezone import get_default_timezone

from zhiyin.ledger.clock import steady
from zhiyin.lib.faults import shown_name
from zhiyin.outreach.tokens import token_hash
from zhiyin.people.queries import preferences
from zhiyin.responses.answers import ALLOW, Answer, answer, page_answer, plain_answer
from zhiyin.responses.choosing import Done, carry_out
from zhiyin.responses.opened import Opened, is_person
from zhiyin.responses.pages import Pages
from zhiyin.responses.rendering import link_life
from zhiyin.responses.request import Environ, Form, Request, Unreadable
from zhiyin.responses.rules import Filled, fill_page, own_words
from zhiyin.responses.strangers import WINDOW, Strangers
from zhiyin.responses.submission import Link, Submission, find_link, submit, was_received
from zhiyin.surveys.queries import VersionCard
from zhiyin.ui.times import Clock

log = logging.getLogger("zhiyin.survey")
StartResponse = Callable[..., Any]

PREVIEW = "/s/preview/"


def is_public(path: str) -> bool:
    """Whether this address is answered here. The preview is a page of the console."""
    return path.startswith(("/s/", "/u/")) and not path.startswith(PREVIEW)


class PublicPages:
    """WSGI: the public pages here, everything else to ``application``."""

    def __init__(
        self, application: Callable[..., Iterable[bytes]], *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.application = application
        self.desk = Desk(clock=clock or _now)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if not is_public(environ["PATH_INFO"]):
            return self.application(environ, start_response)
        self.desk.opened.start()
        answer = self.desk.answer(environ)
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers))
        return [answer.body]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (the page's doorstep)


@dataclass
class Desk:
    """Answers one request after another, with what this process remembers between them."""

    clock: Callable[[], datetime] = _now
    pages: Pages = field(default_factory=Pages)
    strangers: Strangers = field(default_factory=Strangers)
    opened: Opened = field(default_factory=Opened)

    def answer(self, environ: Environ) -> Answer:
        """Never raises: whatever a stranger sends, and while the database is away, there is a page."""
        try:
            return self._twice(environ)
        except Unreadable as unreadable:
            return plain_answer(unreadable.status, environ)
        except (OperationalError, InterfaceError):
            log.warning("the database is away; a survey page was not shown", exc_info=True)
            return plain_answer(HTTPStatus.SERVICE_UNAVAILABLE, environ, ("Retry-After", "5"))
        except Exception:
            log.exception("a survey page failed")
            return plain_answer(HTTPStatus.INTERNAL_SERVER_ERROR, environ)

    def _twice(self, environ: Environ) -> Answer:
        """After the database was restarted the old connection is dead: once more with a new one.

        Safe for a submission too: had the first try been kept, the second finds the same body received.
        """
        request = Request.read(environ)
        try:
            return self._answer(request)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            return self._answer(request)

    def _answer(self, request: Request) -> Answer:
        if request.method == "OPTIONS":
            return answer(HTTPStatus.NO_CONTENT, b"", request.environ, ALLOW)
        # Server time decides, taken when the whole body is there (S61).
        now = steady(self.clock())
        if request.page == "u":
            return self._preferences(request, now=now)
        if request.method == "POST":
            return self._submitted(request, now=now)
        return self._shown(request, now=now)

    def _shown(self, request: Request, *, now: datetime) -> Answer:
        link = self._link(request)
        card = self._version_of(link, now=now)
        if link is None or card is None:
            return self._dead(request, now=now)
        if is_person(request.environ):
            self.opened.note(link.invitation_id, now=now)
        page = self.pages.survey(card, request.look_at(card), served=link.served_at is not None)
        return page_answer(request, page, HTTPStatus.OK, _places(request, link, now=now))

    def _submitted(self, request: Request, *, now: datetime) -> Answer:
        form = request.form()
        # The page says which version it shows, so that one statement is enough; the statement checks the word.
        known = self.pages.known_version(form.version_id)
        if known is not None:
            filled = fill_page(form.typed, known.questionnaire)
            if not filled.faults and self._kept(request, form, known, filled, now=now):
                return self._thanks(request, known, filled)
        link = self._link(request)
        card = self._version_of(link, now=now)
        if link is None or card is None:
            return self._thanks_again(request, form, link, now=now) or self._dead(request, form, now=now)
        filled = fill_page(form.typed, card.questionnaire)
        if filled.faults:
            page = self.pages.survey_again(card, request.look_at(card), filled, served=link.served_at is not None)
            return page_answer(request, page, HTTPStatus.UNPROCESSABLE_ENTITY, _places(request, link, now=now))
        if self._kept(request, form, card, filled, now=now):
            return self._thanks(request, card, filled)
        return self._thanks_again(request, form, link, now=now) or self._dead(request, form, now=now)

    def _kept(self, request: Request, form: Form, card: VersionCard, filled: Filled, *, now: datetime) -> bool:
        given = Submission(
            token=token_hash(request.token),
            version_id=card.id,
            filled=filled,
            language=request.look_at(card).language,
            body=form.body,
            attributes=request.circumstances(form, now=now),
        )
        response = submit(given, now=now)
        if response is not None and (filled.dropped or form.others):
            ignored = sorted(shown_name(name) for name in form.others[:10])
            log.info(
                "response %s: hidden fields dropped %s, unknown fields ignored %s", response, filled.dropped, ignored
            )
        return response is not None

    def _thanks(self, request: Request, card: VersionCard, filled: Filled) -> Answer:
        page = self.pages.thanks(card, request.look_at(card), low=filled.is_low or filled.wants_contact)
        return page_answer(request, page, HTTPStatus.OK, {})

    def _thanks_again(self, request: Request, form: Form, link: Link | None, *, now: datetime) -> Answer | None:
        """A double click, a second tab or a lost reply sees what the first one saw (S55–S59)."""
        card = self.pages.version(link.version_id) if link else None
        if link is None or card is None or not was_received(link, form.body, now=now):
            return None
        return self._thanks(request, card, fill_page(form.typed, card.questionnaire))

    def _dead(self, request: Request, form: Form | None = None, *, now: datetime) -> Answer:
        """The one neutral page. A form that another site sent does not get to put its words on it."""
        words = own_words(form.typed) if form is not None and not request.is_from_another_site else ""
        page = self.pages.unavailable(request.look, with_words=bool(words))
        values = {"words": escape(words).encode()} if words else {}
        if self.strangers.may_go_on(request.sender, now=now):
            return page_answer(request, page, HTTPStatus.NOT_FOUND, values)
        wait = ("Retry-After", str(int(WINDOW.total_seconds())))
        return page_answer(request, page, HTTPStatus.TOO_MANY_REQUESTS, values, wait)

    def _preferences(self, request: Request, *, now: datetime) -> Answer:
        """Works with a used or expired link too: whoever was asked may always say what they want to be asked."""
        link = self._link(request)
        card = self.pages.version(link.version_id) if link else None
        known = preferences(link.customer_id) if link and link.customer_id else None
        if link is None or link.customer_id is None or card is None or known is None or known.is_erased:
            return self._dead(request, now=now)
        look, done = request.look_at(card), Done.NOTHING
        if request.method == "POST":
            said = f"{card.number}/{look.language}"
            whose = link.customer_id
            done = carry_out(request.fields(), known=known, link_customer=whose, text_version=said, now=now)
            known = preferences(whose) or known
        page = self.pages.preferences(card, look, known, done)
        return page_answer(request, page, HTTPStatus.OK, {})

    def _link(self, request: Request) -> Link | None:
        return find_link(token_hash(request.token)) if request.token else None

    def _version_of(self, link: Link | None, *, now: datetime) -> VersionCard | None:
        """What a link shows while it lives."""
        return self.pages.version(link.version_id) if link is not None and link.is_alive(now=now) else None


def _places(request: Request, link: Link, *, now: datetime) -> dict[str, bytes]:
    dies_at = link.dies_at or now + link_life()
    clock = Clock(get_default_timezone(), request.look.language, now)
    same_day = dies_at.astimezone(clock.zone).date() == now.astimezone(clock.zone).date()
    served = {"served": clock.day_and_time(link.served_at).encode()} if link.served_at else {}
    return {
        "started": b"%d" % int(now.timestamp() * 1000),
        "dies": (clock.time(dies_at) if same_day else clock.day_and_time(dies_at)).encode(),
        "token": request.token.encode(),
        **served,
    }
