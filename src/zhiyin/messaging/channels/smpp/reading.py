"""A deliver_sm as a receipt or a customer's reply. Whatever its bytes are: a signal, or Broken with the reason."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from smpplib import gsm  # type: ignore[import-untyped]

from zhiyin.messaging.channels.smpp.codes import NUMBERED, STATES, decoded
from zhiyin.messaging.rules.codes import BEIJING
from zhiyin.messaging.rules.hearing import Broken, e164, made_id, moment
from zhiyin.messaging.rules.signals import Delivery, Receipt, Signal, Uplink

RECEIPT, HEADER = 0x04, 0x40  # bits of esm_class
_FIELD = re.compile(r"\b(id|stat|err|done date):\s*([^\s]*)", re.IGNORECASE)
LONGEST_TEXT = 2000


class _Piece(NamedTuple):
    """Which part of a long text."""

    part: int = 0
    parts: int = 0
    reference: str = ""


def signal_of(pdu: Any, *, now: datetime) -> Signal:
    """What the PDU says. Raises Broken."""
    esm_class = int(getattr(pdu, "esm_class", 0) or 0)
    body = getattr(pdu, "short_message", b"") or getattr(pdu, "message_payload", b"") or b""
    body = body if isinstance(body, bytes) else str(body).encode()
    return _receipt(pdu, body, now) if esm_class & 0x3C == RECEIPT else _uplink(pdu, body, esm_class, now)


def _receipt(pdu: Any, body: bytes, now: datetime) -> Receipt:
    # Behind "text:" stand the message's own first words, which may look like anything.
    words = re.split(r"\btext:", body.decode("latin-1"), maxsplit=1, flags=re.IGNORECASE)[0]
    found = {name.lower(): value for name, value in reversed(_FIELD.findall(words))}
    provider_id = decoded(getattr(pdu, "receipted_message_id", b"")) or found.get("id", "")
    if not provider_id:
        raise Broken("no message id")
    state = NUMBERED.get(getattr(pdu, "message_state", 0) or 0, "") or found.get("stat", "").upper()
    return Receipt(
        provider_id=provider_id[:120],
        delivery=STATES.get(state, Delivery.UNREAD),
        code=f"{state} {found.get('err', '')}".strip()[:100],
        to=e164(decoded(getattr(pdu, "source_addr", b""))),  # a receipt comes from whom the message went to
        at=_date(found.get("done date", ""), now),
    )


def _date(text: str, now: datetime) -> datetime | None:
    """YYMMDDhhmm, with seconds or without."""
    for form in ("%y%m%d%H%M", "%y%m%d%H%M%S"):
        try:
            return moment(datetime.strptime(text, form).replace(tzinfo=BEIJING).isoformat(), now=now)[0]
        except ValueError:
            continue
    return None


def _uplink(pdu: Any, body: bytes, esm_class: int, now: datetime) -> Uplink:
    sender = e164(decoded(getattr(pdu, "source_addr", b"")))
    if not sender:
        raise Broken("source_addr is no number")
    piece = _sar(pdu)
    if esm_class & HEADER:
        piece, body = _header(body)
    text = _text(body, int(getattr(pdu, "data_coding", 0) or 0))
    to, day = decoded(getattr(pdu, "destination_addr", b"")), now.astimezone(BEIJING).date().isoformat()
    return Uplink(
        # Nothing names a reply. The same words of the same person on the same day are one: a repeated PDU is likelier.
        uplink_id=made_id(sender, to, text, piece, day),
        sender=sender,
        text=text[:LONGEST_TEXT],
        at=now,
        extension=to[:64],
        part=piece.part,
        parts=piece.parts,
        reference=piece.reference,
    )


def _sar(pdu: Any) -> _Piece:
    total = getattr(pdu, "sar_total_segments", None)
    if not total:
        return _Piece()
    number, reference = getattr(pdu, "sar_segment_seqnum", 0) or 0, getattr(pdu, "sar_msg_ref_num", 0)
    return _Piece(int(number), int(total), str(reference)) if 1 <= number <= total else _Piece()


def _header(body: bytes) -> tuple[_Piece, bytes]:
    """The user data header taken off. Raises Broken where it is longer than the message."""
    length = body[0] if body else 0
    if not body or length + 1 > len(body):
        raise Broken("a header longer than the message")
    header, rest, place = body[1 : length + 1], body[length + 1 :], 0
    while place + 2 <= len(header):
        kind, size = header[place], header[place + 1]
        value = header[place + 2 : place + 2 + size]
        if (kind, len(value)) in ((0, 3), (8, 4)) and 1 <= value[-1] <= value[-2]:
            return _Piece(value[-1], value[-2], value[:-2].hex()), rest
        place += 2 + size
    return _Piece(), rest


def _text(body: bytes, coding: int) -> str:
    if coding & 0x0C == 0x08:
        text = body.decode("utf-16-be", "replace")
    elif coding == 0:
        # Default alphabet: GSM at most centres, in which letters and digits are where ASCII has them.
        table = gsm.GSM_CHARACTER_TABLE
        text = "".join(table[byte] if byte < 0x80 else "�" for byte in body)
    else:
        text = body.decode("latin-1")
    return text.replace("\0", "").strip()
