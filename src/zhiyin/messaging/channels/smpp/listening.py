"""What comes back by SMPP comes on the session itself: a small queue, and an ear that is asked at every turn.

A deliver_sm is acknowledged only when whoever took it has come back for more, and so has stored it: what a crash loses
the provider repeats, and receipts and replies that come twice count once.
"""

import time
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from zhiyin.messaging.channels.pinned import ConnectionBroke
from zhiyin.messaging.channels.smpp.reading import signal_of
from zhiyin.messaging.channels.smpp.session import Dropped, Session
from zhiyin.messaging.channels.smpp.setup import SmppSetup
from zhiyin.messaging.rules.hearing import Broken
from zhiyin.messaging.rules.signals import Asked, Signal

MOST, QUIET, LONGEST = 200, 0.2, 2.0  # signals of one turn; seconds without one; seconds of one turn
IDLE = 30.0  # seconds after which the other side is asked whether it is still there
_heard: dict[str, deque[Any]] = {}


@dataclass(slots=True)
class _Open:
    """An ear's session, kept from one turn to the next, with what is not acknowledged yet."""

    setup: SmppSetup
    session: Session
    unacknowledged: list[int] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


_open: dict[str, _Open] = {}
_opening = Lock()


def hand_on(key: str, pdu: Any) -> None:
    """A deliver_sm that came while messages were sent. Not acknowledged: should nobody take it, it comes again."""
    _heard.setdefault(key, deque(maxlen=1000)).append(pdu)


class SmppEar:
    """Hears what one provider's session brings."""

    most_at_once = MOST

    def __init__(self, key: str, setup: SmppSetup, *, private_hosts: Collection[str] = ()) -> None:
        self.key, self.setup, self._private_hosts = key, setup, private_hosts

    def pull(self, asked: Sequence[Asked], *, now: datetime) -> list[Signal]:
        """Nobody is asked for a message: the provider says by itself what it knows."""
        return self.listen(now)

    def listen(self, now: datetime) -> list[Signal]:
        """Everything that has come. Ask again only after it has been stored: that acknowledges it."""
        found = [signal for pdu in self._handed_on() if (signal := _read(pdu, now)) is not None]
        try:
            ear = self._ear()
        except ConnectionBroke:
            return found
        with ear.lock:
            try:
                self._acknowledge(ear)
                found += self._take(ear, now)
            except Dropped:
                self._forget(ear)
        return found

    def hang_up(self) -> None:
        """Leave the session; what was not acknowledged comes again."""
        if ear := _open.get(self.key):
            ear.session.leave()
            self._forget(ear)

    def _handed_on(self) -> list[Any]:
        waiting: deque[Any] = _heard.get(self.key, deque())
        found: list[Any] = []
        with suppress(IndexError):
            while len(found) < MOST:
                found.append(waiting.popleft())
        return found

    def _ear(self) -> _Open:
        with _opening:
            ear = _open.get(self.key)
            if ear is not None and ear.setup == self.setup:
                return ear
            if ear is not None:  # the settings are others now
                ear.session.leave()
                self._forget(ear)
            command = "transceiver" if self.setup.binding == "transceiver" else "receiver"
            session = Session(self.setup, command=command, private_hosts=self._private_hosts)
            return _open.setdefault(self.key, _Open(self.setup, session))

    def _acknowledge(self, ear: _Open) -> None:
        for sequence in ear.unacknowledged:
            ear.session.say("deliver_sm_resp", sequence=sequence)
        ear.unacknowledged.clear()
        if time.monotonic() - ear.session.used_at > IDLE and not ear.session.is_alive():
            raise Dropped("no answer")

    def _take(self, ear: _Open, now: datetime) -> list[Signal]:
        found: list[Signal] = []
        ends = time.monotonic() + LONGEST
        while len(ear.unacknowledged) < MOST:
            pdu = ear.session.next_pdu(min(time.monotonic() + QUIET, ends))
            if pdu is None:
                break
            if pdu.command != "deliver_sm":
                ear.session.keep(pdu)
                continue
            ear.unacknowledged.append(pdu.sequence)
            if (signal := _read(pdu, now)) is not None:
                found.append(signal)
        return found

    def _forget(self, ear: _Open) -> None:
        ear.session.drop()
        if _open.get(self.key) is ear:
            del _open[self.key]


def _read(pdu: Any, now: datetime) -> Signal | None:
    """None for what nobody can use; the provider is not asked to repeat that for ever."""
    try:
        return signal_of(pdu, now=now)
    except (Broken, ValueError, TypeError, IndexError, AttributeError):
        return None
