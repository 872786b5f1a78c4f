"""What the channels that speak HTTP share: one message a request, so many side by side."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from zhiyin.messaging.channels.pinned import Answer, ConnectionBroke, PinnedClient
from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Blind, Envelope, StillOurs, Witness
from zhiyin.messaging.rules.answers import broken
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import Paced


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to go."""

    url: str
    headers: Mapping[str, str]
    content: bytes = b""
    method: str = "POST"


class CannotCarry(Exception):
    """This gateway cannot take this message, today or tomorrow. ``str`` says why, without an address."""


class HttpSender(ABC):
    """One gateway, for one worker. A dialect says how a message becomes a request, and what an answer proves."""

    def __init__(self, key: str, setup: Paced, *, private_hosts: Collection[str] = ()) -> None:
        self.key = key
        self.at_once, self.patience = setup.at_once, setup.patience
        self._clients = [
            PinnedClient(timeout=setup.patience, private_hosts=private_hosts) for _ in range(setup.at_once)
        ]

    @abstractmethod
    def request(self, envelope: Envelope) -> Request:
        """The request for one message. Raises CannotCarry."""

    @abstractmethod
    def read(self, answer: Answer, envelope: Envelope) -> Outcome:
        """What a complete answer proves of it."""

    def place(self) -> str:
        return ""

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        ours = still_ours()
        outcomes: list[Outcome] = []
        for start in range(0, len(envelopes), self.at_once):
            part = envelopes[start : start + self.at_once]
            if len(part) == 1:
                outcomes.append(self._one(self._clients[0], part[0], ours))
                continue
            with ThreadPoolExecutor(len(part)) as threads:
                outcomes += threads.map(self._one, self._clients, part, [ours] * len(part))
        return outcomes

    def witness(self) -> AbstractContextManager[Witness | None]:
        return nullcontext(Blind())

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _one(self, client: PinnedClient, envelope: Envelope, ours: Collection[int]) -> Outcome:
        if envelope.message_id not in ours:
            return Outcome(Result.NOT_SENT, NO_LONGER_OURS)
        try:
            request = self.request(envelope)
        except CannotCarry as why:
            return Outcome(Result.REFUSED, str(why))
        headers = {"accept": "application/json", "accept-encoding": "identity", **request.headers}
        try:
            answer = client.request(request.method, request.url, headers=headers, content=request.content)
        except ConnectionBroke as fault:
            return broken(fault.how, fault.detail)
        return self.read(answer, envelope)
