"""Sending with a key that is lent: fetched once for all workers, fetched again when the provider says it is over."""

import json
from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import timedelta
from threading import Lock
from typing import Any

from zhiyin.messaging.access_tokens import keep_token, token_of
from zhiyin.messaging.channels.cloud import at, json_in, judged, said
from zhiyin.messaging.channels.http import HttpSender, Request
from zhiyin.messaging.channels.pinned import Answer, ConnectionBroke, PinnedClient
from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Envelope, StillOurs
from zhiyin.messaging.receiving.closing import is_closed
from zhiyin.messaging.rules.answers import tidy, without
from zhiyin.messaging.rules.codes import Codes
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import Paced

STALE = frozenset({"40001", "40014", "42001"})
SHORTEST_LIFE, LONGEST_LIFE = timedelta(minutes=10), timedelta(hours=2)
LEFT = "the customer has left this channel"


class NotLent(Exception):
    """The provider lends us no key: nothing of any message has left. ``str`` says why."""


class LentSender(HttpSender):
    """A dialect whose every request carries a lent key. ``closes``: the kind of address that a customer can close."""

    codes: Codes
    closes = ""

    def __init__(self, key: str, setup: Paced, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self._hidden = setup.hidden
        self._lent = ""
        self._fetched: tuple[str, timedelta] | None = None
        self._fetching = Lock()

    @abstractmethod
    def token_request(self) -> Request:
        """How a key is asked for."""

    @abstractmethod
    def message_request(self, envelope: Envelope, token: str) -> Request:
        """The request for one message. Raises CannotCarry."""

    def refusal(self, found: Any, envelope: Envelope) -> str:
        """Why a request that succeeded did not reach this one; empty if it did."""
        return ""

    def request(self, envelope: Envelope) -> Request:
        return self.message_request(envelope, self._lent)

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        if not envelopes:
            return []
        # The database is asked here and not beside the requests, which may run in threads.
        self._lent = self._lent or token_of(self.key, now=envelopes[0].sent_at)
        closed = {one.message_id for one in envelopes if self.closes and is_closed(self.closes, one.to)}
        outcomes = iter(super().send([one for one in envelopes if one.message_id not in closed], still_ours=still_ours))
        if self._fetched is not None:
            keep_token(self.key, self._fetched[0], lives=self._fetched[1], now=envelopes[0].sent_at)
            self._fetched = None
        left = Outcome(Result.REFUSED, LEFT)
        return [left if one.message_id in closed else next(outcomes) for one in envelopes]

    def _one(self, client: PinnedClient, envelope: Envelope, ours: Collection[int]) -> Outcome:
        if envelope.message_id not in ours:
            return Outcome(Result.NOT_SENT, NO_LONGER_OURS)
        used = self._lent
        try:
            self._fetch(client, instead_of="")
            used = self._lent
            outcome = super()._one(client, envelope, ours)
            if outcome.detail.startswith(_STALE):  # the provider took nothing: once more with a new key
                self._fetch(client, instead_of=used)
                outcome = super()._one(client, envelope, ours)
        except NotLent as why:
            return Outcome(Result.NOT_SENT, tidy(without(str(why), self._hidden)))
        return outcome

    def _fetch(self, client: PinnedClient, *, instead_of: str) -> None:
        """Ask for a key, unless another thread has just done so. Raises NotLent."""
        with self._fetching:
            if self._lent != instead_of:
                return
            request = self.token_request()
            try:
                answer = client.request(request.method, request.url, headers=request.headers, content=request.content)
            except ConnectionBroke as fault:
                raise NotLent(f"no access token: {fault}") from fault
            found = json_in(answer)
            token, seconds = said(at(found, "access_token")), said(at(found, "expires_in"))
            if not token or len(token) > 1000:
                raise NotLent(f"no access token: HTTP {answer.status} {said(at(found, 'errcode'))}")
            lives = timedelta(seconds=int(seconds)) if seconds.isdigit() and len(seconds) < 7 else SHORTEST_LIFE
            self._lent, self._fetched = token, (token, min(max(lives, SHORTEST_LIFE), LONGEST_LIFE))

    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        found = json_in(answer)
        code = said(at(found, "errcode"))
        if code in STALE:
            return Outcome(Result.NOT_SENT, f"{_STALE} {code}")
        if code == "0" and (why := self.refusal(found, envelope)):
            return Outcome(Result.REFUSED, tidy(why))
        return judged(
            answer,
            code,
            said(at(found, "errmsg")),
            self.codes,
            hidden=(*self._hidden, *([self._lent] if self._lent else [])),
            provider_id=said(at(found, "msgid")),
            now=envelope.sent_at,
        )


_STALE = "the access token is over:"


def json_request(url: str, fields: object) -> Request:
    """A POST of JSON."""
    headers = {"content-type": "application/json; charset=utf-8"}
    return Request(url=url, headers=headers, content=json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace"))
