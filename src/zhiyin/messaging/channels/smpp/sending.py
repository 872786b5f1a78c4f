"""submit_sm: so many messages under way together, each answered by its number."""

import time
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from zhiyin.messaging.channels.pinned import ConnectionBroke
from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Blind, Envelope, StillOurs, Witness
from zhiyin.messaging.channels.smpp.codes import outcome_of
from zhiyin.messaging.channels.smpp.listening import hand_on
from zhiyin.messaging.channels.smpp.session import Dropped, Session
from zhiyin.messaging.channels.smpp.setup import SmppSetup
from zhiyin.messaging.channels.smpp.texts import parts_of
from zhiyin.messaging.rules.answers import Broken, broken, without
from zhiyin.messaging.rules.outcomes import Outcome, Result

IDLE = 20.0  # seconds; an older session is asked whether it still lives before a message is put at risk


@dataclass(slots=True)
class _Under:
    """A message under way: how many of its parts left, and what was said of each."""

    parts: int = 0
    left: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def outcome(self, lost: str) -> Outcome:
        """What all of it comes to. One part that may be there makes the whole doubtful, unless all were taken."""
        if self.left == 0:
            return Outcome(Result.NOT_SENT, lost)
        if len(self.outcomes) < self.parts:
            return broken(Broken.WAITING, lost)
        if all(each.result is self.outcomes[0].result for each in self.outcomes):
            return self.outcomes[-1]
        return Outcome(Result.DOUBTFUL, "some parts were taken and others not")


class Smpp:
    """One provider, for one worker. The session opens with the first message and ends with the worker's turn."""

    def __init__(self, key: str, setup: SmppSetup, *, private_hosts: Collection[str] = ()) -> None:
        self.key, self.setup, self._private_hosts = key, setup, private_hosts
        self.at_once, self.patience = setup.at_once, setup.patience * 4  # connecting, binding, sending, answers
        self._session: Session | None = None

    def place(self) -> str:
        return ""

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        ours = still_ours()
        outcomes: list[Outcome] = []
        for start in range(0, len(envelopes), self.at_once):
            outcomes += self._portion(envelopes[start : start + self.at_once], ours)
        return [replace(each, detail=without(each.detail, self.setup.hidden)) for each in outcomes]

    def witness(self) -> AbstractContextManager[Witness | None]:
        return nullcontext(Blind())

    def close(self) -> None:
        if self._session is not None:
            self._session.leave()
            self._session = None

    def _portion(self, envelopes: Sequence[Envelope], ours: Collection[int]) -> list[Outcome]:
        go = [each for each in envelopes if each.message_id in ours]
        done: dict[int, Outcome] = {}
        if go:
            try:
                session = self._bound()
            except ConnectionBroke as fault:
                done = {each.message_id: broken(fault.how, fault.detail) for each in go}
            else:
                done = self._handed_over(session, go)
        return [done.get(each.message_id, Outcome(Result.NOT_SENT, NO_LONGER_OURS)) for each in envelopes]

    def _bound(self) -> Session:
        session = self._session
        if session is not None and time.monotonic() - session.used_at > IDLE and not session.is_alive():
            session.drop()
            session = None
        if session is None:
            command = "transceiver" if self.setup.binding == "transceiver" else "transmitter"
            session = Session(self.setup, command=command, private_hosts=self._private_hosts)
        self._session = session
        return session

    def _handed_over(self, session: Session, go: Sequence[Envelope]) -> dict[int, Outcome]:
        under = {each.message_id: _Under() for each in go}
        asked: dict[int, tuple[_Under, Envelope]] = {}
        lost = "no answer"
        try:
            for envelope in go:
                self._submit(session, envelope, under[envelope.message_id], asked)
            self._hear(session, asked)
        except Dropped as fault:
            lost = str(fault)
        if asked:  # nobody knows where this session stands
            session.drop()
            self._session = None
        return {message_id: one.outcome(lost) for message_id, one in under.items()}

    def _submit(
        self, session: Session, envelope: Envelope, under: _Under, asked: dict[int, tuple[_Under, Envelope]]
    ) -> None:
        parts = parts_of(envelope.text, long_texts=self.setup.long_texts, reference=envelope.message_id)
        under.parts = len(parts)
        for number, part in enumerate(parts, start=1):
            under.left += 1  # before the bytes: a line that breaks in the middle has taken some of them
            sequence = session.say(
                "submit_sm",
                source_addr_ton=self.setup.sender_ton,
                source_addr_npi=self.setup.sender_npi,
                source_addr=self.setup.sender,
                **_destination(envelope, self.setup),
                # A receipt for the last part only: its id is what the message is known by.
                registered_delivery=1 if number == len(parts) else 0,
                **part.fields,
            )
            asked[sequence] = (under, envelope)

    def _hear(self, session: Session, asked: dict[int, tuple[_Under, Envelope]]) -> None:
        """Take the answers until all are there or the time is over; what customers say meanwhile is handed on."""
        ends = time.monotonic() + self.setup.timeout
        while asked and (pdu := session.next_pdu(ends)) is not None:
            if pdu.command == "deliver_sm":
                hand_on(self.key, pdu)
            elif pdu.command in ("submit_sm_resp", "generic_nack") and pdu.sequence in asked:
                under, envelope = asked.pop(pdu.sequence)
                under.outcomes.append(outcome_of(pdu, now=envelope.sent_at))
            else:
                session.keep(pdu)


def _destination(envelope: Envelope, setup: SmppSetup) -> dict[str, object]:
    if setup.numbers == "national":
        return {"dest_addr_ton": 0, "dest_addr_npi": 1, "destination_addr": envelope.dialled.removeprefix("+")}
    return {"dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": envelope.to.removeprefix("+")}
