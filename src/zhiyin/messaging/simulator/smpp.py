"""An SMPP 3.4 centre on a port of its own, written from the specification: binds, takes, answers, delivers."""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from zhiyin.messaging.simulator.faults import Mood
from zhiyin.messaging.simulator.world import BEIJING, Arrival, World

if TYPE_CHECKING:
    from zhiyin.messaging.simulator.pushes import Pushes

GENERIC_NACK, ENQUIRE_LINK, UNBIND, SUBMIT, DELIVER = 0x80000000, 0x15, 0x06, 0x04, 0x05
BINDS = {0x01: "receiver", 0x02: "transmitter", 0x09: "transceiver"}
RESPONSE = 0x80000000
LONGEST = 64 * 1024
STATUS = {"throttled": 0x58, "no_credit": 0x401, "daily_cap": 0x58, "bad_number": 0x0B, "bad_signature": 0x0A}
STATUS |= {"500": 0x08, "500_before": 0x08, "429": 0x58}
SILENT = ("timeout", "half", "wrong_json", "html", "reset_after", "reset_before")


class Submitted(NamedTuple):
    """What one submit_sm says."""

    source: str
    to: str
    esm_class: int
    registered: int
    coding: int
    body: bytes
    segment: tuple[int, int, int] | None  # reference, number, of how many


@dataclass
class _Session:
    """One connection, bound or not yet."""

    connection: socket.socket
    bound_as: str = ""
    sequence: int = 1
    unanswered: dict[int, bytes] = field(default_factory=dict)  # deliver_sm that nobody acknowledged
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        with self.lock:
            self.connection.sendall(struct.pack(">LLLL", 16 + len(body), command, status, sequence) + body)

    def deliver(self, body: bytes) -> None:
        self.sequence += 1
        self.unanswered[self.sequence] = body
        self.say(DELIVER, 0, self.sequence, body)


class SmppServer:
    """Takes messages from whoever binds; keeps receipts and replies until a receiver has acknowledged them."""

    def __init__(self, world: World, *, host: str, port: int) -> None:
        self.world = world
        self.pushes: Pushes | None = None
        self._socket = socket.create_server((host, port))
        self.port = int(self._socket.getsockname()[1])
        self._sessions: list[_Session] = []
        self._waiting: list[bytes] = []
        self._parts: dict[tuple[str, int], dict[int, str]] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._socket.close()
        for session in list(self._sessions):
            with suppress(OSError):
                session.connection.close()

    def hang_up(self) -> None:
        """Break every session, as a restart of the provider does."""
        for session in list(self._sessions):
            with suppress(OSError):
                session.connection.shutdown(socket.SHUT_RDWR)

    def deliver(self, arrival: Arrival, what: str, text: str) -> bool:
        """Send a receipt, or with ``text`` a reply, to a bound receiver; it waits where there is none."""
        body = _reply(arrival, text) if text else _receipt(arrival, what)
        for session in reversed(self._sessions):
            if session.bound_as in ("receiver", "transceiver"):
                with suppress(OSError):
                    session.deliver(body)
                    return True
        self._waiting.append(body)
        return False

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(_Session(connection),), daemon=True).start()

    def _talk(self, session: _Session) -> None:
        self._sessions.append(session)
        try:
            while (pdu := _read(session.connection)) is not None:
                if not self._heard(session, *pdu):
                    break
        except OSError:
            pass
        finally:
            self._sessions.remove(session)
            self._waiting += session.unanswered.values()  # not acknowledged: it comes again
            session.connection.close()

    def _heard(self, session: _Session, command: int, sequence: int, body: bytes) -> bool:
        """Act on one PDU; False ends the session."""
        if command in BINDS:
            session.say(command | RESPONSE, 0, sequence, b"simulator\0")
            session.bound_as = BINDS[command]
            if session.bound_as != "transmitter":
                waiting, self._waiting = self._waiting, []
                for each in waiting:
                    session.deliver(each)
        elif command == ENQUIRE_LINK:
            session.say(ENQUIRE_LINK | RESPONSE, 0, sequence)
        elif command == UNBIND:
            session.say(UNBIND | RESPONSE, 0, sequence)
            return False
        elif command == SUBMIT:
            return self._submitted(session, sequence, body)
        elif command == DELIVER | RESPONSE:
            session.unanswered.pop(sequence, None)
        elif not command & RESPONSE:
            session.say(GENERIC_NACK, 0x03, sequence)
        return True

    def _submitted(self, session: _Session, sequence: int, body: bytes) -> bool:
        self.world.requests += 1
        try:
            said = parsed(body)
        except (IndexError, struct.error):
            session.say(SUBMIT | RESPONSE, 0x02, sequence, b"\0")
            return True
        to = said.to.removeprefix("86") if len(said.to) > 11 else said.to
        mood = self.world.mood(to, "")
        if mood.fault == "reset_before":
            return False
        arrival = Arrival(dialect="smpp", to=to, text="", provider_id=self.world.next_id("s"), our_id=said.source)
        if mood.takes_it:
            self._take(arrival, said, mood)
        return self._answered(session, sequence, arrival, mood)

    def _take(self, arrival: Arrival, said: Submitted, mood: Mood) -> None:
        """Keep the text, whole when its last part has come."""
        text = decoded(said.body, said.coding)
        if said.segment:
            reference, number, total = said.segment
            parts = self._parts.setdefault((arrival.to, reference), {})
            parts[number] = text
            if len(parts) < total:
                return
            text = "".join(parts[each] for each in sorted(self._parts.pop((arrival.to, reference))))
        arrival.text = text
        self.world.take(arrival)
        if said.registered and self.pushes:
            if mood.fault == "receipt_early":
                self.pushes.receipt(arrival, "delivered")
            self.pushes.about(arrival, mood)

    def _answered(self, session: _Session, sequence: int, arrival: Arrival, mood: Mood) -> bool:
        if mood.fault in SILENT:
            return mood.fault == "timeout"
        if mood.fault == "slow":
            self._stopped.wait(mood.seconds)
        status = STATUS.get(mood.fault, 0)
        session.say(SUBMIT | RESPONSE, status, sequence, b"\0" if status else arrival.provider_id.encode() + b"\0")
        return True


def _read(connection: socket.socket) -> tuple[int, int, bytes] | None:
    header = _exactly(connection, 16)
    if header is None:
        return None
    length, command, _status, sequence = struct.unpack(">LLLL", header)
    if not 16 <= length <= LONGEST:
        return None
    body = _exactly(connection, length - 16)
    return None if body is None else (command, sequence, body)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            return None
        found += more
    return found


def parsed(body: bytes) -> Submitted:
    """A submit_sm. Raises IndexError or struct.error where it ends too early."""
    place = 0

    def text() -> str:
        nonlocal place
        end = body.index(b"\0", place) if b"\0" in body[place:] else len(body)
        found, place = body[place:end], end + 1
        return found.decode("latin-1")

    def byte() -> int:
        nonlocal place
        place += 1
        return body[place - 1]

    _service, _ton, _npi, source, _to_ton, _to_npi, to = text(), byte(), byte(), text(), byte(), byte(), text()
    esm_class, _protocol, _priority, _when, _until = byte(), byte(), byte(), text(), text()
    registered, _replace, coding, _default, length = byte(), byte(), byte(), byte(), byte()
    message, place = body[place : place + length], place + length
    extra = _extra(body[place:])
    message = message or extra.get(0x0424, b"")
    segment = None
    if esm_class & 0x40 and message:
        header, message = message[1 : message[0] + 1], message[message[0] + 1 :]
        if header[:2] == b"\0\3":
            segment = (header[2], header[4], header[3])
    elif 0x020E in extra:
        numbers = (extra[0x020C], extra[0x020F], extra[0x020E])
        reference, number, total = (int.from_bytes(each, "big") for each in numbers)
        segment = (reference, number, total)
    return Submitted(source, to, esm_class, registered, coding, message, segment)


def _extra(rest: bytes) -> dict[int, bytes]:
    found, place = {}, 0
    while place + 4 <= len(rest):
        tag, size = struct.unpack(">HH", rest[place : place + 4])
        found[tag] = rest[place + 4 : place + 4 + size]
        place += 4 + size
    return found


def decoded(body: bytes, coding: int) -> str:
    return body.decode("utf-16-be" if coding == 8 else "latin-1", "replace")


def _deliver_sm(source: str, to: str, *, esm_class: int, coding: int, body: bytes) -> bytes:
    addresses = b"\0" + b"\1\1" + source.encode() + b"\0" + b"\0\0" + to.encode() + b"\0"
    return addresses + bytes([esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(body)]) + body


def _receipt(arrival: Arrival, what: str) -> bytes:
    now = datetime.now(UTC).astimezone(BEIJING)  # noqa: TID251
    state = {"delivered": "DELIVRD", "failed": "UNDELIV"}.get(what, "ACCEPTD")
    text = (
        f"id:{arrival.provider_id} sub:001 dlvrd:{int(what == 'delivered'):03d} submit date:{now:%y%m%d%H%M} "
        f"done date:{now:%y%m%d%H%M} stat:{state} err:000 text:"
    )
    return _deliver_sm(f"86{arrival.to}", arrival.our_id, esm_class=4, coding=0, body=text.encode())


def _reply(arrival: Arrival, text: str) -> bytes:
    return _deliver_sm(f"86{arrival.to}", arrival.our_id, esm_class=0, coding=8, body=text.encode("utf-16-be")[:250])
